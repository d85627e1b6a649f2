"""Choose which texts are compared, by rare keys; find the closest rival of each; compare numbers: compiled."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from matchers.kernel.typed import compiled, part

Array = NDArray[Any]

HALF = 0.5  # of what a text can be found by: a short one has nothing rare, and shares most of it
MEET = (
    "Tuple((int64[::1], int64[::1]))"
    "(int64[:, ::1], int64[::1], int64[::1], int64[::1], int64, int64, float64, int64, int64)"
)


@compiled(MEET)
def meet(
    found: Array, held: Array, starts: Array, ids: Array, posts: int, rare: int, least: float, top: int, brief: int
) -> tuple[Array, Array]:
    """Return which rows each row of a batch is compared with: the `top` that share most, the smaller row of equals.

    `found` are the rows looked at of each key (-1: none), `held` how many hold it. A key says log2 of how few; one
    that more than `rare` hold says nothing. What is shared must be worth at least `least`,
    of a row with more than `brief` keys the more for each, or half of all that the row has.
    """
    most, few = 1, found.shape[1]
    for i in range(len(ids)):
        most = max(most, starts[i + 1] - starts[i])
    size = 64
    while size < 2 * most * few:
        size *= 2
    cells, stamps, inner = np.empty(size, np.int64), np.zeros(size, np.int64), size - 1
    rows, bits = np.empty(most * few, np.int64), np.empty(most * few, np.float64)
    who, what, n = np.empty(len(ids) * top, np.int64), np.empty(len(ids) * top, np.int64), 0
    for i in range(len(ids)):
        m, own = 0, 0.0
        for k in range(starts[i], starts[i + 1]):
            if held[k] > rare or found[k, 0] < 0:
                continue
            worth = np.log2((posts + 1.0) / max(held[k], 1))
            own += worth
            for f in range(few):
                row = found[k, f]
                if row < 0:
                    break
                if row == ids[i]:
                    continue
                cell = (row * 2654435761) & inner
                while stamps[cell] == i + 1 and rows[cells[cell]] != row:
                    cell = (cell + 1) & inner
                if stamps[cell] != i + 1:
                    stamps[cell], cells[cell] = i + 1, m
                    rows[m], bits[m] = row, 0.0
                    m += 1
                bits[cells[cell]] += worth
        asked = min(least * max(1.0, (starts[i + 1] - starts[i]) / brief), HALF * own)
        for _ in range(top):
            best = -1
            for j in range(m):
                if bits[j] >= asked and (
                    best < 0 or bits[j] > bits[best] or (bits[j] == bits[best] and rows[j] < rows[best])
                ):
                    best = j
            if best < 0:
                break
            who[n], what[n] = ids[i], rows[best]
            bits[best] = -1.0
            n += 1
    return who[:n].copy(), what[:n].copy()


RIVALS = "float64[::1](int64[::1], int64[::1], float64[::1], int64[::1], int64[::1], float64, float64)"


@compiled(RIVALS)
def rivals(starts: Array, others: Array, cosines: Array, one: Array, other: Array, least: float, twin: float) -> Array:
    """Return how close the closest third text is to each `one` of pairs of texts that were compared.

    Text t was compared with `others[starts[t]:starts[t + 1]]`, in order. What nearly repeats either side (`twin`) is
    no rival of the pair.
    """
    out = np.zeros(len(one), np.float64)
    for p in range(len(one)):
        best, k, end = 0.0, starts[other[p]], starts[other[p] + 1]
        for m in range(starts[one[p]], starts[one[p] + 1]):
            third = others[m]
            while k < end and others[k] < third:
                k += 1
            far = k == end or others[k] != third or cosines[k] < twin
            if third != other[p] and far and max(best, least) < cosines[m] < twin:
                best = cosines[m]
        out[p] = best
    return out


NUMBERS = 64  # of a text that are looked at
ZERO, NINE = 48, 57


@part
def numbers(seq: Array, begin: int, end: int, out: Array) -> int:
    """Write the different numbers of a text, without leading zeros (those over 64 bits folded), and return how many."""
    m, k = 0, begin
    while k < end and m < NUMBERS:
        value = np.uint64(0)
        while k < end and ZERO <= seq[k] <= NINE:
            value = value * np.uint64(10) + np.uint64(seq[k] - ZERO)
            k += 1
        if value:
            out[m] = value
            known = 0
            while out[known] != value:
                known += 1
            m += known == m
        k += 1
    return m


@compiled("float64[:, ::1](int32[::1], int64[::1], int64[::1], int64[::1])")
def agreements(seq: Array, firsts: Array, left: Array, right: Array) -> Array:
    """Return, of each pair of texts, the part of all numbers both have, whether none is common, whether one has none.

    All three are zero where neither has a number.
    """
    held, sizes = np.empty((len(firsts) - 1, NUMBERS), np.uint64), np.full(len(firsts) - 1, -1, np.int64)
    out = np.zeros((len(left), 3))
    for p in range(len(left)):
        one, other = left[p], right[p]
        for side in (one, other):
            if sizes[side] < 0:
                sizes[side] = numbers(seq, firsts[side], firsts[side + 1], held[side])
        m, n, shared = sizes[one], sizes[other], 0
        for i in range(m):
            for k in range(n):
                shared += held[one, i] == held[other, k]
        if m and n:
            out[p, 0] = shared / (m + n - shared)
            out[p, 1] = shared == 0
        elif m or n:
            out[p, 2] = 1.0
    return out
