"""Flickr without a key: the newest twenty photos of a member or a tag, by the public feed."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import ClassVar
from urllib.parse import unquote

from collectors.api import made, refusal
from collectors.base import Collector, Reader
from core import markup, times
from core.exchange import Response
from core.records import Author, Media, Post, Route
from core.source import Cursor, Kind, Target, Yielded

_FEED = "https://www.flickr.com/services/feeds/photos_public.gne"
_HOST = r"https?://(?:www\.|m\.|api\.)?flickr\.com"
_END = r"/?(?:[?#]\S*)?"
_PHOTO = re.compile(r"https?://www\.flickr\.com/photos/([^/]+)/(\d+)/?")
_NAMED = re.compile(r'nobody@flickr\.com \("(.*)"\)', re.DOTALL)


class FlickrFeed(Collector):
    """The newest twenty public photos of a member (by number) or with a tag, without a key."""

    id = "flickr.feed"
    title = "Flickr"
    route: ClassVar[Route] = "feed"
    patterns = (
        rf"{_HOST}/(?:photos|people)/(?P<user>\d{{1,12}}(?:@|%40)N\d\d){_END}",
        rf"{_HOST}/photos/tags/(?P<tag>[^/?#\s]+){_END}",
        rf"{_HOST}/services/feeds/photos_public\.gne\?(?:[^#\s&]{{1,100}}&){{0,4}}id=(?P<user>\d{{1,12}}(?:@|%40)N\d\d)(?:[&#]\S*)?",
        rf"{_HOST}/services/feeds/photos_public\.gne\?(?:[^#\s&]{{1,100}}&){{0,4}}tags=(?P<tag>[^&#\s]+)(?:[&#]\S*)?",
    )
    examples = (
        "https://www.flickr.com/photos/12345678@N00/", "https://www.flickr.com/photos/tags/harbour",
        "https://www.flickr.com/services/feeds/photos_public.gne?id=12345678@N00",
    )  # fmt: skip
    names: ClassVar[Mapping[Kind, str]] = {"account": "{user}", "tag": "{tag}"}
    one_answer = True
    requests_per_minute = 20.0
    fields = ("text", "title", "published", "author", "links", "tags", "media")
    retention = "the terms let photos be cached for a reasonable time and ask to drop what its owner withdraws"
    retention_class = "deletions"
    robots = "api"

    def collect(self, target: Target, cursor: Cursor) -> Iterator[Yielded]:
        """Read the one page there is."""
        kind, name = target.kind, unquote(target.identity)
        asked = {"id": name} if kind == "account" else {"tags": name}
        response = self.http.get(_FEED, params={**asked, "format": "json", "nojsoncallback": "1"}, check=False)
        if response.status >= 400:
            raise refusal(response, f"The feed of {target.url}")
        answer = Reader(response.json(), url=response.url)
        for item in answer.each("items"):
            if post := self._post(item, response):
                yield post
            self.audit(item)

    def _post(self, item: Reader, response: Response) -> Post | None:
        found = _PHOTO.match(item.take("link", str))
        html = item.maybe("description", str) or ""
        nsid, picture = item.maybe("author_id", str), item.maybe("media.m", str) or ""
        named = _NAMED.fullmatch(item.maybe("author", str) or "")
        taken = item.maybe("date_taken", str)
        item.ignore("media")
        if found is None:
            return None
        # the feed begins each description with who posted it and the picture, which are told elsewhere
        words = re.sub(r"^\s*<p>.{0,600}?</p>\s*<p>.{0,900}?</p>", "", html, flags=re.DOTALL)
        return made(
            Post, platform="flickr", native_id=found[2], url=f"https://www.flickr.com/photos/{found[1]}/{found[2]}/",
            kind="image", title=item.maybe("title", str), text=markup.plain(words), links=markup.links(words),
            author=made(
                Author, native_id=nsid, handle=None if "@N" in found[1] else found[1], name=named[1] if named else None,
                url=f"https://www.flickr.com/photos/{found[1]}/",
            ),
            published=times.from_iso(item.maybe("published", str)), first_seen=response.captured_at,
            tags=tuple((item.maybe("tags", str) or "").split()),
            media=(Media(url=re.sub(r"_m(?=\.jpg$)", "_b", picture)),) if picture else (), route="feed",
            capture=response.capture, raw={"taken": taken} if taken else {},
        )  # fmt: skip
