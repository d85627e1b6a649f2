"""Posts, reels and comments of Instagram and Threads as their web pages get them, in each shape they have had."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import parse_qs, urlsplit

from core.records import Author, Media, Post, Profile
from core.shortcodes import code_of
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

_INSTAGRAM, _THREADS = "https://www.instagram.com", "https://www.threads.com"


def instagram(seen: Seen) -> Iterator[Post | Profile]:
    """Yield the post, reel or comment of a row."""
    data = seen.data
    if dig(data, "product_type") == "ad" or "ig_redirect" in (text(data, "link") or ""):
        raise Unusable("is an advertisement, not a post")
    if isinstance(dig(data, "text"), str) and dig(data, "comment_id", "pk", "id") and not dig(data, "code"):
        yield from _comment(seen)
        return
    code = _code(data)
    owner = (dig(data, "owner.username") and dig(data, "owner")) or dig(data, "user", "owner") or {}
    words = text(data, "caption.text", "edge_media_to_caption.edges.0.node.text")
    if words is None and isinstance(dig(data, "caption"), str):
        words = text(data, "caption")
    media = _media(data)
    reel = dig(data, "product_type") == "clips"
    author = _author(owner)
    yield from _profile(seen, "instagram", owner, author)
    yield made(
        seen, platform="instagram", native_id=code, url=f"{_INSTAGRAM}/{'reel' if reel else 'p'}/{code}/",
        kind="video" if media and all(m.kind == "video" for m in media) else "image" if media else "post",
        author=author, published=moment(dig(data, "taken_at_timestamp", "taken_at")), text=words,
        community=text(data, "location.name"), tags=tags(words), mentions=mentions(words), media=media,
        metrics=metrics(
            data, likes=("edge_media_preview_like.count", "edge_liked_by.count", "like_count"),
            replies=("edge_media_to_comment.count", "edge_media_preview_comment.count", "comment_count"),
            reposts=("media_repost_count", "reshare_count"), views=("video_view_count", "play_count", "view_count"),
        ),
    )  # fmt: skip


def threads(seen: Seen) -> Iterator[Post | Profile]:
    """Yield the post of a row."""
    data = dig(seen.data, "post") if isinstance(dig(seen.data, "post.pk"), str | int) else seen.data
    code = _code(data)
    user, about = dig(data, "user") or {}, dig(data, "text_post_app_info") or {}
    words = text(data, "caption.text") or "".join(
        text(piece, "plaintext") or "" for piece in parts(about, "text_fragments.fragments")
    )
    author = _author(user, _THREADS)
    quoted, shared = (dig(about, f"share_info.{kind}_post") for kind in ("quoted", "reposted"))
    link = text(about, "link_preview_attachment.url")
    yield from _profile(seen, "threads", user, author)
    yield made(
        seen, platform="threads", native_id=code, url=f"{author.url or _THREADS}/post/{code}",
        kind="repost" if shared else "post", author=author, published=moment(dig(data, "taken_at")), text=words,
        repost_of=f"threads:{_code(shared)}" if shared else None,
        quotes=f"threads:{_code(quoted)}" if quoted else None, reply_to=_replied(about),
        links=strings([_target(link)]) if link else (), tags=tags(words), mentions=mentions(words), media=_media(data),
        metrics=metrics(
            {**data, "info": about}, likes=("like_count",), replies=("info.direct_reply_count",),
            reposts=("info.repost_count",), views=("view_counts", "view_count"),
        ),
    )  # fmt: skip


def _comment(seen: Seen) -> Iterator[Post | Profile]:
    data = seen.data
    number = needed(data, "id", "comment_id", "pk", "id")
    user = dig(data, "user", "owner") or {}
    code = text(data, "post_shortcode")
    post = text(data, "post_id", "media_id", "media_pk")
    if code is None and post:
        code = _coded(post)
    root = f"instagram:{code}" if code else None
    parent = text(data, "parent_comment_id", "replied_to_comment_id")
    author, words = _author(user), text(data, "text")
    yield from _profile(seen, "instagram", user, author)
    yield made(
        seen, platform="instagram", native_id=number, kind="comment", author=author,
        url=f"{_INSTAGRAM}/p/{code}/c/{number}/" if code else None,
        published=moment(dig(data, "created_at_utc", "created_at")), text=words, root=root,
        reply_to=f"instagram:{parent}" if parent else root, tags=tags(words), mentions=mentions(words),
        metrics=metrics(
            data, likes=("comment_like_count", "edge_liked_by.count"),
            replies=("child_comment_count", "edge_threaded_comments.count"),
        ),
    )  # fmt: skip


def _code(data: Any) -> str:
    """Return the code of a post: the one name that every way of reading it shows."""
    code = text(data, "shortcode", "code")
    if code is None:
        number = needed(data, "code and no id", "pk", "id")
        code = _coded(number)
        if code is None:
            raise Unusable(f"has no code, and its id {number[:40]!r} stands for none")
    return code


def _coded(number: str) -> str | None:
    try:
        return code_of(number)
    except ValueError:
        return None


def _author(user: Any, home: str = _INSTAGRAM) -> Author:
    handle = text(user, "username", "unique_id")
    at = "@" if home == _THREADS else ""
    end = "" if home == _THREADS else "/"
    return writer(
        native_id=text(user, "pk", "pk_id", "id"), handle=handle, name=text(user, "full_name", "nickname"),
        url=f"{home}/{at}{handle}{end}" if handle else None,
    )  # fmt: skip


def _profile(seen: Seen, platform: str, user: Any, author: Author) -> Iterator[Profile]:
    yield from snapshot(
        seen, platform, author, bio=text(user, "biography"),
        avatar=text(user, "hd_profile_pic_url_info.url", "profile_pic_url_hd", "profile_pic_url", "avatar_thumb"),
        counts=counts(
            user, followers=("follower_count", "edge_followed_by.count"), following=("following_count",),
            posts=("media_count", "edge_owner_to_timeline_media.count"),
        ),
    )  # fmt: skip


def _media(data: Any) -> tuple[Media, ...]:
    """Return what a post shows; of a carousel each picture and film."""
    children = parts(data, "carousel_media") or [
        dig(edge, "node") or {} for edge in parts(data, "edge_sidecar_to_children.edges")
    ]
    found: dict[str | None, Media] = {}
    for one in children or [data]:
        for media in _shown(one):
            found.setdefault(media.url, media)
    return tuple(found.values())


def _shown(one: Mapping[str, Any]) -> tuple[Media, ...]:
    alt = text(one, "accessibility_caption")
    film = text(one, "video_url", "video_versions.0.url")
    if film:
        return pictures(film, kind="video", alt=alt)
    picture = text(one, "image_versions2.candidates.0.url", "display_url", "display_uri", "thumbnail_src")
    sound = text(one, "audio.audio_src")
    return pictures(picture, alt=alt) + (pictures(sound, kind="audio") if sound else ())


def _replied(about: Any) -> str | None:
    number = text(about, "reply_to_post.pk", "replied_to_post.pk")
    code = text(about, "reply_to_post.code", "replied_to_post.code") or (_coded(number) if number else None)
    return f"threads:{code}" if code else None


def _target(link: str) -> str:
    """Return where a link of Threads leads: it goes through a redirect that names its end."""
    told = urlsplit(link)
    if told.netloc in ("l.threads.com", "l.threads.net", "l.instagram.com"):
        return (parse_qs(told.query).get("u") or [link])[0]
    return link
