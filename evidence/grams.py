"""Look for many strings at once in bytes: by one run of four bytes of each, in a table; and find runs of base64."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator

import numpy as np

_FEW = 6  # so many are looked for one by one, as that is quicker
_BITS = 18  # of the table: 256 kB, which fits the cache of a processor
_SPREAD = 2654435761  # Knuth's multiplier for hashing by multiplication
_PIECE = 1 << 18  # bytes looked at in one go: what is made of them fits the cache, too
_LONG = 60  # characters of a line of base64 in mail and certificates
_RUN = re.compile(  # in lines, as mail and certificates have it, or in one piece
    r"(?:[A-Za-z0-9+/]{60,76}\r?\n)+[A-Za-z0-9+/]+={0,2}|[A-Za-z0-9+/_-]{6,}={0,2}"
)
_NONE = re.compile(  # words, digests and ids are not base64 of anything
    r"[A-Z]?[a-z]+(?:[-_][A-Z]?[a-z]+)*|[0-9a-f]{32,}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
)
_ALPHABET = bytes(c in b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/_-" for c in range(256))


class Grams:
    """Tells which of some strings may stand in bytes; each has at least four bytes or is always one that may."""

    def __init__(self, needles: Iterable[bytes]) -> None:
        self._needles = sorted(set(needles))
        self._short = [n for n in self._needles if len(n) < 4]
        self._by_gram: dict[int, list[bytes]] = defaultdict(list)
        for needle in self._needles:
            if len(needle) >= 4:
                self._by_gram[int.from_bytes(_rarest(needle), "little")].append(needle)
        self._table = np.zeros(1 << _BITS, np.bool_)
        self._table[_hashed(np.array(list(self._by_gram), np.uint32))] = True

    def stand_in(self, data: bytes) -> Iterator[bytes]:
        """Yield the strings that stand in `data`."""
        if len(self._needles) <= _FEW or len(data) < 256:
            yield from (needle for needle in self._needles if needle in data)
            return
        yield from (needle for needle in self._short if needle in data)
        for gram in self._met(data):
            yield from (needle for needle in self._by_gram.get(gram, ()) if needle in data)

    def _met(self, data: bytes) -> set[int]:
        met: set[int] = set()
        for start in range(0, len(data), _PIECE):
            stop = min(start + _PIECE + 3, len(data))
            for at in range(start, min(start + 4, stop - 3)):
                codes = np.frombuffer(data, "<u4", count=(stop - at) // 4, offset=at)
                hits = np.flatnonzero(self._table[_hashed(codes)])
                if hits.size:
                    met.update(np.unique(codes[hits]).tolist())
        return met


def _hashed(codes: np.ndarray) -> np.ndarray:
    return (codes * np.uint32(_SPREAD)) >> np.uint32(32 - _BITS)


def _rarest(needle: bytes) -> bytes:
    """Return four bytes in a row of which fewest stand everywhere: zeros, blanks and common letters."""
    common = b"\0\x04 eatoinsr"
    starts = range(len(needle) - 3)
    return min((needle[at : at + 4] for at in starts), key=lambda gram: (sum(gram.count(c) for c in common), gram))


def runs(text: str, least: int) -> list[tuple[int, int]]:
    """Return where runs of at least `least` characters stand that may be base64, words and digests left out."""
    found = _spans(text, least) if len(text) > 2000 else None
    if found is None:
        found = [m.span() for m in _RUN.finditer(text) if m.end() - m.start() >= least]
    return [(a, b) for a, b in found if not _NONE.fullmatch(text, a, b)]


def _spans(text: str, least: int) -> list[tuple[int, int]] | None:
    """Return the runs by a table; None where some are in lines, which the pattern joins."""
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
