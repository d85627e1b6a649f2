"""Pictures are found again after what people do to them, and only then."""

from __future__ import annotations

import csv
import dataclasses
import os
from pathlib import Path

import numpy as np
import pytest

from archive.pictures import open_picture
from benchmarks import scenes
from core.errors import BadInput
from matchers import bits, image, pdq, picture_bars, pictures
from matchers.picture_index import PictureIndex

SHARED = Path(os.environ.get("COPYTRAIL_DATA") or Path(__file__).parents[2].parent / "shared" / "data") / "pdq"
recorded = [
    pytest.mark.recorded,
    pytest.mark.skipif(not SHARED.is_dir(), reason="the labelled sets do not lie beside the project"),
]


def posted(kind: str, seed: int) -> pictures.PicturePrint:
    r = np.random.default_rng(seed)
    return pictures.read(scenes.posted(scenes.EDITS[kind](scenes.scene(seed), r), r))


@pytest.fixture(scope="module")
def prints() -> list[pictures.PicturePrint]:
    return [pictures.read(scenes.scene(seed)) for seed in range(4)]


class TestReference:
    pytestmark = recorded

    def test_gives_the_bits_of_the_reference(self) -> None:
        with (SHARED / "pdqhash_0.2.8_outputs.csv").open() as file:
            for row in csv.DictReader(file):
                found = pdq.hash_picture(open_picture((SHARED / row["file"]).read_bytes(), plain=True).rgb)
                assert (pdq.hex_of(found.bits), found.quality) == (row["pdq_hex"], int(row["quality"])), row["file"]

    def test_finds_exactly_the_pairs_of_the_index_set(self) -> None:
        needles, haystack = (
            np.array([pdq.from_hex(line) for line in (SHARED / "mih" / f"{name}.txt").read_text().split()])
            for name in ("needles", "haystack")
        )
        gaps = np.bitwise_count(needles[:, None] ^ haystack[None]).sum(axis=2)
        near = bits.within(needles, haystack)
        assert len(near.left) == 250
        assert np.array_equal(np.argwhere(gaps <= 31), np.stack([near.left, near.right], axis=1))
        assert np.array_equal(gaps[near.left, near.right], near.distance)


def test_turned_hashes_are_those_of_the_turned_picture() -> None:
    rgb = scenes.scene(3)
    turns = pdq.look_at(pdq.reduction(rgb)).turns
    turned = {1: np.rot90(rgb), 2: np.rot90(rgb, 2), 3: np.rot90(rgb, 3), 4: rgb[::-1], 5: rgb[:, ::-1],
              6: rgb.transpose(1, 0, 2)}  # fmt: skip
    for turn, other in turned.items():
        assert pdq.distance(turns[turn], pdq.reduced(np.ascontiguousarray(other)).bits) <= 4


def test_pictures_too_small_or_plain_have_no_quality() -> None:
    assert pdq.hash_picture(np.zeros((4, 4, 3), np.uint8)).quality == 0
    blank = pictures.read(np.full((300, 300, 3), 120, np.uint8))
    assert blank.status == "blank"
    assert blank.reason is not None
    assert image.compare(blank, blank) is None
    with pytest.raises(BadInput):
        pdq.hash_picture(np.zeros((4, 4), np.uint8))


@pytest.mark.parametrize("distance", [0, 15, 31])
def test_looks_up_all_within_a_distance(distance: int) -> None:
    r = np.random.default_rng(7)
    hashes = r.integers(0, 256, (300, 32), dtype=np.uint8)
    flips = np.packbits(r.random((300, 256)) < 0.1, axis=1)
    queries = hashes ^ flips
    gaps = np.bitwise_count(queries[:, None] ^ hashes[None]).sum(axis=2)
    near = bits.within(queries, hashes, distance)
    assert np.array_equal(np.argwhere(gaps <= distance), np.stack([near.left, near.right], axis=1))
    with pytest.raises(BadInput):
        bits.within(queries, hashes, 32)


@pytest.mark.parametrize("kind", ["posted again", "half size", "mirrored", "turned", "border 10 %"])
def test_says_the_same_picture(kind: str, prints: list[pictures.PicturePrint]) -> None:
    verdict = image.compare(posted(kind, 1), prints[1])
    assert verdict is not None
    assert (verdict.detail["matcher"], verdict.strength) == ("image.same", "A")
    assert ("mirrored" in verdict.sentence) == (kind == "mirrored")


def test_finds_the_picture_in_a_post_on_a_screen() -> None:
    r = np.random.default_rng(5)
    small = scenes.scene(5)[:300, :480]  # few places are left of it beside all the words
    shot = pictures.read(scenes.posted(scenes.screenshot(small, r), r))
    verdict = image.compare(shot, pictures.read(small))
    assert verdict is not None
    assert verdict.detail["stripped"] == "left"
    assert picture_bars.block(np.full((320, 320), 250.0, np.float32)) is None


@pytest.mark.parametrize("kind", ["crop 10 % each side", "crop to 15 % a side", "caption 20 %", "blurred border 10 %"])
def test_says_part_of_the_same_picture(kind: str, prints: list[pictures.PicturePrint]) -> None:
    verdict = image.compare(posted(kind, 2), prints[2])
    assert verdict is not None
    assert verdict.detail["matcher"] in ("image.part", "image.same")


@pytest.mark.parametrize("kind", ["scene", "screen", "chart", "page", "flag", "quote"])
def test_says_nothing_of_pictures_that_are_only_alike(kind: str) -> None:
    some = [pictures.read(scenes.KINDS[kind](seed)) for seed in range(5)]
    assert not [(i, j) for i in range(5) for j in range(i) if image.compare(some[i], some[j])]


def test_packs_and_refuses_what_is_damaged(prints: list[pictures.PicturePrint]) -> None:
    hashes, places = pictures.pack(prints[0])
    again = pictures.unpack(hashes, places)
    assert np.array_equal(again.marks, prints[0].marks)
    assert pictures.pack(again) == (hashes, places)
    for bad in (hashes[:-1], b"", hashes[:40] + b"\0" + hashes[41:]):
        with pytest.raises(BadInput):
            pictures.unpack(bad, places)


def test_index_finds_copies_and_parts_and_survives_a_kill(tmp_path: Path, prints: list[pictures.PicturePrint]) -> None:
    wanted = [posted("mirrored", 0), posted("crop 10 % each side", 3)]
    with PictureIndex(tmp_path, "a") as index:
        together = index.candidates([1, 2, 3, 4, 8, 9], [*prints, *wanted])
        index.append([1, 2], prints[:2], 1, "x")
        index.append([3, 4], prints[2:], 2, "x")
    assert 1 in together[4]
    assert 4 in together[5]
    frame = (tmp_path / "hashes").read_bytes()
    (tmp_path / "hashes").write_bytes(frame + frame[:30])  # a batch that was cut off
    with PictureIndex(tmp_path, "a") as index:
        assert (index.generation, index.pictures, index.repaired) == (2, 4, None)
        assert index.candidates([8, 9], wanted)[0][:1] == [1]
        assert 4 in index.candidates([8, 9], wanted)[1]
    (tmp_path / "hashes").write_bytes(frame[:50] + b"\xff" + frame[51:])
    with PictureIndex(tmp_path, "a") as index:
        assert (index.generation, index.pictures) == (0, 0)
        assert index.repaired


def test_pictures_of_like_brightness_are_told_apart_by_their_colours() -> None:
    rgb = np.zeros((400, 600, 3), np.uint8)
    for corner, colour in enumerate([(0, 100, 40), (244, 244, 244), (240, 120, 60), (170, 30, 30), (90, 170, 20)]):
        rgb[60 * corner :, 90 * corner :] = colour
    luma = rgb @ np.array([0.299, 0.587, 0.114])
    turned = (2 * luma[:, :, None] - rgb).clip(0, 255).astype(np.uint8)  # the opposite colours, as bright
    one, other = pictures.read(rgb), pictures.read(turned)
    assert image.compare(one, other) is None
    assert image.compare(one, one) is not None
    without = dataclasses.replace(other, chroma=None)  # read before colours were kept
    verdict = image.compare(one, without)
    assert verdict is not None
    assert verdict.detail["other_colours"] is None


@pytest.mark.parametrize("kind", ["grey", "filter, faded", "filter, vivid", "sticker"])
def test_edits_of_colour_hide_no_copy(kind: str, prints: list[pictures.PicturePrint]) -> None:
    verdict = image.compare(posted(kind, 3), prints[3])
    assert verdict is not None
    assert verdict.detail["other_colours"] < 0.06


def test_colours_are_kept_and_prints_without_them_are_still_read(prints: list[pictures.PicturePrint]) -> None:
    hashes, places = pictures.pack(prints[1])
    chroma, again = prints[1].chroma, pictures.unpack(hashes, places).chroma
    assert chroma is not None
    assert again is not None
    assert np.array_equal(again, chroma)
    older = dataclasses.replace(prints[1], chroma=None)
    kept = pictures.pack(older)
    assert kept[1][:4] == b"CTF2"
    assert pictures.unpack(*kept).chroma is None
    assert image.compare(pictures.unpack(*kept), prints[1]) is not None
