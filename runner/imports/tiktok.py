"""Videos and comments of TikTok, videos of Douyin, as their web pages get them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from core.records import Post, Profile
from runner.imports.rows import (
    Seen,
    Unusable,
    counts,
    dig,
    made,
    mentions,
    metrics,
    moment,
    needed,
    parts,
    pictures,
    snapshot,
    strings,
    tags,
    text,
    writer,
)  # fmt: skip

_HOME = "https://www.tiktok.com"
_DOUYIN = "https://www.douyin.com"


def tiktok(seen: Seen) -> Iterator[Post | Profile]:
    """Yield the video, the picture series or the comment of a row."""
    data = seen.data
    if dig(data, "cid"):
        yield from _comment(seen)
        return
    number = needed(data, "id", "id", "video_id")
    stated = dig(data, "author")
    user = stated if isinstance(stated, dict) else {"uniqueId": stated, "id": dig(data, "authorId"),
                                                     "nickname": dig(data, "nickname")}  # fmt: skip
    if not isinstance(dig(data, "video"), dict) and dig(data, "createTime") is None:
        raise Unusable("is no video of a known shape (it has neither video nor createTime)")
    author, words = _author(user), text(data, "desc", "contents.0.desc")
    stats = dig(data, "authorStatsV2", "authorStats", "authorStats") or {}
    yield from snapshot(
        seen, "tiktok", author, bio=text(user, "signature"), created=_created(user),
        avatar=text(user, "avatarLarger", "avatarMedium", "avatarThumb"),
        counts=counts(stats, followers=("followerCount",), following=("followingCount",), posts=("videoCount",)),
    )  # fmt: skip
    slides = [text(one, "imageURL.urlList.0") for one in parts(data, "imagePost.images")]
    film = text(data, "video.playAddr", "video.downloadAddr", "video.bitrateInfo.0.PlayAddr.UrlList.0")
    extra = parts(data, "textExtra") + [t for piece in parts(data, "contents") for t in parts(piece, "textExtra")]
    place = f"@{author.handle}" if author.handle else "@"
    original = text(data, "duetInfo.duetFromId")
    yield made(
        seen, platform="tiktok", native_id=number, kind="image" if slides else "video", author=author,
        url=f"{_HOME}/{place}/{'photo' if slides else 'video'}/{number}",
        published=moment(dig(data, "createTime", "create_time")), text=words,
        quotes=f"tiktok:{original}" if original and original != "0" else None,
        languages=strings([text(data, "textLanguage")]) if text(data, "textLanguage") != "un" else (),
        tags=strings(text(t, "hashtagName") for t in extra) or tags(words),
        mentions=strings(text(t, "userUniqueId") for t in extra) or mentions(words),
        media=pictures(*slides) if slides else pictures(film, kind="video") or pictures(text(data, "video.cover")),
        metrics=metrics(
            data, likes=("statsV2.diggCount", "stats.diggCount"),
            replies=("statsV2.commentCount", "stats.commentCount"),
            reposts=("statsV2.shareCount", "stats.shareCount"), views=("statsV2.playCount", "stats.playCount"),
        ),
    )  # fmt: skip


def _comment(seen: Seen) -> Iterator[Post | Profile]:
    data, user = seen.data, dig(seen.data, "user") or {}
    number, video = needed(data, "cid", "cid"), needed(data, "aweme_id", "aweme_id")
    above = text(data, "reply_id")
    author = _author(user)
    yield from snapshot(
        seen, "tiktok", author, bio=text(user, "signature"),
        avatar=text(user, "avatar_larger.url_list.0", "avatar_thumb.url_list.0"),
        counts=counts(user, followers=("follower_count",), following=("following_count",), posts=("aweme_count",)),
    )  # fmt: skip
    yield made(
        seen, platform="tiktok", native_id=number, kind="comment", author=author, url=text(data, "share_info.url"),
        published=moment(dig(data, "create_time")), text=text(data, "text"), root=f"tiktok:{video}",
        reply_to=f"tiktok:{above if above and above != '0' else video}",
        languages=strings([text(data, "comment_language")]) if text(data, "comment_language") != "un" else (),
        tags=tags(text(data, "text")), mentions=mentions(text(data, "text")),
        media=pictures(*(text(one, "origin_url.url_list.0") for one in parts(data, "image_list"))),
        metrics=metrics(data, likes=("digg_count",), replies=("reply_comment_total",)),
    )  # fmt: skip


def douyin(seen: Seen) -> Iterator[Post | Profile]:
    """Yield the video, the picture series or the stream of a row."""
    data = seen.data
    number = needed(data, "id", "aweme_id", "awemeId", "id")
    stream = dig(data, "rawdata", "cell_room.rawdata", "cellRoom.rawdata")
    stream = _inner(stream) if isinstance(stream, str) else stream
    user = dig(stream, "owner") or dig(data, "authorInfo") or dig(data, "author") or {}
    key = text(user, "sec_uid", "secUid")
    author = writer(
        native_id=text(user, "uid", "id") or text(data, "author_user_id", "authorUserId"),
        handle=text(user, "unique_id", "uniqueId"), name=text(user, "nickname"),
        url=f"{_DOUYIN}/user/{key}" if key else None,
    )  # fmt: skip
    yield from snapshot(
        seen, "douyin", author, bio=text(user, "signature"),
        avatar=text(user, "avatar_larger.url_list.0", "avatar_thumb.url_list.0", "avatarThumb.urlList.0"),
        counts=counts(user, followers=("follower_count", "followerCount"), posts=("aweme_count", "awemeCount")),
    )  # fmt: skip
    words = text(stream, "title") if stream else text(data, "desc")
    slides = [text(one, "url_list.0", "urlList.0") for one in parts(data, "images")]
    film = text(
        data, "video.play_addr.url_list.0", "video.bit_rate.0.play_addr.url_list.0", "video.playApi",
        "video.bitRateList.0.playApi",
    )  # fmt: skip
    yield made(
        seen, platform="douyin", native_id=number, kind="image" if slides else "video", author=author,
        url=f"{_DOUYIN}/{'note' if slides else 'video'}/{number}",
        published=moment(dig(stream, "create_time", "createtime") or dig(data, "create_time", "createTime")),
        text=words,
        tags=strings(text(t, "hashtag_name", "hashtagName") for t in parts(data, "text_extra", "textExtra")),
        media=pictures(*slides) if slides else pictures(film, kind="video"),
        metrics=metrics(
            data, likes=("statistics.digg_count", "stats.diggCount"),
            replies=("statistics.comment_count", "stats.commentCount"),
            reposts=("statistics.share_count", "stats.shareCount"),
            views=("statistics.play_count", "stats.playCount"),
        ),
    )  # fmt: skip


def _author(user: Any) -> Any:
    handle = text(user, "uniqueId", "unique_id")
    return writer(
        native_id=text(user, "id", "uid"), handle=handle, name=text(user, "nickname"),
        url=f"{_HOME}/@{handle}" if handle else None,
    )  # fmt: skip


def _created(user: Any) -> Any:
    at = moment(dig(user, "createTime"))
    return at if at.at else None


def _inner(value: str) -> Any:
    try:
        return json.loads(value)
    except (ValueError, RecursionError):
        return None
