"""Read the words in a picture (optional extra `ocr`: pytesseract and the tesseract program). The only file that does.

Recognition runs in a process of its own, which is ended after some seconds; pictures are brought to a bounded size
first. What is read is a machine's reading and is told as such: "text in the picture".
"""

from __future__ import annotations

import os
import re
import unicodedata
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.errors import BadInput, CannotStart

Array = NDArray[Any]

SECONDS = 20.0  # for one picture
SHORTEST, LONGEST = 640, 2000  # pixels of the longer side: letters of small pictures are enlarged to be read
SURE = 60  # of 100: what tesseract holds for less is left out
MOST = 20_000  # characters kept of one picture
_LANGUAGE = re.compile(r"[a-z]{3,7}(_[a-z]{2,10}){0,2}(\+[a-z]{3,7}(_[a-z]{2,10}){0,2}){0,9}", re.IGNORECASE)


@cache
def available() -> bool:
    """Return whether both the extra and the tesseract program are installed."""
    try:
        import pytesseract

        pytesseract.get_tesseract_version()
    except (ImportError, OSError, SystemExit):
        return False
    return True


def languages() -> tuple[str, ...]:
    """Return the languages tesseract has data for."""
    if not available():
        return ()
    import pytesseract

    return tuple(sorted(pytesseract.get_languages()))


def read_words(rgb: Array, languages: str = "eng", seconds: float = SECONDS) -> str | None:
    """Return the words in a picture (uint8[height, width, 3]), line by line; "" where none, None where not installed.

    `languages` is as tesseract writes them ("eng+rus"). Raises BadInput where reading takes longer than `seconds` or
    fails, CannotStart where a language has no data.
    """
    if not _LANGUAGE.fullmatch(languages):
        raise CannotStart(f"Languages to read in pictures are written like eng+rus, not {languages!r}.")
    if not available():
        return None
    import pytesseract
    from pytesseract import Output

    before = os.environ.get("OMP_THREAD_LIMIT")
    os.environ["OMP_THREAD_LIMIT"] = "1"  # one core a picture, as for all other work
    try:
        told = pytesseract.image_to_data(_sized(rgb), lang=languages, timeout=seconds, output_type=Output.DICT)
    except RuntimeError as error:  # a time-out, and pytesseract's own error, which is one of these
        if "data" in str(error).lower() and "load" in str(error).lower():
            raise CannotStart(
                f"Tesseract has no data for {languages}; install it or choose another language."
            ) from error
        why = "took too long" if "timeout" in str(error).lower() else "failed"
        raise BadInput(f"Reading words in the picture {why}.") from error
    finally:
        if before is None:
            os.environ.pop("OMP_THREAD_LIMIT", None)
        else:
            os.environ["OMP_THREAD_LIMIT"] = before
    return _lines(told)


def _lines(told: dict[str, list[Any]]) -> str:
    lines: dict[tuple[Any, ...], list[str]] = {}
    places = zip(told["block_num"], told["par_num"], told["line_num"], strict=True)
    for place, word, sure in zip(places, told["text"], told["conf"], strict=True):
        clean = "".join(c for c in str(word) if unicodedata.category(c)[0] != "C").strip()
        if clean and float(sure) >= SURE:
            lines.setdefault(place, []).append(clean)
    return "\n".join(" ".join(words) for words in lines.values())[:MOST]


def _sized(rgb: Array) -> Array:
    """Return the picture at a size letters are read well at, by whole steps: nothing here needs more."""
    longest = max(rgb.shape[:2])
    if longest > LONGEST:
        step = -(-longest // LONGEST)
        height, width = (n // step * step for n in rgb.shape[:2])
        if min(height, width) < step:
            raise BadInput("The picture is too narrow to hold words.")
        parts = rgb[:height, :width].reshape(height // step, step, width // step, step, 3)
        return np.asarray(parts.mean(axis=(1, 3)).astype(np.uint8))
    if longest < SHORTEST:
        times = min(4, SHORTEST // longest + 1)
        return np.ascontiguousarray(rgb.repeat(times, axis=0).repeat(times, axis=1))
    return np.ascontiguousarray(rgb)
