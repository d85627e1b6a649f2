"""Talk about nothing, in six languages: the posts that match nothing and must not be matched."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from importlib import resources
from random import Random
from typing import Any

import yaml

from demo.edits import Tongue

LANGUAGES = ("en", "es", "ru", "zh", "ar", "ja")
SLOTS = ("when", "who", "did", "what", "where")
SHARED = 0.2  # of the phrases of the shorter of two posts: more would make them look related


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


class SmallTalk:
    """Make unrelated posts: no two of one language share more than a few phrases."""

    def __init__(self, rng: Random) -> None:
        self._rng = rng
        self._used: dict[str, list[frozenset[str]]] = {language: [] for language in LANGUAGES}

    def post(self, language: str, sentences: int = 0) -> str:
        """Return a post of two to four sentences that nobody else wrote."""
        talk = texts(language)["small_talk"]
        wanted = sentences or self._rng.choice((2, 3, 3, 4))
        for _ in range(200):
            chosen = [{slot: self._rng.choice(talk[slot]) for slot in SLOTS} for _ in range(wanted)]
            phrases = frozenset(phrase for sentence in chosen for phrase in sentence.values())
            if all(len(phrases & other) <= SHARED * min(len(phrases), len(other)) for other in self._used[language]):
                break
        self._used[language].append(phrases)
        blank = "" if language in {"zh", "ja"} else " "
        return blank.join(self._sentence(talk, sentence) for sentence in chosen)

    def title(self, language: str) -> str:
        """Return a short title."""
        talk = texts(language)["small_talk"]
        title = f"{self._fill(self._rng.choice(talk['who']), talk)}: {self._fill(self._rng.choice(talk['what']), talk)}"
        return title[:1].upper() + title[1:]

    def _sentence(self, talk: Mapping[str, Any], chosen: Mapping[str, str]) -> str:
        said = str(talk["pattern"]).format(**{slot: self._fill(phrase, talk) for slot, phrase in chosen.items()})
        return said[:1].upper() + said[1:]

    def _fill(self, phrase: str, talk: Mapping[str, Any]) -> str:
        return phrase.replace("{name}", self._name(talk["names"])).replace("{n}", str(self._rng.randint(3, 97)))

    def _name(self, syllables: Sequence[str]) -> str:
        name = "".join(self._rng.choice(syllables) for _ in range(self._rng.choice((2, 3))))
        return name[:1].upper() + name[1:]
