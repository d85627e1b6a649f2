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
from matchers.same_source import LEAST, TWIN, Measured, measure, more_asked, shares
from matchers.segments import Batch, Segments

Array = NDArray[Any]
Read = Callable[[Sequence[int]], Mapping[int, str]]

FEW = 16  # rows looked at of one key, the oldest
HELD = 200  # a key that more posts hold is not looked up
BRIEF = 80  # keys of a usual text, which may share one rare word alone
TOP = 8  # posts a post is compared with, those that share most
BITS = 1.0  # of log2 of the archive's size that what is shared must be worth

_NONE = np.zeros((0, 2), np.int64)


class Near(NamedTuple):
    """Pairs of rows that are kept (smaller row first), and their figures."""

    one: Array
    other: Array
    measured: Measured


def keyed(rows: Sequence[int] | Array, spelled: lexicon.Spelled, known: lexicon.Lexicon) -> Batch:
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
    """The likeness of the posts of one batch to others, and what follows from it."""

    def __init__(self, known: lexicon.Lexicon, index: Segments, read: Read) -> None:
        """Take what is common in the archive, its index, and how texts are read by their rows."""
        self.known, self.index, self.read = known, index, read
        self.texts: dict[int, str] = {}
        self.rows, self.spelled = np.zeros(0, np.int64), lexicon.spell([])  # texts that are known here, in any order
        self.sizes = np.zeros(0, np.int64)
        self.pairs, self.cosines, self.numbers = _NONE, np.zeros(0), np.zeros((0, 3))  # what was compared: places

    def find(self, batch: Batch, spelled: lexicon.Spelled, texts: Mapping[int, str]) -> Near:
        """Return the pairs of a batch, which is in the index already, that are kept."""
        self.texts.update(texts)
        self.rows, self.spelled, self.sizes = batch.ids, spelled, np.zeros(len(batch.ids), np.int64)
        self._compare(met(self.index, batch, self.known.posts))
        pairs, _ = self._kept(len(batch.ids))
        older = np.unique(pairs[pairs >= len(batch.ids)])
        if len(older):
            older = older[np.argsort(self.rows[older])]
            again = keyed(self.rows[older], self.spelled.part(older), self.known)
            self._compare(met(self.index, again, self.known.posts))
        pairs, figures = self._kept(len(batch.ids))
        ends = np.sort(self.rows[pairs], axis=1)
        order = np.lexsort((ends[:, 1], ends[:, 0]))
        return Near(ends[order, 0], ends[order, 1], figures.taken(order))

    def _compare(self, pairs: Array) -> None:
        """Compare pairs of rows that were not compared yet."""
        self._know(np.setdiff1d(pairs, self.rows))
        order = np.argsort(self.rows)
        at = np.minimum(np.searchsorted(self.rows, pairs, sorter=order), len(self.rows) - 1)
        places = order[at]
        places = np.sort(places[(self.rows[places] == pairs).all(axis=1)], axis=1)
        places = places[~np.isin(_one(places), _one(self.pairs))]
        if not len(places):
            return
        used, ends = np.unique(places, return_inverse=True)
        left, right = (np.ascontiguousarray(side) for side in ends.reshape(-1, 2).T)
        some = self.spelled.part(used)
        vectors = self.known.vectors(some)
        cosines = lexicon.cosines(vectors, left, right)
        self.sizes[used] = measure(some, vectors)
        like = np.flatnonzero(cosines >= LEAST)
        self.pairs = np.concatenate([self.pairs, places[like]])
        self.cosines = np.concatenate([self.cosines, cosines[like]])
        self.numbers = np.concatenate([self.numbers, lexicon.agreements(some, left[like], right[like])])

    def _know(self, rows: Array) -> None:
        """Read texts that are not known yet."""
        found = self.read(rows.tolist()) if len(rows) else {}
        if found:
            self.texts.update(found)
            self.rows = np.concatenate([self.rows, np.fromiter(found, np.int64, len(found))])
            self.sizes = np.concatenate([self.sizes, np.zeros(len(found), np.int64)])
            self.spelled = self.spelled.and_then(lexicon.spell(list(found.values())))

    def _kept(self, own: int) -> tuple[Array, Measured]:
        """Return the pairs, as places, that are told as far as is known now and have one of the first `own` texts."""
        from matchers.kernel import near

        left, right = (np.ascontiguousarray(side) for side in self.pairs.T)
        ends = np.concatenate([self.pairs, self.pairs[:, ::-1]])
        order = np.lexsort((ends[:, 1], ends[:, 0]))
        starts = np.searchsorted(ends[order, 0], np.arange(len(self.rows) + 1))
        web = (starts, ends[order, 1], np.concatenate([self.cosines, self.cosines])[order])
        one, other = (near.rivals(*web, *ends, LEAST, TWIN) for ends in ((left, right), (right, left)))
        sizes, whole = (self.sizes[left], self.sizes[right]), np.ones(len(left))
        figures = Measured(self.cosines, *sizes, one, other, self.numbers, whole)
        odds = figures.alone() - more_asked(self.known.posts)
        figures = replace(figures, share=shares(left, right, odds, len(self.rows)))
        kept = np.flatnonzero((left < own) & (figures.standing(self.known.posts) >= 0))
        return self.pairs[kept], figures.taken(kept)


def _one(places: Array) -> Array:
    """Return pairs of places as one number each."""
    return places[:, 0] << 32 | places[:, 1]
