"""Keep a picture, video or sound as it came: by its digest, with the type its bytes show and what it says of itself."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from archive.blobs import Blobs
from archive.exif import read_exif
from core.errors import NotAChannel

_HEAD = 64
_SIGNS: tuple[tuple[int, bytes, str], ...] = (
    (0, b"\xff\xd8\xff", "image/jpeg"), (0, b"\x89PNG\r\n\x1a\n", "image/png"), (0, b"GIF8", "image/gif"),
    (8, b"WEBP", "image/webp"), (0, b"II*\0", "image/tiff"), (0, b"MM\0*", "image/tiff"), (0, b"BM", "image/bmp"),
    (4, b"ftypavif", "image/avif"), (4, b"ftypheic", "image/heic"), (4, b"ftypM4A", "audio/mp4"),
    (4, b"ftyp", "video/mp4"), (0, b"\x1aE\xdf\xa3", "video/webm"), (0, b"FLV\x01", "video/x-flv"),
    (0, b"OggS", "audio/ogg"), (0, b"ID3", "audio/mpeg"), (0, b"\xff\xfb", "audio/mpeg"), (8, b"WAVE", "audio/wav"),
    (8, b"AVI ", "video/x-msvideo"), (0, b"G@", "video/mp2t"), (0, b"%PDF", "application/pdf"),
)  # fmt: skip
_PAGES = (b"<!doctype html", b"<html", b"<?xml", b"<head", b"<body")


@dataclass(frozen=True, slots=True)
class Kept:
    """A file that is kept: its digest, its size, its type by its bytes, and what a picture says of itself."""

    sha256: str
    size: int
    mime: str
    exif: dict[str, Any] | None = None


def keep(blobs: Blobs, content: bytes, claimed: str, *, cap: int, url: str = "") -> Kept:
    """Keep bytes; raise NotAChannel where they are a page instead of media, TooLarge over the cap."""
    mime = _mime(content[:_HEAD], claimed)
    if mime is None or not content:
        raise NotAChannel(f"{url} gave {'a page' if content else 'nothing'} where a file was expected.", url=url)
    return Kept(blobs.put(content, cap=cap), len(content), mime, read_exif(content) if _pictured(mime) else None)


def keep_file(blobs: Blobs, path: Path, claimed: str, *, cap: int) -> Kept:
    """Keep a file from disk without reading it whole into memory."""
    with path.open("rb") as file:
        mime = _mime(file.read(_HEAD), claimed) or claimed
        file.seek(0)
        digest = blobs.put(iter(lambda: file.read(1024 * 1024), b""), cap=cap)
    return Kept(digest, path.stat().st_size, mime)


def _mime(head: bytes, claimed: str) -> str | None:
    """Return the type that the first bytes show, else what the server claims; None for a page."""
    for start, sign, mime in _SIGNS:
        if head[start : start + len(sign)] == sign:
            return mime
    if head.lstrip().lower().startswith(_PAGES) and b"<svg" not in head:
        return None
    return claimed if claimed and claimed != "text/html" else "application/octet-stream" if head else None


def _pictured(mime: str) -> bool:
    return mime.startswith("image/") and mime != "image/svg+xml"
