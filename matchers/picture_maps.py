"""Maps from one picture to another, x' = m0 x + m1 y + m2 and y' likewise: which are likely, and which are simplest."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from matchers import pdq
from matchers.pictures import SAMPLES

Array = NDArray[Any]

FEWEST = 5  # places
LEVEL, STILL, FIT_OFF = 0.03, 0.85, 5.0  # a map this near to level is made so where it keeps this part of the places


def turned(a: tuple[int, int, int, int], b: tuple[int, int, int, int], turn: int) -> Array:
    """Return the map, in samples, from a box of one picture to that of the other it looks like when turned."""
    (p, q), (u, v) = _WAYS[turn]
    part_of = [(low + high) / 2 for low, high in (a[2:], a[:2], b[2:], b[:2])]
    wide = [high - low for low, high in (a[2:], a[:2], b[2:], b[:2])]
    across = np.array([p / wide[0], q / wide[1]]) * wide[2]
    down = np.array([u / wide[0], v / wide[1]]) * wide[3]
    x, y, to_x, to_y = (middle * SAMPLES / pdq.REDUCTION for middle in part_of)
    return np.array([*across, to_x - across @ (x, y), *down, to_y - down @ (x, y)])


# Where x and y from the middle of one picture are in the other, for each of pdq.TURNS.
_WAYS = (
    ((1, 0), (0, 1)), ((0, -1), (1, 0)), ((-1, 0), (0, -1)), ((0, 1), (-1, 0)),
    ((1, 0), (0, -1)), ((-1, 0), (0, 1)), ((0, 1), (1, 0)), ((0, -1), (-1, 0)),
)  # fmt: skip


def level(p: Array, q: Array, m: Array) -> Array:
    """Return the level map (one scale, a shift) that fits as many places, if there is one: it holds farther out."""
    near = m[0] + m[4] > 0 and max(abs(m[1]), abs(m[3]), abs(m[0] - m[4])) < LEVEL * (m[0] + m[4])
    inside = _fits(p, q, m)
    if not near or inside.sum() < FEWEST:
        return m
    a, b = p[inside] - p[inside].mean(axis=0), q[inside] - q[inside].mean(axis=0)
    scale = float((a * b).sum() / max((a * a).sum(), 1.0))
    x, y = q[inside].mean(axis=0) - scale * p[inside].mean(axis=0)
    level = np.array([scale, 0.0, x, 0.0, scale, y])
    return level if scale > 0 and _fits(p, q, level).sum() >= STILL * inside.sum() else m


def _fits(p: Array, q: Array, m: Array) -> Array:
    moved = p @ np.array([[m[0], m[3]], [m[1], m[4]]]) + [m[2], m[5]]
    off = FIT_OFF * max(1.0, float(np.sqrt(abs(m[0] * m[4] - m[1] * m[3]))))
    return np.asarray(((moved - q) ** 2).sum(axis=1) <= off * off)


def sound(m: Array) -> bool:
    """Return whether a map is one that editing a picture makes: not mirrored, and not pressed flat or slanted."""
    a = np.array([[m[0], m[1]], [m[3], m[4]]])
    stretch = np.linalg.svd(a, compute_uv=False)
    return bool(np.linalg.det(a) > 0 and stretch[1] > 0.15 and stretch[0] < 1.6 * stretch[1] and stretch[0] < 6)


def inverse(m: Array) -> Array:
    """Return the map back."""
    inner = np.linalg.inv(np.array([[m[0], m[1]], [m[3], m[4]]]))
    shift = -inner @ np.array([m[2], m[5]])
    return np.array([inner[0, 0], inner[0, 1], shift[0], inner[1, 0], inner[1, 1], shift[1]])
