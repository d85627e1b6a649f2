"""A body as it arrives: written by one thread, read by others from any place on; in memory while it is small."""

from __future__ import annotations

import contextlib
import hashlib
import os
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from core.errors import CannotStart
from core.exchange import Headers

_SMALL = 256 * 1024  # bytes up to which no file is made


@dataclass(frozen=True, slots=True)
class Head:
    """What stands before a body: status, reason and headers as they came."""

    status: int
    reason: str
    headers: Headers


class Spool:
    """Take a body piece by piece and give it to any number of readers; `path` is where it goes once it is large.

    Readers wait for what has not come yet; `took` is told the size of each piece.
    `close` removes the file; until then `file` may be read by its name.
    """

    def __init__(self, path: Path, took: Callable[[int], None] | None = None) -> None:
        self._path, self._took = path, took
        self._small = bytearray()
        self._file: BinaryIO | None = None
        self._head: Head | None = None
        self._digest = hashlib.sha256()
        self._changed = threading.Condition()
        self.size = 0
        self.ended = False
        self.whole = False

    def begin(self, head: Head) -> None:
        """State what stands before the body; readers may go on."""
        with self._changed:
            self._head = head
            self._changed.notify_all()

    def append(self, piece: bytes) -> None:
        """Take one more piece; raise CannotStart where the disk does not take it."""
        with self._changed:
            self._digest.update(piece)
            try:
                if self._file is None and self.size + len(piece) > _SMALL:
                    self._file = self._path.open("x+b", buffering=0)
                    self._write(bytes(self._small))
                    self._small.clear()
                if self._file is None:
                    self._small += piece
                else:
                    self._write(piece)
            except OSError as error:
                raise CannotStart(
                    f"{self._path.parent} cannot be written ({error.strerror or error}); free some space."
                ) from error
            self.size += len(piece)
            self._changed.notify_all()
        if self._took is not None:
            self._took(len(piece))

    def end(self, *, whole: bool) -> None:
        """State that nothing more comes; `whole` where the body was complete."""
        with self._changed:
            self.ended, self.whole = True, whole
            self._changed.notify_all()

    def head(self) -> Head | None:
        """Wait for what stands before the body; None where none ever came."""
        with self._changed:
            self._changed.wait_for(lambda: self._head is not None or self.ended)
            return self._head

    def wait(self) -> int:
        """Wait for the end and return the size in bytes."""
        with self._changed:
            self._changed.wait_for(lambda: self.ended)
            return self.size

    def read(self, offset: int, size: int = 65_536) -> bytes:
        """Return up to `size` bytes from an offset on, waiting for the first of them; nothing at the end."""
        with self._changed:
            self._changed.wait_for(lambda: self.size > offset or self.ended)
            if self._file is None:
                return bytes(self._small[offset : offset + size])
            return os.pread(self._file.fileno(), size, offset)

    @property
    def sha256(self) -> str:
        """The digest of what came, as hex."""
        return self._digest.hexdigest()

    @property
    def file(self) -> Path | None:
        """The file that holds the body; None while it is small (see `body`)."""
        return self._path if self._file is not None else None

    @property
    def body(self) -> bytes:
        """The body while it is small; empty where it lies in a file."""
        return bytes(self._small)

    def close(self) -> None:
        """Remove the file."""
        with self._changed:
            if self._file is not None:
                self._file.close()
                self._file = None
                with contextlib.suppress(OSError):
                    self._path.unlink()
            self.ended = True
            self._changed.notify_all()

    def _write(self, piece: bytes) -> None:
        rest = memoryview(piece)
        while rest and self._file is not None:
            rest = rest[self._file.write(rest) :]
