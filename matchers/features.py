"""Mark places in a picture that are found again in crops and screenshots (ORB). The only file that imports OpenCV.

ORB: Rublee and others, "ORB: an efficient alternative to SIFT or SURF", ICCV 2011; 256 bits describe each place.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]

LONGEST = 512  # pixels of the longest side of what is looked at: a crop then differs in scale by no more than it cuts
MOST = 320  # places kept of a picture
_CELLS = 6  # places are kept evenly from cells of the picture, so that no single lively corner takes them all
_LEVELS, _STEP = 8, 1.2  # scales looked at
_EDGE = 20  # pixels at the rim without places
UNIT = 64  # parts of a pixel in which places are kept


class Features(NamedTuple):
    """Places (uint16[n, 2], x and y in 1/64 pixel of the reduction) and what is there (uint8[n, 32]), best first."""

    points: Array
    descriptors: Array


def size_of(rgb: Array) -> tuple[int, int]:
    """Return width and height of the reduction that is looked at; small pictures are enlarged to it."""
    height, width = rgb.shape[:2]
    scale = LONGEST / max(height, width)
    return max(round(width * scale), 1), max(round(height * scale), 1)


def describe(rgb: Array, most: int = MOST) -> Features:
    """Return up to `most` places of a picture (uint8[height, width, 3]) and their descriptions."""
    import cv2

    size = size_of(rgb)
    grey = cv2.cvtColor(np.ascontiguousarray(rgb), cv2.COLOR_RGB2GRAY)
    if size != grey.shape[::-1]:
        way = cv2.INTER_AREA if max(grey.shape) > LONGEST else cv2.INTER_LINEAR
        grey = cv2.resize(grey, size, interpolation=way)
    if min(size) <= 2 * _EDGE:
        return Features(np.zeros((0, 2), np.uint16), np.zeros((0, 32), np.uint8))
    finder = cv2.ORB_create(  # type: ignore[attr-defined]
        4 * most, _STEP, _LEVELS, _EDGE, fastThreshold=8
    )
    found = finder.detect(grey, None)
    chosen = _spread([(p.pt[0], p.pt[1], p.response) for p in found], size, most)
    places, bits = finder.compute(grey, [found[i] for i in chosen])
    if bits is None or not len(places):
        return Features(np.zeros((0, 2), np.uint16), np.zeros((0, 32), np.uint8))
    points = np.array([p.pt for p in places], np.float64) * UNIT
    return Features(points.round().clip(0, 65535).astype(np.uint16), np.ascontiguousarray(bits))


def shrunk(rgb: Array, side: int) -> Array:
    """Return the brightness of a picture averaged to a square of `side` samples (uint8)."""
    import cv2

    grey = cv2.cvtColor(np.ascontiguousarray(rgb), cv2.COLOR_RGB2GRAY)
    way = cv2.INTER_AREA if min(grey.shape) >= side else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(grey, (side, side), interpolation=way), np.uint8)


def tinted(rgb: Array, side: int) -> Array:
    """Return the chroma of a picture (Cb and Cr of BT.601, about 0) averaged to a square of samples: int8[n, n, 2]."""
    import cv2

    way = cv2.INTER_AREA if min(rgb.shape[:2]) >= side else cv2.INTER_LINEAR
    small = cv2.resize(np.ascontiguousarray(rgb), (side, side), interpolation=way).astype(np.float32)
    return np.asarray((small @ _CHROMA).round().clip(-127, 127).astype(np.int8))


_CHROMA = np.array([[-0.168736, 0.5], [-0.331264, -0.418688], [0.5, -0.081312]], np.float32)


def _spread(found: list[tuple[float, float, float]], size: tuple[int, int], most: int) -> list[int]:
    """Return which places to keep: from each cell in turn its strongest, until there are enough."""
    if not found:
        return []
    values = np.array(found)
    cell = (values[:, 0] * _CELLS // size[0]) * _CELLS + values[:, 1] * _CELLS // size[1]
    order = np.lexsort((values[:, 1], values[:, 0], -values[:, 2], cell))
    turn = np.arange(len(order)) - np.searchsorted(cell[order], cell[order])
    best = np.lexsort((-values[order, 2], turn))
    return [int(i) for i in order[best][:most]]
