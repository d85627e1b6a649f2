"""PTT: the articles of a board or of one author, and the one-line answers under them.

Boards for adults ask once whether one is of age and keep the answer in the cookie `over18`; that consent is sent.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any
from urllib.parse import urlsplit

from core import ids
from core.errors import Blocked, CopytrailError, LoginWall, RateLimited, SourceChanged
from core.exchange import Response
from core.markup import absolute, links, plain
from core.records import Author, Finding, Media, Metrics, Post
from core.source import CursorSpec, Expect, Target
from core.times import Instant, unknown
from spiders.base import Ask, Found, PageSource
from spiders.facts import tree_of
from spiders.local_time import ZoneHere, read_local, site_zone
from spiders.picking import elements, inner, value, values
from spiders.reading import MOST_KEPT, readable

_HOST = r"https?://(?:www\.)?ptt\.cc"
_OF_AGE = {"Cookie": "over18=1"}
_PICTURE = re.compile(r"\.(?:jpe?g|png|gif|webp)$|//imgur\.com/\w+$", re.IGNORECASE)
_NAME = re.compile(r"(?P<handle>[\w-]+)(?:\s*\((?P<name>.*)\))?")
_FIELDS = ("text", "title", "published", "author", "community", "links", "media", "reply_to", "metrics")
_ANSWER_TIME = re.compile(r"(?P<month>\d{1,2})/(?P<day>\d{1,2})(?:\s+(?P<clock>\d{1,2}:\d{2}))?")
LISTINGS_AT_FIRST, LISTINGS_LATER = 40, 3  # pages of twenty articles


class PttArticle(PageSource):
    """One article with the answers under it; answers state no year, it follows from their order after the article."""

    id = "ptt.article"
    title = "PTT"
    patterns = (rf"{_HOST}/(?:bbs|man)/(?P<board>[\w-]+)/(?P<article>[MG]\.\d+\.A(?:\.\w+)?)\.html(?:[?#]\S*)?",)
    examples = ("https://www.ptt.cc/bbs/Harbour/M.1600000042.A.32A.html",)
    names = {"post": "{board}/{article}"}
    one_answer = True
    requests_per_minute = 20
    fields = _FIELDS
    cursor = CursorSpec(order="unordered")
    expect = Expect(posts_at_least=1, filled={"author.handle": 0.9})

    def start(self, target: Target) -> Iterable[Ask]:
        """Ask for the article."""
        return [_ask(target.url, "article")]

    def read(self, page: Response, ask: Ask) -> Iterator[Found]:
        """Yield the article and its answers."""
        yield from _article(page)


class PttBoard(PageSource):
    """The articles of one board, or those a search of it finds, newest first, with the answers under them."""

    id = "ptt.board"
    title = "PTT"
    patterns = (
        rf"{_HOST}/bbs/(?P<board>[\w-]+)/search\?(?:[^#\s]*&)?q=author(?::|%3A)(?P<handle>[\w-]+)(?:[&#]\S*)?",
        rf"{_HOST}/bbs/(?P<board>[\w-]+)/search\?(?:[^#\s]*&)?q=(?P<words>[^&#\s]+)(?:[&#]\S*)?",
        rf"{_HOST}/bbs/(?P<board>[\w-]+)(?:/index\d*\.html|/)?(?:[?#]\S*)?",
    )
    examples = (
        "https://www.ptt.cc/bbs/Harbour/index.html",
        "https://www.ptt.cc/bbs/Harbour/search?q=author%3Alampkeeper",
    )
    names = {"account": "{handle}", "search": "{board} {words}", "board": "{board}"}
    requests_per_minute = 20
    fields = _FIELDS
    cursor = CursorSpec(order="newest_first")
    expect = Expect(posts_at_least=1, filled={"author.handle": 0.9})
    pages_at_most = 1_000

    def start(self, target: Target) -> Iterable[Ask]:
        """Ask for the newest page of the list."""
        self._listings = 0
        self._seen: set[str] = set()
        listing = re.fullmatch(rf"{_HOST}/bbs/[\w-]+/?", target.url)
        return [_ask(f"{target.url.rstrip('/')}/index.html" if listing else target.url, "list")]

    def read(self, page: Response, ask: Ask) -> Iterator[Found]:
        """Yield an article, or ask for the articles of a list, newest first, and for the older list."""
        if ask.step == "article":
            yield from _article(page)
            return
        tree = _tree(page)
        self._listings += 1
        found = [absolute(given, page.url) for given in values(tree, [".r-ent .title a @href"])]
        if not found and not elements(tree, [".r-list-container"]):
            raise _changed(page, ".r-ent")
        for url in reversed(found):  # a page lists its oldest ahead
            if url and url not in self._seen:
                self._seen.add(url)
                yield _ask(url, "article")
        older = absolute(value(tree, [".btn-group-paging a:nth-child(2)[href] @href"]), page.url)
        most = LISTINGS_AT_FIRST if self.cursor_now.full else LISTINGS_LATER
        if older and self._listings < most:
            yield _ask(older, "list")

    def failed(self, ask: Ask, error: CopytrailError) -> Iterator[Found]:
        """Leave out an article that was deleted after the list was written."""
        if ask.step == "list" or isinstance(error, Blocked | RateLimited):
            raise error
        yield Finding.of(error)


def _ask(url: str, step: str) -> Ask:
    return Ask(url, step, headers=_OF_AGE)


def _tree(page: Response) -> Any:
    if urlsplit(page.url).path.startswith("/ask/over18"):
        says = f"{page.requested_url or page.url} asks whether one is of age and did not take the answer that was sent."
        raise LoginWall(says, url=page.url, status=page.status)
    return tree_of(readable(page))


def _changed(page: Response, where: str) -> SourceChanged:
    says = f"{page.url} holds nothing at {where}; see whether it opens in a browser."
    return SourceChanged(says, url=page.url, status=page.status)


def _article(page: Response) -> Iterator[Post]:
    """Yield an article and the answers under it."""
    tree = _tree(page)
    main = elements(tree, ["#main-content"])
    named = re.search(r"/(?:bbs|man)/([\w-]+)/([^/]+)\.html", page.url)
    if not main or not named:
        raise _changed(page, "#main-content")
    body, board = main[0], named[1]
    answers = elements(body, ["div.push"])
    zone = site_zone("Asia/Taipei")
    head = {value(line, ["span.article-meta-tag"]): value(line, ["span.article-meta-value"]) for line in
            elements(body, ["div.article-metaline", "div.article-metaline-right"])}  # fmt: skip
    published = read_local(head.get("時間"), zone)
    author = _NAME.match(head.get("作者") or "")
    addresses = links(inner(body), page.url)
    marks = [value(answer, [".push-tag"]) or "" for answer in answers]
    post = Post(
        platform="ptt", native_id=f"{board}/{named[2]}", url=f"https://www.ptt.cc/bbs/{board}/{named[2]}.html",
        author=Author(handle=author["handle"], name=author["name"] or None) if author else Author(),
        published=published, first_seen=page.captured_at, title=head.get("標題"), text=_words(body),
        community=board, links=addresses[:MOST_KEPT],
        media=tuple(Media(url=url) for url in addresses if _PICTURE.search(url))[:MOST_KEPT],
        metrics=Metrics(likes=sum("推" in mark for mark in marks), replies=len(answers)), metrics_at=page.captured_at,
        route="page", capture=page.capture,
    )  # fmt: skip
    yield post
    yield from _answers(post, answers, published, zone, page)


def _words(body: Any) -> str:
    """Return the words of an article without its head, its answers, and what the system writes below."""
    own = tree_of(inner(body))
    for other in own.xpath("//div[contains(@class, 'article-metaline')] | //div[contains(@class, 'push')]"):
        tail = other.tail or ""
        before = other.getprevious()
        if before is not None:
            before.tail = (before.tail or "") + tail
        else:
            other.getparent().text = (other.getparent().text or "") + tail
        other.getparent().remove(other)
    said = plain(f"<pre>{inner(own)}</pre>")
    return re.split(r"\n(?:--\n+)?※ (?:發信站|編輯|文章網址)", said)[0].strip()


def _answers(
    post: Post, answers: list[Any], published: Instant, zone: ZoneHere | None, page: Response
) -> Iterator[Post]:
    year = published.at.astimezone(zone.zone).year if published.at and zone else None
    before = published.at.astimezone(zone.zone).strftime("%m%d") if published.at and zone else ""
    for number, answer in enumerate(answers, 1):
        written = value(answer, [".push-ipdatetime"]) or ""
        told = _ANSWER_TIME.search(written)
        at = unknown(written or None, "page")
        if told and year:
            day = f"{int(told['month']):02}{int(told['day']):02}"
            year += day < before
            before = day
            at = read_local(f"{year}/{told['month']}/{told['day']} {told['clock'] or ''}", zone)
            at = at.model_copy(update={"verbatim": written})
        words = value(answer, [".push-content"]) or ""
        yield Post(
            platform="ptt", native_id=f"{post.native_id}#{number}", url=post.url, kind="comment",
            author=Author(handle=value(answer, [".push-userid"])), published=at, first_seen=page.captured_at,
            text=words.removeprefix(":").strip(), community=post.community, links=links(inner(answer), page.url),
            reply_to=ids.ref("ptt", post.native_id), root=ids.ref("ptt", post.native_id), route="page",
            capture=page.capture, raw={"mark": value(answer, [".push-tag"])},
        )  # fmt: skip
