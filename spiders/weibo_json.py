"""Weibo: a post, a comment or an account, as the answers of m.weibo.cn give them, becomes a record."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from core import ids, markup, times
from core.counts import Counted, counted, granularity
from core.exchange import Response
from core.markup import absolute
from core.records import Author, Counts, Media, Metrics, Post, Profile
from core.times import Instant

_BASE = "https://weibo.com"
_ALPHABET = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
_TOPIC = re.compile(r"#([^#\n]{1,80})#")
_EMOJI = re.compile(r"<img\b[^>]{0,300}?alt=[\"']?(\[[^\]\"'>]{1,20}\])[^>]{0,500}>")


def blog(told: Mapping[str, Any], page: Response) -> Post:
    """Return a post; a repost has the words of who reposted, and names what it reposts."""
    of = told.get("retweeted_status")
    number = str(told.get("mid") or told.get("idstr") or told["id"])
    html = _html(told)
    code, user = code_of(told.get("bid") or told.get("mblogid") or number), told.get("user") or {}
    likes, replies, reposts = (_count(told.get(f"{n}_count")) for n in ("attitudes", "comments", "reposts"))
    kept = {"source": told.get("source"), "region": told.get("region_name"), "mid": number,
            "paid": told.get("is_paid") or None, "cut": told.get("isLongText") or None}  # fmt: skip
    return Post(
        platform="weibo", native_id=code, kind="repost" if of else "post", author=author(user),
        url=f"{_BASE}/{user.get('id') or 'detail'}/{code}", published=time(told.get("created_at")),
        edited=time(told["edit_at"]) if told.get("edit_at") else None, first_seen=page.captured_at,
        text=plain(html), links=markup.links(html, "https://m.weibo.cn"), tags=_topics(html), media=_media(told),
        repost_of=_named(of),
        metrics=Metrics(
            likes=likes.number if likes else None, replies=replies.number if replies else None,
            reposts=reposts.number if reposts else None,
            granularity=granularity(likes=likes, replies=replies, reposts=reposts),
        ),
        metrics_at=page.captured_at, route="page", capture=page.capture,
        raw={name: value for name, value in kept.items() if value not in (None, "")},
    )  # fmt: skip


def code_of(name: str) -> str:
    """Return the short name of a post, which its addresses have, for its number: seven digits make four letters."""
    if not re.fullmatch(r"\d{16}", name):
        return name
    pieces = [int(name[max(0, end - 7) : end]) for end in range(len(name), 0, -7)]
    short = [_letters(piece).rjust(4, "0") for piece in pieces]
    return "".join(reversed(short)).lstrip("0")


def _letters(number: int) -> str:
    found = ""
    while number:
        number, rest = divmod(number, 62)
        found = _ALPHABET[rest] + found
    return found


def _named(of: Any) -> str | None:
    """Return the name of what is reposted; of what was deleted meanwhile little is left."""
    number = (of.get("bid") or of.get("mblogid") or of.get("mid") or of.get("id")) if isinstance(of, dict) else None
    return ids.ref("weibo", code_of(str(number))) if number else None


def comment(told: Mapping[str, Any], about: Mapping[str, Any], page: Response, above: str = "") -> Iterator[Post]:
    """Yield a comment, then the answers to it that stand beside it."""
    html, native_id = str(told.get("text") or ""), str(told["id"])
    root = str(about["root"])
    picture = (told.get("pic") or {}).get("large") or {}
    likes = told.get("like_count", told.get("like_counts"))
    post = Post(
        platform="weibo", native_id=native_id, url=f"{about['url']}?cid={native_id}", kind="comment",
        author=author(told.get("user") or {}), published=time(told.get("created_at")), first_seen=page.captured_at,
        text=plain(html), links=markup.links(html, "https://m.weibo.cn"), reply_to=above or root, root=root,
        media=(Media(url=picture["url"]),) if picture.get("url") else (),
        metrics=Metrics(likes=likes if isinstance(likes, int) else None, replies=told.get("total_number")),
        metrics_at=page.captured_at, route="page", capture=page.capture,
        raw={"source": told["source"]} if told.get("source") else {},
    )  # fmt: skip
    yield post
    answers = told.get("comments")
    for one in answers if isinstance(answers, list) and not above else ():
        if isinstance(one, dict):
            yield from comment(one, about, page, post.ref)


def profile(user: Mapping[str, Any], page: Response) -> Profile:
    """Return what an account shows of itself."""
    followers, following, posts = (
        _count(user.get(name)) for name in ("followers_count", "follow_count", "statuses_count")
    )
    return Profile(
        platform="weibo", author=author(user), bio=user.get("description") or None,
        avatar=user.get("avatar_hd") or user.get("profile_image_url"), banner=user.get("cover_image_phone"),
        counts=Counts(
            followers=followers.number if followers else None, following=following.number if following else None,
            posts=posts.number if posts else None,
            granularity=granularity(followers=followers, following=following, posts=posts),
        ),
        seen=page.captured_at, route="page", capture=page.capture,
        raw={"verified": user["verified_reason"]} if user.get("verified_reason") else {},
    )  # fmt: skip


def author(user: Mapping[str, Any]) -> Author:
    """Return who posted; a closed account leaves nothing."""
    number = user.get("id")
    return Author(
        native_id=number, handle=user.get("domain") or None, name=user.get("screen_name"),
        url=f"{_BASE}/u/{number}" if number else None,
    )  # fmt: skip


def time(said: Any) -> Instant:
    """Read "Wed Jan 27 04:05:45 +0800 2016"; what has no year, or says "yesterday", stays words."""
    words = str(said or "")
    try:
        at = datetime.strptime(words, "%a %b %d %H:%M:%S %z %Y")
    except ValueError:
        return times.unknown(words or None)
    return Instant(at=at, verbatim=words, precision="second")


def plain(html: str) -> str:
    """Return the words of a text; a small picture within it stands for its name: "[heart]"."""
    return markup.plain(_EMOJI.sub(r"\1", html))


def _html(told: Mapping[str, Any]) -> str:
    whole = told.get("longText") or {}
    return str((whole.get("longTextContent") if isinstance(whole, dict) else "") or told.get("text") or "")


def _topics(html: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(_TOPIC.findall(markup.plain(html))))[:50]


def _media(told: Mapping[str, Any]) -> tuple[Media, ...]:
    pictures = told.get("pics")
    if isinstance(pictures, dict):  # some answers number them
        pictures = list(pictures.values())
    found = [p.get("large", p).get("url") or p.get("url") for p in pictures or () if isinstance(p, dict)]
    infos = told.get("pic_infos")
    if isinstance(infos, dict):
        found += [(one.get("largest") or one.get("large") or {}).get("url") for one in infos.values()]
    media = [Media(url=url) for address in dict.fromkeys(found) if (url := absolute(address, _BASE))]
    info = told.get("page_info") or {}
    if isinstance(info, dict) and info.get("type") == "video":
        film = info.get("urls") or info.get("media_info") or {}
        url = next((absolute(str(value), _BASE) for value in film.values() if value), None)
        shown = absolute((info.get("page_pic") or {}).get("url"), _BASE)
        media += [Media(url=one, kind="video") for one in (url or shown,) if one]
    return tuple(media)


def _count(value: Any) -> Counted | None:
    if isinstance(value, int) and not isinstance(value, bool):
        return Counted(value, 1)
    return counted(value) if isinstance(value, str) else None
