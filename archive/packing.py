"""Pack WARC/1.1 records, one gzip member each: named fields, digests, and a payload from memory or from a file.

A payload that lies in a file is read twice, first for its digests and then into the record, a piece at a time; a file
that is not the same the second time is refused.
"""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from core.errors import BadInput

Field = tuple[str, str]
Payload = bytes | Path

_LEVEL = 6
_PIECE = 1024 * 1024
_SAMPLE = 256 * 1024  # bytes from which on a payload is looked at: what does not shrink (a film) is not pressed in vain
_WORTH = 0.95
_TEXT_END = b"\r\n\r\n"


@dataclass(frozen=True, slots=True)
class Member:
    """One record: its bytes up to the payload, the payload, and size and SHA-256 (hex) of the payload."""

    start: bytes
    payload: Payload
    size: int
    sha256: str

    def packed(self) -> Iterator[bytes]:
        """Yield the gzip member piece by piece; raise BadInput where the file of the payload cannot be read again."""
        press = zlib.compressobj(_level(self.payload, self.size), wbits=31)
        yield press.compress(self.start)
        digest, size = hashlib.sha256(), 0
        for piece in pieces(self.payload):
            digest.update(piece)
            size += len(piece)
            if packed := press.compress(piece):
                yield packed
        if size != self.size or digest.hexdigest() != self.sha256:
            raise BadInput(f"{self.payload!s:.200} was changed while it was being archived; it is left out.")
        yield press.compress(_TEXT_END) + press.flush()


def member(head: list[Field], http: bytes, payload: Payload | None = None) -> Member:
    """Return one record; with `payload`, `http` (empty in a resource) is what stands before it in the block."""
    block, content, size = hashlib.sha256(http), hashlib.sha256(), 0
    for piece in pieces(payload or b""):
        block.update(piece)
        content.update(piece)
        size += len(piece)
    digests = [("WARC-Block-Digest", f"sha256:{block.hexdigest()}")]
    if payload is not None:
        digests.append(("WARC-Payload-Digest", f"sha256:{content.hexdigest()}"))
    lines = [*head, *digests, ("Content-Length", str(len(http) + size))]
    text = "WARC/1.1\r\n" + "".join(f"{name}: {value}\r\n" for name, value in lines) + "\r\n"
    return Member(text.encode() + http, payload or b"", size, content.hexdigest())


def pieces(payload: Payload) -> Iterator[bytes]:
    """Yield the bytes of a payload; raise BadInput where its file cannot be read."""
    if isinstance(payload, bytes):
        yield payload
        return
    try:
        with payload.open("rb") as file:
            while piece := file.read(_PIECE):
                yield piece
    except OSError as error:
        raise BadInput(f"{payload} cannot be read for the archive: {error.strerror or error}.") from error


def size_of(payload: Payload) -> int:
    """Return how many bytes a payload has; raise BadInput where its file cannot be read."""
    if isinstance(payload, bytes):
        return len(payload)
    try:
        return payload.stat().st_size
    except OSError as error:
        raise BadInput(f"{payload} cannot be read for the archive: {error.strerror or error}.") from error


def _level(payload: Payload, size: int) -> int:
    """Return how hard to press: not at all where a sample of a large payload hardly shrinks."""
    if size < _SAMPLE:
        return _LEVEL
    if isinstance(payload, bytes):
        sample = payload[size // 2 : size // 2 + _SAMPLE // 4]
    else:
        try:
            with payload.open("rb") as file:
                file.seek(size // 2)
                sample = file.read(_SAMPLE // 4)
        except OSError:
            return _LEVEL  # reading it for the record will say what is wrong
    return 0 if len(zlib.compress(sample, 1)) > _WORTH * len(sample) else _LEVEL
