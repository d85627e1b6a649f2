"""Read the pages of forums by the presets of their software: posts of a thread, threads of a board, a member."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from config.sites import Software, softwares
from core import ids
from core.counts import counted, granularity
from core.exchange import Response
from core.markup import absolute, images, links, plain
from core.records import Author, Media, Metrics, Post, Profile
from core.urls import host
from spiders.facts import tree_of
from spiders.local_time import Order, ZoneHere, order_of, read_local, stated_zone
from spiders.picking import elements, inner, value, values
from spiders.reading import MOST_KEPT, readable

_SESSION = re.compile(r"(?:s|sid|phpsessid)", re.IGNORECASE)
_PICTURE = re.compile(r"[.-](?:jpe?g|png|gif|webp|bmp|avif)(?:$|[?/]|\.\d+)", re.IGNORECASE)
_LATER = re.compile(r"[?&;](?:page=0*(?:[2-9]|1\d)|start=0*[1-9]|topic=\d+\.[1-9])|/page-?0*(?:[2-9]|1\d)")
_LAZY = ("data-src", "data-url", "zoomfile", "file", "data-lazy-src", "data-original")


@dataclass(slots=True)
class ForumPage:
    """One page of a forum: its tree, its software, and what holds for the whole of it."""

    response: Response
    tree: Any
    software: Software
    platform: str = "forum"
    site: str | None = None  # the namespace of ids; a forum of its own name needs none
    given_zone: ZoneHere | None = None
    order: Order | None = None
    base: str = ""
    zone: ZoneHere | None = None
    blocks: list[tuple[str, Any, Any]] = field(default_factory=list)  # id, block, body elements

    def __post_init__(self) -> None:
        self.base = self.response.url
        if href := self.tree.xpath("string(//base/@href)"):
            self.base = absolute(str(href), self.response.url) or self.base
        self.blocks = list(_blocks(self.tree, self.software))

    @property
    def rows(self) -> list[Any]:
        """The threads of a list, as far as each has an address."""
        return [row for row in elements(self.tree, self.software.row) if value(row, self.software.row_link)]

    def address(self, selectors: tuple[str, ...]) -> str | None:
        """Return the address that selectors find, absolute, without the mark of a visit, on the same host."""
        found = bare(absolute(value(self.tree, selectors), self.base))
        return found if found and host(found) == host(self.response.url) else None

    def following(self) -> str | None:
        """Return the address of the next page."""
        found = self.address(self.software.next)
        return found if found and found != bare(self.response.url) else None

    def first(self) -> str | None:
        """Return the address of the first page of a thread, None where it is this one or nobody knows."""
        here = bare(self.response.url) or self.response.url
        stated = self.address(self.software.first)
        found = stated or re.sub(r"(?<=/)page-?\d+/?(?=$|[?#])", "", re.sub(r"[?&;](?:page|start)=\d+", "", here))
        return found if found != here and (stated or thread_key(found) == thread_key(here)) else None

    def is_first(self) -> bool:
        """Return whether a page is the first of its thread."""
        if elements(self.tree, self.software.previous) or _LATER.search(self.response.url):
            return False
        number = counted(value(self.blocks[0][1], self.software.number)) if self.blocks else None
        return number is None or number.number <= 1

    def posts(self, root: str | None, *, flat: bool = False) -> Iterator[Post]:
        """Yield the posts of a page of a thread; `root` is the ref of its opening post, where that is known.

        With `flat` the page lists posts of many threads, and each stands alone.
        """
        written = [value(block, self.software.time) or "" for _, block, _ in self.blocks]
        order = self.order or order_of(written) or _order_of_language(self.tree)
        zone = stated_zone(value(self.tree, self.software.zone)) or self.given_zone
        community = value(self.tree, self.software.community)
        opening = not flat and self.is_first()
        for (native_id, block, bodies), said in zip(self.blocks, written, strict=True):
            post = self._post(native_id, block, bodies)
            root = None if flat else root or (post.ref if opening else None)
            quoted = next((q for q in values(block, self.software.quote) if q != native_id), None)
            quotes = ids.ref(self.platform, quoted, self.site) if quoted else None
            edited = value(block, self.software.edited)
            yield post.model_copy(update={
                "kind": "post" if opening else "comment", "published": read_local(said or None, zone, order),
                "edited": read_local(edited, zone, order) if edited else None, "community": community,
                "title": value(self.tree, self.software.title) if opening else None, "quotes": quotes,
                "reply_to": None if opening else quotes or root, "root": None if opening else root,
            })  # fmt: skip
            opening = False

    def _post(self, native_id: str, block: Any, bodies: list[Any]) -> Post:
        page = self.response
        html = "\n".join(map(inner, bodies))
        said = counted(value(block, self.software.likes))
        return Post(
            platform=self.platform, site=self.site, native_id=native_id, url=self._permalink(native_id),
            author=self._author(block), first_seen=page.captured_at, text=plain(html),
            links=tuple(filter(None, map(bare, links(html, self.base))))[:MOST_KEPT],
            media=self._media(block, bodies),
            metrics=Metrics(likes=said.number if said else None, granularity=granularity(likes=said)),
            metrics_at=page.captured_at if said else None, route="page", capture=page.capture,
        )  # fmt: skip

    def _permalink(self, native_id: str) -> str:
        anchor = {"xenforo": "post-", "xenforo1": "post-", "phpbb": "p", "phpbb2": "", "smf": "msg", "mybb": "pid",
                  "discuz": "pid", "invision": "findComment-"}.get(self.software.name, "post")  # fmt: skip
        return f"{(bare(self.response.url) or self.response.url).partition('#')[0]}#{anchor}{native_id}"

    def _author(self, block: Any) -> Author:
        url = bare(absolute(value(block, self.software.author_url), self.base))
        return Author(
            native_id=value(block, self.software.author_id), handle=value(block, self.software.author) or None, url=url
        )

    def _media(self, block: Any, bodies: list[Any]) -> tuple[Media, ...]:
        """Return the pictures a post shows itself, and its files; what it quotes belongs to the post quoted."""
        shown: list[str] = []
        for body in bodies:
            own = tree_of(inner(body))
            for image in own.iter("img"):
                lazy = next((image.get(name) for name in _LAZY if image.get(name)), None)
                if lazy:
                    image.set("src", lazy)
            for other in (*_all(own, self.software.quoted), *_all(own, self.software.without)):
                if (parent := other.getparent()) is not None:
                    parent.remove(other)
            shown += images(inner(own), self.base)
        found: dict[str, Media] = {url: Media(url=url) for url in filter(None, map(bare, shown))}
        for given in values(block, self.software.files):
            url = bare(absolute(given, self.base))
            if url and url not in found:
                found[url] = Media(url=url, kind="image" if _PICTURE.search(url) else "file")
        return tuple(found.values())[:MOST_KEPT]

    def profiles(self) -> Iterator[Profile]:
        """Yield what the posts of a page show of their authors beside the name."""
        for _, block, _ in self.blocks:
            picture = bare(absolute(value(block, self.software.avatar), self.base))
            author = self._author(block)
            if picture and (author.native_id or author.handle):
                yield self._profile(author, picture, None)

    def member(self, native_id: str | None, url: str) -> Profile | None:
        """Return the profile that a member's page shows, None where it is no such page."""
        name = value(self.tree, self.software.member)
        if not name:
            return None
        about = elements(self.tree, self.software.bio)
        bio = plain(inner(about[0])) if about else None
        return self._profile(Author(native_id=native_id, handle=name, url=url), None, bio or None)

    def _profile(self, author: Author, picture: str | None, bio: str | None) -> Profile:
        page = self.response
        banner = absolute(value(self.tree, self.software.banner), self.base)
        return Profile(
            platform=self.platform, site=self.site, author=author, avatar=picture, bio=bio, banner=banner,
            seen=page.captured_at, route="page", capture=page.capture,
        )  # fmt: skip


def forum_page(
    response: Response,
    software: Software | None = None,
    *,
    platform: str = "forum",
    zone: ZoneHere | None = None,
    order: Order | None = None,
) -> ForumPage | None:
    """Return a page as that of a forum, None where it bears the marks of no known software.

    A mark alone is not enough: posts or threads must stand where that software puts them.
    """
    tree = tree_of(readable(response))
    site = (urlsplit(response.url).hostname or "").removeprefix("www.") if platform == "forum" else None
    if software is not None:
        return ForumPage(response, tree, software, platform, site, zone, order)
    for known in softwares().values():
        if elements(tree, known.marks):
            page = ForumPage(response, tree, known, platform, site, zone, order)
            if page.blocks or page.rows:
                return page
    return None


def marked_page(response: Response) -> ForumPage | None:
    """Return a page that bears the marks of a forum software, whatever stands on it."""
    tree = tree_of(readable(response))
    found = next((known for known in softwares().values() if elements(tree, known.marks)), None)
    return forum_page(response, found) if found else None


def thread_key(url: str) -> str:
    """Return what tells one thread from another on its forum: its address without the page and the visit."""
    here = (bare(url) or url).partition("#")[0].partition("://")[2]
    return re.sub(r"(?:/page-?\d+|[?&;](?:page|start|pp)=\d+)/?$", "", here).rstrip("/?")


def _blocks(tree: Any, software: Software) -> Iterator[tuple[str, Any, Any]]:
    seen = set()
    for block in elements(tree, software.post):
        native_id = value(block, software.id)
        bodies = elements(block, software.body)
        if native_id and bodies and native_id not in seen:
            seen.add(native_id)
            yield native_id, block, bodies


def _all(tree: Any, selectors: tuple[str, ...]) -> list[Any]:
    return [found for selector in selectors for found in elements(tree, (selector,))]


def _order_of_language(tree: Any) -> Order | None:
    """Return the order of day and month where the page states a language in which there is only one."""
    language = str(tree.xpath("string(/html/@lang)")).lower().replace("_", "-")
    if language == "en-us":
        return "mdy"
    return "dmy" if language and language[:2] not in ("en", "zh", "ja", "ko", "hu", "lt", "fa") else None


def bare(url: str | None) -> str | None:
    """Return an address without the number of a visit: it would make the same page a new one every time."""
    if not url:
        return None
    parts = urlsplit(url.replace("&amp;", "&"))
    path = re.sub(r";jsessionid=[^/?#]*", "", parts.path, flags=re.IGNORECASE)
    query = parts.query
    if re.search(r"(?:^|[&;])(?:s|sid|PHPSESSID)=", query, re.IGNORECASE):
        kept = [(k, v) for k, v in parse_qsl(query, keep_blank_values=True) if not _is_visit(k, v)]
        query = urlencode(kept)
    return urlunsplit((parts.scheme, parts.netloc, path, query, parts.fragment))


def _is_visit(name: str, said: str) -> bool:
    return _SESSION.fullmatch(name) is not None and re.fullmatch(r"[0-9a-zA-Z,-]{16,64}|", said) is not None
