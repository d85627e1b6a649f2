"""Vimeo: the videos of users, categories, channels and groups through its API; single videos through oEmbed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import ClassVar
from urllib.parse import parse_qs, urlsplit

from collectors.api import answered, api_post, made, refusal
from collectors.base import Collector, Reader
from collectors.vimeo_accounts import author, old_video, picture, profile
from core import times
from core.errors import Gone, NotRecorded, Private, Unauthorized
from core.exchange import Response
from core.records import Author, Finding, Media, Metrics, Post
from core.source import Cursor, Target, Yielded
from core.urls import find_links

_API = "https://api.vimeo.com"
_MORE = r"/?(?:[?#]\S*)?"
_WITHIN = r"channels/[\w-]+/|groups/[\w-]+/videos/|(?:album|showcase)/\d+/video/|manage/videos/|m/|event/\d+/videos/"
_PLACES = (
    "album|blog|categories|channels|create|features|for-hire|groups|help|join|log_in|manage|ondemand|ott|partners|privacy|"
    "search|settings|showcase|solutions|stock|terms|upload|user|watch"
)  # first parts of an address that are no user
_KNOWN = (  # fields of a video we know and do not keep
    "app", "categories", "content_rating", "content_rating_class", "duration", "embed", "embed_presets", "has_audio",
    "has_chapters", "has_interactive", "has_text_tracks", "height", "is_copyright_restricted", "is_free",
    "is_playable", "license", "live", "manage_link", "metadata", "modified_time", "parent_folder", "pictures", "play",
    "player_embed_url", "privacy", "rating_mod_locked", "release_time", "resource_key", "review_page", "spatial",
    "stats", "status", "transcode", "transcript", "type", "upload", "uploader", "vod", "width",
)  # fmt: skip


class _VimeoList(Collector):
    """What the listings of the API share: the token, the paging, how a video is read."""

    title = "Vimeo"
    requests_per_minute = 30.0  # the API states its own limit in each answer
    login = "key"
    secrets = ("VIMEO_TOKEN",)
    how_to_get_the_key = (
        "Create an app at https://developer.vimeo.com/apps and generate an unauthenticated token of public scope."
    )
    fields = ("text", "title", "published", "author", "languages", "links", "tags", "media", "metrics")
    retention = "no platform rule known"
    robots = "api"
    most_pages: ClassVar[int] = 5_000  # of one walk; at 100 videos a page

    def videos(self, path: str, cursor: Cursor) -> Iterator[Yielded]:
        """Yield the videos of a listing; the answer names the next page."""
        page = "1"
        for _ in range(self.most_pages):
            response = self._ask(path, page)
            answer = Reader(response.json(), url=response.url)
            posts = []
            for item in answer.each("data"):
                posts.append(self._video(item, response))
                account = profile(Reader(item.take("user", dict), "data[].user"), response)
                yield from (found for found in (account, posts[-1]) if found and self.fresh(found))
            following = parse_qs(urlsplit(answer.maybe("paging.next", str) or "").query).get("page", [page])[0]
            if not posts or following == page or cursor.covers(posts):
                return
            page = following
        told = f"Vimeo's {path.lstrip('/')} goes on; one run reads its newest {self.most_pages * 100:,} videos."
        yield Finding(kind="too_large", sentence=told)

    def _ask(self, path: str, page: str) -> Response:
        token = self.keys.get("VIMEO_TOKEN")
        if not token and not self.http.offline:
            raise Unauthorized(f"Vimeo needs VIMEO_TOKEN in the environment. {self.how_to_get_the_key}")
        headers = {"Accept": "application/vnd.vimeo.*+json;version=3.4"}
        if token:
            headers["Authorization"] = f"bearer {token}"
        asked = {"per_page": 100, "sort": "date", "direction": "desc", "page": page}
        response = self.http.get(f"{_API}{path}", params=asked, headers=headers, check=False)
        if response.status >= 400:
            told = answered(response)
            said = str(told.get("developer_message") or told.get("error") or "")
            raise refusal(response, f"Vimeo's {path.split('/', 1)[-1]}", said)
        return response

    def _video(self, item: Reader, response: Response) -> Post:
        native_id = _number(item.take("uri", str))
        text = item.maybe("description", str)
        thumbnail = picture(item)
        tags = [tag.get("name") for tag in item.maybe("tags", list) or () if isinstance(tag, dict)]
        language = item.maybe("language", str)
        user = item.take("user", dict)
        post = api_post(
            response, platform="vimeo", native_id=native_id, url=item.maybe("link", str) or f"https://vimeo.com/{native_id}",
            kind="video", published=times.from_iso(item.take("created_time", str)), title=item.take("name", str),
            author=author(Reader(user, "data[].user", url=response.url)), text=text,
            languages=(language,) if language else (), links=find_links(text or ""),
            tags=tuple(str(tag) for tag in tags if tag), media=(Media(url=thumbnail),) if thumbnail else (),
            metrics=made(
                Metrics, views=item.maybe("stats.plays", int),
                likes=item.maybe("metadata.connections.likes.total", int),
                replies=item.maybe("metadata.connections.comments.total", int),
            ),
        )  # fmt: skip
        item.ignore(*_KNOWN)
        self.audit(item)
        return post


class VimeoUser(_VimeoList):
    """Videos of one user through the API, newest first."""

    id = "vimeo.user"
    patterns = (
        rf"https?://(?:www\.)?vimeo\.com/(?!(?:{_PLACES})(?:[/?#]|$))(?!\d+(?:[/?#]|$))(?P<user>[\w-]+)(?:/videos|/about)?{_MORE}",
    )
    names = {"account": "{user}"}
    examples = ("https://vimeo.com/somebody", "https://vimeo.com/user110157601/videos")

    def collect(self, target: Target, cursor: Cursor) -> Iterator[Yielded]:
        """Walk back from the newest video."""
        name = target.parts["user"]
        numbered = re.fullmatch(r"user(\d+)", name)
        try:
            yield from self.videos(f"/users/{numbered[1] if numbered else name}/videos", cursor)
        except NotRecorded as missing:
            yield from self._simple(name, missing)

    def _simple(self, name: str, missing: NotRecorded) -> Iterator[Yielded]:
        """Yield the newest videos as records of before 2017 hold them: of the interface that needed no token."""
        try:
            response = self.http.get(f"https://vimeo.com/api/v2/{name}/videos.json")
        except NotRecorded:
            raise missing from None
        for item in Reader(response.json(), url=response.url).each():
            post = old_video(item, response)
            self.audit(item)
            yield from [post] if self.fresh(post) else ()


class VimeoCollection(_VimeoList):
    """Videos of one category, channel or group through the API, newest first, 10,000 in one run."""

    id = "vimeo.collection"
    patterns = (
        rf"https?://(?:www\.)?vimeo\.com/(?P<kind>categories|channels|groups)/(?P<name>[\w-]+)(?:/videos)?{_MORE}",
    )
    names = {"board": "{kind}/{name}"}
    examples = ("https://vimeo.com/categories/animation", "https://vimeo.com/channels/staffpicks")
    most_pages = 100  # a category holds up to a million videos

    def collect(self, target: Target, cursor: Cursor) -> Iterator[Yielded]:
        """Walk back from the newest video."""
        yield from self.videos(f"/{target.parts['kind']}/{target.parts['name']}/videos", cursor)


class VimeoVideo(Collector):
    """One video through oEmbed, which needs no key and states no time zone."""

    id = "vimeo.video"
    one_answer = True
    title = "Vimeo"
    patterns = (
        rf"https?://(?:www\.)?vimeo\.com/(?:{_WITHIN})?(?P<video>\d+)(?:/[0-9a-f]+)?{_MORE}",
        rf"https?://player\.vimeo\.com/video/(?P<video>\d+){_MORE}",
    )
    names = {"post": "{video}"}
    examples = ("https://vimeo.com/100200300", "https://player.vimeo.com/video/100200300")
    requests_per_minute = 20.0
    fields = ("text", "title", "author", "links", "media")
    retention = "no platform rule known"
    robots = "api"

    def collect(self, target: Target, cursor: Cursor) -> Iterator[Yielded]:
        """Ask oEmbed; where it has no title and author any more, the page says what became of the video."""
        where = f"https://vimeo.com/{target.parts['video']}"
        response = self.http.get("https://vimeo.com/api/oembed.json", params={"url": where}, check=False)
        if response.status == 403:
            raise Private(f"The owner of {where} does not let it be shown elsewhere.", url=where, status=403)
        if response.status >= 400:
            raise refusal(response, where)
        item = Reader(response.json(), url=response.url)
        if item.maybe("title", str) is None:
            raise self._became(where)
        yield self._embedded(item, where, response)

    def _became(self, where: str) -> Gone | Private:
        page = self.http.request("GET", where, check=False, robots="obeyed")
        if page.status in (404, 410):
            return Gone(f"{where} is not there ({page.status}).", url=where, status=page.status)
        if page.status >= 400:
            raise refusal(page, where)
        return Private(f"{where} shows its player, but no title and no author.", url=where, status=page.status)

    def _embedded(self, item: Reader, where: str, response: Response) -> Post:
        text, address = item.maybe("description", str), item.maybe("author_url", str)
        thumbnail = item.maybe("thumbnail_url", str)
        item.ignore("type", "version", "provider_name", "provider_url", "html", "width", "height", "duration", "uri")
        item.ignore("is_plus", "account_type", "domain_status_code", "thumbnail_width", "thumbnail_height")
        item.ignore("thumbnail_url_with_play_button", "video_id")
        post = api_post(
            response, platform="vimeo", native_id=str(item.take("video_id", int)), url=where, kind="video",
            author=made(
                Author, name=item.maybe("author_name", str), url=address,
                handle=address.rpartition("/")[2] if address else None,
            ),
            # oEmbed writes local time of an unnamed zone: kept as written, not taken for an instant
            published=times.unknown(item.maybe("upload_date", str)), title=item.take("title", str), text=text,
            links=find_links(text or ""), media=(Media(url=thumbnail),) if thumbnail else (),
        )  # fmt: skip
        self.audit(item)
        return post


def _number(uri: str) -> str:
    """Return the number in "/videos/123" or, of an unlisted video, "/videos/123:hash"."""
    return uri.rpartition("/")[2].partition(":")[0]
