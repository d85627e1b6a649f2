"""Talk about nothing, in six languages: the posts that match nothing and must not be matched."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import cache
from importlib import resources
from random import Random
from typing import Any

import yaml

from demo.edits import UNSPACED, Tongue

LANGUAGES = ("en", "es", "ru", "zh", "ar", "ja")
_ATTEMPTS = 200  # after which the last text stands; never reached with the phrases there are
SLOTS = ("when", "who", "did", "what", "where")
ALIKE = 0.2  # share of common grams above which two posts would look related; copies begin near 0.3


@cache
def texts(language: str) -> Mapping[str, Any]:
    """Return the invented prose of one language (demo/texts/*.yml)."""
    source = resources.files("demo").joinpath("texts", f"{language}.yml")
    data: Mapping[str, Any] = yaml.safe_load(source.read_text(encoding="utf-8"))
    return data


def tongue(language: str) -> Tongue:
    """Return what editing needs to know of a language."""
    data = texts(language)
    return Tongue(language, data["words"], data["prefixes"], data["suffixes"])


def grams(text: str, language: str) -> frozenset[str]:
    """Return the runs of letters by which texts are compared here: five, three in Chinese and Japanese."""
    size = 3 if language in UNSPACED else 5
    folded = re.sub(r"\W+", "" if language in UNSPACED else " ", text.lower())
    return frozenset(folded[i : i + size] for i in range(len(folded) - size + 1))


def _alike(a: frozenset[str], b: frozenset[str]) -> bool:
    return len(a & b) * (1 + ALIKE) > ALIKE * (len(a) + len(b))  # Jaccard's measure without building the union


class SmallTalk:
    """Make unrelated posts: no two of one language look alike."""

    def __init__(self, rng: Random) -> None:
        self._rng = rng
        self._said: dict[str, list[frozenset[str]]] = {language: [] for language in LANGUAGES}

    def post(self, language: str, sentences: int = 0) -> str:
        """Return a post of two to four sentences that nobody else wrote."""
        talk = texts(language)["small_talk"]
        wanted = sentences or self._rng.choice((2, 3, 3, 4))
        blank = "" if language in UNSPACED else " "
        for _ in range(_ATTEMPTS):
            text = blank.join(self._sentence(talk) for _ in range(wanted))
            parts = grams(text, language)
            if not any(_alike(parts, other) for other in self._said[language]):
                break
        self._said[language].append(parts)
        return text

    def title(self, language: str) -> str:
        """Return a short title."""
        talk = texts(language)["small_talk"]
        title = f"{self._fill(self._rng.choice(talk['who']), talk)}: {self._fill(self._rng.choice(talk['what']), talk)}"
        return title[:1].upper() + title[1:]

    def _sentence(self, talk: Mapping[str, Any]) -> str:
        said = str(talk["pattern"]).format(**{slot: self._fill(self._rng.choice(talk[slot]), talk) for slot in SLOTS})
        return said[:1].upper() + said[1:]

    def _fill(self, phrase: str, talk: Mapping[str, Any]) -> str:
        return phrase.replace("{name}", self._name(talk["names"])).replace("{n}", str(self._rng.randint(3, 97)))

    def _name(self, syllables: Sequence[str]) -> str:
        name = "".join(self._rng.choice(syllables) for _ in range(self._rng.choice((2, 3))))
        return name[:1].upper() + name[1:]
