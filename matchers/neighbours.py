"""Find the nearest of many vectors, exactly, a block at a time; and which nearest neighbours are near enough.

The margin of a pair is its cosine divided by the mean cosine of the nearest neighbours of both (Artetxe and Schwenk
2019, Margin-based Parallel Corpus Mining): a text that is near to everything is near to nothing.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]

NEAREST = 4  # neighbours whose mean makes the margin
BLOCK = 16_384  # vectors looked at at a time: 25 MB of 384 float32
MARGIN, COSINE = 1.10, 0.55  # least ratio margin (1.06 mines parallel text, with two clean sides) and least cosine


class Nearest(NamedTuple):
    """Of each query the nearest rows, closest first (-1 where there are fewer), and their cosines."""

    rows: Array
    cosines: Array


def nearest(
    queries: Array, blocks: Iterable[tuple[Array, Array]], most: int = NEAREST, own: Array | None = None
) -> Nearest:
    """Return the nearest rows among blocks of (rows, vectors); `own` are the rows of the queries, left out for each.

    Vectors have length one; float16 is taken and computed as float32. Memory is one block and the answers.
    """
    rows = np.full((len(queries), most), -1, np.int64)
    cosines = np.full((len(queries), most), -1.0, np.float32)
    asked = np.asarray(queries, np.float32)
    for numbers, vectors in blocks:
        for begin in range(0, len(numbers), BLOCK):
            some = np.asarray(numbers[begin : begin + BLOCK], np.int64)
            scores = asked @ np.asarray(vectors[begin : begin + BLOCK], np.float32).T
            if own is not None:
                scores[own[:, None] == some[None, :]] = -1.0
            kept = min(most, len(some))
            best = np.argpartition(-scores, kept - 1, axis=1)[:, :kept]
            every = np.concatenate([cosines, np.take_along_axis(scores, best, 1)], axis=1)
            names = np.concatenate([rows, some[best]], axis=1)
            names[every <= -1.0] = -1
            order = np.lexsort((names, -every), axis=1)[:, :most]
            cosines, rows = np.take_along_axis(every, order, 1), np.take_along_axis(names, order, 1)
    return Nearest(rows, cosines)


def spread(found: Nearest) -> Array:
    """Return the mean cosine of the neighbours of each query."""
    there = found.rows >= 0
    total = np.where(there, found.cosines, 0.0).sum(axis=1)
    return np.asarray(total / np.maximum(there.sum(axis=1), 1))


def margins(cosines: Array, left: Array, right: Array) -> Array:
    """Return the ratio margins of pairs from their cosines and the spreads of both sides."""
    return np.asarray(cosines / np.maximum((left + right) / 2, 1e-6))
