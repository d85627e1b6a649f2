"""Look keys up in sorted segments, count what two posts share, and merge segments: compiled, in bounded memory."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from matchers.kernel.typed import compiled, part

Array = NDArray[Any]

ONE = np.uint64(1)


@compiled("void(uint64[::1], int64[::1], uint64[::1], int64[::1], int64[::1])")
def ranges(wanted: Array, order: Array, keys: Array, low: Array, high: Array) -> None:
    """Find each wanted key in a sorted segment; `order` says where in `low` and `high` the answer belongs.

    Both are sorted, so each search gallops on from the last one: few keys cost a logarithm, many keys one sweep.
    """
    n, at = len(keys), 0
    first, last = 0, 0
    for w in range(len(wanted)):
        key = wanted[w]
        if w == 0 or key != wanted[w - 1]:
            step, left = 1, at
            while left + step < n and keys[left + step] < key:
                left += step
                step *= 2
            right = min(left + step, n)
            while left < right:
                middle = (left + right) // 2
                if keys[middle] < key:
                    left = middle + 1
                else:
                    right = middle
            first = last = left
            while last < n and keys[last] == key:
                if last - first < 64:
                    last += 1
                    continue
                step, right = 64, n  # a hot key: gallop over it
                while last + step < n and keys[last + step] == key:
                    last += step
                    step *= 2
                right = min(last + step, n)
                while last < right:
                    middle = (last + right) // 2
                    if keys[middle] == key:
                        last = middle + 1
                    else:
                        right = middle
            at = first
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
def find(ids: Array, wanted: Any) -> int:
    """Return where an id stands in a sorted list, or -1."""
    left, right = 0, len(ids)
    while left < right:
        middle = (left + right) // 2
        if ids[middle] < wanted:
            left = middle + 1
        else:
            right = middle
    return left if left < len(ids) and ids[left] == wanted else -1


@part
def tally(
    low: Array, high: Array, rows: Array, oldest: int, newest: int, limit: int, tab: Array, count: Array, stamp: Array,
    mark: int, touched: Array,
) -> int:  # fmt: skip
    """Count in a hash table how many keys of one post each row holds; return how many rows were met."""
    mask, used, seen = np.uint64(len(tab) - 1), 0, 0
    for f in range(len(low)):
        a, b = low[f], high[f]
        gap = max(b - a - oldest - newest, 0)
        for k in range(b - a - gap):
            if seen >= limit:
                return used
            seen += 1
            row = rows[a + k + (gap if k >= oldest else 0)]
            slot = (np.uint64(row) * np.uint64(0x9E3779B97F4A7C15) >> np.uint64(32)) & mask
            while stamp[slot] == mark and tab[slot] != row:
                slot = (slot + ONE) & mask
            if stamp[slot] != mark:
                stamp[slot], tab[slot], count[slot] = mark, row, 0
                touched[used] = np.int64(slot)
                used += 1
            count[slot] += 1
    return used


@part
def rank(
    touched: Array, tab: Array, count: Array, ids: Array, sizes: Array, own: int, least: float, scores: Array
) -> Array:
    """Return the rows met that share enough, best last: keys shared in the upper half, the row (inverted) below."""
    kept = 0
    for u in range(len(touched)):
        slot = touched[u]
        both = np.int64(count[slot])
        if both >= least * own:
            where = find(ids, tab[slot])
            if where >= 0 and both >= least * (own + np.int64(sizes[where]) - both):
                scores[kept] = (both << 32) | (0xFFFFFFFF - np.int64(tab[slot]))
                kept += 1
    return np.sort(scores[:kept])


SHARE = (
    "Tuple((int64[::1], uint32[::1], int32[::1]))"
    "(int64[::1], int64[::1], int64[::1], uint32[::1], uint32[::1], uint32[::1], int64, int64, int64, int64, float64)"
)


@compiled(SHARE)
def share(
    starts: Array, low: Array, high: Array, rows: Array, ids: Array, sizes: Array, oldest: int, newest: int,
    postings: int, top: int, least: float,
) -> tuple[Array, Array, Array]:  # fmt: skip
    """Return the candidates of each post of a batch in one segment: post, row found, keys shared.

    Of a key held by many only the `oldest` and the `newest` rows are looked at, of a post's rows at most `postings`;
    candidates share at least the part `least` of the keys of both, and the `top` that share most are kept.
    """
    posts = len(starts) - 1
    who, found = np.empty(posts * top, np.int64), np.empty(posts * top, np.uint32)
    shared = np.empty(posts * top, np.int32)
    total, room = 0, 1024
    tab, count, stamp = np.empty(room, np.uint32), np.empty(room, np.int32), np.zeros(room, np.int64)
    touched, scores = np.empty(room, np.int64), np.empty(room, np.int64)
    for p in range(posts):
        first, end = starts[p], starts[p + 1]
        expected = 0
        for f in range(first, end):
            expected += min(high[f] - low[f], oldest + newest)
        limit = min(expected, postings)
        if 2 * limit > room:
            while room < 2 * limit:
                room *= 2
            tab, count, stamp = np.empty(room, np.uint32), np.empty(room, np.int32), np.zeros(room, np.int64)
            touched, scores = np.empty(room, np.int64), np.empty(room, np.int64)
        used = tally(low[first:end], high[first:end], rows, oldest, newest, limit, tab, count, stamp, p + 1, touched)
        best = rank(touched[:used], tab, count, ids, sizes, end - first, least, scores)
        for k in range(min(len(best), top)):
            score = best[len(best) - 1 - k]
            who[total], shared[total] = p, score >> 32
            found[total] = np.uint32(0xFFFFFFFF - (score & 0xFFFFFFFF))
            total += 1
    return who[:total].copy(), found[:total].copy(), shared[:total].copy()


@compiled("int64(uint64[::1], uint32[::1], uint64[::1], uint32[::1], uint32[::1], uint64[::1], uint32[::1])")
def merge(keys: Array, rows: Array, new_keys: Array, new_rows: Array, gone: Array, out: Array, out_rows: Array) -> int:
    """Write two sorted segments as one, without the rows of the first that are in `gone`; return how many."""
    i, j, n = 0, 0, 0
    while i < len(keys) or j < len(new_keys):
        take_old = j == len(new_keys)
        if not take_old and i < len(keys):
            take_old = keys[i] < new_keys[j] or (keys[i] == new_keys[j] and rows[i] < new_rows[j])
        if take_old:
            if len(gone) == 0 or find(gone, rows[i]) < 0:
                out[n], out_rows[n] = keys[i], rows[i]
                n += 1
            i += 1
        else:
            out[n], out_rows[n] = new_keys[j], new_rows[j]
            n += 1
            j += 1
    return n
