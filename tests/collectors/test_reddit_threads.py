"""Threads and things of Reddit: stubs followed to the end, odd shapes, what was recorded read again."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import httpx
import pytest

from archive.replay import Replay
from archive.warc import WarcWriter
from collectors.reddit import RedditUser
from collectors.reddit_things import read, tree
from collectors.reddit_threads import RedditThread
from core.errors import (
    NotRecorded,
)
from core.exchange import Response
from core.http import Client
from core.records import Finding, Post
from core.source import Cursor, Yielded
from core.times import StillClock
from tests.reddit_in_memory import (
    AT,
    KEYS,
    THREAD,
    USER,
    Reddit,
    comment,
    listing,
    morechildren,
    names,
    of_kind,
    said,
    stub,
    thread,
)


def test_stubs_are_followed_the_fullest_first_and_each_once() -> None:
    behind = {
        "b,c": morechildren(comment("t1_b"), comment("t1_c"), stub("t1_c", "d"), stub("t1_c", "d")),
        "d": morechildren(comment("t1_d"), stub("t1_c", "d"), comment("t1_b")),
    }

    def reply(request: httpx.Request) -> httpx.Response:
        if request.method == "GET":
            return httpx.Response(200, json=thread(stub("t1_c", "d"), comment("t1_a"), stub("t3_9zz", "b", "c")))
        return httpx.Response(200, json=behind[parse_qs(request.read().decode())["children"][0]])

    reddit = Reddit(reply)
    assert names(reddit.walk(RedditThread, THREAD)) == ["t3_9zz", "t1_a", "t1_b", "t1_c", "t1_d"]
    assert len(reddit.asked) == 3


def test_what_was_recorded_answers_again_without_a_key(tmp_path: Path) -> None:
    refusals = iter([httpx.Response(401, json={"error": 401})])

    def reply(request: httpx.Request) -> httpx.Response:
        if request.method == "POST":
            return httpx.Response(200, json=morechildren(comment("t1_b")))
        return next(refusals, None) or httpx.Response(200, json=thread(comment("t1_a"), stub("t3_9zz", "b")))

    reddit = Reddit(reply)
    target = RedditThread.match(THREAD)
    assert target is not None
    with WarcWriter(tmp_path, software="test", clock=reddit.clock) as archive:
        live = Client(transport=httpx.MockTransport(reddit.answer), clock=reddit.clock, recorder=archive)
        seen = list(RedditThread(live, KEYS).collect(target, Cursor()))
    again = Client(transport=Replay(tmp_path.glob("*.warc.gz")), clock=StillClock(AT))
    assert list(RedditThread(again).collect(target, Cursor())) == seen
    assert names(seen) == ["t3_9zz", "t1_a", "t1_b"]
    assert len(reddit.sign_ins) == 2


def test_a_continuation_that_is_gone_costs_only_itself() -> None:
    def reply(request: httpx.Request) -> httpx.Response:
        if request.method == "POST":
            return httpx.Response(200, json=morechildren(comment("t1_b")))
        if request.url.path.endswith("/_/a"):
            return httpx.Response(404, json={"error": 404})
        return httpx.Response(200, json=thread(stub("t1_a"), comment("t1_a"), stub("t3_9zz", "b")))

    found = Reddit(reply).walk(RedditThread, THREAD)
    assert names(found) == ["t3_9zz", "t1_a", "t1_b"]
    (gone,) = of_kind(found, "gone")
    assert (gone.ref, gone.status) == ("reddit:t1_a", 404)


def test_continuations_that_no_record_answers_are_counted_after_all_others() -> None:
    def reply(request: httpx.Request) -> httpx.Response:
        if request.method == "GET":
            return httpx.Response(200, json=thread(stub("t1_a", "x"), stub("t1_a", "y"), stub("t3_9zz", "b")))
        if b"children=b&" in request.read():
            return httpx.Response(200, json=morechildren(comment("t1_b")))
        raise NotRecorded("No record.", url=str(request.url))

    found: list[Yielded] = []
    with pytest.raises(NotRecorded, match="2 of 3 continuations"):
        for one in Reddit(reply).steps(RedditThread, THREAD):
            found.append(one)  # noqa: PERF402  what came before the error counts
    assert names(found) == ["t3_9zz", "t1_b"]


def test_a_thread_nested_beyond_any_stack_is_read() -> None:
    innermost: Any = ""
    for number in range(20_000):
        innermost = listing(comment(f"t1_{number}", replies=innermost))
    assert sum(1 for _ in tree([innermost])) == 20_000


@pytest.mark.parametrize(
    "thing",
    [
        None, "t1", 7, {}, {"kind": "t1"}, {"kind": "t1", "data": []}, {"kind": "t5", "data": {"name": "t5_x"}},
        {"kind": "t1", "data": {"name": "t1_../../x"}}, {"kind": "t3", "data": {"name": None}},
        {"kind": "t3", "data": {"name": "t3_a", "crosspost_parent_list": [None, 3], "gallery_data": {"items": [1]}}},
        comment("t1_a", created_utc=float("inf"), score="many", edited=[], author=None, body=9, parent_id={}),
        comment("t1_a", created_utc=float("nan"), score=10**30, subreddit=4, permalink="javascript:x", replies=[]),
        {"kind": "t3", "data": {"name": "t3_a", "url": "http://[", "selftext": "see http://[x", "media": "x"}},
        {"kind": "t3", "data": {"name": "t3_a", "secure_media": {"reddit_video": {"fallback_url": 3}}, "url": []}},
    ],
)  # fmt: skip
def test_odd_things_break_nothing(thing: Any) -> None:
    response = Response(url="https://oauth.reddit.com/x", status=200, headers={}, body=b"", captured_at=AT)
    list(tree([thing]))
    for found in read(thing, response):
        if isinstance(found, Post):
            assert found.published.at is None
            assert found.url
            assert found.url.startswith("https://www.reddit.com/")
        else:
            assert isinstance(found, Finding)
            assert found.kind == "source_changed"


def test_links_come_from_the_html_else_from_the_words() -> None:
    response = Response(url="https://oauth.reddit.com/x", status=200, headers={}, body=b"", captured_at=AT)
    html = '<a href="/u/sable_finch">u</a> <a href="https://github.com/user/nobody">g</a>'
    (seen,) = read(comment("t1_a", body_html=html), response)
    (bare,) = read(comment("t1_b", body="[one](https://a.example/x) and https://b.example/y."), response)
    assert isinstance(seen, Post)
    assert isinstance(bare, Post)
    assert seen.links == ("https://www.reddit.com/u/sable_finch", "https://github.com/user/nobody")
    assert seen.mentions == ("sable_finch",)
    assert bare.links == ("https://a.example/x", "https://b.example/y")


def test_an_author_who_left_is_no_removal() -> None:
    response = Response(url="https://oauth.reddit.com/x", status=200, headers={}, body=b"", captured_at=AT)
    (post,) = read(comment("t1_a", author="[deleted]", body="My words stay."), response)
    assert isinstance(post, Post)
    assert post.author.handle == "[deleted]"
    assert post.author.url is None


def test_the_same_field_new_to_us_is_counted_once_a_name() -> None:
    source = RedditUser(Reddit(said(200, listing(comment("t1_a", odd=1), comment("t1_b", odd=2)))).client(), KEYS)
    target = RedditUser.match(USER)
    assert target is not None
    list(source.collect(target, Cursor()))
    assert source.unread == {"data.odd": 2}
