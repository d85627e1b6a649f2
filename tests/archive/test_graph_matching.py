"""Replay of Meta's Graph interfaces: a thing has a name and a number, and addresses begin with a version."""

from __future__ import annotations

import pytest

from archive.matching import Shelves

FEED = "https://graph.facebook.com/v10.0/9100/feed?limit=5"


def held(*urls: str) -> Shelves:
    """Return shelves with a record for each address."""
    shelves = Shelves()
    for number, url in enumerate(urls):
        shelves.add(number, "GET", url, b"", "")
    return shelves


@pytest.mark.parametrize("name", ["9100", "ternisleharbour"])
@pytest.mark.parametrize("version", ["v10.0/", "v23.0/", ""])
def test_the_one_thing_recorded_answers_for_its_name_and_number_in_any_version(name: str, version: str) -> None:
    asked = f"https://graph.facebook.com/{version}{name}/feed?limit=50"
    assert held(FEED).find("GET", asked, b"", "") == (0, True)


def test_where_two_are_recorded_each_answers_for_itself_alone() -> None:
    shelves = held(FEED, FEED.replace("9100", "9200"))
    assert shelves.find("GET", FEED.replace("9100", "9200"), b"", "") == (1, True)
    assert shelves.find("GET", FEED.replace("9100", "ternisleharbour"), b"", "") is None


@pytest.mark.parametrize(
    "other",
    [
        "https://graph.facebook.com/v10.0/9100/comments",  # another edge
        "https://graph.facebook.com/v10.0/9100",  # the thing itself
        "https://graph.facebook.com/v10.0/9100/feed?after=x",  # another page
    ],
)
def test_nothing_else_is_taken_for_it(other: str) -> None:
    assert held(FEED).find("GET", other, b"", "") is None


def test_elsewhere_names_are_not_interchangeable() -> None:
    assert held("https://api.example/v1.0/9100/feed").find("GET", "https://api.example/v1.0/9200/feed", b"", "") is None
