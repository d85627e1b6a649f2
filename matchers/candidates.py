"""Look a batch of posts up in sorted segments and in itself: who meets whom, how often, and who is worth comparing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from matchers import meeting
from matchers.segment_file import NOBODY, Segment

Array = NDArray[Any]

SEARCHED = 1_500_000  # keys searched for at a time: in order they walk through a segment, fewer would jump about in it
SLICE = 100_000  # keys whose holders are brought up at a time: they stay below 100 MB


class Batch(NamedTuple):
    """Posts to look up or append: ascending row ids, and keys[starts[i]:starts[i + 1]] of each.

    `norms`, where given, is one more key a post, by which it is found but not met: the hash of its whole text.
    """

    ids: Array
    starts: Array
    keys: Array
    norms: Array | None = None


class Candidates(NamedTuple):
    """Pairs worth comparing, ordered by place in the batch and row found.

    `who` int64, `row` int64, `shared` int32 (keys both meet at), `holders` int32 (the fewest earlier holders of one of
    them; 4095 says so many or more), `sort` uint8 (1 near copy, 2 quotation, 3 both).
    """

    who: Array
    row: Array
    shared: Array
    holders: Array
    sort: Array


NOTHING = Candidates(*(np.zeros(0, kind) for kind in (np.int64, np.int64, np.int32, np.int32, np.uint8)))


class Lookup:
    """One batch against the segments there are; `part` answers for a slice of it, slices may be asked side by side."""

    def __init__(self, segments: Sequence[Segment], batch: Batch, ranks: Array, again: bool) -> None:
        """Sort the batch; where it is matched again, its rows in the segments count for nothing."""
        from matchers.kernel import lookup

        self.segments, self.batch, self.ranks = segments, batch, ranks
        self.ids = batch.ids.astype(np.uint32)
        self.own_tails = meeting.tails(batch.keys)
        self.sizes = np.diff(batch.starts)
        self.gone = [np.union1d(one.gone, self.ids) if again else one.gone for one in segments]
        self.order, wanted, self.low, self.high = ordered(batch.keys)
        lookup.earlier(wanted, self.order, self.low, self.high)
        self.rows = np.repeat(self.ids, self.sizes)[self.order]
        self.posts = sum(len(one.ids) for one in segments) + len(self.ids)

    def slices(self, threads: int = 1) -> list[tuple[int, int]]:
        """Return ranges of posts of about as many keys, at least one a thread where that is worth it."""
        keys = int(self.batch.starts[-1])
        return self._cuts(0, len(self.ids), min(SEARCHED, max(SLICE, -(-keys // threads))))

    def _cuts(self, first: int, last: int, size: int) -> list[tuple[int, int]]:
        begin, end = int(self.batch.starts[first]), int(self.batch.starts[last])
        cuts = np.searchsorted(self.batch.starts, np.arange(begin + size, end, size))
        ends = np.unique([first, *cuts, last])
        return list(zip(ends[:-1].tolist(), ends[1:].tolist(), strict=True))

    def part(self, first: int, last: int) -> Candidates:
        """Return the candidates of the posts from `first` to `last`."""
        begin, end = int(self.batch.starts[first]), int(self.batch.starts[last])
        order = self.order if end - begin == len(self.order) else self.order[(self.order >= begin) & (self.order < end)]
        wanted, order = self.batch.keys[order], order - begin
        found = []
        for one in self.segments:
            low, high = np.empty(len(order), np.int64), np.empty(len(order), np.int64)
            one.ranges(wanted, order, low, high)
            found.append((low, high, one.rows))
        found.append((self.low[begin:end], self.high[begin:end], self.rows))
        parts = []
        for a, b in self._cuts(first, last, SLICE):
            here = slice(int(self.batch.starts[a]) - begin, int(self.batch.starts[b]) - begin)
            parts.append(self._met([(lows[here], highs[here], rows) for lows, highs, rows in found], a, b))
        return Candidates(*(np.concatenate(some) for some in zip(NOTHING, *parts, strict=True)))

    def _met(self, found: Sequence[tuple[Array, Array, Array]], first: int, last: int) -> Candidates:
        """Return the candidates of some posts; `found` says of each of their keys where it stands in each segment."""
        from matchers.kernel import lookup

        begin, end = int(self.batch.starts[first]), int(self.batch.starts[last])
        held = np.sum([high - low for low, high, _ in found], axis=0)
        caps = np.repeat(meeting.caps(self.ranks[first:last], self.sizes[first:last]), self.sizes[first:last])
        firsts = np.zeros(len(held) + 1, np.int64)
        np.cumsum(np.minimum(held, caps), out=firsts[1:])
        ends, before = firsts[:-1].copy(), np.zeros(len(held), np.int64)
        rows = np.empty(int(firsts[-1]), np.uint32)
        for (low, high, held_by), gone in zip(found, [*self.gone, NOBODY], strict=True):
            lookup.gather(low, high, before, held, held_by, gone, caps, ends, rows)
        starts, floors = self.batch.starts[first : last + 1] - begin, meeting.floors(self.sizes[first:last])
        who, row, shared, holders = lookup.share(starts, firsts, ends, held, rows, floors, self.posts)
        own = self.sizes[first:last][who]
        chosen, sort = chosen_of(who, row, shared, own, self._sizes(row))
        picked = Candidates(
            who[chosen].astype(np.int64), row[chosen].astype(np.int64), shared[chosen], holders[chosen], sort
        )
        rows, place = np.unique(row[chosen][sort == meeting.QUOTATION], return_inverse=True)
        others, bounds = self._tails(rows)
        picked = chained(picked, (self.own_tails[begin:end], starts), (others, bounds), place.astype(np.int64))
        return picked._replace(who=picked.who + first)

    def _tails(self, rows: Array) -> tuple[Array, Array]:
        """Return the tails of the keys of some rows in text order, and where those of each begin."""
        from matchers.kernel import choice

        bounds = np.zeros(len(rows) + 1, np.int64)
        np.cumsum(self._sizes(rows), out=bounds[1:])
        out = np.empty(int(bounds[-1]), np.uint16)
        batch = (self.ids, self.batch.starts, self.own_tails, NOBODY)
        older = ((one.ids, one.starts, one.tails, gone) for one, gone in zip(self.segments, self.gone, strict=True))
        for ids, starts, tails, gone in (*older, batch):
            mine, at = _places(ids, rows, gone)
            choice.copy(tails, starts[at], starts[at + 1] - starts[at], bounds[mine], out)
        return out, bounds

    def _sizes(self, rows: Array) -> Array:
        """Return how many keys each row has."""
        sizes = np.zeros(len(rows), np.int64)
        older = ((one.ids, one.sizes, gone) for one, gone in zip(self.segments, self.gone, strict=True))
        for ids, counts, gone in (*older, (self.ids, self.sizes, NOBODY)):
            mine, at = _places(ids, rows, gone)
            sizes[mine] = counts[at]
        return sizes


def chosen_of(who: Array, row: Array, shared: Array, own: Array, other: Array) -> tuple[Array, Array]:
    """Return which of the tallied pairs are candidates, by the contract's criterion, and of which sort.

    `who` uint32 ascending, `row` uint32, `shared` int32, `own` and `other` int64: keys of both sides.
    """
    from matchers.kernel import choice

    sorts = np.zeros(len(who), np.uint8)
    limits = (meeting.leasts(own), meeting.tops(own), meeting.QUOTE, meeting.QUOTE_TOP)
    chosen = choice.choose(who, row, shared, own, other, *limits, sorts)
    return chosen, sorts[chosen]


def chained(found: Candidates, own: tuple[Array, Array], others: tuple[Array, Array], place: Array) -> Candidates:
    """Return the candidates without those quotations that share no chain of keys; of common keys it must be longer.

    `own` holds tails (uint16, in text order) and where those of each `who` begin; `others` the same of the earlier
    texts, and `place` (int64) says which of them each pair has that is of the sort of quotations alone.
    """
    doubtful = np.flatnonzero(found.sort == meeting.QUOTATION)
    stays = np.ones(len(found.who), bool)
    stays[doubtful] = have_chain(found.who[doubtful], found.holders[doubtful], own, others, place)
    return Candidates(*(column[stays] for column in found))


def have_chain(
    who: Array, holders: Array, own: tuple[Array, Array], others: tuple[Array, Array], place: Array
) -> Array:
    """Return which pairs share a chain of keys as long as `holders`, the fewest of one of them, ask for."""
    from matchers.kernel import choice

    longest = choice.chains(*own, who, *others, place, meeting.STEP)
    return np.asarray(longest >= meeting.least_chains(holders))


def _places(ids: Array, rows: Array, gone: Array) -> tuple[Array, Array]:
    """Return which of the rows stand in sorted ids, and where, without those that are gone."""
    if not len(ids):
        return np.zeros(0, np.int64), np.zeros(0, np.int64)
    mine = np.flatnonzero((rows >= ids[0]) & (rows <= ids[-1]))
    at = np.searchsorted(ids, rows[mine])
    there = ids[at] == rows[mine]
    if len(gone):
        there &= ~np.isin(rows[mine], gone)
    return mine[there], at[there]


def ordered(keys: Array) -> tuple[Array, Array, Array, Array]:
    """Return the order of keys, the keys in order, and room for where each is found."""
    from matchers.kernel import lookup

    order = lookup.order(keys)
    return order, keys[order], np.empty(len(keys), np.int64), np.empty(len(keys), np.int64)
