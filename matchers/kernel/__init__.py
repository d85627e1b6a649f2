"""Sign and compare many texts at once. The compiled parts, and with them numba, are imported at the first call.

A text's keys are the winnowed hashes of its character grams: two texts with a common stretch of `WIDTH + WINDOW - 1`
letters (`DENSE_WIDTH + WINDOW - 1` in scripts without spaces) have a key in common, whatever stands around it.
"""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from dataclasses import dataclass
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


@dataclass(frozen=True, slots=True)
class Texts:
    """Many texts as UTF-8 in one buffer; text t lies between `offsets[t]` and `offsets[t + 1]`.

    `buffer` is uint8, `offsets` int64; neither is written to, so both may lie in a file mapped into memory. The bytes
    must be UTF-8 (lone surrogates allowed), as Arrow and `str.encode` give it: the kernel does not check them.
    """

    buffer: Array
    offsets: Array

    def __len__(self) -> int:
        return len(self.offsets) - 1

    def part(self, begin: int, end: int) -> Texts:
        """Return the texts from `begin` to before `end`, without copying them."""
        return Texts(self.buffer, self.offsets[begin : end + 1])

    def take(self, rows: Array) -> Texts:
        """Return the texts of the rows named, copied together."""
        from matchers.kernel import text

        return Texts(*text.gather(self.buffer, self.offsets, np.ascontiguousarray(rows, np.int64)))


def texts_of(texts: Sequence[str]) -> Texts:
    """Encode texts into one buffer."""
    data = [text.encode("utf-8", "surrogatepass") for text in texts]
    offsets = np.zeros(len(data) + 1, np.int64)
    np.cumsum([len(d) for d in data], out=offsets[1:])
    return Texts(np.frombuffer(b"".join(data), np.uint8), offsets)


def texts_in(column: Any) -> Texts:
    """Take the texts of an Arrow array of strings: not copied, if it is one array (not chunks) and nothing is missing.

    Missing values count as empty texts.
    """
    if hasattr(column, "num_chunks"):
        column = column.chunk(0) if column.num_chunks == 1 else column.combine_chunks()
    if column.null_count:
        column = column.fill_null("")
    if str(column.type) not in ("string", "large_string"):
        column = column.cast("large_string")
    kind = np.int64 if str(column.type) == "large_string" else np.int32
    _, offsets, data = column.buffers()
    every = np.frombuffer(offsets, kind) if offsets else np.zeros(1, kind)
    own = every[column.offset : column.offset + len(column) + 1].astype(np.int64, copy=False)
    return Texts(np.frombuffer(data or b"", np.uint8), own)


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


def _whole(texts: Sequence[str] | Texts) -> Texts:
    return texts if isinstance(texts, Texts) else texts_of(texts)


def sign(texts: Sequence[str] | Texts, threads: int = 1) -> Signatures:
    """Sign texts; those too short to be compared by their words get no keys. The number of threads changes nothing."""
    from matchers.kernel import text

    table, pool = fold.tables()
    whole = _whole(texts)
    return Signatures(
        *text.sign(whole.buffer, whole.offsets, table, pool, WIDTH, DENSE_WIDTH, WINDOW, WORD_WEIGHT, DENSE_WEIGHT)
    )


def compare(texts: Sequence[str] | Texts, left: Sequence[int] | Array, right: Sequence[int] | Array) -> Compared:
    """Compare pairs of texts, given by their places in `texts`, exactly: grams shared, and the stretches in common."""
    from matchers.kernel import pairs, text

    table, pool = fold.tables()
    a, b = np.asarray(left, np.int64), np.asarray(right, np.int64)
    whole = _whole(texts)
    letters, at, starts, shingles, firsts, measures = text.unfold(
        whole.buffer, whole.offsets, table, pool, SHINGLE, DENSE_SHINGLE
    )
    counts = pairs.overlaps(shingles, firsts, a, b)
    same = pairs.equal(letters, starts, a, b)
    spans, begins, longest = pairs.align(letters, at, starts, a, b, SHINGLE, DENSE_SHINGLE, SPANS)
    return Compared(same, counts[:, 0], counts[:, 1], counts[:, 2], longest, spans, begins, measures[a], measures[b])


def warm() -> None:
    """Compile whatever is not compiled yet and keep it on disk."""
    importlib.import_module("matchers.kernel.lookup")

    sign(["a"])
    texts_of(["a"]).take(np.zeros(1, np.int64))
    compare(["a", "b"], [0], [1])
