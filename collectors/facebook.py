"""Facebook through the Graph API: the posts of a page, and one post with its comments."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, ClassVar

from collectors.api import api_post, made
from collectors.base import Reader, independently
from collectors.meta_graph import END, IMPORT, MetaSource, listed, moment
from core import ids
from core.errors import NotRecorded
from core.exchange import Response
from core.records import Author, Counts, Media, MediaKind, Metrics, Post, Profile
from core.source import Cursor, Kind, Target, Yielded

HOST = r"https?://(?:(?:www|m|mbasic|web|touch|mobile|l|[a-z]{2}-[a-z]{2})\.)?(?:facebook|fb)\.com"
_NAME = (  # what stands where a page's name would: pages of Facebook itself
    r"(?!(?:watch|reels?|groups|events|hashtag|photos?|pages|people|p|share|sharer|login|marketplace|gaming|help"
    r"|policies|privacy|settings|messages|notifications|bookmarks|stories|public|search|plugins|dialog|business|ads"
    r"|media|videos?|live|saved|memories|friends|recover|legal|terms|about|v\d\S*|[\w-]+\.php)(?:[/?#]|$))"
    r"(?P<page>[\w.-]{2,100})"
)
_POST = r"(?P<post>\d{1,25}|pfbid\w{1,100})"
_ID = r"(?=(?:[^\s#]*&)?id=(?P<page>\d{1,25})(?:[&#]|$))"
_TABS = r"(?:/(?:posts|photos|videos|reels|about|community|mentions|events|timeline))?"
_PAGE = "id,name,username,about,link,picture{url},cover{source},fan_count,followers_count,website,founded"
_FEED = (
    "id,from{id,name},message,story,created_time,permalink_url,status_type,message_tags,shares,parent_id,"
    "attachments{media,media_type,type,title,description,url,unshimmed_url,target,subattachments},full_picture,"
    "comments.limit(0).summary(true),reactions.limit(0).summary(true)"
)
_COMMENT = "id,from{id,name},message,created_time,permalink_url,like_count,comment_count,parent{id},attachment"
_KINDS: Mapping[str, MediaKind] = {"photo": "image", "video": "video", "album": "image", "music": "audio"}
_KNOWN = (  # fields of a post we know and do not keep
    "actions", "admin_creator", "angry", "application", "backdated_time", "can_reply_privately", "description",
    "full_picture", "haha", "icon", "is_expired", "is_hidden", "is_published", "is_spherical", "like", "likes", "link",
    "love", "multi_share_end_card", "name", "object_id", "picture", "place", "privacy", "promotable_id", "properties",
    "sad", "source", "status_type", "story_tags", "timeline_visibility", "to", "type", "updated_time", "via", "wow",
    "attachments", "reactions", "comments", "parent_id", "care", "thankful", "message_tags", "shares",
)  # fmt: skip


class Facebook(MetaSource):
    """What the sources of Facebook share."""

    platform = "facebook"
    title = "Facebook"
    secrets = ("FACEBOOK_TOKEN",)
    how_to_get_the_key = (
        "A page token for pages you manage, or a token of an app with Page Public Content Access "
        f"(https://developers.facebook.com/tools/explorer). {IMPORT}"
    )
    fields = ("text", "published", "author", "links", "mentions", "media", "metrics")

    def page(self, name: str, about: str) -> tuple[Reader, Response]:
        """Look a page up by name or number."""
        response = self.ask(name, {"fields": _PAGE}, about)
        found = Reader(response.json(), url=response.url)
        called = [str(found.maybe(key) or "").lower() for key in ("id", "username")]
        link = (found.maybe("link", str) or "").rstrip("/").lower()
        if self.http.offline and any(called) and name.lower() not in called and not link.endswith(f"/{name.lower()}"):
            raise NotRecorded(f"The recording is of another page than {about}.", url=about)
        return found, response


class FacebookPage(Facebook):
    """Posts of one public page through the Graph API, newest first."""

    id = "facebook.page"
    patterns = (
        rf"{HOST}/{_NAME}{_TABS}{END}",
        rf"{HOST}/profile\.php\?(?:[^\s#]*&)?id=(?P<page>\d{{1,25}})(?:[&#]\S*)?",
        rf"{HOST}/(?:pages/(?:category/[^/?#\s]+/)?|people/)[^/?#\s]+/(?P<page>\d{{1,25}}){END}",
        rf"{HOST}/(?:p|pages)/(?:[^/?#\s]*-)?(?P<page>\d{{5,25}}){END}",
    )
    examples = (
        "https://www.facebook.com/somepage", "https://m.facebook.com/somepage/posts/",
        "https://de-de.facebook.com/pages/Some-Page/123456789012",
        "https://www.facebook.com/profile.php?id=100012345678901",
    )  # fmt: skip
    names: ClassVar[Mapping[Kind, str]] = {"account": "{page}"}

    def collect(self, target: Target, cursor: Cursor) -> Iterator[Yielded]:
        """Look the page up, then walk back from its newest post."""
        page, response = self.page(target.parts["page"], target.url)
        yield from _profile(page, response)
        number = page.maybe("id") or target.parts["page"]
        for answer, feed in self.pages(f"{number}/feed", {"fields": _FEED, "limit": 50}, target.url):
            posts = [self._post(item, answer, page) for item in feed.each("data")]
            yield from posts
            if not posts or cursor.covers(posts):
                return

    def _post(self, item: Reader, response: Response, page: Reader) -> Post:
        post = read_post(item, response, page)
        self.audit(item)
        return post


class FacebookComments(Facebook):
    """One public post of a page, and the comments under it with their replies, oldest first."""

    id = "facebook.comments"
    patterns = (
        rf"{HOST}/{_NAME}/(?:posts|videos|photos|activity|reel)/(?:[^/?#\s]+/)?{_POST}{END}",
        rf"{HOST}/(?:story|permalink)\.php\?(?=(?:[^\s#]*&)?story_fbid={_POST}(?:[&#]|$)){_ID}\S*",
        rf"{HOST}/(?:watch|video\.php|watch/live)/?\?(?:[^\s#]*&)?v={_POST}(?:[&#]\S*)?",
        rf"{HOST}/photo(?:\.php)?/?\?(?:[^\s#]*&)?fbid={_POST}(?:[&#]\S*)?",
        rf"{HOST}/(?:reel|videos)/{_POST}{END}",
    )
    examples = (
        "https://www.facebook.com/somepage/posts/10158407654328553",
        "https://m.facebook.com/story.php?story_fbid=10158407654328553&id=19292868552",
        "https://www.facebook.com/watch/?v=123456789012345",
    )
    names: ClassVar[Mapping[Kind, str]] = {"post": "{post}"}

    def collect(self, target: Target, cursor: Cursor) -> Iterator[Yielded]:
        """Read the post and its comments independently: either may be had without the other."""
        native_id = target.parts["post"]
        if page := target.parts.get("page"):
            number = page if page.isdecimal() else str(self.page(page, target.url)[0].take("id", str))
            native_id = f"{number}_{native_id}"
        yield from independently(self._one(native_id, target), self._comments(native_id, target))

    def _one(self, native_id: str, target: Target) -> Iterator[Yielded]:
        response = self.ask(native_id, {"fields": _FEED}, target.url)
        item = Reader(response.json(), url=response.url)
        yield read_post(item, response, Reader({}))
        self.audit(item)

    def _comments(self, native_id: str, target: Target) -> Iterator[Yielded]:
        asked = {"fields": _COMMENT, "filter": "stream", "summary": "true", "limit": 100}
        for response, answer in self.pages(f"{native_id}/comments", asked, target.url):
            for item in answer.each("data"):
                yield _comment(item, response, native_id)
                self.audit(item)


def read_post(item: Reader, response: Response, page: Reader) -> Post:
    """Return a post of a page; what it shares and shows is in its attachments."""
    native_id = item.take("id", str)
    attached = [
        one for part in listed(item, "attachments.data") for one in (part, *listed(part, "subattachments.data"))
    ]
    reactions = {name: item.maybe(f"{name}.summary.total_count", int)
                 for name in ("like", "love", "wow", "haha", "sad", "angry", "care")}  # fmt: skip
    parent = item.maybe("parent_id", str)
    links = [_link(part) for part in attached]
    post = api_post(
        response, platform="facebook", native_id=native_id, author=_author(item, native_id, page),
        url=item.maybe("permalink_url", str) or f"https://www.facebook.com/{native_id}",
        published=moment(item.take("created_time", str)),
        text=item.maybe("message", str) or item.maybe("story", str) or "",
        mentions=tuple(dict.fromkeys(str(t["name"]) for t in _tags(item) if t.get("name"))),
        links=tuple(dict.fromkeys(link for link in links if link)), media=_media(attached),
        metrics=made(
            Metrics, likes=item.maybe("reactions.summary.total_count", int) or item.maybe("likes.summary.total_count"),
            replies=item.maybe("comments.summary.total_count", int), reposts=item.maybe("shares.count", int),
        ),
        repost_of=ids.ref("facebook", parent) if parent and parent != native_id else None,
        raw={"reactions": known} if (known := {k: v for k, v in reactions.items() if v is not None}) else {},
    )  # fmt: skip
    item.ignore(*_KNOWN, "from", "story")
    return post


def _comment(item: Reader, response: Response, post: str) -> Post:
    """Return a comment; answers that were stored without ids know it by its address only."""
    address = item.maybe("permalink_url", str)
    native_id = item.maybe("id", str) or address or item.take("id", str)
    above = item.maybe("parent.id", str)
    if above is None and not item.maybe("id") and address and "reply_comment_id=" in address:
        above = re.sub(r"[&?]reply_comment_id=\d+", "", address)
    shown = item.maybe("attachment.media.image.src", str)
    item.ignore(
        "from",
        "parent",
        "attachment",
        "can_comment",
        "can_hide",
        "can_like",
        "can_remove",
        "is_hidden",
        "message_tags",
        "user_likes",
        "can_reply_privately",
        "object",
        "private_reply_conversation",
        "likes",
    )
    return api_post(
        response, platform="facebook", native_id=native_id, kind="comment", author=_author(item, "", Reader({})),
        url=address or f"https://www.facebook.com/{native_id}", published=moment(item.take("created_time", str)),
        text=item.maybe("message", str) or "", root=ids.ref("facebook", post),
        reply_to=ids.ref("facebook", above or post), media=(Media(url=shown),) if shown else (),
        metrics=made(Metrics, likes=item.maybe("like_count", int), replies=item.maybe("comment_count", int)),
    )  # fmt: skip


def _profile(page: Reader, response: Response) -> Iterator[Profile]:
    if not page.maybe("name") or not ({"about", "picture", "fan_count", "cover"} & set(page.answer)):
        return
    followers = page.maybe("followers_count", int)
    site = page.maybe("website", str)
    yield made(
        Profile, platform="facebook", author=_author(Reader({}), str(page.take("id", str)), page),
        bio=page.maybe("about", str), avatar=page.maybe("picture.data.url", str),
        banner=page.maybe("cover.source", str), links=tuple(site.split()) if site else (),
        counts=Counts(followers=page.maybe("fan_count", int) if followers is None else followers),
        seen=response.captured_at, route="api", capture=response.capture,
    )  # fmt: skip


def _author(item: Reader, native_id: str, page: Reader) -> Author:
    number = item.maybe("from.id", str) or native_id.partition("_")[0] or None
    is_page = number is not None and page.maybe("id") == number
    handle = page.maybe("username", str) if is_page else None
    name = item.maybe("from.name", str) or (page.maybe("name", str) if is_page else None)
    return made(
        Author, native_id=number, handle=handle, name=name,
        url=f"https://www.facebook.com/{handle or number}" if number else None,
    )  # fmt: skip


def _tags(item: Reader) -> list[dict[str, Any]]:
    """Return the people and pages that a text names; older answers list them by their place in it."""
    told = item.maybe("message_tags")
    lists = told.values() if isinstance(told, dict) else [told]
    return [one for part in lists if isinstance(part, list) for one in part if isinstance(one, dict)]


def _media(attached: list[Reader]) -> tuple[Media, ...]:
    found: dict[str, Media] = {}
    for part in attached:
        kind = _KINDS.get(str(part.maybe("media_type") or part.maybe("type")))
        if kind is None or part.maybe("subattachments.data"):  # an album shows its pictures one by one
            continue
        film = part.maybe("media.source", str) if kind == "video" else None
        url = film or part.maybe("media.image.src", str)
        if url:
            found.setdefault(url, Media(url=url, kind=kind))
    return tuple(found.values())


def _link(part: Reader) -> str | None:
    if str(part.maybe("media_type") or part.maybe("type")) not in ("link", "share", "event", "note"):
        return None
    return part.maybe("unshimmed_url", str) or part.maybe("url", str)
