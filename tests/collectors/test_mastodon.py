"""Mastodon: listings end where their Link header does, boosts name what they boost, a lost history loses no post."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from collectors.mastodon import MastodonAccount, MastodonPublic, MastodonStatus
from core.errors import Gone, LoginWall, RateLimited, SourceChanged, Suspended
from core.source import Cursor
from tests.collectors.walking import answer, walk

HOST = "https://hearth.example"
JSON = {"content-type": "application/json; charset=utf-8"}
LOOKUP = answer(f"{HOST}/api/v1/accounts/lookup", {"id": "11"}, {"acct": "iris"})
STATUSES = f"{HOST}/api/v1/accounts/11/statuses"


def status(number: int, day: int = 8, **more: Any) -> dict[str, Any]:
    return {
        "id": str(number), "created_at": f"2025-03-0{day}T10:00:00.000Z", "content": "<p>Pier</p>", "reblog": None,
        "url": f"{HOST}/@iris/{number}", "uri": f"{HOST}/users/iris/statuses/{number}", "edited_at": None,
        "account": {"id": "11", "acct": "iris"}, "media_attachments": [], "mentions": [], "tags": [], **more,
    }  # fmt: skip


def page(statuses: list[Any], max_id: int | None = None, leads_to: int | None = None) -> dict[str, Any]:
    params = {"limit": 40, **({"max_id": max_id} if max_id else {})}
    link = {"link": f'<{STATUSES}?limit=40&max_id={leads_to}>; rel="next"'} if leads_to else {}
    return answer(STATUSES, statuses, params, headers=link)


def test_it_follows_the_link_header_to_the_end() -> None:
    pages = [page([status(3)], leads_to=3), page([status(2)], 3, leads_to=2), page([status(1)], 2)]
    walked = walk(MastodonAccount, f"{HOST}/@iris", [LOOKUP, *pages])
    assert walked.ids == ["3", "2", "1"]
    assert walked.error is None
    assert {post.site for post in walked.posts} == {"hearth.example"}


def test_it_stops_at_a_page_older_than_the_cursor_and_at_one_that_leads_to_itself() -> None:
    since = Cursor(since=datetime(2025, 3, 7, tzinfo=UTC), full=False)
    pages = [page([status(9, 8), status(4, 2)], leads_to=4), page([status(3, 2)], 4, leads_to=3)]
    assert walk(MastodonAccount, f"{HOST}/@iris", [LOOKUP, *pages], cursor=since).ids == ["9", "4", "3"]
    round_and_round = [page([status(3)], leads_to=3), page([status(2)], 3, leads_to=3)]
    assert walk(MastodonAccount, f"{HOST}/@iris", [LOOKUP, *round_and_round]).ids == ["3", "2"]


def test_a_listing_without_an_end_is_read_so_far_and_no_further(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(MastodonAccount, "most_pages", 2)
    pages = [page([status(3)], leads_to=3), page([status(2)], 3, leads_to=2), page([status(1)], 2)]
    walked = walk(MastodonAccount, f"{HOST}/@iris", [LOOKUP, *pages])
    assert walked.ids == ["3", "2"]
    assert [finding.kind for finding in walked.findings] == ["too_large"]


@pytest.mark.parametrize(
    ("address", "ref"),
    [
        ({"url": "https://far.example/@oto/77"}, "mastodon@far.example:77"),
        ({"url": None, "uri": "https://far.example/users/oto/statuses/77"}, "mastodon@far.example:77"),
        ({"url": None, "uri": "http://far.example:3000/ap/users/5/statuses/77"}, "mastodon@far.example:3000:77"),
        ({"url": "https://video.example/w/abc", "uri": "https://video.example/abc"}, "mastodon@hearth.example:50"),
    ],
)
def test_a_boost_names_its_original_where_it_was_written(address: dict[str, Any], ref: str) -> None:
    original = status(50, 1, **address)
    walked = walk(MastodonAccount, f"{HOST}/@iris", [LOOKUP, page([status(3, reblog=original)])])
    (boost,) = walked.posts
    assert (boost.kind, boost.repost_of, boost.text, boost.edited) == ("repost", ref, "Pier", None)
    assert boost.metrics_at is None


def test_the_post_is_kept_where_its_history_and_its_thread_cannot_be_had() -> None:
    edited = status(3, edited_at="2025-03-08T11:00:00.000Z")
    path = f"{HOST}/api/v1/statuses/3"
    refused = answer(f"{path}/history", {"error": "Busy"}, status=503)
    gone = answer(
        f"{path}/context", {"error": "Record not found"}, status=404, headers={"content-type": "application/json"}
    )
    walked = walk(MastodonStatus, f"{HOST}/@iris/3", [answer(path, edited), refused, gone])
    assert walked.ids == ["3"]
    assert walked.error is None
    assert [(f.kind, f.ref) for f in walked.findings] == [("unavailable", walked.posts[0].ref), ("gone", None)]


@pytest.mark.parametrize(
    ("told", "kind", "said"),
    [
        ({"status": 404, "body": {"error": "Record not found"}, "headers": JSON}, Gone, "Record"),
        ({"status": 404, "body": "<html>", "headers": {"content-type": "text/html"}}, SourceChanged, "--route"),
        ({"status": 410, "body": ""}, Gone, "410"),
        ({"status": 429, "body": "", "headers": {"retry-after": "90"}}, RateLimited, "429"),
        ({"body": {"id": "11", "suspended": True}}, Suspended, "suspended"),
        ({"body": {"name": "x"}}, SourceChanged, "id is missing"),
        ({"body": "<html>hello"}, SourceChanged, "not JSON"),
    ],
)  # fmt: skip
def test_what_an_instance_answers_instead(told: dict[str, Any], kind: type[Exception], said: str) -> None:
    walked = walk(MastodonAccount, f"{HOST}/@iris", [answer(LOOKUP["url"], **told)])
    assert isinstance(walked.error, kind)
    assert said in walked.error.sentence
    if kind is RateLimited:
        assert walked.error.retry_after == 90


def test_a_timeline_for_members_is_a_login_wall() -> None:
    told = answer(
        f"{HOST}/api/v1/timelines/public", {"error": "This method requires an authenticated user"}, {"limit": 40},
        status=422,
    )  # fmt: skip
    assert isinstance(walk(MastodonPublic, f"{HOST}/public", [told]).error, LoginWall)
