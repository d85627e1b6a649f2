"""The order is decided where times allow it, arrows are solid where somebody acted, and chance has its say."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from itertools import combinations
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from signals import spread
from signals.base import Finding, wilson
from signals.spread import Copy, Family, Spread, breakout, trace

START = datetime(2025, 3, 1, tzinfo=UTC)
FORBIDDEN = ("origin", "first copy", "bot", "fake", "troll", "proves", "coordinated")


def copy(name: str, tier: int | None, hours: float | None, span: float = 1, platform: str = "", **more: Any) -> Copy:
    start = START + timedelta(hours=hours) if hours is not None else None
    interval = (start, start + timedelta(hours=span)) if start else None
    place = platform or f"p{name}"
    return Copy(f"{place}:{name}", place, place, tier, interval, START + timedelta(days=9), **more)


def family(*copies: Copy) -> Family:
    return Family("f", copies)


UPWARD = family(*(copy(str(n), tier, 24 * n) for n, tier in enumerate([1, 1, 2, 2, 3, 4, 4, 5])))


def test_small_to_large_is_shown_with_interval_and_chance() -> None:
    finding = Spread().examine(UPWARD)
    assert (finding.verdict, finding.estimate, finding.n) == ("shows", 1.0, 25)
    assert finding.interval == (1.0, 1.0)
    assert finding.parameters["p"] < 0.01
    assert finding.sentence.startswith("25 of 25 decided steps between places lead to a larger audience (100%")


def test_large_to_small_shows_nothing_upward() -> None:
    reverse = family(*(copy(str(n), tier, 24 * n) for n, tier in enumerate([5, 4, 4, 3, 2, 1])))
    finding = Spread().examine(reverse)
    assert (finding.verdict, finding.estimate) == ("nothing", 0.0)


@pytest.mark.parametrize(
    "few",
    [
        family(),
        family(copy("a", 1, 0)),
        family(copy("a", 1, 0), copy("b", 2, 9), copy("c", 5, 20)),
        family(*(copy(str(n), 1 + n % 2, 24 * n) for n in range(9))),
        family(*(copy(str(n), n, 24 * n, span=9999) for n in range(1, 6))),
        family(*(copy(str(n), n, None) for n in range(1, 6))),
        family(*(copy(str(n), None, 24 * n) for n in range(1, 6))),
    ],
)
def test_too_little_is_not_enough_data(few: Family) -> None:
    finding = Spread().examine(few)
    assert finding.verdict == "not_enough_data"
    assert (finding.estimate, finding.interval) == (None, None)
    shown = trace(few)
    assert shown["upward"]["value"] is None
    assert shown["sentence"].count("Not enough data") == 1


def test_shuffled_families_rarely_show_anything() -> None:
    chance = random.Random(3)
    shows = 0
    for number in range(40):
        tiers = [chance.randint(1, 5) for _ in range(8)]
        shuffled = family(*(copy(f"{number}.{n}", tier, n * 24) for n, tier in enumerate(tiers)))
        shows += Spread().examine(shuffled).verdict == "shows"
    assert shows <= 4


def test_the_same_posts_give_the_same_numbers() -> None:
    mixed = family(*(copy(str(n), tier, 24 * n) for n, tier in enumerate([1, 3, 2, 2, 5, 3, 4, 1])))
    assert trace(mixed) == trace(Family("f", tuple(reversed(mixed.copies))))


def test_overlapping_and_unknown_times_are_undecided() -> None:
    shown = trace(family(copy("a", 1, 0), copy("b", 2, 0.5), copy("c", 3, 5), copy("d", 4, None)))
    assert shown["undecided"] == pytest.approx(4 / 6, abs=1e-4)
    assert [step["ref"] for step in shown["steps"]] == ["pa:a", "pb:b", "pc:c", "pd:d"]
    assert shown["steps"][3]["from"] is None
    assert shown["earliest"]["undecided_with"] == ["pb:b"]
    assert shown["earliest"]["without_time"] == 1
    assert shown["earliest"]["note"] == "earliest copy we captured"
    assert [(a["from"], a["to"]) for a in shown["arrows"]] == [("pb:b", "pc:c")]


def test_a_copy_that_may_be_as_early_is_told() -> None:
    open_order = trace(family(copy("a", 1, 0), copy("b", 2, 0.5), copy("c", 3, 5), copy("d", 4, None)))["sentence"]
    assert "; the times of 2 other copies leave open whether they are earlier." in open_order
    assert "leave open" not in trace(UPWARD)["sentence"]


def test_intervals_that_touch_are_decided() -> None:
    assert copy("a", 1, 0).before(copy("b", 1, 1))
    assert not copy("a", 1, 0).before(copy("b", 1, 0.9))
    assert trace(family(copy("a", 1, 0), copy("b", 1, 1)))["arrows"][0]["to"] == "pb:b"


def test_arrows_are_solid_for_acts_and_dotted_for_the_rest() -> None:
    shown = trace(
        family(
            copy("a", 1, 0), copy("b", 2, 10, points_to=(("link", "pa:a"), ("repost", "pa:a"))),
            copy("c", 3, 20, points_to=(("quote", "elsewhere:x"),)), copy("d", 3, 30, platform="pc"),
        )
    )  # fmt: skip
    assert shown["arrows"] == [
        {"from": "pa:a", "to": "pb:b", "kind": "repost", "solid": True},
        {"from": "pb:b", "to": "pc:c", "kind": "copy", "solid": False},
        {"from": "pc:c", "to": "pc:d", "kind": "copy", "solid": False},
    ]


def test_only_the_earliest_copy_of_a_place_counts_as_a_step() -> None:
    crowded = [copy(f"0{n}", 1, 200 + n, platform="p0") for n in range(20)]
    assert Spread().examine(family(*UPWARD.copies, *crowded)).n == 25


@pytest.mark.parametrize(
    ("copies", "at_least"),
    [
        ([copy("a", 1, 0)], 1),
        ([copy("a", 1, 0, platform="x"), copy("b", 1, 5, platform="x")], 1),
        ([copy("a", 1, 0, community="r/a", platform="x"), copy("b", 1, 5, community="r/b", platform="x")], 2),
        ([copy("a", 1, 0), copy("b", 1, 5)], 2),
        ([copy("a", 1, 0, community="r/a"), copy("b", 1, 5, community="section b")], 3),
    ],
)
def test_breakout_is_a_lower_bound_with_its_evidence(copies: list[Copy], at_least: int) -> None:
    found = breakout(family(*copies))
    assert (found["at_least"], found["at_most"]) == (at_least, 6)
    assert [e["category"] for e in found["evidence"]] == list(range(2, at_least + 1))


def test_no_sentence_says_more_than_was_seen() -> None:
    for some in (UPWARD, family(), family(copy("a", 1, None)), family(copy("a", 1, 0), copy("b", 2, 9))):
        sentence = trace(some)["sentence"].lower()
        assert not any(word in sentence for word in FORBIDDEN)


def test_thousands_of_copies_are_traced_quickly() -> None:
    many = [copy(str(n), 1 + n % 5, n % 977, platform=f"p{n % 300}") for n in range(5_000)]
    shown = trace(Family("f", tuple(many)))
    assert len(shown["steps"]) == 5_000
    assert shown["upward"]["value"] is not None


@given(st.lists(st.tuples(st.integers(1, 5), st.integers(0, 40) | st.none(), st.integers(1, 9)), max_size=12))
@settings(max_examples=80, deadline=None)
def test_undecided_is_the_share_of_pairs_that_overlap(drawn: list[tuple[int, int | None, int]]) -> None:
    copies = [copy(str(n), tier, hours, span) for n, (tier, hours, span) in enumerate(drawn)]
    both = list(combinations(copies, 2))
    open_pairs = sum(not (a.before(b) or b.before(a)) for a, b in both)
    assert trace(Family("f", tuple(copies)))["undecided"] == pytest.approx(open_pairs / max(1, len(both)), abs=1e-4)


def test_wilson_interval_of_known_shares() -> None:
    assert wilson(0, 0) == (0.0, 1.0)
    assert wilson(8, 10) == pytest.approx((0.4902, 0.9433), abs=1e-3)
    assert wilson(10, 10)[1] == 1.0


def test_a_finding_has_its_public_shape() -> None:
    row = Finding("S0", "x", "nothing", 3, 0.5, (0.1, 0.9), "Nothing.", ("a:1",)).as_row()
    assert list(row) == [
        "signal", "subject", "verdict", "n", "estimate", "interval", "sentence", "posts", "parameters", "version",
    ]  # fmt: skip
    assert spread.Spread.id == "S15"
