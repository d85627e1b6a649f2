"""Read a finished bundle as a stranger would, every file in every file, and say where something was left in it.

Each record is looked at once, however many files of the bundle hold it. What was found is never repeated.
"""

from __future__ import annotations

import io
import re
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from hashlib import sha256
from pathlib import Path

from core.errors import BadInput
from evidence import pictures
from evidence.hiding import Hider
from evidence.layers import Layer, Unreadable, is_unsearchable_picture, layers, unpacked
from evidence.public_records import MAX_RECORD_HELD, parts

MOST = 20  # places told; more add nothing
_PIECE = 1 << 20
_MAX_MEMBER = 512 * 10**6  # bytes of a file that is no WACZ and no WARC
_MAX_DEPTH = 3
_OURS = re.compile(r'"(?:signature|publicKey|token|ed25519|p384|bound)":"[A-Za-z0-9+/=]*"')  # chance, and no words
_SIGNED = ("datapackage-digest.json", "signature.json", "signer.json")

Progress = Callable[[int, int | None], None]


@dataclass(frozen=True)
class Found:
    """A place where something was left: the file, the byte its record begins at (of others 0), and what it is."""

    file: str
    offset: int
    what: str

    @property
    def sentence(self) -> str:
        """Where it stands, in words."""
        return f"{self.what} in {self.file}" + (f" at byte {self.offset}" if self.offset else "")


@dataclass
class _Scan:
    hider: Hider
    strict: bool
    progress: Progress | None
    total: int
    found: list[Found] = field(default_factory=list)
    seen: set[bytes] = field(default_factory=set)
    read: int = 0

    def texts(self, where: str, offset: int, *texts: str) -> None:
        for text in texts:
            if text and (rule := self.hider.first(text)) is not None:
                self.found.append(Found(where, offset, rule))

    def file(self, where: str, offset: int, data: bytes, mime: str = "", *, ours: bool = False) -> None:
        """Look through one file, whatever is packed in it; `ours`: we printed it of a page that is searched, too."""
        try:
            if ours and not self.strict and data.startswith(b"%PDF-"):
                return
            for layer in self._layers(where, data, mime):
                if (rule := self.hider.stands_in_layer(layer)) is not None:
                    self.found.append(Found(layer.where, offset, rule))
                    return
        except BadInput:
            if self.strict or self.hider.stands_in_bytes(data):
                self.found.append(Found(where, offset, "a file that cannot be searched"))

    def _layers(self, where: str, data: bytes, mime: str) -> Iterator[Layer]:
        if self.strict and is_unsearchable_picture(data, mime):
            raise Unreadable(f"{where} is a picture of a format that cannot be searched")
        if self.strict and pictures.kind(data) and pictures.bare(data) is not data:
            self.found.append(Found(where, 0, "what a picture says of itself"))
        yield from layers(data, mime, where)

    def step(self, size: int) -> None:
        self.read += size
        if self.progress:
            self.progress(min(self.read, self.total), self.total)


class _Slice(io.RawIOBase):
    """A part of a file, as a file: a zip stored in a zip is read in place."""

    def __init__(self, path: Path, start: int, size: int) -> None:
        self._file, self._start, self._size, self._at = path.open("rb"), start, size, 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = 0) -> int:
        self._at = offset + (0, self._at, self._size)[whence]
        return self._at

    def tell(self) -> int:
        return self._at

    def read(self, size: int = -1) -> bytes:
        left = max(self._size - self._at, 0)
        self._file.seek(self._start + self._at)
        data = self._file.read(left if size is None or size < 0 else min(size, left))
        self._at += len(data)
        return data

    def close(self) -> None:
        self._file.close()
        super().close()


def search(path: Path, hider: Hider, *, strict: bool = False, progress: Progress | None = None) -> list[Found]:
    """Return where anything that `hider` hides stands in a bundle, at most 20 places.

    With `strict` (a public edition) also pictures that say something of themselves, and files that cannot be searched.
    Raises BadInput where the bundle itself cannot be read.
    """
    if not hider and not strict:
        return []
    size = path.stat().st_size
    scan = _Scan(hider, strict, progress, size)
    scan.texts(path.name, 0, path.name)
    try:
        _zip(scan, path, 0, size, path.name, 0)
    except (zipfile.BadZipFile, OSError, EOFError, ValueError, RuntimeError, NotImplementedError, zlib.error) as error:
        raise BadInput(f"{path.name} cannot be read again: {error}.") from error
    return [replace(one, file=_shown(one.file, hider)) for one in scan.found[:MOST]]


def _shown(name: str, hider: Hider) -> str:
    try:
        return hider.hide(name)[0]
    except ValueError:
        return "a file"


def _zip(scan: _Scan, path: Path, start: int, size: int, where: str, depth: int) -> None:
    with _Slice(path, start, size) as whole, zipfile.ZipFile(whole) as archive:
        scan.texts(f"{where} (comment)", 0, archive.comment.decode("utf-8", "replace"))
        for info in archive.infolist():
            if len(scan.found) >= MOST:
                return
            inner = f"{where}/{info.filename}"
            scan.texts(f"{inner} (name)", 0, info.filename, info.comment.decode("utf-8", "replace"))
            if scan.hider.stands_in_bytes(info.extra):
                scan.found.append(Found(inner, 0, "something hidden (zip field)"))
            _member(scan, path, start, archive, info, inner, depth)
            scan.step(info.compress_size if depth == 0 else 0)


def _member(
    scan: _Scan, path: Path, start: int, archive: zipfile.ZipFile, info: zipfile.ZipInfo, where: str, depth: int
) -> None:
    stored = info.compress_type == zipfile.ZIP_STORED
    name = info.filename.lower()
    if stored and name.endswith((".wacz", ".zip")) and depth < _MAX_DEPTH:
        _zip(scan, path, _data_at(path, start + info.header_offset), info.file_size, where, depth + 1)
    elif name.endswith(".warc.gz") and stored:
        at = _data_at(path, start + info.header_offset)
        with _Slice(path, at, info.file_size) as file:
            _warc(scan, file, where)
    elif depth == 0 and not scan.strict and name.endswith("/report.pdf"):
        return  # printed from the page that README.html is, which is searched: hundreds of pages of PDF take a minute
    elif info.file_size > _MAX_MEMBER:
        scan.found.append(Found(where, 0, "a file too large to be searched"))
    else:
        data = archive.read(info)
        if (same := sha256(data).digest()) in scan.seen:
            return  # the custody log stands in each WACZ
        scan.seen.add(same)
        if name.rpartition("/")[2] in _SIGNED:
            data = _OURS.sub('""', data.decode("utf-8", "replace")).encode()
        scan.file(where, 0, data)


def _data_at(path: Path, header: int) -> int:
    """Return where the bytes of a stored member begin."""
    with path.open("rb") as file:
        file.seek(header)
        lengths: tuple[int, int] = struct.unpack("<26xHH", file.read(30))
    return header + 30 + sum(lengths)


def _warc(scan: _Scan, file: _Slice, where: str) -> None:
    for offset, data in _members(file):
        if len(scan.found) >= MOST:
            return
        if data is None:
            scan.found.append(Found(where, offset, "a record that cannot be searched"))
            continue
        known = sha256(data).digest()
        if known not in scan.seen:
            scan.seen.add(known)
            _record(scan, where, offset, data)


def _record(scan: _Scan, where: str, offset: int, data: bytes) -> None:
    try:
        record = parts(data)
    except BadInput:
        scan.file(where, offset, data)
        return
    scan.texts(where, offset, "\n".join(f"{n}: {v}" for n, v in record.fields), record.http or "")
    if record.http and not record.http.isascii():
        scan.texts(where, offset, record.http.encode("latin-1").decode("utf-8", "replace"))
    mime = record.http_header("content-type") if record.http is not None else record.get("content-type")
    body, encoding = record.body, record.http_header("content-encoding")
    if encoding:
        try:
            body = unpacked(body, encoding, where)
        except Unreadable:
            if scan.strict:
                scan.found.append(Found(where, offset, "a body that cannot be searched"))
    scan.file(where, offset, body, mime, ours=record.http is None)


def _members(file: _Slice) -> Iterator[tuple[int, bytes | None]]:
    """Yield each gzip member with its place; None where it is damaged or larger than is held."""
    offset, pending = 0, b""
    while pending or (pending := file.read(_PIECE)):
        reader, out, used = zlib.decompressobj(31), [], 0
        while not reader.eof and (pending or (pending := file.read(_PIECE))):
            try:
                out.append(reader.decompress(pending, MAX_RECORD_HELD))
            except zlib.error:
                yield offset, None
                return
            rest = reader.unused_data if reader.eof else reader.unconsumed_tail
            used += len(pending) - len(rest)
            pending = rest
            if sum(map(len, out)) >= MAX_RECORD_HELD:
                yield offset, None
                return
        yield offset, b"".join(out) if reader.eof else None
        offset += used
