"""Threads through its official interface: keyword search, and the posts of an account."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, ClassVar
from urllib.parse import unquote, unquote_plus

from collectors.api import api_post, made
from collectors.base import Reader
from collectors.meta_graph import END, IMPORT, MetaSource, listed, moment
from core import ids
from core.errors import BadRequest
from core.exchange import Response
from core.records import Author, Counts, Finding, Media, MediaKind, Post, Profile
from core.source import Cursor, Kind, Target, Yielded

HOST = r"https?://(?:www\.)?threads\.(?:net|com)"
_RELATED = ("root_post", "replied_to", "quoted_post", "reposted_post")
_FIELDS = (
    "id,media_type,media_url,permalink,username,text,timestamp,shortcode,thumbnail_url,children{id,media_type,media_url,"
    "alt_text},is_quote_post,alt_text,link_attachment_url,has_replies,is_reply,gif_url,topic_tag,"
    + ",".join(f"{name}{{id,shortcode,permalink}}" for name in _RELATED)
)
_KINDS: Mapping[str, MediaKind] = {
    "IMAGE": "image", "VIDEO": "video", "AUDIO": "audio", "REPOST_FACADE": "image",
}  # fmt: skip


class Threads(MetaSource):
    """What the sources of Threads share."""

    platform = "threads"
    title = "Threads"
    api = "https://graph.threads.net/v1.0"
    secrets = ("THREADS_TOKEN",)
    how_to_get_the_key = (
        "An app with threads_basic, and for search the approved threads_keyword_search, for accounts "
        f"threads_profile_discovery (https://developers.facebook.com/docs/threads). {IMPORT}"
    )
    fields = ("text", "published", "author", "links", "tags", "media")

    def walk(self, path: str, params: Mapping[str, Any], target: Target, cursor: Cursor) -> Iterator[Yielded]:
        """Yield the posts of an edge, newest first."""
        for response, answer in self.pages(path, {"fields": _FIELDS, "limit": 50, **params}, target.url):
            posts = [self._post(item, response) for item in answer.each("data")]
            yield from posts
            if not posts or cursor.covers(posts):
                return

    def _post(self, item: Reader, response: Response) -> Post:
        address, handle = item.maybe("permalink", str), item.maybe("username", str)
        number = item.take("id", str)
        code = _code(item) or number
        link = item.maybe("link_attachment_url", str)
        related = {name: Reader(told) for name in _RELATED if isinstance(told := item.maybe(name), dict)}
        above = {name: _ref(part) for name, part in related.items()}
        # a number of the interface stands for no post by any other route: it names no ref
        numbers = {name: part.maybe("id", str) for name, part in related.items() if not above[name]}
        tag = item.maybe("topic_tag", str)
        item.ignore(
            "children", "media_url", "thumbnail_url", "gif_url", "media_product_type", "media_type", "is_quote_post",
            "has_replies", "is_reply", "owner", "alt_text", "reply_audience", "hide_status", "poll_attachment",
            "text_entities", "text_attachment", "is_spoiler_media", "is_reply_owned_by_me", "location_id",
        )  # fmt: skip
        post = api_post(
            response, platform="threads", native_id=code, text=item.maybe("text", str) or "",
            url=address or f"https://www.threads.com/t/{code}", published=moment(item.maybe("timestamp", str)),
            author=made(
                Author, handle=handle, url=f"https://www.threads.com/@{handle}" if handle else None,
            ),
            kind="repost" if "reposted_post" in related else "post", links=(link,) if link else (),
            tags=(tag,) if tag else (), media=_media(item),
            reply_to=above.get("replied_to"), root=above.get("root_post"), quotes=above.get("quoted_post"),
            repost_of=above.get("reposted_post"), raw={"id": number, **{k: v for k, v in numbers.items() if v}},
        )  # fmt: skip
        self.audit(item)
        return post


class ThreadsSearch(Threads):
    """Public posts with a word or topic, newest first; Threads answers nothing to words it deems sensitive."""

    id = "threads.search"
    patterns = (
        rf"{HOST}/search/?\?(?:[^\s#]*&)?q=(?P<q>[^&#\s]+)(?:[&#]\S*)?",
        rf"{HOST}/tag/(?P<tag>[^/?#\s]+){END}",
    )
    examples = ("https://www.threads.com/search?q=harbour%20fog&serp_type=default", "https://www.threads.net/tag/fog")
    names: ClassVar[Mapping[Kind, str]] = {"tag": "{tag}", "search": "{q}"}
    requests_per_minute = 10.0  # documented: 2,200 queries in 24 hours

    def collect(self, target: Target, cursor: Cursor) -> Iterator[Yielded]:
        """Walk back from the newest post; an empty answer is told as ambiguous."""
        tag = target.parts.get("tag")
        mode = {"search_mode": "TAG"} if tag else {}
        words = unquote(tag) if tag else unquote_plus(target.parts["q"])
        found = False
        for one in self.walk("keyword_search", {"q": words, "search_type": "RECENT", **mode}, target, cursor):
            found = True
            yield one
        if not found:
            yield Finding(
                kind="quiet", url=target.url, evidence='"data": []',
                sentence=f"Threads answered nothing for {words!r}: it says so too where it deems a word sensitive, or "
                "where the app is not approved for threads_keyword_search. It does not show that there are no posts.",
            )  # fmt: skip


class ThreadsUser(Threads):
    """Posts of one public account (18 or older, 100 followers or more), newest first."""

    id = "threads.user"
    patterns = (rf"{HOST}/@(?P<handle>[\w.]{{1,30}})(?:/(?:replies|media|reposts))?{END}",)
    examples = ("https://www.threads.net/@someone", "https://www.threads.com/@someone/replies")
    names: ClassVar[Mapping[Kind, str]] = {"account": "{handle}"}

    def collect(self, target: Target, cursor: Cursor) -> Iterator[Yielded]:
        """Look the account up, then walk back from its newest post."""
        handle = target.parts["handle"]
        response = self.ask("profile_lookup", {"username": handle}, target.url)
        shown = Reader(response.json(), url=response.url)
        name = shown.maybe("username", str) or handle
        yield made(
            Profile, platform="threads", bio=shown.maybe("biography", str) or shown.maybe("threads_biography", str),
            author=made(
                Author, handle=name, name=shown.maybe("name", str), url=f"https://www.threads.com/@{name}",
            ),
            avatar=shown.maybe("profile_picture_url", str) or shown.maybe("threads_profile_picture_url", str),
            counts=made(Counts, followers=shown.maybe("follower_count", int)), seen=response.captured_at, route="api",
            capture=response.capture,
        )  # fmt: skip
        yield from self.walk("profile_posts", {"username": handle}, target, cursor)


class ThreadsPost(Threads):
    """One post by its address, which the official interface does not look up: named, with the ways that remain."""

    id = "threads.post"
    patterns = (
        rf"{HOST}/@[\w.]{{1,30}}/post/(?P<code>[\w-]{{5,40}})(?:/\w+)?{END}",
        rf"{HOST}/t/(?P<code>[\w-]{{5,40}}){END}",
    )
    examples = ("https://www.threads.net/@someone/post/CuVmAr5vT0j", "https://www.threads.com/t/CuVmAr5vT0j")
    names: ClassVar[Mapping[Kind, str]] = {"post": "{code}"}

    def collect(self, target: Target, cursor: Cursor) -> Iterator[Yielded]:
        """Look for the post among those of its account; without an account say what else can be done."""
        handle = target.url.partition("/@")[2].partition("/")[0]
        if not handle:
            raise BadRequest(
                f"{target.url} names no account, and Threads looks posts up by account only: open it and add the "
                f"address with the @name, or import what your browser shows with Zeeschuimer.", url=target.url,
            )  # fmt: skip
        for found in self.walk("profile_posts", {"username": handle}, target, Cursor()):
            if isinstance(found, Post) and found.native_id == target.parts["code"]:
                yield found
                return
        told = f"{target.url} is not among the posts that @{handle} shows."
        yield Finding(kind="gone", sentence=told, url=target.url)


def _media(item: Reader) -> tuple[Media, ...]:
    found = []
    for part in listed(item, "children.data") or [item]:
        url = part.maybe("media_url", str) or part.maybe("gif_url", str) or part.maybe("thumbnail_url", str)
        if url:
            kind = _KINDS.get(str(part.maybe("media_type")), "image")
            found.append(Media(url=url, kind=kind, alt=part.maybe("alt_text", str)))
    return tuple(found)


def _ref(post: Reader) -> str | None:
    return ids.ref("threads", code) if (code := _code(post)) else None


def _code(post: Reader) -> str | None:
    """Return the code of a post: the one name that every way of reading it shows."""
    address = (post.maybe("permalink", str) or "").partition("?")[0].rstrip("/")
    return post.maybe("shortcode", str) or address.rpartition("/")[2] or None
