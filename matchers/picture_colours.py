"""Whether the colours of two pictures that lie over one another can be those of one: flags of like brightness are not.

Editing changes colours, mostly all of them in one way: less or more saturation, a tint, another one in shadows than in
lights, a slight turn of the hue, or none left at all. What such a change does not explain is another picture.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]

SIDE = 32  # samples of a picture a side that are kept
CELLS = 16  # cells a side that are compared, each by four points
LEAST = 12  # cells that must lie over one another for anything to be said
UNEXPLAINED = 30.0  # steps of chroma (of 255) no change explains; set, as what follows, on half of 885 photographs
OTHER = 0.06  # part of the cells so far apart from which the colours are another picture's
FEWEST = 0.1  # saturation left, of the whole; none is a grey copy, and that is near enough to a tenth
_NOISE = 10.0  # steps by which chroma varies with compression; how far a change goes without a reason:
_WIDE = np.array([0.7, 0.2, 12.0, 12.0, 12.0, 12.0])  # saturation, turn of the hue, tint, tint of lights
_USUAL = np.array([1.0, 0.0, 0.0, 0.0, 0.0, 0.0])


class Seen(NamedTuple):
    """A picture's chroma (int8[32, 32, 2]), its brightness (uint8[128, 128]) and its size in the pixels of the map."""

    chroma: Array
    shades: Array
    size: Array


def unexplained(one: Seen, other: Seen, m: Array, aside: Array | None = None) -> float | None:
    """Return in which part of one picture that lies in the other no change of all colours explains them, 0 to 1.

    `m` maps pixels of one to the other; `aside` (bool[k, k], k divides 16) marks what is not compared. None where too
    little is left.
    """
    own, over, whole = _laid(one, other, m)
    if aside is not None:
        whole &= ~aside.repeat(CELLS // len(aside), axis=0).repeat(CELLS // len(aside), axis=1)
    if whole.sum() < LEAST:
        return None
    a, b = own[whole], over[whole]
    return float(min((_left(*pair) > UNEXPLAINED).mean() for pair in ((a, b), (b, a))))


def _laid(one: Seen, other: Seen, m: Array) -> tuple[Array, Array, Array]:
    """Return chroma and brightness (float[16, 16, 3]) of one picture and of the other at the same places, if there."""
    at = (np.arange(2 * CELLS) + 0.5) / (2 * CELLS)
    y, x = np.meshgrid(at, at, indexing="ij")
    points = np.stack([x, y], axis=-1) * one.size
    moved = points @ np.array([[m[0], m[3]], [m[1], m[4]]]) + [m[2], m[5]]
    inside = ((moved >= 0) & (moved < other.size)).all(axis=-1)
    over = _sampled(_planes(other), moved / other.size)
    there = _cells(inside[:, :, None].astype(np.float64))[:, :, 0] == 1
    return _cells(_planes(one)), _cells(over), there


def _planes(seen: Seen) -> Array:
    step = len(seen.shades) // SIDE
    shades = seen.shades.reshape(SIDE, step, SIDE, step).mean(axis=(1, 3))
    return np.concatenate([seen.chroma.astype(np.float64), shades[:, :, None]], axis=2)


def _sampled(planes: Array, places: Array) -> Array:
    """Return planes (float[n, n, k]) between their samples, at places (x and y as parts of the sides)."""
    at = (places * len(planes) - 0.5).clip(0, len(planes) - 1.001)
    j, i = np.moveaxis(at.astype(np.int64), -1, 0)
    v, u = np.moveaxis((at % 1)[..., None], -2, 0)
    upper = planes[i, j] * (1 - v) + planes[i, j + 1] * v
    lower = planes[i + 1, j] * (1 - v) + planes[i + 1, j + 1] * v
    return np.asarray(upper * (1 - u) + lower * u)


def _cells(values: Array) -> Array:
    return np.asarray(values.reshape(CELLS, 2, CELLS, 2, -1).mean(axis=(1, 3)))


def _left(a: Array, b: Array) -> Array:
    """Return what of b's chroma is left when the likeliest change of a's is taken away, in steps.

    The change is linear in a and in brightness, and the less usual the less likely (ridge regression around no change);
    all cells together count as one, so that many stripes do not make an unlikely change likely.
    """
    n, light = len(a), (a[:, 2] - 128) / 128
    x = np.zeros((2 * n, 6))
    x[:n, 0], x[n:, 0], x[:n, 1], x[n:, 1] = a[:, 0], a[:, 1], -a[:, 1], a[:, 0]
    x[:n, 2], x[n:, 3], x[:n, 4], x[n:, 5] = 1, 1, light, light
    y = np.concatenate([b[:, 0], b[:, 1]])
    weight = 1 / (n * _NOISE**2)
    change = np.linalg.solve(x.T @ x * weight + np.diag(_WIDE**-2), x.T @ y * weight + _USUAL / _WIDE**2)
    change[0] = max(change[0], FEWEST)
    rest = y - x @ change
    return np.hypot(rest[:n], rest[n:])
