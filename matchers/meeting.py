"""Where two texts meet, and which meetings are worth a comparison: the constants, for every way to run it."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]

HOLDERS = 50  # rows looked at of one key in an archive of 100,000 posts, and in a smaller one
GROWTH = 0.25  # of that number with the archive: ten times the posts, 1.8 times the rows
LEAST = 0.1  # part of the keys of either that both must hold: a near copy
QUOTE = 7  # keys that both must hold, however long either is: an excerpt
CHAIN = 7  # of which so many must follow one another in both texts: what is shared here and there is no excerpt
STEP = 3  # keys from one to the next in such a chain, at most: a change within an excerpt does not break it
TOP = 32  # candidates kept of each sort
TAIL = 0xFFFF  # the part of a key that is kept in text order, to see chains by

NEAR_COPY, QUOTATION = 1, 2  # the sorts of candidates, added where one is both


def caps(ranks: Array) -> Array:
    """Return how many rows of one key are looked at for posts of these ranks (a fifth of them the newest): int64."""
    grown = np.rint(HOLDERS * (np.asarray(ranks, np.float64) / 100_000) ** GROWTH)
    return np.maximum(HOLDERS, grown).astype(np.int64)


def tails(keys: Array) -> Array:
    """Return the tails of keys, by which chains are seen: uint16."""
    return (keys & np.uint64(TAIL)).astype(np.uint16)


def floors(sizes: Array) -> Array:
    """Return how many keys a post of so many keys must share with any other to make a candidate of it: int64."""
    return np.maximum(1, np.minimum(np.ceil(LEAST * np.asarray(sizes, np.float64)), QUOTE)).astype(np.int64)
