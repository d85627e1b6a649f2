"""Dzen (until 2022 Yandex Zen): the list of a channel as its own pages ask for it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, ClassVar
from urllib.parse import urlsplit

from collectors.api import answered, api_post, made, refusal
from collectors.base import Collector, Reader
from core import times
from core.counts import counted, granularity
from core.errors import Blocked, Gone, SourceChanged
from core.exchange import Response
from core.records import Author, Counts, Media, Metrics, Post, PostKind, Profile
from core.source import Cursor, Target, Yielded

_HOST = r"https?://(?:(?:www|m)\.)?(?:dzen\.ru|zen\.yandex\.(?:ru|com|by|kz|ua|uz))"
_LIST = "https://dzen.ru/api/v3/launcher/export"
_MAX_PAGES = 1_000
_NAME = (  # what stands where a channel's name would: pages of Dzen itself
    r"(?!(?:a|b|api|auth|embed|export|help|id|legal|list|login|media|news|pogoda|profile|rss|search|shorts|sport|suite|t"
    r"|topic|video|videos|watch|about)(?:[/?#]|$))(?P<name>[\w.-]{2,60})"
)
_KINDS: Mapping[str, PostKind] = {
    "native": "article", "article": "article", "gif": "video", "video": "video", "short_video": "video",
    "live": "video",
}  # fmt: skip
_KNOWN = ("status", "channel.status", "channel.source", "more", "items")


class DzenChannel(Collector):
    """Articles, posts and videos of one channel with its profile, newest first; of articles the first lines."""

    id = "dzen.channel"
    title = "Dzen"
    patterns = (
        rf"{_HOST}/(?:media/)?id/(?P<channel>[0-9a-f]{{24}})/?(?:[?#]\S*)?",
        rf"{_HOST}/(?:media/|t/)?{_NAME}/?(?:[?#]\S*)?",
    )
    examples = (
        "https://dzen.ru/harbour_mara", "https://dzen.ru/id/5a3287185f4967644f9226e4?tab=articles",
        "https://zen.yandex.ru/media/harbour_mara",
    )  # fmt: skip
    names: ClassVar = {"account": "{name}|{channel}"}
    requests_per_minute = 10.0
    fields = ("text", "title", "published", "author", "media", "metrics")
    retention = "no platform rule known; it sends many programs to a log-in page, which is recorded and not evaded"

    def collect(self, target: Target, cursor: Cursor) -> Iterator[Yielded]:
        """Walk the list of the channel as far as it leads."""
        name = target.parts.get("name")
        asked = {"channel_name": name} if name else {"channel_id": target.parts["channel"]}
        response = self.http.get(_LIST, params=asked, check=False)
        for _ in range(_MAX_PAGES):
            answer = self._read(response, target.url)
            if (shown := _profile(answer, response)) and self.fresh(shown):
                yield shown
            posts = [post for item in answer.each("items") if (post := _post(item, response)) and self.fresh(post)]
            yield from posts
            following = answer.maybe("more.link")
            self.audit(answer)
            if not posts or cursor.covers(posts) or not isinstance(following, str):
                return
            if urlsplit(following).scheme != "https" or not re.fullmatch(_HOST, _origin(following)):
                raise SourceChanged(f"{target.url}: the next page is said to be {following[:200]}.", url=target.url)
            response = self.http.get(following, check=False)

    def _read(self, response: Response, about: str) -> Reader:
        """Return an answer; raise what it says in place of a list."""
        status = answered(response).get("status")
        told = status if isinstance(status, dict) else {}
        if told.get("type") == "not_found" or response.status == 404:
            said = str(told.get("text") or "404")[:200]
            raise Gone(f"There is no channel at {about} ({said}).", url=response.url, status=response.status)
        if response.status >= 400:
            raise refusal(response, about)
        if "sso.dzen.ru" in response.url or "/login" in response.url or response.body.lstrip()[:1] == b"<":
            raise Blocked(
                f"{about} answered with a log-in page in place of its list; it is recorded and not evaded. Add single "
                "articles by their addresses.", url=response.url, status=response.status,
            )  # fmt: skip
        answer = Reader(response.json(), url=response.url)
        answer.ignore(*_KNOWN)
        answer.ignore(*(name for name in answer.answer if name not in ("items", "more", "channel")))
        return answer


def _post(item: Reader, response: Response) -> Post | None:
    """Return a publication; None for what stands between them: blocks of videos, advertisements."""
    item.ignore(*item.answer)  # a card carries a hundred fields more, for the look of the page
    link = item.maybe("share_link")
    if not isinstance(link, str) or not link.startswith("https://"):
        return None
    url = link.partition("?")[0]
    last = url.rstrip("/").rpartition("/")[2]
    number = re.search(r"(?:^|-)([0-9a-f]{24})$", last)
    kind = str(item.maybe("item_type") or item.maybe("type"))
    shown = item.maybe("image")
    picture = shown.get("link") if isinstance(shown, dict) else shown
    source = item.maybe("source")
    channel = Reader(source if isinstance(source, dict) else {}, "source")
    at = item.maybe("publication_date")
    return api_post(
        response, platform="dzen", native_id=number[1] if number else last, url=url, kind=_KINDS.get(kind, "post"),
        author=_author(channel), published=times.from_epoch(at) if at else times.unknown(),
        title=_text(item, "title"), text=_text(item, "text"),
        media=(Media(url=picture),) if isinstance(picture, str) and picture.startswith("http") else (),
        metrics=made(Metrics, **_counted(
            item, likes="socialInfo.likesCount", replies="socialInfo.commentCount", views="views"
        )),
    )  # fmt: skip


def _profile(answer: Reader, response: Response) -> Profile | None:
    told = answer.maybe("channel.source")
    if not isinstance(told, dict):
        return None
    channel = Reader(told, "channel.source")
    author = _author(channel)
    if not (author.native_id or author.handle):
        return None
    site = _text(channel, "main_external_link")
    return made(
        Profile, platform="dzen", author=author, bio=_text(channel, "description"), avatar=_text(channel, "logo"),
        links=(site,) if site else (), counts=made(Counts, **_counted(channel, followers="subscribers")),
        seen=response.captured_at, route="api", capture=response.capture,
    )  # fmt: skip


def _author(channel: Reader) -> Author:
    number = channel.maybe("publisher_id") or channel.maybe("id")
    home = _text(channel, "feed_share_link") or _text(channel, "url")
    named = re.fullmatch(rf"{_HOST}/(?!id/)([\w.-]+)/?(?:\?.*)?", home or "")
    return made(
        Author, native_id=str(number) if isinstance(number, str | int) else None, name=_text(channel, "title"),
        handle=named[1] if named else None,
        url=home.partition("?")[0] if home and home.startswith("https://") else None,
    )  # fmt: skip


def _text(item: Reader, path: str) -> str | None:
    found = item.maybe(path)
    return found if isinstance(found, str) and found else None


def _counted(item: Reader, **paths: str) -> dict[str, Any]:
    """Return counters, which come as numbers, as their digits, or rounded in words; with the step of rounded ones."""
    told = {name: item.maybe(path) for name, path in paths.items()}
    found = {name: counted(str(n)) for name, n in told.items() if isinstance(n, int | str) and not isinstance(n, bool)}
    return {**{name: one.number for name, one in found.items() if one}, "granularity": granularity(**found)}


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"
