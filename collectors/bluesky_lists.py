"""Bluesky: the posts of lists of accounts, and of feeds that somebody composed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import ClassVar
from urllib.parse import unquote

from collectors.base import Reader
from collectors.bluesky import ACTOR, APP, END, Bluesky
from core.source import Cursor, Kind, Target, Yielded


class BlueskyList(Bluesky):
    """Posts of the accounts on a list, or of a composed feed, in its own order."""

    id = "bluesky.list"
    patterns = (
        rf"{APP}/profile/{ACTOR}/lists/(?P<list>[\w.~:-]+){END}",
        rf"{APP}/profile/{ACTOR}/feed/(?P<feed>[\w.~:-]+){END}",
    )
    examples = (
        "https://bsky.app/profile/bsky.app/lists/3l6oveex3ii2l", "https://bsky.app/profile/bsky.app/feed/whats-hot",
    )  # fmt: skip
    names: ClassVar[Mapping[Kind, str]] = {"board": "{actor}/{list}", "tag": "{actor}/{feed}"}
    most_pages = 100  # a composed feed may have no end

    @classmethod
    def match(cls, url: str) -> Target | None:
        """Return the target: a list and a feed are boards both."""
        found = super().match(url)
        return Target(url=url, parts=found.parts, kind="board", identity=found.identity) if found else None

    def collect(self, target: Target, cursor: Cursor) -> Iterator[Yielded]:
        """Walk from its head; it need not be in the order of time, so the whole is read."""
        did = unquote(target.parts["actor"])
        if not did.startswith("did:"):
            response = self.ask("com.atproto.identity.resolveHandle", {"handle": did})
            did = Reader(response.json(), url=response.url).take("did", str)
        if "list" in target.parts:
            asked = {"list": f"at://{did}/app.bsky.graph.list/{target.parts['list']}"}
            yield from self.walk(Cursor(), "app.bsky.feed.getListFeed", asked, "feed", self.item)
        else:
            asked = {"feed": f"at://{did}/app.bsky.feed.generator/{target.parts['feed']}"}
            yield from self.walk(Cursor(), "app.bsky.feed.getFeed", asked, "feed", self.item)
