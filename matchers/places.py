"""Find pictures that show part of one another: by places that look alike, in the segments that also serve texts.

Each place of a picture gives one key, 28 of the 256 bits of its description; a picture that is looked up asks for
each of its keys and for those with one bit flipped. Rare keys weigh more than those of many (the frame of an app).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from matchers.segments import Segments

Array = NDArray[Any]

# Bits of ORB that change least between a picture and its crops and are least alike among themselves; measured.
BITS = (184, 121, 168, 135, 234, 199, 104, 99, 160, 2, 142, 1, 255, 164, 54, 17, 187, 130, 143, 183, 203, 101, 60,
        177, 200, 109, 195, 189)  # fmt: skip
HOLDERS = 64  # of one key the oldest so many are looked at
TOP = 48  # candidates of one picture: those with the most weight
LEAST = 2  # keys two pictures must meet at
UNIT = 16  # weights are whole sixteenths of a bit, so that sums do not depend on their order


def keys_of(marks: Array) -> Array:
    """Return the keys of descriptions (uint8[n, 32]), distinct and sorted: uint64."""
    bits = np.unpackbits(marks, axis=1)[:, BITS].astype(np.uint64)
    return np.unique((bits << np.arange(len(BITS), dtype=np.uint64)).sum(axis=1, dtype=np.uint64))


def probes(keys: Array) -> Array:
    """Return keys and all that differ from one of them in one bit, distinct and sorted."""
    flips = np.concatenate([np.zeros(1, np.uint64), np.uint64(1) << np.arange(len(BITS), dtype=np.uint64)])
    return np.unique((keys[:, None] ^ flips[None]).ravel())


def candidates(index: Segments, rows: Sequence[int], keys: Sequence[Array]) -> list[Array]:
    """Return for each picture the rows before it, in the index or this batch, that share the most, best first.

    `rows` ascend and come after all of the index; `keys` are those of `keys_of`.
    """
    own_keys = np.concatenate(keys) if keys else np.zeros(0, np.uint64)
    own_rows = np.repeat(np.asarray(rows, np.int64), [len(some) for some in keys])
    order = np.lexsort((own_rows, own_keys))
    return [
        _vote(index, own_keys[order], own_rows[order], row, index.posts + place, some)
        for place, (row, some) in enumerate(zip(rows, keys, strict=True))
    ]


def _vote(index: Segments, own_keys: Array, own_rows: Array, row: int, before: int, keys: Array) -> Array:
    wanted = probes(keys)
    if not len(wanted) or not before:
        return np.zeros(0, np.int64)
    held = np.zeros(len(wanted), np.int64)
    found: list[Array] = []
    asked: list[Array] = []
    order = np.arange(len(wanted))
    low, high = np.empty(len(wanted), np.int64), np.empty(len(wanted), np.int64)
    for segment in index.segments:
        segment.ranges(wanted, order, low, high)
        _gather(segment.rows, low, high, held, found, asked)
    low, high = np.searchsorted(own_keys, wanted), np.searchsorted(own_keys, wanted, side="right")
    earlier = np.concatenate([np.zeros(1, np.int64), np.cumsum(own_rows < row)])
    _gather(own_rows, low, low + earlier[high] - earlier[low], held, found, asked)
    who, which = np.concatenate(found), np.concatenate(asked)
    weight = np.rint(UNIT * np.log2((before + 1) / np.maximum(held, 1))).astype(np.int64)
    rows, place, met = np.unique(who, return_inverse=True, return_counts=True)
    total = np.bincount(place, weights=weight[which], minlength=len(rows)).astype(np.int64)
    enough = np.flatnonzero(met >= LEAST)
    best = enough[np.lexsort((rows[enough], -total[enough]))][:TOP]
    return np.asarray(rows[best], np.int64)


def _gather(rows: Array, low: Array, high: Array, held: Array, found: list[Array], asked: list[Array]) -> None:
    """Add the rows of each key, as far as HOLDERS leaves room, to what was found, and count them all."""
    size = np.minimum(high - low, np.maximum(HOLDERS - held, 0))
    held += high - low
    some = np.flatnonzero(size)
    sizes = size[some]
    ends = np.cumsum(sizes)
    at = np.arange(ends[-1] if len(ends) else 0) - np.repeat(ends - sizes, sizes) + np.repeat(low[some], sizes)
    found.append(rows[at].astype(np.int64))
    asked.append(np.repeat(some, sizes))
