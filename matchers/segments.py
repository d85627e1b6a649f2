"""The key index: sorted segments in files beside the database, mapped into memory, made anew from SQL when in doubt.

What is true stands in SQL; a segment holds (key, row) pairs sorted by both, and the rows with their number of keys.
Appending writes one small file; four of like size are merged into one, so that a pair is rewritten some five times on
the way to 400 million. A file is written aside, synced and renamed, then named in the manifest with its checksum, so
that a kill at any moment leaves the old state or the new one. All checksums are read again at every opening and before
nothing else; what is damaged is dropped, `repaired` says so, and SQL fills it again. The manifest also names the
generation of the truth it stands for: another one there means catch up, or start over.
"""

from __future__ import annotations

import fcntl
import os
import struct
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np
import orjson
from numpy.typing import NDArray

from core.errors import CannotStart
from matchers import meeting
from matchers.candidates import NOTHING, Batch, Candidates, Lookup, ordered
from matchers.segment_file import NewFile, Segment, load, merged, posts_of

Array = NDArray[Any]

__all__ = ["Batch", "Candidates", "Segments"]

ALIKE = 4  # segments of like size (within that factor) are merged when there are so many
SMALLEST = 1 << 12  # pairs; below, all are alike


class Segments:
    """All segments of one index folder. Open it, look up, append; `generation` says up to where SQL is in it."""

    def __init__(self, folder: Path, stamp: str) -> None:
        """Open the folder; what carries another stamp (kernel, database) or is damaged is dropped.

        Raises CannotStart where another process has it open, or it cannot be written to.
        """
        self.folder = folder
        self.stamp = stamp
        self.generation, self.token = 0, ""
        self.repaired: str | None = None
        self.segments: list[Segment] = []
        self._number = 0
        try:
            folder.mkdir(parents=True, exist_ok=True)
            self._lock = os.open(folder / "lock", os.O_RDWR | os.O_CREAT, 0o644)
        except OSError as error:
            raise CannotStart(f"The index folder {folder} cannot be written to ({error.strerror}).") from error
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            os.close(self._lock)
            raise CannotStart(f"Another process is matching in {folder}; wait for it to end.") from error
        if not self._load():
            self.clear()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the files and the lock."""
        self.segments = []
        os.close(self._lock)

    @property
    def posts(self) -> int:
        """Return how many rows are in the index."""
        return sum(len(segment.ids) - len(segment.gone) for segment in self.segments)

    def clear(self) -> None:
        """Drop everything; the manifest goes first."""
        self.segments, self.generation, self.token = [], 0, ""
        for path in (self.folder / "manifest.json", *self.folder.glob("*.seg"), *self.folder.glob("*.part")):
            path.unlink(missing_ok=True)
        _sync(self.folder)

    def append(self, batch: Batch, generation: int, token: str) -> None:
        """Add posts with their keys, merge what has become alike in size, and stand for `generation` from now on."""
        if len(batch.keys) or (batch.norms is not None and len(batch.norms)):
            if int(batch.ids[-1]) >= 2**32:
                raise CannotStart("The index holds post numbers below 2**32; this database has more.")
            self._add(batch)
        while (tail := self._alike()) >= ALIKE:
            self._merge(tail)
        self.generation, self.token = generation, token
        self._save()

    def find(self, keys: Array) -> Array:
        """Return for each key the oldest row that holds it, or -1."""
        found = np.full(len(keys), -1, np.int64)
        order, wanted, low, high = ordered(keys)
        for segment in reversed(self.segments):
            segment.ranges(wanted, order, low, high)
            there = np.flatnonzero(high > low)
            while len(segment.gone) and len(there):
                gone = np.isin(segment.rows[low[there]], segment.gone)
                if not gone.any():
                    break
                low[there[gone]] += 1
                there = there[high[there] > low[there]]
            found[there] = segment.rows[low[there]]
        return found

    def ranks(self, batch: Batch, again: bool = False) -> Array:
        """Return how many indexed posts come before each of a batch: int64; all of them, where it is matched again."""
        held = np.diff(batch.starts) > 0
        return self.posts + (np.zeros(len(held), np.int64) if again else np.cumsum(held) - held)

    def candidates(self, batch: Batch, *, threads: int = 1, again: bool = False) -> Candidates:
        """Return the earlier posts worth comparing with each of a batch, in the index and in the batch itself.

        Rows of the batch come after all of the index. Where posts are matched `again` their former keys count for
        nothing, and all other rows count as earlier.
        """
        found = Lookup(self.segments, batch, self.ranks(batch, again), again)
        slices = found.slices(threads)
        if threads == 1 or len(slices) < 2:
            parts = [found.part(*some) for some in slices]
        else:
            with ThreadPoolExecutor(threads) as several:
                parts = list(several.map(lambda some: found.part(*some), slices))
        return Candidates(*(np.concatenate(some) for some in zip(*parts, strict=True))) if parts else NOTHING

    def holders(self, keys: Array) -> Array:
        """Return how many rows hold each key."""
        counts = np.zeros(len(keys), np.int64)
        order, wanted, low, high = ordered(keys)
        for segment in self.segments:
            segment.ranges(wanted, order, low, high)
            counts += high - low
        return counts

    def earlier(self, batch: Batch, few: int) -> tuple[Array, Array]:
        """Return for each key of a batch how many rows held it before, and the `few` oldest (-1 where fewer)."""
        from matchers.kernel import lookup

        order, wanted, low, high = ordered(batch.keys)
        counts, found = np.zeros(len(order), np.int64), np.full((len(order), few), -1, np.int64)
        batch_rows = np.repeat(batch.ids, np.diff(batch.starts))[order]
        for segment in (*self.segments, None):
            if segment:
                segment.ranges(wanted, order, low, high)
            else:
                lookup.earlier(wanted, order, low, high)
            rows = segment.rows if segment else batch_rows
            for k in range(few):
                free = np.flatnonzero((high - low > k) & (counts + k < few))
                found[free, counts[free] + k] = rows[low[free] + k]
            counts += high - low
        return counts, found

    def cap(self, holders: int = meeting.HOLDERS) -> int:
        """Return how many rows of one key are looked at, where `holders` are in an archive of 100,000 posts."""
        return max(holders, round(int(meeting.caps([self.posts], [meeting.BRIEF + 1])[0]) * holders / meeting.HOLDERS))

    def _add(self, batch: Batch) -> None:
        from matchers.kernel import lookup

        sizes = np.diff(batch.starts)
        held = sizes > 0
        keys, rows = batch.keys, np.repeat(batch.ids, sizes).astype(np.uint32)
        if batch.norms is not None:
            keys = np.concatenate([keys, batch.norms])
            rows = np.concatenate([rows, batch.ids.astype(np.uint32)])
        order = lookup.order(keys)
        ids = batch.ids[held].astype(np.uint32)
        with self._file(len(keys), len(ids), len(batch.keys)) as file:
            file.pairs(keys[order], rows[order])
            file.posts(ids, sizes[held].astype(np.uint32), meeting.tails(batch.keys))
        self.segments = [*_outdated(self.segments, ids), file.segment()]

    def _alike(self) -> int:
        """Return how many of the latest segments are no larger, by class of size, than the last."""
        last = _level(self.segments[-1]) if self.segments else 0
        tail = 0
        for segment in reversed(self.segments):
            if _level(segment) > last:
                break
            tail += 1
        return tail

    def _merge(self, tail: int) -> None:
        old = self.segments[-tail:]
        posts = posts_of(old)
        lost = sum(int(np.isin(one.rows, one.gone).sum()) for one in old if len(one.gone))
        with self._file(sum(len(one.keys) for one in old) - lost, len(posts[0]), len(posts[2])) as file:
            for keys, rows in merged(old):
                file.pairs(keys, rows)
            file.posts(*posts)
        self.segments = [*self.segments[:-tail], file.segment()]

    def _file(self, pairs: int, posts: int, tails: int) -> NewFile:
        self._number += 1
        return NewFile(self.folder, f"{self._number:08d}.seg", pairs, posts, tails)

    def _save(self) -> None:
        manifest = {
            "stamp": self.stamp, "generation": self.generation, "token": self.token, "number": self._number,
            "segments": [{"name": s.name, "digest": s.digest} for s in self.segments],
        }  # fmt: skip
        part = self.folder / "manifest.part"
        with part.open("wb") as file:
            file.write(orjson.dumps(manifest, option=orjson.OPT_INDENT_2))
            file.flush()
            os.fsync(file.fileno())
        part.replace(self.folder / "manifest.json")
        _sync(self.folder)
        names = {segment.name for segment in self.segments}
        for path in self.folder.glob("*.seg"):
            if path.name not in names:
                path.unlink(missing_ok=True)

    def _load(self) -> bool:
        """Read the manifest and map and check its files; False where anything is not as it says."""
        path = self.folder / "manifest.json"
        if not path.exists():
            return False
        try:
            manifest = orjson.loads(path.read_bytes())
            if manifest["stamp"] != self.stamp:
                return False
            for entry in manifest["segments"]:
                path = self.folder / Path(entry["name"]).name
                segment = load(path, path.name)
                if segment.digest != entry["digest"]:
                    raise ValueError(path.name)
                self.segments = [*_outdated(self.segments, segment.ids), segment]
            self.generation, self.token = int(manifest["generation"]), str(manifest["token"])
            self._number = int(manifest["number"])
        except (OSError, ValueError, KeyError, TypeError, struct.error):
            self.repaired = f"The index file {path} is damaged; the index is made anew from the database."
            return False
        return True


def _level(segment: Segment) -> int:
    """Return the class of size of a segment: each holds up to four times the pairs of the one below."""
    return max(0, (len(segment.keys) // SMALLEST).bit_length() + 1) // 2


def _outdated(segments: list[Segment], ids: Array) -> list[Segment]:
    """Return the segments with those rows gone that come anew."""
    return [
        replace(one, gone=np.union1d(one.gone, np.intersect1d(one.ids, ids, assume_unique=True)))
        if len(ids) and len(one.ids) and ids[0] <= one.ids[-1] and one.ids[0] <= ids[-1] else one
        for one in segments
    ]  # fmt: skip


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
