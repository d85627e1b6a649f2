"""Reddit through PRAW: sign-in, refusals, waits and odd answers; the walks themselves are in the fixtures."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import httpx
import pytest

from archive.replay import Replay
from archive.warc import WarcWriter
from collectors.reddit import RedditShareLink, RedditSource, RedditSubreddit, RedditUser
from collectors.reddit_things import read, tree
from collectors.reddit_threads import RedditThread
from core.errors import (
    Blocked,
    CopytrailError,
    Gone,
    LoginWall,
    Moved,
    NotRecorded,
    Quarantined,
    RateLimited,
    SourceChanged,
    Unauthorized,
    Unavailable,
)
from core.exchange import Exchange, Response
from core.http import Client
from core.records import Finding, Post
from core.source import Cursor
from core.times import StillClock

AT = datetime(2024, 5, 6, 7, 8, 9, tzinfo=UTC)
KEYS = {"REDDIT_CLIENT_ID": "id-of-the-app", "REDDIT_CLIENT_SECRET": "secret-of-the-app"}
TOKEN = {"access_token": "token-for-an-hour", "token_type": "bearer", "expires_in": 3600, "scope": "*"}
Reply = Callable[[httpx.Request], httpx.Response]


class Reddit:
    """A Reddit in memory: signs in, then answers as told; remembers what it was asked."""

    def __init__(self, reply: Reply, token: Any = TOKEN, token_status: int = 200) -> None:
        self.asked: list[httpx.Request] = []
        self.sign_ins: list[httpx.Request] = []
        self.kept: list[Exchange] = []
        self.clock = StillClock(AT)
        self._reply, self._token, self._token_status = reply, token, token_status

    def client(self) -> Client:
        return Client(
            transport=httpx.MockTransport(self.answer), clock=self.clock, recorder=self, requests_per_minute=0
        )

    def answer(self, request: httpx.Request) -> httpx.Response:
        if request.url.path == "/api/v1/access_token":
            self.sign_ins.append(request)
            return httpx.Response(self._token_status, json=self._token)
        self.asked.append(request)
        return self._reply(request)

    def record(self, exchange: Exchange) -> str:
        self.kept.append(exchange)
        return f"record-{len(self.kept)}"

    def walk(self, source: type[RedditSource], url: str, keys: dict[str, str] | None = None) -> list[Post | Finding]:
        return list(self.steps(source, url, keys))

    def steps(
        self, source: type[RedditSource], url: str, keys: dict[str, str] | None = None
    ) -> Iterator[Post | Finding]:
        target = source.match(url)
        assert target is not None
        yield from source(self.client(), KEYS if keys is None else keys).collect(target, Cursor())


def said(status: int, body: Any = None, **headers: str) -> Reply:
    """Return what answers every request the same."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return lambda _: httpx.Response(status, json={"error": status} if body is None else body, headers=named)


def comment(name: str, parent: str = "t3_9zz", **more: Any) -> dict[str, Any]:
    data = {"name": name, "author": "quillon-b", "body": name, "created_utc": 1714900000.0, "link_id": "t3_9zz"}
    return {"kind": "t1", "data": {**data, "parent_id": parent, "replies": "", **more}}


def stub(parent: str, *children: str) -> dict[str, Any]:
    return {"kind": "more", "data": {"parent_id": parent, "count": len(children), "children": list(children)}}


def listing(*things: Any, after: str | None = None) -> dict[str, Any]:
    return {"kind": "Listing", "data": {"children": list(things), "after": after}}


def names(found: list[Post | Finding]) -> list[str]:
    return [post.native_id for post in found if isinstance(post, Post)]


def of_kind(found: list[Post | Finding], kind: str) -> list[Finding]:
    return [f for f in found if isinstance(f, Finding) and f.kind == kind]


USER, SUB = "https://www.reddit.com/user/quillon-b", "https://www.reddit.com/r/ternisle"
THREAD = "https://www.reddit.com/comments/9zz/"


def test_without_a_key_nothing_is_asked_and_the_way_to_one_is_told() -> None:
    reddit = Reddit(said(200))
    with pytest.raises(Unauthorized, match=r"approved by hand.*REDDIT_CLIENT_SECRET.*--route feed"):
        reddit.walk(RedditUser, USER, keys={"REDDIT_CLIENT_ID": "only this"})
    assert not reddit.kept


def test_signs_in_once_and_reads_only() -> None:
    pages = {None: listing(comment("t1_a"), after="t1_a"), "t1_a": listing(comment("t1_b"))}
    reddit = Reddit(lambda r: httpx.Response(200, json=pages[r.url.params.get("after")]))
    assert names(reddit.walk(RedditUser, USER)) == ["t1_a", "t1_b"]
    assert len(reddit.sign_ins) == 1
    assert reddit.sign_ins[0].read() == b"grant_type=client_credentials"
    basic = base64.b64encode(b"id-of-the-app:secret-of-the-app").decode()
    assert reddit.sign_ins[0].headers["authorization"] == f"Basic {basic}"
    assert {r.headers["authorization"] for r in reddit.asked} == {"bearer token-for-an-hour"}
    assert all(r.headers["user-agent"].startswith("copytrail") for r in (*reddit.sign_ins, *reddit.asked))


def test_each_post_names_the_record_it_came_in() -> None:
    reddit = Reddit(said(200, listing(comment("t1_a"))))
    (post,) = reddit.walk(RedditUser, USER)
    assert isinstance(post, Post)
    assert post.capture == "record-2"  # the first is the sign-in
    assert b"t1_a" in reddit.kept[1].body


def test_secrets_are_in_no_record() -> None:
    reddit = Reddit(said(200, listing(comment("t1_a"))))
    reddit.walk(RedditUser, USER)
    kept = repr(reddit.kept)
    basic = base64.b64encode(b"id-of-the-app:secret-of-the-app").decode()
    assert len(reddit.kept) == 2
    for secret in ("secret-of-the-app", "token-for-an-hour", basic):
        assert secret not in kept


def test_a_token_that_ends_early_is_renewed_once() -> None:
    replies = iter([httpx.Response(401, json={"error": 401}), httpx.Response(200, json=listing(comment("t1_a")))])
    reddit = Reddit(lambda _: next(replies))
    assert names(reddit.walk(RedditUser, USER)) == ["t1_a"]
    assert len(reddit.sign_ins) == 2


def test_a_second_401_is_the_answer() -> None:
    reddit = Reddit(said(401))
    with pytest.raises(Unauthorized) as caught:
        reddit.walk(RedditUser, USER)
    assert caught.value.status == 401
    assert (len(reddit.sign_ins), len(reddit.asked)) == (2, 2)


@pytest.mark.parametrize(
    ("token", "status", "error"),
    [
        ({"error": "invalid_grant"}, 200, Unauthorized),
        ({"message": "Unauthorized", "error": 401}, 401, Unauthorized),
        ({"message": "Too Many Requests", "error": 429}, 429, RateLimited),
        ({"access_token": "x"}, 200, SourceChanged),
        ({"access_token": "x", "expires_in": "soon", "scope": "*"}, 200, SourceChanged),
        (["x"], 200, SourceChanged),
    ],
)
def test_a_refused_or_odd_sign_in_says_so(token: Any, status: int, error: type[CopytrailError]) -> None:
    reddit = Reddit(said(200), token, status)
    with pytest.raises(error) as caught:
        reddit.walk(RedditUser, USER)
    assert not reddit.asked
    assert len(reddit.sign_ins) == 1
    if error is Unauthorized:
        assert "REDDIT_CLIENT_ID" in caught.value.sentence


@pytest.mark.filterwarnings("error")
def test_no_praw_ini_and_no_variable_of_the_environment_counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "praw.ini").write_text("[DEFAULT]\noauth_url=https://evil.example\nclient_id=theirs\n[broken\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("praw_site", "theirs")
    monkeypatch.setenv("praw_client_secret", "theirs")
    monkeypatch.setenv("praw_username", "theirs")
    monkeypatch.setenv("praw_password", "theirs")
    reddit = Reddit(said(200, listing()))
    reddit.walk(RedditUser, USER)
    assert {r.url.host for r in (*reddit.sign_ins, *reddit.asked)} == {"www.reddit.com", "oauth.reddit.com"}
    assert reddit.sign_ins[0].read() == b"grant_type=client_credentials"


def test_where_no_request_remains_it_waits_for_the_window_on_the_clock_given() -> None:
    headers = {"x-ratelimit-remaining": "0.0", "x-ratelimit-used": "600", "x-ratelimit-reset": "42"}
    pages = {None: listing(comment("t1_a"), after="t1_a"), "t1_a": listing(comment("t1_b"))}
    reddit = Reddit(lambda r: httpx.Response(200, json=pages[r.url.params.get("after")], headers=headers))
    reddit.walk(RedditUser, USER)
    assert reddit.clock.slept == [42.0]


@pytest.mark.parametrize(
    ("remaining", "reset", "slept"),
    [("12", "300", []), ("0", "86400", [600.0]), ("0", "0", [1.0]), ("none", "9", []), ("0", "nan", [])],
)
def test_rate_headers_are_believed_within_reason(remaining: str, reset: str, slept: list[float]) -> None:
    headers = {"x-ratelimit-remaining": remaining, "x-ratelimit-used": "?", "x-ratelimit-reset": reset}
    pages = {None: listing(comment("t1_a"), after="t1_a"), "t1_a": listing(comment("t1_b"))}
    reddit = Reddit(lambda r: httpx.Response(200, json=pages[r.url.params.get("after")], headers=headers))
    assert len(reddit.walk(RedditUser, USER)) == 2
    assert reddit.clock.slept == slept


def test_429_is_waited_out_by_the_client_alone_then_told_with_its_seconds() -> None:
    reddit = Reddit(said(429, retry_after="4"))
    with pytest.raises(RateLimited) as caught:
        reddit.walk(RedditSubreddit, SUB)
    assert caught.value.retry_after == 4
    assert caught.value.status == 429
    assert len(reddit.asked) == 3  # the client's attempts; PRAW adds none
    assert sum(reddit.clock.slept) == 8


def test_503_is_tried_by_the_client_alone() -> None:
    reddit = Reddit(said(503))
    with pytest.raises(Unavailable) as caught:
        reddit.walk(RedditSubreddit, SUB)
    assert caught.value.status == 503
    assert len(reddit.asked) == 3


def test_a_lost_connection_is_unavailable() -> None:
    def lost(_: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("no route")

    with pytest.raises(Unavailable):
        Reddit(lost).walk(RedditSubreddit, SUB)


def test_a_refusal_without_a_reason_is_no_quarantine_to_agree_to() -> None:
    reddit = Reddit(said(403))
    with pytest.raises(Blocked):
        reddit.walk(RedditSubreddit, SUB)
    assert [r.method for r in reddit.asked] == ["GET"]


def test_a_quarantine_that_stays_after_the_opt_in_is_told() -> None:
    def reply(request: httpx.Request) -> httpx.Response:
        if request.method == "POST":
            assert parse_qs(request.read().decode()) == {"api_type": ["json"], "sr_name": ["ternisle"]}
            return httpx.Response(302, headers={"location": "https://oauth.reddit.com/r/ternisle.json"}, json={})
        return httpx.Response(403, json={"reason": "quarantined", "error": 403})

    steps = Reddit(reply).steps(RedditSubreddit, SUB)
    first = next(steps)
    assert isinstance(first, Finding)
    assert (first.kind, first.status) == ("quarantined", 403)
    with pytest.raises(Quarantined, match="stays closed") as caught:
        next(steps)
    assert caught.value.status == 403


def test_an_opt_in_that_asks_for_a_member_leaves_the_quarantine_the_answer() -> None:
    def reply(request: httpx.Request) -> httpx.Response:
        if request.method == "POST":
            return httpx.Response(302, headers={"location": "https://www.reddit.com/login/"}, json={})
        return httpx.Response(403, json={"reason": "quarantined", "error": 403})

    with pytest.raises(Quarantined, match="asks every reader to agree"):
        Reddit(reply).walk(RedditSubreddit, SUB)


@pytest.mark.parametrize(
    ("location", "error"),
    [
        ("https://oauth.reddit.com/subreddits/search?q=ternisle", Gone),
        ("https://www.reddit.com/login/?dest=x", LoginWall),
        ("https://www.reddit.com/r/other/", Moved),
        ("/r/other/", Moved),
        ("http://[", Moved),
    ],
)
def test_a_redirect_means_what_it_leads_to(location: str, error: type[CopytrailError]) -> None:
    with pytest.raises(error) as caught:
        Reddit(said(302, {}, location=location)).walk(RedditSubreddit, SUB)
    assert caught.value.status == 302


def test_a_share_link_is_asked_for_in_secret_even_where_it_was_written_openly() -> None:
    there = "https://www.reddit.com/r/ternisle/comments/9zz/who/?share_id=s1"
    reddit = Reddit(said(301, {}, location=there))
    with pytest.raises(Moved, match=r"comments/9zz/who/; add") as caught:
        reddit.walk(RedditShareLink, "http://reddit.com/r/ternisle/s/Ab3?utm_source=x")
    assert caught.value.status == 301
    assert [str(r.url) for r in reddit.asked] == ["https://www.reddit.com/r/ternisle/s/Ab3?raw_json=1"]


def test_a_listing_that_leads_in_a_circle_ends() -> None:
    reddit = Reddit(said(200, listing(comment("t1_a"), after="t1_a")))
    assert names(reddit.walk(RedditUser, USER)) == ["t1_a"]
    assert len(reddit.asked) == 2


@pytest.mark.parametrize("body", ["[", [], {"data": []}, {"data": {"children": 1}}, "x"])
def test_an_answer_of_another_shape_is_named(body: Any) -> None:
    text = body if body == "[" else json.dumps(body)
    reddit = Reddit(lambda _: httpx.Response(200, text=text))
    with pytest.raises(SourceChanged, match=r"oauth\.reddit\.com/r/ternisle/new"):
        reddit.walk(RedditSubreddit, SUB)


def test_json_without_a_floor_is_refused() -> None:
    deep = '{"data":' * 100_000 + "1" + "}" * 100_000
    with pytest.raises(SourceChanged):
        Reddit(lambda _: httpx.Response(200, text=deep)).walk(RedditSubreddit, SUB)


def thread(*comments: Any) -> list[Any]:
    post = {"kind": "t3", "data": {"name": "t3_9zz", "author": "quillon-b", "title": "T", "created_utc": 1714900000}}
    return [listing(post), listing(*comments)]


def morechildren(*things: Any) -> dict[str, Any]:
    return {"json": {"errors": [], "data": {"things": list(things)}}}


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

    found: list[Post | Finding] = []
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
