"""Look into captures of other software: a WACZ, a WARC file, or a folder or zip that holds such files."""

from __future__ import annotations

import gzip
import json
import re
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from core.errors import BadInput
from core.text import clean
from evidence import container

MAX_INSIDE = 2_000  # captures in one folder or zip
_MAX_PAGES = 100_000
_CAPTURE = re.compile(r"\.(?:wacz|warc(?:\.gz|\.zst)?)$", re.I)
_WARC = re.compile(r"\.warc(?:\.gz|\.zst)?$", re.I)
_PACKAGE = "datapackage.json"


@dataclass(frozen=True)
class Foreign:
    """A capture: the file, what made it as it says itself, its WARC files, and the addresses it lists as pages."""

    path: Path
    name: str
    software: str | None = None
    warcs: tuple[str, ...] = ()  # members of the zip; empty where the file itself is a WARC
    pages: frozenset[str] = frozenset()

    @contextmanager
    def opened(self, member: str | None) -> Iterator[IO[bytes]]:
        """Lend one WARC file; raise BadInput where it cannot be opened."""
        try:
            if member is None:
                with self.path.open("rb") as file:
                    yield file
                return
            with container.opened(self.path) as archive, archive.open(member) as file:
                yield file
        except (zipfile.BadZipFile, KeyError, OSError, RuntimeError) as error:
            raise BadInput(f"{member or self.name} cannot be read: {error}.") from error


def is_capture(path: Path) -> bool:
    """Return whether a file or folder holds captures of other software, judged by what is in it."""
    if path.is_dir():
        return any(_CAPTURE.search(p.name) for p in _inside(path))
    try:
        with path.open("rb") as file:
            begins = file.read(5)
        if begins.startswith(b"PK"):
            with container.opened(path) as archive:
                return _is_wacz(archive) or any(_CAPTURE.search(n) for n in archive.namelist())
        if begins.startswith(b"\x1f\x8b"):
            with gzip.open(path) as packed:
                return packed.read(5) == b"WARC/"
    except (OSError, EOFError, zlib.error, BadInput):
        return bool(_CAPTURE.search(path.name))
    return begins == b"WARC/" or bool(_CAPTURE.search(path.name))


@contextmanager
def captures(path: Path) -> Iterator[Iterator[Foreign | BadInput]]:
    """Lend the captures of a file or folder one by one; what cannot be opened comes as the error that says why.

    Captures inside a zip are copied into a folder of this user for as long as they are looked at.
    """
    with tempfile.TemporaryDirectory(prefix="copytrail-") as scratch:
        yield _captures(path, Path(scratch))


def _captures(path: Path, scratch: Path) -> Iterator[Foreign | BadInput]:
    found = _listed(path, scratch)
    number = 0
    for number, (name, file) in enumerate(found, 1):
        if number > MAX_INSIDE:
            yield BadInput(f"{path.name} holds more than {MAX_INSIDE} captures; the others are not taken in.")
            return
        try:
            yield file if isinstance(file, BadInput) else _looked(name, file)
        except BadInput as error:
            yield error
    if not number:
        yield BadInput(f"{path.name} holds no WACZ or WARC file.")


def _listed(path: Path, scratch: Path) -> Iterator[tuple[str, Path | BadInput]]:
    if path.is_dir():
        yield from ((str(p.relative_to(path)), p) for p in _inside(path) if _CAPTURE.search(p.name))
        return
    with path.open("rb") as file:
        if file.read(2) != b"PK":
            yield path.name, path
            return
    with container.opened(path) as archive:
        if _is_wacz(archive):
            yield path.name, path
            return
        for number, info in enumerate(i for i in archive.infolist() if _CAPTURE.search(i.filename)):
            copy = scratch / f"{number}{Path(info.filename).suffix.lower()}"
            try:
                with archive.open(info) as member, copy.open("wb") as out:
                    while piece := member.read(container.CHUNK):
                        out.write(piece)
                yield info.filename, copy
            except container.DAMAGED as error:
                yield info.filename, BadInput(f"{info.filename} in {path.name} cannot be read: {error}.")
            finally:
                copy.unlink(missing_ok=True)


def _inside(folder: Path) -> Iterator[Path]:
    """Yield the files of a folder in their order; links that lead elsewhere are not followed."""
    yield from (p for p in sorted(folder.rglob("*")) if p.is_file() and not p.is_symlink())


def _is_wacz(archive: zipfile.ZipFile) -> bool:
    names = archive.namelist()
    return _PACKAGE in names or any(n.startswith("archive/") and _WARC.search(n) for n in names)


def _looked(name: str, path: Path) -> Foreign:
    with path.open("rb") as file:
        if file.read(2) != b"PK":
            return Foreign(path, name, _warcinfo(path))
    with container.opened(path) as archive:
        names = sorted(n for n in archive.namelist() if _WARC.search(n) and not n.endswith("/"))
        if not names:
            raise BadInput(f"{name} holds no WARC file.")
        return Foreign(path, name, _software(archive), tuple(names), frozenset(_pages(archive)))


def _software(archive: zipfile.ZipFile) -> str | None:
    try:
        stated = json.loads(container.read(archive, _PACKAGE, 10**7))["software"]
    except (BadInput, ValueError, LookupError, TypeError, RecursionError):
        return None
    return _short(stated)


def _short(text: object) -> str | None:
    cut = " ".join(clean(str(text)[:400]).split())[:200] if isinstance(text, str) else ""
    return cut or None


def _warcinfo(path: Path) -> str | None:
    """Return what the head of a WARC file says wrote it."""
    with suppress(OSError, EOFError, zlib.error), path.open("rb") as file:
        packed = file.read(2) == b"\x1f\x8b"
        file.seek(0)
        head = (gzip.GzipFile(fileobj=file) if packed else file).read(8_192)
        if found := re.search(rb"^software:\s*(.{1,300})$", head, re.I | re.M):
            return _short(found[1].decode("utf-8", "replace"))
    return None


def _pages(archive: zipfile.ZipFile) -> Iterator[str]:
    """Yield the addresses that a WACZ lists as pages; what has another form is passed over."""
    count = 0
    for name in archive.namelist():
        if not re.fullmatch(r"pages/[^/]+\.jsonl", name):
            continue
        with suppress(*container.DAMAGED), archive.open(name) as member:
            while (line := member.readline(1_000_000)) and count < _MAX_PAGES:
                with suppress(ValueError, RecursionError):
                    row = json.loads(line)
                    if isinstance(row, dict) and isinstance(url := row.get("url"), str):
                        count += 1
                        yield url
