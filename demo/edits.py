"""Change a text as copyists do; every edit is seeded and says by its name how much it changes."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from random import Random

UNSPACED = frozenset({"zh", "ja"})  # languages written without blanks between words

_LATIN = dict(zip("aceopxyABCEHKMOPTX", "асеорхуАВСЕНКМОРТХ", strict=True))
_CYRILLIC = {there: here for here, there in _LATIN.items()}
_ALIKE: dict[str, dict[str, str]] = {
    "en": _LATIN,
    "es": _LATIN,
    "ru": _CYRILLIC,
    "ar": {"ي": "ی", "ك": "ک", "ه": "ہ"},
    "zh": {"日": "曰", "未": "末", "己": "已", "人": "入", "土": "士", "大": "太", "二": "ニ", "口": "ロ", "力": "カ"},
    "ja": {"カ": "力", "ニ": "二", "ロ": "口", "へ": "ヘ", "り": "リ", "ー": "一", "人": "入", "日": "曰"},
}
_EMOJI = ("🌊", "🏮", "⚓", "👀", "❗", "🐚", "🛶")
_SPACED_WORD = re.compile(r"\w+", re.UNICODE)
_TWO_CHARACTERS = re.compile(r"\w{2}", re.UNICODE)  # the usual length of a word in running Chinese


@dataclass(frozen=True, slots=True)
class Tongue:
    """What editing needs to know of a language."""

    language: str
    words: Sequence[str]
    prefixes: Sequence[str]
    suffixes: Sequence[str]


def exact(text: str, tongue: Tongue, rng: Random) -> str:
    """Return the text itself."""
    return text


def surface(text: str, tongue: Tongue, rng: Random) -> str:
    """Change blanks, case, punctuation and emoji, and no letter."""
    paragraphs = text.split("\n\n")
    shouted = rng.randrange(len(paragraphs))
    paragraphs[shouted] = paragraphs[shouted].upper()
    changed = " ".join(paragraphs) if rng.random() < 0.5 else "\n\n\n".join(paragraphs)
    changed = changed.replace("“", '"').replace("”", '"').replace("«", '"').replace("»", '"')
    changed = re.sub(r"([.!?。！？])(?=\s|$)", lambda m: m[1] * rng.choice((1, 1, 3)), changed)
    if tongue.language not in UNSPACED:
        changed = re.sub(r" ", lambda m: "  " if rng.random() < 0.1 else " ", changed)
    return f"{rng.choice(_EMOJI)} {changed} {''.join(rng.sample(_EMOJI, 2))}"


def homoglyphs(text: str, tongue: Tongue, rng: Random) -> str:
    """Put look-alike characters of another script for one letter in twelve of those that have one, at least one."""
    alike = _ALIKE[tongue.language]
    places = [i for i, character in enumerate(text) if character in alike]
    chosen = set(rng.sample(places, max(1, len(places) // 12))) if places else set()
    return "".join(alike[c] if i in chosen else c for i, c in enumerate(text))


def replaced(share: float) -> Callable[[str, Tongue, Random], str]:
    """Return an edit that puts other words for a share of the words."""

    def edit(text: str, tongue: Tongue, rng: Random) -> str:
        pattern = _TWO_CHARACTERS if tongue.language in UNSPACED else _SPACED_WORD
        found = list(pattern.finditer(text))
        for word in sorted(rng.sample(found, max(1, round(share * len(found)))), key=lambda m: -m.start()):
            text = text[: word.start()] + rng.choice(tongue.words) + text[word.end() :]
        return text

    return edit


def truncated(text: str, tongue: Tongue, rng: Random) -> str:
    """Keep the first 60 %, cut at a word."""
    cut = round(0.6 * len(text))
    if tongue.language not in UNSPACED:
        cut = text.rfind(" ", 0, cut + 1)
    return text[:cut].rstrip() + "…"


def affix(text: str, tongue: Tongue, rng: Random) -> str:
    """Put a sentence before the text, behind it, or both."""
    before, behind = rng.choice(((True, False), (False, True), (True, True)))
    parts = [rng.choice(tongue.prefixes) if before else "", text, rng.choice(tongue.suffixes) if behind else ""]
    return "\n\n".join(part for part in parts if part)


EDITS: dict[str, Callable[[str, Tongue, Random], str]] = {
    "exact": exact, "surface": surface, "homoglyphs": homoglyphs, "w5": replaced(0.05), "w10": replaced(0.10),
    "truncated": truncated, "affix": affix,
}  # fmt: skip
