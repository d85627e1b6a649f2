"""What the software behind a feed writes in its own way: ids, kinds, next pages, where the comments are."""

from __future__ import annotations

import re
from typing import Any, ClassVar
from urllib.parse import parse_qsl, urlencode, urljoin, urlsplit

from collectors.feed_entry import Entry, Feed
from core import ids, urls
from core.records import Author, PostKind


class Dialect:
    """A feed of software nobody told us about: posts stand on the platform named like the host."""

    platform: ClassVar[str] = ""
    kind: ClassVar[PostKind] = "article"
    generator: ClassVar[str] = "^$"  # found in what the feed says made it
    home: ClassVar[str] = ""  # the hosts whose word for an id counts everywhere; "": its ids carry their site

    def speaks(self, feed: Feed) -> bool:
        """Return whether a feed is written in this dialect."""
        return bool(re.search(self.generator, feed.generator, re.IGNORECASE))

    def name(self, entry: Entry, feed: Feed) -> tuple[str, str | None] | None:
        """Return the id of an entry and the site it is unique on, or None where the feed gives no id."""
        if not entry.id:
            return None
        return entry.id, None if re.match(r"https?://", entry.id) else urls.host(feed.site or feed.url)

    def vouched(self, host: str) -> bool:
        """Return whether a host may name posts of the platform: any other may copy a feed, ids and all."""
        return not self.home or bool(re.search(self.home, host))

    def add(self, entry: Entry, feed: Feed, record: dict[str, Any]) -> None:
        """Put into the fields of a post what only this dialect knows."""

    def next(self, feed: Feed, url: str) -> str | None:
        """Return the address of the page after this one: what the feed itself says, on the same host."""
        return feed.next if feed.next and urls.host(feed.next) == urls.host(url) else None

    def comments(self, site: str) -> str | None:
        """Return the address of the feed of comments, where the software has one."""
        return None


def with_query(url: str, **changed: str | int) -> str:
    """Return an address with parameters set; `_` in a name stands for `-`."""
    parts = urlsplit(url)
    query = dict(parse_qsl(parts.query, keep_blank_values=True))
    query.update({name.replace("_", "-"): str(value) for name, value in changed.items()})
    return parts._replace(query=urlencode(query), fragment="").geturl()


class Medium(Dialect):
    """Medium: about ten newest stories, no further page."""

    platform = "medium"
    generator = r"^Medium\b"
    home = r"(?:^|\.)medium\.com$"

    def name(self, entry: Entry, feed: Feed) -> tuple[str, str | None] | None:
        """Return the hexadecimal number of a story."""
        found = re.search(r"/p/([0-9a-f]{8,16})$", entry.id or "") or re.search(
            r"-([0-9a-f]{8,16})(?:[?#]|$)", entry.url or ""
        )
        return (found[1], None) if found else super().name(entry, feed)

    def add(self, entry: Entry, feed: Feed, record: dict[str, Any]) -> None:
        """Add the handle where the feed is one author's, the publication where it is not."""
        if found := re.match(r"https://medium\.com/@([\w.-]+)|https://([\w-]+)\.medium\.com/", feed.site or ""):
            handle = found[1] or found[2]
            record["author"] = record["author"].model_copy(
                update={"handle": handle, "url": f"https://medium.com/@{handle}"}
            )
        elif found := re.match(r"https://medium\.com/(?!tag/)([\w-]+)", feed.site or ""):
            record["community"] = found[1]


class Blogger(Dialect):
    """Blogger: the whole history by `start-index`, comments in a feed of their own."""

    platform = "blogspot"
    kind = "post"
    generator = r"\bBlogger\b"
    home = r"\.blogspot\.[a-z.]+$"
    _ID = re.compile(r"tag:blogger\.com,1999:blog-\d+\.(?:post|page)-?(\d+)$")

    def name(self, entry: Entry, feed: Feed) -> tuple[str, str | None] | None:
        """Return the number of a post or comment."""
        found = self._ID.match(entry.id or "")
        return (found[1], None) if found else super().name(entry, feed)

    def add(self, entry: Entry, feed: Feed, record: dict[str, Any]) -> None:
        """Add whom a comment answers, and the number of the author's profile."""
        author: Author = record["author"]
        if profile := re.search(r"/profile/(\d+)", author.url or ""):
            record["author"] = author.model_copy(update={"native_id": profile[1]})
        # Blogger attaches the address of its own player, not a file; the player stands in the text as well.
        players = [m for m in record["media"] if m.kind == "video" and "/video-play.mp4" in (m.url or "")]
        record["media"] = tuple(m for m in record["media"] if m not in players)
        record["links"] = (*record["links"], *(m.url for m in players))
        if not (post := self._ID.match(entry.answers or "")):
            return
        parent = next((m[1] for link in entry.links if (m := re.search(r"/comments/default/(\d+)$", link))), post[1])
        root, reply_to = (ids.ref(self.platform, number, record["site"]) for number in (post[1], parent))
        record.update(kind="comment", root=root, reply_to=reply_to)
        record["links"] = tuple(link for link in record["links"] if link not in entry.links)
        record["title"] = None  # the beginning of the text over again

    def next(self, feed: Feed, url: str) -> str | None:
        """Return the next page by number; the address the feed gives leads to another host with the same posts."""
        start = (feed.start or 1) + len(feed.entries)
        done = not feed.entries or (feed.total is not None and start > feed.total)
        return None if done else with_query(url, start_index=start, max_results=100)

    def comments(self, site: str) -> str | None:
        """Return the feed of all comments of the blog."""
        return urljoin(site, "/feeds/comments/default")


class LiveJournal(Dialect):
    """LiveJournal: the newest 25 entries of a journal; an entry's number is unique in its journal only."""

    platform = "livejournal"
    kind = "post"
    generator = r"\bLiveJournal\b"
    home = r"(?:^|\.)livejournal\.com$"
    _JOURNAL = re.compile(r"https?://(?:(?:www|users|community)\.livejournal\.com/(?:(?:users|community)/)?(?P<path>\w+)"
                          r"|(?P<host>[\w-]+)\.livejournal\.com)")  # fmt: skip

    def journal(self, url: str) -> str | None:
        """Return the name of the journal at an address; hosts write its underscores as hyphens."""
        found = self._JOURNAL.match(url)
        return (found["path"] or found["host"].replace("-", "_")).lower() if found else None

    def name(self, entry: Entry, feed: Feed) -> tuple[str, str | None] | None:
        """Return the number of an entry, and the journal."""
        found = re.search(r"/(\d+)\.html", entry.id or entry.url or "")
        journal = entry.extra.get("lj:journal") or self.journal(entry.url or feed.site or feed.url)
        return (found[1], journal) if found and journal else super().name(entry, feed)

    def add(self, entry: Entry, feed: Feed, record: dict[str, Any]) -> None:
        """Add who posted: the journal's owner, or in a community the named poster."""
        journal = entry.extra.get("lj:journal") or self.journal(entry.url or feed.site or feed.url)
        shared = entry.extra.get("lj:journaltype", "P") != "P"
        handle = entry.extra.get("lj:poster") or (None if shared else journal)
        record["author"] = Author(handle=handle, name=record["author"].name)
        record["community"] = journal if shared else None


class WordPress(Dialect):
    """WordPress: ten posts a page, further pages by `paged`, comments in a feed of their own."""

    platform = "wordpress"
    generator = r"wordpress\.(?:org|com)"

    def name(self, entry: Entry, feed: Feed) -> tuple[str, str | None] | None:
        """Return the number of a post, and the address of the site without scheme and `www.`."""
        site = site_name(feed.site or feed.url)
        if comment := re.search(r"#(comment-\d+)$", entry.id or ""):
            return comment[1], site
        number = entry.extra.get("wp:post-id") or next(
            (found[1] for found in [re.search(r"[?&;](?:p|page_id)=(\d+)$", entry.id or "")] if found), None
        )
        return (number, site) if number else ((entry.id, site) if entry.id else None)

    def add(self, entry: Entry, feed: Feed, record: dict[str, Any]) -> None:
        """Tell comments from posts, and to which post they belong where the feed says."""
        if not re.search(r"#comment-\d+$", entry.id or ""):
            return
        record.update(kind="comment", title=None)
        if post := re.search(r"[?&;]p=(\d+)#", entry.id or ""):
            record["root"] = record["reply_to"] = ids.ref(self.platform, post[1], record["site"])

    def next(self, feed: Feed, url: str) -> str | None:
        """Return the next page; the one after the last is not there (404)."""
        page = int(found[1]) if (found := re.search(r"[?&]paged=(\d{1,6})", url)) else 1
        return with_query(url, paged=page + 1) if feed.entries else None

    def comments(self, site: str) -> str | None:
        """Return the feed of all comments of the site."""
        return f"{site.rstrip('/')}/comments/feed/"


class Substack(Dialect):
    """Substack: the newest posts with their free part; an id is the address of the post."""

    platform = "substack"
    generator = r"^Substack\b"
    home = r"\.substack\.com$"


class Tumblr(Dialect):
    """Tumblr: the newest posts of a blog."""

    platform = "tumblr"
    kind = "post"
    generator = r"^Tumblr\b"
    home = r"\.tumblr\.com$"

    def name(self, entry: Entry, feed: Feed) -> tuple[str, str | None] | None:
        """Return the number of a post."""
        found = re.search(r"/post/(\d+)", entry.id or entry.url or "") or re.search(
            r"tumblr\.com/[\w-]+/(\d+)", entry.id or entry.url or ""
        )
        return (found[1], None) if found else super().name(entry, feed)

    def add(self, entry: Entry, feed: Feed, record: dict[str, Any]) -> None:
        """Add the blog, which is the author."""
        if found := re.match(r"https?://([\w-]+)\.tumblr\.com", feed.site or feed.url):
            record["author"] = Author(handle=found[1], url=f"https://{found[1]}.tumblr.com/")


DIALECTS: tuple[Dialect, ...] = (Medium(), Blogger(), LiveJournal(), WordPress(), Substack(), Tumblr())


def recognised(feed: Feed) -> Dialect:
    """Return the dialect a feed is written in, by what it says made it."""
    return next((dialect for dialect in DIALECTS if dialect.speaks(feed)), Dialect())


def by_platform(platform: str) -> Dialect:
    """Return the dialect of a platform."""
    return next((dialect for dialect in DIALECTS if dialect.platform == platform), Dialect())


def site_name(url: str) -> str:
    """Return host and path of a site, without scheme, `www.` and a slash at the end."""
    return urls.host(url) + urlsplit(url).path.rstrip("/")
