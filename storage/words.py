"""Cut text into the words that are searched, the same way for both databases and every script.

Both databases get ready-made words: their own rules differ from each other (a Postgres in the C locale does not lower
Cyrillic, SQLite takes a Chinese sentence for one word). Scripts written without spaces, and Korean with its attached
particles, are cut into single characters, of which a run is searched as a phrase; so are emoji.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

from core.text import clean

VERSION = "1"  # raise it when the rules change: the index is then built anew

MAX_QUERY = 1000  # characters of a query that are read
MAX_TERMS = 32
MAX_PHRASE = 50  # words of one phrase

# Blocks of Unicode, for Python's own `re`: it is several times as fast as properties of the `regex` package.
_SINGLE = (
    "\u0e00-\u109f\u1100-\u11ff\u1780-\u17ff\u1950-\u19ff"  # Thai, Lao, Tibetan, Myanmar, Hangul, Khmer, Tai
    "\u2e80-\u2fdf\u3005-\u3007\u3021-\u3029\u3031-\u3035\u3038-\u303c\u3041-\u318f\u31a0-\u31ff"  # radicals, Kana
    "\u3400-\u4dbf\u4e00-\ua4cf\ua960-\ua97f\uac00-\ud7ff\uf900-\ufaff\uff66-\uffdc"  # Han, Yi, Hangul
    "\U00016fe0-\U0001b2ff\U00020000-\U0003ffff"  # Tangut, Khitan, old Kana, rare Han
    "\u2600-\u27bf\U0001f300-\U0001faff"  # emoji
)
# Scripts whose vowels are marks, which `re` takes for no letters: Syriac to Sinhala, Philippine, Mongolian, Indonesian
_MARKED = "\u0700-\u0963\u0966-\u0dff\u1700-\u177f\u1800-\u18af\u1a00-\u1cff\ua800-\ua95f\ua980-\uabff"
_WORD = re.compile(f"[^\\W_{_SINGLE}{_MARKED}]+|[{_SINGLE}]|[{_MARKED}]+")
# Accents, titlo, Hebrew points, Arabic signs and tatweel, soft hyphens, the zero-width, variation selectors, keycaps
_SILENT = re.compile(
    "[\u00ad\u0300-\u036f\u0483-\u0489\u0591-\u05bd\u05bf\u05c1-\u05c5\u05c7\u0610-\u061a\u0640\u064b-\u065f\u0670"
    "\u06d6-\u06dc\u06df-\u06e8\u06ea-\u06ed\u200b-\u200f\u2060-\u2064\u20d0-\u20f0\ufe00-\ufe0f\ufeff]+"
)
_CHUNK = re.compile(r'"([^"]*)"?|(\S+)')


@dataclass(frozen=True, slots=True)
class Term:
    """Words that must stand side by side; with `prefix` the last one may go on."""

    words: tuple[str, ...]
    prefix: bool = False


def fold(text: str) -> str:
    """Return text without case, accents and invisible characters."""
    if text.isascii():
        return text.lower()
    apart = _SILENT.sub("", unicodedata.normalize("NFKD", text.casefold()))
    return unicodedata.normalize("NFC", apart).casefold()  # taking a letter apart may bring up a capital


def words(text: str) -> list[str]:
    """Return the words of a text in order, folded."""
    return _WORD.findall(fold(text))


def terms(query: str) -> list[Term]:
    """Read a query: words, "quoted phrases", and beginnings marked by a star; everything else is punctuation."""
    return list(_terms(clean(query, MAX_QUERY)))[:MAX_TERMS]


def _terms(query: str) -> Iterator[Term]:
    for chunk in _CHUNK.finditer(query):
        quoted, bare = chunk.groups()
        found = words(quoted if bare is None else bare)[:MAX_PHRASE]
        if found:
            yield Term(tuple(found), prefix=bare is not None and bare.endswith("*"))
