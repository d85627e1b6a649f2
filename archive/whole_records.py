"""Walk the whole records of a WARC file of ours without holding one: id, digest of all of it, and where it stands."""

from __future__ import annotations

import hashlib
import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

_PIECE = 1 << 16
_FIRST = 1 << 12  # most records are small, and each member is read from its own beginning
_MAX_HEAD = 256 * 1024  # bytes of the named fields of one record
_MEMBER = b"\x1f\x8b\x08"
_ID = re.compile(rb"^WARC-Record-ID:\s*<?([^>\r\n]+)>?\s*$", re.I | re.M)
_LENGTH = re.compile(rb"^Content-Length:\s*(\d{1,18})\s*$", re.I | re.M)


@dataclass(frozen=True, slots=True)
class Whole:
    """One record, packed as one gzip member from byte `since` to `until`; `sha256` is of all of it, unpacked."""

    id: str
    sha256: str
    since: int
    until: int


def whole_records(path: Path, since: int = 0, until: int | None = None) -> Iterator[Whole]:
    """Yield the whole records between two bytes of a file; a damaged place is passed over, a torn end is left.

    Raises OSError where the file cannot be read.
    """
    with path.open("rb") as file:
        place: int | None = since
        while place is not None and (until is None or place < until):
            found, end = _member(file, place)
            if found is not None:
                yield found
                place = found.until
            else:
                place = _next(file, place + 1) if end is None else None


def _member(file: BinaryIO, since: int) -> tuple[Whole | None, int | None]:
    """Return the record that begins at a byte; None with a place where the file ends, None without where it is none."""
    file.seek(since)
    unpack, hashed, head, size, read = zlib.decompressobj(31), hashlib.sha256(), bytearray(), 0, since
    packed = b""
    while not unpack.eof:
        packed = unpack.unconsumed_tail or file.read(_PIECE if size else _FIRST)
        if not packed:
            return None, read
        read += 0 if unpack.unconsumed_tail else len(packed)
        try:
            piece = unpack.decompress(packed, _PIECE * 16)
        except zlib.error:
            return None, None
        hashed.update(piece)
        if len(head) < _MAX_HEAD and b"\r\n\r\n" not in head:
            head += piece[:_MAX_HEAD]
        size += len(piece)
    identity = _identity(bytes(head), size)
    if identity is None:
        return None, None
    return Whole(identity, hashed.hexdigest(), since, read - len(unpack.unused_data)), None


def _identity(head: bytes, size: int) -> str | None:
    """Return the id of a record whose head this is; None where a member of that size is not one record alone."""
    fields, gap, _ = head.partition(b"\r\n\r\n")
    name, length = _ID.search(fields), _LENGTH.search(fields)
    if not gap or not fields.startswith(b"WARC/1.") or name is None or length is None:
        return None
    if len(fields) + 4 + int(length[1]) + 4 != size:
        return None
    return name[1].strip().decode("utf-8", "replace")


def _next(file: BinaryIO, place: int) -> int | None:
    """Return where the next gzip member may begin, from a byte on; None where there is none."""
    file.seek(place)
    rest = b""
    while piece := file.read(_PIECE):
        found = (rest + piece).find(_MEMBER)
        if found >= 0:
            return place - len(rest) + found
        place += len(piece)
        rest = (rest + piece)[-2:]
    return None
