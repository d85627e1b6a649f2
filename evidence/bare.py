"""Write addresses and digests as text that people read and no viewer opens."""

from __future__ import annotations

import re

from core.redact import redact_url

_HTTP = re.compile(r"(?i)\bhttp(s?)://")


def defanged(url: object) -> str:
    """Return an address as text that no viewer opens by itself: hxxps for https; keys in it are hidden."""
    return harmless(redact_url(str(url))) if url else ""


def harmless(words: str) -> str:
    """Return a sentence of ours in which no viewer finds an address to open."""
    return _HTTP.sub(r"hxxp\1://", words)


def grouped(digest: str | None, by: int = 4) -> str:
    """Return a digest in groups that two people can read to each other."""
    return " ".join((digest or "")[n : n + by] for n in range(0, len(digest or ""), by))
