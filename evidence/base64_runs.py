"""Find runs of letters and digits that may be base64, and unpack them."""

from __future__ import annotations

import base64
import re

_LONG = 60  # characters of a line of base64 in mail and certificates
_RUN = re.compile(  # in lines, as mail and certificates have it, or in one piece
    r"(?:[A-Za-z0-9+/]{60,76}\r?\n)+[A-Za-z0-9+/]+={0,2}|[A-Za-z0-9+/_-]{6,}={0,2}"
)
_NONE = re.compile(  # words, digests and ids are not base64 of anything
    r"[A-Z]?[a-z]+(?:[-_][A-Z]?[a-z]+)*|[0-9a-f]{32,}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
)
_ALPHABET = bytes(c in b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/_-" for c in range(256))


def runs(text: str, least: int) -> list[tuple[int, int]]:
    """Return where runs of at least `least` characters stand that may be base64, words and digests left out."""
    found = _spans(text, least) if len(text) > 2000 else None
    if found is None:
        found = [m.span() for m in _RUN.finditer(text) if m.end() - m.start() >= least]
    return [(a, b) for a, b in found if not _NONE.fullmatch(text, a, b)]


def _spans(text: str, least: int) -> list[tuple[int, int]] | None:
    """Return the runs by a table; None where some are in lines, which the pattern joins."""
    import numpy as np

    coded = text.encode("ascii", "replace")
    inside = np.frombuffer(b"\0" + coded.translate(_ALPHABET) + b"\0", np.int8)
    edges = np.flatnonzero(inside[1:] != inside[:-1])
    starts, ends = edges[::2], edges[1::2]
    long = ends - starts >= least
    out = []
    for start, end in zip(starts[long].tolist(), ends[long].tolist(), strict=True):
        after = coded[end : end + 3]
        if end - start >= _LONG and after[:1] in (b"\r", b"\n") and after.lstrip(b"\r\n")[:1].isalnum():
            return None
        out.append((start, end + len(after[:2]) - len(after[:2].lstrip(b"="))))
    return out


def whole(run: str) -> str:
    """Return a run in one line, filled up to whole groups of four."""
    run = run.rstrip("=").replace("\r", "").replace("\n", "")
    return run + "A" * (-len(run) % 4)


def unpacked(run: str) -> bytes:
    """Return the bytes of a filled run, none where it is no base64."""
    try:
        return base64.b64decode(run.replace("-", "+").replace("_", "/"))
    except ValueError:
        return b""
