"""Read a part of a file as if it were one, stored or packed: how a bundle in a bundle is read in place."""

from __future__ import annotations

import zlib
from pathlib import Path
from typing import BinaryIO, Protocol

from core.errors import BadInput

PIECE = 1 << 20  # bytes unpacked at a time


class Readable(Protocol):
    """Bytes in their order."""

    def read(self, size: int = ..., /) -> bytes:
        """Return up to `size` bytes."""


class Window:
    """A part of a file, read as if it were one: with a handle of its own, so that threads do not meet."""

    def __init__(self, path: Path, start: int = 0, size: int | None = None) -> None:
        self.path, self.start = path, start
        self._file: BinaryIO = path.open("rb", buffering=0)
        self.size = self._file.seek(0, 2) - start if size is None else size
        self._at = 0

    def read(self, size: int = -1) -> bytes:
        """Return up to `size` bytes from where it stands."""
        left = max(self.size - self._at, 0)
        self._file.seek(self.start + self._at)
        data = self._file.read(min(size, left) if size >= 0 else left)
        self._at += len(data)
        return data

    def at(self, place: int, size: int) -> bytes:
        """Return up to `size` bytes from a place on."""
        self._at = place
        return self.read(size)

    def close(self) -> None:
        """Give the handle back."""
        self._file.close()

    def __enter__(self) -> Window:
        """Return itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close."""
        self.close()


class Inflated:
    """The unpacked bytes of a member that is not stored; raises BadInput where they are damaged or too many."""

    def __init__(self, packed: Window, name: str, size: int) -> None:
        self._from, self._name, self._size, self._made = packed, name, size, 0
        self._unpack, self._in = zlib.decompressobj(-15), b""

    def read(self, size: int = -1) -> bytes:
        """Return up to `size` bytes."""
        wanted = size if size >= 0 else self._size + 1
        out = bytearray()
        while len(out) < wanted and not self._unpack.eof:
            self._in = self._in or self._from.read(PIECE)
            try:
                got = self._unpack.decompress(self._in, min(wanted - len(out), PIECE))
            except zlib.error as error:
                raise BadInput(f"{self._name} is damaged: {error}") from error
            if not got and not self._in and not self._unpack.eof:
                raise BadInput(f"{self._name} ends too early")
            self._in = self._unpack.unconsumed_tail
            out += got
        self._made += len(out)
        if self._made > self._size or (self._unpack.eof and not out and self._made < self._size):
            raise BadInput(f"{self._name} does not unpack to the size it states")
        return bytes(out)

    def close(self) -> None:
        """Give the handle back."""
        self._from.close()
