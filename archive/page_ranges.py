"""Tell which bytes of an answer a browser asks for that was asked for whole."""

from __future__ import annotations

import re

from core.spool import Head, Spool

_RANGE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})")


def part_of(asked: str, head: Head, spool: Spool) -> tuple[int, int, int] | None:
    """Return first byte, last byte and total of a range; None where the whole is the right answer."""
    found = _RANGE.fullmatch(asked.replace(" ", ""))
    if found is None or not (found[1] or found[2]):
        return None
    lengths = [value.strip() for name, value in head.headers if name.lower() == "content-length"]
    chunked = any(name.lower() == "transfer-encoding" for name, _ in head.headers)
    if len(lengths) == 1 and lengths[0].isdecimal() and not chunked:
        total = int(lengths[0])
    elif found[0] == "bytes=0-":
        return None
    else:
        total = spool.wait()
    if not found[1]:
        return max(0, total - int(found[2])), total - 1, total
    return int(found[1]), min(int(found[2]) if found[2] else total - 1, total - 1), total
