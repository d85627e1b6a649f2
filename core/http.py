"""The polite client: paced per host, asking robots.txt, guarded, retrying only what may pass, every attempt recorded.

All traffic passes here, so that rate, robots, guard, redaction, recording and replay are one seam. A transport that
is `Offline` (replay) answers from records: then nothing is paced, asked or waited for.
"""

from __future__ import annotations

import base64
import copy
import json as jsonlib
import threading
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, Literal, Self
from urllib.parse import urlsplit

import httpx
from tenacity import RetryCallState, Retrying, retry_if_result, wait_exponential_jitter

from core.answers import refusal, response_of
from core.answers import validators as validators
from core.errors import (
    AddressRefused,
    CannotStart,
    CopytrailError,
    NotThere,
    RateLimited,
    TooLarge,
    Transient,
    Unavailable,
)
from core.exchange import Exchange, Headers, Recorder, Response
from core.guard import Guard
from core.network import GuardedTransport, Offline
from core.parameters import Params, form, with_parameters
from core.rates import Rates
from core.redact import redact, redact_url, without_echo
from core.redirects import REDIRECTS, astray, hands_on, headers_for, joined, next_method
from core.robots import Permission, Robots
from core.spool import Spool
from core.streaming import Flow, Streamed, flow, kept, request_of
from core.times import Clock, StillClock, SystemClock
from core.wire import Limits, Received, attempt

USER_AGENT = "copytrail/0.1 (+contact not set)"
RobotsPolicy = Literal["obeyed", "api"]

_SHORT_WAIT = 60.0  # seconds of Retry-After that a run waits out; longer ones are left to the next run
_BACKOFF = wait_exponential_jitter(initial=1.0, max=30.0, jitter=1.0)
_MOST_REPLAYED = 20  # recorded attempts at one request that replay walks through


@dataclass(frozen=True, slots=True)
class _Outcome:
    """One attempt as the retry rule sees it: an answer or an error, and whether asking again makes sense."""

    response: Response | None
    error: CopytrailError | None
    again: bool = False
    exhausted: bool = False


class Client:
    """Fetch over one shared transport; derive a client per source with `for_source`.

    `requests_per_minute` is per host; `timeout` and `max_seconds` are seconds, `max_bytes` counts received and decoded
    bytes alike. `robots_override` is the written reason for reading what robots.txt forbids; it is kept in the record.
    `allow_loopback` is for demo and test workspaces (see Guard).
    """

    def __init__(
        self,
        *,
        transport: httpx.BaseTransport | None = None,
        guard: Guard | None = None,
        allow_loopback: bool = False,
        recorder: Recorder | None = None,
        clock: Clock | None = None,
        user_agent: str = USER_AGENT,
        requests_per_minute: float = 30.0,
        timeout: float = 30.0,
        max_bytes: int = Limits().max_bytes,
        max_seconds: float = 120.0,
        attempts: int = 3,
        robots: RobotsPolicy = "obeyed",
        robots_override: str | None = None,
    ) -> None:
        self.clock: Clock = SystemClock() if clock is None else clock
        self.recorder = recorder
        self.user_agent = "".join(c if c.isascii() and c.isprintable() else "?" for c in user_agent)
        self.requests_per_minute = requests_per_minute
        self.attempts = attempts
        self.robots: RobotsPolicy = robots
        self.robots_override = (robots_override or "").strip() or None
        self.limits = Limits(timeout=timeout, max_seconds=max_seconds, max_bytes=max_bytes)
        self.guard = Guard(allow_loopback=allow_loopback) if guard is None else guard
        self._transport = GuardedTransport(self.guard) if transport is None else transport
        self.offline = isinstance(self._transport, Offline)
        self._rates, self._own_pace = Rates(self.clock), False
        self._robots = Robots(self._fetch_robots, user_agent.partition("/")[0], self.clock)

    @classmethod
    def for_replay(cls, transport: Offline, **settings: Any) -> Self:
        """Return a client that answers from records, on a clock that stands at the last of them; settings as above."""
        at = transport.latest or datetime(1970, 1, 1, tzinfo=UTC)
        return cls(**{"clock": StillClock(at), **settings, "transport": transport})

    def for_source(
        self,
        *,
        requests_per_minute: float | None = None,
        robots: RobotsPolicy | None = None,
        robots_override: str | None = None,
        attempts: int | None = None,
        max_seconds: float | None = None,
        own_pace: bool = False,
    ) -> Client:
        """Return a client for one source that shares transport, recorder, paces and robots.txt with this one.

        `own_pace` is for what belongs to a page that had its turn (the scripts of a rendered one): it waits for its own
        turns, and takes none from the pages.
        """
        client = copy.copy(self)
        if own_pace:
            client._rates, client._own_pace = Rates(self.clock), True  # noqa: SLF001 - it is a copy of this one
        client.attempts = attempts or self.attempts
        if max_seconds is not None:
            client.limits = replace(self.limits, max_seconds=min(max_seconds, self.limits.max_seconds))
        if requests_per_minute is not None:
            client.requests_per_minute = requests_per_minute
        client.robots = robots or self.robots
        client.robots_override = (robots_override or "").strip() or self.robots_override
        return client

    def get(
        self,
        url: str,
        *,
        params: Params | None = None,
        headers: Mapping[str, str] | None = None,
        check: bool = True,
        conditional: Mapping[str, str] | None = None,
        redirects: int = 5,
    ) -> Response:
        """Fetch a URL; `conditional` holds `etag` and `last_modified` of an earlier answer (see `validators`)."""
        asked = {"If-None-Match": "etag", "If-Modified-Since": "last_modified"}
        more = {name: conditional[key] for name, key in asked.items() if conditional and conditional.get(key)}
        return self.request(
            "GET", url, params=params, headers={**(headers or {}), **more}, check=check, redirects=redirects
        )

    def post(
        self,
        url: str,
        *,
        data: Params | None = None,
        json: Any = None,
        params: Params | None = None,
        headers: Mapping[str, str] | None = None,
        auth: tuple[str, str] | None = None,
        check: bool = True,
    ) -> Response:
        """Send a form or JSON; `auth` is user and password of HTTP basic authentication."""
        sent = dict(headers or {})
        content = b""
        if json is not None:
            content = jsonlib.dumps(json, ensure_ascii=False, separators=(",", ":")).encode()
            sent.setdefault("Content-Type", "application/json")
        elif data is not None:
            content = form(data).encode()
            sent.setdefault("Content-Type", "application/x-www-form-urlencoded")
        if auth:
            sent["Authorization"] = "Basic " + base64.b64encode(":".join(auth).encode()).decode()
        return self.request("POST", url, params=params, headers=sent, content=content, check=check)

    def request(
        self,
        method: str,
        url: str,
        *,
        params: Params | None = None,
        headers: Mapping[str, str] | None = None,
        content: bytes | str | None = None,
        check: bool = True,
        redirects: int = 5,
        robots: RobotsPolicy | None = None,
    ) -> Response:
        """Send a request and follow up to `redirects` redirects (0: return the redirect itself).

        Raises a CopytrailError where no answer can be had and, with `check`, where its status is 400 or more.
        """
        body = content.encode() if isinstance(content, str) else content or b""
        asked = here = self.guard.url(with_parameters(url, params))
        sent = dict(headers or {})
        seen = [(method, here)]
        while True:
            response = self._ask(method, here, sent, body, robots or self.robots)
            location = response.headers.get("location", "")
            if redirects == 0 or response.status not in REDIRECTS or not location:
                break
            there = self.guard.url(joined(here, location))
            method, body = next_method(method, response.status, body)
            circle = (method, there) in seen
            seen.append((method, there))
            if circle or len(seen) > redirects + 1:
                raise astray([url for _, url in seen], redirects, response.status, circle=circle)
            if hands_on(here, there, body, sent.get("Content-Type", "")):
                raise AddressRefused(
                    f"{redact_url(here)} leads on to {redact_url(there)} with a key in what is sent; it stays here.",
                    url=redact_url(here), status=response.status,
                )  # fmt: skip
            sent = headers_for(here, there, sent, keeps_body=bool(body))
            here = there
        response = replace(response, requested_url=redact_url(asked))
        if check and response.status >= 400:
            raise refusal(response, self.clock)
        return response

    def stream(
        self,
        method: str,
        url: str,
        spool: Spool,
        *,
        headers: Headers = (),
        content: bytes = b"",
        caps: Flow | None = None,
        stop: threading.Event | None = None,
        note: Mapping[str, str] | None = None,
    ) -> Streamed:
        """Let one answer flow into a spool as it comes over the wire, and record it, whole or cut.

        `headers` go out in their order. A redirect is returned, nothing is asked twice; `stop` ends it early. What
        stood against it (guard, robots.txt, the wire, a cap) is recorded too and returned as `error`, not raised.
        """
        told = dict(note or {})
        try:
            here = self.guard.url(url)
            request = request_of(method, here, headers, content)
            permission, robots = self._permitted(here, self.robots)
            told |= robots
            if not self.offline:
                pause = 0.0 if self._own_pace else permission.crawl_delay  # between pages, not between their parts
                self._rates.wait(urlsplit(here).netloc, self.requests_per_minute, pause)
            if stop is not None and stop.is_set():
                raise TooLarge(f"{redact_url(url)} was not asked for: the time for it was up.", url=redact_url(url))
        except CannotStart:
            raise
        except CopytrailError as error:
            spool.end(whole=False)
            exchange = Exchange(method, url, tuple(headers), content, self.clock.now(), error=error.sentence, note=told)
            return self._kept(Streamed(exchange, error=error, refused=True))
        streamed = flow(self._transport, request, caps or Flow(), self.clock, spool, stop)
        if streamed.exchange.status == 429 and not self.offline:
            asked = next((value for name, value in streamed.exchange.headers if name.lower() == "retry-after"), "")
            self._rates.hold(
                urlsplit(here).netloc, float(asked) if asked.isdecimal() and len(asked) < 3 else _SHORT_WAIT
            )
        return self._kept(replace(streamed, exchange=replace(streamed.exchange, note=told)))

    def _kept(self, streamed: Streamed) -> Streamed:
        exchange = kept(streamed.exchange)
        return replace(streamed, exchange=exchange, record=self.recorder.record(exchange) if self.recorder else None)

    def close(self) -> None:
        """Close the connections of this client and of all derived from it."""
        self._transport.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _fetch_robots(self, url: str) -> Response:
        try:
            return self.request("GET", url, check=False, robots="api")
        except NotThere as error:  # a redirect that leads nowhere: RFC 9309, 2.3.1.2, takes it as "not there"
            return Response(url=url, status=404, headers={}, body=error.sentence.encode(), captured_at=self.clock.now())

    def _ask(self, method: str, url: str, headers: Mapping[str, str], body: bytes, robots: RobotsPolicy) -> Response:
        """Return the answer to one address, asked again where that may help; raise where none was had."""
        permission, note = self._permitted(url, robots)
        retrying = Retrying(
            retry=retry_if_result(lambda outcome: outcome.again),
            stop=self._enough,
            wait=_pause,
            sleep=(lambda _: None) if self.offline else self.clock.sleep,
            retry_error_callback=lambda state: state.outcome.result() if state.outcome else None,
        )
        outcome: _Outcome = retrying(self._once, method, url, headers, body, permission.crawl_delay, note)
        if outcome.response is not None:
            return outcome.response
        raise outcome.error or Unavailable(f"{redact_url(url)} gave no answer; the next run tries again.")

    def _permitted(self, url: str, robots: RobotsPolicy) -> tuple[Permission, dict[str, str]]:
        """Return what robots.txt allows, and the note of a written reason that overrode it."""
        if robots != "obeyed" or self.offline:
            return Permission(), {}
        permission = self._robots.permit(url, override=self.robots_override)
        said = {"robots": f"forbidden, read all the same; reason: {self.robots_override}"}
        return permission, said if permission.overridden else {}

    def _once(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str],
        body: bytes,
        crawl_delay: float,
        note: Mapping[str, str],
    ) -> _Outcome:
        host = urlsplit(url).netloc
        if not self.offline:
            self._rates.wait(host, self.requests_per_minute, crawl_delay)
        sent = httpx.Headers(self._headers(headers), encoding="utf-8")
        request = httpx.Request(method, url, headers=sent, content=body or None)
        received = attempt(self._transport, request, self.limits, self.clock)
        exchange, plain = without_echo(received.exchange, received.body)
        capture = self._record(replace(received, exchange=exchange, body=plain), note)
        exhausted = bool(received.extensions.get("exhausted", False))
        if received.error is not None:
            again = isinstance(received.error, Transient) and not exhausted
            return _Outcome(None, received.error, again, exhausted)
        response = response_of(received, redact_url(url), capture)
        error = refusal(response, self.clock) if response.status >= 400 else None
        if error is not None:  # it is quoted in findings; elsewhere the address of the next page may need its key
            response = replace(response, body=plain)
        if error is not None and error.retry_after and not self.offline:
            self._rates.hold(host, min(error.retry_after, _SHORT_WAIT))
        return _Outcome(response, error, self._may_pass(error), exhausted)

    def _may_pass(self, error: CopytrailError | None) -> bool:
        """Return whether asking again within this run may help."""
        if not isinstance(error, Transient):
            return False
        if self.offline:
            return True
        if isinstance(error, RateLimited) and error.retry_after is None:
            return False
        return (error.retry_after or 0.0) <= _SHORT_WAIT

    def _enough(self, state: RetryCallState) -> bool:
        if self.offline:
            exhausted = state.outcome is not None and state.outcome.result().exhausted
            return exhausted or state.attempt_number >= _MOST_REPLAYED
        return state.attempt_number >= self.attempts

    def _headers(self, headers: Mapping[str, str]) -> dict[str, str]:
        given = {name.lower() for name in headers}
        own = {"User-Agent": self.user_agent, "Accept": "*/*", "Accept-Encoding": "gzip, deflate"}
        return {**{name: value for name, value in own.items() if name.lower() not in given}, **headers}

    def _record(self, received: Received, note: Mapping[str, str]) -> str | None:
        """Hand an attempt to the recorder and return the name it is kept under; replay names its record itself."""
        origin = received.extensions.get("record_id")
        if self.recorder is None:
            return str(origin) if origin else None
        told = dict(note)
        if origin:
            told["replayed-from"] = f"{received.extensions.get('source', '')} {origin}".strip()
            told.setdefault("wire", received.exchange.note.get("wire") or "no; answered from a record")
        exchange = replace(received.exchange, note={**received.exchange.note, **told})
        return self.recorder.record(redact(exchange, received.body if received.error is None else None))


def _pause(state: RetryCallState) -> float:
    error = state.outcome.result().error if state.outcome else None
    return 0.0 if error is not None and error.retry_after else float(_BACKOFF(state))  # Rates holds the host instead
