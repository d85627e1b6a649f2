"""Write and read the zip of a bundle: stored, fixed dates, no gaps, so that its bytes follow from its contents."""

from __future__ import annotations

import hashlib
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import IO, Self

from core.errors import BadInput
from evidence.manifest import Entry

DATE = (1980, 1, 1, 0, 0, 0)  # the zip's own dates say nothing; the times that matter are in the files
MAX_MEMBERS = 10_000
MAX_TOTAL = 64 * 10**9  # bytes unpacked
MAX_RATIO = 1_100
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
CHUNK = 1 << 20
DAMAGED = (zipfile.BadZipFile, zlib.error, OSError, EOFError, RuntimeError, ValueError)  # what reading a member raises


class Writer:
    """A zip being written; every member is stored as it is, so that a viewer can reach into the WARC files."""

    def __init__(self, file: IO[bytes], *, more: bool = False) -> None:
        """Begin a zip in an empty file, or go on (`more`) with one of ours."""
        self.zip = zipfile.ZipFile(file, "a" if more else "w", zipfile.ZIP_STORED, allowZip64=True)
        self.entries: list[Entry] = []

    def add(self, path: str, source: bytes | Path) -> Entry:
        """Write one member and return its entry."""
        size = len(source) if isinstance(source, bytes) else source.stat().st_size
        return self.stream(path, size, _chunks(source))

    def stream(self, path: str, stated: int, pieces: Iterable[bytes]) -> Entry:
        """Write one member of a size known beforehand, piece by piece, and return its entry."""
        size, hashed = 0, hashlib.sha256()
        info = _info(path, stated)
        with self.zip.open(info, "w", force_zip64=stated >= zipfile.ZIP64_LIMIT) as member:
            for chunk in pieces:
                member.write(chunk)
                hashed.update(chunk)
                size += len(chunk)
        entry = Entry(path, size, hashed.hexdigest())
        self.entries.append(entry)
        return entry

    def __enter__(self) -> Self:
        """Begin."""
        return self

    def __exit__(self, *_: object) -> None:
        """Write the directory of the zip."""
        self.zip.close()


def _info(path: str, size: int) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(path, DATE)
    info.compress_type = zipfile.ZIP_STORED
    info.external_attr = 0o644 << 16
    info.create_system = 3  # the same on every system we run on
    info.file_size = size
    return info


def _chunks(source: bytes | Path) -> Iterator[bytes]:
    if isinstance(source, bytes):
        yield source
        return
    with source.open("rb") as file:
        while chunk := file.read(CHUNK):
            yield chunk


def opened(path: Path) -> zipfile.ZipFile:
    """Open a zip from outside; raise BadInput where it is none, or over the caps on members, size and ratio.

    Names that leave the folder, absolute names and doubles are refused too. Nothing is ever unpacked to disk.
    """
    try:
        archive = zipfile.ZipFile(path)
    except DAMAGED as error:
        raise BadInput(f"{path.name} is no zip file, or a damaged one: {error}.") from error
    infos = archive.infolist()
    names = [i.filename for i in infos]
    total = sum(i.file_size for i in infos)
    for wrong, says in (
        (len(infos) > MAX_MEMBERS, f"holds {len(infos)} files"),
        (total > MAX_TOTAL, f"unpacks to {total} bytes"),
        (any(i.file_size > max(i.compress_size, 1) * MAX_RATIO for i in infos), "holds a decompression bomb"),
        (len(set(names)) != len(names), "holds two files of one name"),
        (any(_unsafe(n) for n in names), "holds a name that leads out of its folder"),
        (any(i.flag_bits & 1 for i in infos), "holds an encrypted file"),
        (any(i.compress_type not in _METHODS for i in infos), "holds a file packed otherwise than a WACZ's are"),
        (sum(i.compress_size for i in infos) > path.stat().st_size, "holds files that overlap"),
    ):
        if wrong:
            archive.close()
            raise BadInput(f"{path.name} {says}; it is not opened.")
    return archive


def _unsafe(name: str) -> bool:
    parts = name.replace("\\", "/").split("/")
    return not name or name.startswith(("/", "\\")) or ".." in parts or ":" in parts[0] or "\x00" in name


def read(archive: zipfile.ZipFile, name: str, limit: int = 256 * 10**6) -> bytes:
    """Return one member up to `limit` bytes; raise BadInput where it is missing, larger or damaged."""
    try:
        with archive.open(name) as member:
            data = member.read(limit + 1)
    except KeyError:
        raise BadInput(f"{name} is missing") from None
    except DAMAGED as error:
        raise BadInput(f"{name} cannot be read: {error}") from error
    if len(data) > limit:
        raise BadInput(f"{name} is larger than {limit} bytes")
    return data
