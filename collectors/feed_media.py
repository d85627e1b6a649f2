"""Video and picture platforms with a feed at a known address: YouTube, Vimeo, Pinterest."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from collectors.feed_dialects import Dialect
from collectors.feed_entry import Entry, Feed
from collectors.feed_walk import FeedSource
from core.errors import NotAChannel
from core.records import Author
from core.source import Cursor, Target, Yielded


class _YouTube(Dialect):
    platform = "youtube"
    kind = "video"

    def name(self, entry: Entry, feed: Feed) -> tuple[str, str | None] | None:
        """Return the id of the video."""
        video = entry.extra.get("yt:videoid") or (entry.id or "").rpartition("yt:video:")[2]
        return (video, None) if video else None

    def add(self, entry: Entry, feed: Feed, record: dict[str, Any]) -> None:
        """Add the id of the channel; `updated` moves with the counters and is no edit."""
        record["edited"] = None
        if channel := entry.extra.get("yt:channelid"):
            record["author"] = record["author"].model_copy(update={"native_id": channel})


class YouTubeFeed(FeedSource):
    """The newest 15 videos of a YouTube channel or playlist, with views and likes."""

    id = "youtube.feed"
    one_answer = True
    title = "YouTube"
    patterns = (
        (
            r"https?://(?:www\.|m\.)?youtube\.com/channel/(?P<channel>UC[\w-]{22})(?:/(?:videos|featured|streams|shorts)?)?"
            r"(?:[?#]\S*)?"
        ),
        r"https?://(?:www\.|m\.)?youtube\.com/user/(?P<user>[\w.-]+)(?:/(?:videos|featured)?)?(?:[?#]\S*)?",
        (
            r"https?://(?:www\.|m\.)?youtube\.com/(?P<page>@(?P<handle>[^\s/?#]+)|c/(?P<custom>[^\s/?#]+))(?:/(?:videos|featured|streams|shorts)?)?"
            r"(?:[?#]\S*)?"
        ),
        r"https?://(?:www\.|m\.)?youtube\.com/playlist\?(?:[^\s#&]*&)*list=(?P<playlist>[\w-]+)(?:&[^\s#]*)?",
        (
            r"https?://(?:www\.)?youtube\.com/feeds/videos\.xml\?(?:channel_id=(?P<feed>UC[\w-]{22})"
            r"|user=(?P<feed_user>[\w.-]+)|playlist_id=(?P<feed_playlist>[\w-]+))"
        ),
    )
    examples = (
        "https://www.youtube.com/channel/UCinventedChannelNo00001", "https://www.youtube.com/user/SomeUser",
        "https://www.youtube.com/@somebody", "https://www.youtube.com/playlist?list=PLinventedPlaylist01",
    )  # fmt: skip
    names = {"account": "{channel}|{user}|@{handle}|{custom}|{feed}|{feed_user}", "board": "{playlist}|{feed_playlist}"}
    requests_per_minute = 20
    retention = "no rule for feeds known; what its API gives may be kept 30 days, then refreshed or deleted"
    fields = (*FeedSource.fields, "author.native_id", "metrics.views", "metrics.likes")

    def collect(self, target: Target, cursor: Cursor) -> Iterator[Yielded]:
        """Read the one page there is; a handle is looked up on the channel's page, once."""
        parts = target.parts
        if playlist := parts.get("playlist") or parts.get("feed_playlist"):
            query = f"playlist_id={playlist}"
        elif user := parts.get("user") or parts.get("feed_user"):
            query = f"user={user}"
        else:
            query = f"channel_id={parts.get('channel') or parts.get('feed') or self.channel(target, cursor)}"
        yield from self.walk(f"https://www.youtube.com/feeds/videos.xml?{query}", cursor, _YouTube())

    def channel(self, target: Target, cursor: Cursor) -> str:
        """Return the id of the channel that a handle names; raise NotAChannel where its page tells none."""
        if known := cursor.state.get("channel"):
            return str(known)
        page = self.http.get(f"https://www.youtube.com/{target.parts['page']}")
        found = re.search(r"[?&;]channel_id=(UC[\w-]{22})\b", page.text) or re.search(
            r'"(?:externalId|channelId)":"(UC[\w-]{22})"', page.text
        )
        if not found:
            raise NotAChannel(
                f"{page.url} does not tell the id of the channel; open it in a browser, and give the address that "
                "begins with https://www.youtube.com/channel/UC (under “Share channel”).",
                url=page.url, status=page.status,
            )  # fmt: skip
        cursor.state["channel"] = found[1]
        return found[1]


class _Vimeo(Dialect):
    platform = "vimeo"
    kind = "video"

    def name(self, entry: Entry, feed: Feed) -> tuple[str, str | None] | None:
        """Return the number of the clip."""
        found = re.search(r":clip(\d+)$", entry.id or "") or re.search(
            r"vimeo\.com/(?:[^\s?#]*/)?(\d+)", entry.url or ""
        )
        return (found[1], None) if found else super().name(entry, feed)


class VimeoFeed(FeedSource):
    """The newest videos of a Vimeo user, channel or group."""

    id = "vimeo.feed"
    one_answer = True
    title = "Vimeo"
    patterns = (
        (
            r"https?://(?:www\.)?vimeo\.com/(?P<place>(?:channels|groups)/[\w-]+"
            r"|(?!\d+(?:[/?]|$)|(?:channels|groups|categories|watch|search|features|upload|log_in|join|ondemand|about"
            r"|blog|help|terms|privacy|event|showcase|album|manage|settings|tag)(?:[/?]|$))(?P<user>[\w-]+))(?:/(?:videos|about))?"
            r"(?:/rss)?/?(?:[?#]\S*)?"
        ),
    )
    names = {"account": "{user}", "board": "{place}"}
    examples = ("https://vimeo.com/user100200300", "https://vimeo.com/channels/shortfilmclub")
    requests_per_minute = 20
    retention = "no platform rule known"

    def collect(self, target: Target, cursor: Cursor) -> Iterator[Yielded]:
        """Read the one page there is."""
        yield from self.walk(f"https://vimeo.com/{target.parts['place']}/videos/rss", cursor, _Vimeo())


class _Pinterest(Dialect):
    platform = "pinterest"
    kind = "image"

    def name(self, entry: Entry, feed: Feed) -> tuple[str, str | None] | None:
        """Return the number of the pin."""
        found = re.search(r"/pin/(\d+)", entry.id or entry.url or "")
        return (found[1], None) if found else super().name(entry, feed)

    def add(self, entry: Entry, feed: Feed, record: dict[str, Any]) -> None:
        """Add the account and the board whose feed this is."""
        path = re.match(r"https?://[^/]+/([^/?#]+)(?:/([^/?#]+))?/?$", feed.site or "")
        if path and path[1] != "pin":
            record["author"] = Author(handle=path[1], name=record["author"].name)
            record["community"] = path[2]


class PinterestFeed(FeedSource):
    """The newest pins (about 25) of a Pinterest account or board."""

    id = "pinterest.feed"
    one_answer = True
    title = "Pinterest"
    patterns = (
        (
            r"https?://(?:[a-z]{2,3}\.)?pinterest\.(?:[a-z]{2,3})(?:\.[a-z]{2})?/"
            r"(?P<user>(?!pin\b|search\b|ideas\b|today\b|business\b|login\b|about\b|explore\b|categories\b|settings\b)[\w.-]+?)"
            r"(?:/feed\.rss|/(?P<board>(?!_)[^\s/?#]+?)(?:\.rss)?)?/?(?:[?#]\S*)?"
        ),
    )
    examples = ("https://www.pinterest.com/someone/", "https://www.pinterest.de/someone/old-maps/")
    names = {"board": "{user}/{board}", "account": "{user}"}
    requests_per_minute = 10
    retention = "no rule for feeds known; the feed often states no time"
    fields = ("text", "media", "links", "author.handle", "published")

    def collect(self, target: Target, cursor: Cursor) -> Iterator[Yielded]:
        """Read the one page there is."""
        user, board = target.parts["user"], target.parts.get("board")
        yield from self.walk(
            f"https://www.pinterest.com/{user}/{f'{board}.rss' if board else 'feed.rss'}", cursor, _Pinterest()
        )
