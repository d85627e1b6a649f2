"""Compare two pictures where they lie over one another, block by block: roughly, and then line by line.

Lettering, logos and the frame of an app bring places into agreement between pictures that have nothing else in common;
and two cards of one maker have their lines of words at the same places, which only the letters themselves tell apart.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from matchers.kernel.typed import compiled, part

Array = NDArray[Any]

SIDE = 64  # samples of a picture a side, for the rough comparison
BLOCK = 8  # samples a side of a block that is compared
LIVELY = 4.0  # standard deviation of brightness from which a block has something to compare
ALIKE = 0.85  # correlation from which two blocks show the same
FINE, FINE_BLOCK = 128, 16  # samples of a picture and of a block a side, for the fine comparison
FINE_LIVELY = 6.0
FINER = 0.8  # scale below which the other picture cannot show what this one does


@part
def sample(thumb: Array, x: float, y: float) -> float:
    """Return the brightness between four samples; x and y in samples from the upper left corner."""
    last = len(thumb) - 1.001
    x, y = min(max(x - 0.5, 0.0), last), min(max(y - 0.5, 0.0), last)
    i, j = int(y), int(x)
    u, v = y - i, x - j
    upper = thumb[i, j] * (1 - v) + thumb[i, j + 1] * v
    lower = thumb[i + 1, j] * (1 - v) + thumb[i + 1, j + 1] * v
    return float(upper * (1 - u) + lower * u)


@part
def blurred(values: Array, there: Array) -> Array:
    """Return each sample averaged with those of its eight neighbours that are there."""
    side = len(values)
    out = np.zeros((side, side))
    for i in range(side):
        for j in range(side):
            total, count = 0.0, 0
            for y in range(max(i - 1, 0), min(i + 2, side)):
                for x in range(max(j - 1, 0), min(j + 2, side)):
                    if there[y, x]:
                        total += values[y, x]
                        count += 1
            out[i, j] = total / max(count, 1)
    return out


@part
def laid(a_size: Array, b: Array, b_size: Array, m: Array, there: Array) -> Array:
    """Return the samples of b at the places of a's samples, four points each, and mark which lie in b wholly."""
    side = len(b)
    over = np.zeros((side, side))
    step_x, step_y = a_size[0] / side, a_size[1] / side
    for i in range(side):
        for j in range(side):
            value, hits = 0.0, 0
            for sub in range(4):
                x, y = (j + 0.25 + 0.5 * (sub & 1)) * step_x, (i + 0.25 + 0.5 * (sub >> 1)) * step_y
                u = (m[0] * x + m[1] * y + m[2]) * side / b_size[0]
                v = (m[3] * x + m[4] * y + m[5]) * side / b_size[1]
                if 0 <= u < side and 0 <= v < side:
                    value += sample(b, u, v)
                    hits += 1
            there[i, j] = hits == 4
            over[i, j] = value / 4
    return over


@compiled("float64[:, ::1](uint8[:, ::1], float64[::1], uint8[:, ::1], float64[::1], float64[::1])")
def agree(a: Array, a_size: Array, b: Array, b_size: Array, m: Array) -> Array:
    """Compare two pictures where they lie over one another; sizes are width and height in the pixels the map is of.

    Returns the part of a's area that lies in b, the lively blocks there, and those of them that show the same: for all
    of a, for a without its uppermost quarter, for a without its lowest quarter (where words were laid over it).
    """
    there = np.zeros((SIDE, SIDE), np.bool_)
    over = blurred(laid(a_size, b, b_size, m, there), there)
    own = blurred(a, there)
    out = np.zeros((3, 3))
    left, right = np.empty(BLOCK * BLOCK), np.empty(BLOCK * BLOCK)
    across = SIDE // BLOCK
    for block in range(across * across):
        n = 0
        for k in range(BLOCK * BLOCK):
            i, j = block // across * BLOCK + k // BLOCK, block % across * BLOCK + k % BLOCK
            if there[i, j]:
                left[n], right[n] = own[i, j], over[i, j]
                n += 1
        out[:, 0] += n / (SIDE * SIDE)
        if n < BLOCK * BLOCK // 2:
            continue
        p, q = left[:n] - left[:n].mean(), right[:n] - right[:n].mean()
        sp, sq = np.sqrt((p * p).mean()), np.sqrt((q * q).mean())
        if max(sp, sq) < LIVELY:
            continue
        same = (p * q).mean() >= ALIKE * max(sp * sq, 1.0)
        row = block // across
        for part_of in range(3):
            if part_of == 0 or (part_of == 1 and row >= across // 4) or (part_of == 2 and row < across - across // 4):
                out[part_of, 1] += 1
                out[part_of, 2] += same
    return out


@part
def slid(p: Array, over: Array, there: Array, y: int, x: int) -> float:
    """Return how a block (zero mean) correlates with the other picture at one place; -1 where that is not all there."""
    if y < 0 or x < 0 or y + FINE_BLOCK > FINE or x + FINE_BLOCK > FINE:
        return -1.0
    total, squares, product, own = 0.0, 0.0, 0.0, 0.0
    for i in range(FINE_BLOCK):
        for j in range(FINE_BLOCK):
            if not there[y + i, x + j]:
                return -1.0
            q = over[y + i, x + j]
            total += q
            squares += q * q
            product += p[i, j] * q
            own += p[i, j] * p[i, j]
    n = FINE_BLOCK * FINE_BLOCK
    return float(product / np.sqrt(max(own * (squares - total * total / n), 1.0)))


@compiled("float64[:, ::1](uint8[:, ::1], float64[::1], uint8[:, ::1], float64[::1], float64[::1])")
def fine(a: Array, a_size: Array, b: Array, b_size: Array, m: Array) -> Array:
    """Return for each block of a how it correlates with b, at the best of nine places one sample around; else -2.

    Takes 128 by 128 samples. A block that is not all in b, or in both has nothing to compare, has -2.
    """
    there = np.zeros((FINE, FINE), np.bool_)
    over = laid(a_size, b, b_size, m, there)
    scale = np.sqrt(abs(m[0] * m[4] - m[1] * m[3]) * a_size[0] * a_size[1] / (b_size[0] * b_size[1]))
    own = blurred(a, np.ones((FINE, FINE), np.bool_)) if scale < FINER else a.astype(np.float64)
    across = FINE // FINE_BLOCK
    out = np.full((across, across), -2.0)
    for block in range(across * across):
        y, x = block // across * FINE_BLOCK, block % across * FINE_BLOCK
        if not there[y : y + FINE_BLOCK, x : x + FINE_BLOCK].all():
            continue
        p = own[y : y + FINE_BLOCK, x : x + FINE_BLOCK]
        if max(p.std(), over[y : y + FINE_BLOCK, x : x + FINE_BLOCK].std()) < FINE_LIVELY:
            continue
        p = p - p.mean()
        best = -1.0
        for way in range(9):
            best = max(best, slid(p, over, there, y + way // 3 - 1, x + way % 3 - 1))
        out[block // across, block % across] = best
    return out
