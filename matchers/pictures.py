"""What is kept of a picture to find its copies: hashes of the whole and of what is inside its bars, and its places.

`read` is done once a file; `pack` and `unpack` are what the database keeps (little endian, checksum last).
"""

from __future__ import annotations

import math
import struct
import zlib
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from core.errors import BadInput
from matchers import features, pdq, picture_bars, picture_colours

Array = NDArray[Any]

TOOL = "picture-2"
LONGEST = 1024  # pixels a JPEG may be decoded at: twice what is looked at
SAMPLES = 128  # a side
FEW = 24  # places; fewer, and a low quality, leave nothing to compare
_HEAD = struct.Struct("<4sIIBB")  # mark, width, height, quality, regions
_REGION = struct.Struct("<4HB")  # rows and columns of the reduction, quality
_PLACES = struct.Struct("<4sHHH")  # mark, width and height of the reduction, places
_MARK, _PLACES_MARK = b"CTP1", b"CTF3"
_COLOURLESS = b"CTF2"  # what was kept before colours were
_CHROMA = (picture_colours.SIDE, picture_colours.SIDE, 2)


@dataclass(frozen=True, slots=True)
class Region:
    """A rectangle of a picture (top, bottom, left, right of 320) and its hash in 8 turns (uint8[8, 32])."""

    box: tuple[int, int, int, int]
    quality: int
    turns: Array


@dataclass(frozen=True, slots=True)
class PicturePrint:
    """What `read` made of one picture; the first region is the whole, others what is inside bars, or on plain ground.

    `places` and `marks` are its features (uint16[n, 2], uint8[n, 32]) in a reduction of `size` (width, height) pixels,
    `samples` the picture in 128 by 128 shades of grey, `chroma` its colours (int8[32, 32, 2]), None where it was read
    before they were kept.
    """

    width: int
    height: int
    regions: tuple[Region, ...]
    size: tuple[int, int]
    places: Array
    marks: Array
    samples: Array
    chroma: Array | None = None

    @property
    def quality(self) -> int:
        """Return how much there is to see in the whole, 0 to 100."""
        return self.regions[0].quality

    @property
    def status(self) -> Literal["read", "blank"]:
        """Return "blank" where there is too little to see for any comparison."""
        return "blank" if self.reason else "read"

    @property
    def reason(self) -> str | None:
        """Return why the picture is not compared, or None."""
        if self.quality < pdq.QUALITY and len(self.places) < FEW:
            return f"There is too little to see in the picture (quality {self.quality} of 100) to compare it."
        return None

    def hashes(self) -> list[Region]:
        """Return the regions whose hash says something."""
        return [region for region in self.regions if region.quality >= pdq.QUALITY]


def read(rgb: Array, width: int | None = None, height: int | None = None) -> PicturePrint:
    """Look at a picture (uint8[height, width, 3]); width and height are those of the file where it was reduced."""
    brightness = pdq.reduction(rgb)
    whole = pdq.look_at(brightness)
    full = (0, pdq.REDUCTION, 0, pdq.REDUCTION)
    regions = [Region(full, whole.quality, whole.turns)]
    for box in dict.fromkeys((picture_bars.strip(brightness), picture_bars.block(brightness))):
        if box and tuple(box) != full:
            look = pdq.look_at(brightness[box.top : box.bottom, box.left : box.right])
            regions.append(Region((box.top, box.bottom, box.left, box.right), look.quality, look.turns))
    places = features.describe(rgb)
    return PicturePrint(
        width or rgb.shape[1], height or rgb.shape[0], tuple(regions), features.size_of(rgb), places.points,
        places.descriptors, features.shrunk(rgb, SAMPLES), features.tinted(rgb, picture_colours.SIDE),
    )  # fmt: skip


def pack(picture: PicturePrint) -> tuple[bytes, bytes]:
    """Return the hashes, and the features, as bytes."""
    hashes = _HEAD.pack(_MARK, picture.width, picture.height, picture.quality, len(picture.regions))
    for region in picture.regions:
        hashes += _REGION.pack(*region.box, region.quality) + region.turns.tobytes()
    mark = _COLOURLESS if picture.chroma is None else _PLACES_MARK
    places = _PLACES.pack(mark, *picture.size, len(picture.places)) + picture.samples.tobytes()
    places += picture.places.astype("<u2").tobytes() + picture.marks.tobytes()
    places += b"" if picture.chroma is None else picture.chroma.tobytes()
    return _sealed(hashes), _sealed(places)


def unpack(prints: bytes, feats: bytes) -> PicturePrint:
    """Return what was packed; raises BadInput where it is damaged or of another version: read the file again."""
    hashes, places = _checked(prints, (_MARK,), _HEAD.size), _checked(feats, (_PLACES_MARK, _COLOURLESS), _PLACES.size)
    try:
        _, width, height, _, count = _HEAD.unpack_from(hashes)
        at, regions = _HEAD.size, []
        for _ in range(count):
            *box, quality = _REGION.unpack_from(hashes, at)
            turns = np.frombuffer(hashes, np.uint8, 256, at + _REGION.size).reshape(8, 32).copy()
            regions.append(Region((box[0], box[1], box[2], box[3]), quality, turns))
            at += _REGION.size + 256
        mark, across, down, n = _PLACES.unpack_from(places)
        at = _PLACES.size
        samples = np.frombuffer(places, np.uint8, SAMPLES**2, at).reshape(SAMPLES, SAMPLES).copy()
        at += SAMPLES**2
        points = np.frombuffer(places, "<u2", 2 * n, at).reshape(n, 2).astype(np.uint16)
        marks = np.frombuffer(places, np.uint8, 32 * n, at + 4 * n).reshape(n, 32).copy()
        chroma = None
        if mark != _COLOURLESS:
            chroma = np.frombuffer(places, np.int8, math.prod(_CHROMA), at + 36 * n).reshape(_CHROMA).copy()
    except (struct.error, ValueError) as error:
        raise BadInput("What was kept of a picture is damaged; read the file again.") from error
    return PicturePrint(width, height, tuple(regions), (across, down), points, marks, samples, chroma)


def _sealed(data: bytes) -> bytes:
    return data + zlib.crc32(data).to_bytes(4, "little")


def _checked(data: bytes, marks: tuple[bytes, ...], least: int) -> bytes:
    body = data[:-4]
    if len(body) < least or body[:4] not in marks or zlib.crc32(body).to_bytes(4, "little") != data[-4:]:
        raise BadInput("What was kept of a picture is damaged or of another version; read the file again.")
    return body
