"""One segment of the key index: a file of sorted (key, row) pairs, written in portions, checked, mapped into memory."""

from __future__ import annotations

import mmap
import os
import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]

MAGIC = b"copytrail segment 3\n\0\0\0\0"
HEAD = struct.Struct("<24sQQQ")  # magic, pairs, posts, tails
PORTION = 1 << 18  # pairs merged, written and checked at a time
FENCED = 64  # keys between two fences, on average
NOBODY = np.zeros(0, np.uint32)


@dataclass(frozen=True, slots=True)
class Segment:
    """Sorted pairs, and the rows they belong to with their number of keys; pages are read as needed.

    `keys` uint64 and `rows` uint32 stand side by side, ordered by both; `ids` and `sizes` uint32 by row; `tails` uint16
    of the keys of each row in text order, from `starts` on (`meeting.tails`). `fences` says where the keys of a range
    begin, which is what `shift` leaves of a key. `gone` are rows that a later segment has anew, ascending.
    """

    name: str
    digest: str
    keys: Array
    rows: Array
    ids: Array
    sizes: Array
    tails: Array
    starts: Array
    fences: Array
    shift: np.uint64
    gone: Array = field(default_factory=lambda: NOBODY)

    def ranges(self, wanted: Array, order: Array, low: Array, high: Array) -> None:
        """Find where sorted wanted keys stand; `order` says where in `low` and `high` each answer belongs."""
        from matchers.kernel import lookup

        lookup.ranges(wanted, order, self.keys, self.fences, self.shift, low, high)


def _even(n: int) -> int:
    return n + n % 2


class Survey:
    """Checksum and fences of a segment, taken portion by portion while it is written or read."""

    def __init__(self, pairs: int, posts: int, tails: int) -> None:
        self.pairs, self.posts, self.tails = pairs, posts, tails
        bits = max(1, (pairs // FENCED).bit_length())
        self.shift = np.uint64(64 - bits)
        self.fences = np.full((1 << bits) + 1, pairs, np.int64)
        self._known, self._sum = 0, 0

    def keys(self, keys: Array, at: int) -> None:
        """Take in the keys from place `at` on."""
        from matchers.kernel import shelf

        self._known = shelf.fence(keys, at, self.shift, self.fences, self._known)
        self._add(keys.view(np.uint32), 2 * at)

    def rows(self, rows: Array, at: int) -> None:
        """Take in the rows from place `at` on."""
        self._add(rows, 2 * self.pairs + at)

    def posts_of(self, ids: Array, sizes: Array, tails: Array) -> None:
        """Take in the posts; the tails are an even number, the last of an odd number is followed by 0."""
        self._add(ids, 3 * self.pairs)
        self._add(sizes, 3 * self.pairs + self.posts)
        for begin in range(0, len(tails), PORTION):
            self._add(tails[begin : begin + PORTION].view(np.uint32), 3 * self.pairs + 2 * self.posts + begin // 2)

    def _add(self, words: Array, at: int) -> None:
        from matchers.kernel import shelf

        self._sum = (self._sum + int(shelf.digest(words, at))) & 0xFFFFFFFFFFFFFFFF

    def digest(self) -> str:
        """Return the checksum of all that was taken in."""
        return f"{self._sum:016x}"


def load(path: Path, name: str, known: Survey | None = None) -> Segment:
    """Map a segment file and read all of it once for its checksum and fences; raise ValueError where it is none."""
    with path.open("rb") as file:
        data = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_COPY)  # kernels take no read-only arrays
    magic, pairs, posts, tailed = HEAD.unpack_from(data)
    if magic != MAGIC or len(data) != HEAD.size + 12 * pairs + 8 * posts + 2 * _even(tailed):
        raise ValueError(f"{path} is no segment")
    at = HEAD.size
    keys = np.frombuffer(data, np.uint64, pairs, at)
    rows = np.frombuffer(data, np.uint32, pairs, at + 8 * pairs)
    ids = np.frombuffer(data, np.uint32, posts, at + 12 * pairs)
    sizes = np.frombuffer(data, np.uint32, posts, at + 12 * pairs + 4 * posts)
    tails = np.frombuffer(data, np.uint16, _even(tailed), at + 12 * pairs + 8 * posts)
    survey = known or Survey(pairs, posts, tailed)
    if known is None:
        for begin in range(0, pairs, PORTION):
            survey.keys(keys[begin : begin + PORTION], begin)
            survey.rows(rows[begin : begin + PORTION], begin)
        survey.posts_of(ids, sizes, tails)
    starts = np.zeros(posts + 1, np.int64)
    np.cumsum(sizes, out=starts[1:])
    if starts[-1] != tailed:
        raise ValueError(f"{path} is no segment")
    return Segment(name, survey.digest(), keys, rows, ids, sizes, tails, starts, survey.fences, survey.shift)


class NewFile:
    """A segment file being written: aside, synced, then renamed to its name; the digest is taken on the way."""

    def __init__(self, folder: Path, name: str, pairs: int, posts: int, tails: int) -> None:
        self.folder, self.name = folder, name
        self.survey = Survey(pairs, posts, tails)
        self._path = folder / f"{name}.part"
        self._at = 0

    def __enter__(self) -> Self:
        self._file = self._path.open("wb")
        self._file.write(HEAD.pack(MAGIC, self.survey.pairs, self.survey.posts, self.survey.tails))
        return self

    def pairs(self, keys: Array, rows: Array) -> None:
        """Write the next pairs, in order."""
        self.survey.keys(keys, self._at)
        self.survey.rows(rows, self._at)
        self._put(keys, HEAD.size + 8 * self._at)
        self._put(rows, HEAD.size + 8 * self.survey.pairs + 4 * self._at)
        self._at += len(keys)

    def posts(self, ids: Array, sizes: Array, tails: Array) -> None:
        """Write the rows, ascending, how many keys each has, and the tails of those."""
        tails = np.append(tails, np.zeros(len(tails) % 2, np.uint16))
        self.survey.posts_of(ids, sizes, tails)
        self._put(ids, HEAD.size + 12 * self.survey.pairs)
        self._put(sizes, HEAD.size + 12 * self.survey.pairs + 4 * self.survey.posts)
        self._put(tails, HEAD.size + 12 * self.survey.pairs + 8 * self.survey.posts)

    def _put(self, array: Array, at: int) -> None:
        self._file.seek(at)
        self._file.write(array.data.cast("B") if len(array) else b"")

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        try:
            if error is None:
                self._file.flush()
                os.fsync(self._file.fileno())
        finally:
            self._file.close()
        if error is not None:
            self._path.unlink(missing_ok=True)
            return
        self._path.replace(self.folder / self.name)

    def segment(self) -> Segment:
        """Return what was written, mapped."""
        return load(self.folder / self.name, self.name, self.survey)


def merged(segments: Sequence[Segment]) -> Iterator[tuple[Array, Array]]:
    """Yield the pairs of several segments in order, in portions, without what is gone."""
    at = [0] * len(segments)
    while any(begin < len(one.keys) for begin, one in zip(at, segments, strict=True)):
        longest = max(range(len(segments)), key=lambda i: len(segments[i].keys) - at[i])
        last = min(at[longest] + PORTION, len(segments[longest].keys)) - 1
        bound = segments[longest].keys[last]
        runs = []
        for i, one in enumerate(segments):
            end = int(np.searchsorted(one.keys, bound, "right"))
            keys, rows = one.keys[at[i] : end], one.rows[at[i] : end]
            if len(one.gone):
                stays = ~np.isin(rows, one.gone)
                keys, rows = keys[stays], rows[stays]
            runs.append((keys, rows))
            at[i] = end
        while len(runs) > 1:
            runs = [_both(*runs[i : i + 2]) for i in range(0, len(runs), 2)]
        yield runs[0]


def posts_of(segments: Sequence[Segment]) -> tuple[Array, Array, Array]:
    """Return rows, numbers of keys and tails of several segments, by row, without what is gone."""
    from matchers.kernel import choice

    kept = [np.flatnonzero(~np.isin(one.ids, one.gone)) for one in segments]
    ids = np.concatenate([one.ids[stays] for one, stays in zip(segments, kept, strict=True)])
    sizes = np.concatenate([one.sizes[stays] for one, stays in zip(segments, kept, strict=True)])
    order = np.argsort(ids, kind="stable")
    ends = np.cumsum(sizes[order], dtype=np.int64)
    begins = np.empty(len(ids), np.int64)
    begins[order] = ends - sizes[order]
    tails, done = np.empty(int(ends[-1]) if len(ends) else 0, np.uint16), 0
    for one, stays in zip(segments, kept, strict=True):
        choice.copy(
            one.tails, one.starts[stays], one.sizes[stays].astype(np.int64), begins[done : done + len(stays)], tails
        )
        done += len(stays)
    return ids[order], sizes[order], tails


def _both(one: tuple[Array, Array], other: tuple[Array, Array] | None = None) -> tuple[Array, Array]:
    from matchers.kernel import shelf

    if other is None or not len(other[0]):
        return one
    total = len(one[0]) + len(other[0])
    keys, rows = np.empty(total, np.uint64), np.empty(total, np.uint32)
    shelf.merge(*one, *other, keys, rows)
    return keys, rows
