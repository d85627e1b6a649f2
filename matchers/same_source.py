"""Different translations or rewordings of one original, in one language: not copies, but the same thing said again."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from math import log
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from core.records import Post
from matchers import lexicon, weights, wording
from matchers.base import Matcher, Verdict, same_account

Array = NDArray[Any]

ENOUGH = 12  # letters of the shorter text (dense ones count thrice): "OK, thanks" says nothing
CLOSE, APART = 0.5, 4.0  # least log odds: with the margin to the next best counted, and without it
FITTED, GROWS = 1_500, 0.5  # posts of the archives the odds were fitted on; more have more that are alike by chance:
# log odds asked for more, for each time there are e times as many
LEAST = 0.12  # cosine below which nothing is considered
TWIN = 0.8  # cosine from which a rival is the same text again and no rival
COMMON = 0.002  # part of the posts up to which a word they hold is rare
MOST_BITS = 14.0
MOST_WORDS = 400  # looked at for common wording
WORD = 60  # letters of a word that are read: a word of a megabyte is nothing to quote

# Log odds by logistic regression on half the lines of WMT22 Chinese-English (14 versions of 375 lines; archives in
# which all have a partner, and in which one in eight has); measured on the other half. Columns: log odds of the
# cosine, log letters of the shorter, log ratio of lengths, product of the first two, margins to the closest rival of
# either side (the lesser and the greater), numbers shared, numbers that differ, numbers in one alone.
WITH_MARGIN = np.array([-2.554, -0.08, -5.052, 0.864, 6.703, 6.161, 1.76, -2.944, -1.184])
WITHOUT = np.array([-1.855, 0.503, -5.302, 1.283, 0.0, 0.0, 2.508, -4.004, -1.254])
BASE_WITH, BASE_WITHOUT = 0.887, 0.165

_WORD = re.compile(r"[^\W_]+")
_DENSE_RUN = re.compile("[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3041-\u30ff\u3400-\u9fff\U00020000-\U0003ffff]")
_NUMBER = re.compile(r"\d+")


@dataclass(frozen=True, slots=True)
class Measured:
    """Pairs of texts in figures, one entry a pair: cosine, letters of each, closest rival of each (cosine), numbers.

    `numbers` has three columns: the part of all numbers both have, whether both have some and none in common, whether
    one alone has some.
    """

    cosine: Array
    left: Array
    right: Array
    left_rival: Array
    right_rival: Array
    numbers: Array

    def odds(self) -> tuple[Array, Array]:
        """Return log odds that both come of one text: with the margin to the closest rivals, and without it."""
        same = np.clip(self.cosine, 1e-6, 0.995)
        logit = np.log(same / (1 - same))
        least, most = np.minimum(self.left, self.right), np.maximum(self.left, self.right)
        size = np.log(least + 1.0)
        near = np.clip(self.cosine - np.maximum(self.left_rival, self.right_rival), -0.4, 0.4)
        far = np.clip(self.cosine - np.minimum(self.left_rival, self.right_rival), -0.4, 0.4)
        columns = [logit, size, np.log((most + 3.0) / (least + 3.0)), logit * size, near, far, *self.numbers.T]
        table = np.stack(columns, axis=1)
        return np.asarray(table @ WITH_MARGIN + BASE_WITH), np.asarray(table @ WITHOUT + BASE_WITHOUT)

    def kept(self, posts: int) -> Array:
        """Return which pairs are told in an archive of so many posts."""
        close, apart = (odds - more_asked(posts) for odds in self.odds())
        enough = np.minimum(self.left, self.right) >= ENOUGH
        return np.asarray(enough & (self.cosine >= LEAST) & ((close >= CLOSE) | (apart >= APART)))

    def taken(self, places: Array) -> Measured:
        """Return the figures of some of the pairs."""
        return Measured(*(getattr(self, name)[places] for name in self.__slots__))


def more_asked(posts: int) -> float:
    """Return by how much the odds must be higher in an archive of so many posts."""
    return GROWS * max(0.0, log(max(posts, 1) / FITTED))


def numbers(text: str) -> frozenset[str]:
    """Return the numbers that stand in a text, digits of any script, without leading zeros."""
    found = (_plain(digits) for digits in _NUMBER.findall(text[: lexicon.MOST]))
    return frozenset(number for number in found if number)


def _plain(digits: str) -> str:
    return str(int(digits[:18])).lstrip("0")


def agreement(left: frozenset[str], right: frozenset[str]) -> tuple[float, float, float]:
    """Return the part of the numbers both have, whether none of both is common, whether one alone has some."""
    if left and right:
        shared = len(left & right) / len(left | right)
        return shared, float(not shared), 0.0
    return 0.0, 0.0, float(bool(left) or bool(right))


class TextSameSource(Matcher):
    """The same thing said in other words: letters weighed by rarity, against the next best of the archive."""

    id = "text.same_source"
    version = "1"
    title = "Two versions of one text"
    reads: ClassVar = ("title", "text")
    text = True

    @property
    def parameters(self) -> Mapping[str, Any]:
        """Return the thresholds and what texts are weighed by."""
        return {
            "close": CLOSE,
            "apart": APART,
            "letters": ENOUGH,
            "grows": GROWS,
            "lexicon": lexicon.VERSION,
        }

    def keys(self, post: Post) -> tuple[str, ...]:
        """Return the hashes of the words, and each two of them, that a text standing alone is found by."""
        keys, _ = lexicon.Lexicon(1 << 10).keys(lexicon.spell([wording.words_of(post)]))
        return tuple(f"{int(key):016x}" for key in keys)

    def compare(self, left: Post, right: Post) -> Verdict | None:
        """Return what two posts that nothing else is known of have in common; the archive's verdict weighs more."""
        texts = (wording.words_of(left), wording.words_of(right))
        spelled, known = lexicon.spell(texts), lexicon.Lexicon(1 << 16)
        known.learn(spelled)
        cosine = lexicon.cosines(known.vectors(spelled), np.array([0]), np.array([1]))
        figures = np.array([agreement(numbers(texts[0]), numbers(texts[1]))])
        nobody = np.zeros(1)
        measured = Measured(cosine, spelled.sizes[:1], spelled.sizes[1:], nobody, nobody, figures)
        if not measured.kept(2)[0] or cosine[0] > 0.999:
            return None
        return verdict(measured, 0, texts, known, by_same=same_account(left, right))


def verdict(
    measured: Measured, pair: int, texts: Sequence[str], known: lexicon.Lexicon, *, by_same: bool = False
) -> Verdict:
    """Return what is said of one pair that is kept, with the rare wording both share."""
    close, apart = (float(odds[pair]) for odds in measured.odds())
    cosine = float(measured.cosine[pair])
    rival = float(max(measured.left_rival[pair], measured.right_rival[pair]))
    rare, told = rare_wording(texts[0], texts[1], known)
    said = (
        "The wording of these two posts is compatible with two translations or rewordings of one text: "
        f"{round(100 * cosine)} % alike, sequences of letters weighed by how rare they are"
    )
    if cosine > rival:
        said += f", and no other post here is as close to both (next {round(100 * rival)} %)"
    if rare:
        said += "; rare wording both share: " + ", ".join(f"“{phrase}”" for phrase in rare)
    tail = " Both are by the same account." if by_same else ""
    detail = {
        "cosine": round(cosine, 4), "rival": round(rival, 4), "odds": round(close, 3), "odds_alone": round(apart, 3),
        "letters": int(min(measured.left[pair], measured.right[pair])),
        "rare": rare, "told": round(told, 1), "posts": known.posts, "same_account": by_same,
    }  # fmt: skip
    return Verdict(round(min(cosine, 1.0), 4), "C", f"{said}.{tail}", detail)


def bits(said: Verdict) -> float:
    """Return how many bits a verdict weighs: what the common words say, half counted, for words come in company."""
    weight = weights.rarity(0, said.detail["posts"], said.detail["told"] / 2, 0.5)
    return min(float(weights.capped(weight, "text")), MOST_BITS)


def rare_wording(left: str, right: str, known: lexicon.Lexicon) -> tuple[list[str], float]:
    """Return up to three stretches of wording both texts share and few others hold, and the bits of all common words.

    A stretch is named where one of its words is rare in the archive, or where it has four words or more.
    """
    ours, theirs = _words(left), _words(right)
    common = sorted(set(ours) & set(theirs))
    held = known.holders(common).tolist() if common else []
    rarity = {
        word: max(0.0, float(np.log2((known.posts + 1) / (count + 0.5))))
        for word, count in zip(common, held, strict=True)
    }
    few = max(4.0, COMMON * known.posts)
    rare = {word for word, count in zip(common, held, strict=True) if 0 < count <= few and len(word) > 1}
    blocks = SequenceMatcher(None, ours, theirs, autojunk=False).get_matching_blocks()
    found: dict[str, float] = {}
    for block in blocks:
        stretch = ours[block.a : block.a + min(block.size, 8)]
        if any(word in rare for word in stretch) or block.size >= 4:
            glue = "" if all(_DENSE_RUN.match(word) for word in stretch) else " "
            found[glue.join(stretch)] = sum(rarity[word] for word in stretch)
    best = sorted(found, key=lambda phrase: (-found[phrase], phrase))[:3]
    return best, sum(rarity.values())


def _words(text: str) -> list[str]:
    """Return the words of a text, letters of dense scripts one by one; not more than are worth looking at."""
    words: list[str] = []
    for match in _WORD.finditer(text[: lexicon.MOST].replace("’", "'").replace("'", "").casefold()):
        word = match.group()[:WORD]
        words.extend(word if _DENSE_RUN.match(word) else [word])
        if len(words) >= MOST_WORDS:
            break
    return words[:MOST_WORDS]
