"""Read WARC records one by one from any file, packed or not, with caps; a torn or damaged end is told, not hidden."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Protocol

from core.errors import BadInput

MAX_RECORD = 256 * 1024 * 1024  # bytes of one record unpacked; larger ones are refused, not read
_MAX_HEAD = 256 * 1024  # bytes of the named fields of one record
_PIECE = 65_536
_PASSED = 64  # a record up to so many times the cap is read over, and what follows it is read
_MEMBER = b"\x1f\x8b\x08"  # how a gzip member begins


@dataclass(frozen=True, slots=True)
class Record:
    """One WARC record: named fields, block, and where it stands.

    Names are in lower case; of a repeated field the last counts, of protocols all, joined by commas.
    """

    fields: dict[str, str]
    block: bytes
    offset: int  # bytes into the file, compressed
    length: int  # bytes in the file, compressed; 0 where several records share one gzip member

    @property
    def kind(self) -> str:
        """The type: response, request, metadata, ..."""
        return self.fields.get("warc-type", "").lower()

    @property
    def id(self) -> str:
        """The record id without angle brackets."""
        return self.fields.get("warc-record-id", "").strip("<> ")


class _TooLargeRecord(ValueError):
    """Say that a record was read over: whole, but larger than is held."""


class _Source(Protocol):
    """Unpacked bytes in order, with the places in the file where records begin and end."""

    def take(self, size: int) -> bytes: ...

    def line(self) -> bytes: ...

    def begin(self, line: bytes) -> int: ...

    def end(self) -> int: ...


class _Plain:
    def __init__(self, file: BinaryIO, offset: int) -> None:
        self._file = file
        file.seek(offset)

    def take(self, size: int) -> bytes:
        return self._file.read(size)

    def line(self) -> bytes:
        return self._file.readline(_MAX_HEAD)

    def begin(self, line: bytes) -> int:
        return self._file.tell() - len(line)

    def end(self) -> int:
        return self._file.tell()


class _Gzip:
    """Unpack members one after another; a well-made file has one record in each."""

    def __init__(self, file: BinaryIO, offset: int) -> None:
        self._file = file
        file.seek(offset)
        self._member = offset  # where the member begins that is being unpacked
        self._read = offset
        self._packed = b""
        self._ready = bytearray()
        self._unpack = zlib.decompressobj(31)
        self._fresh = True  # nothing of the member is read yet

    def take(self, size: int) -> bytes:
        while len(self._ready) < size and self._more(size - len(self._ready)):
            pass
        taken = bytes(self._ready[:size])
        del self._ready[:size]
        return taken

    def line(self) -> bytes:
        while (end := self._ready.find(b"\n")) < 0 and len(self._ready) < _MAX_HEAD and self._more(_PIECE):
            pass
        return self.take(end + 1 if end >= 0 else len(self._ready))

    def begin(self, line: bytes) -> int:
        return self._member

    def end(self) -> int:
        while not self._ready and not self._unpack.eof:  # the check sum after the data
            self._more(_PIECE)
        return self._read - len(self._unpack.unused_data) if self._unpack.eof else self._member

    def _more(self, want: int) -> bool:
        """Unpack some more; return False at the end of the file, raise EOFError where it ends within a member."""
        if self._unpack.eof:
            self._packed = self._unpack.unused_data
            self._unpack = zlib.decompressobj(31)
            self._fresh = True
        if not self._packed:
            self._packed = self._file.read(_PIECE)
            self._read += len(self._packed)
        if not self._packed:
            if self._fresh:
                return False
            raise EOFError
        if self._fresh:
            self._packed = self._packed.lstrip(b"\0")  # padding between members
            self._member = self._read - len(self._packed)
            if not self._packed:
                return True
            self._fresh = False
        self._ready += self._unpack.decompress(self._packed, max(want, _PIECE))
        self._packed = self._unpack.unconsumed_tail
        return True


def records(path: Path, offset: int = 0, *, max_record: int = MAX_RECORD) -> Iterator[Record]:
    """Yield the records of a file from a byte offset on, passing over damaged places of a compressed one.

    Raises BadInput after the last readable record where something was torn, damaged, too large, or is no WARC.
    """
    problem: Exception | None = None
    number = 0
    try:
        with path.open("rb") as file:
            packed = file.read(2) == b"\x1f\x8b"
            place: int | None = offset
            while place is not None:
                source: _Source = _Gzip(file, place) if packed else _Plain(file, place)
                place = None
                try:
                    while True:
                        try:
                            record = _record(source, max_record)
                        except _TooLargeRecord as passed:  # a film: what follows it is read all the same
                            problem = problem or passed
                            continue
                        if record is None:
                            break
                        number += 1
                        yield record
                except (EOFError, zlib.error, ValueError) as error:
                    problem = problem or error
                    place = _next_member(file, source.begin(b"") + 1) if packed else None
    except OSError as error:
        raise BadInput(f"{path} cannot be read: {error.strerror or error}; check the path and its rights.") from error
    if problem is not None:
        raise _damage(path, number, problem) from problem


def _damage(path: Path, number: int, problem: Exception) -> BadInput:
    if isinstance(problem, EOFError):
        return BadInput(
            f"{path} ends in the middle of a record; {number} whole ones were read, "
            "the rest is lost unless another copy has it (a crash or a broken copy leaves this)."
        )
    if isinstance(problem, _TooLargeRecord):
        return BadInput(f"{path} holds {problem}, which is not read; the other {number} records were.")
    return BadInput(f"{path} is damaged ({problem}); {number} whole records were read, fetch it again for the rest.")


def _next_member(file: BinaryIO, offset: int) -> int | None:
    """Return where the next gzip member may begin, from an offset on; None where there is none."""
    file.seek(offset)
    rest = b""
    while piece := file.read(_PIECE):
        found = (rest + piece).find(_MEMBER)
        if found >= 0:
            return offset - len(rest) + found
        offset += len(piece)
        rest = (rest + piece)[-2:]
    return None


def _record(source: _Source, max_record: int) -> Record | None:
    line = source.line()
    while line in (b"\r\n", b"\n"):
        line = source.line()
    if not line:
        return None
    offset = source.begin(line)
    if not line.startswith(b"WARC/"):
        raise ValueError(f"a record begins with {line[:20]!r} instead of a WARC version")
    fields = _fields(source)
    length = _length(fields)
    if length > max_record:
        _pass(source, length, max_record)
    block = source.take(length)
    if len(block) < length:
        raise EOFError
    for _ in range(2):
        if not source.line().endswith(b"\n"):
            raise EOFError
    return Record(fields, block, offset, source.end() - offset)


def _pass(source: _Source, length: int, max_record: int) -> None:
    """Read over a record that is too large to be held and raise; one that is absurdly large is damage."""
    told = f"a record of {length:,} bytes is over the cap of {max_record:,}"
    if length > max_record * _PASSED:
        raise ValueError(told)
    left = length + 4  # the two line ends behind it
    while left:
        piece = source.take(min(left, _PIECE))
        if not piece:
            raise EOFError
        left -= len(piece)
    raise _TooLargeRecord(told)


def _fields(source: _Source) -> dict[str, str]:
    fields: dict[str, str] = {}
    name, size = "", 0
    while (line := source.line()) not in (b"\r\n", b"\n"):
        if not line.endswith(b"\n"):
            raise EOFError
        size += len(line)
        if size > _MAX_HEAD:
            raise ValueError("the named fields of a record do not end")
        text = line.decode("utf-8", "replace").rstrip("\r\n")
        if text[:1] in (" ", "\t") and name:
            fields[name] += " " + text.strip()
            continue
        name, _, value = text.partition(":")
        name = name.strip().lower()
        if name == "warc-protocol" and name in fields:  # one for each layer of the connection
            value = f"{fields[name]}, {value.strip()}"
        fields[name] = value.strip()
    return fields


def _length(fields: dict[str, str]) -> int:
    stated = fields.get("content-length", "")
    if not stated.isdecimal() or len(stated) > 18:
        raise ValueError(f"a record states the length {stated!r}")
    return int(stated)
