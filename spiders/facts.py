"""What a page states of itself: its meta elements, the article objects of its JSON-LD, its marked-up times."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from lxml import etree

from core import times
from core.markup import absolute
from core.times import Instant
from spiders.state import scripts

_ARTICLES = frozenset({
    "article", "newsarticle", "blogposting", "reportagenewsarticle", "opinionnewsarticle", "analysisnewsarticle",
    "liveblogposting", "socialmediaposting", "report", "scholarlyarticle", "techarticle", "backgroundnewsarticle",
    "reviewnewsarticle", "advertisercontentarticle", "satiricalarticle", "discussionforumposting",
})  # fmt: skip
_PUBLISHED = (
    "article:published_time", "og:article:published_time", "article:published", "datepublished", "date", "pubdate",
    "publish_date", "publish-date", "publication_date", "parsely-pub-date", "sailthru.date", "dc.date.issued",
    "dcterms.created", "dc.date", "dcterms.date",
)  # fmt: skip
_MODIFIED = ("article:modified_time", "og:updated_time", "datemodified", "dcterms.modified")
# A time in an article may be that of a comment or of another article it points to: the marked ones come first.
_TIMES = (
    "//*[@itemprop='datePublished']/@content | //*[@itemprop='datePublished']/@datetime",
    "//time[@pubdate]/@datetime | //time[contains(@class, 'publi') or contains(@class, 'entry-date')]/@datetime",
    "(//article//time/@datetime)[1]",
    "(//main//time/@datetime)[1]",
)
_MOST_THINGS = 1_000  # objects looked at in the JSON-LD of one page


def tree_of(html: str) -> Any:
    """Return the lxml tree of a page, however broken; it nests 256 deep at most (libxml2's own limit)."""
    parser = etree.HTMLParser(encoding="utf-8")
    tree = etree.HTML(html.replace("\x00", "").encode("utf-8", "replace") or b"<html/>", parser)
    return etree.HTML(b"<html/>") if tree is None else tree


@dataclass(frozen=True, slots=True)
class Facts:
    """What one page states of itself; `meta` names are in lower case, the first of each counts."""

    tree: Any
    meta: Mapping[str, str]
    articles: tuple[Mapping[str, Any], ...]
    url: str

    @property
    def is_article(self) -> bool:
        """Whether the page says that it is one article."""
        return bool(self.articles) or self.meta.get("og:type", "").lower() in ("article", "news")

    @property
    def canonical(self) -> str | None:
        """The address the page gives as its own."""
        return absolute(self.one("string(//link[@rel='canonical']/@href)") or self.meta.get("og:url"), self.url)

    def one(self, xpath: str) -> str:
        """Return the string an XPath finds, blanks folded."""
        return " ".join(str(self.tree.xpath(xpath)).split())

    def stated(self, name: str) -> Iterator[Any]:
        """Yield what the article objects state under a name."""
        yield from (value for article in self.articles if (value := article.get(name)) not in (None, ""))

    def published(self, not_after: datetime) -> Instant | None:
        """Return the stated time of publication, unknown (with its words) where it cannot be; None where none is."""
        marked = [str(value) for xpath in _TIMES for value in self.tree.xpath(xpath)]
        words = [*_strings(self.stated("datePublished")), *self._named(_PUBLISHED), *marked]
        return _earliest_readable(words, not_after)

    def edited(self, not_after: datetime) -> Instant | None:
        """Return the stated time of the last change."""
        found = _earliest_readable([*_strings(self.stated("dateModified")), *self._named(_MODIFIED)], not_after)
        return found if found and found.at else None

    def _named(self, names: tuple[str, ...]) -> Iterator[str]:
        yield from (self.meta[name] for name in names if self.meta.get(name))


def facts(html: str, url: str) -> Facts:
    """Return what a page states of itself; broken JSON-LD is passed over."""
    tree = tree_of(html)
    meta: dict[str, str] = {}
    for element in tree.iter("meta"):
        name = element.get("property") or element.get("name") or element.get("itemprop") or ""
        meta.setdefault(name.lower(), (element.get("content") or element.get("value") or "").strip())
    found = [thing for data in scripts(html, "ld+json") for thing in _things(data)]
    return Facts(tree, meta, tuple(thing for thing in found if _types(thing) & _ARTICLES), url)


def read_time(words: str) -> Instant:
    """Read a time as pages write it: ISO 8601, RFC 822 or seconds since 1970; an unstated zone is unknown."""
    if re.fullmatch(r"\d{10}(\d{3})?", words.strip()):
        return times.from_epoch(words.strip(), "page")
    found = times.from_iso(words, "page")
    return found if found.at else times.from_http(words, "page")


def _earliest_readable(words: list[str], not_after: datetime) -> Instant | None:
    """Return the first that can be read; what lies after the capture cannot be, and stays words."""
    for said in words:
        found = read_time(said)
        lies = found.interval()
        if lies and lies[0] <= not_after:
            return found
    return times.unknown(words[0], "page") if words else None


def _strings(values: Iterator[Any]) -> Iterator[str]:
    yield from (value for value in values if isinstance(value, str))


def _things(data: Any) -> Iterator[Mapping[str, Any]]:
    """Yield the objects of a JSON-LD document: itself, those of its graph, and what a page is about."""
    queue = [data]
    for thing in queue:
        if len(queue) > _MOST_THINGS:
            return
        if isinstance(thing, list):
            queue.extend(thing)
        elif isinstance(thing, dict):
            yield thing
            queue.extend(thing[name] for name in ("@graph", "mainEntity") if name in thing)


def _types(thing: Mapping[str, Any]) -> set[str]:
    kinds = thing.get("@type")
    return {k.rsplit("/", 1)[-1].lower() for k in (kinds if isinstance(kinds, list) else [kinds]) if isinstance(k, str)}
