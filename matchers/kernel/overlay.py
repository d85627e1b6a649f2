"""Lay one picture over another: places that look alike, and the shift, turn and scale most of them agree on."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from matchers.kernel.typed import compiled, ones, part

Array = NDArray[Any]

MATCHES = 96  # alike places looked at, the most alike first
FARTHEST = 72  # bits of 256 by which the descriptions of one place may differ
CLEARLY = 0.85  # the second best match must be worse than the best by this factor
APART = 24.0  # pixels; nearer places say little about scale and turn
OFF = 5.0  # pixels by which a place may miss
SMALLEST = 0.2  # scale between the reductions
CELL = 8.0  # pixels; places within one cell count once


@compiled("int64[:, ::1](uint64[:, ::1], uint64[:, ::1])")
def pairs(a: Array, b: Array) -> Array:
    """Return pairs of places (of a, of b) that are each other's clearly best match, the most alike first."""
    n, m = len(a), len(b)
    back, back_gap = np.full(m, -1, np.int64), np.full(m, 257, np.int64)
    best, gaps = np.full(n, -1, np.int64), np.full(n, 257, np.int64)
    for i in range(n):
        first, second, where = np.int64(257), np.int64(257), -1
        for j in range(m):
            gap = np.int64(
                ones(a[i, 0] ^ b[j, 0]) + ones(a[i, 1] ^ b[j, 1]) + ones(a[i, 2] ^ b[j, 2]) + ones(a[i, 3] ^ b[j, 3])
            )
            if gap < first:
                second, first, where = first, gap, j
            elif gap < second:
                second = gap
            if gap < back_gap[j]:
                back_gap[j], back[j] = gap, i
        if first <= FARTHEST and first <= CLEARLY * second:
            best[i], gaps[i] = where, first
    keep = np.empty(n, np.int64)
    count = 0
    for i in range(n):
        if best[i] >= 0 and back[best[i]] == i:
            keep[count] = gaps[i] * 65536 + i
            count += 1
    order = np.sort(keep[:count])[:MATCHES]
    out = np.empty((len(order), 2), np.int64)
    for k in range(len(order)):
        out[k, 0] = order[k] & 65535
        out[k, 1] = best[out[k, 0]]
    return out


@part
def agreeing(p: Array, q: Array, m: Array, inside: Array) -> int:
    """Mark which places the affine map brings to where they are in the other picture; return how many."""
    off = OFF * max(1.0, np.sqrt(abs(m[0] * m[4] - m[1] * m[3])))
    count = 0
    for k in range(len(p)):
        x = m[0] * p[k, 0] + m[1] * p[k, 1] + m[2] - q[k, 0]
        y = m[3] * p[k, 0] + m[4] * p[k, 1] + m[5] - q[k, 1]
        inside[k] = x * x + y * y <= off * off
        count += inside[k]
    return count


@part
def distinct(p: Array, inside: Array) -> int:
    """Return in how many cells of the picture agreeing places stand."""
    cells = np.zeros(4096, np.bool_)
    for k in range(len(p)):
        if inside[k]:
            cells[(int(p[k, 1] / CELL) % 64) * 64 + int(p[k, 0] / CELL) % 64] = True
    return int(cells.sum())


@part
def refined(p: Array, q: Array, inside: Array, m: Array) -> None:
    """Fit the affine map to the agreeing places by least squares; leave it where they stand in a line."""
    a = np.zeros((3, 3))
    right = np.zeros((3, 2))
    for k in range(len(p)):
        if inside[k]:
            row = np.array([p[k, 0], p[k, 1], 1.0])
            for i in range(3):
                for j in range(3):
                    a[i, j] += row[i] * row[j]
                right[i, 0] += row[i] * q[k, 0]
                right[i, 1] += row[i] * q[k, 1]
    det = (
        a[0, 0] * (a[1, 1] * a[2, 2] - a[1, 2] * a[2, 1])
        - a[0, 1] * (a[1, 0] * a[2, 2] - a[1, 2] * a[2, 0])
        + a[0, 2] * (a[1, 0] * a[2, 1] - a[1, 1] * a[2, 0])
    )
    n = a[2, 2]
    if n < 6 or abs(det) < 1e4 * n * n * n:
        return
    for c in range(2):
        for i in range(3):  # Cramer's rule
            t = a.copy()
            for j in range(3):
                t[j, i] = right[j, c]
            m[c * 3 + i] = (
                t[0, 0] * (t[1, 1] * t[2, 2] - t[1, 2] * t[2, 1])
                - t[0, 1] * (t[1, 0] * t[2, 2] - t[1, 2] * t[2, 0])
                + t[0, 2] * (t[1, 0] * t[2, 1] - t[1, 1] * t[2, 0])
            ) / det


@compiled("Tuple((int64, float64[::1]))(float64[:, ::1], float64[:, ::1])")
def fit(p: Array, q: Array) -> tuple[int, Array]:
    """Return how many distinct places agree on one map from p to q, and that map (x' = m0 x + m1 y + m2, y' likewise).

    Every two matches propose a map of shift, turn and scale, all are tried: no chance enters.
    """
    n = len(p)
    best, most = np.array([1.0, 0.0, 0.0, 0.0, 1.0, 0.0]), 0
    m, inside = np.empty(6), np.empty(n, np.bool_)
    for i in range(n):
        for j in range(i + 1, n):
            px, py = p[j, 0] - p[i, 0], p[j, 1] - p[i, 1]
            qx, qy = q[j, 0] - q[i, 0], q[j, 1] - q[i, 1]
            length, other = px * px + py * py, qx * qx + qy * qy
            if min(length, other) < APART * APART or not SMALLEST**2 <= other / length <= SMALLEST**-2:
                continue
            c, s = (px * qx + py * qy) / length, (px * qy - py * qx) / length
            m[0], m[1], m[2] = c, -s, q[i, 0] - c * p[i, 0] + s * p[i, 1]
            m[3], m[4], m[5] = s, c, q[i, 1] - s * p[i, 0] - c * p[i, 1]
            count = agreeing(p, q, m, inside)
            if count > most:
                most = count
                best[:] = m
    if most < 4:
        return most, best
    for _ in range(3):
        agreeing(p, q, best, inside)
        refined(p, q, inside, best)
    agreeing(p, q, best, inside)
    return distinct(p, inside), best
