"""Rows of Zeeschuimer and 4CAT: each site and shape it knows, and what is said of those it does not."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from core.records import Post, Profile
from runner.importers import Rejected, import_posts
from runner.imports.recorded import READERS
from tests.runner.envelopes import AT, CASES, envelope, lines, tweet


def read(tmp_path: Path, content: str | bytes, name: str = "rows.ndjson", form: str | None = None) -> list[Any]:
    path = tmp_path / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return list(import_posts(path, form))


def posts(items: list[Any]) -> list[Post]:
    return [item for item in items if isinstance(item, Post)]


def shown(post: Post, name: str) -> Any:
    if name in ("likes", "replies", "reposts", "views"):
        return getattr(post.metrics, name)
    told: dict[str, Any] = {
        "media": len(post.media), "handle": post.author.handle, "verbatim": post.published.verbatim,
        "at": post.published.model_dump()["at"], "steps": post.metrics.granularity,
    }  # fmt: skip
    return told[name] if name in told else getattr(post, name)


@pytest.mark.parametrize("name", CASES)
def test_each_site_and_shape(tmp_path: Path, name: str) -> None:
    site, data, expected = CASES[name]
    items = read(tmp_path, lines(envelope(site, data)))
    (post,) = posts(items)
    assert {field: shown(post, field) for field in expected} == expected
    assert post.route == "import"
    assert post.first_seen is not None
    assert post.first_seen.timestamp() * 1000 == AT
    assert post.metrics_at in (None, post.first_seen)
    assert not [item for item in items if isinstance(item, Rejected)]


@pytest.mark.parametrize("name", CASES)
def test_the_same_row_as_4cat_keeps_it(tmp_path: Path, name: str) -> None:
    site, data, expected = CASES[name]
    about = {key: value for key, value in envelope(site, data).items() if key != "data"}
    (post,) = posts(read(tmp_path, lines({**data, "__import_meta": about})))
    assert post.ref == expected["ref"]


def test_every_reader_is_tried() -> None:
    tried = {site for site, _, _ in CASES.values()}
    assert {READERS[site] for site in tried} == set(READERS.values())


@pytest.mark.parametrize("name", CASES)
def test_no_row_with_a_part_missing_or_mistaken_stops_the_rest(tmp_path: Path, name: str) -> None:
    site, data, _ = CASES[name]
    wrongs: tuple[Any, ...] = (None, "x", 7, [], {}, [[]], True)
    broken = [{**data, field: wrong} for field in data for wrong in wrongs]
    last = envelope("twitter.com", tweet("1", "end"))
    items = read(tmp_path, lines(*(envelope(site, row) for row in broken), last))
    assert posts(items)[-1].ref == "x:1"
    assert all(isinstance(item, Post | Profile | Rejected) for item in items)


def test_authors_show_more_than_their_name(tmp_path: Path) -> None:
    site, data, _ = CASES["x"]
    profile, _ = read(tmp_path, lines(envelope(site, data)))
    assert isinstance(profile, Profile)
    assert (profile.bio, profile.counts.followers, profile.author.handle) == ("Tide tables", 12, "pierkeeper")
    assert profile.created is not None
    assert profile.created.model_dump()["at"] == "2019-05-06T02:40:47Z"
    assert profile.seen.timestamp() * 1000 == AT


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (envelope("quayside.example", {"id": 1}), "comes from 'quayside.example', whose rows are not known here"),
        (envelope("", {"id": 1}, source_platform_url=""), "comes from 'no named site'"),
        (envelope("twitter.com", {"__typename": "TweetTombstone", "tombstone": {"text": {"text": "Removed"}}}),
         "holds a notice in place of a post (Removed) (twitter.com)"),
        (envelope("twitter.com", {"rest_id": "1"}), "is no post of a known shape"),
        (envelope("instagram.com", {"product_type": "ad", "code": "BA"}), "is an advertisement"),
        (envelope("instagram.com", {"taken_at": 1}), "has no code and no id"),
        (envelope("tiktok.com", {"id": "1"}), "is no video of a known shape"),
        (envelope("linkedin.com", {"id": "1"}), "is no post (it has no actor)"),
        (envelope("xiaohongshu.com", {"id": "1"}), "is a preview"),
        (envelope("bilibili.com", {"roomid": 1}), "has no bvid"),
        (envelope("gab.com", {"type": "group", "id": 1, "account": {}}), "is a group, not a post"),
        (envelope("facebook-comments", {"comment_rendering_instance_for_feed_location": {"x": 1}}), "no comment"),
    ],
)  # fmt: skip
def test_row_that_cannot_be_used_is_named(tmp_path: Path, row: dict[str, Any], reason: str) -> None:
    good = envelope("twitter.com", tweet("1", "ok"))
    items = read(tmp_path, lines(good, row, good))
    (bad,) = [item for item in items if isinstance(item, Rejected)]
    assert bad.line == 2
    assert reason in bad.reason
    assert len(posts(items)) == 2


def test_forced_format_asks_for_envelopes(tmp_path: Path) -> None:
    plain = {"platform": "quayside", "native_id": "1"}
    items = read(tmp_path, lines(plain, envelope("twitter.com", tweet("1", "ok"))), form="zeeschuimer")
    assert isinstance(items[0], Rejected)
    assert "no row of Zeeschuimer" in items[0].reason
    assert [post.ref for post in posts(read(tmp_path, lines(plain, envelope("x.com", tweet("1", "ok")))))] == [
        "quayside:1",
        "x:1",
    ]


@pytest.mark.parametrize("indent", [None, 2])
def test_array_of_rows(tmp_path: Path, indent: int | None) -> None:
    rows = [envelope("twitter.com", tweet(str(n), "x" * 1000)) for n in range(1, 40)]
    found = posts(read(tmp_path, json.dumps(rows, indent=indent), "rows.json"))
    assert [post.native_id for post in found] == [str(n) for n in range(1, 40)]


def test_array_that_is_damaged(tmp_path: Path) -> None:
    good = '{"platform": "quayside", "native_id": "%s"}'
    text = "[\n" + good % 1 + ",\n{oh,\n" + good % 2 + ",\n7,\n" + good % 3 + ",\n"
    items = read(tmp_path, text, "rows.json")
    assert [post.native_id for post in posts(items)] == ["1", "2", "3"]
    assert [(bad.line, bad.reason) for bad in items if isinstance(bad, Rejected)] == [
        (3, "is not JSON"),
        (5, "is no object; write one {...} per line"),
        (7, "the list breaks off here; what stood before was taken"),
    ]


def test_deep_and_endless_rows(tmp_path: Path) -> None:
    deep = '{"source_platform": "twitter.com", "data": {"legacy": ' + "[" * 100_000 + "\n"
    items = read(tmp_path, deep + lines(envelope("twitter.com", tweet("1", "ok"))))
    assert isinstance(items[0], Rejected)
    assert posts(items)[-1].ref == "x:1"
