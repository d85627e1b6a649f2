"""Blogs and newsletters with a feed at a known address: Blogspot, LiveJournal, Medium, Substack, Tumblr, WordPress."""

from __future__ import annotations

from collections.abc import Iterator

from collectors.base import independently
from collectors.feed_dialects import Blogger, LiveJournal, Medium, Substack, Tumblr, WordPress
from collectors.feed_walk import FeedSource
from core.source import Cursor, Target, Yielded


class BlogspotFeed(FeedSource):
    """Posts of a Blogspot blog back to the first one, and all comments its feed still holds."""

    id = "blogspot.feed"
    title = "Blogspot (Blogger)"
    patterns = (
        (
            r"(?P<site>https?://(?!www\.|draft\.)(?P<blog>[\w-]+)\.blogspot\.(?:[a-z]{2,3})(?:\.[a-z]{2})?)"
            r"(?:/(?:feeds/posts/default/?|index\.html)?)?(?:[?#]\S*)?"
        ),
    )
    examples = ("https://a-garden-diary.blogspot.com/", "http://ein-tagebuch.blogspot.de/feeds/posts/default")
    names = {"account": "{blog}"}
    requests_per_minute = 60
    retention = "no platform rule known"
    fields = (*FeedSource.fields, "metrics.replies", "reply_to", "edited")

    def collect(self, target: Target, cursor: Cursor) -> Iterator[Yielded]:
        """Walk posts and comments, each to its end."""
        site, dialect = target.parts["site"], Blogger()
        posts = self.walk(f"{site}/feeds/posts/default", cursor, dialect)
        yield from independently(posts, self.walk(f"{site}/feeds/comments/default", cursor, dialect))


class LiveJournalFeed(FeedSource):
    """The newest 25 entries of a LiveJournal journal or community."""

    id = "livejournal.feed"
    one_answer = True
    title = "LiveJournal"
    patterns = (
        (
            r"https?://(?!www\.|users\.|community\.|m\.)(?P<journal>[\w-]+)\.livejournal\.com"
            r"(?:/(?:(?:data/(?:rss|atom)|profile|calendar|friends)/?)?)?(?:[?#]\S*)?"
        ),
        (
            r"https?://(?:(?:www|users|community|m)\.)?livejournal\.com/(?:users/|community/|read/user/)?"
            r"(?!users\b|community\b|read\b|tag\b|search\b|login\b|create\b|about\b|media\b|top\b)"
            r"(?P<journal>\w+)(?:/(?:(?:data/rss|profile)/?)?)?(?:[?#]\S*)?"
        ),
    )
    examples = ("https://quiet-reader.livejournal.com/", "https://users.livejournal.com/_someone_/")
    names = {"account": "{journal}"}
    requests_per_minute = 60
    retention = "its rules for automatic readers ask for a contact in the user agent and at most 5 requests a second"
    fields = (*FeedSource.fields, "author.handle", "metrics.replies")

    def collect(self, target: Target, cursor: Cursor) -> Iterator[Yielded]:
        """Read the one page there is; before 2006 it stood under www.livejournal.com."""
        journal = target.parts["journal"].replace("-", "_").lower()
        host = journal.replace("_", "-")
        here = f"https://{host}.livejournal.com"
        if host.startswith("-") or host.endswith("-"):  # no host may
            here = f"https://users.livejournal.com/{journal}"
        old = f"https://www.livejournal.com/users/{journal}/data/rss"
        yield from self.walk([f"{here}/data/rss", old], cursor, LiveJournal())


class MediumFeed(FeedSource):
    """The newest stories (about ten) of a Medium author, publication or tag."""

    id = "medium.feed"
    one_answer = True
    title = "Medium"
    patterns = (
        (
            r"https?://(?:www\.)?medium\.com/(?:feed/)?(?P<what>@(?P<handle>[\w.-]+)|tag/(?P<tag>[^\s/?#]+)"
            r"|(?!tag/|m/|p/|me/|feed/|search\b|about\b|(?:[^/?#\s]*-)?[0-9a-f]{8,12}(?:[/?#]|$))(?P<publication>[\w-]+)(?:/tagged/(?P<topic>[^\s/?#]+))?)"
            r"(?:/(?:about|followers|latest|lists|archive(?:/\d{4}(?:/\d\d){0,2})?|recommended)?/?)?(?:[?#]\S*)?"
        ),
        r"https?://(?!www\.|about\.|help\.|policy\.|blog\.)(?P<handle>[\w-]+)\.medium\.com(?:/(?:feed/?)?)?(?:[?#]\S*)?",
    )
    examples = (
        "https://medium.com/@someone", "https://someone.medium.com/", "https://medium.com/a-publication",
        "https://medium.com/a-publication/tagged/food", "https://medium.com/tag/gardening",
    )  # fmt: skip
    names = {"account": "{handle}", "tag": "{tag}", "board": "{publication}"}
    requests_per_minute = 10
    retention = "no platform rule known; the feed leaves out claps and what is behind the pay wall"

    def collect(self, target: Target, cursor: Cursor) -> Iterator[Yielded]:
        """Read the one page there is."""
        what = target.parts.get("what")
        url = f"https://medium.com/feed/{what}" if what else f"https://{target.parts['handle']}.medium.com/feed"
        yield from self.walk(url, cursor, Medium())


class SubstackFeed(FeedSource):
    """The newest posts of a Substack newsletter, with their free part."""

    id = "substack.feed"
    one_answer = True
    title = "Substack"
    patterns = (
        (
            r"https?://(?!www\.|support\.|on\.|open\.)(?P<host>[\w-]+)\.substack\.com"
            r"(?:/(?:feed/?|archive/?)?)?(?:[?#]\S*)?"
        ),
    )
    examples = ("https://a-letter.substack.com/",)
    names = {"account": "{host}"}
    retention = "no platform rule known; what is behind the pay wall is not read"

    def collect(self, target: Target, cursor: Cursor) -> Iterator[Yielded]:
        """Read the one page there is."""
        yield from self.walk(f"https://{target.parts['host']}.substack.com/feed", cursor, Substack())


class TumblrFeed(FeedSource):
    """The newest posts (about twenty) of a Tumblr blog."""

    id = "tumblr.feed"
    one_answer = True
    title = "Tumblr"
    patterns = (
        r"https?://(?!www\.|api\.|assets\.|help\.)(?P<name>[\w-]+)\.tumblr\.com(?:/(?:(?:rss|archive)/?)?)?(?:[?#]\S*)?",
        (
            r"https?://(?:www\.)?tumblr\.com/(?:blog/(?:view/)?)?"
            r"(?P<name>(?!blog\b|tagged\b|search\b|explore\b|dashboard\b|login\b|register\b|about\b)[\w-]+)/?(?:[?#]\S*)?"
        ),
    )
    examples = ("https://small-drawings.tumblr.com/", "https://www.tumblr.com/small-drawings")
    names = {"account": "{name}"}
    requests_per_minute = 20
    retention_class = "deletions"
    retention = "researchers' practice is to delete what was deleted there; no rule for feeds known"

    def collect(self, target: Target, cursor: Cursor) -> Iterator[Yielded]:
        """Read the one page there is."""
        yield from self.walk(f"https://{target.parts['name']}.tumblr.com/rss", cursor, Tumblr())


class WordPressFeed(FeedSource):
    """Posts of a WordPress.com blog back to the first one, and the comments its feed holds."""

    id = "wordpress.feed"
    title = "WordPress"
    patterns = (
        (
            r"(?P<site>https?://(?!www\.|public-api\.|en\.|de\.|fr\.|es\.)(?P<blog>[\w-]+)\.wordpress\.com)"
            r"(?:/(?:feed/?)?)?(?!\?(?:[^#\s]*&)?p=\d)(?:[?#]\S*)?"
        ),
    )
    examples = ("https://aquietblog.wordpress.com/",)
    names = {"account": "{blog}"}
    retention = "no platform rule known"
    fields = (*FeedSource.fields, "metrics.replies", "reply_to")

    def collect(self, target: Target, cursor: Cursor) -> Iterator[Yielded]:
        """Walk posts and comments, each to its end; other WordPress sites are read by `feeds.site`."""
        site, dialect = target.parts["site"], WordPress()
        posts = self.walk(f"{site}/feed/", cursor, dialect)
        yield from independently(posts, self.walk(f"{site}/comments/feed/", cursor, dialect))
