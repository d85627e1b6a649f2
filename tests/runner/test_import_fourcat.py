"""Tables of 4CAT, and what an import leaves behind when it is made twice."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

import pytest

from core.records import Post
from runner.importers import FORMS, Rejected, import_posts
from tests.runner.commands import Home
from tests.runner.envelopes import AT, CASES, envelope, lines, tweet

TIKTOK = {
    "id": "7300000000000000001", "thread_id": "7300000000000000001", "author": "tidewatch", "author_full": "Tide",
    "author_id": "55", "body": "High water, #spring", "timestamp": "2025-06-01 09:00:00", "tiktok_url":
    "https://www.tiktok.com/@tidewatch/video/7300000000000000001", "thumbnail_url": "https://cdn.example/a,b.jpg",
    "video_url": "https://cdn.example/v.mp4", "likes": "10", "comments": "2", "shares": "1", "plays": "300",
    "hashtags": "spring,tide", "unix_timestamp": "1748768400",
}  # fmt: skip
X = {
    "id": "1002", "thread_id": "1001", "timestamp": "2025-06-01 10:00:00",
    "link": "https://x.com/pierkeeper/status/1002",
    "body": "RT @mole: tide", "author": "pierkeeper", "author_fullname": "Pier", "author_id": "77",
    "language_guess": "en",
    "retweet_count": "2", "reply_count": "1", "like_count": "5", "impression_count": "", "is_retweet": "yes",
    "hashtags": "", "urls": "https://a.example/1,https://a.example/2", "images": "https://cdn.example/1.jpg",
    "mentions": "mole",
}  # fmt: skip


def read(tmp_path: Path, rows: list[dict[str, str]], name: str, **options: Any) -> list[Any]:
    out = io.StringIO()
    writer = csv.DictWriter(out, rows[0])
    writer.writeheader()
    writer.writerows(rows)
    path = tmp_path / name
    path.write_text(out.getvalue())
    return list(import_posts(path, **options))


def test_video(tmp_path: Path) -> None:
    (post,) = read(tmp_path, [TIKTOK], "tiktok-search-spring-1a2b3c.csv")
    assert isinstance(post, Post)
    assert (post.ref, post.text, post.tags) == ("tiktok:7300000000000000001", "High water, #spring", ("spring", "tide"))
    assert (post.published.model_dump()["at"], post.published.zone) == ("2025-06-01T09:00:00Z", "utc")
    assert (post.metrics.likes, post.metrics.views, post.author.handle) == (10, 300, "tidewatch")
    assert [media.url for media in post.media] == ["https://cdn.example/a,b.jpg", "https://cdn.example/v.mp4"]
    assert (post.root, post.route) == (None, "import")


def test_repost_and_time_of_an_unnamed_zone(tmp_path: Path) -> None:
    (post,) = read(tmp_path, [X], "export.csv")
    assert (post.ref, post.kind, post.root, post.mentions) == ("x:1002", "repost", "x:1001", ("mole",))
    assert post.links == ("https://a.example/1", "https://a.example/2")
    assert (post.published.zone, post.published.precision, post.metrics.views) == ("unknown", "second", None)


def test_comment_on_a_comment(tmp_path: Path) -> None:
    row = {"id": "7400", "thread_id": "7399", "post_id": "73", "comment_url": "https://m.tiktok.com/v/73.html",
           "body": "x",
           "timestamp": "2025-06-01 09:00:00", "is_comment_on_comment": "yes", "author": "mole"}  # fmt: skip
    (post,) = read(tmp_path, [row], "comments.csv")
    assert (post.ref, post.kind, post.root, post.reply_to) == ("tiktok:7400", "comment", "tiktok:73", "tiktok:7399")


BARE = {"id": "abc", "thread_id": "xyz", "body": "x", "timestamp": "1748768400", "author": "mole"}


def test_platform_from_name_option_or_address(tmp_path: Path) -> None:
    (bad,) = read(tmp_path, [BARE], "export.csv")
    assert isinstance(bad, Rejected)
    assert "give --platform" in bad.reason
    assert read(tmp_path, [BARE], "export.csv", platform="gab")[0].ref == "gab:abc"
    assert read(tmp_path, [BARE], "truth-search-x.csv")[0].ref == "truthsocial:abc"
    assert read(tmp_path, [{**BARE, "url": "https://www.instagram.com/p/abc"}], "a.csv")[0].ref == "instagram:abc"
    (message,) = read(tmp_path, [{**BARE, "id": "quay-news-12", "thread_id": "quay-news"}], "telegram-search-x.csv")
    assert (message.ref, message.root) == ("telegram:quay-news/12", None)
    comment, thread = read(tmp_path, [BARE, {**BARE, "id": "xyz"}], "reddit-search-x.csv")
    assert (comment.ref, comment.root, thread.ref) == ("reddit:t1_abc", "reddit:t3_xyz", "reddit:t3_xyz")


def test_rows_that_cannot_be_used(tmp_path: Path) -> None:
    rows = [
        TIKTOK,
        {**TIKTOK, "id": "7.3E+18"},
        {**TIKTOK, "id": ""},
        {**TIKTOK, "id": "2", "body": '=1+2 "quoted"\r\nx'},
    ]
    items = read(tmp_path, rows, "tiktok.csv")
    assert [item.reason for item in items if isinstance(item, Rejected)] == [
        "the id 7.3E+18 was rounded by a spreadsheet; export that column as text", "has no id",
    ]  # fmt: skip
    assert items[-1].text == '=1+2 "quoted"\r\nx'


def test_our_tables_take_the_platform_too(tmp_path: Path) -> None:
    (post,) = read(tmp_path, [{"post id": "1", "message": "x"}], "own.csv", platform="quayside")
    assert post.ref == "quayside:1"


def test_the_command_offers_every_format() -> None:
    from runner.commands.importing import IMPORTS

    assert tuple(IMPORTS.choices) == (*FORMS, "capture")


def test_second_import_changes_nothing(home: Home, tmp_path: Path) -> None:
    distinct = {expected["ref"]: (site, data) for site, data, expected in reversed(CASES.values())}
    site, reel, _ = CASES["instagram, reel without code"]
    rows = [envelope(*case, timestamp_collected=AT + n) for n, case in enumerate(distinct.values())]
    rows.append(envelope(site, reel, timestamp_collected=AT - 1000))  # shows no caption, and another picture
    site, video, _ = CASES["tiktok"]
    rows.append(envelope(site, {**video, "authorStats": {"followerCount": 71}}, timestamp_collected=AT + 2000))
    rows.append(envelope(site, {**video, "authorStats": {"followerCount": 72}}, timestamp_collected=AT + 2000))
    later = envelope("twitter.com", tweet("1001", "edited since"), timestamp_collected=AT + 1_000_000)
    (tmp_path / "rows.ndjson").write_text(lines(later, *rows, *rows, rows[0]))
    (tmp_path / "Q3.csv").write_text(
        "Tactic,Indicator,Technique,Procedure\na,quay[.]example[.]com,b,c\na,9 accounts,b,c\n"
    )
    undated = [{"platform": "quayside", "native_id": "1", "text": text} for text in ("one", "two", "one more")]
    (tmp_path / "plain.ndjson").write_text("".join(json.dumps(row) + "\n" for row in undated))
    files = [str(tmp_path / name) for name in ("rows.ndjson", "Q3.csv", "plain.ndjson")]
    first, again = (home("import", *files, "--case", "harbour", "--json", status=1) for _ in range(2))
    (posts, lists, plain), (posts2, lists2, plain2) = first.rows, again.rows
    assert posts["new"] == len(distinct)
    assert posts["profiles"] > 0
    assert (lists["sources"], lists["sources_new"], len(lists["rejected"])) == (1, 1, 1)
    assert (posts2["new"], posts2["changed"], posts2["profiles"]) == (0, 0, 0)
    assert (lists2["sources"], lists2["sources_new"]) == (1, 0)
    assert (plain["new"], plain2["new"], plain2["changed"]) == (1, 0, 0)


@pytest.mark.parametrize("crlf", [False, True])
def test_plain_lists_of_addresses(tmp_path: Path, crlf: bool) -> None:
    text = "# found\n1. hxxps://quay[.]com/a\n\n- harbour[.]net (seen twice)\nnothing\nhttps://quay.com/b#x\n"
    path = tmp_path / "list.txt"
    path.write_bytes((text.replace("\n", "\r\n") if crlf else text).encode())
    items: list[Any] = list(import_posts(path))
    assert [(item.line, getattr(item, "url", None)) for item in items] == [
        (2, "https://quay.com/a"), (4, "https://harbour.net"), (5, None), (6, "https://quay.com/b#x"),
    ]  # fmt: skip
