"""Where two texts meet, and which meetings are worth a comparison: the constants, for every way to run it."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]

HOLDERS = 50  # rows looked at of one key in an archive of 100,000 posts, and in a smaller one
GROWTH = 0.25  # of that number with the archive: ten times the posts, 1.8 times the rows
LEAST = 0.1  # part of the keys of either that both must hold: a near copy
QUOTE = 4  # keys that both must hold, however long either is: an excerpt
TOP = 16  # candidates kept of each sort

NEAR_COPY, QUOTATION = 1, 2  # the sorts of candidates, added where one is both


def caps(ranks: Array) -> Array:
    """Return how many rows of one key are looked at for posts of these ranks (a fifth of them the newest): int64."""
    grown = np.rint(HOLDERS * (np.asarray(ranks, np.float64) / 100_000) ** GROWTH)
    return np.maximum(HOLDERS, grown).astype(np.int64)


def floors(sizes: Array) -> Array:
    """Return how many keys a post of so many keys must share with any other to make a candidate of it: int64."""
    return np.maximum(1, np.minimum(np.ceil(LEAST * np.asarray(sizes, np.float64)), QUOTE)).astype(np.int64)
