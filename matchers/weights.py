"""Weigh matches: log2 of how much likelier a match is between copies than between posts that have nothing in common.

The weight of an agreement is log2(m / u): m how often copies agree that much, u how often strangers do (Fellegi and
Sunter 1969, A Theory for Record Linkage; Splink's match weights). Agreement on what is rare weighs more: u is taken for
the very thing that is shared (frequency-based matching, Winkler 1988; Splink's term frequency adjustments). How rare
it is, is counted in the archive; where the archive is small, what the thing itself says counts as PRIOR posts would:

    u = (others + PRIOR * 2 ** -intrinsic) / (posts + PRIOR)

`others` are the holders besides the two, `posts` those looked at, `intrinsic` the bits the thing carries by itself: a
long text is not written twice by chance, even where only ten posts are known. Pure: the same numbers in, the same out.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import log2
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]

PRIOR = 1000.0  # posts that what a thing says by itself weighs as much as
LETTER = 1.0  # bits a letter of running text carries; Shannon 1951 bounds it by 0.6 and 1.3 for English
DENSE_LETTER = 3.0  # of a script without spaces; estimates for Chinese lie between 3.5 and 5
MOST = 60.0  # bits anything may say by itself: beyond, u is nothing but a guess
NEXT = 0.25  # part in which the second strongest match of one modality counts, the third that of it, and so on

CEILINGS: Mapping[str, float] = {
    "text": 20.0, "picture": 18.0, "video": 18.0, "sound": 14.0, "link": 10.0, "site": 10.0, "tags": 6.0,
    "account": 2.0,
}  # fmt: skip
# One in a million is 20 bits: no archive here says how rare something is much beyond that. What many have without
# copying (a page, tags, a handle) has a lower ceiling, however rare; a handle never more than 2 (it is no evidence
# that one person stands behind two accounts).


def rarity(others: Any, posts: Any, intrinsic: Any, agree: Any = 1.0) -> Array:
    """Return the bits of sharing something; numbers or arrays of one length, at least 0.

    `others` hold it besides the two of `posts` looked at, by itself it says `intrinsic` bits, copies share it with
    the chance `agree` (1 where they are the same).
    """
    alone = np.exp2(-np.clip(intrinsic, 0.0, MOST))
    strangers = (np.maximum(others, 0) + PRIOR * alone) / (np.maximum(posts, 1) + PRIOR)
    weight = np.log2(np.clip(agree, 1e-6, 1.0)) - np.log2(np.minimum(strangers, 1.0))
    return np.asarray(np.maximum(weight, 0.0))


def capped(bits: Any, modality: str) -> Array:
    """Return bits no higher than the ceiling of their modality, to two places."""
    return np.asarray(np.round(np.clip(bits, 0.0, CEILINGS[modality]), 2))


def wording(letters: Any, dense: Any) -> Array:
    """Return the bits common wording says by itself: `letters` in all, `dense` of them of scripts without spaces."""
    spaced = np.maximum(np.asarray(letters, float) - dense, 0.0)
    return np.asarray(LETTER * spaced + DENSE_LETTER * np.asarray(dense, float))


@dataclass(frozen=True, slots=True)
class Bar:
    """One step of a waterfall: what a match says alone, what of it counts, and why not all of it."""

    matcher: str
    modality: str
    bits: float
    counted: float
    why: str | None
    sentence: str


@dataclass(frozen=True, slots=True)
class Waterfall:
    """What two posts have in common, step by step, and the sum in bits."""

    bits: float
    steps: tuple[Bar, ...]

    def as_row(self) -> dict[str, Any]:
        """Return it as `pairs --together --json` prints it."""
        steps = [
            {"matcher": s.matcher, "modality": s.modality, "bits": s.bits, "counted": s.counted, "why": s.why,
             "sentence": s.sentence}
            for s in self.steps
        ]  # fmt: skip
        return {"bits": self.bits, "evidence": steps}


def together(matches: Iterable[tuple[str, str, float | None, str]]) -> Waterfall:
    """Add up the matches of two posts: (matcher, modality, bits, sentence) each.

    Within a modality the strongest counts in full, the next a quarter, and so on, up to the ceiling: matches of one
    kind look at the same thing. A match without bits is told and counts nothing.
    """
    groups: dict[str, list[tuple[str, str, float | None, str]]] = {}
    for match in matches:
        groups.setdefault(match[1], []).append(match)
    steps = [bar for _, group in sorted(groups.items(), key=_strongest) for bar in _bars(group)]
    return Waterfall(round(sum(bar.counted for bar in steps), 2), tuple(steps))


def _strongest(group: tuple[str, Sequence[tuple[str, str, float | None, str]]]) -> tuple[float, str]:
    return -max(bits or 0.0 for _, _, bits, _ in group[1]), group[0]


def _bars(group: Sequence[tuple[str, str, float | None, str]]) -> Iterable[Bar]:
    left, part = CEILINGS[group[0][1]], 1.0
    for matcher, modality, bits, sentence in sorted(group, key=lambda m: (-(m[2] or 0.0), m[0])):
        if bits is None:
            yield Bar(matcher, modality, 0.0, 0.0, "how rare this is was not weighed", sentence)
            continue
        wanted = bits * part
        counted = round(min(wanted, left), 2)
        why = None if part == 1.0 else f"a stronger match of its kind ({modality}) counts before it"
        if wanted > left:
            why = f"{modality} counts {CEILINGS[modality]:g} bits at most"
        left, part = left - counted, part * NEXT
        yield Bar(matcher, modality, bits, counted, why, sentence)


def odds(bits: float) -> str:
    """Say bits in words: how many times as likely between copies as between unrelated posts."""
    times = 2.0**bits
    if times < 10:
        return f"{times:.1f} times as likely"
    digits = 10 ** (int(log2(times) / log2(10)))
    return f"about {int(times // digits * digits):,} times as likely"
