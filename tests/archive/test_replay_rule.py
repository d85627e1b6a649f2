"""The shelves of replay take any address and any body without falling over."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from archive.matching import Shelves


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=60), st.binary(max_size=60), st.sampled_from(["", "application/json", "text/plain"]))
def test_what_was_put_is_found(url: str, body: bytes, content_type: str) -> None:
    shelves = Shelves()
    shelves.add(7, "POST", url, body, content_type)
    assert shelves.find("POST", url, body, content_type) == (7, True)


@pytest.mark.parametrize(
    ("held", "asked", "found"),
    [
        (["/watch?v=one", "/watch?v=two"], "/watch?v=two&hl=en", 1),
        (["/watch?v=one", "/watch?v=two"], "/watch?v=three", None),
        (["/wall?owner=1&v=5.100", "/wall?owner=2&v=5.107"], "/wall?owner=2&v=5.199", 1),
        (["/list?t=all&after=a", "/list?t=all"], "/list?t=week", 1),
        (["/topic?t=167", "/topic?t=168"], "/topic?t=168&sid=9", 1),
        (["/list?ids=1&ids=2", "/list?ids=3"], "/list?ids=2&ids=1", 0),
        (["/list?q=a b", "/list?q=c"], "/list?q=a+b&limit=9", 0),
    ],
)
def test_things_are_told_from_looks(held: list[str], asked: str, found: int | None) -> None:
    shelves = Shelves()
    for number, path in enumerate(held):
        shelves.add(number, "GET", f"https://site.example{path}", b"", "")
    answer = shelves.find("GET", f"https://site.example{asked}", b"", "")
    assert (answer[0] if answer else None) == found
