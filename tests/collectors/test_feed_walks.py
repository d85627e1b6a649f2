"""How feeds are walked: pages, ends, addresses."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from collectors.feed_blogs import BlogspotFeed, LiveJournalFeed, MediumFeed, TumblrFeed
from collectors.feed_media import PinterestFeed, VimeoFeed, YouTubeFeed
from collectors.feed_reddit import RedditFeed
from collectors.feeds import FeedsSite
from core.errors import Gone
from core.source import Cursor, Source
from tests.feeding import URL, rss, walked

# --- walking


def page(number: int, day: int, following: str = "") -> str:
    nxt = f'<link rel="next" href="{following}"/>' if following else ""
    return f"""<feed xmlns="http://www.w3.org/2005/Atom">{nxt}<entry><id>https://site.example/{number}</id>
    <published>2024-05-{day:02}T00:00:00Z</published><title>n</title></entry></feed>"""


def test_the_walk_ends_at_the_first_page_held_whole() -> None:
    answers = [
        {"url": URL, "body": page(3, 5, "?p=2")},
        {"url": f"{URL}?p=2", "body": page(2, 3, "?p=3")},
        {"url": f"{URL}?p=3", "body": page(1, 1)},
    ]
    full, _, _ = walked(FeedsSite, URL, answers)
    assert [p.native_id[-1] for p in full] == ["3", "2", "1"]
    since = datetime(2024, 5, 4, tzinfo=UTC)
    again, _, _ = walked(FeedsSite, URL, answers, Cursor(since=since, full=False))
    assert [p.native_id[-1] for p in again] == ["3", "2"]


def test_a_next_page_that_repeats_ends_the_walk() -> None:
    posts, _, error = walked(FeedsSite, URL, [{"url": URL, "body": page(1, 1, URL)}])
    assert len(posts) == 1
    assert error is None


def test_a_next_page_on_another_host_is_not_followed() -> None:
    posts, _, error = walked(FeedsSite, URL, [{"url": URL, "body": page(1, 1, "https://other.example/feed")}])
    assert (len(posts), error) == (1, None)


def test_a_walk_that_breaks_off_keeps_no_validators() -> None:
    cursor = Cursor()
    answers: list[dict[str, Any]] = [
        {"url": URL, "headers": {"ETag": '"1"'}, "body": page(2, 2, "?p=2")},
        {"url": f"{URL}?p=2", "status": 503},
    ]
    posts, _, error = walked(FeedsSite, URL, answers, cursor)
    assert (len(posts), error.kind if error else None) == (1, "unavailable")
    assert "validators" not in cursor.state


def test_nothing_new_is_asked_for_and_told_by_304() -> None:
    cursor = Cursor(full=False, state={"validators": {URL: {"etag": '"1"'}}})
    assert walked(FeedsSite, URL, [{"url": URL, "status": 304}], cursor) == ([], [], None)
    assert cursor.state["validators"] == {URL: {"etag": '"1"'}}


def test_a_feed_that_moved_is_looked_for_again() -> None:
    cursor = Cursor(state={"feed": "https://site.example/old.xml"})
    answers: list[dict[str, Any]] = [
        {"url": "https://site.example/old.xml", "status": 404},
        {"url": "https://site.example/", "body": '<link rel="alternate" type="application/atom+xml" href="/feed">'},
        {"url": URL, "body": page(1, 1)},
    ]
    posts, _, _ = walked(FeedsSite, "https://site.example/", answers, cursor)
    assert len(posts) == 1
    assert cursor.state["feed"] == URL


def test_a_page_of_a_section_reads_the_feed_of_the_section() -> None:
    html = """<link rel="alternate" type="application/rss+xml" href="/feed/">
    <link rel="alternate" type="application/rss+xml" title="Comments" href="/tag/sea/comments/feed/">
    <link rel="alternate" type="application/rss+xml" href="/tag/sea/feed/">"""
    answers = [
        {"url": "https://site.example/tag/sea/", "body": html},
        {"url": "https://site.example/tag/sea/feed/", "body": page(1, 1)},
    ]
    posts, _, error = walked(FeedsSite, "https://site.example/tag/sea/", answers)
    assert (len(posts), error) == (1, None)


def test_a_refusal_of_the_address_itself_is_raised_as_it_is() -> None:
    _, _, error = walked(FeedsSite, "https://site.example/", [{"url": "https://site.example/", "status": 403}])
    assert error
    assert error.kind == "blocked"
    gone: list[dict[str, Any]] = [{"url": "https://site.example/", "status": 404}]
    gone += [{"url": f"https://site.example{path}", "status": 404}
             for path in ("/feed/", "/feed", "/rss", "/atom.xml", "/index.xml", "/feed.xml", "/rss.xml",
                          "/feeds/posts/default?alt=rss")]  # fmt: skip
    _, _, error = walked(FeedsSite, "https://site.example/", gone)
    assert isinstance(error, Gone)


def test_both_parts_of_a_blog_gone_is_one_error() -> None:
    answers = [
        {"url": "https://x.blogspot.com/feeds/posts/default", "status": 404},
        {"url": "https://x.blogspot.com/feeds/comments/default", "status": 500},
    ]
    posts, findings, error = walked(BlogspotFeed, "https://x.blogspot.com/", answers)
    assert posts == []
    assert [f.kind for f in findings] == ["unavailable"]
    assert isinstance(error, Gone)


# --- addresses


@pytest.mark.parametrize(
    ("source", "url", "parts"),
    [
        (BlogspotFeed, "http://x.blogspot.co.uk/?m=1", {"site": "http://x.blogspot.co.uk"}),
        (BlogspotFeed, "https://www.blogspot.com/", None),
        (BlogspotFeed, "https://x.blogspot.com/2024/05/a-post.html", None),
        (LiveJournalFeed, "https://users.livejournal.com/_x_/", {"journal": "_x_"}),
        (LiveJournalFeed, "https://a-b.livejournal.com/12.html", None),
        (MediumFeed, "https://medium.com/tag/sea", {"what": "tag/sea"}),
        (MediumFeed, "https://medium.com/a-pub/a-story-0a1b2c3d4e5f", None),
        (MediumFeed, "https://medium.com/search?q=sea", None),
        (TumblrFeed, "https://www.tumblr.com/tagged/sea", None),
        (VimeoFeed, "https://vimeo.com/123456", None),
        (VimeoFeed, "https://vimeo.com/channels/abc/videos", {"place": "channels/abc"}),
        (VimeoFeed, "https://vimeo.com/user123", {"place": "user123"}),
        (PinterestFeed, "https://www.pinterest.com/pin/123/", None),
        (PinterestFeed, "https://www.pinterest.co.uk/ada/maps/", {"user": "ada", "board": "maps"}),
        (PinterestFeed, "https://www.pinterest.com/ada/feed.rss", {"user": "ada"}),
        (YouTubeFeed, "https://www.youtube.com/watch?v=abc", None),
        (YouTubeFeed, "https://www.youtube.com/c/Some/videos", {"page": "c/Some"}),
        (RedditFeed, "https://old.reddit.com/r/a+b/top/.rss?t=all", {"path": "/r/a+b/top/", "query": "?t=all"}),
        (RedditFeed, "https://www.reddit.com/r/a/comments/abc/x/", None),
    ],
)
def test_addresses_are_told_apart(source: type[Source], url: str, parts: dict[str, str] | None) -> None:
    target = source.match(url)
    assert (target is None) == (parts is None)
    if target is not None and parts is not None:
        assert parts.items() <= target.parts.items()


@pytest.mark.parametrize(
    ("url", "asked"),
    [
        ("https://www.reddit.com/", "https://www.reddit.com/.rss"),
        ("https://www.reddit.com/r/maps/hot", "https://www.reddit.com/r/maps/hot/.rss?limit=100"),
        ("https://www.reddit.com/u/ada", "https://www.reddit.com/user/ada/.rss?limit=100"),
        ("https://www.reddit.com/r/maps/search?q=a+b&sort=top",
         "https://www.reddit.com/r/maps/search.rss?q=a+b&restrict_sr=on&sort=new&limit=100"),
    ],
)  # fmt: skip
def test_reddit_is_asked_by_time_unless_told_otherwise(url: str, asked: str) -> None:
    empty = '<feed xmlns="http://www.w3.org/2005/Atom"><title>none</title></feed>'
    assert walked(RedditFeed, url, [{"url": asked, "body": empty}]) == ([], [], None)


def test_a_recording_made_under_another_name_of_the_host_is_found() -> None:
    url = "https://old.livejournal.com/"
    answers = [{"url": "https://www.livejournal.com/users/old/data/rss", "body": rss("")}]
    assert walked(LiveJournalFeed, url, answers) == ([], [], None)
