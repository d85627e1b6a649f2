"""Find the address in a line of a list, also where it was written so that nobody clicks on it."""

from __future__ import annotations

import re

_DEFANGED = (
    (
        re.compile(r"\bh(?:xx|XX|\*\*|tt)ps?\b|\bmeow\b", re.I),
        lambda m: "https" if m[0].lower().endswith("s") else "http",
    ),
    (re.compile(r"\[\s*(?:\.|dot)\s*\]|\(\s*(?:\.|dot)\s*\)|\{\s*(?:\.|dot)\s*\}", re.I), lambda _: "."),
    (re.compile(r"\[\s*:\s*\]"), lambda _: ":"),
    (re.compile(r"\[\s*(:?//?)\s*\]"), lambda m: m[1]),
    (re.compile(r"[\u200b-\u200d\u2060\ufeff]"), lambda _: ""),
)
_WITH_SCHEME = re.compile(r"https?://[^\s<>\"]+", re.I)
_BARE = re.compile(r"(?<![\w@.])(?:[\w-]+\.)+[^\W\d_][\w-]+(?::\d+)?(?:/[^\s<>\"]*)?")
_TRAILING = ".,;:!?'\"»”’"


def unbroken(text: str) -> str:
    """Return a text whose addresses are links again: hxxp, [.], (dot), invisible characters."""
    for pattern, repair in _DEFANGED:
        text = pattern.sub(repair, text)
    return text


def find_url(text: str) -> str | None:
    """Return the first address in a line, repaired (hxxp, [.], missing scheme); None where there is none."""
    text = unbroken(text)
    found = _WITH_SCHEME.search(text) or _BARE.search(text)
    if found is None:
        return None
    url = found[0].rstrip(_TRAILING)
    if url.endswith(")") and "(" not in url:
        url = url.rstrip(")")
    host = url.split("://", 1)[-1].split("/", 1)[0]
    if not re.search(r"\w", host):
        return None
    return url if found.re is _WITH_SCHEME else f"https://{url}"
