"""Find which texts of an archive a text may be another version of, and how close the next best comes.

Pure: the caller says where keys are looked up and where texts are read. A batch is put into the index first, so that
new posts see one another; each new post is compared with the few that share most with it, and an older post that may
be its other version is compared with its own few in turn, for it may be closer to another.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from matchers import lexicon
from matchers.same_source import LEAST, TWIN, Measured, agreement, numbers
from matchers.segments import Batch, Segments

Array = NDArray[Any]
Read = Callable[[Sequence[int]], Mapping[int, str]]

FEW = 8  # rows looked at of one key, the oldest
HELD = 200  # a key that more posts hold is not looked up
BRIEF = 28  # keys of a short text, which may share one rare word alone
TOP = 10  # posts a post is compared with, those that share most
BITS = 1.0  # of log2 of the archive's size that what is shared must be worth

_NONE = np.zeros((0, 2), np.int64)


class Near(NamedTuple):
    """Pairs of rows that are kept (smaller row first), and their figures."""

    one: Array
    other: Array
    measured: Measured


def keyed(rows: Sequence[int], spelled: lexicon.Spelled, known: lexicon.Lexicon) -> Batch:
    """Return the keys of posts as an index takes them."""
    keys, starts = known.keys(spelled)
    return Batch(np.asarray(rows, np.int64), starts, keys)


def met(index: Segments, batch: Batch, posts: int) -> Array:
    """Return the pairs of rows, smaller first, that share enough rare words to be compared: int64[n, 2], in order."""
    if not len(batch.keys):
        return _NONE
    from matchers.kernel import near

    held, found = index.earlier(batch, FEW)
    least = BITS * float(np.log2(posts + 2.0))
    who, what = near.meet(found, held, batch.starts, batch.ids, posts, HELD, least, TOP, BRIEF)
    return _pairs(np.minimum(who, what), np.maximum(who, what))


def _pairs(low: Array, high: Array) -> Array:
    """Return pairs of rows in order, each once."""
    order = np.lexsort((high, low))
    pairs = np.stack([low[order], high[order]], axis=1).reshape(-1, 2)
    again = np.zeros(len(pairs), bool)
    again[1:] = (pairs[1:] == pairs[:-1]).all(axis=1)
    return pairs[~again]


class Rivals:
    """The cosines of one batch, and what follows from them."""

    def __init__(self, known: lexicon.Lexicon, index: Segments, read: Read) -> None:
        """Take what is common in the archive, its index, and how texts are read by their rows."""
        self.known, self.index, self.read = known, index, read
        self.texts: dict[int, str] = {}
        self.pairs, self.cosines = _NONE, np.zeros(0)  # what was compared
        self.rows, self.sizes = np.zeros(0, np.int64), np.zeros(0, np.int64)  # texts that were compared

    def find(self, batch: Batch, texts: Mapping[int, str]) -> Near:
        """Return the pairs of a batch, which is in the index already, that are kept."""
        self.texts.update(texts)
        self._compare(met(self.index, batch, self.known.posts))
        possible, _ = self._possible(batch.ids)
        older = np.setdiff1d(possible, batch.ids)
        if len(older):
            spelled = lexicon.spell([self.texts[row] for row in older.tolist()])
            self._compare(met(self.index, keyed(older.tolist(), spelled, self.known), self.known.posts))
        pairs, figures = self._possible(batch.ids)
        figures = self._numbered(pairs, figures)
        kept = np.flatnonzero(figures.kept(self.known.posts))
        return Near(pairs[kept, 0], pairs[kept, 1], figures.taken(kept))

    def _compare(self, pairs: Array) -> None:
        """Compare pairs that were not compared yet."""
        if len(self.pairs) and len(pairs):
            every = np.concatenate([self.pairs, pairs])
            _, first = np.unique(every[:, 0] << 32 | every[:, 1], return_index=True)
            pairs = every[np.sort(first[first >= len(self.pairs)])]
        self.texts.update(self.read(sorted(set(pairs.ravel().tolist()) - self.texts.keys())))
        there = np.array([row in self.texts for row in pairs.ravel().tolist()], bool).reshape(-1, 2).all(axis=1)
        pairs = pairs[there]
        if not len(pairs):
            return
        rows = np.unique(pairs)
        spelled = lexicon.spell([self.texts[row] for row in rows.tolist()])
        left, right = np.searchsorted(rows, pairs[:, 0]), np.searchsorted(rows, pairs[:, 1])
        cosines = lexicon.cosines(self.known.vectors(spelled), left, right)
        self.pairs = np.concatenate([self.pairs, pairs])
        self.cosines = np.concatenate([self.cosines, cosines])
        self.rows, first = np.unique(np.concatenate([self.rows, rows]), return_index=True)
        self.sizes = np.concatenate([self.sizes, spelled.sizes])[first]

    def _possible(self, own: Array) -> tuple[Array, Measured]:
        """Return the pairs with a row of the batch that would be kept if their numbers agreed, and their figures."""
        from matchers.kernel import near

        ends = np.concatenate([self.pairs, self.pairs[:, ::-1]])
        order = np.lexsort((ends[:, 1], ends[:, 0]))
        one, other = (np.searchsorted(self.rows, ends[order, side]) for side in (0, 1))
        starts = np.searchsorted(one, np.arange(len(self.rows) + 1))
        some = np.flatnonzero(np.isin(self.pairs, own).any(axis=1) & (self.cosines >= LEAST))
        pairs, cosines = self.pairs[some], self.cosines[some]
        left, right = (np.searchsorted(self.rows, pairs[:, side]) for side in (0, 1))
        web = (starts, other, np.concatenate([self.cosines, self.cosines])[order])
        closest = [near.rivals(*web, a, b, LEAST, TWIN) for a, b in ((left, right), (right, left))]
        agreed = np.tile((1.0, 0.0, 0.0), (len(some), 1))
        figures = Measured(cosines, self.sizes[left], self.sizes[right], closest[0], closest[1], agreed)
        kept = np.flatnonzero(figures.kept(self.known.posts))
        return pairs[kept], figures.taken(kept)

    def _numbered(self, pairs: Array, figures: Measured) -> Measured:
        """Return figures with what the numbers of the texts say."""
        held = {row: numbers(self.texts[row]) for row in np.unique(pairs).tolist()}
        said = [agreement(held[one], held[other]) for one, other in pairs.tolist()]
        return replace(figures, numbers=np.array(said, float).reshape(-1, 3))
