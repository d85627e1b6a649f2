"""Take WARC files of other software into the archive: byte for byte where each record is a gzip member of its own.

Other files (not packed, several records to a member, damaged ones) are packed anew, record by record: the bytes of each
record stay, so its digest does too. What is damaged is left out and named with its place.
"""

from __future__ import annotations

import re
import secrets
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from archive.whole_records import whole_records
from core.errors import BadInput

MAX_FILE = 64 * 10**9  # bytes of one file, packed or unpacked
_PIECE = 1 << 20
_MAX_HEAD = 256 * 1024
_LENGTH = re.compile(rb"^Content-Length:\s*(\d{1,12})\s*$", re.I | re.M)
_ZSTD = b"\x28\xb5\x2f\xfd"
_NAMED = 20  # damaged places named one by one


@dataclass
class Copied:
    """A file as it was taken in: `repacked` counts the records packed anew, `damages` name what was left out."""

    path: Path
    whole: int = 0
    repacked: int = 0
    damages: list[str] = field(default_factory=list)

    def damage(self, sentence: str) -> None:
        """Note a damaged place; beyond a few they are not named one by one."""
        if len(self.damages) < _NAMED:
            self.damages.append(sentence)


def take_in(source: IO[bytes], target: Path, name: str) -> Copied:
    """Copy a WARC file into the archive under the name `target`; it appears whole or not at all.

    `name` is what it is called in sentences. Raises BadInput where it is no WARC, is over the cap, or holds no whole
    record.
    """
    token = secrets.token_hex(4)  # two imports of one file do not meet
    part, made = (target.with_name(f".{target.name}.{token}.{end}") for end in ("part", "made"))
    try:
        _spooled(source, part, name)
        copied = _copied(part, made, target, name)
    except OSError as error:
        raise BadInput(f"{name} cannot be copied into the archive: {error.strerror or error}.") from error
    finally:
        part.unlink(missing_ok=True)
        made.unlink(missing_ok=True)
    if not copied.whole and not copied.repacked:
        target.unlink(missing_ok=True)
        raise BadInput(f"{name} holds no whole WARC record. {' '.join(copied.damages[:1])}".rstrip())
    return copied


def _spooled(source: IO[bytes], part: Path, name: str) -> None:
    size = 0
    try:
        with part.open("wb") as out:
            while piece := source.read(_PIECE):
                size += len(piece)
                if size > MAX_FILE:
                    raise BadInput(f"{name} is larger than {MAX_FILE} bytes; it is not taken in.")
                out.write(piece)
    except (zlib.error, EOFError, ValueError) as error:  # a damaged member of a zip: what came is looked through
        if not size:
            raise BadInput(f"{name} cannot be read: {error}.") from error


def _copied(part: Path, made: Path, target: Path, name: str) -> Copied:
    copied = Copied(target)
    with part.open("rb") as file:
        begins = file.read(5)
    if begins.startswith(_ZSTD):
        raise BadInput(f"{name} is packed with Zstandard; unpack it with `zstd -d` and import what comes out.")
    if not begins.startswith((b"\x1f\x8b", b"WARC/")):
        raise BadInput(f"{name} is no WARC file.")
    size = part.stat().st_size
    packed = begins.startswith(b"\x1f\x8b")
    spans = [(r.since, r.until) for r in whole_records(part)] if packed else []
    copied.whole = len(spans)
    gaps = list(_gaps(spans, size))
    if not gaps:
        part.replace(target)
        return copied
    with part.open("rb") as file, made.open("wb") as out:
        for (since, until), is_gap in sorted([(s, False) for s in spans] + [(g, True) for g in gaps]):
            if is_gap:
                _repack(_unpacked(file, since, until, packed=packed), out, copied, f"{name}, bytes {since} to {until}")
            else:
                file.seek(since)
                _copy(file, out, until - since)
    made.replace(target)
    return copied


def _gaps(spans: list[tuple[int, int]], size: int) -> Iterator[tuple[int, int]]:
    place = 0
    for since, until in [*spans, (size, size)]:
        if since > place:
            yield place, since
        place = max(place, until)


def _copy(file: IO[bytes], out: IO[bytes], size: int) -> None:
    while size:
        piece = file.read(min(size, _PIECE))
        out.write(piece)
        size -= len(piece) or size


def _unpacked(file: IO[bytes], since: int, until: int, *, packed: bool) -> Iterator[bytes]:
    """Yield what stands between two bytes of a file, unpacked; raise zlib.error or EOFError where it is damaged."""
    file.seek(since)
    left, total = until - since, 0
    unpack = zlib.decompressobj(31)
    begun = False
    while left or unpack.unconsumed_tail or unpack.unused_data:
        data = unpack.unconsumed_tail or unpack.unused_data
        if unpack.eof:
            unpack, begun = zlib.decompressobj(31), False
            data = data.lstrip(b"\0")
        if not data:
            data = file.read(min(left, _PIECE // 16))
            left -= len(data) or left
        if not packed:
            yield data
            continue
        if not begun:
            data = data.lstrip(b"\0")  # padding between members
        if data:
            begun = True
            piece = unpack.decompress(data, _PIECE)
            total += len(piece)
            if total > MAX_FILE:
                raise zlib.error("it unpacks to too much")
            yield piece
    if begun and not unpack.eof:
        raise EOFError("it ends too early")


class _Stream:
    """Unpacked bytes, line by line or by number."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self.pieces = pieces
        self.ready = b""

    def line(self) -> bytes:
        while b"\n" not in self.ready and len(self.ready) < _MAX_HEAD:
            piece = next(self.pieces, None)
            if piece is None:
                break
            self.ready += piece
        end = self.ready.find(b"\n") + 1 or len(self.ready)
        line, self.ready = self.ready[:end], self.ready[end:]
        return line

    def some(self, most: int) -> bytes:
        while not self.ready:
            piece = next(self.pieces, None)
            if piece is None:
                return b""
            self.ready = piece
        taken, self.ready = self.ready[:most], self.ready[most:]
        return taken


def _repack(pieces: Iterator[bytes], out: IO[bytes], copied: Copied, where: str) -> None:
    stream = _Stream(pieces)
    place = out.tell()
    try:
        while True:
            place = out.tell()
            if not _one(stream, out.write):
                return
            copied.repacked += 1
    except (zlib.error, EOFError, ValueError) as error:
        out.seek(place)
        out.truncate()
        copied.damage(f"{where}: {error}; what is whole before and after was taken.")


def _one(stream: _Stream, write: Callable[[bytes], int]) -> bool:
    """Pack one record as a gzip member; return False at the end."""
    line = stream.line()
    while line in (b"\r\n", b"\n"):
        line = stream.line()
    if not line:
        return False
    if not line.startswith(b"WARC/1."):
        raise ValueError("something else than a WARC record stands here")
    head = line
    while (line := stream.line()) != b"\r\n":
        head += line
        if not line.endswith(b"\r\n") or len(head) > _MAX_HEAD:
            raise ValueError("the head of a record is cut or has no line ends")
    stated = _LENGTH.search(head)
    if stated is None:
        raise ValueError("a record does not state its length")
    press = zlib.compressobj(6, wbits=31)
    write(press.compress(head + b"\r\n"))
    left = int(stated[1])
    while left:
        piece = stream.some(min(left, _PIECE))
        if not piece:
            raise EOFError("it ends in the middle of a record")
        left -= len(piece)
        write(press.compress(piece))
    if stream.line() + stream.line() != b"\r\n\r\n":
        raise ValueError("a record does not end where it says")
    write(press.compress(b"\r\n\r\n") + press.flush())
    return True
