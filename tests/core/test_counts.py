"""Counters as pages write them."""

from __future__ import annotations

import pytest

from core.counts import Counted, counted, granularity


@pytest.mark.parametrize(
    ("text", "count", "step"),
    [
        ("0", 0, 1),
        ("17 replies", 17, 1),
        ("1,234", 1234, 1),
        ("1.234", 1234, 1),
        ("12 345 678", 12345678, 1),
        ("1.2K", 1200, 100),
        ("1,2 тыс.", 1200, 100),
        ("12K views", 12000, 1000),
        ("3.45M", 3450000, 10000),
        ("1.234M", 1234000, 1000),
        ("1.2万", 12000, 1000),
        ("3亿", 300000000, 100000000),
        ("2 Mrd.", 2000000000, 1000000000),
        ("\uff11\uff12", 12, 1),
    ],
)
def test_a_counter_keeps_the_step_it_was_rounded_to(text: str, count: int, step: int) -> None:
    assert counted(text) == Counted(count, step)


@pytest.mark.parametrize("text", [None, "", "many", "K", "-", "#1"])
def test_no_counter_is_none_and_not_zero(text: str | None) -> None:
    assert counted(text) is None


def test_only_rounded_counters_have_a_granularity() -> None:
    assert granularity(likes=counted("1.2K"), replies=counted("17"), views=None) == {"likes": 100}
    assert granularity(likes=counted("17")) is None
