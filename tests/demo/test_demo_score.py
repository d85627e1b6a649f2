"""What counts as found, and what counts as right."""

from __future__ import annotations

from demo.score import overall, score, wrong
from demo.world import Planted

TRUTH = [
    Planted("a:1", "b:1", "exact"), Planted("a:1", "c:1", "w10"), Planted("a:2", "b:2", "exact"),
    Planted("a:3", "b:3", "link"), Planted("b:1", "c:9", "repost"),
]  # fmt: skip


def family(*members: str) -> dict[str, object]:
    return {"members": list(members), "matchers": ["text.near"]}


def test_a_copy_is_found_where_both_posts_are_in_one_family() -> None:
    kinds, precision = score([], [family("c:1", "a:1", "b:1")], TRUTH)
    assert kinds["exact"] == {"planted": 2, "found": 1, "recall": 0.5}
    assert kinds["w10"]["recall"] == 1.0
    assert precision == 1.0


def test_a_shared_link_is_found_by_a_pair_and_says_nothing_about_texts() -> None:
    kinds, precision = score([{"left": "a:3", "right": "b:3", "matcher": "url.shared"}], [], TRUTH)
    assert kinds["link"]["recall"] == 1.0
    assert precision is None


def test_a_link_held_by_many_is_found_by_way_of_its_first_holder() -> None:
    pairs = [
        {"left": "a:3", "right": "m:1", "matcher": "url.shared"},
        {"left": "b:3", "right": "m:1", "matcher": "url.shared"},
    ]
    assert score(pairs, [], TRUTH)[0]["link"]["recall"] == 1.0
    assert score(pairs[:1], [], TRUTH)[0]["link"]["recall"] == 0.0


def test_copies_of_one_text_and_their_reposts_are_right_together() -> None:
    pairs = [
        {"left": "b:1", "right": "c:1", "matcher": "text.near"},
        {"left": "c:1", "right": "c:9", "matcher": "text.exact"},
    ]
    assert score(pairs, [], TRUTH)[1] == 1.0
    assert wrong(pairs, TRUTH) == []


def test_a_pair_that_was_not_planted_lowers_precision() -> None:
    pairs = [
        {"left": "a:1", "right": "b:1", "matcher": "text.exact"},
        {"left": "a:1", "right": "b:2", "matcher": "text.near"},
        {"left": "a:1", "right": "z:7", "matcher": "text.near"},
        {"left": "y:7", "right": "z:7", "matcher": "text.near"},
    ]
    assert score(pairs, [], TRUTH)[1] == 0.25
    assert wrong(pairs, TRUTH) == [("a:1", "b:2"), ("a:1", "z:7"), ("y:7", "z:7")]


def test_a_family_that_joins_two_texts_lowers_precision() -> None:
    assert score([], [family("a:1", "b:1", "a:2")], TRUTH)[1] == 1 / 3


def test_what_only_links_joined_is_no_claim_about_texts() -> None:
    linked = {"members": ["a:3", "b:3", "a:1"], "matchers": ["url.shared"]}
    kinds, precision = score([], [linked], TRUTH)
    assert precision is None
    assert kinds["link"]["recall"] == 1.0


def test_reposts_and_citations_are_found_in_the_records() -> None:
    truth = [Planted("a:1", "b:1", "repost"), Planted("a:1", "c:1", "cite"), Planted("a:1", "d:1", "quote")]
    posts: list[dict[str, object]] = [
        {"ref": "a:1", "url": "https://a.example/one/?utm_source=x", "links": []},
        {"ref": "b:1", "url": "https://b.example/1", "repost_of": "a:1", "links": []},
        {"ref": "c:1", "url": "https://c.example/1", "links": ["https://a.example/one/"]},
        {"ref": "d:1", "url": "https://d.example/1", "quotes": None, "links": None},
    ]
    kinds, _ = score([], [], truth, posts)
    assert [kinds[edit]["recall"] for edit in ("repost", "cite", "quote")] == [1.0, 1.0, 0.0]
    assert score([], [], truth)[0]["repost"] == {"planted": 0, "found": 0, "recall": None}


def test_nothing_planted_has_no_recall() -> None:
    kinds, precision = score([], [], [])
    assert kinds["exact"]["recall"] is None
    assert precision is None
    assert overall(kinds) is None


def test_the_overall_recall_weighs_kinds_by_what_was_planted() -> None:
    kinds, _ = score([], [family("a:1", "b:1")], TRUTH)
    assert overall(kinds) == 1 / 3
