"""Lay one film beside another at every shift, and find where they run alike: compiled, over hashes of 256 bits."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from matchers.kernel.typed import compiled, ones, part

Array = NDArray[Any]


@part
def apart(a: Array, b: Array) -> Any:
    """Return in how many of 256 bits two hashes differ."""
    return np.int64(ones(a[0] ^ b[0]) + ones(a[1] ^ b[1]) + ones(a[2] ^ b[2]) + ones(a[3] ^ b[3]))


@compiled("int64[:,::1](uint64[:,::1], uint8[::1], uint64[:,::1], uint8[::1], float64, int64)")
def runs(a: Array, seen_a: Array, b: Array, seen_b: Array, ratio: float, level: int) -> Array:
    """Return for each shift the stretch of frames that scores best: score, shift, first and end of it in `b`.

    `ratio` is how many frames of `a` pass during one of `b` (at least 1); at shift k frame j of `b` lies beside frame
    round(j * ratio) + k of `a`. A pair of frames scores `level` minus its distance, one of which nothing is seen -1;
    a stretch is the sum of its pairs (Kadane).
    """
    n, m = len(a), len(b)
    at = np.empty(m, np.int64)
    for j in range(m):
        at[j] = np.int64(np.floor(j * ratio + 0.5))
    least = -at[m - 1] if m else 0
    found = np.zeros((max(0, n - least), 4), np.int64)
    for row in range(len(found)):
        shift = row + least
        total, begin = 0, 0
        for j in range(m):
            i = at[j] + shift
            if i < 0:
                continue
            if i >= n:
                break
            if total <= 0:
                total, begin = 0, j
            total += level - apart(a[i], b[j]) if seen_a[i] and seen_b[j] else -1
            if total > found[row, 0]:
                found[row, 0], found[row, 2], found[row, 3] = total, begin, j + 1
        found[row, 1] = shift
    return found


@compiled("UniTuple(int16[::1], 2)(uint64[:,::1], uint8[::1], uint64[:,::1], uint8[::1])")
def nearest(a: Array, seen_a: Array, b: Array, seen_b: Array) -> tuple[Array, Array]:
    """Return the distance of each frame to the nearest of the other film; 256 where nothing is seen."""
    left, right = np.full(len(a), 256, np.int16), np.full(len(b), 256, np.int16)
    for i in range(len(a)):
        if not seen_a[i]:
            continue
        for j in range(len(b)):
            if seen_b[j]:
                far = np.int16(apart(a[i], b[j]))
                left[i], right[j] = min(left[i], far), min(right[j], far)
    return left, right


@compiled("int64(uint64[:,::1], uint8[::1], int64)")
def changes(a: Array, seen: Array, level: int) -> int:
    """Return how many times a film shows something else: a frame more than `level` from the last that was counted."""
    count, last = 0, 0
    for i in range(len(a)):
        if seen[i] and (not count or apart(a[i], a[last]) > level):
            count += 1
            last = i
    return count


@compiled("float64(uint64[:,::1], uint8[::1], uint64[:,::1], uint8[::1], int64)")
def astray(a: Array, seen_a: Array, b: Array, seen_b: Array, gap: int) -> float:
    """Return the mean distance of frames at least `gap` places apart, which do not belong together; -1: none."""
    total, count = 0, 0
    for i in range(len(a)):
        for j in range(len(b)):
            if abs(i - j) >= gap and seen_a[i] and seen_b[j]:
                total += apart(a[i], b[j])
                count += 1
    return total / count if count else -1.0
