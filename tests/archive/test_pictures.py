"""Pictures are decoded as people see them, and hostile bytes are refused with a reason, in bounded time."""

from __future__ import annotations

import io
import struct
import zlib
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageOps

from archive import pictures
from archive.pictures import PictureRefused, open_picture


def blocks(width: int = 40, height: int = 24) -> Image.Image:
    """Draw four quarters of four colours."""
    image = Image.new("RGB", (width, height), (200, 30, 40))
    image.paste((20, 160, 60), (width // 2, 0, width, height // 2))
    image.paste((30, 60, 190), (0, height // 2, width // 2, height))
    return image


def saved(image: Image.Image, kind: str, **more: Any) -> bytes:
    out = io.BytesIO()
    image.save(out, kind, **more)
    return out.getvalue()


def png(width: int, height: int, rows: bytes, colour: int = 2) -> bytes:
    """Write a PNG that says whatever size it is told to say."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", width, height, 8, colour, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


@pytest.mark.parametrize("turned", range(1, 9))
def test_is_turned_as_the_camera_was_held(turned: int) -> None:
    image = blocks()
    exif = Image.Exif()
    exif[0x0112] = turned
    picture = open_picture(saved(image, "PNG", exif=exif))
    image.getexif()[0x0112] = turned
    assert np.array_equal(picture.rgb, np.asarray(ImageOps.exif_transpose(image)))
    assert (picture.height, picture.width) == picture.rgb.shape[:2]


@pytest.mark.parametrize("mode", ["RGB", "L", "P", "CMYK", "1", "RGBA", "LA", "YCbCr"])
def test_reads_every_kind_of_pixel(mode: str) -> None:
    kind = {"CMYK": "JPEG", "YCbCr": "JPEG"}.get(mode, "PNG")
    picture = open_picture(saved(blocks().convert(mode), kind))
    assert picture.rgb.shape == (24, 40, 3)
    assert picture.rgb.dtype == np.uint8
    assert picture.rgb.flags.writeable


def test_shows_what_is_transparent_on_white_and_the_reference_what_lies_beneath() -> None:
    data = saved(Image.new("RGBA", (8, 8), (10, 20, 30, 0)), "PNG")
    assert open_picture(data).rgb[0, 0].tolist() == [255, 255, 255]
    assert open_picture(data, plain=True).rgb[0, 0].tolist() == [10, 20, 30]


def test_shows_sixteen_bits_by_their_upper_half() -> None:
    values = np.linspace(0, 65535, 64, dtype=np.uint16).reshape(8, 8)
    assert np.array_equal(open_picture(saved(Image.fromarray(values), "PNG")).rgb[:, :, 0], values >> 8)


def test_takes_the_first_of_several_frames_and_says_so() -> None:
    data = saved(
        blocks(),
        "GIF",
        save_all=True,
        append_images=[Image.new("RGB", (40, 24), (i, 0, 0)) for i in (9, 60, 110, 160)],
        duration=80,
    )
    picture = open_picture(data)
    assert (picture.frames, picture.note) == (5, "first of 5 frames")


def test_decodes_a_large_jpeg_smaller_but_tells_its_size() -> None:
    picture = open_picture(saved(Image.new("RGB", (4000, 3000), (90, 90, 90)), "JPEG"), longest=512)
    assert (picture.width, picture.height) == (4000, 3000)
    assert 512 <= max(picture.rgb.shape) <= 1024


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "none"), (b"just words", "none"), (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "drawing"),
        (b"<?xml version='1.0'?><svg/>", "drawing"), (png(60_000, 60_000, b""), "large"),
        (png(8, 8, b"\0" * 10), "damaged"), (saved(blocks(), "JPEG")[:300], "damaged"),
        (png(2**31 - 1, 2**31 - 1, b""), "large"), (b"GIF89a\xff\xff\xff\xff", "none"),
    ],
)  # fmt: skip
def test_refuses_with_a_reason(data: bytes, reason: str) -> None:
    with pytest.raises(PictureRefused) as refused:
        open_picture(data)
    assert refused.value.reason == reason
    assert refused.value.sentence.endswith(".")


def test_refuses_files_and_passes_beyond_the_caps(monkeypatch: pytest.MonkeyPatch) -> None:
    data = saved(blocks(800, 600), "JPEG", progressive=True)
    monkeypatch.setattr(pictures, "MAX_WORK", 800 * 600 * 2)
    with pytest.raises(PictureRefused, match="passes") as refused:
        open_picture(data)
    assert refused.value.reason == "slow"
    monkeypatch.setattr(pictures, "MAX_BYTES", 100)
    with pytest.raises(PictureRefused, match="bytes"):
        open_picture(data)


SAMPLES = [saved(blocks(), kind) for kind in ("PNG", "JPEG", "GIF", "WEBP", "TIFF", "BMP")]


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(SAMPLES), st.lists(st.tuples(st.integers(0, 4000), st.integers(0, 255)), max_size=12),
       st.integers(0, 4000))  # fmt: skip
def test_damage_anywhere_ends_in_pixels_or_a_refusal(data: bytes, changes: list[tuple[int, int]], cut: int) -> None:
    bad = bytearray(data)
    for at, value in changes:
        bad[at % len(bad)] = value
    try:
        picture = open_picture(bytes(bad[: max(len(bad) - cut % 200, 1)]))
    except PictureRefused:
        return
    assert picture.rgb.ndim == 3
