"""Different translations or rewordings of one original, in one language: not copies, but the same thing said again."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
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
SHARE, SURE = 0.75, 0.7  # least part of the likeness of two texts that is theirs alone; or least log odds
NOBODY = -3.0  # log odds at which a text is as likely to have no partner as to have that one
ROUNDS = 30  # in which shares are worked out
FITTED, GROWS = 1_500, 0.5  # posts of the archives the odds were fitted on; more have more that are alike by chance:
# log odds asked for more, for each time there are e times as many
LEAST = 0.12  # cosine below which nothing is considered
TWIN = 0.8  # cosine from which a rival is the same text again and no rival
COMMON = 0.002  # part of the posts up to which a word they hold is rare
MOST_BITS = 14.0
MOST_WORDS = 400  # looked at for common wording
WORD = 60  # letters of a word that are read: a word of a megabyte is nothing to quote

VARIED, REPEATED = 12, 16  # different sequences a text must have, and one for each so many letters: not "ababab"

# Log odds by logistic regression on the even lines of WMT22 Chinese-English (14 versions of 375 lines; archives of two
# versions in which all, one in eight or none have a partner, and of five versions); measured on the odd lines. Columns:
# log odds of the cosine, log letters of the shorter, log ratio of lengths, product of the first two, numbers shared,
# numbers that differ, numbers in one alone; besides, the margins to the closest rival of either side (the lesser and
# the greater) and the log share.
ALONE, BASE_ALONE = np.array([1.145, 0.118, -3.322, 0.359, 1.927, -2.474, -1.098]), -0.258
AMONG, BASE_AMONG = np.array([0.974, 0.046, -2.925, 0.313, 1.732, -2.195, -0.932, 0.242, 1.709, 0.209]), 0.659

_WORD = re.compile(r"[^\W_]+")
_DENSE_RUN = re.compile("[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3041-\u30ff\u3400-\u9fff\U00020000-\U0003ffff]")


@dataclass(frozen=True, slots=True)
class Measured:
    """Pairs of texts in figures, one entry a pair: cosine, letters of each, closest rival of each (cosine), numbers.

    `numbers` has three columns: the part of all numbers both have, whether both have some and none in common, whether
    one alone has some. `share` is the part of the likeness of both to anything that is theirs alone (see `shares`).
    """

    cosine: Array
    left: Array
    right: Array
    left_rival: Array
    right_rival: Array
    numbers: Array
    share: Array

    def alone(self) -> Array:
        """Return log odds that both come of one text by what they say, whatever else there is."""
        return np.asarray(self._table() @ ALONE + BASE_ALONE)

    def odds(self) -> Array:
        """Return log odds that both come of one text, given the closest rivals of both."""
        near = np.clip(self.cosine - np.maximum(self.left_rival, self.right_rival), -0.4, 0.4)
        far = np.clip(self.cosine - np.minimum(self.left_rival, self.right_rival), -0.4, 0.4)
        table = np.column_stack([self._table(), near, far, np.log(self.share)])
        return np.asarray(table @ AMONG + BASE_AMONG)

    def standing(self, posts: int) -> Array:
        """Return by how much pairs are over what is asked in an archive of so many posts; those below 0 are not told.

        Log odds: the better of two ways, for versions of one text share the likeness among them where they are many.
        """
        share = np.log(self.share) - np.log1p(-np.minimum(self.share, 1 - 1e-9)) - log(SHARE / (1 - SHARE))
        enough = (np.minimum(self.left, self.right) >= ENOUGH) & (self.cosine >= LEAST)
        return np.where(enough, np.maximum(share, self.odds() - SURE - more_asked(posts)), -np.inf)

    def _table(self) -> Array:
        same = np.clip(self.cosine, 1e-6, 0.995)
        logit = np.log(same / (1 - same))
        least, most = np.minimum(self.left, self.right), np.maximum(self.left, self.right)
        size = np.log(least + 1.0)
        return np.column_stack([logit, size, np.log((most + 3.0) / (least + 3.0)), logit * size, self.numbers])

    def taken(self, places: Array) -> Measured:
        """Return the figures of some of the pairs."""
        return Measured(*(getattr(self, name)[places] for name in self.__slots__))


def more_asked(posts: int) -> float:
    """Return by how much the odds must be higher in an archive of so many posts."""
    return GROWS * max(0.0, log(max(posts, 1) / FITTED))


def shares(one: Array, other: Array, odds: Array, texts: int) -> Array:
    """Return what part of the likeness of two texts is theirs alone: 1 where nothing else comes near.

    Pairs are places of texts with their log odds. Each text gives out one whole: to those it is like, by their odds,
    and to nobody (NOBODY). What two give one another is made to agree by scaling in turns (Sinkhorn 1967, with slack).
    """
    likely, nobody, scale = np.exp(np.clip(odds, -30, 30)), np.exp(NOBODY), np.ones(texts)
    for _ in range(ROUNDS):
        given = np.bincount(one, likely * scale[other], texts) + np.bincount(other, likely * scale[one], texts)
        scale = np.sqrt(scale / (given + nobody))
    return np.asarray(np.clip(scale[one] * likely * scale[other], 1e-9, 1.0))


class TextSameSource(Matcher):
    """The same thing said in other words: letters weighed by rarity, against the next best of the archive."""

    id = "text.same_source"
    version = "2"
    title = "Two versions of one text"
    reads: ClassVar = ("title", "text")
    text = True

    @property
    def parameters(self) -> Mapping[str, Any]:
        """Return the thresholds and what texts are weighed by."""
        return {
            "share": SHARE,
            "sure": SURE,
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
        vectors, ends = known.vectors(spelled), (np.array([0]), np.array([1]))
        cosine, sizes, nobody = lexicon.cosines(vectors, *ends), measure(spelled, vectors), np.zeros(1)
        figures = (cosine, sizes[:1], sizes[1:], nobody, nobody, lexicon.agreements(spelled, *ends))
        measured = Measured(*figures, np.ones(1))
        measured = replace(measured, share=shares(*ends, measured.alone(), 2))
        if measured.standing(2)[0] < 0 or cosine[0] > 0.999:
            return None
        return verdict(measured, 0, texts, known, by_same=same_account(left, right))


def measure(spelled: lexicon.Spelled, vectors: lexicon.Vectors) -> Array:
    """Return how much text each has: letters, dense ones thrice; none where little but repetition is left."""
    different, every = np.diff(vectors.starts), np.diff(spelled.firsts)
    return np.asarray(np.where((different >= VARIED) & (different * REPEATED >= every), spelled.sizes, 0))


def verdict(
    measured: Measured, pair: int, texts: Sequence[str], known: lexicon.Lexicon, *, by_same: bool = False
) -> Verdict:
    """Return what is said of one pair that is kept, with the rare wording both share."""
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
        "cosine": round(cosine, 4), "rival": round(rival, 4), "share": round(float(measured.share[pair]), 4),
        "odds": round(float(measured.odds()[pair]), 3), "odds_alone": round(float(measured.alone()[pair]), 3),
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
