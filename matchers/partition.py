"""Match texts that lie in many parts, for several processes or machines: the same pairs as `matchers.bulk`.

A part is a run of texts. Each is signed by itself; its keys are dealt by their upper bits into ranges, in each of which
all parts meet (`met`); what they share is added up part by part (`candidates`), and each part is judged with the texts
it needs of others (`judge`). Nothing here knows who runs it: data in, data out, and none of it larger than one part or
one range.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from matchers import bulk, kernel, meeting
from matchers.bulk import BulkPairs, Counts
from matchers.candidates import Candidates, chosen_of
from matchers.commons import Commons
from matchers.kernel import Texts

Array = NDArray[Any]


class Signed(NamedTuple):
    """A part, signed: fingerprints uint64, where those of each text begin, norm hashes, which may be exact copies."""

    keys: Array
    starts: Array
    norms: Array
    enough: Array


class Portion(NamedTuple):
    """Values (keys or norm hashes, uint64) of one part in one range, and the text or rank of each, ascending."""

    values: Array
    of: Array


class Indexed(NamedTuple):
    """The texts of a part that take part in the index: their places in the part, and how many keys each has.

    `tails` are the tails of their keys in text order (`meeting.tails`), those of each from `starts` on.
    """

    places: Array
    sizes: Array
    starts: Array
    tails: Array


class Shared(NamedTuple):
    """What the posts of one part share with earlier ones in one range, by ascending `who`.

    `who`, `row` ranks (uint32), `shared` keys met at (uint32), `holders` the fewest earlier holders of one (uint16).
    """

    who: Array
    row: Array
    shared: Array
    holders: Array


class Chosen(NamedTuple):
    """Candidates of a part, as `matchers.candidates.Candidates`, by ranks and before chains are looked at."""

    who: Array
    row: Array
    shared: Array
    holders: Array
    sort: Array


class Some(NamedTuple):
    """Texts of any part: their numbers (ascending), the texts, the account behind each (-1: none), tails of keys."""

    numbers: Array
    texts: Texts
    accounts: Array
    starts: Array = np.zeros(1, np.int64)
    tails: Array = np.zeros(0, np.uint16)

    def take(self, named: Array, places: Array, of: Indexed | None = None) -> Some:
        """Return the texts at some places under the numbers named; of the indexed ones, with tails, where `of` is."""
        own = places if of is None else of.places[places]
        some = Some(named, self.texts.take(own), self.accounts[own])
        if of is None:
            return some
        starts, tails = gathered(of.starts, of.tails, places)
        return some._replace(starts=starts, tails=tails)


def sign(texts: Texts) -> Signed:
    """Sign a part."""
    signed = kernel.sign(texts)
    return Signed(signed.keys, signed.starts, signed.norms, signed.enough())


def norms(signed: Signed, first: int, ranges: int) -> list[Portion]:
    """Deal the norm hashes of a part whose first text is number `first`; texts too short to be copies are left out."""
    mine = np.flatnonzero(signed.enough)
    return _dealt(signed.norms[mine], mine + first, ranges)


def originals(portions: Sequence[Portion]) -> tuple[Array, Array]:
    """Return the texts of one range that repeat an earlier one, ascending, and the earliest of each: numbers."""
    values, of = _whole(portions)
    unique, first = np.unique(values, return_index=True)
    original = of[first[np.searchsorted(unique, values)]]
    later = np.flatnonzero(original != of)
    return of[later], original[later]


def indexed(signed: Signed, copies: Array, commons: Commons) -> Indexed:
    """Return which texts of a part are indexed: those with keys that are no exact copy (`copies`: places)."""
    mine = np.ones(len(signed.starts) - 1, bool)
    mine[copies] = False
    posts, starts, own = bulk.indexed(signed.keys, signed.starts, mine, commons)
    return Indexed(posts, np.diff(starts), starts, meeting.tails(own))


def keys(signed: Signed, of: Indexed, rank: int, ranges: int, commons: Commons) -> list[Portion]:
    """Deal the keys of a part whose first indexed text has `rank`."""
    mine = np.zeros(len(signed.starts) - 1, bool)
    mine[of.places] = True
    _, _, own = bulk.indexed(signed.keys, signed.starts, mine, commons)
    return _dealt(own, np.repeat(np.arange(rank, rank + len(of.places), dtype=np.uint32), of.sizes), ranges)


def met(portions: Sequence[Portion], ends: Sequence[int], all_sizes: Array) -> list[Shared]:
    """Return who meets whom at the keys of one range, for each part.

    `ends` are the ranks at which the parts end, `all_sizes` the numbers of keys of every rank in all ranges.
    """
    values, ranks = _whole(portions)
    begins = np.flatnonzero(np.append(True, ranks[1:] != ranks[:-1])[: len(ranks)])
    posts = ranks[begins].astype(np.int64)
    whole = bulk.meetings(values, np.append(begins, len(values)), posts, 1, all_sizes[posts])
    whole = whole._replace(floors=np.ones(len(posts), np.int64))
    parts: list[list[Shared]] = [[] for _ in ends]
    for counts in (one for lot in bulk.tallied(whole, 1, lambda counts: counts) for one in lot):
        who, row = (posts[column].astype(np.uint32) for column in counts[:2])
        found = Shared(who, row, counts.shared.astype(np.uint32), counts.holders.astype(np.uint16))
        cuts = [0, *np.searchsorted(who, np.asarray(ends, np.uint32)).tolist()]
        for part, (a, b) in zip(parts, pairwise(cuts), strict=True):
            if b > a:
                part.append(Shared(*(column[a:b].copy() for column in found)))
    return [_joined(part) for part in parts]


def candidates(shared: Sequence[Shared], rank: int, sizes: Array, all_sizes: Array) -> Chosen:
    """Return the candidates of a part from what it shares in each range.

    `rank` is that of its first indexed text, `sizes` are their numbers of keys, `all_sizes` those of every rank.
    """
    from matchers.kernel import sums

    begins = np.cumsum([0, *(len(one.who) for one in shared)])
    edges = np.arange(rank, rank + len(sizes) + 1)
    cuts = np.array([np.searchsorted(one.who, edges) + at for one, at in zip(shared, begins, strict=False)], np.int64)
    whole = _joined(shared)
    out = np.empty((len(whole.who), 4), np.int64)
    floors = meeting.floors(sizes)
    n = sums.add(cuts.reshape(len(shared), len(edges)), whole.row, whole.shared, whole.holders, floors, out)
    who, row, keys_shared, holders = out[:n].T
    order = np.lexsort((row, who))
    counts = Counts(
        (who[order] + rank).astype(np.uint32), row[order].astype(np.uint32),
        keys_shared[order].astype(np.int32), holders[order].astype(np.int32),
    )  # fmt: skip
    both = (all_sizes[side].astype(np.int64) for side in counts[:2])
    picked, sort = chosen_of(*counts[:3], *both)
    who_, row_, shared_, holders_ = (column[picked] for column in counts)
    return Chosen(who_, row_, shared_, holders_, sort)


def judge(pairs: Chosen, some: Some, setting: tuple[float, Commons], alone: bool = False) -> BulkPairs:
    """Judge pairs of text numbers with the texts they name; `setting` is the near threshold and the common phrases."""
    near, commons = setting
    right, left = (np.searchsorted(some.numbers, side) for side in (pairs.who, pairs.row))
    told = bulk.Setting(some.texts, some.accounts, near, commons)
    every = Candidates(right, left, *pairs[2:])
    here = every if alone else bulk.with_chains(every, some.tails, some.starts)
    found = bulk.judge_pairs(told, here.who, here.row, here.shared, here.holders, alone)
    return found._replace(left=some.numbers[found.left], right=some.numbers[found.right])


def chained(pairs: Chosen, some: Some) -> Candidates:
    """Return candidates without the quotations that share no chain of keys; `some` need hold tails alone."""
    right, left = (np.searchsorted(some.numbers, side) for side in (pairs.who, pairs.row))
    found = bulk.with_chains(Candidates(right, left, *pairs[2:]), some.tails, some.starts)
    return found._replace(who=some.numbers[found.who], row=some.numbers[found.row])


def tails_together(parts: Sequence[Some]) -> Some:
    """Return tails from several places as one, by their numbers."""
    numbers = np.concatenate([part.numbers for part in parts])
    unique, first = np.unique(numbers, return_index=True)
    starts = np.concatenate([[0], *(np.diff(part.starts) for part in parts)]).cumsum()
    starts, tails = gathered(starts, np.concatenate([part.tails for part in parts]), first)
    return Some(unique, kernel.texts_of([]), np.zeros(0, np.int64), starts, tails)


def together(parts: Sequence[Some]) -> Some:
    """Return texts from several places as one, by their numbers."""
    numbers = np.concatenate([part.numbers for part in parts])
    offsets = np.concatenate([[0], *(np.diff(part.texts.offsets) for part in parts)]).cumsum()
    buffer = np.concatenate([part.texts.buffer[part.texts.offsets[0] : part.texts.offsets[-1]] for part in parts])
    unique, first = np.unique(numbers, return_index=True)
    accounts = np.concatenate([part.accounts for part in parts])
    whole = Some(unique, Texts(buffer, offsets).take(first), accounts[first])
    if not any(len(part.tails) for part in parts):
        return whole
    starts = np.concatenate([[0], *(np.diff(part.starts) for part in parts)]).cumsum()
    starts, tails = gathered(starts, np.concatenate([part.tails for part in parts]), first)
    return whole._replace(starts=starts, tails=tails)


def gathered(starts: Array, tails: Array, places: Array) -> tuple[Array, Array]:
    """Return the tails of some texts side by side, and where those of each begin."""
    sizes = starts[places + 1] - starts[places]
    begins = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)
    at = np.repeat(starts[places] - begins[:-1], sizes) + np.arange(begins[-1])
    return begins, tails[at]


def _dealt(values: Array, of: Array, ranges: int) -> list[Portion]:
    """Deal values by their upper bits into as many ranges (a power of two), in their order."""
    from matchers.kernel import lookup

    bits = ranges.bit_length() - 1
    where = values >> np.uint64(64 - bits) if bits else np.zeros(len(values), np.uint64)
    order = lookup.order(where)
    cuts = np.searchsorted(where[order], np.arange(ranges + 1, dtype=np.uint64)).tolist()
    return [Portion(values[order[a:b]], of[order[a:b]]) for a, b in pairwise(cuts)]


def _whole(portions: Sequence[Portion]) -> tuple[Array, Array]:
    return np.concatenate([one.values for one in portions]), np.concatenate([one.of for one in portions])


def _joined(parts: Sequence[Shared]) -> Shared:
    kinds = (np.uint32, np.uint32, np.uint32, np.uint16)
    some = [Shared(*(np.zeros(0, kind) for kind in kinds)), *parts]
    return Shared(*(np.concatenate(columns) for columns in zip(*some, strict=True)))
