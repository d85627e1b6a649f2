"""Find which texts of an archive a text may be another version of, and how close the next best comes.

Pure: the caller says where keys are looked up and where texts are read. A batch is put into the index first, so that
new posts see one another; each new post is compared with the few that share most with it, and an older post that may
be its other version is compared with its own few in turn, for it may be closer to another.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from matchers import lexicon
from matchers.same_source import LEAST, TWIN, Measured, agreement, numbers
from matchers.segments import Batch, Segments

Array = NDArray[Any]
Read = Callable[[Sequence[int]], Mapping[int, str]]

FEW = 24  # rows looked at of one key, the oldest
HELD = 200  # a key that more posts hold is not looked up
TOP = 10  # posts a post is compared with, those that share most
BITS = 1.0  # of log2 of the archive's size that what is shared must be worth


class Near(NamedTuple):
    """Pairs of rows that are kept (smaller row first), and their figures."""

    one: Array
    other: Array
    measured: Measured


def keyed(rows: Sequence[int], spelled: lexicon.Spelled, known: lexicon.Lexicon) -> Batch:
    """Return the keys of posts as an index takes them."""
    keys, starts = known.keys(spelled)
    return Batch(np.asarray(rows, np.int64), starts, keys)


def met(index: Segments, batch: Batch, posts: int) -> list[tuple[int, int]]:
    """Return the pairs of rows, smaller first, that share enough rare words to be compared."""
    if not len(batch.keys):
        return []
    held, found = index.earlier(batch, FEW)
    rare = held <= HELD
    worth = np.where(rare, np.log2((posts + 1.0) / np.maximum(held, 1)), 0.0)
    who = np.repeat(np.repeat(np.arange(len(batch.ids)), np.diff(batch.starts)), FEW)
    what, bits = found.ravel(), np.repeat(worth, FEW)
    there = (what >= 0) & (bits > 0) & (what != batch.ids[who])
    who, what, bits = who[there], what[there], bits[there]
    pairs, place = np.unique(np.stack([who, what], axis=1), axis=0, return_inverse=True)
    shared = np.bincount(place.ravel(), bits, len(pairs))
    enough = shared >= BITS * np.log2(posts + 2.0)
    pairs, shared = pairs[enough], shared[enough]
    order = np.lexsort((pairs[:, 1], -shared, pairs[:, 0]))
    pairs = pairs[order]
    first = np.searchsorted(pairs[:, 0], pairs[:, 0], "left")
    pairs = pairs[np.arange(len(pairs)) - first < TOP]
    rows = batch.ids[pairs[:, 0]]
    low, high = np.minimum(rows, pairs[:, 1]), np.maximum(rows, pairs[:, 1])
    return list(dict.fromkeys(zip(low.tolist(), high.tolist(), strict=True)))


class Rivals:
    """The cosines of one batch, and what follows from them."""

    def __init__(self, known: lexicon.Lexicon, index: Segments, read: Read) -> None:
        """Take what is common in the archive, its index, and how texts are read by their rows."""
        self.known, self.index, self.read = known, index, read
        self.texts: dict[int, str] = {}
        self.sizes: dict[int, int] = {}
        self.numbers: dict[int, frozenset[str]] = {}
        self.near: dict[int, dict[int, float]] = {}

    def find(self, batch: Batch, texts: Mapping[int, str]) -> Near:
        """Return the pairs of a batch, which is in the index already, that are kept."""
        self.texts.update(texts)
        own = set(texts)
        self._compare(met(self.index, batch, self.known.posts))
        older = sorted({row for pair in self._possible(own) for row in pair} - own)
        if older:
            spelled = lexicon.spell([self.texts[row] for row in older])
            self._compare(met(self.index, keyed(older, spelled, self.known), self.known.posts))
        pairs = [pair for pair in self._possible(own) if own & set(pair)]
        measured = self._measured(pairs)
        kept = np.flatnonzero(measured.kept())
        some = np.array(pairs, np.int64).reshape(-1, 2)[kept]
        return Near(some[:, 0], some[:, 1], Measured(*(getattr(measured, name)[kept] for name in Measured.__slots__)))

    def _compare(self, pairs: list[tuple[int, int]]) -> None:
        pairs = [pair for pair in pairs if pair[1] not in self.near.get(pair[0], {})]
        self.texts.update(self.read(sorted({row for pair in pairs for row in pair} - self.texts.keys())))
        pairs = [pair for pair in pairs if pair[0] in self.texts and pair[1] in self.texts]
        rows = sorted({row for pair in pairs for row in pair})
        if not rows:
            return
        spelled = lexicon.spell([self.texts[row] for row in rows])
        self.sizes.update(zip(rows, spelled.sizes.tolist(), strict=True))
        pairs.sort()
        left, right = (np.searchsorted(rows, [pair[side] for pair in pairs]) for side in (0, 1))
        cosines = lexicon.cosines(self.known.vectors(spelled), left, right).tolist()
        for (one, other), cosine in zip(pairs, cosines, strict=True):
            self.near.setdefault(one, {})[other] = cosine
            self.near.setdefault(other, {})[one] = cosine

    def _possible(self, own: set[int]) -> list[tuple[int, int]]:
        """Return the pairs that the new posts are in and that would be kept if their rivals were as far as can be."""
        pairs = sorted({(min(row, other), max(row, other)) for row in own for other in self.near.get(row, {})})
        if not pairs:
            return []
        kept = self._measured(pairs).kept()
        return [pair for pair, stays in zip(pairs, kept, strict=True) if stays]

    def _measured(self, pairs: Sequence[tuple[int, int]]) -> Measured:
        figures = [
            (
                self.near[one][other], self.sizes[one], self.sizes[other], self._rival(one, other),
                self._rival(other, one), *agreement(self._numbers(one), self._numbers(other)),
            )
            for one, other in pairs
        ]  # fmt: skip
        table = np.array(figures, float).reshape(-1, 8)
        return Measured(table[:, 0], table[:, 1], table[:, 2], table[:, 3], table[:, 4], table[:, 5:])

    def _numbers(self, row: int) -> frozenset[str]:
        if row not in self.numbers:
            self.numbers[row] = numbers(self.texts[row])
        return self.numbers[row]

    def _rival(self, row: int, other: int) -> float:
        """Return how close the closest other text is to a row; what nearly repeats either side is no rival."""
        best = 0.0
        mine, theirs = self.near[row], self.near[other]
        for third, cosine in mine.items():
            if third != other and max(best, LEAST) < cosine < TWIN and theirs.get(third, 0.0) < TWIN:
                best = cosine
        return best
