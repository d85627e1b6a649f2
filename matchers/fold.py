"""Fold text for comparison: one table from code point to what is compared, and the same rule in plain Python.

Letters and digits stay, as NFKD and case folding give them, and digits of any script become ours; accents, format
characters, punctuation, symbols, emoji and spaces go; links and @mentions are skipped. Cyrillic and Greek letters that
look Latin become Latin, every time and by one table, so that two Russian texts still match one another and a word
written with borrowed letters matches too. Traditional Chinese characters become their simplified forms, one for one
(matchers/data/han.txt). Vowel signs that carry meaning (Devanagari, Thai) stay: only marks with a combining class are
accents.
"""

from __future__ import annotations

import unicodedata
from functools import cache
from importlib.resources import files
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

VERSION = f"fold-2/{unicodedata.unidata_version}"

DENSE = 1 << 21  # a letter of a script without spaces between words; set beside the code point
SEPARATOR = -1  # dropped, and ends a word
DROPPED = 0  # dropped without a trace: accents, zero-width characters
LETTER = DENSE - 1

_DENSE_RANGES = (
    (0x0E00, 0x0EFF), (0x1000, 0x109F), (0x1780, 0x17FF), (0x2E80, 0x2FDF), (0x3005, 0x3007), (0x3041, 0x30FF),
    (0x3105, 0x312F), (0x31A0, 0x31BF), (0x31F0, 0x31FF), (0x3400, 0x4DBF), (0x4E00, 0x9FFF), (0xAA60, 0xAA7F),
    (0xF900, 0xFAFF), (0x1B000, 0x1B16F), (0x20000, 0x3FFFF),
)  # fmt: skip  # Thai, Lao, Myanmar, Khmer, Han, kana, bopomofo
_IDEOGRAPHS = ((0x3400, 0x4DBF), (0x4E00, 0x9FFF), (0x20000, 0x2A6DF), (0x2A700, 0x2EBE0), (0x30000, 0x323AF))
_HANGUL = (0xAC00, 0xD7A3)
_NOTHING = ((0xD800, 0xF8FF), (0x40000, 0x10FFFF))  # surrogates, private use, planes without letters

# After case folding; by the shape of the capital for Cyrillic (В is B), of the small letter for Greek (ν is v).
_LOOKALIKES = dict(zip("авекмнорстухіїјѕһԁԛԝӏѵґ", "abekmhopctyxiijshdqwlvг", strict=True))
_LOOKALIKES |= dict(zip("αβγεζηικμνορτυχω", "abyeznikmvoptuxw", strict=True))
_LOOKALIKES |= dict(zip("ıłøđħŧɑɡɩꞵᴀʙᴄᴅᴇꜰɢʜɪᴊᴋʟᴍɴᴏᴘʀꜱᴛᴜᴠᴡʏᴢ", "ilodhtagibabcdefghijklmnoprstuvwyz", strict=True))
_LOOKALIKES |= {"æ": "ae", "œ": "oe", "ی": "ي", "ک": "ك"}  # the last two: Persian keyboards, Arabic ones
_LOOKALIKES |= {chr(start + i): chr(97 + i) for start in (0x1F150, 0x1F170) for i in range(26)}  # white on black
_SILENT = frozenset("'’ʼʹ`´ـ")  # inside a word (don't); the Arabic stretcher carries no meaning


class Folded(NamedTuple):
    """A folded text: code points with the DENSE flag, where each stood in the text, and how much there is of it."""

    letters: list[int]
    at: list[int]
    words: int
    dense: int


class Tables(NamedTuple):
    """The fold table (int32, one entry a code point) and the pool of expansions that negative entries point into."""

    table: NDArray[np.int32]
    pool: NDArray[np.int32]


@cache
def simplified() -> dict[int, int]:
    """Return the simplified form of each Chinese character that has another one, as code points."""
    lines = files("matchers").joinpath("data/han.txt").read_text(encoding="utf-8").splitlines()
    pairs = "".join(line for line in lines if not line.startswith("#"))
    return dict(zip(map(ord, pairs[::2]), map(ord, pairs[1::2]), strict=True))


def _dense(point: int) -> bool:
    return any(low <= point <= high for low, high in _DENSE_RANGES)


def _reduce(char: str) -> str:
    """Return what is left of a character: folded until nothing changes, accents dropped, look-alikes replaced."""
    for _ in range(4):
        before = char
        char = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", char).casefold())
        char = "".join(_LOOKALIKES.get(c, _digit(c)) for c in char if _stays(c)).translate(simplified())
        if char == before:
            break
    return char


def _digit(char: str) -> str:
    """Return a decimal digit of any script as ours; other characters as they are."""
    return char if char.isascii() or not char.isdecimal() else str(unicodedata.decimal(char))


def _stays(char: str) -> bool:
    if char in _SILENT:
        return False
    if char in _LOOKALIKES:
        return True
    category = unicodedata.category(char)
    if category[0] in "LN":
        return True
    return category in ("Mn", "Mc") and not unicodedata.combining(char) and not _ignorable(ord(char))


def _ignorable(point: int) -> bool:
    return (
        0xFE00 <= point <= 0xFE0F or 0xE0100 <= point <= 0xE01EF or point in (0x34F, 0x17B4, 0x17B5)
        or 0x180B <= point <= 0x180F
    )  # fmt: skip


def _entry(point: int, pool: list[int]) -> int:
    char = chr(point)
    category = unicodedata.category(char)
    if category == "Cn":
        return SEPARATOR
    if category == "Lo" and char not in _LOOKALIKES and not unicodedata.decomposition(char) and char.casefold() == char:
        return point  # the dense ones are marked range by range
    folded = _reduce(char)
    if not folded:
        silent = category[0] == "M" or category == "Cf" or char in _SILENT
        return DROPPED if silent else SEPARATOR
    points = [ord(c) | (DENSE if _dense(ord(c)) else 0) for c in folded]
    if len(points) == 1:
        return points[0]
    pool.extend([len(points), *points])
    return -(len(pool) - len(points) - 1) - 2


@cache
def tables() -> Tables:
    """Build the table once a process; ranges that need no look-up are filled at once (about 0.1 s)."""
    table = np.full(0x110000, SEPARATOR, np.int32)
    pool: list[int] = []
    skipped = sorted((*_IDEOGRAPHS, _HANGUL, *_NOTHING, (0xE0000, 0xE0FFF)))
    start = 0
    for low, high in (*skipped, (0x110000, 0x110000)):
        for point in range(start, low):
            table[point] = _entry(point, pool)
        start = max(start, high + 1)
    for low, high in _IDEOGRAPHS:
        table[low : high + 1] = np.arange(low, high + 1, dtype=np.int32)
    for point, simple in simplified().items():
        table[point] = simple | DENSE
    for low, high in _DENSE_RANGES:
        own = np.flatnonzero(table[low : high + 1] == np.arange(low, high + 1)) + low
        table[own] |= DENSE
    table[0xE0000:0xE1000] = DROPPED  # tags and variation selectors
    for point in range(_HANGUL[0], _HANGUL[1] + 1):
        table[point] = -len(pool) - 2
        lead, vowel, tail = (point - 0xAC00) // 588, (point - 0xAC00) % 588 // 28, (point - 0xAC00) % 28
        jamo = [0x1100 + lead, 0x1161 + vowel, *([0x11A7 + tail] if tail else [])]
        pool.extend([len(jamo), *jamo])
    return Tables(table, np.array(pool, np.int32))


_URL_ENDS = frozenset('<>"')


def _url_at(text: str, i: int, in_word: bool) -> bool:
    head = text[i : i + 8].lower()
    return head.startswith(("http://", "https://")) or (not in_word and head.startswith("www."))


def _handle(char: str) -> bool:
    return char.isascii() and (char.isalnum() or char in "_.-@")


def fold(text: str) -> Folded:
    """Fold one text in plain Python: the reference the compiled kernel is tested against."""
    table, pool = _lists()
    letters: list[int] = []
    at: list[int] = []
    words = dense = i = 0
    in_word = False
    while i < len(text):
        char = text[i]
        if char in "hHwW" and _url_at(text, i, in_word):
            i, in_word = _after_url(text, i, table), False
            continue
        if char in "@＠" and not in_word and i + 1 < len(text) and (_handle(text[i + 1]) and text[i + 1] not in ".-@"):
            i += 1
            while i < len(text) and _handle(text[i]):
                i += 1
            continue
        entry = table[ord(char)]
        if entry == SEPARATOR:
            in_word = False
        elif entry != DROPPED:
            points = [entry] if entry > 0 else pool[-entry - 1 : -entry - 1 + pool[-entry - 2]]
            for point in points:
                letters.append(point)
                at.append(i)
                if point & DENSE:
                    dense, in_word = dense + 1, False
                elif not in_word:
                    words, in_word = words + 1, True
        i += 1
    return Folded(letters, at, words, dense)


def _after_url(text: str, i: int, table: list[int]) -> int:
    while i < len(text):
        char, entry = text[i], table[ord(text[i])]
        foreign = char > "\x7f" and (entry == SEPARATOR or (entry > 0 and entry & DENSE))
        if char <= " " or char in _URL_ENDS or foreign:
            return i
        i += 1
    return i


@cache
def _lists() -> tuple[list[int], list[int]]:
    return tables().table.tolist(), tables().pool.tolist()


def folded(text: str) -> str:
    """Return the folded text as a string, to look at and to test with."""
    return "".join(chr(point & LETTER) for point in fold(text).letters)
