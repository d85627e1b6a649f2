"""Read the feed of any site: the address may be the feed itself, or a page that names it, or one that has it nearby."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urljoin, urlsplit

from collectors.base import independently
from collectors.feed_dialects import by_platform, recognised
from collectors.feed_read import try_feed
from collectors.feed_walk import FeedSource
from core import markup, urls
from core.errors import BadRequest, CopytrailError, Gone, NotRecorded, NotThere, RobotsForbids, SourceChanged
from core.exchange import Response
from core.source import Cursor, Target, Yielded

# Where the common software keeps its feed, tried where a page names none: WordPress and Ghost, Substack, Hugo and
# Jekyll, Blogger, Squarespace. Eight polite requests at most, once: the address found is kept.
NEARBY = (
    "/feed/", "/feed", "/rss", "/atom.xml", "/index.xml", "/feed.xml", "/rss.xml", "/feeds/posts/default?alt=rss",
)  # fmt: skip
_TYPES = ("application/rss+xml", "application/atom+xml", "application/feed+json", "application/rdf+xml")


class FeedsSite(FeedSource):
    """Posts of any site with a feed (RSS, Atom, JSON Feed), page by page and with comments where its software can."""

    id = "feeds.site"
    title = "Any site with a feed"
    patterns = (r"https?://(?=[^\s/?#@]*[^\s/?#@.]\.)[^\s/?#@]+(?:[/?#]\S*)?",)
    examples = ("https://blog.example.org/", "https://news.example.org/rss.xml")
    names = {"site": "{host}"}
    priority = -100
    requests_per_minute = 20
    retention = "no platform rule known; ask the site if in doubt"
    vouched = False

    def collect(self, target: Target, cursor: Cursor) -> Iterator[Yielded]:
        """Find the feed, walk it, then walk the comments where the whole site is watched."""
        self.watched = target.url
        page = self.find(target.url, cursor)
        parts = []
        if not page.not_modified:
            feed = self.read(page)
            dialect = recognised(feed)
            parts.append(self.walk(page.requested_url or page.url, cursor, dialect, first=page))
            if _is_whole_site(target.url) and (comments := dialect.comments(feed.site or target.url)):
                cursor.state["comments"] = [dialect.platform, comments]
        if known := cursor.state.get("comments"):
            parts.append(self.walk(known[1], cursor, by_platform(known[0])))
        yield from independently(*parts)

    def find(self, url: str, cursor: Cursor) -> Response:
        """Return the answer that is the feed: where it was last time, at the address, named there, or nearby.

        Raises what the address itself raised, or SourceChanged, where there is none.
        """
        if known := cursor.state.get("feed"):
            try:
                page = self.http.get(known, conditional=self.conditional(known, cursor))
            except Gone:
                cursor.state.pop("feed")  # it moved: look again
            else:
                return page
        refusal: CopytrailError = SourceChanged(
            f"{url} names no feed, and none lies where feeds usually lie; give the address of its feed, or read its "
            "pages with --route page.",
            url=url,
        )
        candidates = [urljoin(url, path) for path in NEARBY]
        try:
            page = self.http.get(url, conditional=self.conditional(url, cursor))
        except (Gone, NotRecorded) as error:
            refusal = error  # the page is not to be had, its feed may be
        else:
            if page.not_modified or try_feed(page):
                return page
            if urls.registrable_domain(urls.host(page.url)) != urls.registrable_domain(urls.host(url)):
                refusal = SourceChanged(
                    f"{url} leads to {page.url}, on another site, and no feed was found; watch that address instead.",
                    url=url,
                )
            candidates = _named(page) or candidates
        for candidate in candidates:
            try:
                page = self.http.get(candidate)
            except (NotThere, NotRecorded, BadRequest):
                continue
            except RobotsForbids as error:
                refusal = error
                continue
            if try_feed(page):
                cursor.state["feed"] = page.url
                return page
        raise refusal


def _is_whole_site(url: str) -> bool:
    parts = urlsplit(url)
    return parts.path in ("", "/") and not parts.query


def _named(page: Response) -> list[str]:
    """Return the feeds a page names, the one about this very page first, feeds of comments last."""
    here = urlsplit(page.url).path.rstrip("/")
    found = [a for a in markup.alternates(page.text, page.url) if a.type in _TYPES]
    found = [a for a in found if urls.host(a.url)]

    def rank(alternate: markup.Alternate) -> tuple[bool, bool]:
        path = urlsplit(alternate.url).path
        about_comments = "comment" in path.lower() or "comment" in alternate.title.lower()
        return about_comments, not (here and path.startswith(f"{here}/"))

    return [a.url for a in sorted(found, key=rank)][:5]
