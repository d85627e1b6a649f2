"""Posts of 9GAG, Imgur and Pinterest as their web pages get them."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator
from typing import Any

from core.records import Media, Post, Profile
from core.times import from_http, from_iso, unknown
from runner.imports.rows import (
    Seen,
    Unusable,
    counts,
    dig,
    made,
    metrics,
    moment,
    needed,
    parts,
    pictures,
    snapshot,
    strings,
    text,
    writer,
)  # fmt: skip

_PINTEREST = "https://www.pinterest.com"
_FILMS = ("V_720P", "V_HLSV4", "V_HLSV3_MOBILE", "v720P", "vHLSV4", "vHLSV3MOBILE")


def ninegag(seen: Seen) -> Iterator[Post | Profile]:
    """Yield the post of a row; posts without an author are anonymous, and stay so."""
    data = seen.data
    number = needed(data, "id", "id")
    user = dig(data, "creator") or {}
    handle = text(user, "username")
    author = writer(
        native_id=text(user, "userId", "accountId"), handle=handle, name=text(user, "fullName"),
        url=text(user, "profileUrl") or (f"https://9gag.com/u/{handle}" if handle else None),
    )  # fmt: skip
    yield from snapshot(
        seen, "9gag", author, bio=text(user, "about"), avatar=text(user, "avatarUrl"),
        created=_when(dig(user, "creationTs")),
    )  # fmt: skip
    sizes = [one for one in (dig(data, "images") or {}).values() if isinstance(one, dict)]
    films = sorted((s for s in sizes if "hasAudio" in s), key=_area, reverse=True)
    stills = sorted((s for s in sizes if "hasAudio" not in s), key=_area, reverse=True)
    film = text(films[0], "h265Url", "av1Url", "vp9Url", "vp8Url", "url") if films else None
    source = text(data, "sourceUrl")
    yield made(
        seen, platform="9gag", native_id=number, url=text(data, "url") or f"https://9gag.com/gag/{number}",
        kind="video" if film else "image", author=author, published=moment(dig(data, "creationTs")),
        title=text(data, "title"), text=text(data, "description"), community=text(data, "postSection.name"),
        links=(source,) if source and source.startswith("http") else (),
        tags=strings(text(t, "key") for t in parts(data, "tags")),
        media=pictures(film, kind="video") if film else pictures(*(text(s, "url") for s in stills[:1])),
        metrics=metrics(data, likes=("upVoteCount",), replies=("commentsCount",)),
    )  # fmt: skip


def imgur(seen: Seen) -> Iterator[Post | Profile]:
    """Yield the image or album of a row."""
    data = seen.data
    number = needed(data, "id", "id")
    if dig(data, "is_ad"):
        raise Unusable("is an advertisement, not a post")
    handle = text(data, "account.username", "account_url")
    author = writer(
        native_id=text(data, "account.id", "account_id"), handle=handle,
        url=f"https://imgur.com/user/{handle}" if handle else None,
    )  # fmt: skip
    shown = parts(data, "media") or [dig(data, "cover") or {}]
    yield from snapshot(seen, "imgur", author, avatar=text(data, "account.avatar_url"))
    yield made(
        seen, platform="imgur", native_id=number, url=text(data, "url") or f"https://imgur.com/gallery/{number}",
        kind="video" if all(text(m, "type") == "video" for m in shown) else "image", author=author,
        published=from_iso(text(data, "created_at")), title=text(data, "title"), text=text(data, "description"),
        tags=strings(text(t, "tag", "name") for t in parts(data, "tags")),
        media=tuple(m for one in shown for m in _of_imgur(one)),
        metrics=metrics(data, likes=("upvote_count",), replies=("comment_count",), views=("view_count",)),
    )  # fmt: skip


def pinterest(seen: Seen) -> Iterator[Post | Profile]:
    """Yield the pin of a row, from an answer of the site or read off a page (which shows less)."""
    data = seen.data
    number = _pin(data)
    user, board = dig(data, "pinner") or {}, text(data, "board.url")
    handle = text(user, "username")
    author = writer(
        native_id=_plain_id(text(user, "entityId", "id")), handle=handle, name=text(user, "full_name", "fullName"),
        url=f"{_PINTEREST}/{handle}/" if handle else None,
    )  # fmt: skip
    yield from snapshot(
        seen, "pinterest", author, avatar=text(user, "image_large_url", "imageLargeUrl", "image_medium_url"),
        counts=counts(user, followers=("follower_count", "followerCount")),
    )  # fmt: skip
    created, link = text(data, "created_at", "createdAt"), text(data, "link")
    alt = text(data, "alt_text", "altText")
    films = dig(data, "videos.video_list", "videos.videoList") or {}
    film = text(films, *(f"{size}.url" for size in _FILMS))
    picture = text(data, "images.orig.url", "imageSpec_orig.url", "images_orig.url", "image")
    reactions = dig(data, "reaction_counts", "reactionCounts")
    liked = [n for n in reactions.values() if isinstance(n, int)] if isinstance(reactions, dict) else []
    yield made(
        seen, platform="pinterest", native_id=number, kind="image", url=f"{_PINTEREST}/pin/{number}/", author=author,
        published=from_http(created) if created else unknown(), community=board.strip("/") if board else None,
        title=text(data, "title", "grid_title", "gridTitle"), text=text(data, "description", "body"),
        links=(link,) if link else (), media=pictures(picture, alt=alt) + pictures(film, kind="video", alt=alt),
        metrics=metrics(
            {**data, "liked": sum(liked) if liked else None}, likes=("liked",),
            replies=("comment_count", "commentCount"), reposts=("repin_count", "repinCount"),
        ),
    )  # fmt: skip


def _pin(data: Any) -> str:
    number = _plain_id(needed(data, "id", "entityId", "id"))
    if number is None or not number.isdecimal():
        raise Unusable("is no pin (its id is no number)")
    return number


def _plain_id(value: str | None) -> str | None:
    """Return a number out of the wrapped form of newer answers ("cGluOjI5ODc4..." is "pin:2987...")."""
    if value is None or value.isdecimal():
        return value
    try:
        return base64.b64decode(value, validate=True).decode("ascii").rpartition(":")[2] or None
    except (binascii.Error, UnicodeDecodeError, ValueError):
        return value


def _of_imgur(one: Any) -> tuple[Media, ...]:
    film = text(one, "type") == "video" or (text(one, "mime_type") or "").startswith("video/")
    alt = text(one, "metadata.description")
    return pictures(text(one, "url"), kind="video" if film else "image", alt=alt)


def _area(size: Any) -> int:
    width, height = dig(size, "width"), dig(size, "height")
    return width * height if isinstance(width, int) and isinstance(height, int) else 0


def _when(value: Any) -> Any:
    at = moment(value)
    return at if at.at else None
