"""Reddit's feeds: what can be read of it without a key."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlencode

from collectors.feed_dialects import Dialect, with_query
from collectors.feed_entry import Entry, Feed
from collectors.feed_walk import FeedSource
from core import ids
from core.records import Author
from core.source import Cursor, Target, Yielded

# Reddit answers the same under all these names; the first is asked. In a replay the others are looked for as well:
# a recording made years ago may hold any of them.
HOSTS = ("www", "old", "new", "np", "ud", "i", "en", "m")
_PER_PAGE = 100


class _Reddit(Dialect):
    platform = "reddit"
    kind = "post"

    def name(self, entry: Entry, feed: Feed) -> tuple[str, str | None] | None:
        """Return the full name of a thing (t3_ a post, t1_ a comment)."""
        found = re.search(r"(t[1-6]_[0-9a-z]+)$", entry.id or "")
        return (found[1], None) if found else super().name(entry, feed)

    def add(self, entry: Entry, feed: Feed, record: dict[str, Any]) -> None:
        """Add subreddit and handle, and the post that a comment stands under."""
        author: Author = record["author"]
        record["author"] = Author(handle=re.sub(r"^/?u/", "", author.name or "") or None, url=author.url)
        record["tags"] = ()
        record["community"] = f"r/{entry.tags[0].strip()}" if entry.tags else None
        post = re.search(r"/comments/([0-9a-z]+)/", entry.url or "")
        if str(record["native_id"]).startswith("t1_"):
            record.update(kind="comment", title=None)  # the feed makes one of author and post
            record["root"] = ids.ref(self.platform, f"t3_{post[1]}") if post else None

    def next(self, feed: Feed, url: str) -> str | None:
        """Return the next page of a listing by time; one ordered otherwise has no stable next page."""
        by_time = re.search(r"/new/\.rss|/user/|[?&]sort=new", url)
        named = self.name(feed.entries[-1], feed) if feed.entries else None
        return with_query(url, limit=_PER_PAGE, after=named[0]) if by_time and named else None


class RedditFeed(FeedSource):
    """Posts of a subreddit, an account (with its comments), a search or the front page of Reddit, newest first."""

    id = "reddit.feed"
    title = "Reddit (feeds)"
    patterns = (
        (
            r"https?://(?:(?!oauth\.)[\w-]+\.)?reddit\.com(?P<path>/?"
            r"|/r/(?P<community>[\w+-]+)(?:/(?:new|hot|top|rising|controversial|search))?/?"
            r"|/u(?:ser)?/(?P<user>[\w-]+)(?:/(?:submitted|comments|overview))?/?"
            r"|/search/?)(?:\.rss)?(?P<query>\?(?:(?!q=)[^\s#&]*+&)*+(?:q=(?P<words>[^\s#&]*+))?[^\s#]*+)?(?:#\S*)?"
        ),
    )
    examples = (
        "https://www.reddit.com/", "https://www.reddit.com/r/AskHistorians", "https://www.reddit.com/user/someone",
        "https://www.reddit.com/search?q=old+maps", "https://www.reddit.com/r/maps/search?q=harbour",
    )  # fmt: skip
    names = {"account": "{user}", "search": "{words}", "board": "{community}", "site": "{host}"}
    requests_per_minute = 6
    retention_class = "deletions"
    retention = "posts deleted there must be left out of what is published again (Responsible Builder Policy)"
    fields = ("text", "title", "published", "author.handle", "community", "links")

    def collect(self, target: Target, cursor: Cursor) -> Iterator[Yielded]:
        """Walk back by `after`; Reddit ends a listing at about a thousand things."""
        path = _path(target.parts.get("path", "").strip("/"), target.parts.get("query", ""))
        yield from self.walk([f"https://{host}.reddit.com{path}" for host in HOSTS], cursor, _Reddit())


def _path(path: str, query: str) -> str:
    """Return path and query of the feed: by time, unless another order was asked for."""
    if not path:
        return "/.rss"
    if path.endswith("search"):
        asked = {name: values[0] for name, values in parse_qs(query.lstrip("?")).items() if name == "q"}
        inside = {"restrict_sr": "on"} if path.startswith("r/") else {}
        return f"/{path}.rss?{urlencode({**asked, **inside, 'sort': 'new', 'limit': _PER_PAGE})}"
    path = re.sub(r"^u/", "user/", path)
    if re.fullmatch(r"r/[\w+-]+", path):
        path += "/new"
    return f"/{path}/.rss?limit={_PER_PAGE}"
