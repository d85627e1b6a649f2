"""Follow redirects by hand: the method, the body and the credentials that go along, and when to stop."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from urllib.parse import urlsplit

import ada_url

from core.errors import Moved
from core.redact import is_secret_header, redact_body, redact_url

REDIRECTS = frozenset({301, 302, 303, 307, 308})


def joined(base: str, location: str) -> str:
    """Return the address a Location header leads to."""
    with contextlib.suppress(UnicodeEncodeError, UnicodeDecodeError):
        location = location.encode("latin-1").decode("utf-8")  # some servers write an address unescaped
    try:
        return str(ada_url.join_url(base, location))
    except ValueError:
        return location  # the guard says what is wrong with it


def next_method(method: str, status: int, body: bytes) -> tuple[str, bytes]:
    """Return method and body of the next hop: 303, and 301 or 302 after a form, become a GET without one."""
    if status == 303 or (status in (301, 302) and method == "POST"):
        return ("HEAD" if method == "HEAD" else "GET"), b""
    return method, body


def headers_for(here: str, there: str, headers: Mapping[str, str], *, keeps_body: bool) -> dict[str, str]:
    """Return the headers for the next hop: credentials stay with the host (and scheme) they were meant for."""
    left = () if keeps_body else ("content-type", "content-length")
    away = urlsplit(here)[:2] != urlsplit(there)[:2]
    return {
        name: value
        for name, value in headers.items()
        if name.lower() not in left and not (away and is_secret_header(name))
    }


def hands_on(here: str, there: str, body: bytes, content_type: str) -> bool:
    """Return whether the next hop would bring a secret of the body to another host."""
    away = urlsplit(here)[:2] != urlsplit(there)[:2]
    return bool(away and body and redact_body(body, content_type) != body)


def astray(hops: list[str], redirects: int, status: int, *, circle: bool) -> Moved:
    """Return the error of redirects that go in a circle or do not end."""
    way = " -> ".join(redact_url(hop) for hop in hops[-3:])
    what = "redirects in a circle" if circle else f"redirects more than {redirects} times"
    shown = redact_url(hops[0])
    return Moved(f"{shown} {what} ({way}); open it in a browser and give its final address.", url=shown, status=status)
