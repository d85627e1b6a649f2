"""Look for many strings at once in bytes: by one run of four bytes of each, in a table."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator

import numpy as np

_FEW = 6  # so many are looked for one by one, as that is quicker
_BITS = 18  # of the table: 256 kB, which fits the cache of a processor
_SPREAD = 2654435761  # Knuth's multiplier for hashing by multiplication
_PIECE = 1 << 18  # bytes looked at in one go: what is made of them fits the cache, too


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
