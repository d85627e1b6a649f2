"""Weibo: posts and comments from the plain pages of weibo.cn, each an element `div.c` with an id."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, timedelta, timezone
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from lxml import etree

from core import ids, markup, times
from core.errors import Gone, LoginWall, SourceChanged
from core.exchange import Response
from core.markup import absolute
from core.records import Author, Media, Metrics, Post
from core.times import Instant
from spiders.facts import tree_of

_BASE = "https://weibo.cn"
_CHINA = timezone(timedelta(hours=8))  # the site tells no zone; it is one country with one time
_WHEN = re.compile(r"(\d{4}-\d{2}-\d{2} \d{2}:\d{2}(?::\d{2})?)\s*(.*)", re.DOTALL)
_COUNTERS = {"likes": "赞", "reposts": "转发", "replies": "评论"}
_NONE = ("微博不存在", "已被删除", "你访问的用户不存在", "没有找到")


def page_posts(page: Response, code: str, *, user: str = "", later: bool = False) -> Iterator[Post]:
    """Yield the posts of a page of `user`, or the one post it is about (`code`; not `later`) and the comments on it."""
    tree = tree_of(page.text)
    blocks = tree.xpath("//div[@class='c'][starts-with(@id, 'M_') or starts-with(@id, 'C_')]")
    words = markup.plain(page.text)
    if not blocks and any(said in words for said in _NONE):
        raise Gone(f"{page.url} is not there any more.", url=page.url, status=page.status)
    if not blocks and "登录" in words[:2_000]:
        raise LoginWall(f"Weibo shows {page.url} to members only.", url=page.url, status=page.status)
    if not blocks and "<html" not in page.text[:2_000].lower():
        raise SourceChanged(f"{page.url} is no page of weibo.cn.", url=page.url, status=page.status)
    root = ids.ref("weibo", code) if code else ""
    for block in blocks:
        kind, _, native_id = block.get("id").partition("_")
        if kind == "M" and not later:
            yield _post(block, native_id or code, tree if code else block, page, user)
        elif kind == "C":
            yield _comment(block, native_id, code, root, page)


def next_page(page: Response) -> str | None:
    """Return the address of the next page."""
    found = tree_of(page.text).xpath("//*[@id='pagelist']//a[normalize-space()='下页']/@href")
    return absolute(str(found[0]), page.url) if found else None


def _post(block: Any, native_id: str, counters: Any, page: Response, user: str) -> Post:
    """Return a post. Of a repost the page shows the words reposted as its text; why it was reposted is kept in raw."""
    people = block.xpath("./div[1]/a[@href][not(preceding-sibling::span)][1]")
    of = _reposted(block)
    why = _reason(block)
    text = _text(block)
    published, device = _when(block)
    kept = {"reason": why, "source": device}
    return Post(
        platform="weibo", native_id=native_id, url=f"{_BASE}/comment/{native_id}", kind="post",
        author=_author(people[0]) if people else Author(native_id=user or None), published=published,
        first_seen=page.captured_at, text=text, quotes=ids.ref("weibo", of) if of else None, links=_links(block),
        # the marks beside names are shown as pictures among the others, and nothing lasting tells them apart
        media=tuple(
            Media(url=url, alt=img.get("alt") or None)
            for img in block.iter("img") if (url := absolute(img.get("src"), page.url))
        ),
        metrics=_metrics(counters), metrics_at=page.captured_at, route="page", capture=page.capture,
        raw={name: value for name, value in kept.items() if value},
    )  # fmt: skip


def _comment(block: Any, native_id: str, code: str, root: str, page: Response) -> Post:
    people = block.xpath("./a[@href][1]")
    published, device = _when(block)
    likes = re.search(r"赞\[(\d{1,18})\]", "".join(block.itertext()))
    known = [parse_qs(urlsplit(a.get("href")).query).get("fuid") for a in block.xpath(".//a[contains(@href, 'fuid=')]")]
    return Post(
        platform="weibo", native_id=native_id, url=f"{_BASE}/comment/{code}#C_{native_id}", kind="comment",
        author=_author(people[0], known[0][0] if known and known[0] else None) if people else Author(),
        published=published, first_seen=page.captured_at, text=_text(block), reply_to=root or None, root=root or None,
        links=_links(block), metrics=Metrics(likes=int(likes[1]) if likes else None), metrics_at=page.captured_at,
        route="page", capture=page.capture, raw={"source": device} if device else {},
    )  # fmt: skip


def _text(block: Any) -> str:
    shown = block.xpath(".//span[@class='ctt'][1]")
    return markup.plain(_inner(shown[0])).strip() if shown else ""


def _inner(element: Any) -> str:
    return str(etree.tostring(element, encoding="unicode", method="html", with_tail=False))


def _reason(block: Any) -> str:
    """Return what was written on reposting: it stands bare between its label and the time."""
    for label in block.xpath(".//span[@class='cmt'][contains(., '转发理由')]"):
        words = [label.tail or ""]
        for beside in label.itersiblings():
            if beside.get("class") == "ct" or (beside.get("href") or "").startswith(("/attitude", "/attention")):
                break
            words += [*("".join(beside.itertext()) if isinstance(beside.tag, str) else ""), beside.tail or ""]
        return " ".join("".join(words).split())
    return ""


def _reposted(block: Any) -> str | None:
    found = block.xpath(".//a[contains(., '原文评论')]/@href")
    code = re.search(r"/comment/(\w{5,20})", str(found[0])) if found else None
    return code[1] if code else None


def _author(link: Any, number: str | None = None) -> Author:
    path = urlsplit(link.get("href")).path.strip("/")
    own = re.fullmatch(r"(?:u/)?(\d{5,12})", path)
    handle = None if own or path.startswith("n/") else unquote(path) or None
    return Author(
        native_id=own[1] if own else number, handle=handle, name="".join(link.itertext()).strip() or None,
        url=absolute(link.get("href"), _BASE),
    )  # fmt: skip


def _when(block: Any) -> tuple[Instant, str | None]:
    """Return the time a block states, and the device or place after it; without a year it is kept as words."""
    said = " ".join("".join(block.xpath("string((.//span[@class='ct'])[last()])")).split())
    found = _WHEN.match(said)
    if not found:
        return times.unknown(said or None, "page"), None
    read = times.from_iso(found[1].replace(" ", "T"), "page", zoneless="site")
    if read.at is None:
        return times.unknown(said, "page"), None
    at = read.at.replace(tzinfo=_CHINA)
    return read.model_copy(update={"at": at.astimezone(UTC), "verbatim": said}), found[2].strip() or None


def _metrics(within: Any) -> Metrics:
    words = "".join(within.itertext())
    told = {name: re.search(rf"(?<!原文){sign}\[(\d{{1,18}})\]", words) for name, sign in _COUNTERS.items()}
    return Metrics(**{name: int(found[1]) for name, found in told.items() if found})


def _links(block: Any) -> tuple[str, ...]:
    shown = block.xpath(".//span[@class='ctt'][1]")
    found = markup.links(_inner(shown[0]), _BASE) if shown else ()
    return tuple(url for url in found if not urlsplit(url).path.startswith("/n/"))
