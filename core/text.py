"""Clean text once, at the door: what no database, WARC or page can hold is taken out here, the bytes stay archived."""

from __future__ import annotations

import re
from typing import Any

MAX_CHARS = 1_000_000  # a post text; the longest article of the recorded answers has 60,000
_SURROGATE = re.compile("[\ud800-\udfff]")
_NUL = "\x00"


def clean(text: str, limit: int = MAX_CHARS) -> str:
    """Return text without NUL and lone surrogates, cut at `limit` characters.

    A surrogate pair written as two halves is joined; a lone half becomes U+FFFD.
    """
    if len(text) > limit:
        text = text[:limit]
    if _NUL in text:
        text = text.replace(_NUL, "")
    if not text.isascii() and _SURROGATE.search(text):
        text = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text


def clean_json(value: Any, depth: int = 0) -> Any:
    """Return a JSON value with every string cleaned and numbers no database holds turned to text."""
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, int) and not isinstance(value, bool) and not -(2**63) <= value < 2**63:
        return str(value)
    if isinstance(value, float) and (value != value or value in (float("inf"), float("-inf"))):
        return None
    if depth > 50:
        return None
    if isinstance(value, dict):
        return {clean(str(k)): clean_json(v, depth + 1) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [clean_json(v, depth + 1) for v in value]
    return value
