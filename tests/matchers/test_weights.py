"""Evidence in bits: rarer is more, one kind of evidence is not counted twice, and nothing depends on order."""

from __future__ import annotations

from itertools import permutations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from matchers import weights


def test_what_few_share_weighs_more_than_what_many_share() -> None:
    held = weights.rarity([0, 3, 300, 300_000], 1_000_000, 40.0)
    assert list(held) == sorted(held, reverse=True)
    assert held[1] == pytest.approx(18.35, abs=0.01), "three others of a million, and a thousand more"
    assert held[3] == pytest.approx(1.74, abs=0.01)


def test_a_small_archive_says_little_and_a_long_text_much() -> None:
    short, long = weights.rarity(0, 10, weights.wording([12, 200], 0))
    assert short == pytest.approx(12.0, abs=0.1)
    assert long > 40
    assert weights.capped(long, "text") == weights.CEILINGS["text"]
    assert weights.rarity(8, 10, 200.0) == pytest.approx(np.log2(1010 / 8), abs=0.01), "most of those known hold it"


def test_letters_of_a_dense_script_say_more() -> None:
    assert list(weights.wording([20, 20], [0, 20])) == [20.0, 60.0]


@given(st.floats(0, 1e9), st.integers(0, 10**9), st.floats(-5, 1e6), st.floats(0, 1))
def test_bits_are_finite_and_never_below_nothing(others: float, posts: int, intrinsic: float, agree: float) -> None:
    bits = float(weights.rarity(others, posts, intrinsic, agree))
    assert np.isfinite(bits)
    assert bits >= 0
    assert 0 <= float(weights.capped(bits, "account")) <= 2


EVIDENCE = [
    ("text.near", "text", 16.0, "near"), ("text.excerpt", "text", 12.0, "excerpt"), ("url.shared", "link", 9.0, "link"),
    ("handle.alike", "account", 2.0, "handle"), ("text.translated", "text", None, "translated"),
]  # fmt: skip


def test_of_one_kind_only_the_strongest_counts_in_full() -> None:
    found = weights.together(EVIDENCE)
    assert [(s.matcher, s.counted) for s in found.steps] == [
        ("text.near", 16.0), ("text.excerpt", 3.0), ("text.translated", 0.0), ("url.shared", 9.0),
        ("handle.alike", 2.0),
    ]  # fmt: skip
    assert found.bits == 30.0
    row = found.as_row()
    assert row["evidence"][0]["why"] is None
    assert "stronger match" in row["evidence"][1]["why"]
    assert "not weighed" in row["evidence"][2]["why"]


def test_a_kind_of_evidence_has_a_ceiling_and_says_so() -> None:
    found = weights.together([("a", "link", 9.0, ""), ("b", "link", 8.0, "")])
    assert found.bits == weights.CEILINGS["link"]
    assert found.steps[1].why == "link counts 10 bits at most"


def test_the_sum_does_not_depend_on_order() -> None:
    sums = {weights.together(order) for order in permutations(EVIDENCE)}
    assert len(sums) == 1


def test_odds_are_said_in_words() -> None:
    assert weights.odds(0) == "1.0 times as likely"
    assert weights.odds(20) == "about 1,000,000 times as likely"
    assert weights.odds(11.5) == "about 2,000 times as likely"
