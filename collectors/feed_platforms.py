"""Turn a YAML platform whose route is its feed into a source: its address, the rule for ids, the rule for pages."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, ClassVar
from urllib.parse import parse_qs, unquote, urlsplit

from collectors.feed_dialects import Dialect, with_query
from collectors.feed_entry import Entry, Feed
from collectors.feed_walk import FeedSource
from collectors.json_ask import fill, lacks
from config import platforms
from config.platforms import FeedsPlatform
from core.source import Cursor, Source, Target, Yielded

_LONGEST = 2_048  # characters of an address that an id is looked for in


class FeedPlatform(FeedSource):
    """What all YAML platforms with a feed do; each file becomes a subclass."""

    spec: ClassVar[FeedsPlatform]

    def collect(self, target: Target, cursor: Cursor) -> Iterator[Yielded]:
        """Walk the feed that the parts of the address lead to."""
        there = urlsplit(target.url)
        names = {"origin": f"{there.scheme}://{there.netloc}", "instance": there.netloc.lower(), **target.parts}
        addresses = [fill(template, names) for template in self.spec.feed if not lacks(template, names)]
        yield from self.walk(addresses, cursor, _Spoken(self.spec, names))


class _Spoken(Dialect):
    """What a platform file says of the entries of its feed."""

    def __init__(self, spec: FeedsPlatform, names: dict[str, str]) -> None:
        self.spec, self.names = spec, names
        self.platform, self.kind = spec.of_platform, spec.kind  # type: ignore[misc]  # of this file, not of a class

    def name(self, entry: Entry, feed: Feed) -> tuple[str, str | None] | None:
        """Return what the rule finds in the address or the id of an entry, and its site where ids are not unique."""
        site = fill(self.spec.site, self.names) if self.spec.site else None
        if not self.spec.native_id:
            return (entry.id, site) if entry.id else None
        for said in (entry.url, entry.id):
            if found := re.search(self.spec.native_id, (said or "")[:_LONGEST]):
                return (found[1] if found.re.groups else found[0]), site
        return super().name(entry, feed)

    def add(self, entry: Entry, feed: Feed, record: dict[str, Any]) -> None:
        """Add whose feed this is and where its entries stand, as the watched address says."""
        plain = {name: unquote(value) for name, value in self.names.items()}
        handle, community = self.spec.author, self.spec.community
        if handle and not lacks(handle, plain):
            record["author"] = record["author"].model_copy(update={"handle": fill(handle, plain)})
        if community and not lacks(community, plain):
            record["community"] = fill(community, plain)

    def next(self, feed: Feed, url: str) -> str | None:
        """Return the address of the next page: counted, or as the feed names it."""
        if not self.spec.page:
            return super().next(feed, url)
        asked = parse_qs(urlsplit(url).query).get(self.spec.page, ["1"])[0]
        number = int(asked) if asked.isdecimal() and len(asked) < 7 else 1
        return with_query(url, **{self.spec.page: number + 1}) if feed.entries else None


def source_of(spec: FeedsPlatform) -> type[FeedPlatform]:
    """Return the source class that a platform file describes."""
    handled = ("author.handle",) if spec.author else ()
    attributes = {
        **spec.attributes(), "__module__": __name__, "spec": spec, "fields": (*FeedSource.fields, *handled),
        "one_answer": spec.page is None,
    }  # fmt: skip
    return type(spec.class_name(), (FeedPlatform,), attributes)


def sources() -> dict[str, type[Source]]:
    """Return a source class for each platform file, by class name."""
    return {made.__name__: made for made in map(source_of, platforms.of(FeedsPlatform))}


globals().update(sources())  # the registry looks for classes in modules
