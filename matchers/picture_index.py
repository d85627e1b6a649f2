"""The index of pictures: their hashes in one file that only grows, their places in segments; derived from the database.

A batch appends a frame to the file of hashes first and then its segment, whose manifest names the generation: after a
kill the file holds at most one frame too many, which is cut off. A frame that is damaged empties the index, `repaired`
says so, and it is filled again from the database.
"""

from __future__ import annotations

import os
import struct
import zlib
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from matchers import pictures, places
from matchers.bits import Haystack
from matchers.pictures import PicturePrint
from matchers.segments import Batch, Segments

Array = NDArray[Any]

STAMP = f"{pictures.TOOL}:places-1"
NEAREST = 16  # candidates by hash of one picture: the nearest, the older of equals
_FRAME = struct.Struct("<8sQQI")  # mark, generation, hashes, checksum of what follows
_MARK = b"CTHASH1\n"
_RECENT = 50_000  # hashes laid out beside the others before all are laid out anew


class PictureIndex:
    """Hashes and places of all pictures. Open it, look up, append; `generation` says up to where SQL is in it."""

    def __init__(self, folder: Path, stamp: str) -> None:
        """Open the folder; what carries another stamp or is damaged is dropped. Raises CannotStart as Segments does."""
        self.segments = Segments(folder, f"{stamp}:{STAMP}")
        self.path = folder / "hashes"
        self.repaired = self.segments.repaired
        self.rows, self.hashes = np.zeros(0, np.int64), np.zeros((0, 32), np.uint8)
        self._old, self._new, self._laid = Haystack(self.hashes), Haystack(self.hashes), 0
        self._load()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the files."""
        self.segments.close()

    @property
    def generation(self) -> int:
        """Return the generation of the database that the index stands for; 0 when empty."""
        return self.segments.generation

    @property
    def token(self) -> str:
        """Return the token of that generation."""
        return self.segments.token

    @property
    def pictures(self) -> int:
        """Return how many pictures have places in the index."""
        return self.segments.posts

    def clear(self) -> None:
        """Drop everything."""
        self.segments.clear()
        self.path.unlink(missing_ok=True)
        self._take(np.zeros(0, np.int64), np.zeros((0, 32), np.uint8))

    def candidates(self, rows: Sequence[int], prints: Sequence[PicturePrint]) -> list[list[int]]:
        """Return for each picture the rows before it that are worth comparing, ascending; the batch counts by its rows.

        `rows` ascend and come after all of the index. All pictures whose hashes are within 31 bits are there (the 16
        nearest), and those that share the most places.
        """
        near = self._near(rows, prints)
        shared = places.candidates(self.segments, rows, [places.keys_of(p.marks) for p in prints])
        return [sorted({*some, *map(int, others)}) for some, others in zip(near, shared, strict=True)]

    def append(self, rows: Sequence[int], prints: Sequence[PicturePrint], generation: int, token: str) -> None:
        """Add pictures (ascending rows), and stand for `generation` from now on."""
        own, hashes = _hashes(rows, prints)
        body = own.astype("<u4").tobytes() + hashes.tobytes()
        with self.path.open("ab") as file:
            file.write(_FRAME.pack(_MARK, generation, len(own), zlib.crc32(body)) + body)
            file.flush()
            os.fsync(file.fileno())
        keys = [places.keys_of(p.marks) for p in prints]
        starts = np.concatenate([np.zeros(1, np.int64), np.cumsum([len(some) for some in keys], dtype=np.int64)])
        flat = np.concatenate(keys) if keys else np.zeros(0, np.uint64)
        self.segments.append(Batch(np.asarray(rows, np.int64), starts, flat), generation, token)
        self._take(np.concatenate([self.rows, own]), np.concatenate([self.hashes, hashes]))

    def _near(self, rows: Sequence[int], prints: Sequence[PicturePrint]) -> list[list[int]]:
        turned = [(place, region.turns) for place, p in enumerate(prints) for region in p.hashes()]
        found: list[dict[int, int]] = [{} for _ in prints]
        if not turned:
            return [[] for _ in prints]
        queries = np.concatenate([turns for _, turns in turned])
        who = np.repeat([place for place, _ in turned], 8)
        own_rows, own = _hashes(rows, prints)
        for haystack, known in (
            (self._old, self.rows[: self._laid]), (self._new, self.rows[self._laid :]), (Haystack(own), own_rows),
        ):  # fmt: skip
            near = haystack.within(queries)
            for place, row, gap in zip(who[near.left].tolist(), known[near.right].tolist(), near.distance, strict=True):
                if row < rows[place]:
                    found[place][row] = min(int(gap), found[place].get(row, 256))
        return [[row for _, row in sorted((gap, row) for row, gap in some.items())[:NEAREST]] for some in found]

    def _take(self, rows: Array, hashes: Array) -> None:
        self.rows, self.hashes = rows, hashes
        if len(rows) < self._laid or len(rows) - self._laid > max(_RECENT, self._laid // 4):
            self._old, self._laid = Haystack(hashes), len(rows)
        self._new = Haystack(hashes[self._laid :])

    def _load(self) -> None:
        """Read the frames up to the generation of the segments; anything else means starting over."""
        data = self.path.read_bytes() if self.path.exists() else b""
        at, last, rows, hashes = 0, 0, [np.zeros(0, np.int64)], [np.zeros((0, 32), np.uint8)]
        while at + _FRAME.size <= len(data):
            mark, generation, count, check = _FRAME.unpack_from(data, at)
            body = memoryview(data)[at + _FRAME.size : at + _FRAME.size + 36 * count]
            if mark != _MARK or generation > self.generation or len(body) < 36 * count or zlib.crc32(body) != check:
                break
            rows.append(np.frombuffer(body, "<u4", count).astype(np.int64))
            hashes.append(np.frombuffer(body, np.uint8, 32 * count, 4 * count).reshape(count, 32))
            at, last = at + _FRAME.size + 36 * count, generation
        if last != self.generation:
            self.repaired = self.repaired or "The hashes of pictures in the index were damaged; it is built anew."
            self.clear()
            return
        if at < len(data):
            os.truncate(self.path, at)
        self._take(np.concatenate(rows), np.concatenate(hashes))


def _hashes(rows: Sequence[int], prints: Sequence[PicturePrint]) -> tuple[Array, Array]:
    """Return the hashes that say something, each with the row of its picture."""
    found = [(row, region.turns[0]) for row, p in zip(rows, prints, strict=True) for region in p.hashes()]
    hashes = np.array([turns for _, turns in found], np.uint8).reshape(-1, 32)
    return np.array([row for row, _ in found], np.int64), hashes
