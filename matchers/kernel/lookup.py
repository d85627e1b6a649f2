"""Look keys up in sorted segments and count what two posts share: compiled, in bounded memory."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from matchers.kernel.typed import compiled, part

Array = NDArray[Any]

ONE = np.uint64(1)
DIGIT = 11  # bits sorted by at a time
PASSES = 6  # which make 64 bits
SPREAD = np.uint64(0x9E3779B97F4A7C15)
MOST = 0xFFF  # holders are counted up to here, as in bulk
MANY = 0xFFFFF


@compiled("int64[::1](uint64[::1])")
def order(keys: Array) -> Array:
    """Return the stable order of keys (least digit first; digits all keys have in common are passed over).

    The keys move with their places, so that each pass reads both in a row. Memory: 40 bytes a key.
    """
    n = len(keys)
    mask = np.uint64((1 << DIGIT) - 1)
    counts = np.zeros((PASSES, 1 << DIGIT), np.int64)
    for i in range(n):
        for p in range(PASSES):
            counts[p, np.int64((keys[i] >> np.uint64(DIGIT * p)) & mask)] += 1
    now, then = np.arange(n), np.empty(n, np.int64)
    held, free, spare = keys, np.empty(n, np.uint64), np.empty(n, np.uint64)
    for p in range(PASSES):
        shift: Any = np.uint64(DIGIT * p)
        if n and counts[p, np.int64((keys[0] >> shift) & mask)] == n:
            continue
        at: Any = 0
        for d in range(1 << DIGIT):
            counts[p, d], at = at, at + counts[p, d]
        for i in range(n):
            key = held[i]
            digit = np.int64((key >> shift) & mask)
            place = counts[p, digit]
            counts[p, digit] = place + 1
            then[place], free[place] = now[i], key
        now, then = then, now
        held, free, spare = free, spare, free
    return now


@compiled("void(uint64[::1], int64[::1], uint64[::1], int64[::1], uint64, int64[::1], int64[::1])")
def ranges(wanted: Array, order: Array, keys: Array, fences: Array, shift: Any, low: Array, high: Array) -> None:
    """Find each wanted key in a sorted segment; `order` says where in `low` and `high` the answer belongs.

    The fences say within which few keys to look; keys are hashes, so the place is guessed and the rest galloped over.
    """
    first, last = 0, 0
    for w in range(len(wanted)):
        key = wanted[w]
        if w == 0 or key != wanted[w - 1]:
            span = np.int64(key >> shift)
            left, right = fences[span], fences[span + 1]
            end = right
            if right > left:
                inside = np.float64(key & ((ONE << shift) - ONE)) / np.float64(ONE << shift)
                guess, step = left + np.int64(inside * (right - left)), 1
                if keys[guess] < key:
                    left = guess + 1
                    while left + step < right and keys[left + step] < key:
                        left += step + 1
                        step *= 2
                    right = min(left + step, right)
                else:
                    right = guess
                    while right - step > left and keys[right - step] >= key:
                        right -= step
                        step *= 2
                    left = max(left, right - step)
            while left < right:
                middle = (left + right) // 2
                if keys[middle] < key:
                    left = middle + 1
                else:
                    right = middle
            first = last = left
            step = 1
            while last < end and keys[last] == key:
                while last + step < end and keys[last + step] == key:  # a hot key: gallop over it
                    last += step
                    step *= 2
                last += 1
                step = 1 if last - first < 64 else step // 4 + 1
        low[order[w]], high[order[w]] = first, last


@compiled("void(uint64[::1], int64[::1], int64[::1], int64[::1])")
def earlier(wanted: Array, order: Array, low: Array, high: Array) -> None:
    """Find for each key of a batch the places of the same key before it, in the batch's own sorted keys."""
    first = 0
    for w in range(len(wanted)):
        if w and wanted[w] != wanted[w - 1]:
            first = w
        low[order[w]], high[order[w]] = first, w


@part
def is_gone(gone: Array, row: Any) -> bool:
    """Return whether a row stands in a sorted list."""
    left, right = 0, len(gone)
    while left < right:
        middle = (left + right) // 2
        if gone[middle] < row:
            left = middle + 1
        else:
            right = middle
    return left < len(gone) and gone[left] == row


GATHER = (
    "void(int64[::1], int64[::1], int64[::1], int64[::1], uint32[::1], "
    "uint32[::1], int64[::1], int64[::1], uint32[::1])"
)


@compiled(GATHER)
def gather(
    low: Array, high: Array, before: Array, held: Array, rows: Array, gone: Array, caps: Array, ends: Array, out: Array
) -> None:  # fmt: skip
    """Copy to `out`, for each key, those rows of one segment that are looked at: the oldest and the newest of all.

    `before` counts the holders in earlier segments and is brought up to date, `held` counts those of all segments,
    `caps` is how many are looked at, `ends` where the next row of each key goes. Rows in `gone` are left out.
    """
    for f in range(len(low)):
        n = high[f] - low[f]
        if n == 0:
            continue
        newest = caps[f] // 5
        old = n if held[f] <= caps[f] else min(n, max(0, caps[f] - newest - before[f]))
        young = max(old, held[f] - newest - before[f])
        before[f] += n
        k = low[f]
        while k < high[f]:
            if k == low[f] + old and young > old:
                k = low[f] + young
                continue
            if len(gone) == 0 or not is_gone(gone, rows[k]):
                out[ends[f]] = rows[k]
                ends[f] += 1
            k += 1


@part
def tally(
    firsts: Array, ends: Array, held: Array, begin: int, end: int, rows: Array, tab: Array, count: Array,
    few: Array, stamp: Array, mark: int, touched: Array,
) -> int:  # fmt: skip
    """Count in a hash table how many keys of one post each row holds; return how many rows were met."""
    mask, used = np.uint64(len(tab) - 1), 0
    for f in range(begin, end):
        least = min(held[f], MOST)
        for k in range(firsts[f], ends[f]):
            row = rows[k]
            slot = (np.uint64(row) * SPREAD >> np.uint64(32)) & mask
            while stamp[slot] == mark and tab[slot] != row:
                slot = (slot + ONE) & mask
            if stamp[slot] != mark:
                stamp[slot], tab[slot], count[slot], few[slot] = mark, row, 0, least
                touched[used] = np.int64(slot)
                used += 1
            count[slot] = min(count[slot] + 1, MANY)
            few[slot] = min(few[slot], least)
    return used


SHARE = (
    "Tuple((uint32[::1], uint32[::1], int32[::1], int32[::1]))"
    "(int64[::1], int64[::1], int64[::1], int64[::1], uint32[::1], int64[::1], int64)"
)


@compiled(SHARE)
def share(
    starts: Array, firsts: Array, ends: Array, held: Array, rows: Array, floors: Array, posts: int
) -> tuple[Array, Array, Array, Array]:  # fmt: skip
    """Return who shares at least `floors` keys with each post: post, row, keys shared, fewest holders of one of them.

    There are `posts` rows in all. Post p has the keys from `starts[p]`, key f the rows `firsts[f]` to `ends[f]`.
    """
    room, most = 1024, 1024
    who, found = np.empty(most, np.uint32), np.empty(most, np.uint32)
    shared, holders = np.empty(most, np.int32), np.empty(most, np.int32)
    tab, count, few = np.empty(room, np.uint32), np.empty(room, np.int32), np.empty(room, np.int32)
    stamp, touched = np.zeros(room, np.int64), np.empty(room, np.int64)
    total = 0
    for p in range(len(starts) - 1):
        begin, end = starts[p], starts[p + 1]
        looked = min(firsts[end] - firsts[begin], posts)
        if 2 * looked > room:
            while room < 2 * looked:
                room *= 2
            tab, count, few = np.empty(room, np.uint32), np.empty(room, np.int32), np.empty(room, np.int32)
            stamp, touched = np.zeros(room, np.int64), np.empty(room, np.int64)
        used = tally(firsts, ends, held, begin, end, rows, tab, count, few, stamp, p + 1, touched)
        if total + used > most:
            most = 2 * (total + used)
            wider, longer = np.empty(most, np.uint32), np.empty(most, np.uint32)
            wider[:total], longer[:total] = who[:total], found[:total]
            who, found = wider, longer
            larger, fewer = np.empty(most, np.int32), np.empty(most, np.int32)
            larger[:total], fewer[:total] = shared[:total], holders[:total]
            shared, holders = larger, fewer
        for u in range(used):
            slot = touched[u]
            if count[slot] >= floors[p]:
                who[total], found[total], shared[total], holders[total] = p, tab[slot], count[slot], few[slot]
                total += 1
    return who[:total].copy(), found[:total].copy(), shared[:total].copy(), holders[:total].copy()
