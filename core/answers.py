"""Read what an answer says beside its body: how long to wait, what to ask for next time, which error it stands for."""

from __future__ import annotations

import math
from email.utils import parsedate_to_datetime

from core.errors import CopytrailError, from_status
from core.exchange import Response
from core.times import Clock
from core.wire import Received

_LONGEST_WAIT = 30 * 86400.0  # seconds; who asks for more would have the source never read again


def validators(response: Response) -> dict[str, str]:
    """Return what a conditional request needs (`etag`, `last_modified`), as far as an answer states it."""
    named = {"etag": response.headers.get("etag"), "last_modified": response.headers.get("last-modified")}
    return {key: value for key, value in named.items() if value}


def refusal(response: Response, clock: Clock) -> CopytrailError:
    """Return the error that an answer of status 400 or more stands for."""
    wait = _retry_after(response.headers.get("retry-after"), clock)
    return from_status(response.status, response.url, url=response.url, retry_after=wait)


def _retry_after(value: str | None, clock: Clock) -> float | None:
    """Return Retry-After in seconds from its number or its HTTP date; None where absent or unreadable."""
    if not value:
        return None
    try:
        wait = float(value)
    except ValueError:
        try:
            wait = (parsedate_to_datetime(value) - clock.now()).total_seconds()
        except (TypeError, ValueError, OverflowError):
            return None
    return min(max(0.0, wait), _LONGEST_WAIT) if math.isfinite(wait) else None


def response_of(received: Received, url: str, capture: str | None) -> Response:
    """Return a complete answer as sources see it."""
    headers: dict[str, str] = {}
    for name, value in received.exchange.headers:
        key = name.lower()
        headers[key] = f"{headers[key]}, {value}" if key in headers else value
    status = received.exchange.status or 0
    return Response(
        url=url, status=status, headers=headers, body=received.body, captured_at=received.exchange.captured_at,
        capture=capture, requested_url=url, not_modified=status == 304,
    )  # fmt: skip
