"""Possible translations without a model: posts in different languages that share what survives translation."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import log
from typing import Any, ClassVar

from core.records import Post
from matchers import anchors, language, neighbours, weights
from matchers.anchors import Anchor, Glossary
from matchers.base import Matcher, Verdict, same_account
from matchers.wording import words_of

LEAST = 9.0  # bits from which a pair is told
MOST_BITS = 12.0
ENCODED_BITS = 8.0  # what an encoder says by itself weighs at most: it is a guess of a model
NAMED = 5  # anchors named in a sentence
APART, FAR = log(2.2), log(4.0)  # ratio of lengths that is unusual, and that no translation has
PLAIN = {"link", "media", "tag"}  # what posts on one matter share without translating one another

_DENSE = re.compile("[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3041-\u30ff\u3400-\u9fff\uac00-\ud7a3]")


@dataclass(frozen=True, slots=True)
class Read:
    """A post as this matcher reads it: words, anchors, what it is written in."""

    post: Post
    text: str
    anchors: tuple[Anchor, ...]

    @property
    def size(self) -> int:
        """Return how much text there is."""
        return size(self.text)


@dataclass(frozen=True, slots=True)
class Weighed:
    """What speaks for a translation, in bits, step by step, and what the sentence tells."""

    bits: float
    coverage: float
    shared: tuple[Anchor, ...]
    steps: Mapping[str, float]


class TextTranslated(Matcher):
    """Possible translation: another language, and numbers, dates, names, links in common that few posts have."""

    id = "text.translated"
    version = "1"
    title = "Possible translation"
    reads: ClassVar = ("title", "text", "languages", "links", "tags", "mentions", "media")
    text = True

    def __init__(self, glossary: Glossary | None = None, encoder: str = "") -> None:
        """Take the names a person listed in several scripts, if any, and the name of an encoder, if one is asked."""
        self.glossary, self.encoder = glossary, encoder

    @property
    def parameters(self) -> Mapping[str, Any]:
        """Return the thresholds, and how many names are listed."""
        if self.encoder:
            return {"encoder": self.encoder, "margin": neighbours.MARGIN, "cosine": neighbours.COSINE}
        return {"least": LEAST, "glossary": len(self.glossary.names) if self.glossary else 0}

    def read(self, post: Post) -> Read:
        """Return a post with its anchors."""
        return Read(post, words_of(post), anchors.anchors(post, self.glossary))

    def keys(self, post: Post) -> tuple[str, ...]:
        """Return the anchors of a post as keys."""
        return tuple(anchor.key for anchor in self.read(post).anchors)

    def compare(self, left: Post, right: Post) -> Verdict | None:
        """Return what two posts that nothing else is known of share; the archive's verdict knows what is rare."""
        return self.judge(self.read(left), self.read(right), {}, 2)

    def judge(self, left: Read, right: Read, held: Mapping[str, int], posts: int) -> Verdict | None:
        """Return what is said of two posts; `held` tells how many of `posts` have each anchor."""
        declared = (tuple(left.post.languages), tuple(right.post.languages))
        if not language.differ(left.text, right.text, declared):
            return None
        found = weigh(left, right, held, posts)
        if found.bits < LEAST or not may_be(found.shared):
            return None
        tongues = [language.language(side.text) or language.script(side.text) for side in (left, right)]
        by_same = same_account(left.post, right.post)
        detail = {
            "anchors": [anchor.key[:200] for anchor in found.shared], "bits": dict(found.steps),
            "total": round(found.bits, 2), "coverage": round(found.coverage, 3), "languages": tongues,
            "posts": posts, "same_account": by_same,
        }  # fmt: skip
        return Verdict(round(found.coverage, 4), "C", _sentence(found, tongues, by_same), detail)


def may_be(shared: Sequence[Anchor]) -> bool:
    """Return whether what two posts share is more than one thing, and more than one matter brings along."""
    kinds = {anchor.kind for anchor in shared}
    few = len(shared) < 2 or (len(shared) == 2 and len(kinds) == 1)  # a name of two words is one thing
    return not few and not kinds <= PLAIN


def size(text: str) -> int:
    """Return how much text there is, a letter of a dense script counted three times."""
    return len(text) + 2 * len(_DENSE.findall(text[: anchors.MOST_TEXT]))


def encoded(cosine: float, margin: float, texts: Sequence[str], encoder: str, by_same: bool) -> Verdict:
    """Return what is said of two posts in different languages that an encoder places next to one another."""
    tongues = [language.language(text) or language.script(text) for text in texts]
    said = (
        f"Possible translation: these two posts are in different languages ({' and '.join(tongues)}), and the sentence "
        f"encoder {encoder.split('/')[0]} places each nearer to the other than to the rest (similarity {cosine:.2f}, "
        f"{margin:.2f} times that of their other neighbours); a person has to read both."
    )
    detail = {
        "cosine": round(cosine, 4), "margin": round(margin, 4), "encoder": encoder, "languages": tongues,
        "total": round(min(ENCODED_BITS, 30 * (margin - 1)), 2), "same_account": by_same,
    }  # fmt: skip
    return Verdict(
        round(min(cosine, 1.0), 4), "C", said + (" Both are by the same account." if by_same else ""), detail
    )


def weigh(left: Read, right: Read, held: Mapping[str, int], posts: int) -> Weighed:
    """Add up what speaks for a translation and against it."""
    theirs = {anchor.key: anchor for anchor in right.anchors}
    shared = [anchor for anchor in left.anchors if anchor.key in theirs]
    weight = {anchor.key: worth(anchor, held, posts) for anchor in (*left.anchors, *right.anchors)}
    shared.sort(key=lambda anchor: (-weight[anchor.key], anchor.key))
    common = sum(weight[anchor.key] for anchor in shared)
    whole = min(sum(weight[anchor.key] for anchor in side.anchors) for side in (left, right))
    coverage = min(1.0, common / whole) if whole else 0.0
    steps = {"shared": round(common * (0.4 + 0.6 * coverage), 2)}
    steps["numbers"] = _numbers(left, right)
    steps["order"] = _order([(anchor.at, theirs[anchor.key].at) for anchor in shared], left, right)
    ratio = abs(log((left.size + 20) / (right.size + 20)))
    steps["length"] = -6.0 if ratio > FAR else -2.0 if ratio > APART else 0.5
    steps["paragraphs"] = _paragraphs(left.text, right.text)
    steps["time"] = _time(left.post, right.post)
    beside = sum(steps.values()) - steps["shared"]
    steps["capped"] = round(min(0.0, steps["shared"] / 2 - beside), 2)  # form supports what is shared, and no more
    return Weighed(sum(steps.values()), coverage, tuple(shared), {k: v for k, v in steps.items() if v})


def worth(anchor: Anchor, held: Mapping[str, int], posts: int) -> float:
    """Return the bits of sharing an anchor: by how many posts have it, and what such a thing may say at most."""
    alone = anchors.KINDS[anchor.kind]
    if anchor.kind == "number":
        year = len(anchor.value) == 4 and anchor.value[:2] in ("19", "20")
        alone = 3.0 if year or len(anchor.value) < 3 else min(alone, 2.0 + 1.5 * len(anchor.value.rstrip("0")))
    if anchor.kind == "name":
        alone = min(alone, 1.0 + len(anchor.value))
    return min(float(weights.rarity(max(held.get(anchor.key, 2) - 2, 0), posts, alone)), alone)


def _numbers(left: Read, right: Read) -> float:
    """Numbers of both that all differ speak against a translation."""
    ours, theirs = (
        {anchor.value for anchor in side.anchors if anchor.kind in ("number", "date")} for side in (left, right)
    )
    return -3.0 if ours and theirs and not ours & theirs else 0.0


def _order(places: Sequence[tuple[int, int]], left: Read, right: Read) -> float:
    """Three anchors or more in one order speak for a translation, and so does their spacing."""
    inside = sorted((a, b) for a, b in places if a >= 0 and b >= 0)
    if len(inside) < 3:
        return 0.0
    rising = sum(1 for one, later in pairwise(inside) if later[1] > one[1])
    part = rising / (len(inside) - 1)
    drift = sum(abs(a / len(left.text) - b / len(right.text)) for a, b in inside) / len(inside)
    return (2.0 if part == 1 else 0.0 if part >= 0.5 else -1.0) + (1.0 if drift < 0.1 else 0.0)


def _paragraphs(left: str, right: str) -> float:
    ours, theirs = (len([line for line in text.split("\n") if line.strip()]) for text in (left, right))
    return 1.5 if ours == theirs >= 3 else 0.0


def _time(left: Post, right: Post) -> float:
    """Near in time is a hint and no more."""
    if left.published.at is None or right.published.at is None:
        return 0.0
    days = abs((left.published.at - right.published.at).total_seconds()) / 86_400
    return 0.5 if days <= 3 else -1.0 if days > 366 else 0.0


def bits(said: Verdict) -> float:
    """Return how many bits a verdict weighs."""
    return min(float(weights.capped(said.detail["total"], "text")), MOST_BITS)


def _sentence(found: Weighed, tongues: Sequence[str], by_same: bool) -> str:
    named = [anchor.told() for anchor in found.shared[:NAMED]]
    more = len(found.shared) - len(named)
    said = f"Possible translation: these two posts are in different languages ({' and '.join(tongues)}) and both have "
    said += ", ".join(named) + (f" and {more} more" if more else "") + " in common"
    said += f"; {round(100 * found.coverage)} % of what survives translation in one of them stands in the other"
    said += ", in the same order" if found.steps.get("order", 0) >= 2 else ""
    return said + "." + (" Both are by the same account." if by_same else "")
