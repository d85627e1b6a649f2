"""Cut text into the words that are searched, the same way for both databases and every script.

Both databases get ready-made words: their own rules differ from each other (a Postgres in the C locale does not lower
Cyrillic, SQLite takes a Chinese sentence for one word). Scripts written without spaces, and Korean with its attached
particles, are cut into single characters; a run of them is searched as a phrase.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

import regex

from core.text import clean

VERSION = "1"  # raise it when the rules change: the index is then built anew

MAX_QUERY = 1000  # characters of a query that are read
MAX_TERMS = 32
MAX_PHRASE = 50  # words of one phrase

_SINGLE = r"\p{Han}\p{Hiragana}\p{Katakana}\u30fc\p{Hangul}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}\p{Tibetan}"
_WORD = regex.compile(rf"[{_SINGLE}]|[\w--[_{_SINGLE}]]+", regex.V1)
# Accents, Hebrew points, Arabic vowel signs, hamza and tatweel, soft hyphens and the zero-width
_SILENT = regex.compile(
    r"[\u0300-\u036f\u0591-\u05bd\u05bf-\u05c7\u0640\u064b-\u0655\u0670\u00ad\u200b-\u200f\u2060\ufeff]+"
)
_CHUNK = regex.compile(r'"([^"]*)"?|(\S+)')


@dataclass(frozen=True, slots=True)
class Term:
    """Words that must stand side by side; with `prefix` the last one may go on."""

    words: tuple[str, ...]
    prefix: bool = False


def fold(text: str) -> str:
    """Return text without case, accents and invisible characters."""
    if text.isascii():
        return text.lower()
    apart = unicodedata.normalize("NFKD", text.casefold())
    return unicodedata.normalize("NFC", _SILENT.sub("", apart)).casefold()


def words(text: str) -> list[str]:
    """Return the words of a text in order, folded."""
    found: list[str] = _WORD.findall(fold(text))
    return found


def terms(query: str) -> list[Term]:
    """Read a query: words, "quoted phrases", and beginnings marked by a star; everything else is punctuation."""
    return list(_terms(clean(query, MAX_QUERY)))[:MAX_TERMS]


def _terms(query: str) -> Iterator[Term]:
    for chunk in _CHUNK.finditer(query):
        quoted, bare = chunk.groups()
        found = words(quoted if bare is None else bare)[:MAX_PHRASE]
        if found:
            yield Term(tuple(found), prefix=bare is not None and bare.endswith("*"))
