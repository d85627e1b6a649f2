"""Keep files by what they are: the name is the SHA-256 of the bytes, so nothing is kept twice and change shows."""

from __future__ import annotations

import hashlib
import os
import re
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path

from core.errors import BadInput, CannotStart, TooLarge

_PIECE = 1024 * 1024


class Blobs:
    """A folder of blobs, two levels deep: `ab/cd/abcd...`. Raises CannotStart where it cannot be written."""

    def __init__(self, folder: Path | str) -> None:
        self.folder = Path(folder)
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise _unwritable(self.folder, error) from error

    def path(self, digest: str) -> Path:
        """Return where the blob of a digest (64 hex digits) stands, or would."""
        if not re.fullmatch(r"[0-9a-f]{64}", digest):
            raise BadInput(f"{digest[:80]!r} is no SHA-256; give its 64 lower-case hex digits.")
        return self.folder / digest[:2] / digest[2:4] / digest  # as core.ids.blob_path says it

    def put(self, content: bytes | Iterable[bytes], *, cap: int) -> str:
        """Keep bytes, or a stream of them, and return the digest; raise TooLarge over `cap` bytes, keeping nothing."""
        pieces = [content] if isinstance(content, bytes) else content
        try:
            return self._put(pieces, cap)
        except OSError as error:
            raise _unwritable(self.folder, error) from error

    def get(self, digest: str) -> bytes:
        """Return the bytes of a digest, verified; raise BadInput where they are missing or changed."""
        return b"".join(self.stream(digest))

    def stream(self, digest: str) -> Iterator[bytes]:
        """Yield the bytes of a digest; raise BadInput at the end where they are not what the name says."""
        path = self.path(digest)
        counted = hashlib.sha256()
        try:
            with path.open("rb") as file:
                while piece := file.read(_PIECE):
                    counted.update(piece)
                    yield piece
        except OSError as error:
            raise BadInput(f"The file {digest} is not in {self.folder} ({error.strerror or error}).") from error
        if counted.hexdigest() != digest:
            raise BadInput(f"The file {path} was changed since it was kept; restore it from a backup.")

    def __contains__(self, digest: str) -> bool:
        return self.path(digest).is_file()

    def _put(self, pieces: Iterable[bytes], cap: int) -> str:
        """Write beside the others, then move into place: a blob is there whole or not at all."""
        counted, size = hashlib.sha256(), 0
        number, name = tempfile.mkstemp(dir=self.folder, prefix="incoming-")
        try:
            with os.fdopen(number, "wb") as file:
                for piece in pieces:
                    size += len(piece)
                    if size > cap:
                        raise TooLarge(f"The file is larger than {cap:,} bytes; raise the cap if you want to keep it.")
                    counted.update(piece)
                    file.write(piece)
                file.flush()
                os.fsync(file.fileno())
            path = self.path(counted.hexdigest())
            path.parent.mkdir(parents=True, exist_ok=True)
            Path(name).replace(path)
        finally:
            Path(name).unlink(missing_ok=True)
        return counted.hexdigest()


def _unwritable(folder: Path, error: OSError) -> CannotStart:
    return CannotStart(
        f"The folder {folder} cannot be written ({error.strerror or error}); "
        "free some space, or give yourself the right to write."
    )
