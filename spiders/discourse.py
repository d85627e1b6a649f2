"""Discourse: the posts of a topic, from the page it shows to readers without scripts."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any
from urllib.parse import urlsplit

from lxml import etree

from core import ids, times
from core.errors import SourceChanged
from core.exchange import Response
from core.markup import absolute, images, links, plain
from core.records import Author, Media, Metrics, Post
from core.source import CursorSpec, Expect, Target
from spiders.base import Ask, Found, PageSource
from spiders.facts import tree_of

_EMOJI = re.compile(r"/images/emoji/|/emoji/")  # drawn as pictures, meant as letters
_BODY = "//*[@itemprop='articleBody' or @itemprop='text'][ancestor::*[contains(@class, 'crawler-post')]]"


class DiscourseTopicPage(PageSource):
    """Every post of one topic, first to last, known by its position: the page states no post ids."""

    id = "discourse.topic_page"
    platform = "discourse"
    title = "Discourse"
    patterns = (r"https?://[^/?#\s]+/t/(?:[^/?#\s]+/)?(?P<topic>\d+)(?:/\d+)?/?(?:[?#]\S*)?",)
    names = {"thread": "{topic}"}
    examples = ("https://meta.discourse.org/t/a-topic/12483", "https://forum.example/t/77/3")
    priority = -10  # any host may serve Discourse
    cursor = CursorSpec(order="oldest_first")
    requests_per_minute = 20
    fields = ("text", "title", "published", "author", "media", "links", "community", "metrics")
    expect = Expect(posts_at_least=1, filled={"text": 0.9, "author.handle": 1.0, "published": 1.0})

    def start(self, target: Target) -> Iterable[Ask]:
        """Ask for the first page of the topic."""
        return [Ask(target.url, about={"topic": target.parts["topic"]})]

    def read(self, page: Response, ask: Ask) -> Iterator[Found]:
        """Yield the posts of a page and ask for the next one."""
        tree = tree_of(_without_scripts(page.text))
        shown = tree.xpath(_BODY)
        if not shown:
            raise SourceChanged(
                f"{page.url} shows no posts to readers without scripts (.crawler-post); try --route api.",
                url=page.url, status=page.status,
            )  # fmt: skip
        title = _one(tree, "string(//h1//a)")
        community = _one(tree, "string((//*[@id='breadcrumbs']//*[@itemprop='name'])[last()])")
        for body in shown:
            block = next(a for a in body.iterancestors() if "crawler-post" in (a.get("class") or ""))
            yield _post(block, body, ask.about["topic"], title, community, page)
        following = absolute(_one(tree, "string(//a[@rel='next']/@href | //link[@rel='next']/@href)"), page.url)
        if following and urlsplit(following).hostname == urlsplit(page.url).hostname:
            yield Ask(following, about=ask.about)


def _without_scripts(html: str) -> str:
    """Return what a reader without scripts sees: the noscript part, or the whole page a crawler is given."""
    start = html.find("<noscript data-path")
    start = html.find(">", start) + 1 if start >= 0 else 0
    end = html.find("</noscript", start)
    return html[start:end] if start and end > 0 else html


def _one(node: Any, xpath: str) -> str:
    return " ".join(str(node.xpath(xpath)).split())


def _post(block: Any, body: Any, topic: str, title: str, community: str, page: Response) -> Post:
    host = (urlsplit(page.url).hostname or "").removeprefix("www.")
    site = f"{host}/t/{topic}"
    position = _one(block, "string(.//*[@itemprop='position'])").lstrip("#")
    html = etree.tostring(body, method="html", encoding="unicode", with_tail=False)
    handle = _one(block, "string(.//*[@itemprop='author']//*[@itemprop='name'])")
    real_name = re.search(r"\(([^()]+)\)\s*$", _one(block, "string(.//*[@itemprop='author'])"))
    edited = _one(block, "string(.//*[@itemprop='dateModified']/@datetime)")
    likes = re.match(r"\d+", _one(block, "string(.//*[@class='post-likes'])"))
    opening = position == "1"
    return Post(
        platform="discourse", site=site, native_id=position, kind="post" if opening else "comment",
        url=f"{page.url.split('?', 1)[0].rstrip('/')}/{position}",
        author=Author(
            handle=handle or None, name=real_name[1] if real_name else None,
            url=absolute(_one(block, "string(.//*[@itemprop='author']//@href)"), page.url),
        ),
        published=times.from_iso(_published(block)), first_seen=page.captured_at,
        edited=times.from_iso(edited) if edited else None,
        title=title if opening and title else None, text=plain(html), community=community or None,
        root=None if opening else ids.ref("discourse", "1", site), links=links(html, page.url),
        media=tuple(Media(url=url) for url in images(html, page.url) if not _EMOJI.search(url)),
        metrics=Metrics(likes=int(likes[0]) if likes else None), metrics_at=page.captured_at,
        route="page", capture=page.capture,
    )  # fmt: skip


def _published(block: Any) -> str:
    return _one(block, "string(.//*[@itemprop='datePublished']/@content | .//*[@itemprop='datePublished']/@datetime)")
