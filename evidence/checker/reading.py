"""Read folders, zips, and zips stored in zips; nothing is unpacked to disk."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import re
import zipfile
from datetime import datetime, timedelta
from typing import Any

from evidence.checker.names import odd_name
from evidence.checker.saying import Wrong

MAX_FILES, MAX_TOTAL = 20_000, 64 * 10**9  # files, and bytes in them, that are read


class Part:
    """Some bytes of a file, read as a file."""

    def __init__(self, path: str, start: int = 0, size: int | None = None) -> None:
        self.path, self.start, self.place = path, start, 0
        self.size = os.path.getsize(path) - start if size is None else size

    def read(self, size: int = -1) -> bytes:
        """Return the next bytes, or all that are left."""
        left = max(self.size - self.place, 0)
        with open(self.path, "rb") as file:
            file.seek(self.start + self.place)
            data = file.read(left if size is None or size < 0 else min(size, left))
        self.place += len(data)
        return data

    def seek(self, offset: int, whence: int = 0) -> int:
        """Go to a place."""
        self.place = max((0, self.place, self.size)[whence] + offset, 0)
        return self.place

    def tell(self) -> int:
        """Return the place."""
        return self.place

    def seekable(self) -> bool:
        """Return whether `seek` works."""
        return True


class Folder:
    """The files of an unzipped bundle: where each lies (file, first byte, size)."""

    def __init__(self, path: str) -> None:
        self.path = path
        self.places: dict[str, tuple[str, int, int]] = {}
        self.digests: dict[str, str] = {}
        self.list()
        if len(self.places) > MAX_FILES or sum(place[2] for place in self.places.values()) > MAX_TOTAL:
            raise Wrong("%s holds more than is read" % os.path.basename(path))
        wrong = odd_name(self.places)
        if wrong:
            raise Wrong(wrong)

    def list(self) -> None:
        """Find the files."""
        for folder, inner, names in os.walk(self.path):
            for name in inner + names:
                whole = os.path.join(folder, name)
                short = os.path.relpath(whole, self.path).replace(os.sep, "/")
                if os.path.islink(whole) or not (os.path.isfile(whole) or os.path.isdir(whole)):
                    raise Wrong("%s is a link to elsewhere, or no file" % short)
                if name in names:
                    self.places[short] = (whole, 0, os.path.getsize(whole))

    def open(self, name: str) -> Part:
        """Open a file; it must be there."""
        if name not in self.places:
            raise Wrong("%s is missing" % name)
        return Part(*self.places[name])

    def read(self, name: str, limit: int = 256 * 10**6) -> bytes:
        """Return a whole file."""
        data = self.open(name).read(limit + 1)
        if len(data) > limit:
            raise Wrong("%s is too large" % name)
        return data

    def optional(self, name: str) -> bytes:
        """Return a whole file, or nothing where there is none."""
        return self.read(name) if name in self.places else b""

    def sha256(self, name: str) -> str:
        """Return the digest of a file, taken once."""
        if name not in self.digests:
            self.digests[name] = digest_of(self.open(name))
        return self.digests[name]


class Zip(Folder):
    """The files of a zip of ours: stored, one after the other, nothing between them."""

    def __init__(self, path: str, start: int = 0, size: int | None = None, inside: str = "") -> None:
        self.file, self.inside = Part(path, start, size), inside
        super().__init__(path)

    def list(self) -> None:
        """Read the directory of the zip and hold the head of each file to it."""
        file = self.file
        with zipfile.ZipFile(file) as archive:
            infos, begins, comment = archive.infolist(), archive.start_dir, archive.comment
        file.seek(-14, 2)
        if file.read(4) != 2 * min(len(infos), 0xFFFF).to_bytes(2, "little"):
            raise Wrong("the directory of the zip holds more or fewer files than its end says")
        reached, length = 0, 0
        for info in sorted(infos, key=lambda i: i.header_offset):
            if info.header_offset != reached:
                raise Wrong("bytes lie between the files of the zip, before %s, or files overlap" % info.filename)
            data = reached + self._head(info)
            name = info.filename
            short = name[len(self.inside) :] if name.startswith(self.inside) else "../" + name
            if short in self.places or name.endswith("/"):
                raise Wrong("the zip holds a folder, or two files of the name %s" % name)
            self.places[short] = (self.path, file.start + data, info.file_size)
            reached, length = data + info.file_size, length + 46 + len(name.encode()) + len(info.extra)
        end = reached + length + (22 if len(infos) < 65_535 and reached + length < 2**32 else 98)
        if begins != reached or end != file.size or comment:
            raise Wrong("bytes lie before, behind or between the files of the zip")

    def _head(self, info: zipfile.ZipInfo) -> int:
        """Compare the head of one file with the directory; return its length."""
        name = info.filename
        self.file.seek(info.header_offset)
        head = self.file.read(30)
        named, more = int.from_bytes(head[26:28], "little"), int.from_bytes(head[28:30], "little")
        if head[:4] != b"PK\3\4" or self.file.read(named) != name.encode() or head[6:8] not in (b"\0\0", b"\0\x08"):
            raise Wrong("%s is not what the directory of the zip names" % name)
        stated = (head[14:18], head[8:10])
        if stated != (info.CRC.to_bytes(4, "little"), b"\0\0") or info.compress_type or more not in (0, 20):
            raise Wrong("%s is packed, or has two headers that differ" % name)
        if not more and head[18:26] != info.file_size.to_bytes(4, "little") * 2:
            raise Wrong("%s states two sizes" % name)
        if head[10:14] != b"\0\0!\0" or info.date_time != (1980, 1, 1, 0, 0, 0) or info.flag_bits & ~0x800:
            raise Wrong("%s has a header that we do not write" % name)
        if info.external_attr != 0o644 << 16 or info.comment or info.create_system != 3 or info.internal_attr:
            raise Wrong("%s has a header that we do not write" % name)
        if ".." in name.split("/") or name.startswith("/") or "\\" in name or ":" in name or not name.isprintable():
            raise Wrong("the zip holds a name that leads out of its folder or hides something: %r" % name)
        return 30 + named + more


def digest_of(file: Part) -> str:
    """Return the SHA-256 of all bytes of a file."""
    found = hashlib.sha256()
    while True:
        data = file.read(1 << 20)
        if not data:
            return found.hexdigest()
        found.update(data)


def sha(data: bytes) -> str:
    """Return the SHA-256 of some bytes."""
    return hashlib.sha256(data).hexdigest()


def canonical(value: Any) -> bytes:
    """Return the one form in which we write JSON."""
    return (json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":")) + "\n").encode()


def loads(data: bytes, name: str) -> Any:
    """Read JSON of ours: written in one form only, so that nothing can be read in two ways."""
    value = json.loads(data.decode("utf-8"), parse_constant=lambda word: number(word, name))
    if canonical(value) != data:
        raise Wrong("%s is not written in canonical form: it was changed after it was made" % name)
    return value


def number(word: str, name: str) -> None:
    """Refuse NaN and Infinity, which are no JSON."""
    raise Wrong("%s holds %s, which is no number" % (name, word))


def unbase64(text: str, name: str) -> bytes:
    """Return the bytes of base64 that is written in one way only."""
    data = base64.b64decode(text, validate=True)
    if base64.b64encode(data).decode() != text:
        raise Wrong("%s is not written as base64 is" % name)
    return data


def moment(text: str) -> datetime:
    """Return an instant; fractions of a second have any number of digits, which Python 3.8 cannot read."""
    found = re.fullmatch(r"(.{19})(\.[0-9]{1,9})?(Z|[+-][0-9]{2}:[0-9]{2})", text)
    if not found:
        raise Wrong("%r is no time" % text[:40])
    at = datetime.fromisoformat(found[1] + found[3].replace("Z", "+00:00"))
    return at + timedelta(microseconds=int((found[2] or ".0")[1:7].ljust(6, "0")))
