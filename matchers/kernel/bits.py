"""Find hashes of 256 bits that differ in few of them: 16 tables by 16 bits each (multi-index hashing).

Two hashes at distance 31 or less agree in one of the 16 bands but for at most one bit: looking also at the 16
neighbours of each band finds every pair, looking at equal bands alone finds all up to 15 and nearly all above.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from matchers.kernel.typed import compiled, ones, part

Array = NDArray[Any]

BANDS, VALUES = 16, 65536


@part
def apart(a: Array, b: Array) -> Any:
    """Return in how many of 256 bits two hashes differ."""
    return ones(a[0] ^ b[0]) + ones(a[1] ^ b[1]) + ones(a[2] ^ b[2]) + ones(a[3] ^ b[3])


@part
def band(words: Array, number: int) -> Any:
    """Return the 16 bits of one band."""
    return (words[number >> 2] >> np.uint64(16 * (number & 3))) & np.uint64(0xFFFF)


@part
def met_before(a: Array, b: Array, number: int, flips: int) -> bool:
    """Return whether two hashes meet in a band before this one, where they were told already."""
    for earlier in range(number):  # noqa: SIM110 - compiled
        if ones(band(a, earlier) ^ band(b, earlier)) <= np.uint64(flips):
            return True
    return False


@part
def grown(who: Array, where: Array, far: Array) -> tuple[Array, Array, Array]:
    """Return the same lists with room for as many again."""
    n = len(who)
    more, again, further = np.empty(2 * n, np.int64), np.empty(2 * n, np.int64), np.empty(2 * n, np.int16)
    more[:n], again[:n], further[:n] = who, where, far
    return more, again, further


@compiled("Tuple((int64[:, ::1], int32[:, ::1]))(uint64[:, ::1])")
def tables(hashes: Array) -> tuple[Array, Array]:
    """Return for each band where each value begins, and the rows in the order of their values."""
    n = len(hashes)
    starts, rows = np.zeros((BANDS, VALUES + 1), np.int64), np.empty((BANDS, n), np.int32)
    at, value = np.empty(VALUES, np.int64), np.int64(0)
    for b in range(BANDS):
        for i in range(n):
            starts[b, np.int64(band(hashes[i], b)) + 1] += 1
        for v in range(VALUES):
            starts[b, v + 1] += starts[b, v]
            at[v] = starts[b, v]
        for i in range(n):
            value = np.int64(band(hashes[i], b))
            rows[b, at[value]] = i
            at[value] += 1
    return starts, rows


@compiled(
    "Tuple((int64[::1], int64[::1], int16[::1]))"
    "(uint64[:, ::1], uint64[:, ::1], int64[:, ::1], int32[:, ::1], int64, int64)"
)
def within(
    queries: Array, hashes: Array, starts: Array, rows: Array, limit: int, flips: int
) -> tuple[Array, Array, Array]:
    """Return query, row and distance of each pair at most `limit` apart, each once; `flips` is 0 or 1."""
    found = 0
    who, where, far = np.empty(1024, np.int64), np.empty(1024, np.int64), np.empty(1024, np.int16)
    for q in range(len(queries)):
        query = queries[q]
        for b in range(BANDS):
            own = band(query, b)
            for flip in range(1 + 16 * flips):
                value = np.int64(own if flip == 0 else own ^ np.uint64(1 << (flip - 1)))
                for k in range(starts[b, value], starts[b, value + 1]):
                    row = rows[b, k]
                    gap = apart(query, hashes[row])
                    if gap <= np.uint64(limit) and not met_before(query, hashes[row], b, flips):
                        if found == len(who):
                            who, where, far = grown(who, where, far)
                        who[found], where[found], far[found] = q, row, gap
                        found += 1
    return who[:found].copy(), where[:found].copy(), far[:found].copy()


@compiled("Tuple((int64[::1], int64[::1], int16[::1]))(uint64[:, ::1], int64)")
def alike(hashes: Array, limit: int) -> tuple[Array, Array, Array]:
    """Return the pairs of a set at most `limit` apart that agree in one band, each once, the smaller row first."""
    n = len(hashes)
    found = 0
    who, where, far = np.empty(1024, np.int64), np.empty(1024, np.int64), np.empty(1024, np.int16)
    starts, order, near = np.empty(VALUES + 1, np.int64), np.empty(n, np.int64), np.empty((n, 4), np.uint64)
    at, value = np.empty(VALUES, np.int64), np.int64(0)
    for b in range(BANDS):
        starts[:] = 0
        for i in range(n):
            starts[np.int64(band(hashes[i], b)) + 1] += 1
        for v in range(VALUES):
            starts[v + 1] += starts[v]
            at[v] = starts[v]
        for i in range(n):  # hashes of one value are laid side by side: the comparisons read memory in a row
            value = np.int64(band(hashes[i], b))
            place = at[value]
            at[value] += 1
            order[place] = i
            for w in range(4):
                near[place, w] = hashes[i, w]
        for v in range(VALUES):
            for k in range(starts[v], starts[v + 1]):
                for m in range(k + 1, starts[v + 1]):
                    gap = apart(near[k], near[m])
                    if gap <= np.uint64(limit) and not met_before(near[k], near[m], b, 0):
                        if found == len(who):
                            who, where, far = grown(who, where, far)
                        who[found], where[found], far[found] = order[k], order[m], gap
                        found += 1
    return who[:found].copy(), where[:found].copy(), far[:found].copy()
