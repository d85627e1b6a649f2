"""Zhihu: a question, answer, article or person, as either generation of its pages gives it, becomes a record."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import unquote, urlsplit

from lxml import etree

from core import ids, markup, times
from core.errors import SourceChanged
from core.exchange import Response
from core.markup import absolute
from core.records import Author, Counts, Media, Metrics, Post, PostKind, Profile
from spiders.facts import tree_of

_SITE = "https://www.zhihu.com"
_COLUMNS = "https://zhuanlan.zhihu.com"
_KINDS: Mapping[str, PostKind] = {"question": "post", "answer": "answer", "article": "article", "pin": "post"}
_SEEN_ONCE = re.compile(r"<noscript\b[^>]{0,500}>|</noscript>", re.IGNORECASE)


def thing(told: Mapping[str, Any], kind: str, page: Response) -> Post:
    """Return what an object of a page's state is; questions, answers and articles are numbered apart."""
    number, html = str(told["id"]), _html(told)
    question = told.get("question") or {}
    asked = str(question.get("id") or "")
    url = {
        "question": f"{_SITE}/question/{number}", "article": f"{_COLUMNS}/p/{number}", "pin": f"{_SITE}/pin/{number}",
        "answer": f"{_SITE}/question/{asked}/answer/{number}" if asked else f"{_SITE}/answer/{number}",
    }[kind]  # fmt: skip
    created, changed = (times.from_epoch(value) if value else None for value in _when(told))
    kept = {"copying": told.get("reshipmentSettings") or told.get("copyrightPermission"), "place": told.get("ipInfo")}
    above = ids.ref("zhihu", asked, "question") if asked else None
    return Post(
        platform="zhihu", site=None if kind == "answer" else kind, native_id=number, url=url,
        kind=_KINDS[kind], author=_author(told.get("author") or {}), published=created or times.unknown(),
        edited=changed if changed and created and changed.at != created.at else None, first_seen=page.captured_at,
        title=told.get("title") or question.get("title") or None, text=markup.plain(html), reply_to=above, root=above,
        links=_links(html), media=_pictures(html, told.get("titleImage") or told.get("imageUrl")),
        community=(told.get("column") or {}).get("title") if isinstance(told.get("column"), dict) else None,
        tags=tuple(t["name"] for t in told.get("topics") or () if isinstance(t, dict) and t.get("name")),
        metrics=Metrics(
            likes=told.get("voteupCount"), replies=told.get("commentCount"),
            views=told.get("visitCount") if kind == "question" else None,
        ),
        metrics_at=page.captured_at, route="page", capture=page.capture,
        raw={name: value for name, value in kept.items() if value},
    )  # fmt: skip


def profile(user: Mapping[str, Any], page: Response) -> Profile:
    """Return what a person shows of itself."""
    links = re.findall(r"https?://[^\s<>\"]{1,500}", str(user.get("description") or ""))
    counts = [user.get(name) for name in ("answerCount", "articlesCount", "questionCount")]
    known = [one for one in counts if isinstance(one, int)]
    return Profile(
        platform="zhihu", author=_author(user), bio=markup.plain(str(user.get("description") or "")) or None,
        avatar=user.get("avatarUrl"), banner=user.get("coverUrl") or None, links=tuple(dict.fromkeys(links)),
        counts=Counts(
            followers=user.get("followerCount"), following=user.get("followingCount"),
            posts=sum(known) if known else None,
        ),
        seen=page.captured_at, route="page", capture=page.capture,
        raw={"headline": user["headline"]} if user.get("headline") else {},
    )  # fmt: skip


def old_answers(page: Response, question: str | None, wanted: str | None) -> Iterator[Post]:
    """Yield the answers of a page of 2015 (or of a further batch of it), each an element with its number and time."""
    tree = tree_of(f"<html><body>{page.text}</body></html>" if "<html" not in page.text[:500].lower() else page.text)
    title = " ".join("".join(tree.xpath("string((//h2[contains(@class,'zm-item-title')])[1])")).split())
    for block in tree.xpath("//div[contains(concat(' ', @class, ' '), ' zm-item-answer ')][@data-atoken]"):
        number = block.get("data-atoken")
        shown = block.xpath(".//div[contains(@class, 'zm-editable-content')]")
        if not shown or wanted not in (None, number):
            continue
        html = str(etree.tostring(shown[0], encoding="unicode", method="html", with_tail=False))
        people = block.xpath(".//div[contains(@class,'answer-head')]//a[starts-with(@href, '/people/')]")
        name = next((words for a in people if (words := "".join(a.itertext()).strip())), None)
        votes = block.xpath("string(.//*[@data-votecount][1]/@data-votecount)")
        above = ids.ref("zhihu", question, "question") if question else None
        yield Post(
            platform="zhihu", native_id=number, kind="answer", title=title or None, reply_to=above, root=above,
            url=f"{_SITE}/question/{question}/answer/{number}" if question else f"{_SITE}/answer/{number}",
            author=_old_author(people[0].get("href"), name) if people else Author(),
            published=times.from_epoch(block.get("data-created"), "page"), first_seen=page.captured_at,
            text=_old_text(html), links=_links(html), media=_pictures(html, None),
            metrics=Metrics(likes=int(votes) if votes.isdecimal() else None), metrics_at=page.captured_at,
            route="page", capture=page.capture,
        )  # fmt: skip


def old_column(told: Any, page: Response) -> Post:
    """Return an article as the interface of columns gave it in 2015."""
    if not isinstance(told, dict) or "slug" not in told:
        raise SourceChanged(f"{page.url} is no article.", url=page.url, status=page.status)
    author, html, number = told.get("author") or {}, str(told.get("content") or ""), str(told["slug"])
    return Post(
        platform="zhihu", site="article", native_id=number, url=f"{_COLUMNS}/p/{number}", kind="article",
        author=Author(native_id=author.get("hash"), handle=author.get("slug"), name=author.get("name"),
                      url=author.get("profileUrl")),
        published=times.from_iso(told.get("publishedTime")), first_seen=page.captured_at,
        title=told.get("title") or None, text=markup.plain(html), links=_links(html),
        media=_pictures(html, told.get("titleImage")), community=(told.get("column") or {}).get("name"),
        metrics=Metrics(likes=told.get("likesCount"), replies=told.get("commentsCount")),
        metrics_at=page.captured_at, route="page", capture=page.capture,
    )  # fmt: skip


def _html(told: Mapping[str, Any]) -> str:
    """Return the words of a thing; those of a short note stand in pieces."""
    content = told.get("content") or told.get("detail") or told.get("excerpt") or ""
    if isinstance(content, list):
        pieces = [
            str(one.get("content") or "") for one in content if isinstance(one, dict) and one.get("type") == "text"
        ]
        return "<br>".join(pieces)
    return str(content)


def _when(told: Mapping[str, Any]) -> tuple[Any, Any]:
    return told.get("createdTime") or told.get("created"), told.get("updatedTime") or told.get("updated")


def _author(user: Mapping[str, Any]) -> Author:
    """Return who wrote it; an anonymous answer has an author without a token."""
    token = user.get("urlToken")
    return Author(
        native_id=str(user["id"]) if user.get("id") and token else None, handle=token or None, name=user.get("name"),
        url=f"{_SITE}/people/{token}" if token else None,
    )  # fmt: skip


def _old_author(href: str, name: str | None) -> Author:
    handle = unquote(urlsplit(href).path.rsplit("/", 1)[-1])
    return Author(handle=handle, name=name, url=f"{_SITE}/people/{handle}")


def _old_text(html: str) -> str:
    return markup.plain(html)


def _links(html: str) -> tuple[str, ...]:
    """Return where the words lead; the site's own way out (`link.zhihu.com/?target=ADDRESS`) is undone."""
    found = []
    for url in markup.links(html, _SITE):
        out = re.search(r"//link\.zhihu\.com/\?(?:[^#\s]*&)?target=([^&#\s]+)", url)
        found.append(unquote(out[1]) if out else url)
    return tuple(dict.fromkeys(found))


def _pictures(html: str, leading: Any) -> tuple[Media, ...]:
    """Return the pictures, each once: the page writes them for scripts, and again for readers without."""
    found = [leading] if isinstance(leading, str) and leading else []
    for tag in re.findall(r"<img\b[^>]{0,2000}", html):
        for name in ("data-original", "data-actualsrc", "src"):
            given = re.search(rf"\b{name}=[\"']([^\"']+)", tag)
            if given and not given[1].startswith("data:") and "whitedot" not in given[1]:
                found.append(given[1])
                break
    addresses = (absolute(address, _SITE) for address in found)
    return tuple(Media(url=url) for url in dict.fromkeys(addresses) if url)
