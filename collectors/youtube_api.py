"""The Data API v3 of YouTube: its key, its refusals, its paging, and how it shows a video.

Each request costs quota units of the key: 1 for a list, 100 for a search (and searches are limited to 100 a day).
A key has 10,000 units a day.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, ClassVar

from collectors.api import answered, api_post, made, refusal
from collectors.base import Collector, Reader
from core import times
from core.errors import BadRequest, CopytrailError, Private, RateLimited, Unauthorized
from core.exchange import Response
from core.records import Author, Counts, Media, Metrics, Post, Profile
from core.urls import find_links

_API = "https://www.googleapis.com/youtube/v3"
_SIZES = ("maxres", "standard", "high", "medium", "default")
_MAX_PAGES = 20_000  # of one listing; at 50 a page that is a million
_COUNTERS = {"likes": "likeCount", "replies": "commentCount", "views": "viewCount"}
_KNOWN = (  # fields of a snippet we know and do not keep
    "categoryId", "channelId", "channelTitle", "liveBroadcastContent", "localized", "playlistId", "position",
    "publishTime", "publishedAt", "resourceId", "videoOwnerChannelId", "videoOwnerChannelTitle",
)  # fmt: skip
_SPENT = {"quotaExceeded", "dailyLimitExceeded", "rateLimitExceeded", "userRateLimitExceeded"}
_KEY = {"accessNotConfigured", "keyExpired", "ipRefererBlocked", "forbidden"}


class YouTube(Collector):
    """What the sources of the Data API share: the key, its refusals, the paging, how a video is read."""

    title = "YouTube"
    requests_per_minute = 60.0
    login = "key"
    secrets = ("YOUTUBE_API_KEY",)
    how_to_get_the_key = (
        "In the Google Cloud console enable the YouTube Data API v3 for a project and create an API key; "
        "10,000 units a day are free."
    )
    fields = ("text", "title", "published", "author", "languages", "links", "tags", "media", "metrics")
    retention = "YouTube API data: 30 days, then refresh or delete"
    retention_class = "timed"
    retention_days = 30
    robots = "api"
    units_per_request: ClassVar[int] = 1

    def ask(self, resource: str, params: Mapping[str, Any]) -> Response:
        """Ask one resource of the API; raise what its refusal means (key, quota, closed comments, not there)."""
        key = self.keys.get("YOUTUBE_API_KEY")
        if not key and not self.http.offline:
            raise Unauthorized(f"YouTube needs YOUTUBE_API_KEY in the environment. {self.how_to_get_the_key}")
        headers = {"X-Goog-Api-Key": key} if key else {}  # not in the address: addresses are shown and stored
        response = self.http.get(f"{_API}/{resource}", params=params, headers=headers, check=False)
        if response.status >= 400:
            raise _refused(response, resource)
        return response

    def pages(self, resource: str, params: Mapping[str, Any]) -> Iterator[tuple[Response, Reader]]:
        """Yield the answers of a listing, one after the other."""
        asked = dict(params)
        for _ in range(_MAX_PAGES):
            response = self.ask(resource, asked)
            answer = Reader(response.json(), url=response.url)
            answer.take("items", list)
            yield response, answer
            token = answer.maybe("nextPageToken", str)
            if not token or token == asked.get("pageToken"):
                return
            asked["pageToken"] = token

    def video(self, native_id: str, item: Reader, response: Response, author: Author | None = None) -> Post:
        """Return a video from the snippet (and, where asked for, the statistics) of an item."""
        snippet = item.inside("snippet")
        text = snippet.maybe("description", str) or ""
        languages = (snippet.maybe("defaultAudioLanguage", str), snippet.maybe("defaultLanguage", str))
        counted = item.maybe("statistics", dict)
        published = item.maybe("contentDetails.videoPublishedAt", str) or snippet.take("publishedAt", str)
        post = api_post(
            response, platform="youtube", native_id=native_id, kind="video",
            url=f"https://www.youtube.com/watch?v={native_id}",
            author=author or channel(snippet.take("channelId", str), snippet.maybe("channelTitle", str)),
            published=times.from_iso(published), title=snippet.take("title", str), text=text,
            languages=tuple(dict.fromkeys(code for code in languages if code)), links=find_links(text),
            tags=tuple(map(str, snippet.maybe("tags", list) or ())), media=_thumbnail(snippet),
            metrics=_metrics(counted),
        )  # fmt: skip
        snippet.ignore(*_KNOWN)
        item.ignore("kind", "etag", "contentDetails", "status", "player", "id")
        return post


def channel(native_id: str, name: str | None) -> Author:
    """Return the author that a channel is."""
    return made(Author, native_id=native_id, name=name or None, url=f"https://www.youtube.com/channel/{native_id}")


def profile(item: Reader, response: Response) -> Profile | None:
    """Return what a channel shows of itself; None where an answer holds no snippet of it."""
    native_id, name = item.maybe("id", str), item.maybe("snippet.title", str)
    if not native_id or item.maybe("snippet", dict) is None:
        return None
    about, made_at = item.maybe("snippet.description", str), item.maybe("snippet.publishedAt", str)
    handle = (item.maybe("snippet.customUrl", str) or "").removeprefix("@")
    sizes = item.maybe("snippet.thumbnails", dict) or {}
    picture = next((item.maybe(f"snippet.thumbnails.{size}.url", str) for size in _SIZES if sizes.get(size)), None)
    hidden = item.maybe("statistics.hiddenSubscriberCount") is True
    followers = None if hidden else _counter(item.maybe("statistics.subscriberCount"))
    country = item.maybe("snippet.country", str)
    return made(
        Profile, platform="youtube", author=channel(native_id, name).model_copy(update={"handle": handle or None}),
        bio=about, avatar=picture, banner=item.maybe("brandingSettings.image.bannerExternalUrl", str),
        created=times.from_iso(made_at) if made_at else None, links=find_links(about or ""),
        counts=made(
            Counts, followers=followers, posts=_counter(item.maybe("statistics.videoCount")),
            granularity={"followers": step} if (step := _step(followers)) > 1 else None,
        ),
        seen=response.captured_at, route="api", capture=response.capture, raw={"country": country} if country else {},
    )  # fmt: skip


def _counter(said: Any) -> int | None:
    return int(said) if isinstance(said, str) and said.isdecimal() and len(said) < 19 else None


def _step(followers: int | None) -> int:
    """Return the step a number of subscribers is rounded to: the API shows three figures since 2019."""
    return int(10 ** max(len(str(followers or 0)) - 3, 0))


def _refused(response: Response, resource: str) -> CopytrailError:
    error = answered(response).get("error")
    error = error if isinstance(error, dict) else {}
    listed = error.get("errors")
    first = listed[0] if isinstance(listed, list) and listed and isinstance(listed[0], dict) else {}
    reason, message = str(first.get("reason") or error.get("status") or ""), str(error.get("message") or "")
    said = f"{reason}: {message}".strip(": ")
    facts: dict[str, Any] = {"url": response.url, "status": response.status}
    if reason in _SPENT:
        return RateLimited(f"The YouTube key has no quota left ({said}); it is filled up at midnight Pacific.", **facts)
    if reason == "commentsDisabled":
        return Private("The owner of the video has closed its comments.", **facts)
    if response.status == 400:
        return BadRequest(f"YouTube did not accept a request for {resource} ({said}); check YOUTUBE_API_KEY.", **facts)
    if response.status in (401, 403) and reason in _KEY:
        return Unauthorized(f"YouTube refused the key ({said}); check YOUTUBE_API_KEY and its restrictions.", **facts)
    return refusal(response, f"What was asked of YouTube's {resource}", said)


def _thumbnail(snippet: Reader) -> tuple[Media, ...]:
    sizes = snippet.maybe("thumbnails", dict) or {}
    url = next((snippet.maybe(f"thumbnails.{size}.url", str) for size in _SIZES if sizes.get(size)), None)
    return (Media(url=url),) if url else ()


def _metrics(counted: Mapping[str, Any] | None) -> Metrics:
    """Return the counters, which the API writes as strings and leaves out where the owner hides them."""
    found = {ours: (counted or {}).get(theirs) for ours, theirs in _COUNTERS.items()}
    return made(Metrics, **{name: int(str(value)) for name, value in found.items() if str(value).isdecimal()})
