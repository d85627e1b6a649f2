"""One attempt on the wire: send, read within the caps, decode; whatever came is returned, whole or not."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import httpx

from core.decoding import decode
from core.errors import AddressRefused, CopytrailError, TooLarge, Unavailable
from core.exchange import Exchange, Tls
from core.network import DEADLINE
from core.redact import redact_url
from core.times import Clock


@dataclass(frozen=True, slots=True)
class Limits:
    """Caps of one attempt: seconds without a byte, seconds in all, bytes as received and as decoded."""

    timeout: float = 30.0
    max_seconds: float = 120.0
    max_bytes: int = 32 * 1024 * 1024  # the largest listing page among the recorded answers has 2 MB


@dataclass(frozen=True, slots=True)
class Received:
    """What one attempt brought: the exchange to record, the decoded body, and the error that ended it, if one did."""

    exchange: Exchange
    body: bytes = b""
    error: CopytrailError | None = None
    extensions: Mapping[str, Any] = field(default_factory=dict)


@dataclass(slots=True)
class _Reading:
    """The state of an attempt, kept outside the try block so that a failure loses nothing of it."""

    answer: httpx.Response | None = None
    body: bytearray = field(default_factory=bytearray)
    peer: str | None = None
    tls: Tls | None = None
    truncated: str | None = None


def attempt(transport: httpx.BaseTransport, request: httpx.Request, limits: Limits, clock: Clock) -> Received:
    """Send a request and read the answer; errors of the wire are returned, those of replay are raised."""
    url = redact_url(str(request.url))
    reading = _Reading()
    error: CopytrailError | None = None
    request.extensions = {**request.extensions, "timeout": httpx.Timeout(limits.timeout).as_dict()}
    deadline = time.monotonic() + limits.max_seconds
    token = DEADLINE.set(deadline)
    try:
        _read(transport, request, limits, deadline, reading)
    except CopytrailError as problem:
        if not isinstance(problem, TooLarge | Unavailable | AddressRefused):
            raise
        error = problem
    except httpx.TimeoutException as problem:
        error = _timed_out(url, limits, reading, deadline)
        error.__cause__ = problem
    except (httpx.TransportError, httpx.InvalidURL) as problem:
        reading.truncated = "disconnect"
        error = Unavailable(f"{url} cannot be read: {_reason(problem)}; the next run tries again.", url=url)
        error.__cause__ = problem
    finally:
        DEADLINE.reset(token)
        if reading.answer is not None:
            reading.answer.close()
    return _received(request, reading, error, limits, clock, url)


def _read(
    transport: httpx.BaseTransport, request: httpx.Request, limits: Limits, deadline: float, reading: _Reading
) -> None:
    answer = reading.answer = transport.handle_request(request)
    stream = answer.extensions.get("network_stream")
    if stream is not None:
        reading.tls = stream.get_extra_info("tls")
        if peer := stream.get_extra_info("server_addr"):
            reading.peer = str(peer[0])
    reading.truncated = answer.extensions.get("truncated")  # a replayed answer that was cut when it was recorded
    url = redact_url(str(request.url))
    for piece in answer.stream:  # type: ignore[union-attr]
        reading.body += piece
        if len(reading.body) > limits.max_bytes:
            del reading.body[limits.max_bytes :]
            reading.truncated = "length"
            raise TooLarge(
                f"{url} is larger than {limits.max_bytes:,} bytes; raise the cap in the settings if you want it.",
                url=url, status=answer.status_code,
            )  # fmt: skip
        if time.monotonic() > deadline:
            raise httpx.ReadTimeout("the time cap is reached")


def _timed_out(url: str, limits: Limits, reading: _Reading, deadline: float) -> CopytrailError:
    reading.truncated = "time"
    if time.monotonic() >= deadline:
        return TooLarge(f"{url} was not complete after {limits.max_seconds:g} seconds; it is left for now.", url=url)
    return Unavailable(f"{url} sent nothing for {limits.timeout:g} seconds; the next run tries again.", url=url)


def _reason(problem: Exception) -> str:
    text = str(problem).strip().rstrip(".")
    return text or type(problem).__name__


def _received(
    request: httpx.Request,
    reading: _Reading,
    error: CopytrailError | None,
    limits: Limits,
    clock: Clock,
    url: str,
) -> Received:
    answer = reading.answer
    raw = bytes(reading.body)
    extensions: Mapping[str, Any] = answer.extensions if answer is not None else {}
    body, error = _decoded(reading, error, limits, url)
    told = error.sentence if error else None
    recorded: Exchange | None = extensions.get("recorded")
    if recorded is not None:  # replayed: kept as it was asked then, not as we ask now
        return Received(replace(recorded, body=raw, error=told, truncated=reading.truncated), body, error, extensions)
    exchange = Exchange(
        method=request.method,
        url=str(request.url),
        request_headers=_pairs(request.headers),
        request_body=request.content,
        captured_at=extensions.get("captured_at") or clock.now(),
        status=answer.status_code if answer is not None else None,
        reason=answer.reason_phrase if answer is not None else "",
        headers=_pairs(answer.headers) if answer is not None else (),
        body=raw,
        http_version=_version(extensions),
        peer=reading.peer,
        error=told,
        truncated=reading.truncated if answer is not None else None,
        tls=reading.tls,
    )
    return Received(exchange, body, error, extensions)


def _decoded(
    reading: _Reading, error: CopytrailError | None, limits: Limits, url: str
) -> tuple[bytes, CopytrailError | None]:
    """Return the body with its encoding undone, and the error that stands against taking it for whole."""
    if error is not None or reading.answer is None:
        return b"", error
    if reading.truncated:
        cut = TooLarge if reading.truncated in ("length", "time") else Unavailable
        return b"", cut(f"{url} was cut off when it was recorded ({reading.truncated}).", url=url)
    encoding = reading.answer.headers.get("content-encoding", "")
    try:
        return decode(bytes(reading.body), encoding, max_bytes=limits.max_bytes, url=url), None
    except (TooLarge, Unavailable) as problem:
        return b"", problem


def _pairs(headers: httpx.Headers) -> tuple[tuple[str, str], ...]:
    return tuple((name.decode("latin-1"), value.decode("latin-1")) for name, value in headers.raw)


def _version(extensions: Mapping[str, Any]) -> str:
    version = extensions.get("http_version", b"HTTP/1.1")
    return version.decode("ascii", "replace") if isinstance(version, bytes) else "HTTP/1.1"
