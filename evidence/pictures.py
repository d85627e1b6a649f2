"""Take what a picture says of itself out of it: camera, place, times, names, hidden previews; no pixel changes.

Formats are read by their parts, and only parts that draw the picture are kept. A format whose parts are not known here
is not passed on at all.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable, Iterator

from core.errors import BadInput

_PNG = b"\x89PNG\r\n\x1a\n"
_PNG_KEPT = frozenset(
    {b"IHDR", b"PLTE", b"IDAT", b"IEND", b"tRNS", b"gAMA", b"cHRM", b"sRGB", b"sBIT", b"bKGD", b"pHYs", b"acTL",
     b"fcTL", b"fdAT"}
)  # fmt: skip
_WEBP_KEPT = frozenset({b"VP8 ", b"VP8L", b"VP8X", b"ALPH", b"ANIM", b"ANMF"})
_ORIENTATION = 0x0112
_ALONE = frozenset({0x01, *range(0xD0, 0xD8)})  # JPEG markers without a length


class Unreadable(BadInput):
    """Report a picture whose parts cannot be told apart: damaged, or of a format not known here."""


def kind(data: bytes) -> str | None:
    """Return the media type of a picture by its first bytes, None where it is none known here."""
    for start, mime in ((b"\xff\xd8\xff", "image/jpeg"), (_PNG, "image/png"), (b"GIF8", "image/gif")):
        if data.startswith(start):
            return mime
    return "image/webp" if data[:4] == b"RIFF" and data[8:12] == b"WEBP" else None


def bare(data: bytes) -> bytes:
    """Return a JPEG, PNG, GIF or WebP with only what draws it; the same object where nothing had to go.

    The direction in which a JPEG is held is kept. Raises Unreadable for anything else.
    """
    strip = {"image/jpeg": _jpeg, "image/png": _png, "image/gif": _gif, "image/webp": _webp}.get(kind(data) or "")
    if strip is None:
        raise Unreadable("the picture is of a format whose parts are not known here")
    try:
        out = strip(data)
    except (struct.error, IndexError, ValueError, zlib.error) as error:
        raise Unreadable(f"the picture is damaged ({error})") from error
    return data if out == data else out


def _png(data: bytes) -> bytes:
    out, at = [_PNG], len(_PNG)
    while at < len(data):
        length, name = struct.unpack_from(">I4s", data, at)
        part = data[at : at + 12 + length]
        if len(part) != 12 + length:
            raise ValueError("it is cut off")
        if name in _PNG_KEPT:
            out.append(part)
        at += len(part)
        if name == b"IEND":
            return b"".join(out)  # what follows the end is no part of the picture
    raise ValueError("it has no end")


def _jpeg(data: bytes) -> bytes:
    out, at, turned = [b"\xff\xd8"], 2, None
    while True:
        while data[at + 1] == 0xFF:
            at += 1
        if data[at] != 0xFF:
            raise ValueError("a part does not begin where it should")
        marker = data[at + 1]
        if marker == 0xD9:
            return b"".join([*out[:1], turned or b"", *out[1:], b"\xff\xd9"])
        if marker in _ALONE:
            at += 2
            continue
        (length,) = struct.unpack_from(">H", data, at + 2)
        part = data[at : at + 2 + length]
        if length < 2 or len(part) != 2 + length:
            raise ValueError("it is cut off")
        at += len(part)
        if marker == 0xE1 and part[4:10] == b"Exif\0\0":
            turned = turned or _turned(part[10:])
        elif marker == 0xE0 and part[4:9] == b"JFIF\0":
            out.append(b"\xff\xe0\x00\x10" + part[4:16] + b"\0\0")  # without the small preview it may carry
        elif marker == 0xEE and part[4:9] == b"Adobe":
            out.append(b"\xff\xee\x00\x0e" + part[4:16])  # says how its colours are to be read
        elif not (0xE0 <= marker <= 0xEF or marker == 0xFE):
            out.append(part)
        if marker == 0xDA:
            end = _scan_end(data, at)
            out.append(data[at:end])
            at = end


def _scan_end(data: bytes, at: int) -> int:
    """Return where the pixels of a scan end: at the next marker that stands for more than itself."""
    while (at := data.find(b"\xff", at)) >= 0:
        if data[at + 1] not in (0x00, 0xFF) and data[at + 1] not in _ALONE:
            return at
        at += 2 if data[at + 1] != 0xFF else 1
    raise ValueError("it has no end")


def _turned(tiff: bytes) -> bytes | None:
    """Return an EXIF part that says only how the picture is held, None where it is held upright."""
    order = {b"II": "<", b"MM": ">"}.get(tiff[:2])
    try:
        (at,) = struct.unpack_from(f"{order}I", tiff, 4)
        (count,) = struct.unpack_from(f"{order}H", tiff, at)
        for index in range(min(count, 200)):
            tag, form, _, value = struct.unpack_from(f"{order}HHIH", tiff, at + 2 + 12 * index)
            if tag == _ORIENTATION and form == 3 and 2 <= value <= 8:
                small = b"MM\0*" + struct.pack(">IHHHIHHI", 8, 1, _ORIENTATION, 3, 1, value, 0, 0)
                return b"\xff\xe1" + struct.pack(">H", 8 + len(small)) + b"Exif\0\0" + small
    except (struct.error, KeyError):
        pass
    return None


def _gif(data: bytes) -> bytes:
    flags = data[10]
    at = 13 + (3 * 2 ** ((flags & 7) + 1) if flags & 0x80 else 0)
    out = [data[:at]]
    while data[at] != 0x3B:
        start = at
        if data[at] == 0x2C:
            local = data[at + 9]
            at = _blocks_end(data, at + 11 + (3 * 2 ** ((local & 7) + 1) if local & 0x80 else 0))
            out.append(data[start:at])
        elif data[at] == 0x21:
            at = _blocks_end(data, at + 2)
            loops = data[start + 1] == 0xFF and data[start + 3 : start + 14] in (b"NETSCAPE2.0", b"ANIMEXTS1.0")
            if data[start + 1] == 0xF9 or (loops and at - start <= 19):
                out.append(data[start:at])
        else:
            raise ValueError("it holds a part of no known kind")
    return b"".join([*out, b"\x3b"])


def _blocks_end(data: bytes, at: int) -> int:
    while data[at]:
        at += 1 + data[at]
    return at + 1


def _webp(data: bytes) -> bytes:
    out = [
        name + struct.pack("<I", len(body)) + (_flags(body) if name == b"VP8X" else body) + b"\0" * (len(body) & 1)
        for name, body in _chunks(data)
        if name in _WEBP_KEPT
    ]
    inner = b"WEBP" + b"".join(out)
    return b"RIFF" + struct.pack("<I", len(inner)) + inner


def _chunks(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    (size,) = struct.unpack_from("<I", data, 4)
    at, end = 12, 8 + size
    if end > len(data):
        raise ValueError("it is cut off")
    while at < end:
        name, length = struct.unpack_from("<4sI", data, at)
        if at + 8 + length > end:
            raise ValueError("it is cut off")
        yield name, data[at + 8 : at + 8 + length]
        at += 8 + length + (length & 1)


def _flags(body: bytes) -> bytes:
    return bytes([body[0] & ~0x2C]) + body[1:]  # no colour profile, no EXIF, no XMP any more


def drawn(width: int, height: int, pixel: Callable[[int, int], int]) -> bytes:
    """Return a grey PNG of the given size; `pixel` gives the brightness (0 to 255) at x, y."""
    rows = b"".join(b"\0" + bytes(pixel(x, y) for x in range(width)) for y in range(height))
    parts = ((b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)), (b"IDAT", zlib.compress(rows, 9)),
             (b"IEND", b""))  # fmt: skip
    packed = (struct.pack(">I", len(b)) + n + b + struct.pack(">I", zlib.crc32(n + b)) for n, b in parts)
    return _PNG + b"".join(packed)
