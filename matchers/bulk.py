"""Match many texts with one another at once, in memory, on several threads: the same pairs as batch after batch.

Exact copies are collapsed first. Then every key is dealt into a bucket, the holders of each key are brought together,
and post by post, in order, those that share keys are tallied, the best chosen (`matchers.meeting`) and judged
(`matchers.wording`). Memory: 36 bytes a key, some 16 bytes a text and thread, and the texts.

`matchers.partition` does the same in parts, with the functions from `grouped` on.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import chain, pairwise
from typing import Any, NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from matchers import kernel, meeting, wording
from matchers.candidates import NOTHING as NO_CANDIDATES
from matchers.candidates import Candidates, chained, chosen_of
from matchers.commons import NOTHING, Commons
from matchers.judged import EXACT, Judged
from matchers.kernel import Texts

Array = NDArray[Any]
T = TypeVar("T")

BUCKET = 1 << 13  # keys in a bucket, on average: a table of them stays in the cache
CHUNK = 4096  # posts tallied and judged at a time by one thread
ROOM = 1 << 20  # entries a tally writes at a time, beside one for each post
JUDGED = 1 << 21  # bytes of text judged at a time: room for more would be asked of the system anew each time


class BulkPairs(NamedTuple):
    """Matches, one entry each, ordered by the later text: places of the earlier text (`left`) and the later (`right`).

    `left`, `right` int64; `kind` int8, a place in `judged.KINDS`; `strength` int8 (1 A, 2 B, 3 C); `score`, `jaccard`,
    `containment` float32, of the own wording; `longest`, `discount` int32 letters; `joins` bool: may make a family;
    `shared`, `holders` int32: keys met at (0 for exact copies), and the fewest earlier holders of one of them.
    """

    left: Array
    right: Array
    kind: Array
    strength: Array
    score: Array
    jaccard: Array
    containment: Array
    longest: Array
    discount: Array
    joins: Array
    shared: Array
    holders: Array


class Counts(NamedTuple):
    """Who met whom, ordered by both: `who`, `row` uint32 ranks (the later, the earlier), `shared`, `holders` int32."""

    who: Array
    row: Array
    shared: Array
    holders: Array


class Meetings(NamedTuple):
    """Keys with their holders brought together (`kernel.meet.group`), ready to be tallied post by post.

    `rows` is the number of posts that may be met; `fews` as `kernel.meet.tally` takes it.
    """

    starts: Array
    caps: Array
    floors: Array
    postings: Array
    refs: Array
    rows: int
    fews: Array = np.zeros(0, np.uint16)


def match(
    texts: Texts, *, threads: int = 1, accounts: Array | None = None, near: float = wording.NEAR,
    commons: Commons = NOTHING,
) -> BulkPairs:  # fmt: skip
    """Match texts, in their order, with one another. `accounts`: int64, a number each, -1 where unknown.

    Two texts of one account and of two are told apart by the guard alone. The number of threads changes no result.
    """
    by = np.full(len(texts), -1, np.int64) if accounts is None else np.asarray(accounts, np.int64)
    signed = kernel.sign(texts, threads)
    setting = Setting(texts, by, near, commons)
    exact = copies(signed, setting, threads)
    mine = np.diff(signed.starts) > 0
    mine[exact.right] = False
    posts, starts, keys = indexed(signed.keys, signed.starts, mine, commons)
    met = meetings(keys, starts, threads)
    sizes, tails = np.diff(starts), meeting.tails(keys)

    def judge(counts: Counts) -> BulkPairs:
        some = with_chains(chosen(counts, sizes), tails, starts)
        return judge_pairs(setting, posts[some.who], posts[some.row], some.shared, some.holders)

    parts = chain.from_iterable(tallied(met, threads, judge))
    return joined([exact, *parts])


def candidates(keys: Array, starts: Array, threads: int = 1) -> Candidates:
    """Return the candidates of posts whose rows are 0, 1, ... and whose keys are `keys[starts[p]:starts[p + 1]]`."""
    held = np.flatnonzero(np.diff(starts) > 0)
    sizes = np.diff(starts)[held]
    begins, tails = np.append(starts[held], starts[-1]), meeting.tails(keys)
    met = meetings(keys, begins, threads)
    some = tallied(met, threads, lambda counts: with_chains(chosen(counts, sizes), tails, begins))
    parts = [NO_CANDIDATES, *chain.from_iterable(some)]
    found = Candidates(*(np.concatenate(some) for some in zip(*parts, strict=True)))
    return found._replace(who=held[found.who], row=held[found.row])


def chosen(counts: Counts, sizes: Array) -> Candidates:
    """Return the candidates among whole counts, grouped by the later post; `sizes`: int64, keys of each rank."""
    picked, sort = chosen_of(*counts[:3], sizes[counts.who], sizes[counts.row])
    who, row, shared, holders = (column[picked] for column in counts)
    return Candidates(who.astype(np.int64), row.astype(np.int64), shared, holders, sort)


def with_chains(found: Candidates, tails: Array, starts: Array) -> Candidates:
    """Return the candidates without those quotations that share no chain of keys; `tails` of each rank at `starts`."""
    place = found.row[found.sort == meeting.QUOTATION]
    return chained(found, (tails, starts), (tails, starts), place)


def meetings(keys: Array, starts: Array, threads: int) -> Meetings:
    """Bring the holders of each key together; posts stand by ascending rank, from 0 on."""
    sizes = np.diff(starts)
    caps, floors = meeting.caps(np.arange(len(sizes)), sizes), meeting.floors(sizes)
    return Meetings(starts, caps, floors, *grouped(keys, starts, threads), len(sizes))


def grouped(keys: Array, starts: Array, threads: int) -> tuple[Array, Array]:
    """Return the holders of each key side by side, and where those of each key begin, as `kernel.meet.group` does."""
    from matchers.kernel import meet

    bits = max(1, (len(keys) // BUCKET).bit_length())
    shift = np.uint64(64 - bits)
    cuts = _cuts(len(starts) - 1, threads)
    counts = np.zeros((len(cuts), 1 << bits), np.int64)
    _side_by_side(threads, [
        (meet.count, keys, starts[a], starts[b], shift, counts[i]) for i, (a, b) in enumerate(cuts)
    ])  # fmt: skip
    bounds = np.zeros((1 << bits) + 1, np.int64)
    np.cumsum(counts.sum(axis=0), out=bounds[1:])
    cursors = bounds[:-1] + np.cumsum(counts, axis=0) - counts
    pairs = np.empty(2 * len(keys), np.uint64)
    _side_by_side(threads, [
        (meet.deal, keys, starts, a, b, shift, cursors[i], pairs) for i, (a, b) in enumerate(cuts)
    ])  # fmt: skip
    postings, refs = np.empty(max(1, len(keys)), np.uint32), np.zeros(len(keys), np.uint64)
    _side_by_side(threads, [
        (meet.group, pairs, bounds, a, b, postings, refs) for a, b in _cuts(1 << bits, 8 * threads)
    ])  # fmt: skip
    return postings, refs


def tallied(met: Meetings, threads: int, then: Callable[[Counts], T]) -> Iterator[list[T]]:
    """Tally all posts, chunk by chunk, and yield what `then` made of each chunk, in order; a post stands in one."""
    own = threading.local()

    def chunk(first: int) -> list[T]:
        if not hasattr(own, "room"):
            own.room = _Room(met.rows)
        room: _Room = own.room
        return [then(counts) for counts in room.tally(met, first, min(first + CHUNK, len(met.starts) - 1))]

    begins = range(0, len(met.starts) - 1, CHUNK)
    if threads == 1:
        yield from map(chunk, begins)
        return
    with ThreadPoolExecutor(threads) as several:
        yield from several.map(chunk, begins)


class _Room:
    """What one thread tallies in; it must be handed posts in ascending order."""

    def __init__(self, posts: int) -> None:
        self.tab, self.met = np.zeros(posts, np.uint64), np.empty(posts + 1, np.uint32)
        room = posts + 1 + min(ROOM, CHUNK * posts)
        self.out = Counts(*(np.empty(room, kind) for kind in (np.uint32, np.uint32, np.int32, np.int32)))

    def tally(self, met: Meetings, first: int, last: int) -> Iterator[Counts]:
        from matchers.kernel import meet

        while first < last:
            first, n = meet.tally(
                met.refs, met.starts, first, last, met.caps, met.floors, met.postings, self.tab, self.met, *self.out,
                met.fews,
            )  # fmt: skip
            yield Counts(*(column[:n].copy() for column in self.out))


class Setting(NamedTuple):
    """What pairs are judged by: texts, a number for the account of each (-1 unknown), threshold, common phrases."""

    texts: Texts
    accounts: Array
    near: float
    commons: Commons


def copies(signed: kernel.Signatures, setting: Setting, threads: int) -> BulkPairs:
    """Return the exact copies, each with the earliest text of the same letters."""
    from matchers.kernel import meet

    original = meet.originals(signed.norms, signed.enough())
    later = np.flatnonzero(original >= 0)

    def judge(part: tuple[int, int]) -> BulkPairs:
        some = later[slice(*part)]
        none = np.zeros(len(some), np.int32)
        found = judge_pairs(setting, some, original[some], none, none, alone=True)
        return BulkPairs(*(column[found.kind == EXACT] for column in found))

    with ThreadPoolExecutor(threads) as several:
        return joined(list(several.map(judge, _cuts(len(later), threads))))


def indexed(keys: Array, starts: Array, mine: Array, commons: Commons) -> tuple[Array, Array, Array]:
    """Return which texts are indexed, where the keys of each begin, and the keys."""
    from matchers.kernel import meet

    sizes = np.diff(starts)
    if not mine[sizes > 0].all():
        sizes, every = np.where(mine, sizes, 0), keys
        keys = np.empty(int(sizes.sum()), np.uint64)
        meet.pack(every, starts, mine, keys)
    if len(commons.keys):
        stays = ~np.isin(keys, commons.keys)
        sizes = np.diff(_sums(stays)[np.append(0, np.cumsum(sizes))])
        keys = keys[stays]
    posts = np.flatnonzero(sizes)
    begins = np.zeros(len(posts) + 1, np.int64)
    np.cumsum(sizes[posts], out=begins[1:])
    return posts, begins, keys


def judge_pairs(
    setting: Setting, right: Array, left: Array, shared: Array, holders: Array, alone: bool = False
) -> BulkPairs:
    """Judge pairs that stand together by `right`; keep what matches. `alone`: each pair by itself."""
    begins = np.arange(len(right)) if alone else np.flatnonzero(np.append(True, np.diff(right) != 0)[: len(right)])
    firsts, parts = np.append(begins, len(right)).astype(np.int64), []
    sizes = np.diff(setting.texts.offsets)
    before = _sums(sizes[left])[firsts[:-1]] + _sums(sizes[right[begins]])[:-1]
    starts_lot = np.append(True, np.diff(before // JUDGED) != 0)[: len(begins)]
    cuts = np.append(np.flatnonzero(starts_lot), len(begins))
    for a, b in zip(cuts[:-1].tolist(), cuts[1:].tolist(), strict=True):
        low, high = int(firsts[a]), int(firsts[b])
        groups = wording.Groups(right[firsts[a:b]], firsts[a : b + 1] - low, left[low:high])
        found = wording.judge(setting.texts, groups, setting.accounts, near=setting.near, commons=setting.commons)
        hits = np.flatnonzero(found.kind)
        at = hits + low
        columns = [left[at], right[at], *_numbers(found, hits), shared[at], holders[at]]
        parts.append(BulkPairs(*columns))
    return joined(parts)


def _sums(sizes: Array) -> Array:
    """Return the sum of all sizes before each, and of all."""
    return np.concatenate([np.zeros(1, np.int64), np.cumsum(sizes)])


def _numbers(found: Judged, hits: Array) -> tuple[Array, ...]:
    shared, left, right = (np.asarray(column[hits], np.float32) for column in (found.shared, found.left, found.right))
    jaccard = shared / np.maximum(left + right - shared, 1)
    contained = shared / np.maximum(np.minimum(left, right), 1)
    return (
        found.kind[hits], found.strength[hits], found.score[hits], jaccard, contained, found.longest[hits],
        found.discount[hits], found.joins[hits],
    )  # fmt: skip


def joined(parts: Sequence[BulkPairs]) -> BulkPairs:
    """Return several lists of matches as one, ordered by both texts."""
    kinds = (np.int64, np.int64, np.int8, np.int8, *[np.float32] * 3, np.int32, np.int32, bool, np.int32, np.int32)
    some = [BulkPairs(*(np.zeros(0, kind) for kind in kinds)), *parts]
    whole = BulkPairs(*(np.concatenate(columns) for columns in zip(*some, strict=True)))
    order = np.lexsort((whole.left, whole.right))
    return BulkPairs(*(column[order] for column in whole))


def _cuts(n: int, parts: int) -> list[tuple[int, int]]:
    ends = np.linspace(0, n, parts + 1).astype(int).tolist()
    return [(a, b) for a, b in pairwise(ends) if b > a]


def _side_by_side(threads: int, calls: Sequence[tuple[Any, ...]]) -> None:
    if threads == 1:
        for function, *arguments in calls:
            function(*arguments)
        return
    with ThreadPoolExecutor(threads) as several:
        for done in [several.submit(*call) for call in calls]:
            done.result()
