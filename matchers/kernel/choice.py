"""Choose candidates among posts that met: those that share most, and those with a chain of keys in both; compiled."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from matchers.kernel.typed import compiled

Array = NDArray[Any]

ONE = np.uint64(1)


CHOOSE = (
    "int64[::1](uint32[::1], uint32[::1], int32[::1], int64[::1], int64[::1], float64[::1], int64[::1], int64, int64, "
    "uint8[::1])"
)


@compiled(CHOOSE)
def choose(
    who: Array, row: Array, shared: Array, own: Array, other: Array, leasts: Array, tops: Array, quote: int, top: int,
    sorts: Array,
) -> Array:  # fmt: skip
    """Return which entries are candidates, ordered by who and row; `sorts` gets 1 near copy, 2 quotation, 3 both.

    Entries of one post stand together; `own`, `other` are the numbers of keys of both, `leasts` the part to be shared.
    Those that share most are kept, the smaller row of equals: `tops` near copies, `top` quotations.
    """
    out = np.empty(len(who), np.int64)
    total, i = 0, 0
    while i < len(who):
        end = i
        nears, quotes = 0, 0
        while end < len(who) and who[end] == who[i]:
            both = np.int64(shared[end])
            sort = 0
            if both >= leasts[end] * (own[end] + other[end] - both):
                sort = 1
                nears += 1
            if both >= quote:
                sort += 2
                quotes += 1
            sorts[end] = sort
            end += 1
        for sort in range(1, 3):
            most = tops[i] if sort == 1 else top
            if (nears if sort == 1 else quotes) > most:
                scores = np.empty(end - i, np.int64)
                n = 0
                for k in range(i, end):
                    if sorts[k] & sort:
                        scores[n] = -((np.int64(shared[k]) << 32) | (0xFFFFFFFF - np.int64(row[k])))
                        n += 1
                last = np.partition(scores[:n], most - 1)[most - 1]
                for k in range(i, end):
                    if sorts[k] & sort and -((np.int64(shared[k]) << 32) | (0xFFFFFFFF - np.int64(row[k]))) > last:
                        sorts[k] -= sort
        begin = total
        for k in range(i, end):
            if sorts[k]:
                at = total
                while at > begin and row[out[at - 1]] > row[k]:
                    out[at] = out[at - 1]
                    at -= 1
                out[at] = k
                total += 1
        i = end
    return out[:total].copy()


CHAINS = "int32[::1](uint16[::1], int64[::1], int64[::1], uint16[::1], int64[::1], int64[::1], int64)"


@compiled(CHAINS)
def chains(tails: Array, starts: Array, who: Array, others: Array, firsts: Array, row: Array, step: int) -> Array:
    """Return for each pair the length of the longest chain: keys that both hold, each soon after the last in both.

    Post p has the tails of its keys at `starts[p]`, in text order, row q its own among `others` at `firsts[q]`; pairs
    of one post stand together. From one key of a chain to the next are at most `step` keys in either text. Of a tail
    that a post has twice the first place counts.
    """
    out = np.zeros(len(who), np.int32)
    table, held = np.zeros(1 << 16, np.int64), np.empty(1 << 10, np.uint64)
    mark = np.int64(0)
    for k in range(len(who)):
        p = who[k]
        if k == 0 or p != who[k - 1]:
            mark = np.int64(k + 1) << 32
            held[:] = 0
            for back in range(starts[p + 1] - starts[p]):
                i = starts[p + 1] - starts[p] - 1 - back
                tail = np.uint64(tails[starts[p] + i])
                table[tail] = mark | i
                held[tail >> np.uint64(6)] |= ONE << (tail & np.uint64(63))
        longest, length, last, last_other = 0, 0, 0, 0
        first = firsts[row[k]]
        for j in range(firsts[row[k] + 1] - first):
            tail = np.uint64(others[first + j])
            if (held[tail >> np.uint64(6)] >> (tail & np.uint64(63))) & ONE:  # nearly always not
                i = table[tail] - mark
                if length and last < i and i <= last + step and j <= last_other + step:
                    length += 1
                else:
                    length = 1
                longest = max(longest, length)
                last, last_other = i, j
        out[k] = longest
    return out


@compiled("void(uint16[::1], int64[::1], int64[::1], int64[::1], uint16[::1])")
def copy(tails: Array, begins: Array, sizes: Array, at: Array, out: Array) -> None:
    """Copy some stretches of tails to their places."""
    for k in range(len(begins)):
        for i in range(sizes[k]):
            out[at[k] + i] = tails[begins[k] + i]
