"""One answer of any size: it flows through to whoever waits for it while it is kept, and is never held whole."""

from __future__ import annotations

import contextlib
import threading
import time
from dataclasses import dataclass

import httpx

from core.decoding import decode
from core.errors import AddressRefused, CannotStart, CopytrailError, TooLarge, Unavailable
from core.exchange import Exchange, Headers, Tls
from core.network import DEADLINE
from core.redact import redact, redact_url
from core.spool import Head, Spool
from core.times import Clock

_ENDLESS = ("text/event-stream", "multipart/x-mixed-replace")  # what has no end of its own
_LOOKED_INTO = 65_536  # bytes; larger bodies hand out no tokens


@dataclass(frozen=True, slots=True)
class Flow:
    """Caps of one answer: seconds without a byte, seconds in all, seconds of what has no end, bytes as received."""

    timeout: float = 30.0
    max_seconds: float = 120.0
    endless: float = 5.0
    max_bytes: int = 200_000_000


@dataclass(frozen=True, slots=True)
class Streamed:
    """What came of one request: the exchange as it is kept (its body in the spool), the name it is kept under, and the
    error that ended it or stood against it. `refused` tells that nothing was sent.
    """

    exchange: Exchange
    record: str | None = None
    error: CopytrailError | None = None
    refused: bool = False


@dataclass(slots=True)
class _State:
    answer: httpx.Response | None = None
    peer: str | None = None
    tls: Tls | None = None
    truncated: str | None = None
    error: CopytrailError | None = None


def request_of(method: str, url: str, headers: Headers, content: bytes) -> httpx.Request:
    """Return a request with these headers in their order; only a missing Host and the length of a body are added."""
    raw = [(name.encode("latin-1"), value.encode("latin-1", "replace")) for name, value in headers]
    if content and not any(name.lower() == b"content-length" for name, _ in raw):
        raw.append((b"Content-Length", str(len(content)).encode()))
    return httpx.Request(method, url, headers=httpx.Headers(raw), content=content or None)


def flow(
    transport: httpx.BaseTransport,
    request: httpx.Request,
    caps: Flow,
    clock: Clock,
    spool: Spool,
    stop: threading.Event | None = None,
) -> Streamed:
    """Send a request and let its answer flow into a spool as it came over the wire, until its end, a cap or `stop`."""
    state, url = _State(), redact_url(str(request.url))
    request.extensions = {**request.extensions, "timeout": httpx.Timeout(caps.timeout).as_dict()}
    deadline = time.monotonic() + caps.max_seconds
    token = DEADLINE.set(deadline)
    try:
        _through(transport, request, caps, deadline, spool, state, stop or threading.Event())
    except CannotStart:
        raise
    except CopytrailError as problem:
        state.error = problem
    except httpx.TimeoutException:
        state.truncated = "time"
        state.error = Unavailable(f"{url} did not come to its end in the time there was for it.", url=url)
    except (httpx.TransportError, httpx.InvalidURL) as problem:
        state.truncated = "disconnect"
        why = str(problem).strip().rstrip(".") or type(problem).__name__
        state.error = Unavailable(f"{url} cannot be read: {why}.", url=url)
        state.error.__cause__ = problem
    finally:
        DEADLINE.reset(token)
        if state.answer is not None:
            state.answer.close()
        spool.end(whole=state.error is None and state.answer is not None)
    refused = isinstance(state.error, AddressRefused) and state.answer is None
    return Streamed(_exchange(request, state, clock, spool), error=state.error, refused=refused)


def _through(
    transport: httpx.BaseTransport,
    request: httpx.Request,
    caps: Flow,
    deadline: float,
    spool: Spool,
    state: _State,
    stop: threading.Event,
) -> None:
    answer = state.answer = transport.handle_request(request)
    stream = answer.extensions.get("network_stream")
    if stream is not None:
        state.tls = stream.get_extra_info("tls")
        if peer := stream.get_extra_info("server_addr"):
            state.peer = str(peer[0])
    if answer.headers.get("content-type", "").lower().startswith(_ENDLESS):
        deadline = min(deadline, time.monotonic() + caps.endless)
        DEADLINE.set(deadline)
    spool.begin(Head(answer.status_code, answer.reason_phrase, pairs(answer.headers)))
    url = redact_url(str(request.url))
    for piece in answer.stream:  # type: ignore[union-attr]
        spool.append(piece[: caps.max_bytes - spool.size])
        if spool.size >= caps.max_bytes and not _is_all(answer, spool.size):
            state.truncated = "length"
            raise TooLarge(f"{url} is larger than the {caps.max_bytes:,} bytes left for it; the rest is left.", url=url)
        if stop.is_set() or time.monotonic() > deadline:
            raise httpx.ReadTimeout("the time cap is reached")


def _is_all(answer: httpx.Response, size: int) -> bool:
    return str(answer.headers.get("content-length", "")).strip() == str(size)


def _exchange(request: httpx.Request, state: _State, clock: Clock, spool: Spool) -> Exchange:
    answer = state.answer
    version = answer.extensions.get("http_version", b"HTTP/1.1") if answer is not None else b"HTTP/1.1"
    return Exchange(
        method=request.method, url=str(request.url), request_headers=pairs(request.headers),
        request_body=request.content, captured_at=clock.now(),
        status=answer.status_code if answer is not None else None,
        reason=answer.reason_phrase if answer is not None else "",
        headers=pairs(answer.headers) if answer is not None else (),
        body=spool.body, spool=spool.file, http_version=version.decode("ascii", "replace"), peer=state.peer,
        error=state.error.sentence if state.error else None,
        truncated=state.truncated if answer is not None else None, tls=state.tls,
    )  # fmt: skip


def kept(exchange: Exchange) -> Exchange:
    """Return an exchange fit for the archive (see core.redact); its body is looked into where it is small."""
    plain: bytes | None = None
    if 0 < len(exchange.body) <= _LOOKED_INTO:
        encoding = next((value for name, value in exchange.headers if name.lower() == "content-encoding"), "")
        with contextlib.suppress(CopytrailError):
            plain = decode(exchange.body, encoding, max_bytes=_LOOKED_INTO)
    return redact(exchange, plain)


def pairs(headers: httpx.Headers) -> tuple[tuple[str, str], ...]:
    """Return headers in their order, as they were spelled."""
    return tuple((name.decode("latin-1"), value.decode("latin-1")) for name, value in headers.raw)
