"""Compare folded texts exactly, pair by pair: shared grams, and the stretches both have letter for letter."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from matchers.kernel.typed import compiled, part

Array = NDArray[Any]

LETTER = (1 << 21) - 1
NEAREST = 16  # places of one gram looked at; in a text of one repeated phrase they are all alike


@compiled("int32[:, ::1](uint64[::1], int64[::1], int64[::1], int64[::1])")
def overlaps(shingles: Array, firsts: Array, left: Array, right: Array) -> Array:
    """Return for each pair how many grams both have, the left has and the right has."""
    out = np.empty((len(left), 3), np.int32)
    for p in range(len(left)):
        i, i_end = firsts[left[p]], firsts[left[p] + 1]
        j, j_end = firsts[right[p]], firsts[right[p] + 1]
        out[p, 1], out[p, 2] = i_end - i, j_end - j
        shared = 0
        while i < i_end and j < j_end:
            if shingles[i] == shingles[j]:
                shared += 1
                i += 1
                j += 1
            elif shingles[i] < shingles[j]:
                i += 1
            else:
                j += 1
        out[p, 0] = shared
    return out


@compiled("boolean[::1](int32[::1], int64[::1], int64[::1], int64[::1])")
def equal(letters: Array, starts: Array, left: Array, right: Array) -> Array:
    """Return for each pair whether both fold to the same letters."""
    out = np.zeros(len(left), np.bool_)
    for p in range(len(left)):
        i, j = starts[left[p]], starts[right[p]]
        n = starts[left[p] + 1] - i
        if n == starts[right[p] + 1] - j:
            k = 0
            while k < n and letters[i + k] == letters[j + k]:
                k += 1
            out[p] = k == n
    return out


@part
def block(letters: Array, i: int, size: int) -> Any:
    """Hash a few letters in a row."""
    h = np.uint64(size)
    for k in range(i, i + size):
        h = (h ^ np.uint64(letters[k])) * np.uint64(0x9E3779B97F4A7C15)
        h ^= h >> np.uint64(29)
    return h


@part
def stretches(a: Array, b: Array, size: int, out: Array) -> int:
    """Write the stretches of at least `size` letters that both texts have, in the order of b; return how many.

    Each row is begin and end in a, begin and end in b. What follows the last stretch in a is preferred, so that a
    repeated phrase is aligned where it stands; the walk is linear in the length of both.
    """
    if len(a) < size or len(b) < size:
        return 0
    slots = 1
    while slots < 2 * len(a):
        slots *= 2
    mask = np.uint64(slots - 1)
    heads, nexts = np.full(slots, -1, np.int32), np.empty(len(a), np.int32)
    i: Any = 0
    for back in range(len(a) - size + 1):
        i = len(a) - size - back  # from the end, so that the chain of a slot begins with the earliest
        slot = block(a, i, size) & mask
        nexts[i] = heads[slot]
        heads[slot] = i
    found, j, last = 0, 0, 0
    while j + size <= len(b) and found < len(out):
        best, length, tries = -1, 0, 0
        i = np.int64(heads[block(b, j, size) & mask])
        while i >= 0 and tries < NEAREST:
            k = 0
            while i + k < len(a) and j + k < len(b) and a[i + k] == b[j + k]:
                k += 1
            if k >= size and (best < 0 or (best < last and i >= last)):
                best, length = i, k
            if best >= last:
                break
            tries += 1
            i = np.int64(nexts[i])
        if best < 0:
            j += 1
            continue
        out[found, 0], out[found, 1], out[found, 2], out[found, 3] = best, best + length, j, j + length
        found += 1
        last = best + length
        j += length
    return found


ALIGN = (
    "Tuple((int32[:, ::1], int64[::1], int32[::1]))"
    "(int32[::1], int32[::1], int64[::1], int64[::1], int64[::1], int64, int64, int64)"
)


@compiled(ALIGN)
def align(
    letters: Array, at: Array, starts: Array, left: Array, right: Array, size: int, dense_size: int, most: int
) -> tuple[Array, Array, Array]:
    """Return the common stretches of each pair as places in both texts as written, and the longest in letters."""
    rows, firsts = np.empty((max(64, 8 * len(left)), 4), np.int32), np.zeros(len(left) + 1, np.int64)
    longest = np.zeros(len(left), np.int32)
    out = np.empty((most, 4), np.int32)
    total = 0
    for p in range(len(left)):
        i, j = starts[left[p]], starts[right[p]]
        a, b = letters[i : starts[left[p] + 1]], letters[j : starts[right[p] + 1]]
        dense = 0
        for k in range(len(a)):
            if a[k] > LETTER:
                dense += 1
        found = stretches(a, b, dense_size if 2 * dense > len(a) else size, out)
        if total + found > len(rows):
            more = np.empty((2 * (total + found), 4), np.int32)
            more[:total] = rows[:total]
            rows = more
        for s in range(found):
            longest[p] = max(longest[p], out[s, 1] - out[s, 0])
            rows[total, 0], rows[total, 1] = at[i + out[s, 0]], at[i + out[s, 1] - 1] + 1
            rows[total, 2], rows[total, 3] = at[j + out[s, 2]], at[j + out[s, 3] - 1] + 1
            total += 1
        firsts[p + 1] = total
    return rows[:total].copy(), firsts, longest
