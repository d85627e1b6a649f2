"""How copies of one content moved: in order where times decide it, arrows, and whether the way led to larger audiences.

An order is decided where two time intervals do not overlap; an unknown time decides nothing. Arrows are solid only for
explicit acts (a link, a repost, a quote); a dotted one says "same content, later" and no more. What is earliest is the
earliest copy we captured.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.times import iso
from signals.base import Finding, Signal, VerdictWord, seeded

MIN_PLACES, MIN_TIERS = 4, 3  # below these the share of steps upward says nothing (signals.md, S15)
MAX_PLACES = 500  # first copies taken into the statistic
SHUFFLES = 2000
SOLID = ("repost", "quote", "link")


@dataclass(frozen=True, slots=True)
class Copy:
    """One copy: where it stands, the half-open interval it was published in, and the posts it points to (by ref)."""

    ref: str
    platform: str
    place: str
    tier: int | None
    interval: tuple[datetime, datetime] | None
    first_seen: datetime
    community: str | None = None
    points_to: tuple[tuple[str, str], ...] = ()  # (kind, ref)

    def before(self, other: Copy) -> bool:
        """Return whether this copy is earlier beyond doubt."""
        return bool(self.interval and other.interval and self.interval[1] <= other.interval[0])


@dataclass(frozen=True, slots=True)
class Family:
    """The copies of one content."""

    id: str
    copies: tuple[Copy, ...]

    def ordered(self) -> list[Copy]:
        """Return the copies by stated time, those without one last."""
        return sorted(self.copies, key=_by_time)

    def firsts(self) -> list[Copy]:
        """Return the earliest copy we captured of each place, by time; places without any stated time are left out."""
        firsts: dict[str, Copy] = {}
        for copy in self.ordered():
            if copy.interval:
                firsts.setdefault(copy.place, copy)
        return list(firsts.values())


class Spread(Signal[Family]):
    """Small to large: the share of decided steps between places that lead to a larger audience."""

    id = "S15"
    title = "Small to large"

    def examine(self, series: Family) -> Finding:
        """Return the share of ordered pairs of places (first copies, tiers known and different) that lead upward.

        The interval is a bootstrap over places, p the part of shuffled tiers that do as well. Not enough data below
        four places and three tiers.
        """
        firsts = [copy for copy in series.firsts() if copy.tier is not None][:MAX_PLACES]
        tiers = np.array([copy.tier for copy in firsts], np.int64)
        decided = _decided(firsts)
        up, down = _counts(decided, tiers)
        n = up + down
        parameters: dict[str, Any] = {
            "min_places": MIN_PLACES,
            "min_tiers": MIN_TIERS,
            "shuffles": SHUFFLES,
            "places": len(firsts),
        }
        posts = tuple(copy.ref for copy in firsts)
        if len(firsts) < MIN_PLACES or len(set(tiers.tolist())) < MIN_TIERS or n < MIN_PLACES:
            sentence = (
                f"Not enough data to say whether the copies moved to larger audiences: {_count(len(firsts), 'place')} "
                f"with a known time and audience, {_count(n, 'decided step')} between different tiers."
            )
            return Finding(
                self.id, series.id, "not_enough_data", n, None, None, sentence, posts, parameters, self.version
            )
        share = up / n
        low, high, p = _chance(decided, tiers, share, posts)
        sentence = (
            f"{up} of {n} decided steps between places lead to a larger audience ({share:.0%}, interval {low:.0%} to "
            f"{high:.0%}; shuffled audiences do as well with p = {p:.3f})."
        )
        verdict: VerdictWord = "shows" if p <= 0.05 and low > 0.5 else "nothing"
        parameters["p"] = p
        return Finding(
            self.id, series.id, verdict, n, round(share, 4), (low, high), sentence, posts, parameters, self.version
        )  # fmt: skip


def trace(family: Family) -> dict[str, Any]:
    """Return the spread of a family in its public shape, with the sentence a person may quote."""
    ordered, finding = family.ordered(), Spread().examine(family)
    undecided = _undecided(ordered)
    earliest = ordered[0] if ordered and ordered[0].interval else None
    return {
        "family": family.id,
        "steps": [_step(copy) for copy in ordered],
        "arrows": [*_solid(ordered), *_dotted(family)],
        "undecided": undecided,
        "upward": {
            "value": finding.estimate, "interval": list(finding.interval) if finding.interval else None,
            "p": finding.parameters.get("p"), "n": finding.n, "verdict": finding.verdict,
        },
        "breakout": breakout(family),
        "earliest": None if earliest is None else {
            **_step(earliest), "note": "earliest copy we captured",
            "undecided_with": [c.ref for c in ordered[1:] if c.interval and not earliest.before(c)],
            "without_time": sum(c.interval is None for c in ordered),
        },
        "sentence": f"{_summary(family, ordered, earliest, undecided)} {finding.sentence}",
        "version": Spread.version,
    }  # fmt: skip


def breakout(family: Family) -> dict[str, Any]:
    """Return bounds on the Breakout Scale (Nimmo) from captured copies alone; 4 to 6 are for a person to add.

    1: one platform, one community; 2: several of either; 3: several communities on several platforms.
    """
    ordered = family.ordered()
    platforms: dict[str, Copy] = {}
    communities: dict[tuple[str, str], Copy] = {}
    for copy in ordered:
        platforms.setdefault(copy.platform, copy)
        if copy.community:
            communities.setdefault((copy.platform, copy.community), copy)
    evidence: list[dict[str, Any]] = []
    at_least = 1
    if len(platforms) > 1 or len(communities) > 1:
        at_least = 2
        reason = f"Copies on {_count(len(platforms), 'platform')}, in {_count(len(communities), 'named community')}."
        evidence.append({"category": 2, "reason": reason, "posts": [c.ref for c in platforms.values()][:50]})
    named_on = {platform for platform, _ in communities}
    if len(named_on) > 1:
        at_least = 3
        reason = f"Copies in named communities of {_count(len(named_on), 'platform')}."
        evidence.append({"category": 3, "reason": reason, "posts": [c.ref for c in communities.values()][:50]})
    return {"at_least": at_least, "at_most": 6, "evidence": evidence}


def _by_time(copy: Copy) -> tuple[Any, ...]:
    if copy.interval is None:
        return (1, copy.first_seen, copy.first_seen, copy.ref)
    return (0, *copy.interval, copy.ref)


def _step(copy: Copy) -> dict[str, Any]:
    start, end = copy.interval or (None, None)
    return {
        "ref": copy.ref, "platform": copy.platform, "place": copy.place, "tier": copy.tier,
        "from": iso(start) if start else None, "to": iso(end) if end else None, "first_seen": iso(copy.first_seen),
    }  # fmt: skip


def _undecided(ordered: Sequence[Copy]) -> float:
    """Return the share of all pairs whose order the times leave open."""
    n = len(ordered)
    if n < 2:
        return 0.0
    starts = [copy.interval[0] for copy in ordered if copy.interval]
    decided = sum(len(starts) - bisect_left(starts, copy.interval[1]) for copy in ordered if copy.interval)
    return round(1 - decided / (n * (n - 1) / 2), 4)


def _solid(ordered: Iterable[Copy]) -> list[dict[str, Any]]:
    copies = {copy.ref: copy for copy in ordered}
    arrows: dict[tuple[str, str], str] = {}
    for copy in copies.values():
        for kind, target in sorted(copy.points_to, key=lambda act: SOLID.index(act[0])):
            if target in copies and target != copy.ref:
                arrows.setdefault((target, copy.ref), kind)
    return [{"from": a, "to": b, "kind": kind, "solid": True} for (a, b), kind in arrows.items()]


def _dotted(family: Family) -> list[dict[str, Any]]:
    """Return "same content, later": to each place's first copy from the last before it, to others from their first."""
    firsts = family.firsts()
    by_place = {copy.place: copy for copy in firsts}
    explicit = {(arrow["from"], arrow["to"]) for arrow in _solid(family.copies)}
    arrows = []
    ends = sorted((c for c in firsts if c.interval), key=lambda c: (c.interval[1], c.ref) if c.interval else ())
    times = [copy.interval[1] for copy in ends if copy.interval]
    for copy in family.ordered():
        if copy.interval is None:
            continue
        source = by_place[copy.place]
        if source is copy:
            earlier = bisect_right(times, copy.interval[0])
            if not earlier:
                continue
            source = ends[earlier - 1]
        if source.before(copy) and (source.ref, copy.ref) not in explicit:
            arrows.append({"from": source.ref, "to": copy.ref, "kind": "copy", "solid": False})
    return arrows


def _decided(copies: Sequence[Copy]) -> NDArray[np.bool_]:
    starts = np.array([c.interval[0].timestamp() for c in copies if c.interval])
    ends = np.array([c.interval[1].timestamp() for c in copies if c.interval])
    return ends[:, None] <= starts[None, :]


def _counts(decided: NDArray[np.bool_], tiers: NDArray[np.int64]) -> tuple[int, int]:
    step = np.sign(tiers[None, :] - tiers[:, None])
    return int((decided & (step > 0)).sum()), int((decided & (step < 0)).sum())


def _chance(
    decided: NDArray[np.bool_], tiers: NDArray[np.int64], share: float, names: Iterable[str]
) -> tuple[float, float, float]:
    """Return the 95 % bootstrap interval of the share, and how often shuffled tiers reach it."""
    chance = np.random.default_rng(seeded(names).getrandbits(64))
    n = len(tiers)
    rounds = max(200, min(SHUFFLES, 20_000_000 // (n * n)))
    step = np.sign(tiers[None, :] - tiers[:, None])
    up, down = (decided & (step > 0)).astype(float), (decided & (step < 0)).astype(float)
    weights = chance.multinomial(n, np.full(n, 1 / n), size=rounds).astype(float)
    ups, downs = ((weights @ up) * weights).sum(1), ((weights @ down) * weights).sum(1)
    shares = (ups / np.maximum(ups + downs, 1e-9))[ups + downs > 0]
    low, high = np.quantile(shares, [0.025, 0.975]).tolist()
    reached = 0
    for _ in range(rounds):
        ups_shuffled, downs_shuffled = _counts(decided, chance.permutation(tiers))
        reached += ups_shuffled >= share * (ups_shuffled + downs_shuffled)
    return round(low, 4), round(high, 4), round((reached + 1) / (rounds + 1), 4)


def _summary(family: Family, ordered: Sequence[Copy], earliest: Copy | None, undecided: float) -> str:
    places = len({copy.place for copy in family.copies})
    text = f"{_count(len(ordered), 'copy')} on {_count(places, 'place')}."
    if earliest and earliest.interval:
        text += (
            f" The earliest copy we captured is {earliest.ref} on {earliest.place} "
            f"(stated {iso(earliest.interval[0])} to {iso(earliest.interval[1])})"
        )
        rivals = sum(copy is not earliest and not earliest.before(copy) for copy in ordered)
        text += f"; the times of {_count(rivals, 'other copy')} leave open whether they are earlier." if rivals else "."
    else:
        text += " No copy states a time that can be read."
    return text + f" The order of {undecided:.0%} of all pairs of copies is undecided."


def _count(n: int, noun: str) -> str:
    plural = f"{noun[:-1]}ies" if noun.endswith("y") else f"{noun}s"
    return f"{n} {noun if n == 1 else plural}"
