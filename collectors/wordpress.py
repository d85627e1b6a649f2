"""WordPress sites through their open REST interface (wp-json): posts, pages and comments, each for itself."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from collectors.api import answered, api_post, made, refusal
from collectors.base import Collector, Reader, independently
from core import ids, markup, times
from core.errors import LoginWall, SourceChanged
from core.exchange import Response
from core.records import Author, Media, Post
from core.source import Cursor, Target, Yielded

_AT_ONCE = 100  # the most the interface gives
_MAX_PAGES = 5_000
_PAST_THE_END = "rest_post_invalid_page_number"
_CLOSED = ("rest_login_required", "rest_not_logged_in", "rest_forbidden", "rest_cannot_access", "rest_disabled")
_KNOWN = (  # fields we know and do not keep; plug-ins add many more, which are told once a run
    "_embedded", "_links", "aioseo_notices", "author_avatar_urls", "categories", "class_list", "comment_status",
    "content", "date", "excerpt", "featured_media", "format", "guid", "jetpack_featured_media_url",
    "jetpack_sharing_enabled", "jetpack_shortlink", "jetpack-related-posts", "menu_order", "meta", "parent",
    "ping_status", "slug", "status", "sticky", "tags", "template", "type", "yoast_head", "yoast_head_json",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Site:
    """Where a site lies: its address without a slash at the end, and the name its ids are unique under."""

    address: str
    name: str


class WordPressSite(Collector):
    """Posts, pages and comments of one WordPress site through its open interface, newest first."""

    id = "wordpress.site"
    title = "WordPress"
    patterns = (r"https?://[^/?#\s@]+(?P<path>(?:/[\w.~-]+){0,3})/?(?:[?#]\S*)?",)
    names = {"site": "{host}"}
    examples = ("https://blog.example/", "https://news.example/demo/")
    priority = -110  # any site may run it, and only asking tells: taken where nothing else claims, or by --route api
    requests_per_minute = 20.0
    fields = ("text", "title", "published", "edited", "author", "links", "tags", "media")
    retention = "no platform rule known; each site has its own terms"

    def collect(self, target: Target, cursor: Cursor) -> Iterator[Yielded]:
        """Walk the three parts independently: a site may close one and leave the others open."""
        there = urlsplit(target.url)
        path = target.parts.get("path", "").rstrip("/").removesuffix("/wp-json")
        site = _Site(f"{there.scheme}://{there.netloc}{path}", f"{there.netloc.lower()}{path}")
        yield from independently(
            self._walk(site, "posts", cursor), self._walk(site, "pages", cursor), self._walk(site, "comments", cursor)
        )

    def _walk(self, site: _Site, part: str, cursor: Cursor) -> Iterator[Post]:
        seen: set[str] = set()
        for page in range(1, _MAX_PAGES + 1):
            response = self._ask(site, part, page)
            if response is None:
                return
            posts, told = [], 0
            for item in Reader(response.json(), url=response.url).each():
                told += 1
                post = _comment(item, site, response) if part == "comments" else _article(item, site, response)
                item.ignore(*_KNOWN)
                self.audit(item)
                if post.ref not in seen:  # what is written meanwhile moves the others on by one
                    seen.add(post.ref)
                    posts.append(post)
                    yield post
            last = response.headers.get("x-wp-totalpages", "")
            over = page >= int(last) if last.isdecimal() else told < _AT_ONCE
            if over or not posts or cursor.covers(posts):
                return

    def _ask(self, site: _Site, part: str, page: int) -> Response | None:
        """Return one page, or None past the last."""
        asked: dict[str, Any] = {"per_page": _AT_ONCE, "page": page if page > 1 else None}
        if part != "comments":
            asked["_embed"] = "author,wp:featuredmedia,wp:term"
        response = self.http.get(f"{site.address}/wp-json/wp/v2/{part}", params=asked, check=False)
        if response.status < 400:
            return response
        told = answered(response)
        code, said = str(told.get("code", "")), str(told.get("message", ""))
        if page > 1 and code == _PAST_THE_END:
            return None
        facts: Mapping[str, Any] = {"url": response.url, "status": response.status}
        if (response.status == 404 and not code) or code == "rest_no_route":
            raise SourceChanged(
                f"{site.name} has no open WordPress interface for {part}; if it is another kind of site give "
                "--route feed or page.", **facts,
            )  # fmt: skip
        if code in _CLOSED:
            raise LoginWall(f"{site.name} shows its {part} only to its members ({said or code}).", **facts)
        raise refusal(response, f"The list of {part} of {site.name}", said)


def _article(item: Reader, site: _Site, response: Response) -> Post:
    rendered = item.take("content.rendered", str)
    address = item.take("link", str)
    embedded = Reader(item.maybe("_embedded", dict) or {}, "_embedded", url=response.url)
    shown = embedded.maybe("wp:featuredmedia.0.source_url", str)
    pictures = dict.fromkeys((*((shown,) if shown else ()), *markup.images(rendered, address)))
    terms = [one for group in embedded.maybe("wp:term", list) or () for one in _objects(group)]
    return api_post(
        response, platform="wordpress", site=site.name, native_id=str(item.take("id", int)), url=address,
        kind="article",
        author=_writer(item.maybe("author", int), embedded), text=markup.plain(rendered),
        title=markup.plain(item.take("title.rendered", str)) or None, links=markup.links(rendered, address),
        **_times(item),
        tags=tuple(dict.fromkeys(str(one["name"]) for one in terms if one.get("name"))),
        media=tuple(Media(url=url) for url in pictures),
    )  # fmt: skip


def _comment(item: Reader, site: _Site, response: Response) -> Post:
    rendered, address = item.take("content.rendered", str), item.take("link", str)
    own_space = f"{site.name}/comments"  # comments are counted apart from posts
    above, article = item.take("parent", int), item.take("post", int)
    root = ids.ref("wordpress", str(article), site.name) if article else None
    writer = item.maybe("author", int)
    return api_post(
        response, platform="wordpress", site=own_space, native_id=str(item.take("id", int)), url=address,
        kind="comment",
        author=made(
            Author, native_id=str(writer) if writer else None, name=item.maybe("author_name", str) or None,
            url=item.maybe("author_url", str) or None,
        ),
        text=markup.plain(rendered), links=markup.links(rendered, address), **_times(item), root=root,
        reply_to=ids.ref("wordpress", str(above), own_space) if above else root,
    )  # fmt: skip


def _times(item: Reader) -> dict[str, times.Instant]:
    """Return when an entry was published and edited; the `_gmt` fields are UTC, though they do not say so."""
    written, changed = item.maybe("date_gmt", str), item.maybe("modified_gmt", str)
    item.ignore("modified")
    published = times.from_iso(written, zoneless="utc") if written else times.from_iso(item.take("date", str))
    edited = {"edited": times.from_iso(changed, zoneless="utc")} if changed and changed != written else {}
    return {"published": published, **edited}


def _writer(number: int | None, embedded: Reader) -> Author:
    if not number or embedded.maybe("author.0.id") != number:
        return made(Author, native_id=number or None)
    name, handle = embedded.maybe("author.0.name", str), embedded.maybe("author.0.slug", str)
    return made(Author, native_id=number, name=name, handle=handle, url=embedded.maybe("author.0.link", str))


def _objects(value: Any) -> list[Mapping[str, Any]]:
    return [one for one in value if isinstance(one, Mapping)] if isinstance(value, list) else []
