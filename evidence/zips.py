"""Read the directory of a zip from outside, ours or hostile: bounded, nothing unpacked, every lie named."""

from __future__ import annotations

import struct
from dataclasses import dataclass, field

from core.errors import BadInput
from evidence.windows import Window

MAX_MEMBERS = 20_000
MAX_DIRECTORY = 16 << 20  # bytes of the central directory
MAX_RATIO = 1_100  # deflate reaches 1,032
STORED, DEFLATED = 0, 8
_LOCAL = struct.Struct("<4s5H3L2H")
_CENTRAL = struct.Struct("<4s6H3L5H2L")
_END = struct.Struct("<4s4H2LH")
_END64 = struct.Struct("<4sQ2H2L4Q")
_AT64 = struct.Struct("<4sLQL")
_OURS_DATE = 0x21  # 1980-01-01: the zip's own dates say nothing
_MODE = 0o644 << 16


@dataclass(frozen=True, slots=True)
class Member:
    """One file of a zip as the directory states it; `start` is where its data begin."""

    name: str
    size: int
    packed: int
    crc: int
    method: int
    start: int


@dataclass
class Directory:
    """What a zip holds; `flaws` name what two readers could read in two ways, `loose` what only a foreign one has."""

    members: dict[str, Member] = field(default_factory=dict)
    flaws: list[str] = field(default_factory=list)
    loose: list[str] = field(default_factory=list)


def directory(file: Window) -> Directory:
    """Read the directory of a zip and hold every local header to it.

    Raises BadInput where it is none, over the caps, or lies about where things are.
    """
    try:
        return _directory(file)
    except (struct.error, OverflowError) as error:
        raise BadInput(f"the directory of the zip is damaged: {error}") from error


def _directory(file: Window) -> Directory:
    found = Directory()
    count, size, start, end = _ends(file, found)
    if count > MAX_MEMBERS or size > MAX_DIRECTORY:
        raise BadInput(f"the zip holds {count} files, more than are read")
    if start + size != end:
        raise BadInput("the directory of the zip does not lie where its end says")
    data, place, spans = file.at(start, size), 0, list[tuple[int, int, str]]()
    for _ in range(count):
        place = _entry(data, place, file, found, spans, start)
    if place != size:
        raise BadInput("the directory of the zip holds more than its files")
    reached = 0
    for begin, stop, name in sorted(spans):
        if begin < reached:
            raise BadInput(f"{name} overlaps another file in the zip: it may be a bomb")
        if begin > reached:
            found.loose.append(f"{begin - reached} bytes lie before {name}, outside of every file")
        reached = stop
    if reached != start:
        found.loose.append(f"{start - reached} bytes lie before the directory of the zip, outside of every file")
    return found


def _ends(file: Window, found: Directory) -> tuple[int, int, int, int]:
    """Return number of files, size and place of the directory, and where it ends."""
    tail = file.at(max(file.size - 65_557, 0), 65_557)
    at = tail.rfind(b"PK\x05\x06")
    if at < 0 or len(tail) - at < _END.size:
        raise BadInput("this is no zip file, or its end is missing")
    _, disk, first, here, count, size, start, comment = _END.unpack_from(tail, at)
    end = file.size - len(tail) + at
    if end + _END.size + comment != file.size:
        raise BadInput("bytes lie behind the end of the zip")
    if comment:
        found.loose.append("the zip carries a comment")
    if disk or first or here != count:
        raise BadInput("the zip claims to be one of several")
    lies = 0xFFFF in (count,) or 0xFFFFFFFF in (size, start)
    locator = tail[at - _AT64.size : at] if at >= _AT64.size else b""
    if locator[:4] != b"PK\x06\x07":
        if lies:
            raise BadInput("the zip states sizes that no zip of its kind has")
        return count, size, start, end
    _, disk64, place, disks = _AT64.unpack(locator)
    if disk64 or disks != 1 or place + _END64.size + _AT64.size != end:
        raise BadInput("the end of the zip (zip64) does not lie where it says")
    sign, length, made, needs, on, begins, here64, count64, size64, start64 = _END64.unpack(file.at(place, _END64.size))
    small = ((count, count64, 0xFFFF), (size, size64, 0xFFFFFFFF), (start, start64, 0xFFFFFFFF))
    if sign != b"PK\x06\x06" or length != 44 or on or begins or here64 != count64:
        raise BadInput("the end of the zip (zip64) is damaged")
    if any(a not in (b, most) for a, b, most in small) or not lies or (made, needs) != (45, 45):
        found.flaws.append("the two ends of the zip differ")
    return count64, size64, start64, place


def _entry(data: bytes, place: int, file: Window, found: Directory, spans: list[tuple[int, int, str]], end: int) -> int:
    """Read one entry of the directory and its local header; return where the next one begins."""
    (sign, made, needs, flags, method, time, date, crc, packed, size, named, more, noted, disk, inner, mode, begin,
     ) = _CENTRAL.unpack_from(data, place)  # fmt: skip
    if sign != b"PK\x01\x02":
        raise BadInput("the directory of the zip is damaged")
    after = place + _CENTRAL.size
    raw, extra = data[after : after + named], data[after + named : after + named + more]
    place = after + named + more + noted
    if place > len(data):
        raise BadInput("the directory of the zip is cut off")
    name = _name(raw, flags)
    wide = [n for n, value in (("size", size), ("packed", packed), ("begin", begin)) if value == 0xFFFFFFFF]
    size, packed, begin = _wide(extra, (size, packed, begin), name)
    _refuse(name, flags, method, packed, size, mode if made >> 8 == 3 else 0)
    if name in found.members:
        raise BadInput(f"the zip holds two files of the name {name}")
    head = file.at(begin, _LOCAL.size)
    sign, needs2, flags2, method2, time2, date2, crc2, packed2, size2, named2, more2 = _LOCAL.unpack(head)
    rest = file.at(begin + _LOCAL.size, named2 + more2)
    start = begin + _LOCAL.size + named2 + more2
    if sign != b"PK\x03\x04" or rest[:named2] != raw or (flags2, method2) != (flags, method):
        raise BadInput(f"{name} is not what lies where the directory of the zip points")
    later = bool(flags & 8)  # sizes come behind the data: only foreign writers do this
    if not later or (crc2, packed2, size2) != (0, 0, 0):
        size2, packed2, _ = _wide(rest[named2:], (size2, packed2, 0), name)
        if (crc2, packed2, size2) != (crc, packed, size):
            raise BadInput(f"{name} has other sizes before its data than the directory of the zip states")
    if start + packed > end:
        raise BadInput(f"{name} reaches into the directory of the zip")
    big = bool(wide)
    if name.endswith("/"):
        (found.flaws if size or packed else found.loose).append(f"{name} is a folder, or hides bytes under such a name")
    expected = (3, 45 if big else 20, 45 if big else 20, 0, 0, _OURS_DATE, 0, 0, 0, _MODE)
    stated = (made >> 8, made & 255, needs, flags & ~0x800, time, date, noted, disk, inner, mode)
    local = ((needs2, time2, date2), bool(more2) == (size >= 0x7FFFFFFF or big))
    if stated != expected or method != STORED or local != ((needs, 0, _OURS_DATE), True) or (more and not big):
        found.loose.append(f"{name} has a header that we do not write")
    if bool(flags & 0x800) == raw.isascii():
        found.loose.append(f"{name} has a header that we do not write")
    found.members[name] = Member(name, size, packed, crc, method, start)
    spans.append((begin, start + packed, name))
    return place


def _name(raw: bytes, flags: int) -> str:
    try:
        name = raw.decode("utf-8" if flags & 0x800 else "ascii")
    except UnicodeDecodeError:
        name = raw.decode("cp437")  # as old writers have it
    shown = "".join(c if c.isprintable() else "?" for c in name)
    parts = name.replace("\\", "/").split("/")
    if not name or name.startswith(("/", "\\")) or ".." in parts or ":" in parts[0] or shown != name or "\\" in name:
        raise BadInput(f"the zip holds a name that leads out of its folder or hides something: {shown[:100]!r}")
    return name


def _wide(extra: bytes, values: tuple[int, int, int], name: str) -> tuple[int, int, int]:
    """Return the sizes that a zip64 field states where the short ones are filled up."""
    at = 0
    numbers: list[int] = []
    while at + 4 <= len(extra):
        kind, length = struct.unpack_from("<2H", extra, at)
        if kind == 1:
            numbers = [n for (n,) in struct.iter_unpack("<Q", extra[at + 4 : at + 4 + length // 8 * 8])]
        at += 4 + length
    full = [value for value in values if value == 0xFFFFFFFF]
    if len(full) > len(numbers):
        raise BadInput(f"{name} states a size (zip64) that is not there")
    left = iter(numbers)
    size, packed, begin = (next(left) if value == 0xFFFFFFFF else value for value in values)
    return size, packed, begin


def _refuse(name: str, flags: int, method: int, packed: int, size: int, mode: int) -> None:
    for wrong, says in (
        (flags & 1, "is encrypted"),
        (method not in (STORED, DEFLATED), "is packed otherwise than a WACZ's are"),
        ((mode >> 16) & 0o170000 == 0o120000, "is a link to elsewhere"),
        (method == STORED and packed != size, "is stored, but states two sizes"),
        (size > max(packed, 1) * MAX_RATIO, "is a decompression bomb"),
    ):
        if wrong:
            raise BadInput(f"{name} {says}; the zip is not opened")
