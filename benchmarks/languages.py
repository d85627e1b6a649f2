"""Eight invented languages and running text in them: the words of the invented posts of `benchmarks.corpus`."""

from __future__ import annotations

import random
from array import array
from functools import cache
from itertools import accumulate
from typing import NamedTuple

import numpy as np

from matchers.fold import simplified

DENSE = ("han", "kana")
KANA = [chr(point) for point in range(0x3042, 0x3094)]


class Language(NamedTuple):
    """An invented language: what its words are made of, how many, how much text there is, and its share of posts."""

    name: str
    syllables: str
    lexicon: int
    words: int
    share: float


LANGUAGES = (
    Language(
        "latin", "ba be bi bro da de der do ed fa ge ha he i ing ka ke ki la le ly ma me mi na ne no o pre "
        "ra re ri sa se si sta ta te ter th ti tion to tra u un wa we wor y", 60_000, 6_000_000, 0.55,
    ),
    Language(
        "umlaut", "ab auf aus be ber ck de der ei en er fä ge gen ha heit in ke keit kö lich lö ma mü ne "
        "nen no rau sch sen ß sta te tung über un ver wä zu zü", 40_000, 800_000, 0.08,
    ),
    Language(
        "tilde", "a al ba ca ción co cu da de dad do el en és fi ga gua ha ía ier la lo lu ma men ña ño o "
        "pa per que ra ría ro sa se ta te to ú va", 25_000, 500_000, 0.07,
    ),
    Language(
        "accent", "a au ba ça ce ché com dé e é eau en er eu ê fai ga gé i in lé la le ment mo na oi on ou "
        "pa pré que ra ré sse su te té ti tion tra vi", 20_000, 400_000, 0.06,
    ),
    Language(
        "cyrillic", "а бо ва ве ви го да де до ет жи за и ие ка ко ла ли ло ми на не ни но ность ов ого по "
        "пре при ра ре ро са ста сть та те то ть у ую чи ши щу ы ять", 40_000, 700_000, 0.08,
    ),
    Language(
        "cyrillic2", "а бо ва ві го ґа да дже ею є жи за зі і ів ї йо ка ко ла лі ло ми на не ні о ого пе по "
        "при ра ро са ся та ти у ую ха ці чи ши щ ється ю", 8_000, 60_000, 0.03,
    ),
    Language(
        "han", "", 30_000, 650_000, 0.08,
    ),
    Language(
        "kana", "", 10_000, 170_000, 0.05,
    ),
)  # fmt: skip


class Pool(NamedTuple):
    """Running text, where each word begins in it, and the sentences many posts end in."""

    text: str
    words: array[int]
    ends: list[str]


@cache
def _han() -> list[str]:
    """Return some 3,400 characters; a third of them are written otherwise in traditional Chinese."""
    other = simplified()
    simple = sorted({point for point in other.values() if 0x4E00 <= point < 0x9FA6})
    plain = [point for point in range(0x4E00, 0x9FA6, 5) if point not in other and point not in simple]
    return [chr(simple[i // 3] if i % 3 == 0 else plain[i * 2 // 3]) for i in range(3400)]


def _lexicon(language: Language, chance: random.Random) -> list[str]:
    """Invent words, short ones first, and set phrases among them."""
    made: dict[str, None] = {}
    syllables, han = language.syllables.split(), _han()
    while len(made) < language.lexicon:
        size = 1 + int(chance.random() * min(0.7 + len(made) ** 0.12, 4))  # the frequent ones are short
        if language.name in DENSE:
            word = "".join(han[int(len(han) * chance.random() ** 3)] for _ in range(min(size, 2)))
            if language.name == "kana" and chance.random() < 0.6:
                word = "".join(chance.choices(KANA, k=size + 1))
        else:
            word = "".join(syllables[int(len(syllables) * chance.random() ** 1.3)] for _ in range(size))
        made[word] = None
    words, gap = list(made), "" if language.name in DENSE else " "
    for place in range(60, len(words), 25):  # set phrases
        words[place] = gap.join(words[int(place * chance.random() ** 2)] for _ in range(chance.randint(2, 4)))
    return words


def _running(language: Language, seed: int) -> list[int]:
    """Return word numbers: in a third of places one of the eight habitual successors, elsewhere by Zipf's law."""
    draw = np.random.default_rng([seed, language.words])
    size = language.lexicon
    odds = np.cumsum(1 / (np.arange(size) + 2.7))
    successors = np.searchsorted(odds, draw.random((size, 8)) * odds[-1])
    chains = 1 + language.words // 3_000
    now, steps = np.zeros(chains, np.int64), []
    for _ in range(-(-language.words // chains)):
        free = np.searchsorted(odds, draw.random(chains) * odds[-1])
        habit = successors[now, (8 * draw.random(chains) ** 2).astype(np.int64)]
        now = np.minimum(np.where(draw.random(chains) < 0.35, habit, free), size - 1)
        steps.append(now)
    running: list[int] = np.concatenate(np.array(steps).T)[: language.words].tolist()
    return running


@cache
def pool(name: str, seed: int) -> Pool:
    """Write the running text of a language (once a process; a few seconds for all of them)."""
    language = next(one for one in LANGUAGES if one.name == name)
    chance = random.Random(f"{seed}/{name}")
    lexicon = _lexicon(language, chance)
    dense = name in DENSE
    comma, stop, gap = ("，", "。", "") if dense else (", ", ". ", " ")
    pieces, left = [], 0
    for number in _running(language, seed):
        word = lexicon[number]
        if left == 0:
            left = chance.randint(5, 22)
            word = word.capitalize()
        left -= 1
        pieces.append(word + (stop if left == 0 else comma if left % 7 == 3 else gap))
    starts = array("I", accumulate(map(len, pieces), initial=0))
    text = "".join(pieces)
    ends: list[str] = []
    while len(ends) < 40:
        begin = chance.randrange(len(starts) - 60)
        sentence = text[starts[begin] : starts[begin] + chance.randint(40, 90)].strip(" ,，")
        ends.append(sentence + stop.strip())
    return Pool(text, starts, ends)
