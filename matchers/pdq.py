"""PDQ: 256 bits of what a picture looks like; copies of one picture differ in at most 31 of them.

After Meta's ThreatExchange (pdq/, BSD): the bits of the full-size hash are those of the reference. What the product
keeps is the hash of the picture brought to 320 by 320 pixels first. The reference samples a picture at places that
shift with its size and to one side, so that other sizes and mirrored copies differ by more bits than they need to;
320 is an odd multiple of 64 with windows of odd width, and sampled evenly.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from core.errors import BadInput

Array = NDArray[Any]

DISTANCE, QUALITY = 31, 50  # python-threatexchange: match at 31 bits or fewer, set quality below 50 aside
LEAST_SIDE = 5  # pixels; smaller pictures have no hash, and quality 0
REDUCTION = 320
TURNS = (
    "as it is", "turned by 90°", "turned by 180°", "turned by 270°", "upside down and mirrored", "mirrored",
    "mirrored and turned", "mirrored and turned back",
)  # fmt: skip


class Pdq(NamedTuple):
    """32 bytes of hash, and how much there was to see (0 to 100)."""

    bits: Array
    quality: int


class Look(NamedTuple):
    """What one region of a picture gives: the hash in each of 8 turns, its quality, and 64 by 64 samples."""

    turns: Array  # uint8[8, 32]
    quality: int
    samples: Array  # float32[64, 64]


def hash_picture(rgb: Array) -> Pdq:
    """Hash a picture (uint8[height, width, 3]) in full size, bit for bit as the reference does."""
    from matchers.kernel import pdq

    look = look_at(pdq.luma(checked(rgb)), turns=1)
    return Pdq(look.turns[0], look.quality)


def reduced(rgb: Array) -> Pdq:
    """Hash a picture brought to 320 by 320 pixels: nearer between sizes of one picture than the full-size hash is."""
    look = look_at(reduction(rgb), turns=1)
    return Pdq(look.turns[0], look.quality)


def reduction(rgb: Array) -> Array:
    """Return the brightness of a picture brought to 320 by 320 (float32): averaged, or interpolated where smaller."""
    from matchers.kernel import pdq

    small = pdq.shrink(checked(rgb), REDUCTION)
    return small if small.shape == (REDUCTION, REDUCTION) else pdq.enlarge(small, REDUCTION)


def look_at(brightness: Array, turns: int = 8) -> Look:
    """Hash a rectangle of brightness (float32[height, width], 0 to 255) in the first `turns` of its 8 turns."""
    from matchers.kernel import pdq

    if min(brightness.shape) < LEAST_SIDE:
        return Look(np.zeros((turns, 32), np.uint8), 0, np.zeros((pdq.SIDE, pdq.SIDE), np.float32))
    samples = pdq.coarse(np.array(brightness, np.float32, order="C"))
    return Look(pdq.hashes(pdq.waves(samples, pdq.COSINES), turns), int(pdq.quality(samples)), samples)


def checked(rgb: Array) -> Array:
    """Return the pixels as the kernel reads them; raise BadInput where they are no picture."""
    if rgb.ndim != 3 or rgb.shape[2] != 3 or rgb.dtype != np.uint8 or 0 in rgb.shape:
        raise BadInput(f"A picture is height by width by 3 bytes, not {rgb.dtype} {rgb.shape}.")
    return np.require(rgb, requirements=["C", "W"])


def distance(left: Array, right: Array) -> int:
    """Return in how many of 256 bits two hashes differ."""
    return int(np.bitwise_count(left ^ right).sum())


def hex_of(bits: Array) -> str:
    """Return a hash as 64 hexadecimal digits."""
    return bits.tobytes().hex()


def from_hex(text: str) -> Array:
    """Return the hash written as 64 hexadecimal digits; raises BadInput for anything else."""
    try:
        data = bytes.fromhex(text)
    except ValueError as error:
        raise BadInput("A PDQ hash is 64 hexadecimal digits.") from error
    if len(data) != 32:
        raise BadInput("A PDQ hash is 64 hexadecimal digits.")
    return np.frombuffer(data, np.uint8)
