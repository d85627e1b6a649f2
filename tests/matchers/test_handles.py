"""Accounts called alike are context: weak, told with how many share it, and silent on names that anybody has."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from matchers.handles import Account, alike, is_default, keys, plain, reused, stem, verdict


def account(handle: str | None, platform: str = "x", name: str | None = None, site: str | None = None) -> Account:
    return Account(f"{platform}:{site}:{handle}{name}", platform, site, handle, name)


@pytest.mark.parametrize(
    ("left", "right", "way"),
    [
        (account("tidewatcher"), account("Tide_Watcher", "medium"), "handle"),
        (account("tidewatcher"), account("tіdewatcher", "medium"), "handle"),  # one letter is Cyrillic
        (account("tidewat951"), account("tidewat115", "livejournal"), "stem"),
        (account("tidewat951"), account("tidewat115"), "stem"),
        (account("breakwaterfan1"), account("breakwaterfun2", "medium"), "slip"),
        (account("a1", name="Ilsa Venn of Lowmarsh"), account("b2", "medium", name="ilsa venn of lowmarsh"), "name"),
        (account("a1", name="低沼港新闻社"), account("b2", "vk", name="低沼港新闻社"), "name"),
        (
            account("tidewatcher", "mastodon", site="a.test"),
            account("tidewatcher", "mastodon", site="b.test"),
            "handle",
        ),
        (account("tidewatcher"), account("tidewatcher"), None),
        (account("ilsa01"), account("ilsa01", "medium"), None),
        (account("news2024"), account("news2023", "medium"), None),
        (account("WillDav46208593"), account("WillDav11111111"), None),
        (account("Enough_Personality92", "reddit"), account("Enough_Personality17", "reddit"), None),
        (account("user182949517", "vimeo"), account("user182949518", "vimeo"), None),
        (account("12345678"), account("12345678", "medium"), None),
        (account("a1", name="Ilsa"), account("b2", "medium", name="Ilsa"), None),
        (account(None), account(None, "medium"), None),
    ],
)
def test_ways_to_be_called_alike(left: Account, right: Account, way: str | None) -> None:
    found = alike(left, right)
    assert (found.way if found else None) == way
    back = alike(right, left)
    assert (back.way if back else None) == way
    if found:
        assert found.key in keys(left)
        assert found.key in keys(right)


def test_it_is_context_of_two_bits_at_most_and_says_so() -> None:
    found = alike(account("tidewatcher"), account("tidewatcher", "medium"))
    assert found
    told, bits = verdict(found, 0, 100_000)
    assert (told.strength, bits) == ("C", 2.0)
    assert told.sentence == (
        "One handle on two sites: tidewatcher (x) and tidewatcher (medium). Many are called alike; this links nobody "
        "by itself."
    )
    told, fewer = verdict(found, 6, 10)
    assert fewer < bits
    assert "8 accounts here share it" in told.sentence


def test_a_handle_passed_on_is_told_with_its_times() -> None:
    told = reused("tidewatcher", "x", ("x:1", "2022-01-01", "2022-05-01"), ("x:2", "2023-01-01", "2023-02-01"))
    assert told.strength == "C"
    assert "may be taken by anybody" in told.sentence


def test_handles_a_platform_makes() -> None:
    assert is_default("x", "WillDav46208593")
    assert is_default("reddit", "Competitive_Clue_99")
    assert is_default("reddit", "RunJazzlike722")
    assert not is_default("medium", "teawatch951")


def test_hostile_handles_take_no_time() -> None:
    started = time.perf_counter()
    for handle in (
        "x" * 10**6,
        "١٢٣" * 20,
        "\u202eabc\u200fdef" * 9,
        "\ud800" * 50,
        "a" * 100,
        "1" * 100,
        "a1" * 50,
        "\u0301" * 90,
    ):
        one, two = account(handle, name=handle), account(handle, "medium", name=handle)
        assert len(keys(one)) < 200
        alike(one, two)
    assert plain("x" * 10**6) == ""
    assert time.perf_counter() - started < 2


@given(st.text(max_size=120), st.text(max_size=120))
def test_any_two_handles_are_read(left: str, right: str) -> None:
    one, two = account(left, name=right), account(right, "reddit", name=left)
    found, back = alike(one, two), alike(two, one)
    assert (found is None) == (back is None)
    stem("x", left)
