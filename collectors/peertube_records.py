"""Read the records of PeerTube: videos, comments, accounts and channels."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from collectors.api import api_post, made
from collectors.base import Reader
from core import ids, markup, times
from core.exchange import Response
from core.records import Author, Counts, Media, Metrics, Post, Profile

_SHORT = "123456789abcdefghijkmnopqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ"  # digits of a short id
_KNOWN = (  # fields we know and do not keep
    "account", "aspectRatio", "blacklisted", "blacklistedReason", "category", "channel", "commentsEnabled",
    "commentsPolicy", "createdAt", "currentTime", "dislikes", "downloadEnabled", "duration", "embedPath", "embedUrl",
    "files", "id", "inputFileUpdatedAt", "isLive", "isLocal", "licence", "liveSchedules", "nsfw", "nsfwFlags",
    "nsfwSummary", "originallyPublishedAt", "playerSettings", "pluginData", "previewPath", "previewUrl", "privacy",
    "scheduledUpdate", "shortUUID", "state", "streamingPlaylists", "support", "thumbnailPath", "thumbnails",
    "thumbnailUrl", "trackerUrls", "truncatedDescription", "updatedAt", "userHistory", "viewers", "waitTranscoding",
)  # fmt: skip
_COMMENT = (
    "account", "deletedAt", "heldForReview", "threadId", "totalReplies", "totalRepliesFromVideoAuthor", "updatedAt",
    "videoId",
)  # fmt: skip


def video(item: Reader, response: Response, platform: str) -> Post:
    """Return a video; its number of the federation is the same on every instance."""
    channel, language = item.maybe("channel", dict), item.maybe("language.id")
    account = item.maybe("account", dict) or {}
    text = item.maybe("description", str) or item.maybe("truncatedDescription", str)
    item.ignore("language", *_KNOWN)
    return api_post(
        response, platform=platform, native_id=item.take("uuid", str), kind="video",
        url=item.maybe("url", str) or _page(response, item.take("uuid", str)),
        author=_author(channel or account), published=times.from_iso(item.take("publishedAt", str)),
        title=item.take("name", str), text=text, languages=(str(language),) if language else (),
        tags=tuple(map(str, item.maybe("tags", list) or ())), media=_media(item, response),
        metrics=made(
            Metrics, likes=item.maybe("likes", int), views=item.maybe("views", int),
            replies=item.maybe("comments", int),
        ),
        raw={"account": _handle(account)} if channel and account.get("name") else {},
    )  # fmt: skip


def profile(account: Any, response: Response, platform: str) -> Profile | None:
    """Return what an answer shows of an account or a channel, where it shows more than its name."""
    if not isinstance(account, dict) or not any(key in account for key in ("description", "followersCount")):
        return None
    shown = Reader(account, "account", url=response.url)
    pictures = [_largest(account, "avatars"), _largest(account, "banners")]
    return made(
        Profile, platform=platform, author=_author(account), seen=response.captured_at,
        bio=markup.plain(shown.maybe("description", str) or "") or None, avatar=pictures[0], banner=pictures[1],
        created=times.from_iso(shown.maybe("createdAt", str)), route="api", capture=response.capture,
        counts=made(
            Counts, followers=shown.maybe("followersCount", int), following=shown.maybe("followingCount", int),
        ),
    )  # fmt: skip


def comment(item: Reader, response: Response, platform: str, page: str, root: str, above: str | None) -> Post:
    """Return a comment; its number counts on this instance only."""
    html, account = item.maybe("text", str) or "", item.maybe("account", dict)
    answers = item.maybe("inReplyToCommentId") or above
    site = urlsplit(response.url).netloc.lower()
    item.ignore(*_COMMENT)
    post = api_post(
        response, platform=platform, site=site, native_id=str(item.take("id", int)), kind="comment",
        url=item.maybe("url", str) or page, author=_author(account or {}), root=root,
        reply_to=ids.ref(platform, str(answers), site) if answers else root,
        published=times.from_iso(item.take("createdAt", str)), text=markup.plain(html) or None,
        links=markup.links(html), metrics=made(Metrics, replies=item.maybe("totalReplies", int)),
    )  # fmt: skip
    item.ignore("isDeleted")
    return post


def _author(account: Mapping[str, Any]) -> Author:
    shown = Reader(account, "account")
    url = shown.maybe("url", str)
    return made(
        Author, native_id=url, handle=shown.maybe("name", str), name=shown.maybe("displayName", str), url=url
    )  # fmt: skip


def _handle(account: Mapping[str, Any]) -> str | None:
    name, host = account.get("name"), account.get("host")
    return f"{name}@{host}" if name and host else str(name) if name else None


def _media(item: Reader, response: Response) -> tuple[Media, ...]:
    """Return the video by the address of its preview: the films themselves lie in pieces of many sizes."""
    path = item.maybe("previewPath", str) or item.maybe("thumbnailPath", str)
    address = markup.absolute(path, response.url) if path else item.maybe("previewUrl", str)
    return (Media(url=address, kind="image"),) if address else ()


def _largest(account: Mapping[str, Any], name: str) -> str | None:
    pictures = [one for one in account.get(name) or () if isinstance(one, dict)]
    best = max(pictures, key=_width, default={})
    address = best.get("fileUrl") or best.get("path")
    return markup.absolute(address, f"https://{account.get('host')}/") if isinstance(address, str) else None


def _width(picture: Mapping[str, Any]) -> int:
    width = picture.get("width")
    return width if isinstance(width, int) else 0


def _page(response: Response, video: str) -> str:
    there = urlsplit(response.url)
    return f"{there.scheme}://{there.netloc}/videos/watch/{video}"


def long_id(video: str) -> str:
    """Return the number of a video as the federation writes it; addresses also carry it in 58 digits."""
    if "-" in video or any(digit not in _SHORT for digit in video):
        return video
    number = 0
    for digit in video:
        number = number * len(_SHORT) + _SHORT.index(digit)
    return str(uuid.UUID(int=number)) if number < 1 << 128 else video
