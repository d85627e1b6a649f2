"""The compiled part of PDQ: brightness, two tent-filter passes, 64 by 64 samples, a 16 by 16 cosine transform, signs.

After the algorithm of Meta's ThreatExchange (pdq/, BSD), in the order of its 32-bit operations, so that bits are alike.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from matchers.kernel.typed import compiled, part

Array = NDArray[Any]
F = np.float32

SIDE, WAVES = 64, 16
COSINES = np.array(
    [[F(float(F(math.sqrt(2 / SIDE))) * math.cos(math.pi / 2 / SIDE * (i + 1) * (2 * j + 1))) for j in range(SIDE)]
     for i in range(WAVES)], np.float32,
)  # fmt: skip


@compiled("float32[:, ::1](uint8[:, :, ::1])")
def luma(rgb: Array) -> Array:
    """Return the brightness of each pixel, 0 to 255 (ITU-R BT.601)."""
    height, width = rgb.shape[0], rgb.shape[1]
    out = np.empty((height, width), np.float32)
    for y in range(height):
        for x in range(width):
            out[y, x] = F(rgb[y, x, 0] * 0.299 + rgb[y, x, 1] * 0.587 + rgb[y, x, 2] * 0.114)
    return out


@compiled("float32[:, ::1](uint8[:, :, ::1], int64)")
def shrink(rgb: Array, side: int) -> Array:
    """Return the brightness averaged over areas, at most `side` rows and columns; a smaller picture is not enlarged."""
    height, width = rgb.shape[0], rgb.shape[1]
    rows, columns = min(height, side), min(width, side)
    out = np.zeros((rows, columns), np.float32)
    first, share = np.empty(width, np.int64), np.empty(width, np.float32)
    for x in range(width):  # a pixel lies in one column of the reduction, or across the border of two
        first[x] = x * columns // width
        end = (first[x] + 1) * width  # of that column, in units of 1 / columns of a pixel
        share[x] = F(min(end - x * columns, columns)) / F(columns)
    line = np.empty(columns + 1, np.float32)
    scale = F(rows) / F(height) * F(columns) / F(width)
    for y in range(height):
        line[:] = F(0)
        for x in range(width):
            value = F(0.299) * F(rgb[y, x, 0]) + F(0.587) * F(rgb[y, x, 1]) + F(0.114) * F(rgb[y, x, 2])
            inside = value * share[x]
            line[first[x]] += inside
            line[first[x] + 1] += value - inside
        row = y * rows // height
        part_in = F(min((row + 1) * height - y * rows, rows)) / F(rows)
        for x in range(columns):
            out[row, x] += line[x] * part_in * scale
        if part_in < F(1) and row + 1 < rows:
            for x in range(columns):
                out[row + 1, x] += line[x] * (F(1) - part_in) * scale
    return out


@compiled("float32[:, ::1](float32[:, ::1], int64)")
def enlarge(picture: Array, side: int) -> Array:
    """Return a picture of at most `side` rows and columns as exactly as many, values between pixels interpolated."""
    height, width = picture.shape
    out = np.empty((side, side), np.float32)
    for y in range(side):
        v = min(max((y + 0.5) * height / side - 0.5, 0.0), height - 1.0)
        i = min(int(v), max(height - 2, 0))
        below, f = min(i + 1, height - 1), F(v - i)
        for x in range(side):
            u = min(max((x + 0.5) * width / side - 0.5, 0.0), width - 1.0)
            j = min(int(u), max(width - 2, 0))
            right, e = min(j + 1, width - 1), F(u - j)
            upper = picture[i, j] + (picture[i, right] - picture[i, j]) * e
            lower = picture[below, j] + (picture[below, right] - picture[below, j]) * e
            out[y, x] = upper + (lower - upper) * f
    return out


@part
def along_rows(source: Array, target: Array, window: int) -> None:
    """Average each pixel with its neighbours in the row; windows are cut off at the edges."""
    height, width = source.shape
    ahead = (window + 2) // 2 - 1
    for y in range(height):
        total, held, left, right = F(0), 0, 0, 0
        for _ in range(ahead):
            total += source[y, right]
            held += 1
            right += 1
        for x in range(width):
            if right < width:
                total += source[y, right]
                held += 1
                right += 1
            if x >= window - ahead:
                total -= source[y, left]
                held -= 1
                left += 1
            target[y, x] = total / F(held)


@part
def along_columns(source: Array, target: Array, window: int) -> None:
    """Average each pixel with its neighbours in the column."""
    height, width = source.shape
    ahead = (window + 2) // 2 - 1
    totals = np.zeros(width, np.float32)
    held, left, right = 0, 0, 0
    for _ in range(ahead):
        for x in range(width):
            totals[x] += source[right, x]
        held += 1
        right += 1
    for y in range(height):
        if right < height:
            for x in range(width):
                totals[x] += source[right, x]
            held += 1
            right += 1
        if y >= window - ahead:
            for x in range(width):
                totals[x] -= source[left, x]
            held -= 1
            left += 1
        size = F(held)
        for x in range(width):
            target[y, x] = totals[x] / size


@compiled("float32[:, ::1](float32[:, ::1])")
def coarse(picture: Array) -> Array:
    """Return 64 by 64 samples of a blurred picture of at least 5 by 5 pixels; what is given is overwritten."""
    height, width = picture.shape
    if height == SIDE and width == SIDE:
        return picture.copy()
    other = np.empty_like(picture)
    for _ in range(2):
        along_rows(picture, other, (width + 2 * SIDE - 1) // (2 * SIDE))
        along_columns(other, picture, (height + 2 * SIDE - 1) // (2 * SIDE))
    out = np.empty((SIDE, SIDE), np.float32)
    for y in range(SIDE):
        for x in range(SIDE):
            out[y, x] = picture[int((y + 0.5) * height / SIDE), int((x + 0.5) * width / SIDE)]
    return out


@compiled("int64(float32[:, ::1])")
def quality(samples: Array) -> int:
    """Return how much there is to see, 0 to 100: the sum of steps between neighbours, in hundredths of full scale."""
    total = 0
    for y in range(SIDE):
        for x in range(SIDE):
            if y + 1 < SIDE:
                total += abs(int((samples[y, x] - samples[y + 1, x]) * F(100) / F(255)))
            if x + 1 < SIDE:
                total += abs(int((samples[y, x] - samples[y, x + 1]) * F(100) / F(255)))
    return min(total // 90, 100)


@compiled("float32[:, ::1](float32[:, ::1], float32[:, ::1])")
def waves(samples: Array, cosines: Array) -> Array:
    """Return the 16 by 16 lowest waves but the constant one of 64 by 64 samples."""
    half, out = np.zeros((WAVES, SIDE), np.float32), np.zeros((WAVES, WAVES), np.float32)
    for i in range(WAVES):
        for k in range(SIDE):
            for j in range(SIDE):
                half[i, j] += cosines[i, k] * samples[k, j]
    for i in range(WAVES):
        for j in range(WAVES):
            total = F(0)
            for k in range(SIDE):
                total += half[i, k] * cosines[j, k]
            out[i, j] = total
    return out


@part
def signs(values: Array, out: Array) -> None:
    """Write which waves stand above the median (the lower one of 256), the last wave as the first bit."""
    median = np.sort(values.ravel())[WAVES * WAVES // 2 - 1]
    out[:] = 0
    for i in range(WAVES):
        for j in range(WAVES):
            if values[i, j] > median:
                k = i * WAVES + j
                out[31 - k // 8] |= np.uint8(1 << (k % 8))


@compiled("uint8[:, ::1](float32[:, ::1], int64)")
def hashes(values: Array, turns: int) -> Array:
    """Return the hashes of the first `turns` of: as is, turned 90, 180, 270, flipped x, y, along both diagonals."""
    out, aux = np.empty((turns, 32), np.uint8), np.empty((WAVES, WAVES), np.float32)
    for turn in range(turns):
        for i in range(WAVES):
            for j in range(WAVES):
                value = values[i, j]
                negative = (
                    (turn == 1 and j % 2 == 0) or (turn == 2 and (i + j) % 2 == 1) or (turn == 3 and i % 2 == 0)
                    or (turn == 4 and i % 2 == 0) or (turn == 5 and j % 2 == 0) or (turn == 7 and (i + j) % 2 == 1)
                )  # fmt: skip
                if negative:
                    value = -value
                if turn in (1, 3, 6, 7):
                    aux[j, i] = value
                else:
                    aux[i, j] = value
        signs(aux, out[turn])
    return out
