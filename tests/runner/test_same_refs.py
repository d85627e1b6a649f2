"""A post is one post by whichever way it came: what a source reads and what an import brings have the same ref."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import Any

import pytest

from core.records import Post
from runner.importers import import_posts
from tests.answers import cases, play, plugins
from tests.collectors.walking import answer, walk
from tests.runner.envelopes import envelope, lines, tweet

SOURCES = plugins()

# source -> (the site as Zeeschuimer names it, the same post as that site's own pages get it)
ROWS: dict[str, tuple[str, dict[str, Any]]] = {
    "bilibili.video": ("bilibili.com", {"bvid": "BV1xx411c7mD", "title": "The harbour"}),
    "imgur.gallery": ("imgur.com", {"id": "AbCdE1", "media": [{"type": "image"}]}),
    "instagram.post": ("instagram.com", {"pk": "1", "code": "Inv3nted_C", "taken_at": 1748768400, "user": {}}),
    "instagram.user": ("instagram.com", {"shortcode": "Inv3nted_B", "taken_at_timestamp": 1748768400, "owner": {}}),
    "pinterest.pin": ("pinterest.com", {"id": "123456789012345678"}),
    "threads.user": ("threads.net", {"pk": "1", "code": "Inv3ntedT1", "taken_at": 1748768400, "user": {}}),
    "tiktok.research_videos": ("tiktok.com", {"id": "7000000000000000001", "createTime": 1748768400}),
    "tiktok.video": ("tiktok.com", {"id": "7571863205253700001", "createTime": "1748768400"}),
    "x.post": ("twitter.com", tweet("2028812345678901260", "The harbour")),
    "facebook.page_capture": ("facebook.com", {
        "comet_sections": {"content": {"story": {"post_id": "501", "actors": [{"id": "9100"}]}}}}),
}  # fmt: skip
# source -> (the name of the table, a row of it as 4CAT writes it)
TABLES: dict[str, tuple[str, dict[str, str]]] = {
    "bitchute.video": ("bitchute-search-x.csv", {"id": "InventedBoat"}),
    "imgur.gallery": ("imgur-search-x.csv", {"id": "AbCdE1"}),
    "instagram.post": ("instagram-search-x.csv", {"id": "Inv3nted_C"}),
    "pinterest.pin": ("pinterest-search-x.csv", {"id": "123456789012345678"}),
    "reddit.thread": ("reddit-search-x.csv", {"id": "l001", "thread_id": "1cr300"}),
    "telegram.channel": ("telegram-search-x.csv", {"id": "harbourlog-3", "thread_id": "harbourlog"}),
    "threads.user": ("threads-search-x.csv", {"id": "Inv3ntedT1"}),
    "tiktok.video": ("tiktok-search-x.csv", {"id": "7571863205253700001"}),
    "tumblr.blog": ("tumblr-search-x.csv", {"id": "9"}),
    "x.post": ("twitterv2-search-x.csv", {"id": "2028812345678901260"}),
}


def walked(source: str) -> set[str]:
    """Return the refs of all posts in the invented answers of a source."""
    return {post["ref"] for case in cases(source) for post in play(SOURCES[source], case).get("posts", [])}


def imported(path: Path) -> list[str]:
    return [found.ref for found in import_posts(path) if isinstance(found, Post)]


@pytest.mark.parametrize("source", ROWS)
def test_a_row_of_zeeschuimer_is_the_post_that_a_source_reads(source: str, tmp_path: Path) -> None:
    path = tmp_path / "rows.ndjson"
    path.write_text(lines(envelope(*ROWS[source])), encoding="utf-8")
    (ref,) = imported(path)
    assert ref in walked(source)


@pytest.mark.parametrize("source", TABLES)
def test_a_row_of_4cat_is_the_post_that_a_source_reads(source: str, tmp_path: Path) -> None:
    name, told = TABLES[source]
    row = {"thread_id": told["id"], "body": "The harbour", "timestamp": "1748768400", "author": "mara", **told}
    out = io.StringIO()
    table = csv.DictWriter(out, row)
    table.writeheader()
    table.writerow(row)
    path = tmp_path / name
    path.write_text(out.getvalue(), encoding="utf-8")
    (ref,) = imported(path)
    assert ref in walked(source)


@pytest.mark.parametrize(("source", "host"), [("truthsocial.status", "truthsocial.com"), ("gab.status", "gab.com")])
def test_a_row_of_a_site_that_runs_known_software_is_the_post_of_its_source(
    source: str, host: str, tmp_path: Path
) -> None:
    status = {
        "id": "109", "uri": f"https://{host}/users/mara/statuses/109", "url": f"https://{host}/@mara/109", "tags": [],
        "created_at": "2025-03-01T10:00:00.000Z", "content": "<p>The harbour</p>", "mentions": [],
        "media_attachments": [], "account": {"id": "7", "acct": "mara", "url": f"https://{host}/@mara"},
    }  # fmt: skip
    path = tmp_path / "rows.ndjson"
    path.write_text(lines(envelope(host, status)), encoding="utf-8")
    api = f"https://{host}/api/v1/statuses/109"
    answers = [answer(api, status), answer(f"{api}/context", {"ancestors": [], "descendants": []})]
    told = walk(SOURCES[source], f"https://{host}/@mara/posts/109", answers)
    assert [post.ref for post in told.posts] == imported(path)


def test_the_number_of_a_post_of_facebook_ends_the_one_that_the_interface_gives() -> None:
    """Its interface puts the page before it; pages and imports show the post's own number alone."""
    assert {"facebook:9100_501"} <= walked("facebook.page")
    assert "facebook:501" in walked("facebook.page_capture")
