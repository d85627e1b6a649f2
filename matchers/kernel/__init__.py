"""Sign and compare many texts at once. The compiled parts, and with them numba, are imported at the first call.

A text's keys are the winnowed hashes of its character grams: two texts with a common stretch of `WIDTH + WINDOW - 1`
letters (`DENSE_WIDTH + WINDOW - 1` in scripts without spaces) have a key in common, whatever stands around it.
"""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import accumulate
from pkgutil import iter_modules
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from matchers import fold

Array = NDArray[Any]

WIDTH, DENSE_WIDTH, WINDOW = 12, 5, 12  # chosen on benchmarks/match_text.py: wider or narrower finds no more
SHINGLE, DENSE_SHINGLE = 5, 3  # the grams that exact Jaccard counts
NARROW, FEW = 8, 96  # the window of dense scripts and of short texts; a key of a wide window is one of a narrow one too
LETTER_WEIGHT, SHORT_DENSE, SHORT = 2, 5, 36  # eighteen letters, or eight of a dense script: below, a text has no keys
WORD_WEIGHT, DENSE_WEIGHT, ENOUGH = 5, 3, 60  # twelve words, or twenty letters of a dense script, or a mixture
PORTION = 1 << 24  # bytes signed at a time by one thread

VERSION = f"winnow-3:{WIDTH}/{DENSE_WIDTH}/{WINDOW}/{NARROW}<{FEW}/{SHORT}:{fold.VERSION}"


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

    def cuts(self, size: int) -> list[int]:
        """Return where to cut the texts into portions of about `size` bytes: 0, ..., how many there are."""
        marks = np.arange(self.offsets[0] + size, self.offsets[-1], size)
        inner: list[int] = np.searchsorted(self.offsets[1:], marks, side="right").tolist()
        return sorted({0, *inner, len(self)})

    def take(self, rows: Array) -> Texts:
        """Return the texts of the rows named, copied together."""
        from matchers.kernel import gathering

        return Texts(*gathering.gather(self.buffer, self.offsets, np.ascontiguousarray(rows, np.int64)))


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

    def signed(self) -> Array:
        """Return which texts are long enough to have keys."""
        letters, dense = self.measures[:, 0], self.measures[:, 2]
        return np.asarray((letters - dense) * LETTER_WEIGHT + dense * SHORT_DENSE >= SHORT)

    def enough(self) -> Array:
        """Return which texts are long enough to be compared by their words alone."""
        return np.asarray(self.measures[:, 1] * WORD_WEIGHT + self.measures[:, 2] * DENSE_WEIGHT >= ENOUGH)


def _whole(texts: Sequence[str] | Texts) -> Texts:
    return texts if isinstance(texts, Texts) else texts_of(texts)


def sign(texts: Sequence[str] | Texts, threads: int = 1) -> Signatures:
    """Sign texts; those too short get no keys. The number of threads (at best that of the cores) changes no result."""
    whole = _whole(texts)
    starts, norms = np.zeros(len(whole) + 1, np.int64), np.empty(len(whole), np.uint64)
    measures = np.empty((len(whole), 3), np.int32)
    cuts = whole.cuts(PORTION)

    def portion(number: int) -> Array:
        low, high = cuts[number], cuts[number + 1]
        return _keys(whole.part(low, high), starts[low : high + 1], norms[low:high], measures[low:high])

    with ThreadPoolExecutor(threads) as pool:
        each = pool.map if threads > 1 else map
        parts = list(each(portion, range(len(cuts) - 1)))
        ends = [0, *accumulate(map(len, parts))]
        keys = np.empty(ends[-1], np.uint64)

        def place(number: int) -> None:
            starts[cuts[number] + 1 : cuts[number + 1] + 1] += ends[number]
            keys[ends[number] : ends[number + 1]] = parts[number]
            parts[number] = keys[:0]  # lets go of its memory

        list(each(place, range(len(parts))))
    return Signatures(keys, starts, norms, measures)


def _keys(texts: Texts, starts: Array, norms: Array, measures: Array) -> Array:
    """Return the keys of some texts and fill in the rest; where each text's begin is counted from the first."""
    from matchers.kernel import text

    rules = np.array(
        (WIDTH, DENSE_WIDTH, WINDOW, NARROW, FEW, LETTER_WEIGHT, SHORT_DENSE, SHORT), np.int64
    )  # fmt: skip
    keys, done, total = np.empty(int(texts.offsets[-1] - texts.offsets[0]) // 4 + 1024, np.uint64), 0, 0
    while True:
        done, total = text.sign(
            texts.buffer, texts.offsets, *fold.tables(), rules, done, total, keys, starts, norms, measures
        )
        if done == len(texts):
            return keys[:total]
        keys = np.concatenate((keys, np.empty(2 * len(keys), np.uint64)))


def warm() -> None:
    """Compile whatever is not compiled yet and keep it on disk."""
    for module in iter_modules(__path__):
        if not module.name.startswith("_"):
            importlib.import_module(f"{__name__}.{module.name}")
