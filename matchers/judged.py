"""What was judged of posts and their candidates: numbers for all pairs, and the words for those that are kept."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from matchers.base import Strength, Verdict

Array = NDArray[Any]

KINDS = ("", "text.exact", "text.near", "text.excerpt")
EXACT, NEAR, EXCERPT = 1, 2, 3
KNOWN = 3  # the reason of a phrase known to be common; the others are the ways of the guard
STRENGTHS: tuple[Strength, ...] = ("C", "A", "B", "C")  # 0 stands where there is no match
REASONS = (
    "",
    "common wording, which several accounts use in posts that have nothing else in common",
    "common wording, which this account repeats in posts that have nothing else in common",
    "a phrase known to be common",
)
SAME_ACCOUNT = " Both are by the same account."
SHORT = " At least one of the texts is short: so few words may be written twice by chance."


class Pieces(NamedTuple):
    """The pieces that pairs have in common, in letters, and what leads from letters back to the texts as written."""

    of: Callable[[int], Array]  # of a pair: begin and end in the letters of the post, begin and end in the candidate's
    at: Array  # where each letter stood in its text
    starts: Array  # where the letters of each text begin
    marks: Array  # which letters were set aside
    places: Array  # of each pair the places in `starts` of post and candidate
    read: Callable[[int], str]  # the text of a place in `starts`


@dataclass(frozen=True, slots=True)
class Judged:
    """Arrays with one entry a pair. Shares and counts are of the own wording: what was set aside counts nowhere.

    Only where nothing is shared but common wording is all of it counted; `own` is the score without it, in every pair.

    `kind` is a place in KINDS; `strength` 1 for A, 2 for B, 3 for C, 0 where `kind` is 0; `longest` and `stretch` (in
    stretches long enough for an excerpt) are letters; `discount` the letters of the post set aside, `holders` those who
    hold them, `reason` a place in REASONS. `joins`: may make a family, or join one.
    """

    kind: Array
    strength: Array
    score: Array
    own: Array
    joins: Array
    same: Array
    shared: Array
    left: Array
    right: Array
    longest: Array
    stretch: Array
    discount: Array
    holders: Array
    reason: Array
    measures: Array  # letters, words, dense letters of the post, then of the candidate
    dense: Array  # part of the post's letters that are of a dense script
    asides: Array
    aside_firsts: Array
    pieces: Pieces | None = None

    def aside(self, group: int) -> Array:
        """Return the grams of a post that the guard set aside: to compare it with others than its candidates."""
        return np.asarray(self.asides[self.aside_firsts[group] : self.aside_firsts[group + 1]])

    def jaccard(self, pair: int) -> float:
        """Return the part of all grams that both have."""
        return float(self.shared[pair]) / max(1, int(self.left[pair] + self.right[pair] - self.shared[pair]))

    def verdict(self, pair: int, swapped: bool = False, by_same: bool = False) -> Verdict:
        """Return what is said of a pair, with `spans`; left is the post, or the candidate where `swapped`."""
        kind = int(self.kind[pair])
        say = (_nothing, _exact, _near, _excerpt)[kind]
        spans = self.spans(pair, swapped)
        detail = self._detail(pair, swapped)
        sentence = say(self, pair, detail)
        detail["spans"], detail["same_account"] = spans, by_same
        if self.strength[pair] == 3 and not self.discount[pair]:
            sentence += SHORT
        if self.discount[pair]:
            detail["discount"] = self._discount(pair, swapped)
            sentence += _set_aside(detail["discount"], self.own[pair] < self.score[pair])
        score = round(float(self.score[pair]), 4)
        strength = STRENGTHS[int(self.strength[pair])]
        return Verdict(score, strength, sentence + (SAME_ACCOUNT if by_same else ""), detail)

    def _detail(self, pair: int, swapped: bool) -> dict[str, Any]:
        left, right, shared = int(self.left[pair]), int(self.right[pair]), int(self.shared[pair])
        parts = [round(shared / max(1, left), 4), round(shared / max(1, right), 4)]
        if swapped:
            parts.reverse()
        return {
            "jaccard": round(self.jaccard(pair), 4), "containment": max(parts), "left_in_right": parts[0],
            "right_in_left": parts[1], "shared": shared, "of": left + right - shared,
            "longest_run": int(self.longest[pair]),
        }  # fmt: skip

    def spans(self, pair: int, swapped: bool = False) -> list[list[int]]:
        """Return the common pieces as [begin, end, begin, end] in characters of left and right."""
        if self.pieces is None:
            raise ValueError("These pairs were judged without spans.")
        p = self.pieces
        post, other = (int(p.starts[place]) for place in p.places[pair])
        rows = p.of(pair)
        found = [
            [int(p.at[post + a]), int(p.at[post + b - 1]) + 1, int(p.at[other + c]), int(p.at[other + d - 1]) + 1]
            for a, b, c, d in rows.tolist()
        ]
        return sorted([c, d, a, b] for a, b, c, d in found) if swapped else sorted(found)

    def words(self, pair: int) -> int:
        """Return how many whole words the longest common piece has."""
        if self.pieces is None:
            raise ValueError("These pairs were judged without spans.")
        text = self.pieces.read(int(self.pieces.places[pair, 0]))
        begin, end, *_ = max(self.spans(pair), key=lambda span: span[1] - span[0], default=[0, 0])
        return _whole_words(text, begin, end)

    def _discount(self, pair: int, swapped: bool) -> dict[str, Any]:
        p = self.pieces
        found: list[list[int]] = []
        if p is not None:
            place = int(p.places[pair, 0])
            first, end = int(p.starts[place]), int(p.starts[place + 1])
            edges = np.flatnonzero(np.diff(np.concatenate([[False], p.marks[first:end], [False]])))
            found = [
                [int(p.at[first + a]), int(p.at[first + b - 1]) + 1]
                for a, b in zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True)
            ]
        return {
            "reason": REASONS[int(self.reason[pair])], "letters": int(self.discount[pair]),
            "holders": int(self.holders[pair]), "spans": found, "side": "right" if swapped else "left",
            "score": round(float(self.own[pair]), 4),
        }  # fmt: skip


def _nothing(judged: Judged, pair: int, detail: dict[str, Any]) -> str:
    raise ValueError("There is nothing to say of two texts that do not match.")


def _exact(judged: Judged, pair: int, detail: dict[str, Any]) -> str:
    letters, words, dense = (int(n) for n in judged.measures[pair, :3])
    detail.update(letters=letters, words=words, longest_run=letters)
    amount = f"{letters} letters" if dense * 2 > letters else f"{_words(words)}, {letters} letters"
    return (
        f"The texts of these two posts are the same once case, accents, punctuation and links are set aside ({amount})."
    )


def _near(judged: Judged, pair: int, detail: dict[str, Any]) -> str:
    shared, total = detail["shared"], detail["of"]
    least = min(int(judged.left[pair]), int(judged.right[pair]))
    return (
        f"{_percent(shared, total)} of the character sequences of these two posts are the same ({shared} of {total}); "
        f"{_percent(shared, least)} of the shorter one stands in the other, the longest stretch is "
        f"{detail['longest_run']} letters."
    )


def _excerpt(judged: Judged, pair: int, detail: dict[str, Any]) -> str:
    sides = sorted((int(judged.left[pair]), int(judged.right[pair])))
    letters, words = int(judged.stretch[pair]), judged.words(pair)
    detail.update(letters=letters, words=words)
    dense = int(judged.measures[pair, 2]) * 2 > int(judged.measures[pair, 0])
    run = int(detail["longest_run"])
    longest = f"{run} letters" if dense or not words else f"{_words(words)} ({run} letters)"
    what = f"{longest} stand in both posts" if letters <= run else f"{letters} letters stand in both posts"
    more = "" if letters <= run else f", the longest stretch is {longest}"
    return (
        f"{what}{more}. That is {_percent(detail['shared'], sides[0])} of the character sequences of the shorter text "
        f"and {_percent(detail['shared'], sides[1])} of those of the longer one."
    )


def _set_aside(discount: dict[str, Any], nothing_else: bool) -> str:
    held = f" ({discount['holders']} of the posts it was compared with)" if discount["holders"] else ""
    amount = f"{discount['letters']} letters"
    if nothing_else:
        share = int(100 * discount["score"])
        return f" But {amount} of the text are {discount['reason']}{held}; without them the share is {share} %."
    return f" Left out of the score: {amount} of {discount['reason']}{held}."


def _percent(part: int, whole: int) -> str:
    """Say a share in per cent, never rounded up."""
    share = 100 * part // max(1, whole)
    return f"{share} %" if share or not part else "less than 1 %"


def _words(count: int) -> str:
    return f"{count} word{'' if count == 1 else 's'}"


def _whole_words(text: str, begin: int, end: int) -> int:
    """Return how many words of a text stand whole between two places."""
    words = sum(any(c.isalnum() for c in word) for word in text[begin:end].split())
    cut = begin > 0 and text[begin - 1].isalnum() and text[begin : begin + 1].isalnum()
    cut_off = end < len(text) and text[end].isalnum() and text[end - 1 : end].isalnum()
    return max(0, words - cut - cut_off)
