"""What is common in an archive: how often each sequence of letters and each word was seen, in a table of fixed size.

It weighs what two texts share: a sequence in every post says nothing, one in two posts much. The table holds hashes,
so that it stays at 16 MB whatever the archive holds; a few words share a cell and count as a little more common.
"""

from __future__ import annotations

import os
import re
import struct
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from matchers import fold, kernel

Array = NDArray[Any]

VERSION = f"lexicon-3/{fold.VERSION}"
CELLS = 1 << 22
MOST = 2_000  # letters of a text that are looked at
FEW, MANY, STEP = 7, 12, 40  # words a text is found by, and by each two of them: seven, one more for every forty it
# has, twelve at most
ALONE = 6  # next rarest words a long text is found by besides, at most
_SHORT = re.compile(r"\b(?:can't|won't)\b|(?<=\w)(?:n't|'m|'re|'ve|'ll)\b", re.I)
_WHOLE = {
    "can't": "can not",
    "won't": "will not",
    "n't": " not",
    "'m": " am",
    "'re": " are",
    "'ve": " have",
    "'ll": " will",
}
_HEAD = struct.Struct("<24sQ")
_MAGIC = b"copytrail lexicon 3\n\0\0\0\0"


class Spelled(NamedTuple):
    """Texts as folded words with one space between; `sizes` is how much text each has (dense letters count thrice)."""

    seq: Array
    firsts: Array
    sizes: Array

    def part(self, places: Array) -> Spelled:
        """Return some of the texts, in that order."""
        lengths = np.diff(self.firsts)[places]
        firsts = np.concatenate([np.zeros(1, np.int64), np.cumsum(lengths)])
        moved = np.repeat(self.firsts[places] - firsts[:-1], lengths)
        return Spelled(self.seq[np.arange(firsts[-1]) + moved], firsts, self.sizes[places])

    def and_then(self, more: Spelled) -> Spelled:
        """Return these texts and more behind them."""
        firsts = np.concatenate([self.firsts, more.firsts[1:] + self.firsts[-1]])
        return Spelled(np.concatenate([self.seq, more.seq]), firsts, np.concatenate([self.sizes, more.sizes]))


class Vectors(NamedTuple):
    """Texts as weighted sequences of letters, each of length one."""

    hashes: Array
    weights: Array
    starts: Array


def spell(texts: Sequence[str] | kernel.Texts) -> Spelled:
    """Fold texts into words, English short forms written out (don't: do not); links and @mentions are left out."""
    from matchers.kernel import text as letters_in
    from matchers.kernel import vectors

    table, pool = fold.tables()
    whole = (
        texts
        if isinstance(texts, kernel.Texts)
        else kernel.texts_of([_written_out(text[: 2 * MOST]) for text in texts])
    )
    every = np.arange(len(whole.offsets) - 1)
    letters, at, starts, _ = letters_in.letters_of(whole.buffer, whole.offsets, every, table, pool)
    return Spelled(*vectors.spell(whole.buffer, whole.offsets, letters, at, starts, table, MOST))


def _written_out(text: str) -> str:
    if "'" not in text and "\u2019" not in text:
        return text
    return _SHORT.sub(lambda match: _WHOLE[match.group().lower()], text.replace("\u2019", "'"))


def agreements(spelled: Spelled, left: Array, right: Array) -> Array:
    """Return how the numbers of pairs of texts agree, float64[n, 3]; see matchers.kernel.near."""
    from matchers.kernel import near

    return np.asarray(
        near.agreements(spelled.seq, spelled.firsts, np.asarray(left, np.int64), np.asarray(right, np.int64))
    )


def cosines(vectors: Vectors, left: Array, right: Array) -> Array:
    """Return the cosines of pairs of texts, 0 to 1."""
    from matchers.kernel import vectors as compiled

    return np.asarray(compiled.cosines(*vectors, np.asarray(left, np.int64), np.asarray(right, np.int64)))


class Lexicon:
    """Counts of what texts have, and what follows from them: keys, vectors, rarity."""

    def __init__(self, cells: int = CELLS) -> None:
        """Start with nothing counted; `cells` is a power of two."""
        self.counts = np.zeros(cells, np.uint32)
        self.posts = 0

    def learn(self, spelled: Spelled) -> None:
        """Count the sequences and words of texts."""
        from matchers.kernel import vectors

        vectors.learn(spelled.seq, spelled.firsts, self.counts)
        self.posts += len(spelled.sizes)

    def keys(self, spelled: Spelled) -> tuple[Array, Array]:
        """Return what each text can be found by: its rarest words, pairs of the rarest; and where each one's begin."""
        from matchers.kernel import vectors

        keys, starts = vectors.keys(spelled.seq, spelled.firsts, self.counts, FEW, MANY, STEP, ALONE)
        return keys, starts

    def vectors(self, spelled: Spelled) -> Vectors:
        """Return texts as vectors; those made at one state of the counts can be compared."""
        from matchers.kernel import vectors

        return Vectors(*vectors.weigh(spelled.seq, spelled.firsts, self.counts, self.posts))

    def holders(self, words: Sequence[str]) -> Array:
        """Return how often each word was counted, about."""
        from matchers.kernel import vectors

        spelled = spell(words)
        return np.asarray(vectors.holders(spelled.seq, spelled.firsts, self.counts))

    def save(self, path: Path) -> None:
        """Write the table aside, then put it in place."""
        part = path.with_suffix(".part")
        with part.open("wb") as file:
            file.write(_HEAD.pack(_MAGIC, self.posts))
            file.write(self.counts.tobytes())
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)

    @classmethod
    def load(cls, path: Path) -> Self | None:
        """Read a table back; None where there is none, or it is damaged: it is made anew from the posts then."""
        try:
            data = path.read_bytes()
            magic, posts = _HEAD.unpack_from(data)
        except (OSError, struct.error):
            return None
        if magic != _MAGIC or len(data) != _HEAD.size + 4 * CELLS:
            return None
        lexicon = cls()
        lexicon.counts[:] = np.frombuffer(data, "<u4", CELLS, _HEAD.size)
        lexicon.posts = posts
        return lexicon
