"""Where two texts meet, and which meetings are worth a comparison: the constants, for every way to run it."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[Any]

HOLDERS = 50  # rows looked at of one key in an archive of 100,000 posts, and in a smaller one
GROWTH = 0.25  # of that number with the archive: ten times the posts, 1.8 times the rows
LEAST = 0.15  # part of the keys of either that both must hold: a near copy
QUOTE = 6  # keys that both must hold, however long either is: an excerpt
CHAIN = 6  # of which so many must follow one another in both texts: what is shared here and there is no excerpt
COMMON, COMMON_CHAIN = 4, 9  # of wording that so many earlier texts hold, a longer chain: some seventy letters
STEP = 3  # keys from one to the next in such a chain, at most: a change within an excerpt does not break it
TOP, QUOTE_TOP = 32, 128  # near copies and excerpts kept, those that share most; most of the latter have no chain
BRIEF = 24  # a text of so few keys is short: it has few to be found by, and is often one of many versions of one
BRIEF_HOLDERS, BRIEF_LEAST, BRIEF_TOP = 200, 0.1, 200  # for it these hold
TAIL = 0xFFFF  # the part of a key that is kept in text order, to see chains by

NEAR_COPY, QUOTATION = 1, 2  # the sorts of candidates, added where one is both


def caps(ranks: ArrayLike, sizes: ArrayLike) -> Array:
    """Return how many rows of one key are looked at for posts of these ranks and numbers of keys: int64.

    A fifth of them are the newest.
    """
    grown = np.rint(HOLDERS * (np.asarray(ranks, np.float64) / 100_000) ** GROWTH)
    return np.maximum(np.where(np.asarray(sizes) <= BRIEF, BRIEF_HOLDERS, HOLDERS), grown).astype(np.int64)


def least_chains(holders: ArrayLike) -> Array:
    """Return how long a chain quotations must share, by the fewest earlier holders of a key they met at: int64."""
    return np.where(np.asarray(holders) >= COMMON, max(CHAIN, COMMON_CHAIN), CHAIN).astype(np.int64)


def tops(sizes: ArrayLike) -> Array:
    """Return how many near copies are kept of posts of these numbers of keys: int64."""
    return np.where(np.asarray(sizes) <= BRIEF, BRIEF_TOP, TOP).astype(np.int64)


def tails(keys: Array) -> Array:
    """Return the tails of keys, by which chains are seen: uint16."""
    return (keys & np.uint64(TAIL)).astype(np.uint16)


def leasts(sizes: ArrayLike) -> Array:
    """Return what part of the keys must be shared with posts of these numbers of keys: float64."""
    parts: Array = np.where(np.asarray(sizes) <= BRIEF, BRIEF_LEAST, LEAST)
    return parts


def floors(sizes: ArrayLike) -> Array:
    """Return how many keys a post of so many keys must share with any other to make a candidate of it: int64."""
    least = np.minimum(np.ceil(leasts(sizes) * np.asarray(sizes, np.float64)), QUOTE)
    return np.asarray(np.maximum(1, least), np.int64)
