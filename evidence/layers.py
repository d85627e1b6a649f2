"""Take a file apart into what can be searched: texts, and bytes that are none; packed files are unpacked, bounded."""

from __future__ import annotations

import codecs
import io
import re
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass

from core.decoding import decode
from core.errors import BadInput, CopytrailError
from evidence import pictures

MAX_UNPACKED = 256 * 10**6  # bytes that come out of one packed file; what is larger counts as unreadable
MAX_MEMBERS = 5_000
DEPTH = 5  # a gzip in a zip in a gzip; deeper is hostile
_TEXTUAL = re.compile(
    r"text/|.*(?:json|xml|javascript|ecmascript|html|svg|urlencoded|yaml|csv|rss|atom|warc-fields|pem)|multipart/|message/",
    re.I,
)
_CHARSET = re.compile(r"charset\s*=\s*[\"']?\s*([\w.:-]+)", re.I)
_DECLARED = re.compile(rb"(?:charset|encoding)\s*=\s*[\"']?\s*([\w.:-]+)", re.I)
_SEVEN_BITS = ("iso2022", "hz", "utf-7", "utf7")  # ASCII to the eye, and another script to who reads it
_OPAQUE = (b"%PDF-", b"\x1aE\xdf\xa3", b"OggS", b"ID3", b"wOFF", b"wOF2", b"OTTO", b"\0\1\0\0", b"ttcf", b"\0asm",
           b"fLaC", b"BM", b"\0\0\1\0", b"II*\0", b"MM\0*")  # fmt: skip
_PNG = b"\x89PNG\r\n\x1a\n"
_PACKED_PARTS = (b"zTXt", b"iTXt", b"iCCP")
_HEAD, _MAX_SAID = 400, 4 * 10**6  # bytes: of keywords and languages before a text, and of an unpacked text
_ISO_PICTURES = (b"avif", b"avis", b"heic", b"heix", b"mif1", b"msf1", b"heif", b"crx ", b"jxl ")


class Unreadable(BadInput):
    """Report a file that cannot be searched: damaged, encrypted, too large or too deep when unpacked."""


@dataclass(frozen=True)
class Layer:
    """One thing to search: a text, or bytes. `where` leads to it.

    Of `glued` ones the words may not be those that were written (a PDF): ids of a few letters say nothing there.
    """

    where: str
    text: str | None = None
    data: bytes = b""
    glued: bool = False


def is_text(data: bytes, mime: str) -> bool:
    """Return whether bytes are to be read as text, by what they are said to be and by what they are."""
    if pictures.kind(data) or data.startswith((*_OPAQUE, b"\x1f\x8b", b"PK\x03\x04")) or data[4:8] == b"ftyp":
        return data[:2] == b"BM" and bool(_TEXTUAL.match(mime))
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) or _TEXTUAL.match(mime):
        return True
    head = data[:65_536]
    if b"\0" in head:
        return False
    try:
        codecs.getincrementaldecoder("utf-8")().decode(head)
    except UnicodeDecodeError:
        return False
    return True


def codec_of(data: bytes, mime: str) -> str:
    """Return a codec that reads all of a text and writes the same bytes again: what is stated, where it does."""
    for mark, name in (
        (codecs.BOM_UTF32_LE, "utf-32-le"),
        (codecs.BOM_UTF16_LE, "utf-16-le"),
        (codecs.BOM_UTF16_BE, "utf-16-be"),
    ):
        if data.startswith(mark):
            return name if _fits(data, name) else "latin-1"
    found = _CHARSET.search(mime)
    inside = _DECLARED.search(data[:2048])
    stated = found[1] if found else inside[1].decode("ascii", "replace") if inside else ""
    try:
        stated = codecs.lookup(stated).name if stated else ""
    except LookupError:
        stated = ""
    if stated.startswith("utf-16") and b"\0" in data:
        stated = "utf-16-be" if data[:1] == b"\0" else "utf-16-le"
    first = (stated, "utf-8") if stated.replace("_", "").replace("-", "").startswith(_SEVEN_BITS) else ("utf-8", stated)
    return next((name for name in first if name and _fits(data, name)), "latin-1")


def _fits(data: bytes, name: str) -> bool:
    try:
        return data.decode(name).encode(name) == data
    except (UnicodeError, LookupError):
        return False


def layers(data: bytes, mime: str = "", where: str = "", depth: int = 0) -> Iterator[Layer]:
    """Yield everything in a file that can be searched; raise Unreadable where some of it cannot."""
    if depth > DEPTH:
        raise Unreadable(f"{where} is packed more than {DEPTH} deep")
    if data.startswith(b"\x1f\x8b"):
        yield from layers(unpacked(data, "gzip", where), "", f"{where} (unpacked)", depth + 1)
    elif data.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        yield from _zipped(data, where, depth)
    elif data.startswith(b"%PDF-"):
        from evidence.pdf_text import read

        yield Layer(where, None, data, glued=True)
        for part in read(data):
            yield Layer(f"{where} (text)", part, glued=True)
    elif data.startswith(_PNG):
        yield Layer(where, None, data)
        for said in _said(data):
            yield Layer(f"{where} (what the picture says)", None, said)
    elif is_text(data, mime):
        yield Layer(where, data.decode(codec_of(data, mime)))
        yield Layer(where, None, data)
    else:
        yield Layer(where, None, data)


def _said(data: bytes) -> Iterator[bytes]:
    """Yield what stands packed beside the pixels of a PNG: texts, a profile; damaged parts say nothing."""
    at = len(_PNG)
    while at + 8 <= len(data):
        size, kind = int.from_bytes(data[at : at + 4], "big"), data[at + 4 : at + 8]
        part = data[at + 8 : at + 8 + size]
        start = part.find(b"\0")
        while kind in _PACKED_PARTS and 0 <= start < _HEAD:
            with suppress(zlib.error):
                yield zlib.decompressobj().decompress(part[start + 1 :], _MAX_SAID)
            start = part.find(b"\0", start + 1)
        at += 12 + size


def is_unsearchable_picture(data: bytes, mime: str) -> bool:
    """Return whether bytes are a picture of a format whose parts are not known here (AVIF, HEIC, TIFF and others)."""
    if pictures.kind(data) is not None or is_text(data, mime):
        return False
    brand = data[4:8] == b"ftyp" and data[8:12] in _ISO_PICTURES
    plain = data.startswith((b"BM", b"\0\0\1\0"))  # bitmaps and icons: nothing in them but pixels
    return brand or data.startswith((b"II*\0", b"MM\0*")) or (mime.lower().startswith("image/") and not plain)


def unpacked(data: bytes, encoding: str, where: str) -> bytes:
    """Return data with a content encoding undone; raise Unreadable where it cannot be, or is too large."""
    try:
        return decode(data, encoding, max_bytes=MAX_UNPACKED, url=where)
    except CopytrailError as error:
        raise Unreadable(f"{where} cannot be unpacked: {error.sentence}") from error


def _zipped(data: bytes, where: str, depth: int) -> Iterator[Layer]:
    left = MAX_UNPACKED
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            yield Layer(f"{where} (comment)", archive.comment.decode("utf-8", "replace"))
            for info in archive.infolist()[: MAX_MEMBERS + 1]:
                yield Layer(f"{where} (name)", f"{info.filename}\n{info.comment.decode('utf-8', 'replace')}")
                yield Layer(f"{where} (name)", None, info.extra)
                with archive.open(info) as member:
                    inner = member.read(left + 1)
                left -= len(inner)
                if left < 0 or len(archive.infolist()) > MAX_MEMBERS:
                    raise Unreadable(f"{where} unpacks to more than is read")
                yield from layers(inner, "", f"{where}/{info.filename}", depth + 1)
    except (zipfile.BadZipFile, zlib.error, OSError, EOFError, RuntimeError, ValueError, NotImplementedError) as error:
        raise Unreadable(f"{where} is no zip that can be read: {error}") from error
