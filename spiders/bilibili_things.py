"""Bilibili: a video, an article, a note or a person, as the state of a page gives it, becomes a record."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from core import markup, times
from core.counts import Counted, counted, granularity
from core.exchange import Response
from core.markup import absolute
from core.records import Author, Counts, Media, Metrics, Post, Profile
from spiders.state import every

_SITE = "https://www.bilibili.com"
_LINK = re.compile(r"https?://[^\s<>\"，。；）]{1,2000}")


def video(data: Mapping[str, Any], tags: Any, page: Response) -> Post:
    """Return a video: `BV…` is its name, the number before it (av) is kept in raw."""
    stat, text, native_id = data.get("stat") or {}, str(data.get("desc") or ""), str(data["bvid"])
    cover = absolute(data.get("pic"), _SITE)
    parts = [str(p.get("part")) for p in data.get("pages") or () if isinstance(p, dict) and p.get("part")]
    kept = {"aid": data.get("aid"), "parts": parts if len(parts) > 1 else None, "category": data.get("tname"),
            "reposted_work": True if data.get("copyright") == 2 else None, "coins": stat.get("coin"),
            "said_with_it": data.get("dynamic") or None, "place": data.get("pub_location")}  # fmt: skip
    return Post(
        platform="bilibili", native_id=native_id, url=f"{_SITE}/video/{native_id}", kind="video",
        author=author(data.get("owner") or {}),
        published=times.from_epoch(data["pubdate"]) if data.get("pubdate") else times.unknown(),
        first_seen=page.captured_at, title=data.get("title") or None, text=text, links=_links(text),
        tags=tuple(t["tag_name"] for t in tags if isinstance(t, dict) and t.get("tag_name")),
        media=(Media(url=cover),) if cover else (),
        metrics=Metrics(
            likes=stat.get("like"), replies=stat.get("reply"), reposts=stat.get("share"),
            views=stat.get("view") if isinstance(stat.get("view"), int) else None,
        ),
        metrics_at=page.captured_at, route="page", capture=page.capture,
        raw={name: value for name, value in kept.items() if value not in (None, "")},
    )  # fmt: skip


def article(info: Mapping[str, Any], page: Response) -> Post:
    """Return an article as its own pages carry it."""
    number, html, stat = str(info["id"]), str(info.get("content") or ""), info.get("stats") or {}
    shown = [*(info.get("origin_image_urls") or info.get("image_urls") or ()), *re.findall(r'data-src="([^"]+)"', html)]
    found = [url for address in (*shown, *markup.images(html, _SITE)) if (url := absolute(str(address), _SITE))]
    return Post(
        platform="bilibili", native_id=f"cv{number}", url=f"{_SITE}/read/cv{number}", kind="article",
        author=author(info.get("author") or {}),
        published=times.from_epoch(info["publish_time"]) if info.get("publish_time") else times.unknown(),
        first_seen=page.captured_at, title=info.get("title") or None, text=markup.plain(html),
        links=markup.links(html, _SITE), media=tuple(Media(url=url) for url in dict.fromkeys(found)),
        tags=tuple(t["name"] for t in info.get("tags") or () if isinstance(t, dict) and t.get("name")),
        metrics=Metrics(
            likes=stat.get("like"), replies=stat.get("reply"), reposts=stat.get("share"), views=stat.get("view")
        ),
        metrics_at=page.captured_at, route="page", capture=page.capture,
        raw={"reposted_work": True} if info.get("original") == 0 else {},
    )  # fmt: skip


def note(detail: Mapping[str, Any], page: Response, of_article: Any = None) -> Post:
    """Return a note, or an article in the layout of notes: its modules are looked through in order."""
    basic = detail.get("basic") or {}
    number = str(detail.get("id_str") or basic.get("comment_id_str") or "")
    native_id = f"cv{of_article}" if of_article else number
    writer = next((m for _, m in every(detail, "module_author") if isinstance(m, dict)), {})
    title = next((m.get("text") for _, m in every(detail, "module_title") if isinstance(m, dict)), None)
    text = "\n".join(_paragraphs(detail))
    pictures = [one.get("url") for _, listed in every(detail, "pics") for one in listed or () if isinstance(one, dict)]
    likes, replies, reposts = (_count(detail, name) for name in ("like", "comment", "forward"))
    return Post(
        platform="bilibili", native_id=native_id, kind="article" if of_article else "post",
        url=f"{_SITE}/read/{native_id}" if of_article else f"{_SITE}/opus/{native_id}", author=author(writer),
        published=times.from_epoch(writer["pub_ts"]) if writer.get("pub_ts") else times.unknown(writer.get("pub_time")),
        first_seen=page.captured_at, title=title or None, text=text, links=_links(text),
        media=tuple(Media(url=url) for one in dict.fromkeys(pictures) if (url := absolute(one, _SITE))),
        metrics=Metrics(
            likes=likes.number if likes else None, replies=replies.number if replies else None,
            reposts=reposts.number if reposts else None,
            granularity=granularity(likes=likes, replies=replies, reposts=reposts),
        ),
        metrics_at=page.captured_at, route="page", capture=page.capture,
    )  # fmt: skip


def profile(user: Mapping[str, Any], page: Response) -> Profile:
    """Return what a person shows of itself."""
    return Profile(
        platform="bilibili", author=author(user), bio=user.get("sign") or None,
        avatar=absolute(user.get("face"), _SITE), banner=absolute(user.get("top_photo"), _SITE),
        links=_links(str(user.get("sign") or "")),
        counts=Counts(
            followers=user.get("fans") or user.get("follower"), following=user.get("attention"),
            posts=user.get("archiveCount"),
        ),
        seen=page.captured_at, route="page", capture=page.capture,
    )  # fmt: skip


def author(user: Mapping[str, Any]) -> Author:
    """Return who put it up."""
    number = user.get("mid")
    url = f"https://space.bilibili.com/{number}" if number else None
    return Author(native_id=str(number) if number else None, name=user.get("name"), url=url)


def _paragraphs(detail: Mapping[str, Any]) -> Iterator[str]:
    """Yield the paragraphs of a note: each is a row of words, emoji, links and names."""
    for _, listed in every(detail, "paragraphs"):
        for paragraph in listed if isinstance(listed, list) else ():
            words = []
            for _, nodes in every(paragraph, "nodes"):
                for one in nodes if isinstance(nodes, list) else ():
                    inner = (one.get("word") or {}).get("words") or (one.get("rich") or {}).get("text") or ""
                    words.append(str(inner))
            if words:
                yield "".join(words)


def _count(detail: Mapping[str, Any], name: str) -> Counted | None:
    stat = next((m for _, m in every(detail, "module_stat") if isinstance(m, dict)), {})
    count = (stat.get(name) or {}).get("count")
    return Counted(count, 1) if isinstance(count, int) else counted(count) if isinstance(count, str) else None


def _links(text: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(url.rstrip(".,;:!?)") for url in _LINK.findall(text)))[:200]
