"""Dailymotion: the videos of accounts, playlists and searches, and single videos, through its public interface.

The interface (api.dailymotion.com) needs no key for what is public. It gives a thousand videos of a list at most.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, ClassVar
from urllib.parse import unquote_plus

from collectors.api import answered, api_post, made, refusal
from collectors.base import Collector, Reader, independently
from core import times
from core.errors import CopytrailError, Gone, LoginWall, Private
from core.exchange import Response
from core.markup import plain
from core.records import Author, Counts, Finding, Media, Metrics, Post, Profile
from core.source import Cursor, Target, Yielded
from core.urls import find_links

_API = "https://api.dailymotion.com"
_SITE = r"https?://(?:www\.|m\.|touch\.)?dailymotion\.com/(?:[a-z]{2}/)?"
_MORE = r"/?(?:[?#]\S*)?"
_PLACES = (
    "about|browse|cdn|channel|embed|explore|feed|hashtag|hub|legal|library|live|partner|player|playlist|rss|search|"
    "services|signin|swf|tag|thumbnail|topic|upload|video|[a-z]{2}"
)  # first parts of an address that are no account
_VIDEO = (
    "id,url,title,description,created_time,tags,language,thumbnail_1080_url,views_total,likes_total,duration,private"
)
_OWNER = "owner.id,owner.username,owner.screenname,owner.url"
_ACCOUNT = (
    "id,username,screenname,description,avatar_720_url,cover_url,created_time,url,followers_total,following_total,"
    "videos_total"
)
_MOST_PAGES = 10


class _Dailymotion(Collector):
    """What the sources share: how lists go on, how a video is read, what refusals mean."""

    title = "Dailymotion"
    requests_per_minute = 30.0
    fields = ("text", "title", "published", "author", "languages", "links", "tags", "media", "metrics")
    robots = "api"

    def ask(self, path: str, fields: str, **more: str) -> tuple[Response, dict[str, Any]]:
        """Return one answer; raise what a refusal stands for, with the platform's words."""
        response = self.http.get(f"{_API}/{path}", params={"fields": fields, **more}, check=False)
        told = answered(response)
        error = told.get("error")
        if response.status >= 400 or isinstance(error, dict):
            raise _refused(response, path, error if isinstance(error, dict) else {})
        return response, told

    def videos(self, path: str, cursor: Cursor, **more: str) -> Iterator[Yielded]:
        """Yield the videos of a list, newest first, until the cursor or the thousandth."""
        for page in range(1, _MOST_PAGES + 1):
            response, told = self.ask(path, f"{_VIDEO},{_OWNER}", limit="100", page=str(page), **more)
            answer = Reader(told, url=response.url)
            posts = [self.video(item, response) for item in answer.each("list")]
            yield from posts
            if not answer.maybe("has_more", bool) or not posts or cursor.covers(posts):
                return
        yield Finding(kind="too_large", sentence=f"Dailymotion's {path} goes on; it gives a thousand videos of a list.")

    def video(self, item: Reader, response: Response) -> Post:
        """Return the post of one video."""
        native_id = item.take("id", str)
        text = plain(item.maybe("description", str) or "") or None
        picture, language = item.maybe("thumbnail_1080_url", str), item.maybe("language", str)
        created = item.maybe("created_time", int)
        found = item.answer if isinstance(item.answer, Mapping) else {}
        owner = {name: found.get(f"owner.{name}") for name in ("id", "username", "screenname", "url")}
        post = api_post(
            response, platform="dailymotion", native_id=native_id, kind="video",
            url=item.maybe("url", str) or f"https://www.dailymotion.com/video/{native_id}",
            author=_author(owner), published=times.from_epoch(created) if created is not None else times.unknown(),
            title=item.maybe("title", str), text=text, languages=(language,) if language else (),
            links=find_links(text or ""), tags=tuple(str(tag) for tag in item.maybe("tags", list) or ()),
            media=(Media(url=picture),) if picture else (),
            metrics=made(Metrics, views=item.maybe("views_total", int), likes=item.maybe("likes_total", int)),
            raw={"duration": duration} if (duration := item.maybe("duration", int)) is not None else {},
        )  # fmt: skip
        item.ignore("private", "owner")
        self.audit(Reader({name: value for name, value in found.items() if name not in _asked()}))
        return post

    def profile(self, name: str) -> Iterator[Yielded]:
        """Yield what an account shows of itself."""
        response, told = self.ask(f"user/{name}", _ACCOUNT)
        account = Reader(told, url=response.url)
        created = account.maybe("created_time", int)
        yield made(
            Profile, platform="dailymotion", author=_author(told), bio=plain(account.maybe("description", str) or ""),
            avatar=account.maybe("avatar_720_url", str), banner=account.maybe("cover_url", str),
            created=times.from_epoch(created) if created is not None else None, seen=response.captured_at,
            counts=made(
                Counts, followers=account.maybe("followers_total", int), posts=account.maybe("videos_total", int),
                following=account.maybe("following_total", int),
            ),
            route="api", capture=response.capture,
        )  # fmt: skip


class DailymotionUser(_Dailymotion):
    """Videos of one account with its profile, newest first, a thousand at most."""

    id = "dailymotion.user"
    patterns = (
        rf"{_SITE}(?:user/)?(?!(?:{_PLACES})(?:[/?#]|$))(?P<user>[A-Za-z0-9][\w.-]+)(?:/(?:videos|\d+))?{_MORE}",
    )
    examples = ("https://www.dailymotion.com/harbournews", "https://www.dailymotion.com/user/harbournews/1")
    names: ClassVar = {"account": "{user}"}

    def collect(self, target: Target, cursor: Cursor) -> Iterator[Yielded]:
        """Read the profile, then walk back from the newest video."""
        name = target.parts["user"]
        yield from independently(self.profile(name), self.videos(f"user/{name}/videos", cursor, sort="recent"))


class DailymotionList(_Dailymotion):
    """Videos of one playlist, or those a search finds, newest first, a thousand at most."""

    id = "dailymotion.list"
    patterns = (
        rf"{_SITE}playlist/(?P<list>x[a-z0-9]+)(?:_[^/?#\s]*)?(?:/[^?#\s]*)?{_MORE}",
        rf"{_SITE}search/(?P<query>[^/?#\s]+)(?:/videos)?{_MORE}",
    )
    examples = ("https://www.dailymotion.com/playlist/x7abcd", "https://www.dailymotion.com/search/harbour/videos")
    names: ClassVar = {"board": "{list}", "search": "{query}"}

    def collect(self, target: Target, cursor: Cursor) -> Iterator[Yielded]:
        """Walk the list."""
        if query := target.parts.get("query"):
            yield from self.videos("videos", cursor, search=unquote_plus(query), sort="recent")
        else:
            yield from self.videos(f"playlist/{target.parts['list']}/videos", cursor, sort="recent")


class DailymotionVideo(_Dailymotion):
    """One video with its counters."""

    id = "dailymotion.video"
    patterns = (
        rf"{_SITE}(?:embed/|swf/)?(?:video|hub)/(?P<video>[xk][a-zA-Z0-9]+)(?:_[^/?#\s]*)?{_MORE}",
        rf"https?://dai\.ly/(?P<video>[xk][a-zA-Z0-9]+){_MORE}",
        r"https?://geo\.dailymotion\.com/player(?:/\w+)?\.html\?(?:[^#\s]*&)?video=(?P<video>[xk][a-zA-Z0-9]+)(?:[&#]\S*)?",
    )
    examples = ("https://www.dailymotion.com/video/x8abcde", "https://dai.ly/x8abcde")
    names: ClassVar = {"post": "{video}"}
    one_answer = True

    def collect(self, target: Target, cursor: Cursor) -> Iterator[Yielded]:
        """Ask for the video."""
        response, told = self.ask(f"video/{target.parts['video']}", f"{_VIDEO},{_OWNER}")
        yield self.video(Reader(told, url=response.url), response)


def _asked() -> set[str]:
    return set(f"{_VIDEO},{_OWNER}".split(","))


def _author(told: Mapping[str, Any]) -> Author:
    return made(
        Author, native_id=told.get("id"), handle=told.get("username"), name=told.get("screenname"), url=told.get("url")
    )


def _refused(response: Response, path: str, error: Mapping[str, Any]) -> CopytrailError:
    said, kind = str(error.get("message") or ""), str(error.get("type") or "")
    what = f"Dailymotion's {path}"
    if "private" in said.lower():
        return Private(f"{what} is private ({said}).", url=response.url, status=response.status)
    if kind == "access_forbidden" or "authenticat" in said.lower():
        return LoginWall(f"{what} is shown to members only ({said}).", url=response.url, status=response.status)
    if response.status < 400 or kind == "not_found":
        return Gone(f"{what} is not there ({said or response.status}).", url=response.url, status=response.status)
    return refusal(response, what, said)
