"""Words are read from pictures in bounded time, where tesseract is installed."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from archive import lettering
from core.errors import BadInput, CannotStart

needs_tesseract = pytest.mark.skipif(not lettering.available(), reason="the tesseract program is not installed")
WORDS = ("The harbour office opened the", "new lighthouse on Tuesday")


def card() -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    out = np.full((260, 760, 3), 255, np.uint8)
    for line, words in enumerate(WORDS):
        cv2.putText(out, words, (20, 90 + 90 * line), cv2.FONT_HERSHEY_SIMPLEX, 1.4, (0, 0, 0), 2, cv2.LINE_AA)
    return out


@needs_tesseract
def test_reads_words_line_by_line() -> None:
    assert lettering.read_words(card()) == "\n".join(WORDS)
    assert lettering.read_words(np.full((200, 200, 3), 90, np.uint8)) == ""


@needs_tesseract
def test_stops_in_time_and_names_what_is_missing() -> None:
    with pytest.raises(BadInput, match="too long"):
        lettering.read_words(card(), seconds=0.001)
    with pytest.raises(CannotStart, match="no data"):
        lettering.read_words(card(), languages="zzz")


def test_takes_no_other_words_for_a_language() -> None:
    for bad in ("eng; ls", "", "--psm", "../x"):
        with pytest.raises(CannotStart, match="eng"):
            lettering.read_words(card(), languages=bad)


def test_says_so_where_tesseract_is_absent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lettering, "available", lambda: False)
    assert lettering.read_words(card()) is None
    assert lettering.languages() == ()
