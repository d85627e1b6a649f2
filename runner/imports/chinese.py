"""Notes and comments of Xiaohongshu (RedNote), videos of Bilibili, as their web pages get them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from core.records import Post, Profile
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
    tags,
    text,
    writer,
)  # fmt: skip

_XHS = "https://www.xiaohongshu.com"


def xiaohongshu(seen: Seen) -> Iterator[Post | Profile]:
    """Yield the note or the comment of a row; the address carries the token without which it does not open."""
    data = seen.data
    if "sub_comment_count" in data or (dig(data, "note_id") and isinstance(dig(data, "content"), str)):
        yield from _comment(seen)
        return
    note = dig(data, "note_card", "note")
    note = note if isinstance(note, dict) else data
    number = needed(data, "id", "id", "note_id", "note.noteId")
    user = dig(note, "user") or {}
    if not user and not text(data, "title", "author_name"):
        raise Unusable("is a preview without a note in it")
    author = writer(
        native_id=text(user, "user_id", "userId"), name=text(user, "nickname", "nick_name", "nickName") or
        text(data, "author_name"), url=_home(user),
    )  # fmt: skip
    yield from snapshot(seen, "xiaohongshu", author, avatar=text(user, "avatar") or text(data, "author_avatar_url"))
    token, words = text(data, "xsec_token", "xsecToken", "note.xsecToken"), text(note, "desc")
    film = text(note, "video.media.stream.h264.0.master_url", "video.media.stream.h264.0.masterUrl")
    images = [_picture(one) for one in parts(note, "image_list", "imageList")]
    images = images or [text(note, "cover.url_default", "cover.urlDefault"), text(data, "thumbnail_url")]
    path = text(data, "url") if text(data, "_zs-origin") == "html" else None
    plain_address = f"{_XHS}/explore/{number}" + (f"?xsec_token={token}" if token else "")
    named = strings(text(t, "name") for t in parts(note, "tag_list", "tagList"))
    yield made(
        seen, platform="xiaohongshu", native_id=number, kind="video" if film else "image", author=author,
        url=f"{_XHS}{path}" if path and path.startswith("/") else plain_address,
        published=moment(dig(note, "time")), title=text(note, "display_title", "displayTitle", "title"), text=words,
        tags=named or tags(words), media=pictures(film, kind="video") or pictures(*images),
        metrics=metrics(
            {"n": note, "d": data}, likes=("n.interact_info.liked_count", "n.interactInfo.likedCount", "d.likes"),
            replies=("n.interact_info.comment_count", "n.interactInfo.commentCount"),
            reposts=("n.interact_info.share_count", "n.interact_info.shared_count", "n.interactInfo.shareCount"),
        ),
    )  # fmt: skip


def _comment(seen: Seen) -> Iterator[Post | Profile]:
    data, user = seen.data, dig(seen.data, "user_info", "userInfo") or {}
    number, note = needed(data, "id", "id"), text(data, "note_id", "noteId")
    above = text(data, "target_comment.id", "targetComment.id")
    root = f"xiaohongshu:{note}" if note else None
    author = writer(native_id=text(user, "user_id", "userId"), name=text(user, "nickname"), url=_home(user))
    yield from snapshot(seen, "xiaohongshu", author, avatar=text(user, "image"))
    yield made(
        seen, platform="xiaohongshu", native_id=number, kind="comment", author=author, root=root,
        url=f"{_XHS}/explore/{note}" if note else None, published=moment(dig(data, "create_time", "createTime")),
        text=text(data, "content"), reply_to=f"xiaohongshu:{above}" if above else root,
        media=pictures(*(text(p, "url_default", "urlDefault") for p in parts(data, "pictures"))),
        metrics=metrics(
            data, likes=("like_count", "likeCount"), replies=("sub_comment_count", "subCommentCount"),
        ),
    )  # fmt: skip


def bilibili(seen: Seen) -> Iterator[Post | Profile]:
    """Yield the video of a row."""
    data = seen.data
    number = text(data, "bvid", "videoData.bvid")
    if number is None:
        raise Unusable("is no video (it has no bvid); streams and advertisements are not read")
    user = dig(data, "owner", "upData") or {}
    key = text(user, "mid") or text(data, "mid")
    author = writer(
        native_id=key, name=text(user, "name") or text(data, "author"),
        url=f"https://space.bilibili.com/{key}" if key else None,
    )  # fmt: skip
    yield from snapshot(
        seen,
        "bilibili",
        author,
        bio=text(user, "sign"),
        avatar=text(user, "face"),
        counts=counts(user, followers=("fans",)),
    )
    yield made(
        seen, platform="bilibili", native_id=number, url=f"https://www.bilibili.com/video/{number}/", kind="video",
        author=author, published=moment(dig(data, "pubdate", "ctime", "created")), title=text(data, "title"),
        text=text(data, "desc", "description", "dynamic"), community=text(data, "tname"),
        media=pictures(text(data, "pic", "cover")),
        metrics=metrics(
            data, likes=("stat.like",), replies=("stat.reply", "video_review"), reposts=("stat.share",),
            views=("stat.view", "play"),
        ),
    )  # fmt: skip


def _home(user: Any) -> str | None:
    key = text(user, "user_id", "userId")
    return f"{_XHS}/user/profile/{key}" if key else None


def _picture(one: Any) -> str | None:
    told = [i for i in parts(one, "info_list", "infoList") if text(i, "image_scene", "imageScene") == "WB_DFT"]
    return text(one, "url_default", "urlDefault") or text(dict(enumerate(told)).get(0, one), "url")
