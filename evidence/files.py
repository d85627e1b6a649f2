"""The files of a bundle, whether it comes as a zip, as a zip within a zip, or as an unzipped folder."""

from __future__ import annotations

import hashlib
import os
import stat
import zlib
from abc import ABC, abstractmethod
from concurrent.futures import Executor
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event
from typing import Protocol, Self

from core.errors import BadInput
from evidence.manifest import Entry
from evidence.portable import unportable
from evidence.windows import PIECE, Inflated, Window
from evidence.zips import MAX_MEMBERS, STORED, Member, directory

MAX_TOTAL = 64 * 10**9  # bytes unpacked


class Reading(Protocol):
    """An open file."""

    def read(self, size: int = -1) -> bytes:
        """Return up to `size` bytes."""

    def close(self) -> None:
        """Give it back."""


@dataclass
class Files(ABC):
    """What is read of a bundle: names in their order, sizes, bytes; digests are taken once.

    `flaws` are what no honest bundle has, `loose` what only bundles of other makers have.
    """

    flaws: list[str] = field(default_factory=list)
    loose: list[str] = field(default_factory=list)
    digests: dict[str, Entry | BadInput] = field(default_factory=dict)

    @abstractmethod
    def names(self) -> list[str]:
        """Return the names of the files in their order."""

    @abstractmethod
    def size(self, name: str) -> int:
        """Return the unpacked size that is stated."""

    @abstractmethod
    def open(self, name: str) -> Reading:
        """Open a file; raise BadInput where there is none."""

    @abstractmethod
    def place(self, name: str) -> tuple[Path, int, int] | None:
        """Return where a file lies as it is (path, first byte, size); None where it is packed."""

    def crc(self, name: str) -> int | None:
        """Return the check sum that the container states, where it has any."""
        return None

    def read(self, name: str, limit: int = 256 * 10**6) -> bytes:
        """Return a whole file; raise BadInput where it is missing, damaged or larger than `limit`."""
        file = self.open(name)
        try:
            data = file.read(limit + 1)
        except OSError as error:
            raise BadInput(f"{name} cannot be read: {error.strerror or error}") from error
        finally:
            file.close()
        if len(data) > limit:
            raise BadInput(f"{name} is larger than {limit} bytes")
        return data

    def entry(self, name: str) -> Entry:
        """Return size and SHA-256 of a file; raise BadInput where it is damaged."""
        if name not in self.digests:
            self.digests[name] = self._digest(name)
        found = self.digests[name]
        if isinstance(found, BadInput):
            raise found
        return found

    def digest_all(self, pool: Executor) -> None:
        """Take the digests of all files, several at a time."""
        wanted, stop = [name for name in self.names() if name not in self.digests], Event()
        work = [pool.submit(self._digest, name, stop) for name in wanted]
        try:
            self.digests.update((name, one.result()) for name, one in zip(wanted, work, strict=True))
        finally:  # whoever interrupts does not wait until files of any size are read
            stop.set()
            for one in work:
                one.cancel()

    def _digest(self, name: str, stop: Event | None = None) -> Entry | BadInput:
        size, crc, hashed = 0, 0, hashlib.sha256()
        stated = self.crc(name)
        try:
            file = self.open(name)
            try:
                while data := file.read(PIECE):
                    if stop is not None and stop.is_set():
                        return BadInput(f"{name} was not read to its end")
                    size += len(data)
                    hashed.update(data)
                    crc = zlib.crc32(data, crc) if stated is not None else 0
            finally:
                file.close()
        except BadInput as error:
            return error
        except OSError as error:
            return BadInput(f"{name} cannot be read: {error.strerror or error}")
        if stated is not None and crc != stated:
            return BadInput(f"{name} is damaged: the check sum of the zip does not fit its bytes")
        return Entry(name, size, hashed.hexdigest())


@dataclass
class ZipFiles(Files):
    """A zip, or a zip stored in another file from a byte on."""

    path: Path = Path()
    start: int = 0
    members: dict[str, Member] = field(default_factory=dict)

    @classmethod
    def opened(cls, path: Path, start: int = 0, size: int | None = None) -> Self:
        """Read the directory of the zip; raise BadInput where it is none or over the caps."""
        with Window(path, start, size) as file:
            found, whole = directory(file), file.size
        members = {name: m for name, m in found.members.items() if not name.endswith("/")}
        if sum(m.size for m in members.values()) > min(MAX_TOTAL, 10**9 + 200 * whole):
            raise BadInput("the zip unpacks to more than is read: it may be a bomb")
        return cls([*found.flaws, *unportable(members)], found.loose, {}, path, start, members)

    def names(self) -> list[str]:
        """Return the names in the order of the directory."""
        return list(self.members)

    def size(self, name: str) -> int:
        """Return the size the directory states."""
        return self._member(name).size

    def open(self, name: str) -> Reading:
        """Open a member; stored ones are read in place."""
        member = self._member(name)
        window = Window(self.path, self.start + member.start, member.packed)
        return window if member.method == STORED else Inflated(window, name, member.size)

    def place(self, name: str) -> tuple[Path, int, int] | None:
        """Return where a stored member lies."""
        member = self._member(name)
        return (self.path, self.start + member.start, member.size) if member.method == STORED else None

    def crc(self, name: str) -> int | None:
        """Return the check sum of a member."""
        return self._member(name).crc

    def _member(self, name: str) -> Member:
        if name not in self.members:
            raise BadInput(f"{name} is missing")
        return self.members[name]


@dataclass
class FolderFiles(Files):
    """An unzipped bundle."""

    path: Path = Path()
    sizes: dict[str, int] = field(default_factory=dict)

    @classmethod
    def opened(cls, path: Path) -> Self:
        """List a folder; links and what is no file are flaws. Raises BadInput where it holds too many."""
        found = cls(path=path)
        for folder, inner, names in os.walk(path):
            for name in sorted(inner) + sorted(names):
                whole = Path(folder) / name
                shown = whole.relative_to(path).as_posix()
                status = whole.lstat()
                if stat.S_ISREG(status.st_mode):
                    found.sizes[shown] = status.st_size
                elif not stat.S_ISDIR(status.st_mode):
                    found.flaws.append(f"{shown} is a link to elsewhere, or no file")
            if len(found.sizes) > MAX_MEMBERS:
                raise BadInput(f"{path} holds more files than are read; is it the folder of a bundle?")
        if sum(found.sizes.values()) > MAX_TOTAL:
            raise BadInput(f"{path} holds more than {MAX_TOTAL // 10**9} GB, more than is read")
        found.flaws += unportable(found.sizes)
        return found

    def names(self) -> list[str]:
        """Return the names, sorted."""
        return sorted(self.sizes)

    def size(self, name: str) -> int:
        """Return the size of a file."""
        return self.sizes[name]

    def open(self, name: str) -> Reading:
        """Open a file of the folder."""
        if name not in self.sizes:
            raise BadInput(f"{name} is missing")
        try:
            return Window(self.path / name)
        except OSError as error:
            raise BadInput(f"{name} cannot be read: {error.strerror or error}") from error

    def place(self, name: str) -> tuple[Path, int, int] | None:
        """Return the file itself."""
        return self.path / name, 0, self.sizes[name]


@dataclass(kw_only=True)
class Inside(Files):
    """The files under one folder of others."""

    outer: Files
    prefix: str

    @classmethod
    def of(cls, outer: Files, prefix: str) -> Self:
        """Return the files whose names begin with `prefix`."""
        return cls(flaws=outer.flaws, loose=outer.loose, outer=outer, prefix=prefix)

    def names(self) -> list[str]:
        """Return the names without the prefix."""
        return [name.removeprefix(self.prefix) for name in self.outer.names() if name.startswith(self.prefix)]

    def size(self, name: str) -> int:
        """Return the stated size."""
        return self.outer.size(self.prefix + name)

    def open(self, name: str) -> Reading:
        """Open a file."""
        return self.outer.open(self.prefix + name)

    def place(self, name: str) -> tuple[Path, int, int] | None:
        """Return where it lies."""
        return self.outer.place(self.prefix + name)

    def crc(self, name: str) -> int | None:
        """Return the check sum the container states."""
        return self.outer.crc(self.prefix + name)
