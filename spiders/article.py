"""Any site: one article, the posts of a forum, or the articles a small site leads to from a front page or a sitemap."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from html import unescape
from itertools import islice
from urllib.parse import urlsplit

from core.errors import Blocked, CopytrailError, Landing, Moved, RateLimited, SourceChanged, TooLarge
from core.exchange import Response
from core.markup import links
from core.records import Finding
from core.source import CursorSpec, Expect, Target
from core.times import iso
from core.urls import host
from spiders.address import page_id
from spiders.base import Ask, Found, PageSource
from spiders.facts import facts
from spiders.forum_pages import forum_page
from spiders.forum_walk import ForumWalk
from spiders.reading import article, article_and_facts, readable

# Addresses of front pages, sections and sitemaps: two short words of letters at most, or a sitemap's name.
_LISTING = r"https?://[^/?#\s]+(?:/[a-zA-Z]{1,20}){0,2}/?|https?://[^?#\s]+/[^/?#\s]*sitemap[^/?#\s]*\.xml"
# The address of an article holds a date, a long number, a name of several words, or a name in another script.
_ARTICLE = re.compile(
    r"/(?:19|20)\d\d[/-]\d\d?[/-]|\d{5,}|[^\W_]+(?:[-_][^\W_]+){2,}|[-_][^/]*\.[a-z]{3,5}$|(?:%[0-9A-Fa-f]{2}){9,}"
)
_NO_PAGE = re.compile(
    r"\.(?:jpe?g|png|gif|webp|svg|pdf|zip|mp[34]|css|js|ico|rss|docx?|xlsx?)$"
    r"|/(?:feed|wp-json|wp-admin|tags?|author|login|cart|search|comments?)(?:/|$)",
    re.IGNORECASE,
)
_FIELDS = ("text", "title", "published", "author", "tags", "media", "links", "languages")
_FILLED = {"text": 1.0, "title": 0.9, "published": 0.7}
_LETTERS = 250  # fewer are a teaser or a notice, unless the page says that it is an article
_MOST_REMEMBERED = 5_000
_LONGEST = 500  # characters of an address that is followed
_MOST_LINKS = 5_000  # looked at on one page or in one sitemap


class ArticlePage(PageSource):
    """One article of any site with what the page states of it, or the posts of a thread where it is a forum's."""

    id = "article.page"
    title = "Any site (one article)"
    patterns = (rf"(?!(?:{_LISTING})$)https?://[^/?#\s]+/\S*",)
    names = {"post": "{url}"}
    examples = ("https://news.invented.example/2024/05/a-bridge-that-never-was", "https://blog.invented.example/?p=77")
    priority = -100
    requests_per_minute = 20
    fields = _FIELDS
    expect = Expect(posts_at_least=1, filled=_FILLED)

    def start(self, target: Target) -> Iterable[Ask]:
        """Ask for the page, or for the one where the last run left a thread."""
        self._forum = ForumWalk(self.cursor_now)
        return [self._forum.begin(target.url)]

    def read(self, page: Response, ask: Ask) -> Iterator[Found]:
        """Yield the article, or the posts of a thread where the page bears the marks of a forum."""
        found = forum_page(page)
        if found and found.blocks:
            yield from self._forum.thread(found, ask)
        elif found and found.rows:
            yield from self._forum.board(found, ask)
        elif ask.step == "enter":
            yield article(page)

    def failed(self, ask: Ask, error: CopytrailError) -> Iterator[Found]:
        """Go on without the pages before the one that was asked for."""
        yield from self._forum.failed(ask, error)


class ArticleSite(PageSource):
    """The articles a front page, a section or a sitemap leads to, on its own host; those read before are left out."""

    id = "article.site"
    title = "Any site (its articles)"
    patterns = (_LISTING,)
    names = {"site": "{host}"}
    only_new = True
    examples = ("https://news.invented.example/", "https://news.invented.example/politics/elections")
    priority = -100
    cursor = CursorSpec(order="unordered")
    requests_per_minute = 20
    fields = _FIELDS
    expect = Expect(posts_at_least=1, filled=_FILLED)
    articles_at_most = 60  # a run; with the pace above three minutes
    listings_at_most = 8

    def start(self, target: Target) -> Iterable[Ask]:
        """Ask for the page that leads to the articles."""
        self._left = {"article": self.articles_at_most, "section": self.listings_at_most}
        self._met: set[str] = set()
        self._forum = ForumWalk(self.cursor_now)
        return [Ask(target.url, "listing")]

    def read(self, page: Response, ask: Ask) -> Iterator[Found]:
        """Yield the article of a page, or ask for the pages a listing leads to."""
        if host(page.url) != host(ask.url):
            says = f"{ask.url} leads to {page.url}, another site; add that one if it is meant."
            yield from self.failed(ask, Moved(says, url=ask.url, status=page.status))
        elif ask.step == "article":
            yield from self._article(page)
        elif ask.step == "listing" and (found := forum_page(page)):
            yield from self._forum.board(found, ask)
        elif ask.step in ("enter", "thread", "before", "board"):
            yield from self._thread(page, ask)
        else:
            yield from self._listing(page, ask)

    def failed(self, ask: Ask, error: CopytrailError) -> Iterator[Found]:
        """Leave out one page that cannot be had; end where the site refuses us."""
        if ask.step == "listing" or isinstance(error, Blocked | RateLimited):
            raise error
        yield Finding.of(error)

    def _thread(self, page: Response, ask: Ask) -> Iterator[Found]:
        """Yield what a page holds to which the list of a forum's board leads."""
        if found := forum_page(page):
            yield from self._forum.thread(found, ask) if found.blocks else self._forum.board(found, ask)

    def _article(self, page: Response) -> Iterator[Found]:
        try:
            post, known = article_and_facts(page)
        except (Landing, SourceChanged):
            return  # only its address looked like an article
        except TooLarge as error:
            yield Finding.of(error, capture=page.capture)
            return
        read = self.cursor_now.state.setdefault("read", {})
        read.setdefault(page_id(page.requested_url or page.url)[1], iso(page.captured_at))
        while len(read) > _MOST_REMEMBERED:
            del read[next(iter(read))]
        if known.is_article or (post.published.at and len(post.text or "") >= _LETTERS):
            yield post

    def _listing(self, page: Response, ask: Ask) -> Iterator[Found]:
        html = readable(page)
        if ask.step == "listing" and urlsplit(page.url).path.strip("/") and facts(html, page.url).articles:
            yield from self._article(page)  # its address looked like a section's
        sitemap = re.search(r"<(urlset|sitemapindex)\b", html[:2000])
        found = map(unescape, re.findall(r"<loc>\s*([^<\s]+)", html)) if sitemap else iter(links(html, page.url))
        asks = [plan for url in islice(found, _MOST_LINKS) if (plan := self._planned(url, page, sitemap))]
        sections = [plan for plan in asks if plan.step == "section"] if ask.step == "listing" else []
        for plan in (*(plan for plan in asks if plan.step == "article"), *sections):
            if self._left[plan.step] > 0:
                self._left[plan.step] -= 1
                yield plan

    def _planned(self, url: str, page: Response, sitemap: re.Match[str] | None) -> Ask | None:
        """Return the request for a page met for the first time, None where it is not to be read."""
        url = url.partition("#")[0]
        if len(url) > _LONGEST or host(url) != host(page.url) or _NO_PAGE.search(url.partition("?")[0]):
            return None
        _, name, _ = page_id(url)
        if name in self._met or name == page_id(page.url)[1]:
            return None
        self._met.add(name)
        if sitemap and sitemap[1] == "sitemapindex":
            return Ask(url, "section")
        if sitemap or _ARTICLE.search(url[url.find("/", 8) :]):
            return Ask(url, "article") if self._unread(name, page.captured_at) else None
        return Ask(url, "section") if re.fullmatch(_LISTING, url) else None

    def _unread(self, name: str, now: datetime) -> bool:
        """Return whether an article is new to us, or so young that it may still be changed."""
        first = self.cursor_now.state.get("read", {}).get(name)
        if first is None or self.cursor_now.full:
            return True
        return now - datetime.fromisoformat(first) < timedelta(hours=self.cursor.reread_hours)
