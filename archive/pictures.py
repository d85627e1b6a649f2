"""Turn the bytes of a picture into pixels: hostile bytes, hence a size cap before anything is unpacked.

Raster formats a browser shows are read; drawings (SVG) are not, for they are programs. Pixels come as people see them:
turned as the camera says, transparent parts on white, colour profiles ignored; of an animation, the first frame.
"""

from __future__ import annotations

import io
import struct
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from core.errors import BadInput

Array = NDArray[Any]
Refusal = Literal["none", "drawing", "large", "slow", "damaged"]

MAX_BYTES = 64 * 1024 * 1024
MAX_PIXELS = 64_000_000  # decoded; some 400 MB with what Pillow needs beside them
MAX_JPEG_PIXELS = 178_000_000  # of a JPEG decoded at an eighth to a half of its size; above, Pillow refuses by itself
MAX_WORK = 2_000_000_000  # pixels times passes over them: a progressive JPEG may ask for thousands of passes
MAX_FRAMES = 300
_FORMATS = ("JPEG", "PNG", "WEBP", "TIFF", "GIF", "AVIF", "BMP")  # MPO is opened as the JPEG it begins with
_TURNED = 0x0112  # the EXIF tag of how the camera was held


class PictureRefused(BadInput):
    """Say why a file has no pixels for us; `reason` is none, drawing, large, slow or damaged."""

    def __init__(self, sentence: str, reason: Refusal) -> None:
        """Keep the reason as a word beside the sentence."""
        super().__init__(sentence)
        self.reason: Refusal = reason


@dataclass(frozen=True, slots=True)
class Picture:
    """Pixels (uint8[height, width, 3]), the size the file has as shown, its format, and what was done to it.

    `frames` is how many pictures the file holds, at most MAX_FRAMES; the pixels are those of the first.
    """

    rgb: Array
    width: int
    height: int
    format: str
    frames: int = 1
    note: str = ""


def open_picture(data: bytes, *, plain: bool = False, longest: int | None = None) -> Picture:
    """Decode a picture; `longest` lets a JPEG be decoded smaller, its longest side not below that many pixels.

    `plain` decodes as the reference implementation of PDQ does: as stored, transparency dropped, 16 bits cut at 255.
    Raises PictureRefused where the bytes are no picture, are damaged, or ask for too much.
    """
    with _opened(data, longest) as image:
        notes = []
        frames = _frames(image, data)
        if frames > 1:
            notes.append(f"first of {frames if frames < MAX_FRAMES else f'{MAX_FRAMES} or more'} frames")
        size = image.size
        turned = 1 if plain else image.getexif().get(_TURNED, 1)
        if longest and image.format in ("JPEG", "MPO"):
            image.draft(None, (longest, longest))
            if image.size != size:
                notes.append(f"decoded at {image.size[0]} by {image.size[1]}")
        if image.size[0] * image.size[1] > MAX_PIXELS:
            raise PictureRefused(f"The picture has {size[0]} by {size[1]} pixels, too many to look at.", "large")
        pixels = _turn(_pixels(image, plain), turned, notes)
        width, height = (size[1], size[0]) if turned in (5, 6, 7, 8) else size
        return Picture(pixels, width, height, str(image.format), frames, "; ".join(notes))


_DAMAGE = (OSError, ValueError, SyntaxError, TypeError, KeyError, IndexError, ZeroDivisionError, OverflowError,
           AttributeError, EOFError, MemoryError, NotImplementedError, RuntimeError, struct.error)  # fmt: skip


@contextmanager
def _opened(data: bytes, longest: int | None) -> Iterator[Any]:
    """Open an image whose size is within the caps; what fails while it is open becomes a refusal."""
    from PIL import Image, UnidentifiedImageError

    if len(data) > MAX_BYTES:
        raise PictureRefused(f"The file has {len(data):,} bytes, more than pictures have.", "large")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of damaged tags; bombs are judged by their size
        try:
            with Image.open(io.BytesIO(data), formats=_FORMATS) as image:
                _judge(image, data, longest)
                yield image
        except UnidentifiedImageError as error:
            raise _unknown(data) from error
        except Image.DecompressionBombError as error:
            raise PictureRefused("The picture says it has more pixels than can be looked at.", "large") from error
        except _DAMAGE as error:
            raise _damaged(error) from error


def _judge(image: Any, data: bytes, longest: int | None) -> None:
    width, height = image.size
    jpeg = image.format in ("JPEG", "MPO")
    if width * height > (MAX_JPEG_PIXELS if jpeg and longest else MAX_PIXELS):
        raise PictureRefused(f"The picture has {width} by {height} pixels, too many to look at.", "large")
    passes = data.count(b"\xff\xda") if jpeg else 1  # each pass over a JPEG begins so
    if width * height * passes > MAX_WORK:
        raise PictureRefused(f"The picture asks for {passes} passes over {width} by {height} pixels.", "slow")


def _unknown(data: bytes) -> PictureRefused:
    head = data[:1024].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if head.startswith((b"<svg", b"<?xml")) and b"<svg" in data[:65536].lower():
        return PictureRefused("A drawing (SVG) is a program, not pixels; it is kept but not looked at.", "drawing")
    return PictureRefused("The file is no picture that can be read (JPEG, PNG, WebP, GIF, TIFF, AVIF, BMP).", "none")


def _damaged(error: BaseException) -> PictureRefused:
    told = " ".join(str(error).split())[:120]
    return PictureRefused(f"The picture is damaged or cut off ({told or type(error).__name__}).", "damaged")


def _frames(image: Any, data: bytes) -> int:
    """Return how many pictures a file holds; what walks the whole file is stopped at MAX_FRAMES."""
    if image.format == "GIF":
        return max(1, min(data.count(b"\x21\xf9\x04"), MAX_FRAMES))  # one such mark before each frame
    if image.format in ("PNG", "WEBP", "AVIF"):
        return max(1, min(int(getattr(image, "n_frames", 1)), MAX_FRAMES))
    return 1  # further pages of a TIFF and previews of an MPO are no animation


def _pixels(image: Any, plain: bool = False) -> Array:
    from PIL import Image

    if plain:
        return np.array(image.convert("RGB"))
    if image.mode in ("I", "F") or image.mode.startswith("I;16"):
        return _deep(np.asarray(image))
    if image.mode in ("RGBA", "LA", "PA", "La", "RGBa") or "transparency" in image.info:
        image = image.convert("RGBA")
        ground = Image.new("RGBA", image.size, "white")
        ground.alpha_composite(image)
        image = ground
    return np.array(image.convert("RGB"))


def _deep(values: Array) -> Array:
    """Return grey values of more than 8 bits as 8 bits: by their upper byte, or by their range where they have none."""
    if values.dtype.kind == "u":
        grey = (values >> (8 * (values.dtype.itemsize - 1))).astype(np.uint8)
    else:
        finite = np.nan_to_num(values.astype(np.float32), nan=0.0, posinf=0.0, neginf=0.0)
        low, high = float(finite.min()), float(finite.max())
        if low >= 0 and 255 < high < 65536:
            low, high = 0.0, 65535.0
        grey = ((finite - low) * (255 / max(high - low, 1e-30))).clip(0, 255).astype(np.uint8)
    return np.repeat(grey[:, :, None], 3, axis=2)


def _turn(rgb: Array, turned: Any, notes: list[str]) -> Array:
    """Return the pixels as the camera was held (EXIF orientation 1 to 8)."""
    if turned not in (2, 3, 4, 5, 6, 7, 8):
        return rgb
    notes.append(f"turned as the camera says ({turned})")
    if turned in (5, 6, 7, 8):
        rgb = rgb.transpose(1, 0, 2)
    flips = {2: (1, -1), 3: (-1, -1), 4: (-1, 1), 5: (1, 1), 6: (1, -1), 7: (-1, -1), 8: (-1, 1)}
    down, right = flips[turned]
    return np.ascontiguousarray(rgb[::down, ::right])
