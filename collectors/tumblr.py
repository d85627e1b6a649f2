"""Tumblr through its API v2, in the legacy post format: blogs, single posts, and tags."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, ClassVar
from urllib.parse import unquote_plus

from collectors.api import answered, api_post, made, refusal
from collectors.base import Collector, Reader
from core import ids, markup, times
from core.errors import LoginWall, Unauthorized
from core.exchange import Response
from core.records import Author, Counts, Media, Post, PostKind, Profile
from core.source import Cursor, Kind, Target, Yielded

_NAME, _POST, _END = r"[A-Za-z0-9_-]+", r"(?P<post>\d+)(?:/[^/?#\s]*)?", r"/?(?:[?#]\S*)?"
_PAGES = r"(?:blog|dashboard|explore|login|register|search|tagged)(?:[/?#]|$)"  # of tumblr.com itself
_API = "https://api.tumblr.com/v2/blog"
_TAGGED = "https://api.tumblr.com/v2/tagged"
_MEMBERS_ONLY = 4012  # the API's code for a blog shown on the dashboard only
_MAX_PAGES = 50_000  # of one walk; at 20 posts a page that is a million
_KINDS: dict[str, PostKind] = {"photo": "image", "video": "video"}
_TEXTS = {
    "text": "body", "photo": "caption", "link": "description", "quote": "text", "video": "caption", "audio": "caption",
    "chat": "body", "answer": "answer",
}  # fmt: skip
_KNOWN = (  # fields we know and do not keep
    "album", "album_art", "artist", "asking_avatar", "asking_name", "asking_url", "audio_source_url", "audio_type",
    "blog", "can_like", "can_reblog", "can_reply", "can_send_in_message", "content_warning", "date", "dialogue",
    "display_avatar", "duration", "embed", "excerpt", "external_id", "featured_in_tag", "followed", "format",
    "genesis_post_id", "highlighted", "html5_capable", "id_string", "image_permalink", "interactability_blaze",
    "interactability_reblog", "is_anonymous", "is_blazed", "is_blaze_pending", "is_blocks_post_format", "is_external",
    "is_nsfw", "is_submission", "like_count", "liked", "link_author", "link_image", "link_image_dimensions",
    "link_url", "muted", "mute_end_timestamp", "notes", "object_type", "panorama_url", "parent_post_url",
    "parent_tumblelog_uuid", "photoset_layout", "plays", "player", "post_author", "post_author_is_adult", "publisher",
    "queued_state", "reblog", "reblog_count", "reblog_key", "reblogged_from_can_message", "reblogged_from_following",
    "reblogged_from_id", "reblogged_from_name", "reblogged_from_title", "reblogged_from_url", "reblogged_from_uuid",
    "reblogged_root_can_message", "reblogged_root_following", "reblogged_root_name", "reblogged_root_title",
    "reblogged_root_url", "reblogged_root_uuid", "recommended_color", "recommended_source", "reply_count",
    "scheduled_publish_time", "share_popover_data", "short_url", "should_open_in_legacy", "slug", "source",
    "source_title", "source_url", "state", "summary", "thumbnail_height", "thumbnail_url", "thumbnail_width", "track",
    "track_name", "tumblelog_uuid", "video", "video_type", "year",
)  # fmt: skip


class TumblrBlog(Collector):
    """Posts and reblogs of one blog (or one post of it) through the API, newest first."""

    id = "tumblr.blog"
    title = "Tumblr"
    patterns: ClassVar[tuple[str, ...]] = (
        rf"https?://(?!www\.|api\.|assets\.)(?P<blog>{_NAME})\.tumblr\.com(?:/(?:post/)?{_POST}|/archive)?{_END}",
        rf"https?://(?:www\.)?tumblr\.com/(?:blog/(?:view/)?)?(?!{_PAGES})(?P<blog>{_NAME})(?:/{_POST})?{_END}",
        rf"https?://at\.tumblr\.com/(?P<blog>{_NAME})/{_POST}{_END}",
    )
    names: ClassVar[Mapping[Kind, str]] = {"post": "{post}", "account": "{blog}"}
    retention_class = "deletions"
    examples: ClassVar[tuple[str, ...]] = (
        "https://a-blog.tumblr.com/", "https://www.tumblr.com/a-blog", "https://a-blog.tumblr.com/post/1/slug",
    )  # fmt: skip
    requests_per_minute = 15.0  # documented: 1,000 an hour
    login = "key"
    secrets = ("TUMBLR_API_KEY",)
    how_to_get_the_key = "Register an application at https://www.tumblr.com/oauth/apps; the consumer key is the key."
    fields = ("text", "title", "published", "author", "links", "tags", "media")
    retention = "the API agreement limits how long content may be kept; others keep it three days: refresh or delete"
    robots = "api"

    def collect(self, target: Target, cursor: Cursor) -> Iterator[Yielded]:
        """Walk by offset until a page is empty or wholly older than the cursor."""
        offset = 0
        for _ in range(_MAX_PAGES):
            response = self._ask(target, offset)
            answer = Reader(response.json(), url=response.url)
            blog = Reader(answer.maybe("response.blog", dict) or {}, "response.blog", url=response.url)
            posts, told = [], 0
            if (account := _profile(blog, response)) and self.fresh(account):
                yield account
            for item in answer.each("response.posts"):
                told += 1
                post = self._post(item, blog, response)
                if self.fresh(post):  # a post written meanwhile moves the others on by one
                    posts.append(post)
                    yield post
            if not told or cursor.covers(posts) or "post" in target.parts:
                return
            offset += told

    def _key(self) -> str | None:
        key = self.keys.get("TUMBLR_API_KEY")
        if not key and not self.http.offline:
            raise Unauthorized(f"Tumblr needs TUMBLR_API_KEY in the environment. {self.how_to_get_the_key}")
        return key

    def _ask(self, target: Target, offset: int) -> Response:
        key = self._key()
        blog = f"{target.parts['blog']}.tumblr.com"
        asked = {"api_key": key, "filter": "html", "reblog_info": "true", "id": target.parts.get("post")}
        paging = {} if "post" in target.parts else {"limit": 20, "offset": offset}
        response = self.http.get(f"{_API}/{blog}/posts", params={**asked, **paging}, check=False)
        if response.status < 400:
            return response
        told = answered(response)
        errors = told.get("errors")
        first = errors[0] if isinstance(errors, list) and errors else None
        if isinstance(first, dict) and first.get("code") == _MEMBERS_ONLY:
            raise LoginWall(f"The blog {blog} is shown to members of Tumblr only.", url=response.url)
        meta = told.get("meta")
        raise refusal(response, f"The blog {blog}", str(meta.get("msg", "")) if isinstance(meta, dict) else "")

    def _post(self, item: Reader, blog: Reader, response: Response) -> Post:
        kind, native_id, name = item.take("type", str), str(item.take("id", int)), item.take("blog_name", str)
        html = item.maybe(_TEXTS.get(kind, "body"), str) or ""
        title = item.maybe("title", str) or item.maybe("question", str)
        root = item.maybe("reblogged_root_id") or _root(item.maybe("trail", list) or [])
        own = blog.maybe("name", str) == name
        leads_to = [item.maybe("url", str), item.maybe("source_url", str), item.maybe("permalink_url", str)]
        linked = (*(url for url in leads_to if url), *markup.links(html))
        post = api_post(
            response, platform="tumblr", native_id=native_id, url=item.take("post_url", str),
            kind=_KINDS.get(kind, "post"),
            author=made(
                Author, handle=name, name=blog.maybe("title", str) if own else None,
                native_id=blog.maybe("uuid", str) if own else None, url=f"https://{name}.tumblr.com/",
            ),
            published=times.from_epoch(item.take("timestamp", int)), title=markup.plain(title) if title else None,
            text=markup.plain(html), tags=tuple(map(str, item.maybe("tags", list) or ())),
            links=tuple(dict.fromkeys(linked)), media=_media(item, kind),
            repost_of=ids.ref("tumblr", str(root)) if root and str(root) != native_id else None,

            raw={"notes": item.maybe("note_count", int)},  # likes, reblogs and replies in one number
        )  # fmt: skip
        item.ignore(*_KNOWN)
        self.audit(item)
        return post


class TumblrTag(TumblrBlog):
    """Posts of all blogs that carry one tag, through the API, newest first."""

    id = "tumblr.tag"
    patterns = (
        r"https?://(?:www\.)?tumblr\.com/(?:tagged|explore/tags)/(?P<tag>[^/?#\s]+)(?:/(?:recent|top|posts))?/?(?:[?#]\S*)?",
    )
    names = {"tag": "{tag}"}
    examples = ("https://www.tumblr.com/tagged/harbour", "https://www.tumblr.com/tagged/old%20harbour?sort=recent")

    def collect(self, target: Target, cursor: Cursor) -> Iterator[Yielded]:
        """Walk back by the time of the oldest post shown, until nothing older comes."""
        before: int | None = None
        for _ in range(_MAX_PAGES):
            response = self._tagged(unquote_plus(target.parts["tag"]), before)
            posts, oldest = [], before
            for item in Reader(response.json(), url=response.url).each("response"):
                # a post that was put forward stands where it was put, and pages are counted by that time
                stands = item.maybe("featured_timestamp", int) or item.take("timestamp", int)
                oldest = min(oldest or stands, stands)
                blog = Reader(item.maybe("blog", dict) or {}, "blog", url=response.url)
                post = self._post(item, blog, response)
                if self.fresh(post):
                    posts.append(post)
                    yield post
            if not posts or oldest == before or cursor.covers(posts):
                return
            before = oldest

    def _tagged(self, tag: str, before: int | None) -> Response:
        asked = {"api_key": self._key(), "tag": tag, "filter": "html", "limit": 20, "before": before}
        response = self.http.get(_TAGGED, params=asked, check=False)
        if response.status < 400:
            return response
        meta = answered(response).get("meta")
        raise refusal(response, f"The tag {tag}", str(meta.get("msg", "")) if isinstance(meta, dict) else "")


def _profile(blog: Reader, response: Response) -> Profile | None:
    """Return what a blog shows of itself; None where an answer shows no more than its name."""
    name, told, posts = blog.maybe("name", str), blog.maybe("description", str), blog.maybe("posts", int)
    if not name or (told is None and posts is None):
        return None
    pictures = [picture for picture in blog.maybe("avatar", list) or () if isinstance(picture, dict)]
    banner = blog.maybe("theme.header_image", str)
    return made(
        Profile, platform="tumblr", bio=markup.plain(told or "") or None, links=markup.links(told or ""),
        author=made(
            Author, handle=name, name=blog.maybe("title", str), native_id=blog.maybe("uuid", str),
            url=f"https://{name}.tumblr.com/",
        ),
        avatar=str(pictures[0]["url"]) if pictures and pictures[0].get("url") else None,
        banner=markup.absolute(banner), counts=made(Counts, posts=posts), seen=response.captured_at, route="api",
        capture=response.capture, raw={"domain": url} if (url := blog.maybe("url", str)) else {},
    )  # fmt: skip


def _root(trail: list[Any]) -> str | None:
    """Return the id of the post a chain of reblogs begins with, where the trail shows it."""
    for part in trail:
        if isinstance(part, dict) and part.get("is_root_item") and isinstance(part.get("post"), dict):
            return str(part["post"].get("id") or "") or None
    return None


def _media(item: Reader, kind: str) -> tuple[Media, ...]:
    pictures = []
    for answer in item.maybe("photos", list) or ():
        photo = Reader(answer, "photos[]")
        caption = markup.plain(photo.maybe("caption", str) or "")
        pictures.append(Media(url=photo.take("original_size.url", str), alt=caption or None))
    if kind == "video" and (film := item.maybe("video_url", str) or item.maybe("permalink_url", str)):
        pictures.append(Media(url=film, kind="video"))
    if kind == "audio" and (sound := item.maybe("audio_url", str)):
        pictures.append(Media(url=sound, kind="audio"))
    return tuple(pictures)
