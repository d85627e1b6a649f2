"""Sites of platform files: lists and pages read by selectors, or pages read as any article under names of their own."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any, ClassVar

from config import platforms
from config.sites import Fields, SitePlatform
from core.counts import Counted, counted, granularity
from core.errors import Blocked, CopytrailError, Landing, RateLimited, SourceChanged
from core.exchange import Response
from core.markup import absolute, images, links, plain
from core.records import Author, Finding, Media, Metrics, Post
from core.source import Source, Target
from core.times import Instant
from core.urls import host
from spiders.base import Ask, Found, PageSource
from spiders.facts import tree_of
from spiders.filling import filled
from spiders.forum_pages import bare
from spiders.local_time import order_of, read_local, site_zone, stated_zone
from spiders.picking import elements, inner, value, values
from spiders.reading import MOST_KEPT, article, readable

LISTINGS_AT_MOST = 30  # pages of one list in a run
ITEMS_AT_MOST = 300  # pages that lists lead to in a run


class Site(PageSource):
    """What all sites of platform files do; each file becomes a subclass."""

    spec: ClassVar[SitePlatform]
    pages_at_most = 400
    _target: Target

    def start(self, target: Target) -> Iterable[Ask]:
        """Ask for the list, or for the page that is the post."""
        self._target = target
        self._asked: set[str] = set()
        self._listings = 0
        url = filled(self.spec.start, target) if self.spec.start else target.url
        return [Ask(url, "list" if self.spec.items or self.spec.link else "item")]

    def read(self, page: Response, ask: Ask) -> Iterator[Found]:
        """Yield the posts of a page, and ask for the pages it leads to."""
        tree = tree_of(readable(page))
        if ask.step == "list":
            yield from self._list(page, tree)
        elif self.spec.reads == "article":
            yield self._article(page, ask)
        else:
            yield self._post(page, tree, tree, ask.about.get("id"))

    def failed(self, ask: Ask, error: CopytrailError) -> Iterator[Found]:
        """Leave out one page that a list leads to; end where the site refuses us."""
        if ask.step == "list" or not ask.about or isinstance(error, Blocked | RateLimited):
            raise error
        yield Finding.of(error)

    def _list(self, page: Response, tree: Any) -> Iterator[Found]:
        self._listings += 1
        blocks = elements(tree, self.spec.items) if self.spec.items else [tree]
        found: list[Post] = []
        if self.spec.link:
            yield from self._linked(page, blocks)
        else:
            for block in blocks:
                post = self._post(page, tree, block, None)
                if post.ref not in self._asked:
                    self._asked.add(post.ref)
                    found.append(post)
            yield from found
        following = bare(absolute(value(tree, self.spec.next), page.url))
        more = self._listings < (LISTINGS_AT_MOST if self.cursor_now.full or found else 2)
        if following and host(following) == host(page.url) and more and not self.cursor_now.covers(found):
            yield Ask(following, "list")

    def _linked(self, page: Response, blocks: list[Any]) -> Iterator[Ask]:
        for block in blocks:
            for given in values(block, self.spec.link):
                url = bare(absolute(given, page.url))
                led = re.fullmatch(self.spec.link_pattern, url[:2048]) if url and self.spec.link_pattern else None
                if not url or (self.spec.link_pattern and led is None) or url in self._asked:
                    continue
                self._asked.add(url)
                if host(url) == host(page.url) and len(self._asked) <= ITEMS_AT_MOST:
                    parts = {k: v for k, v in led.groupdict().items() if v} if led else {}
                    yield Ask(url, "item", about={"id": self._id_of(parts), "listed": True})

    def _id_of(self, parts: dict[str, str]) -> str | None:
        template = self.spec.native_id
        holes = set(re.findall(r"\{(\w+)\}", template or ""))
        known = {**self._target.parts, "identity": self._target.identity, **parts}
        return filled(template, self._target, parts) if template and holes <= known.keys() else None

    def _article(self, page: Response, ask: Ask) -> Post:
        """Return what any article states, under the names of this platform."""
        try:
            post = article(page)
        except Landing as error:
            says = f"{page.url} holds no text of a post of {self.spec.title}; see whether it opens in a browser."
            raise SourceChanged(says, url=page.url, status=page.status) from error
        handle = filled(self.spec.handle, self._target) if self.spec.handle else None
        author = post.author.model_copy(update={"handle": handle}) if handle else post.author
        native_id = ask.about.get("id") or (None if ask.about.get("listed") else self._id_of({})) or post.native_id
        changed = {"platform": self.platform, "native_id": native_id, "kind": self.spec.kind, "author": author}
        return post.model_copy(update={**changed, "site": self._where()})

    def _post(self, page: Response, tree: Any, block: Any, known_id: str | None) -> Post:
        fields = self.spec.fields
        native_id = value(block, fields.native_id) or known_id or self._id_of({})
        bodies = elements(block, fields.text)
        if not native_id or not bodies:
            raise SourceChanged(
                f"{page.url} holds no {'text' if native_id else 'id'} where {self.spec.title} shows it; see whether it "
                f"opens in a browser, and mend the platform file of {self.spec.id} if it does.",
                url=page.url, status=page.status,
            )  # fmt: skip
        html = "\n".join(map(inner, bodies))
        metrics = _metrics(block, fields)
        return Post(
            platform=self.platform, native_id=native_id, site=self._where(), kind=self.spec.kind,
            url=bare(absolute(value(block, fields.url), page.url)) or page.url, author=self._author(page, block),
            published=self._published(tree, block), first_seen=page.captured_at, title=value(block, fields.title),
            text=plain(html), links=links(html, page.url)[:MOST_KEPT],
            tags=tuple(values(block, fields.tags))[:MOST_KEPT],
            media=self._media(page, block, bodies), metrics=metrics,
            metrics_at=page.captured_at if metrics != Metrics() else None, route="page", capture=page.capture,
        )  # fmt: skip

    def _where(self) -> str | None:
        """Return what ids are unique on, where they are not on the whole platform."""
        return filled(self.spec.site, self._target) if self.spec.site else None

    def _author(self, page: Response, block: Any) -> Author:
        fields = self.spec.fields
        given = filled(self.spec.handle, self._target) if self.spec.handle else None
        return Author(
            native_id=value(block, fields.author_id), handle=given or value(block, fields.author),
            url=bare(absolute(value(block, fields.author_url), page.url)),
        )  # fmt: skip

    def _published(self, tree: Any, block: Any) -> Instant:
        written = value(block, self.spec.fields.published)
        zone = site_zone(self.spec.zone) or stated_zone(None)
        return read_local(written, zone, self.spec.order_of_date or order_of(values(tree, self.spec.fields.published)))

    def _media(self, page: Response, block: Any, bodies: list[Any]) -> tuple[Media, ...]:
        given = [absolute(url, page.url) for url in values(block, self.spec.fields.media)]
        for body in bodies:
            own = tree_of(inner(body))
            for other in elements(own, self.spec.fields.without):
                if (parent := other.getparent()) is not None:
                    parent.remove(other)
            given += images(inner(own), page.url)
        return tuple(Media(url=url) for url in dict.fromkeys(given) if url)[:MOST_KEPT]


def _metrics(block: Any, fields: Fields) -> Metrics:
    said: dict[str, Counted | None] = {
        name: counted(value(block, getattr(fields, name))) for name in ("likes", "replies", "views")
    }
    numbers = {name: one.number for name, one in said.items() if one}
    return Metrics(**numbers, granularity=granularity(**said))


def source_of(spec: SitePlatform) -> type[Site]:
    """Return the source class that a platform file describes."""
    named = [name for name in type(spec.fields).model_fields if getattr(spec.fields, name)]
    known = ["text", "title", "published", "author", "media", "links"] if spec.reads == "article" else ["text"]
    known += [name for name in ("title", "published", "author", "media", "tags") if name in named]
    known += ["metrics"] if {"likes", "replies", "views"} & set(named) else []
    attributes = {
        **spec.attributes(), "__module__": __name__, "spec": spec, "fields": tuple(dict.fromkeys(known)),
        "one_answer": not (spec.link or spec.next),
    }  # fmt: skip
    return type(spec.class_name(), (Site,), attributes)


def sources() -> dict[str, type[Source]]:
    """Return a source class for each platform file, by class name."""
    return {made.__name__: made for made in map(source_of, platforms.of(SitePlatform))}


globals().update(sources())  # the registry looks for classes in modules
