"""Ask what a platform file says: fill its templates, read the answer, know refusals, find the next page."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import quote, unquote, urljoin

from collectors.api import linked, refusal
from config.platform_json import JsonPlatform, Next, Refusal, Request
from core.answers import wait_of
from core.errors import (
    BadRequest,
    CopytrailError,
    Gone,
    LegalBlock,
    LoginWall,
    Private,
    RateLimited,
    SourceChanged,
    Suspended,
    Unauthorized,
    Unavailable,
)
from core.exchange import Response
from core.http import Client
from core.redact import redact_url
from core.redirects import headers_for
from core.urls import host, registrable_domain

ABSENT = object()
_EMPTY = (ABSENT, None, "", False)
_LONGEST = 200  # characters of the platform's words that a sentence quotes
_ENDS: Mapping[str, tuple[type[CopytrailError], str]] = {
    "gone": (Gone, "is not there any more"),
    "private": (Private, "is not open to the public"),
    "suspended": (Suspended, "was closed by the platform"),
    "login_wall": (LoginWall, "is shown to members only; import what a member saved"),
    "unauthorized": (Unauthorized, "needs a key, or the key was refused; see `copytrail platforms`"),
    "bad_request": (BadRequest, "was not accepted; check the address"),
    "rate_limited": (RateLimited, "asks for fewer requests; the next run waits"),
    "unavailable": (Unavailable, "could not be had; the next run tries again"),
    "legal_block": (LegalBlock, "is withheld for legal reasons"),
}


def at(value: Any, path: str) -> Any:
    """Return what stands at a dotted path, or ABSENT; the step "id=2" picks the object of a list that has it."""
    for step in path.split(".") if path else ():
        if isinstance(value, Mapping):
            value = value.get(step, ABSENT)
        elif isinstance(value, list) and step.isdigit():
            value = value[int(step)] if int(step) < len(value) else ABSENT
        elif isinstance(value, list) and "=" in step:
            key, wanted = step.split("=", 1)
            value = next((v for v in value if isinstance(v, Mapping) and str(v.get(key)) == wanted), ABSENT)
        else:
            return ABSENT
    return value


def fill(template: str, names: Mapping[str, str], found: Sequence[Any] = ()) -> str:
    """Return a template with "{name}" and "{0}" (or "{}") put in; a hole without a value stays as written."""

    def put(hole: re.Match[str]) -> str:
        name = hole[1] or "0"
        if name.isdigit():
            return str(found[int(name)]) if int(name) < len(found) else hole[0]
        return names.get(name, hole[0])

    return re.sub(r"\{(\w*)\}", put, template)


def lacks(template: str, names: Mapping[str, str]) -> bool:
    """Return whether a template has a hole that no name fills."""
    return any(name not in names for name in re.findall(r"\{(\w+)\}", template))


@dataclass(frozen=True, slots=True)
class Asked:
    """One request, filled in: what is sent, and what of it the next page changes."""

    url: str
    params: Mapping[str, str]
    headers: Mapping[str, str]
    body: Any = None
    holes: Mapping[str, str] = field(default_factory=dict)  # of the address: "/page/{page}"

    @classmethod
    def of(cls, request: Request, names: Mapping[str, str]) -> Asked:
        """Return a request with its templates filled; a parameter or header that nothing fills is left out."""
        plain = {name: unquote(value) for name, value in names.items()}
        params, headers = (
            {name: fill(value, plain) for name, value in given.items() if not lacks(value, plain)}
            for given in (request.params, request.headers)
        )
        return cls(fill(request.url, names), params, headers, _filled(request.body, plain))

    def send(self, http: Client, *, check: bool) -> Response:
        """Ask: a body makes it a POST."""
        url = fill(self.url, self.holes)
        if self.body is not None:
            return http.post(url, json=self.body, params=self.params, headers=self.headers, check=check)
        return http.get(url, params=self.params, headers=self.headers, check=check)

    def turned(self, param: str, value: Any) -> Asked:
        """Return the request with a parameter changed: in its address, at that path of its body, or in its query."""
        if f"{{{param}}}" in self.url:
            return replace(self, holes={param: named(value)})
        if self.body is None:
            return replace(self, params={**self.params, param: str(value)})
        return replace(self, body=_put(self.body, param.split("."), value))

    def first(self, turn: Next | None) -> Asked:
        """Return the request for the first page; page 0 need not be named in a query."""
        if turn is None or turn.param is None:
            return self
        start = 0 if turn.offset else turn.count_from
        return self if start is None or (start == 0 and "{" not in self.url) else self.turned(turn.param, start)

    def after(self, turn: Next, response: Response, answer: Any, number: int, items: int) -> Asked | None:
        """Return the request for the page after page `number`, or None where the answer names none."""
        if turn.while_ and at(answer, turn.while_.rstrip("?")) in (*_EMPTY, []):
            return None
        if turn.count_from is not None and turn.param:
            return self.turned(turn.param, turn.count_from + number)
        if turn.offset and turn.param:
            return self.turned(turn.param, items)
        found = linked(response, turn.link) if turn.link else at(answer, (turn.from_ or "").rstrip("?"))
        if found in _EMPTY or isinstance(found, list | dict):
            return None
        if turn.param and not turn.link:
            return self.turned(turn.param, found)
        return self._onward(response.url, str(found))

    def _onward(self, here: str, found: str) -> Asked:
        """Return the request for an address that an answer names: whoever writes it must not choose who gets a key."""
        try:
            there = urljoin(here, found)
        except ValueError:
            there = found
        site = registrable_domain(host(here))
        if host(there) != site and not host(there).endswith(f".{site}"):
            shown = redact_url(there[:_LONGEST])
            raise SourceChanged(f"{here} names its next page on another site ({shown}); it is not read.", url=here)
        headers = headers_for(here, there, self.headers, keeps_body=self.body is not None)
        return replace(self, url=there, params={}, headers=headers)


def ask(http: Client, spec: JsonPlatform, asked: Asked) -> tuple[Response, Any]:
    """Return an answer and its JSON, None where it says in its own way that there is nothing.

    Raises what the answer says: by its status, or by one of the `errors` of the platform file.
    """
    response = asked.send(http, check=not spec.errors)
    try:
        answer = _read(response, spec.prefix)
    except SourceChanged:
        if response.status < 400:
            raise
        answer = {}  # a refusal may carry HTML
    for rule in spec.errors:
        if fits(rule, answer):
            if rule.as_ == "quiet":
                return response, None
            raise _refused(rule, response, answer)
    if response.status >= 400:
        raise refusal(response, response.url)
    return response, answer


def fits(rule: Refusal, answer: Any) -> bool:
    """Return whether an answer says what a rule looks for."""
    value = at(answer, rule.when.rstrip("?"))
    return value not in (*_EMPTY, []) and (
        rule.is_ is None or re.fullmatch(rule.is_, str(value)[:_LONGEST], re.DOTALL) is not None
    )


def named(value: Any) -> str:
    """Return a value found in an answer as it may stand in an address."""
    return quote(str(value), safe="", errors="replace")


def _refused(rule: Refusal, response: Response, answer: Any) -> CopytrailError:
    kind, what = _ENDS[rule.as_]
    said = at(answer, rule.says.rstrip("?")) if rule.says else ABSENT
    words = "" if said in _EMPTY else f" ({str(said)[:_LONGEST]})"
    return kind(
        f"{response.url} {what}{words}.", url=response.url, status=response.status, retry_after=wait_of(response)
    )


def _read(response: Response, prefix: str) -> Any:
    text = response.text.lstrip("\ufeff \r\n\t") if prefix else ""
    if not prefix or not text.startswith(prefix):
        return response.json()
    end = max(text.rfind("}"), text.rfind("]")) + 1  # a callback is closed behind it
    return replace(response, body=text[len(prefix) : end].encode("utf-8", "replace")).json()


def _filled(body: Any, names: Mapping[str, str]) -> Any:
    if isinstance(body, str):
        return fill(body, names)
    if isinstance(body, Mapping):
        return {key: _filled(value, names) for key, value in body.items()}
    return [_filled(value, names) for value in body] if isinstance(body, list) else body


def _put(body: Any, path: Sequence[str], value: Any) -> Any:
    """Return a body with the value at a path changed; lists and objects on the way are copied."""
    if not path:
        return value
    step, rest = path[0], path[1:]
    if isinstance(body, list) and step.isdigit() and int(step) < len(body):
        return [_put(one, rest, value) if n == int(step) else one for n, one in enumerate(body)]
    inner = body if isinstance(body, Mapping) else {}
    return {**inner, step: _put(inner.get(step), rest, value)}
