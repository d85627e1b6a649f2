"""BitChute: the newest videos of a channel by its feed, which knows a channel by its name and not by its id."""

from __future__ import annotations

import re
from collections.abc import Iterator

from collectors.feed_dialects import Dialect
from collectors.feed_entry import Entry, Feed
from collectors.feed_walk import FeedSource
from core.errors import Gone
from core.source import Cursor, Target, Yielded


class _BitChute(Dialect):
    platform = "bitchute"
    kind = "video"

    def name(self, entry: Entry, feed: Feed) -> tuple[str, str | None] | None:
        """Return the id of the video, as its page has it."""
        found = re.search(r"/(?:video|embed)/([\w-]+)", f"{entry.id or ''} {entry.url or ''}")
        return (found[1], None) if found else super().name(entry, feed)


class BitChuteFeed(FeedSource):
    """The newest videos of a BitChute channel; older ones are not in its feed."""

    id = "bitchute.feed"
    title = "BitChute"
    patterns = (
        (
            r"https?://(?:www\.|old\.|m\.|api\.)?bitchute\.com/(?:feeds/rss/)?channel/(?P<channel>[\w-]+)"
            r"(?:/(?:videos|about)?)?/?(?:[?#]\S*)?"
        ),
    )
    examples = (
        "https://www.bitchute.com/channel/harbourtown/",
        "https://www.bitchute.com/feeds/rss/channel/harbourtown/",
    )
    names = {"account": "{channel}"}
    requests_per_minute = 20

    def collect(self, target: Target, cursor: Cursor) -> Iterator[Yielded]:
        """Read the one page there is; an id is turned into the channel's name, once."""
        channel = str(cursor.state.get("name") or target.parts["channel"])
        try:
            yield from self.walk(self._feed(channel), cursor, _BitChute())
        except Gone:
            name = self._name(channel) if re.fullmatch(r"[A-Za-z0-9_-]{12}", channel) else None
            if name is None or name == channel:
                raise
            cursor.state["name"] = name
            yield from self.walk(self._feed(name), cursor, _BitChute())

    def _feed(self, channel: str) -> str:
        return f"https://www.bitchute.com/feeds/rss/channel/{channel}/?showall=1"

    def _name(self, number: str) -> str | None:
        """Return the name in a channel's address that the site's own pages ask for by id."""
        asked = "https://api.bitchute.com/api/beta/channel"
        response = self.http.post(asked, json={"channel_id": number}, check=False)
        if response.status >= 400:
            return None
        told = response.json()
        name = str(told.get("url_slug") or "") if isinstance(told, dict) else ""
        return name if re.fullmatch(r"[\w-]{1,100}", name) else None
