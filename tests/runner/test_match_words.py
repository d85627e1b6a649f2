"""Words read in pictures are matched with other pictures and with what posts say; without a reader, nothing is."""

from __future__ import annotations

import io
import textwrap
from typing import Any

import cv2
import numpy as np
import pytest
from PIL import Image

from archive import lettering
from matchers import image_words
from tests.runner.commands import Home
from tests.runner.test_match_media import post, take
from tests.runner.test_media import Server, home, server

__all__ = ["home", "server"]

needs_tesseract = pytest.mark.skipif(not lettering.available(), reason="the tesseract program is not installed")
SAID = (
    "The harbour office opened the new lighthouse on Tuesday after a long winter of repairs and the "
    "ferry to the islands will leave an hour earlier every morning until the bridge is finished"
)
OTHER = "A council of bakers met in the old market hall to taste bread from every village along the river that week"


def card(text: str, wide: int, ground: int) -> bytes:
    """Return a picture of words as a file; width (letters) and ground make another picture of the same words."""
    lines = textwrap.wrap(text, wide)
    out = np.full((60 + 52 * len(lines), 60 + 20 * wide, 3), ground, np.uint8)
    for n, line in enumerate(lines):
        cv2.putText(out, line, (30, 70 + 52 * n), cv2.FONT_HERSHEY_SIMPLEX, 1.0, (0, 0, 0), 2, cv2.LINE_AA)
    file = io.BytesIO()
    Image.fromarray(out).save(file, "PNG")
    return file.getvalue()


def found(home: Home) -> dict[tuple[str, str], dict[str, Any]]:
    """Match, and return the pairs by words in pictures."""
    home("match")
    rows = [row for row in home("pairs", "--json").rows if row["matcher"] == "image.words"]
    return {(row["left"].split(":")[1], row["right"].split(":")[1]): row for row in rows}


@needs_tesseract
def test_words_in_pictures_meet_other_pictures_and_posts(home: Home, server: Server) -> None:
    server.files |= {
        "/a.png": (200, "image/png", card(SAID, 30, 255)), "/b.png": (200, "image/png", card(SAID, 52, 200)),
        "/c.png": (200, "image/png", card(OTHER, 30, 255)),
    }  # fmt: skip
    take(home, post(1, ("/a.png", "image")), post(2, text=SAID), post(3, ("/c.png", "image")))
    first = found(home)
    assert set(first) == {("1", "2")}
    one = first["1", "2"]
    assert one["strength"] == "B"
    assert "words a machine read in a picture" in one["sentence"]
    assert one["detail"]["picture"] == "left"
    assert one["parameters"]["near"] == image_words.NEAR
    take(home, post(4, ("/b.png", "image")), post(5, text=f"{SAID}. Read this."), post(6, ("/a.png", "image")))
    later = found(home)
    assert {("1", "2"), ("1", "4"), ("1", "5"), ("2", "4"), ("4", "5"), ("2", "6")} <= set(later)
    assert "in both pictures" in later["1", "4"]["sentence"]
    assert not any("3" in key for key in later)
    home("match", "--rebuild")
    assert set(found(home)) == set(later)


def test_says_at_most_that_words_support_a_match() -> None:
    said = image_words.compare(SAID * 3, SAID * 3, "in both pictures")
    assert said is not None
    assert said.strength == "B"
    assert said.detail["wording"] == "text.exact"
    assert image_words.compare(SAID, OTHER, "in both pictures") is None
    assert image_words.compare("", SAID, "in both pictures") is None
