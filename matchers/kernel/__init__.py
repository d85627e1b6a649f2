"""Sign and compare many texts at once. The compiled parts, and with them numba, are imported at the first call.

A text's keys are the winnowed hashes of its character grams: two texts with a common stretch of `WIDTH + WINDOW - 1`
letters (`DENSE_WIDTH + WINDOW - 1` in scripts without spaces) have a key in common, whatever stands around it.
"""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from matchers import fold

Array = NDArray[Any]

WIDTH, DENSE_WIDTH, WINDOW = 12, 5, 12  # matching-bench: grams of 12 and 5, windows of 12 to 16
SHINGLE, DENSE_SHINGLE = 5, 3  # the grams that exact Jaccard counts
WORD_WEIGHT, DENSE_WEIGHT, ENOUGH = 5, 3, 60  # twelve words, or twenty letters of a dense script, or a mixture
SPANS = 64  # stretches kept of one pair

VERSION = f"winnow-1:{WIDTH}/{DENSE_WIDTH}/{WINDOW}:{fold.VERSION}"


class Signatures(NamedTuple):
    """Keys of texts in text order, where each text's begin, a hash of each folded text, and its measures.

    `measures` has a row a text: letters, words, letters of dense scripts.
    """

    keys: Array
    starts: Array
    norms: Array
    measures: Array

    def enough(self) -> Array:
        """Return which texts are long enough to be compared by their words alone."""
        return np.asarray(self.measures[:, 1] * WORD_WEIGHT + self.measures[:, 2] * DENSE_WEIGHT >= ENOUGH)


class Compared(NamedTuple):
    """What pairs of texts share; arrays with one entry (or row) a pair."""

    same: Array  # both fold to the same letters
    shared: Array
    left: Array
    right: Array
    longest: Array
    spans: Array
    firsts: Array
    left_measures: Array  # letters, words, dense letters
    right_measures: Array

    def jaccard(self) -> Array:
        """Return the part of all grams that both have, 0 to 1."""
        return np.asarray(self.shared / np.maximum(self.left + self.right - self.shared, 1))

    def spans_of(self, pair: int) -> list[list[int]]:
        """Return the common stretches of one pair as [begin, end, begin, end] in characters of left and right."""
        rows: list[list[int]] = self.spans[self.firsts[pair] : self.firsts[pair + 1]].tolist()
        return rows


def _buffer(texts: Sequence[str]) -> tuple[Array, Array]:
    data = [text.encode("utf-8", "surrogatepass") for text in texts]
    offsets = np.zeros(len(data) + 1, np.int64)
    np.cumsum([len(d) for d in data], out=offsets[1:])
    return np.frombuffer(bytearray(b"".join(data)), np.uint8), offsets


def sign(texts: Sequence[str]) -> Signatures:
    """Sign texts; those too short to be compared by their words get no keys."""
    from matchers.kernel import text

    table, pool = fold.tables()
    buffer, offsets = _buffer(texts)
    return Signatures(*text.sign(buffer, offsets, table, pool, WIDTH, DENSE_WIDTH, WINDOW, WORD_WEIGHT, DENSE_WEIGHT))


def compare(texts: Sequence[str], left: Sequence[int] | Array, right: Sequence[int] | Array) -> Compared:
    """Compare pairs of texts, given by their places in `texts`, exactly: grams shared, and the stretches in common."""
    from matchers.kernel import pairs, text

    table, pool = fold.tables()
    a, b = np.asarray(left, np.int64), np.asarray(right, np.int64)
    letters, at, starts, shingles, firsts, measures = text.unfold(*_buffer(texts), table, pool, SHINGLE, DENSE_SHINGLE)
    counts = pairs.overlaps(shingles, firsts, a, b)
    same = pairs.equal(letters, starts, a, b)
    spans, begins, longest = pairs.align(letters, at, starts, a, b, SHINGLE, DENSE_SHINGLE, SPANS)
    return Compared(same, counts[:, 0], counts[:, 1], counts[:, 2], longest, spans, begins, measures[a], measures[b])


def warm() -> None:
    """Compile whatever is not compiled yet and keep it on disk."""
    importlib.import_module("matchers.kernel.lookup")

    sign(["a"])
    compare(["a", "b"], [0], [1])
