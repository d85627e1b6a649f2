"""Reddit through PRAW: sign-in, waits, refusals and listings; whole walks are in the fixtures."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import httpx
import pytest

from collectors.reddit import RedditShareLink, RedditSubreddit, RedditUser
from core.errors import (
    Blocked,
    CopytrailError,
    Gone,
    LoginWall,
    Moved,
    Quarantined,
    RateLimited,
    SourceChanged,
    Unauthorized,
    Unavailable,
)
from core.records import Finding, Post
from tests.reddit_in_memory import (
    SUB,
    USER,
    Reddit,
    comment,
    listing,
    names,
    said,
)

COMMENTS = f"{USER}comments/" if USER.endswith("/") else f"{USER}/comments"


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
    reddit.walk(RedditUser, COMMENTS)
    kept = repr(reddit.kept)
    basic = base64.b64encode(b"id-of-the-app:secret-of-the-app").decode()
    assert len(reddit.kept) == 2
    for secret in ("secret-of-the-app", "token-for-an-hour", basic):
        assert secret not in kept


def test_a_token_that_ends_early_is_renewed_once() -> None:
    replies = iter([httpx.Response(401, json={"error": 401}), httpx.Response(200, json=listing(comment("t1_a")))])
    reddit = Reddit(lambda _: next(replies))
    assert names(reddit.walk(RedditUser, COMMENTS)) == ["t1_a"]
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
    reddit.walk(RedditUser, COMMENTS)
    assert reddit.clock.slept == [42.0]


@pytest.mark.parametrize(
    ("remaining", "reset", "slept"),
    [("12", "300", []), ("0", "86400", [600.0]), ("0", "0", [1.0]), ("none", "9", []), ("0", "nan", [])],
)
def test_rate_headers_are_believed_within_reason(remaining: str, reset: str, slept: list[float]) -> None:
    headers = {"x-ratelimit-remaining": remaining, "x-ratelimit-used": "?", "x-ratelimit-reset": reset}
    pages = {None: listing(comment("t1_a"), after="t1_a"), "t1_a": listing(comment("t1_b"))}
    reddit = Reddit(lambda r: httpx.Response(200, json=pages[r.url.params.get("after")], headers=headers))
    assert len(reddit.walk(RedditUser, COMMENTS)) == 2
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
    assert names(reddit.walk(RedditUser, COMMENTS)) == ["t1_a"]
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
