"""The key index: sorted segments in files beside the database, mapped into memory, made anew from SQL when in doubt.

What is true stands in SQL; a segment holds (key, row) pairs sorted by key, and the rows with their number of keys.
Appending writes one small file; neighbours of like size are merged, so that there are few. A file is written aside,
synced and renamed, then named in the manifest with its digest, so that a kill at any moment leaves the old state or the
new one. The manifest also names the generation of the truth it stands for: another one there means catch up, or start
over. Look-ups read a bounded number of rows per key and post, whatever the archive holds.
"""

from __future__ import annotations

import fcntl
import hashlib
import mmap
import os
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple, Self

import numpy as np
import orjson
from numpy.typing import NDArray

from core.errors import CannotStart

Array = NDArray[Any]

MAGIC = b"copytrail segment 1\n\0\0\0\0"
HEAD = struct.Struct("<24sQQ")  # magic, pairs, posts
HOLDERS = 50  # rows looked at of one key in an archive of 100,000 posts (matching-bench), growing with its fourth root
POSTINGS = 500_000  # rows looked at for one post
TOP = 32  # candidates kept of one post and segment: those that share most
LEAST = 0.1  # of the keys of both that must be shared before two texts are compared


class Batch(NamedTuple):
    """Posts to look up or append: ascending row ids, and keys[starts[i]:starts[i + 1]] of each."""

    ids: Array
    starts: Array
    keys: Array


class Candidates(NamedTuple):
    """Pairs worth comparing: place in the batch, row found, keys shared."""

    who: Array
    row: Array
    shared: Array


@dataclass(frozen=True, slots=True)
class Segment:
    """One sorted file, mapped into memory; pages are read as needed and can be dropped by the system at any time."""

    name: str
    keys: Array
    rows: Array
    ids: Array
    sizes: Array


class Segments:
    """All segments of one index folder. Open it, look up, append; `generation` says up to where SQL is in it."""

    def __init__(self, folder: Path, stamp: str) -> None:
        """Open the folder; what carries another stamp (kernel, database) or is damaged is dropped.

        Raises CannotStart where another process has it open, or it cannot be written to.
        """
        self.folder = folder
        self.stamp = stamp
        self.generation, self.token = 0, ""
        self.segments: list[Segment] = []
        self._files: dict[str, dict[str, Any]] = {}
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
        return sum(len(segment.ids) for segment in self.segments)

    def clear(self) -> None:
        """Drop everything; the manifest goes first."""
        self.segments, self._files, self.generation, self.token = [], {}, 0, ""
        for path in (self.folder / "manifest.json", *self.folder.glob("*.seg"), *self.folder.glob("*.part")):
            path.unlink(missing_ok=True)
        _sync(self.folder)

    def append(self, batch: Batch, generation: int, token: str) -> None:
        """Add posts with their keys, merge what has become alike in size, and stand for `generation` from now on."""
        if len(batch.keys):
            if int(batch.ids[-1]) >= 2**32:
                raise CannotStart("The index holds post numbers below 2**32; this database has more.")
            sizes = np.diff(batch.starts)
            order = np.argsort(batch.keys, kind="stable")
            rows = np.repeat(batch.ids, sizes).astype(np.uint32)[order]
            held = sizes > 0
            self._write(batch.keys[order], rows, batch.ids[held].astype(np.uint32), sizes[held].astype(np.uint32))
        while len(self.segments) > 1 and len(self.segments[-2].keys) <= 2 * len(self.segments[-1].keys):
            self._merge()
        self.generation, self.token = generation, token
        self._save()

    def find(self, keys: Array) -> Array:
        """Return for each key the oldest row that holds it, or -1."""
        from matchers.kernel import lookup

        found = np.full(len(keys), -1, np.int64)
        order = np.argsort(keys, kind="stable")
        wanted, low, high = keys[order], np.empty(len(keys), np.int64), np.empty(len(keys), np.int64)
        for segment in reversed(self.segments):
            lookup.ranges(wanted, order, segment.keys, low, high)
            there = high > low
            found[there] = segment.rows[low[there]]
        return found

    def candidates(self, batch: Batch, *, least: float = LEAST, top: int = TOP) -> Iterator[Candidates]:
        """Yield, segment by segment and then within the batch, the earlier posts that share keys with the new ones."""
        from matchers.kernel import lookup

        cap = self.cap()
        newest = cap // 5
        order = np.argsort(batch.keys, kind="stable")
        wanted = batch.keys[order]
        low, high = np.empty(len(order), np.int64), np.empty(len(order), np.int64)
        bounds = (cap - newest, newest, POSTINGS, top, least)
        for segment in self.segments:
            lookup.ranges(wanted, order, segment.keys, low, high)
            yield Candidates(*lookup.share(batch.starts, low, high, segment.rows, segment.ids, segment.sizes, *bounds))
        lookup.earlier(wanted, order, low, high)
        sizes = np.diff(batch.starts)
        ids = batch.ids.astype(np.uint32)
        rows = np.repeat(ids, sizes)[order]
        yield Candidates(*lookup.share(batch.starts, low, high, rows, ids, sizes.astype(np.uint32), *bounds))

    def holders(self, keys: Array) -> Array:
        """Return how many rows hold each key."""
        from matchers.kernel import lookup

        counts = np.zeros(len(keys), np.int64)
        order = np.argsort(keys, kind="stable")
        wanted, low, high = keys[order], np.empty(len(keys), np.int64), np.empty(len(keys), np.int64)
        for segment in self.segments:
            lookup.ranges(wanted, order, segment.keys, low, high)
            counts += high - low
        return counts

    def earlier(self, batch: Batch, few: int) -> tuple[Array, Array]:
        """Return for each key of a batch how many rows held it before, and the `few` oldest (-1 where fewer)."""
        from matchers.kernel import lookup

        order = np.argsort(batch.keys, kind="stable")
        wanted = batch.keys[order]
        low, high = np.empty(len(order), np.int64), np.empty(len(order), np.int64)
        counts, found = np.zeros(len(order), np.int64), np.full((len(order), few), -1, np.int64)
        batch_rows = np.repeat(batch.ids, np.diff(batch.starts))[order]
        for segment in (*self.segments, None):
            if segment:
                lookup.ranges(wanted, order, segment.keys, low, high)
            else:
                lookup.earlier(wanted, order, low, high)
            rows = segment.rows if segment else batch_rows
            for k in range(few):
                free = np.flatnonzero((high - low > k) & (counts + k < few))
                found[free, counts[free] + k] = rows[low[free] + k]
            counts += high - low
        return counts, found

    def cap(self, holders: int = HOLDERS) -> int:
        """Return how many rows of one key are looked at in each segment."""
        growth: float = (self.posts / 100_000) ** 0.25
        return max(holders, round(holders * growth))

    def _merge(self) -> None:
        from matchers.kernel import lookup

        new, old = self.segments.pop(), self.segments.pop()
        gone = np.intersect1d(old.ids, new.ids, assume_unique=True)
        stays = ~np.isin(old.ids, gone, assume_unique=True) if len(gone) else np.ones(len(old.ids), bool)
        ids = np.concatenate([old.ids[stays], new.ids])
        sizes = np.concatenate([old.sizes[stays], new.sizes])
        order = np.argsort(ids, kind="stable")
        pairs = int(sizes.sum(dtype=np.int64))
        with self._file(pairs, len(ids)) as target:
            lookup.merge(old.keys, old.rows, new.keys, new.rows, gone, target.keys, target.rows)
            target.ids[:], target.sizes[:] = ids[order], sizes[order]
        for segment in (old, new):
            self._files.pop(segment.name)

    def _write(self, keys: Array, rows: Array, ids: Array, sizes: Array) -> None:
        with self._file(len(keys), len(ids)) as target:
            target.keys[:], target.rows[:], target.ids[:], target.sizes[:] = keys, rows, ids, sizes

    def _file(self, pairs: int, posts: int) -> _NewFile:
        self._number += 1
        return _NewFile(self, f"{self._number:08d}.seg", pairs, posts)

    def keep(self, name: str, path: Path) -> None:
        """Take up a segment file that is complete; the next manifest names it."""
        stat = path.stat()
        self._files[name] = {"size": stat.st_size, "mtime": stat.st_mtime_ns, "sha256": _digest(path)}
        self.segments.append(_map(path, name))

    def _save(self) -> None:
        manifest = {
            "stamp": self.stamp, "generation": self.generation, "token": self.token, "number": self._number,
            "segments": [{"name": s.name, **self._files[s.name]} for s in self.segments],
        }  # fmt: skip
        part = self.folder / "manifest.part"
        with part.open("wb") as file:
            file.write(orjson.dumps(manifest, option=orjson.OPT_INDENT_2))
            file.flush()
            os.fsync(file.fileno())
        part.replace(self.folder / "manifest.json")
        _sync(self.folder)
        for path in self.folder.glob("*.seg"):
            if path.name not in self._files:
                path.unlink(missing_ok=True)

    def _load(self) -> bool:
        """Read the manifest and map its files; False where anything is not as it says."""
        try:
            manifest = orjson.loads((self.folder / "manifest.json").read_bytes())
            if manifest["stamp"] != self.stamp:
                return False
            for entry in manifest["segments"]:
                path = self.folder / Path(entry["name"]).name
                stat = path.stat()
                if stat.st_size != entry["size"]:
                    return False
                if stat.st_mtime_ns != entry["mtime"] and _digest(path) != entry["sha256"]:
                    return False
                self._files[path.name] = {key: entry[key] for key in ("size", "mtime", "sha256")}
                self.segments.append(_map(path, path.name))
            self.generation, self.token = int(manifest["generation"]), str(manifest["token"])
            self._number = int(manifest["number"])
        except (OSError, ValueError, KeyError, TypeError):
            return False
        return True


class _NewFile:
    """A segment file being written: aside, mapped, synced, then renamed to its name."""

    def __init__(self, owner: Segments, name: str, pairs: int, posts: int) -> None:
        self.owner, self.name = owner, name
        self.path = owner.folder / f"{name}.part"
        self.pairs, self.posts = pairs, posts

    def __enter__(self) -> Segment:
        """Lay the file out in full size; pages are written back by the system, not held by us."""
        with self.path.open("wb") as file:
            file.write(HEAD.pack(MAGIC, self.pairs, self.posts))
            file.truncate(HEAD.size + 12 * self.pairs + 8 * self.posts)
        self.segment = _map(self.path, self.name, mmap.ACCESS_WRITE)
        return self.segment

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        del self.segment
        if error is not None:
            self.path.unlink(missing_ok=True)
            return
        with self.path.open("rb+") as file:
            os.fsync(file.fileno())
        final = self.owner.folder / self.name
        self.path.replace(final)
        self.owner.keep(self.name, final)


def _map(path: Path, name: str, access: int = mmap.ACCESS_COPY) -> Segment:
    """Map a segment file; raise ValueError where it is none."""
    with path.open("rb+") as file:
        data = mmap.mmap(file.fileno(), 0, access=access)
    magic, pairs, posts = HEAD.unpack_from(data)
    if magic != MAGIC or len(data) != HEAD.size + 12 * pairs + 8 * posts:
        raise ValueError(f"{path} is no segment")
    at = HEAD.size
    return Segment(
        name,
        np.frombuffer(data, np.uint64, pairs, at),
        np.frombuffer(data, np.uint32, pairs, at + 8 * pairs),
        np.frombuffer(data, np.uint32, posts, at + 12 * pairs),
        np.frombuffer(data, np.uint32, posts, at + 12 * pairs + 4 * posts),
    )


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
