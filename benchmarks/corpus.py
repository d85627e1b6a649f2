"""Invented posts with planted copies, and how well a list of pairs finds them: the text workload of the benchmarks.

usage: python -m benchmarks.corpus --posts 100000 --ndjson FILE [--seed 11]

Eight invented languages: four Latin alphabets, two Cyrillic, Han characters, kana with Han. Each has a pool of running
text (6.0 million words, the others 0.06 to 0.8; 1.15 million Han characters) from a lexicon with Zipf's frequencies,
habitual successors and set phrases, so that chance brings words together about as a language does. A post is a chain of
spans of two to eight words from random places of its pool: 80 % of 100 to 280 characters, 15 % to 1,200, 5 % to 6,000.
3 % end in one of 40 sentences of 40 to 90 characters; five posts are repeated by max(50, posts / 2,000) others.
9.5 % are made of an earlier post in one of the ways of `KINDS` (`twscript`, for Han, comes to the eleven).

Post n is a function of seed, count and n alone: any number of posts is made in constant memory, about 25,000 a second.

Not covered: real streams and their topics, paraphrase, translation, machine-read pictures, look-alikes beyond Cyrillic
and Greek, Arabic, Indic and Korean script, what real spam is like. Pools are small against a million posts, as in the
workload this follows: every stretch is used again and again, more than in a real language.
"""

from __future__ import annotations

import argparse
import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import accumulate
from pathlib import Path

import orjson

from benchmarks.languages import DENSE, LANGUAGES, Language, Pool, pool
from benchmarks.scoring import KINDS, Score, Text, Truth, score, truth
from core.times import iso
from matchers.fold import simplified

__all__ = ["KINDS", "Corpus", "Score", "Text", "Truth", "score", "texts", "truth", "write"]

VARIANTS, VIRAL, BOILERPLATE = 0.095, 5, 0.03
PLATFORMS = ("reddit", "medium", "tumblr", "vimeo", "youtube", "livejournal")
START = datetime(2023, 1, 1, tzinfo=UTC)

LOOKALIKES = str.maketrans("aceopxyisjABCEHKMOPTX", "асеорхуіѕјАВСЕНКМОРТХ")
BORROWED = str.maketrans("асеорхуіАВСЕНКМОРТХ", "aceopxyiABCEHKMOPTX")
FORMS = str.maketrans({chr(33 + i): chr(0xFF01 + i) for i in range(94)})  # full-width
SIGNS = ("\u200b", "\u00ad", "\u2060", "\ufe0f")
EMOJI = ("🚢", "🔥🔥", "👉", "🙏", "❗️", "🧵👇")


def _length(chance: random.Random) -> int:
    draw = chance.random()
    if draw < 0.80:
        return 100 + int(180 * chance.random())
    return 350 + int(850 * chance.random()) if draw < 0.95 else 2_000 + int(4_000 * chance.random())


def _chain(chance: random.Random, some: Pool, length: int) -> str:
    """Return spans of two to eight words from random places, `length` characters or a few more."""
    text, words, draw = some.text, some.words, chance.random
    places = len(words) - 10
    parts, size = [], 0
    while size < length - 15:  # half a span
        begin = int(places * draw())
        part = text[words[begin] : words[begin + 2 + int(7 * draw())]]
        parts.append(part)
        size += len(part)
    return "".join(parts).strip()


class Corpus:
    """Posts of one seed and count; `post(n)` makes any of them without the others."""

    def __init__(self, count: int, seed: int) -> None:
        self.count, self.seed = count, seed
        self.copies = max(50, count // 2000)
        self.accounts = max(8, count // 25)
        self._chance = random.Random()
        self._shares = list(accumulate(language.share for language in LANGUAGES))
        self._first: dict[int, int] = {}

    def _begin(self, number: int) -> float:
        self._chance.seed((self.seed << 34) + number)
        return self._chance.random()

    def _plain(self, number: int) -> bool:
        return self._begin(number) >= VARIANTS + VIRAL * self.copies / self.count

    def _written(self, number: int) -> tuple[str, Language]:
        """Write a post made of no other."""
        self._begin(number)
        chance = self._chance
        place = chance.random()
        language = next(one for one, share in zip(LANGUAGES, self._shares, strict=True) if place < share + 1e-9)
        some = pool(language.name, self.seed)
        text = _chain(chance, some, _length(chance))
        if chance.random() < BOILERPLATE:
            text += ("" if language.name in DENSE else " ") + chance.choice(some.ends)
        return text, language

    def post(self, number: int) -> Text:
        """Make one post. Copies of the viral posts name the first of them seen by this object as their base."""
        draw = self._begin(number)
        account = int(self.accounts * self._chance.random() ** 1.5)
        if draw >= VARIANTS + VIRAL * self.copies / self.count or number < 20:
            text, language = self._written(number)
            return Text(text, None, None, language.name, account)
        if draw >= VARIANTS:
            return self._viral(number, account)
        base = int(number * self._chance.random())
        while base and not self._plain(base):
            base -= 1
        text, language = self._written(base)
        chance = self._chance
        chance.seed((self.seed << 34) + number + (1 << 33))
        kind = chance.choice(KINDS if language.name == "han" else KINDS[:-1])
        return Text(
            edited(text, kind, chance, pool(language.name, self.seed), language), base, kind, language.name, account
        )

    def _viral(self, number: int, account: int) -> Text:
        which = int(VIRAL * self._chance.random())
        way, place = self._chance.random(), self._chance.random()
        language = LANGUAGES[which * 2 % len(LANGUAGES)]
        some = pool(language.name, self.seed)
        self._chance.seed(f"viral/{self.seed}/{which}")
        text = _chain(self._chance, some, 180)
        if way > 0.6:
            begin = int((len(some.words) - 10) * place)
            text += " " + some.text[some.words[begin] : some.words[begin + 2]].strip() + (" 🔥" if way > 0.8 else "")
        first = self._first.setdefault(which, number)
        return Text(text, None if first == number else first, "viral", language.name, account)


def edited(text: str, kind: str, chance: random.Random, some: Pool, language: Language) -> str:
    """Return what a text becomes in one of the ways of `KINDS`."""
    dense = language.name in DENSE
    if kind == "exact":
        return text
    if kind in ("w5", "w10", "w20"):
        return _reworded(text, int(kind[1:]) / 100, chance, some, dense)
    if kind == "trunc":
        return text[: int(len(text) * (0.5 + 0.35 * chance.random()))].rstrip()
    if kind in ("norm", "homo", "twscript"):
        return {"norm": _redressed, "homo": _disguised, "twscript": _rescripted}[kind](text, chance, dense)
    own = _chain(chance, some, 12 + int(30 * chance.random()) if kind == "affix" else 60 + int(200 * chance.random()))
    if kind == "affix":
        return f"{own}: {text}" if chance.random() < 0.5 else f"{text} {own}"
    if kind == "hard":
        size = int(len(text) * (0.25 + 0.13 * chance.random()))
        begin = int((len(text) - size) * chance.random())
        return _chain(chance, some, max(len(text) - size, 1)) + " " + text[begin : begin + size]
    low, high = (40, 100) if dense else (80, 200)
    size = min(len(text), low + int((high - low) * chance.random()))
    begin = int((len(text) - size) * chance.random())
    stretch = text[begin : begin + size]
    if kind == "quote":
        return f"{own} «{stretch}» {_chain(chance, some, 30)}"
    before, after = (_chain(chance, some, 400 + int(1_200 * chance.random())) for _ in range(2))
    return f"{before} {stretch} {after}"


def _reworded(text: str, part: float, chance: random.Random, some: Pool, dense: bool) -> str:
    """Replace (mostly), leave out or add a share of the words (of every two characters in scripts without spaces)."""
    words = [text[i : i + 2] for i in range(0, len(text), 2)] if dense else text.split(" ")
    for place in sorted(chance.sample(range(len(words)), max(1, round(part * len(words)))), reverse=True):
        way, begin = chance.random(), int((len(some.words) - 10) * chance.random())
        other = some.text[some.words[begin] : some.words[begin + 1]].strip(" .,，。")
        words[place : place + 1] = [] if way < 0.08 else [words[place], other] if way < 0.16 else [other]
    return ("" if dense else " ").join(words)


def _redressed(text: str, chance: random.Random, dense: bool) -> str:
    """Change case, punctuation, spaces; sprinkle invisible characters; add emoji, a link, a mention."""
    way = chance.randrange(4)
    if way == 0:
        text = text.upper() if chance.random() < 0.7 else text.translate(FORMS)
    elif way == 1:
        text = text.replace(",", "").replace(".", "!").replace("，", " ").replace("。", "！")
    elif way == 2:
        text = "".join(c + chance.choice(SIGNS) if chance.random() < 0.15 else c for c in text)
    else:
        text = text.replace(" ", "  \n") if not dense else " ".join(text)
    return text + chance.choice(
        (f" {chance.choice(EMOJI)}", f" https://short.example/{chance.randrange(10**6)}", " @lowmarsh_daily", "...")
    )


def _disguised(text: str, chance: random.Random, dense: bool) -> str:
    """Borrow look-alike letters for a half of those that have any; characters of scripts without spaces get signs."""
    if dense:
        return "".join(c + chance.choice(SIGNS) if chance.random() < 0.3 else c for c in text)
    table = BORROWED if any("а" <= c <= "я" for c in text) else LOOKALIKES
    return "".join(c.translate(table) if chance.random() < 0.5 else c for c in text)


@cache
def _traditional() -> dict[int, int]:
    return {simple: full for full, simple in sorted(simplified().items(), reverse=True)}


def _rescripted(text: str, chance: random.Random, dense: bool) -> str:
    return text.translate(_traditional())


def texts(count: int, seed: int) -> Iterator[Text]:
    """Yield invented posts in order, in constant memory."""
    corpus = Corpus(count, seed)
    return (corpus.post(number) for number in range(count))


def write(path: Path, count: int, seed: int) -> None:
    """Write invented posts as NDJSON that `copytrail import` takes; an account stays on one of six platforms."""
    with path.open("wb") as file:
        for number, item in enumerate(texts(count, seed)):
            platform, at = PLATFORMS[item.account % 6], iso(START + timedelta(seconds=number * 60_000_000 // count))
            name = f"name{item.account}"
            post = {
                "v": 1, "platform": platform, "native_id": f"n{number:08d}", "kind": "post",
                "url": f"https://{platform}.example/{name}/{number}",
                "author": {"native_id": f"u{item.account}", "handle": name, "name": name.title(), "url": None},
                "published": {"at": at, "verbatim": at, "precision": "second", "source": "platform"},
                "first_seen": at, "edited": None, "title": None, "text": item.text, "languages": [], "community": None,
                "reply_to": None, "links": [], "tags": [], "mentions": [], "media": [], "metrics": {},
                "metrics_at": None, "route": "api", "capture": None, "raw": {},
            }  # fmt: skip
            file.write(orjson.dumps(post, option=orjson.OPT_APPEND_NEWLINE))


def main() -> None:
    """Write a file of posts."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--posts", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=11)
    parser.add_argument("--ndjson", type=Path, required=True)
    chosen = parser.parse_args()
    write(chosen.ndjson, chosen.posts, chosen.seed)


if __name__ == "__main__":
    main()
