"""Match texts that lie in many parts, for several processes or machines: the same pairs as `matchers.bulk`.

A part is a run of texts. Each is signed by itself; its keys are dealt into ranges, in each of which
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
from matchers.candidates import chosen_of, have_chain
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


class Holders(NamedTuple):
    """The keys of one part in one range that earlier posts hold too, and who holds them.

    `counts` uint32: how many such keys each indexed text has. Of each key in turn: `refs` uint64, where its holders
    begin in `postings` and how many stand there before the text (`matchers.kernel.meet`); `fews` uint16, how many there
    are before it in truth (4095: so many or more). `postings` uint32: ranks, ascending for each key.
    """

    counts: Array
    refs: Array
    fews: Array
    postings: Array


class Chosen(NamedTuple):
    """Candidates of a part by ranks, as `matchers.candidates.Candidates`; or pairs of texts by their numbers."""

    who: Array
    row: Array
    shared: Array
    holders: Array
    sort: Array


class Some(NamedTuple):
    """Texts of any part: their numbers (ascending), the texts, the account behind each (-1: none)."""

    numbers: Array
    texts: Texts
    accounts: Array

    def take(self, named: Array, places: Array) -> Some:
        """Return the texts at some places under the numbers named."""
        return Some(named, self.texts.take(places), self.accounts[places])


class Tails(NamedTuple):
    """Tails of the keys of texts of any part: ranks (ascending), where those of each begin, the tails."""

    ranks: Array
    starts: Array
    tails: Array


def sign(texts: Texts) -> Signed:
    """Sign a part."""
    signed = kernel.sign(texts)
    return Signed(signed.keys, signed.starts, signed.norms, signed.enough())


def norms(signed: Signed, first: int, ranges: int) -> list[Portion]:
    """Deal the norm hashes of a part whose first text is number `first`; texts too short to be copies are left out."""
    mine = np.flatnonzero(signed.enough)
    return _dealt(signed.norms[mine], np.arange(len(mine) + 1), (mine + first).astype(np.uint32), ranges)


def originals(portions: Sequence[Portion]) -> tuple[Array, Array]:
    """Return the texts of one range that repeat an earlier one, ascending, and the earliest of each: numbers."""
    values = np.concatenate([one.values for one in portions])
    of = np.concatenate([one.of for one in portions]).astype(np.int64)
    unique, first = np.unique(values, return_index=True)
    original = of[first[np.searchsorted(unique, values)]]
    later = np.flatnonzero(original != of)
    return of[later], original[later]


def indexed(signed: Signed, copies: Array, ranges: int, commons: Commons) -> tuple[Indexed, list[Portion]]:
    """Return which texts of a part are indexed, those with keys that are no exact copy, and deal their keys.

    `copies` are places; in the portions the indexed texts are numbered from 0 on.
    """
    mine = np.ones(len(signed.starts) - 1, bool)
    mine[copies] = False
    posts, starts, own = bulk.indexed(signed.keys, signed.starts, mine, commons)
    portions = _dealt(own, starts, np.arange(len(posts), dtype=np.uint32), ranges)
    return Indexed(posts, np.diff(starts), starts, meeting.tails(own)), portions


def met(portions: Sequence[Portion], ends: Sequence[int]) -> list[Holders]:
    """Bring the holders of the keys of one range together; return, for each part, those its texts look at.

    `ends` are the ranks at which the parts end.
    """
    from matchers.kernel import parted

    begins = [0, *ends[:-1]]
    values = np.concatenate([one.values for one in portions])
    ranks = np.concatenate([one.of + np.uint32(rank) for one, rank in zip(portions, begins, strict=True)])
    firsts = np.flatnonzero(np.append(True, ranks[1:] != ranks[:-1])[: len(ranks)])
    postings, refs = bulk.grouped(values, np.append(firsts, len(values)), 1)
    posts, notes, found = ranks[firsts], np.zeros(max(1, len(values)), np.uint64), []
    cuts = np.cumsum([0, *(len(one.of) for one in portions)]).tolist()
    for (a, b), (rank, end), own in zip(pairwise(cuts), zip(begins, ends, strict=True), portions, strict=True):
        cap = int(meeting.caps(end, 0))
        some, room = parted.measure(refs, a, b, cap, notes)
        out = np.empty(some, np.uint64), np.empty(some, np.uint16), np.empty(room, np.uint32)
        parted.hand_on(refs, a, b, cap, postings, posts, notes, *out)
        found.append(Holders(np.bincount(own.of[refs[a:b] > 0], minlength=end - rank).astype(np.uint32), *out))
    return found


def candidates(handed: Sequence[Holders], rank: int, sizes: Array, all_sizes: Array) -> Chosen:
    """Return the candidates of a part from the holders of its keys in each range.

    `rank` is that of its first indexed text, `sizes` are their numbers of keys, `all_sizes` those of every rank.
    """
    whole = _met_in_all(handed, rank, sizes)

    def choose(counts: Counts) -> Chosen:
        both = (side.astype(np.int64) for side in (sizes[counts.who], all_sizes[counts.row]))
        picked, sort = chosen_of(*counts[:3], *both)
        who, row, shared, holders = (column[picked] for column in counts)
        return Chosen(who + np.uint32(rank), row, shared, holders, sort)

    parts = [one for lot in bulk.tallied(whole, 1, choose) for one in lot]
    kinds = (np.uint32, np.uint32, np.int32, np.int32, np.uint8)
    some = [Chosen(*(np.zeros(0, kind) for kind in kinds)), *parts]
    return Chosen(*(np.concatenate(columns) for columns in zip(*some, strict=True)))


def _met_in_all(handed: Sequence[Holders], rank: int, sizes: Array) -> bulk.Meetings:
    """Join what a part is handed of all ranges, text by text."""
    from matchers.kernel import parted

    starts = np.zeros(len(sizes) + 1, np.int64)
    np.cumsum(np.sum([one.counts for one in handed], axis=0, dtype=np.int64), out=starts[1:])
    refs, fews = np.empty(starts[-1], np.uint64), np.empty(starts[-1], np.uint16)
    cursors, shift = starts[:-1].copy(), 0
    for one in handed:
        parted.join(one.counts, one.refs, one.fews, shift, cursors, refs, fews)
        shift += len(one.postings)
    postings = np.concatenate([one.postings for one in handed])
    caps = meeting.caps(np.arange(rank, rank + len(sizes)), sizes)
    return bulk.Meetings(starts, caps, meeting.floors(sizes), postings, refs, rank + len(sizes), fews)


def tails_of(of: Indexed, rank: int, wanted: Array) -> Tails:
    """Return the tails of some texts of a part by their ranks (ascending); `rank` is that of its first."""
    places = wanted - rank
    sizes = of.starts[places + 1] - of.starts[places]
    starts = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)
    at = np.repeat(of.starts[places] - starts[:-1], sizes) + np.arange(starts[-1])
    return Tails(wanted, starts, of.tails[at])


def doubtful(pairs: Chosen) -> Chosen:
    """Return the candidates that are worth a comparison only if they share a chain of keys."""
    return Chosen(*(column[pairs.sort == meeting.QUOTATION] for column in pairs))


def chained(pairs: Chosen, parts: Sequence[Tails]) -> Chosen:
    """Return candidates without the quotations that share no chain of keys; `parts`, in order, have their tails."""
    asked = doubtful(pairs)
    ranks, tails = np.concatenate([one.ranks for one in parts]), np.concatenate([one.tails for one in parts])
    starts = np.concatenate([[0], *(np.diff(one.starts) for one in parts)]).cumsum()
    right, left = (np.searchsorted(ranks, side) for side in (asked.who, asked.row))
    stays = np.ones(len(pairs.who), bool)
    stays[pairs.sort == meeting.QUOTATION] = have_chain(right, asked.holders, (tails, starts), (tails, starts), left)
    return Chosen(*(column[stays] for column in pairs))


def judge(pairs: Chosen, some: Some, setting: tuple[float, Commons], alone: bool = False) -> BulkPairs:
    """Judge pairs of text numbers with the texts they name; `setting` is the near threshold and the common phrases."""
    near, commons = setting
    right, left = (np.searchsorted(some.numbers, side) for side in (pairs.who, pairs.row))
    told = bulk.Setting(some.texts, some.accounts, near, commons)
    found = bulk.judge_pairs(told, right, left, pairs.shared, pairs.holders, alone)
    return found._replace(left=some.numbers[found.left], right=some.numbers[found.right])


def together(parts: Sequence[Some]) -> Some:
    """Return texts of several parts as one; parts in order."""
    numbers = np.concatenate([part.numbers for part in parts])
    offsets = np.concatenate([[0], *(np.diff(part.texts.offsets) for part in parts)]).cumsum()
    buffer = np.concatenate([part.texts.buffer[part.texts.offsets[0] : part.texts.offsets[-1]] for part in parts])
    return Some(numbers, Texts(buffer, offsets), np.concatenate([part.accounts for part in parts]))


def _dealt(values: Array, starts: Array, of: Array, ranges: int) -> list[Portion]:
    """Deal values into so many ranges (a power of two), in their order.

    `values[starts[n]:starts[n + 1]]` are of the text `of[n]` (uint32).
    """
    from matchers.kernel import parted

    bits = ranges.bit_length() - 1
    if not bits:
        return [Portion(values, np.repeat(of, np.diff(starts)))]
    counts, shift = np.zeros(ranges, np.int64), np.uint64(64 - bits)
    parted.count(values, shift, counts)
    bounds = np.concatenate([np.zeros(1, np.int64), np.cumsum(counts)])
    dealt, owners = np.empty(len(values), np.uint64), np.empty(len(values), np.uint32)
    parted.deal(values, starts, of, shift, bounds[:-1].copy(), dealt, owners)
    return [Portion(dealt[a:b].copy(), owners[a:b].copy()) for a, b in pairwise(bounds.tolist())]
