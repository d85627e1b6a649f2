"""Read what an answer says beside its body: how long to wait, what to ask for next time, which error it stands for."""

from __future__ import annotations

import math
import re
from datetime import datetime
from email.utils import parsedate_to_datetime

from core.errors import Blocked, CopytrailError, from_status
from core.exchange import Response
from core.times import Clock
from core.wire import Received

_LONGEST_WAIT = 30 * 86400.0  # seconds; who asks for more would have the source never read again
_CHALLENGE = re.compile(rb"<title>(?:Just a moment\.\.\.|Attention Required! \| Cloudflare|DDoS-Guard)", re.I)


def validators(response: Response) -> dict[str, str]:
    """Return what a conditional request needs (`etag`, `last_modified`), as far as an answer states it."""
    named = {"etag": response.headers.get("etag"), "last_modified": response.headers.get("last-modified")}
    return {key: value for key, value in named.items() if value}


def is_challenge(response: Response) -> bool:
    """Return whether an answer is one that only a person in a browser can pass."""
    stated = "challenge" in response.headers.get("cf-mitigated", "").lower()
    return stated or _CHALLENGE.search(response.body[:2048]) is not None


def refusal(response: Response, clock: Clock | None = None, what: str = "") -> CopytrailError:
    """Return the error that an answer of status 400 or more stands for; `what` names the thing asked for.

    Without a clock a date of Retry-After counts from when the answer came.
    """
    named = what or response.url
    if is_challenge(response):
        says = (
            f"{named} answers with a challenge that only a person in a browser can pass ({response.status}); it is "
            "recorded and not evaded. Open it in a browser, and import what it shows."
        )
        return Blocked(says, url=response.url, status=response.status)
    now = clock.now() if clock else response.captured_at
    return from_status(response.status, named, url=response.url, retry_after=wait_of(response, now))


def wait_of(response: Response, now: datetime | None = None) -> float | None:
    """Return Retry-After in seconds from its number or its HTTP date; None where absent or unreadable."""
    value = response.headers.get("retry-after")
    if not value:
        return None
    try:
        wait = float(value)
    except ValueError:
        try:
            wait = (parsedate_to_datetime(value) - (now or response.captured_at)).total_seconds()
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
