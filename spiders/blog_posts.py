"""Single posts of Blogspot, LiveJournal and WordPress.com from their pages, under the names their feeds give them."""

from __future__ import annotations

import re
from abc import abstractmethod
from collections.abc import Iterable, Iterator
from typing import Any, ClassVar

from core.errors import Landing, SourceChanged
from core.exchange import Response
from core.markup import images, links, plain
from core.records import Author, Media, Post, PostKind
from core.source import Expect, Target
from spiders.base import Ask, Found, PageSource
from spiders.facts import Facts, facts, read_time
from spiders.picking import elements, inner, value, values
from spiders.reading import MOST_KEPT, article, readable

_LONGEST = 400_000  # characters of a page that a number is looked for in


class _BlogPost(PageSource):
    """What the pages of blogs share: a number the page states, and a body that holds what the feed holds."""

    one_answer = True
    requests_per_minute = 12
    retention = "no platform rule known"
    fields: ClassVar[tuple[str, ...]] = ("text", "title", "published", "author", "links", "tags", "media")
    expect = Expect(posts_at_least=1, filled={"text": 0.9})
    post_kind: ClassVar[PostKind] = "post"
    bodies: ClassVar[tuple[str, ...]]  # selectors, the first that finds something is the text
    around: ClassVar[tuple[str, ...]] = ()  # what stands within the body and is none of it
    times: ClassVar[tuple[str, ...]]
    labels: ClassVar[tuple[str, ...]]

    def start(self, target: Target) -> Iterable[Ask]:
        """Ask for the page."""
        self._target = target
        return [Ask(target.url)]

    @abstractmethod
    def name(self, html: str, known: Facts) -> tuple[str | None, str | None]:
        """Return the number of a post, and the site it is unique on."""

    def writer(self, html: str, known: Facts) -> Author:
        """Return who the page says wrote it."""
        return Author(name=known.meta.get("author") or None)

    def read(self, page: Response, ask: Ask) -> Iterator[Found]:
        """Yield the post."""
        html = readable(page)
        known = facts(html, page.url)
        number, site = self.name(html[:_LONGEST], known)
        if not number:
            says = f"{page.url} states no number of a post of {self.title}; see whether it opens in a browser."
            raise SourceChanged(says, url=page.url, status=page.status)
        body = elements(known.tree, self.bodies)
        post = self._post(page, known, body[0], number) if body else self._article(page)
        author = self.writer(html[:_LONGEST], known)
        if not (author.handle or author.name):
            author = author.model_copy(update={"name": post.author.name})
        named = {"platform": self.id.split(".")[0], "native_id": number, "site": site, "author": author}
        yield post.model_copy(update={**named, "kind": self.post_kind})

    def _article(self, page: Response) -> Post:
        """Read a page of a layout nobody knows as any article."""
        try:
            return article(page)
        except Landing as error:
            says = f"{page.url} holds no text of a post of {self.title}; see whether it opens in a browser."
            raise SourceChanged(says, url=page.url, status=page.status) from error

    def _post(self, page: Response, known: Facts, body: Any, number: str) -> Post:
        for other in elements(body, self.around):
            if (parent := other.getparent()) is not None:
                parent.remove(other)
        html = inner(body)
        words = value(known.tree, self.times)
        told = read_time(words) if words else None
        stated = known.published(page.captured_at) if told is None or not told.at else None
        when = told if told and told.at else stated or read_time(words or "")
        title = known.meta.get("og:title") or known.one("string(//title)")
        return Post(
            platform=self.id.split(".")[0], native_id=number, url=known.canonical or page.url, kind=self.post_kind,
            author=Author(), published=when, first_seen=page.captured_at, title=title or None,
            text=plain(html), links=links(html, page.url)[:MOST_KEPT],
            tags=tuple(values(known.tree, self.labels))[:MOST_KEPT],
            media=tuple(Media(url=url) for url in images(html, page.url))[:MOST_KEPT],
            route="page", capture=page.capture,
        )  # fmt: skip


class BlogspotPost(_BlogPost):
    """One post or page of a Blogspot blog as its page shows it, under the number its feed gives it."""

    id = "blogspot.post"
    title = "Blogspot (Blogger)"
    patterns = (
        (
            r"https?://(?!www\.|draft\.)(?P<blog>[\w-]+)\.blogspot\.(?:[a-z]{2,3})(?:\.[a-z]{2})?"
            r"/(?P<path>(?:\d{4}/\d{1,2}|p)/[^/?#\s]+)/?(?:[?#]\S*)?"
        ),
    )
    examples = (
        "https://a-garden-diary.blogspot.com/2024/05/the-first-peas.html?m=1",
        "http://ein-tagebuch.blogspot.de/p/impressum.html",
    )
    names: ClassVar = {"post": "{blog}/{path}"}
    bodies = (".post-body", "[itemprop~=articleBody]", ".entry-content", ".post-content", ".postBody")
    around = ("script, style, .post-share-buttons, .post-footer",)
    times = (
        "[itemprop=datePublished] @content", "[itemprop=datePublished] @title", "[itemprop=datePublished] @datetime",
        "abbr.published @title", "time.published @datetime", ".timestamp-link abbr @title",
    )  # fmt: skip
    labels = ("a[rel~=tag]", ".post-labels a")
    _NUMBERS = (  # the plainest first: those below also stand in lists of other posts
        re.compile(r"itemprop=['\"]postId['\"][^>]{0,20}content=['\"](\d{5,25})|"
                   r"content=['\"](\d{5,25})['\"][^>]{0,20}itemprop=['\"]postId['\"]"),
        re.compile(r"['\"]?(?:postId|pageId)['\"]?\s{0,3}:\s{0,3}['\"](\d{5,25})['\"]"),
        re.compile(r"\bid=['\"]post-body-(\d{5,25})"),
        re.compile(r"/feeds/(\d{5,25})/comments/default"),
        re.compile(r"\bdata-post-id=['\"](\d{5,25})"),
        re.compile(r"/feeds/(?:\d{1,25}/)?(?:posts|pages)/default/(\d{5,25})"),
        re.compile(r"[?&;](?:postID|pageID|postId)=(\d{5,25})"),
    )  # fmt: skip

    def name(self, html: str, known: Facts) -> tuple[str | None, str | None]:
        """Return the number of the post; it is unique on all of Blogger."""
        found = next((m for pattern in self._NUMBERS if (m := pattern.search(html))), None)
        return next((group for group in found.groups() if group), None) if found else None, None

    def writer(self, html: str, known: Facts) -> Author:
        """Return the name below the post and the number of the profile it leads to."""
        name = value(known.tree, (".post-author [itemprop=name]", ".post-author .fn", "[rel=author] [itemprop=name]"))
        url = value(known.tree, (
            ".post-author [itemprop=url] @content", ".post-author a[rel=author] @href",
            "a.g-profile @href", "a[rel=author] @href",
        ))  # fmt: skip
        number = re.search(r"/profile/(\d{1,25})", url or "")
        return Author(name=name, url=url, native_id=number[1] if number else None)


class LiveJournalPost(_BlogPost):
    """One entry of a LiveJournal journal or community as its page shows it."""

    id = "livejournal.post"
    title = "LiveJournal"
    patterns = (
        (
            r"https?://(?!www\.|users\.|community\.|m\.)(?P<journal>[\w-]+)\.livejournal\.com"
            r"/(?P<id>\d{1,12})\.html(?:[?#]\S*)?"
        ),
        (
            r"https?://(?:(?:www|users|community|m)\.)?livejournal\.com/(?:users/|community/|read/user/)?"
            r"(?P<journal>\w+)/(?P<id>\d{1,12})(?:\.html)?(?:/comments)?/?(?:[?#]\S*)?"
        ),
    )
    examples = (
        "https://quiet-reader.livejournal.com/12345.html", "https://users.livejournal.com/_someone_/12345.html",
        "https://m.livejournal.com/read/user/quiet_reader/12345",
    )  # fmt: skip
    names: ClassVar = {"post": "{journal}/{id}"}
    requests_per_minute = 60
    retention = "its rules for automatic readers ask for a contact in the user agent and at most 5 requests a second"
    fields = (*_BlogPost.fields, "author.handle")
    bodies = (
        ".b-singlepost-body", ".aentry-post__text--view", ".aentry-post__text", ".entry-content", ".entry_text",
        ".asset-body", ".entry-body", ".post-body", ".b-entry-body",
    )  # fmt: skip
    around = ("script, style, .lj-like, .b-singlepost-tags, .ljtags",)
    times = (
        "[property='article:published_time'] @content", "time[datetime] @datetime", "time.published",
        ".b-singlepost-author-date", ".entry-date",
    )  # fmt: skip
    labels = ("a[rel~=tag]", ".b-singlepost-tags a", ".ljtags a", "meta[property='article:tag'] @content")

    def name(self, html: str, known: Facts) -> tuple[str | None, str | None]:
        """Return the number, and the journal it is unique in; the address says both."""
        return self._target.parts["id"], self._journal

    @property
    def _journal(self) -> str:
        return self._target.parts["journal"].replace("-", "_").lower()

    def writer(self, html: str, known: Facts) -> Author:
        """Return the journal where the page says that it is one person's, else the poster who is named."""
        own = re.search(r"\"(?:is_personal\"\s?:\s?(?:true|1|\"1\")|journal_?type\"\s?:\s?\"P\")", html)
        named = value(known.tree, (
            ".b-singlepost-author .i-ljuser @data-ljuser", ".aentry-head .i-ljuser @data-ljuser",
            ".b-singlepost-author .ljuser @lj:user", ".aentry-head .ljuser @lj:user", ".b-singlepost-author-user b",
        ))  # fmt: skip
        return Author(handle=self._journal if own else named)


class WordPressPost(_BlogPost):
    """One post of a WordPress.com blog as its page shows it, under the number its feed gives it."""

    id = "wordpress.post"
    title = "WordPress"
    post_kind = "article"
    patterns = (
        (
            r"https?://(?!www\.|public-api\.)(?P<blog>[\w-]+)\.wordpress\.com"
            r"/(?P<path>\d{4}/\d{1,2}/\d{1,2}/[^/?#\s]+)(?:/(?:amp|comment-page-\d+))?/?(?:[?#]\S*)?"
        ),
        (
            r"https?://(?!www\.|public-api\.)(?P<blog>[\w-]+)\.wordpress\.com"
            r"/\?(?:[^#\s&]{1,80}&){0,5}p=(?P<number>\d{1,12})(?:[&#]\S*)?"
        ),
    )
    examples = (
        "https://aquietblog.wordpress.com/2024/05/01/the-first-peas/", "https://aquietblog.wordpress.com/?p=77",
    )  # fmt: skip
    names: ClassVar = {"post": "{blog}/{path}|{blog}/{number}"}
    bodies = (".entry-content", ".post-content", ".wp-block-post-content", ".postcontent", ".entry", ".storycontent")
    around = ("script, style, #jp-post-flair, .sharedaddy, .jp-relatedposts, .wpcnt, .wp-block-jetpack-subscriptions",)
    times = (
        "[property='article:published_time'] @content", "time.entry-date @datetime", "time.published @datetime",
        ".wp-block-post-date time @datetime", "abbr.published @title",
    )  # fmt: skip
    labels = ("a[rel~=tag]",)
    _NUMBERS = (
        re.compile(r"/(?:wp-json/wp/v2|wp/v2/sites/[^/\"'\s]{1,200})/posts/(\d{1,12})\b"),
        re.compile(r"<body[^>]{0,2000}[\"'\s]postid-(\d{1,12})\b"),
        re.compile(r"rel=['\"]shortlink['\"][^>]{0,200}[?&;]p=(\d{1,12})"),
        re.compile(r"<(?:article|div)[^>]{0,60}\bid=['\"]post-(\d{1,12})['\"]"),
        re.compile(r"name=['\"]comment_post_ID['\"][^>]{0,40}value=['\"](\d{1,12})"),
    )

    def name(self, html: str, known: Facts) -> tuple[str | None, str | None]:
        """Return the number of the post, and the host of the blog."""
        number = self._target.parts.get("number")
        found = next((m[1] for pattern in self._NUMBERS if (m := pattern.search(html))), None)
        return number or found, f"{self._target.parts['blog'].lower()}.wordpress.com"

    def writer(self, html: str, known: Facts) -> Author:
        """Return the name in the line below the title."""
        where = (".author.vcard a", ".author .fn", "a[rel=author]", ".wp-block-post-author__name")
        return Author(name=value(known.tree, where), url=value(known.tree, ("a.url.fn @href", "a[rel=author] @href")))
