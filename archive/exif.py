"""Read what a picture says of itself (EXIF): camera, times, place. The only file that imports Pillow.

Only the head of a file is read, no pixel is decoded; sizes are capped before anything is unpacked. What stands there
may be personal data: where somebody stood, whose camera it was. It is kept beside the file, never in a post.
"""

from __future__ import annotations

import io
import math
import warnings
from typing import Any

MAX_PIXELS = 400_000_000  # larger pictures are not opened; 200 megapixel cameras exist
MAX_BYTES = 64 * 1024 * 1024
_MOST = 200  # tags
_LONGEST = 500  # characters of a value
_EXIF_PART, _GPS_PART = 0x8769, 0x8825
_FORMATS = ("JPEG", "PNG", "WEBP", "TIFF", "GIF", "AVIF")  # an MPO is opened as the JPEG it begins with
_PERSONAL = (
    "Artist",
    "Copyright",
    "CameraOwnerName",
    "BodySerialNumber",
    "LensSerialNumber",
    "HostComputer",
    "XPAuthor",
)


def read_exif(content: bytes) -> dict[str, Any] | None:
    """Return format, size and tags of a picture; None where it is none, is too large, or says nothing it can read.

    `gps` is there where it says a place, and `personal` names what a public edition must leave out.
    """
    if len(content) > MAX_BYTES:
        return None
    from PIL import ExifTags, Image, UnidentifiedImageError

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of damaged tags; bombs are judged by their size below
            with Image.open(io.BytesIO(content), formats=_FORMATS) as picture:
                width, height = picture.size
                if width * height > MAX_PIXELS:
                    return None
                found: dict[str, Any] = {"format": picture.format, "width": width, "height": height}
                exif = picture.getexif()
                tags = _named({**exif, **exif.get_ifd(_EXIF_PART)}, ExifTags.TAGS)
                place = _named(exif.get_ifd(_GPS_PART), ExifTags.GPSTAGS)
    except (UnidentifiedImageError, Image.DecompressionBombError, OSError, ValueError, SyntaxError, TypeError, KeyError,
            IndexError, ZeroDivisionError, OverflowError, AttributeError, EOFError, MemoryError):  # fmt: skip
        return None  # hostile or damaged: the bytes are kept all the same
    personal = [name for name in _PERSONAL if name in tags]
    if place:
        found["gps"] = place | _position(place)
        personal.insert(0, "gps")
    return found | ({"tags": tags} if tags else {}) | ({"personal": personal} if personal else {})


def _named(tags: dict[int, Any], names: dict[int, str]) -> dict[str, Any]:
    told = {names.get(number, f"0x{number:04x}"): _value(value) for number, value in list(tags.items())[:_MOST]}
    skipped = ("ExifOffset", "GPSInfo", "MakerNote", "UserComment")  # offsets, and what only the maker can read
    return {name: value for name, value in told.items() if value not in (None, "") and name not in skipped}


def _value(value: Any) -> Any:
    if isinstance(value, bytes):
        return value[:_LONGEST].decode("utf-8", "replace").strip("\0 ") or None
    if isinstance(value, str):
        return value[:_LONGEST].replace("\0", "").strip()
    if isinstance(value, bool | int):
        return value if abs(value) < 2**53 else str(value)
    if isinstance(value, tuple | list):
        return [_value(one) for one in value[:32]]
    try:
        number = float(value)
    except (TypeError, ValueError, ZeroDivisionError):
        return str(value)[:_LONGEST]
    return round(number, 9) if math.isfinite(number) and abs(number) < 1e15 else None


def _position(place: dict[str, Any]) -> dict[str, float]:
    """Return degrees north and east, where the tags tell both."""
    found = {}
    for name, reference, south in (("latitude", "GPSLatitudeRef", "S"), ("longitude", "GPSLongitudeRef", "W")):
        parts = place.get(f"GPS{name.capitalize()}")
        if not (isinstance(parts, list) and len(parts) == 3 and all(isinstance(p, int | float) for p in parts)):
            return {}
        degrees = parts[0] + parts[1] / 60 + parts[2] / 3600
        found[name] = round(-degrees if str(place.get(reference, "")).upper().startswith(south) else degrees, 7)
    return found
