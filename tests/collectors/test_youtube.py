"""YouTube's Data API: the key stays out of addresses, each refusal has its meaning, comments are read to the end."""

from __future__ import annotations

from typing import Any

import pytest

from collectors.youtube import YouTubeChannel, YouTubePlaylist, YouTubeSearch, YouTubeVideo
from core.errors import BadRequest, Blocked, Gone, Private, RateLimited, SourceChanged, Unauthorized
from tests.collectors.walking import answer, walk

API = "https://www.googleapis.com/youtube/v3"
SEARCH = "https://www.youtube.com/results?search_query=pier"
ASKED = {"part": "snippet", "q": "pier", "type": "video", "order": "date", "maxResults": 50}


def found(number: int, **more: Any) -> dict[str, Any]:
    snippet = {"title": "Pier", "publishedAt": "2025-03-01T10:00:00Z", "channelId": "UC1", "channelTitle": "Piers"}
    return {"id": {"videoId": f"pier000000{number}"}, "snippet": {**snippet, **more}}


def refused(status: int, reason: str) -> dict[str, Any]:
    errors = [{"reason": reason, "message": "No."}]
    return answer(
        f"{API}/search", {"error": {"code": status, "message": "No.", "errors": errors}}, ASKED, status=status
    )


def test_it_pages_by_token_and_stops_where_a_token_repeats() -> None:
    answers = [
        answer(f"{API}/search", {"items": [found(1)], "nextPageToken": "P2"}, ASKED),
        answer(f"{API}/search", {"items": [found(2)], "nextPageToken": "P2"}, {**ASKED, "pageToken": "P2"}),
    ]
    walked = walk(YouTubeSearch, SEARCH, answers)
    assert walked.ids == ["pier0000001", "pier0000002"]
    assert walked.error is None


def test_the_key_goes_into_a_header_and_never_into_the_address() -> None:
    walked = walk(YouTubeSearch, SEARCH, [answer(f"{API}/search", {"items": []}, ASKED)])
    (request,) = walked.asked
    assert request.headers["x-goog-api-key"] == "k"
    assert "key=" not in str(request.url)


@pytest.mark.parametrize(
    ("status", "reason", "kind"),
    [
        (400, "keyInvalid", BadRequest),
        (403, "quotaExceeded", RateLimited),
        (403, "accessNotConfigured", Unauthorized),
        (403, "commentsDisabled", Private),
        (403, "somethingElse", Blocked),
        (404, "videoNotFound", Gone),
        (429, "rateLimitExceeded", RateLimited),
    ],
)
def test_each_refusal_has_its_meaning(status: int, reason: str, kind: type[Exception]) -> None:
    error = walk(YouTubeSearch, SEARCH, [refused(status, reason)]).error
    assert type(error) is kind
    assert error.status == status


@pytest.mark.parametrize("body", ["<html>sorry</html>", "[]", '{"items": {}}', '{"items": [{"id": {"videoId": "x"}}]}'])
def test_an_answer_of_another_shape_is_told(body: str) -> None:
    assert isinstance(walk(YouTubeSearch, SEARCH, [answer(f"{API}/search", body, ASKED)]).error, SourceChanged)


def test_a_playlist_owner_is_the_author_only_where_no_other_is_named() -> None:
    item = found(1, resourceId={"videoId": "pier0000001"}, thumbnails={})
    other = found(2, resourceId={"videoId": "pier0000002"}, videoOwnerChannelId="UC2", videoOwnerChannelTitle="Two")
    gone = found(3, title="Deleted video", resourceId={"videoId": "pier0000003"}, thumbnails={})
    asked = {"part": "snippet,contentDetails", "playlistId": "PL1", "maxResults": 50}
    walked = walk(
        YouTubePlaylist, "https://www.youtube.com/playlist?list=PL1",
        [answer(f"{API}/playlistItems", {"items": [item, other, gone]}, asked)],
    )  # fmt: skip
    assert [post.author.native_id for post in walked.posts] == ["UC1", "UC2"]
    assert [(f.kind, f.ref) for f in walked.findings] == [("gone", "youtube:pier0000003")]


@pytest.mark.parametrize(
    ("url", "asked"),
    [
        ("https://www.youtube.com/channel/UC0000000000000000000000/videos", {"id": "UC0000000000000000000000"}),
        ("https://m.youtube.com/@pier.watch", {"forHandle": "pier.watch"}),
        ("https://www.youtube.com/user/pierwatch?view=0", {"forUsername": "pierwatch"}),
    ],
)
def test_a_channel_is_asked_for_by_the_name_its_address_has(url: str, asked: dict[str, str]) -> None:
    walked = walk(
        YouTubeChannel, url, [answer(f"{API}/channels", {}, {"part": "contentDetails,snippet,statistics", **asked})]
    )
    assert isinstance(walked.error, Gone)


@pytest.mark.parametrize(
    "url",
    [
        "https://www.youtube.com/watch?v=pier0000001",
        "https://www.youtube.com/watch?list=PL1&v=pier0000001&t=3s",
        "https://youtu.be/pier0000001?si=x",
        "https://www.youtube.com/shorts/pier0000001",
    ],
)
def test_every_address_of_a_video_names_it(url: str) -> None:
    target = YouTubeVideo.match(url)
    assert target is not None
    assert target.parts["video"] == "pier0000001"
