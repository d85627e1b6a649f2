"""SoundCloud: a track, a comment or a user, as its interface answers them, becomes a record."""

from __future__ import annotations

import re
from typing import Any

from collectors.api import api_post, made
from collectors.base import Reader
from core import ids, times
from core.exchange import Response
from core.records import Author, Counts, Media, Metrics, Post, Profile
from core.times import Instant

COMMENTS = "comments"  # tracks and comments are numbered apart, so the same number may be one of each
TRACK_KNOWN = (  # fields of a track we know and do not keep
    "caption", "commentable", "display_date", "download_count", "downloadable", "duration", "embeddable_by",
    "full_duration", "has_downloads_left", "kind", "last_modified", "media", "monetization_model", "permalink",
    "public", "publisher_metadata", "purchase_title", "release_date", "secret_token", "sharing", "state",
    "station_permalink", "station_urn", "streamable", "track_authorization", "track_format", "uri", "urn", "user",
    "user_favorite", "user_id", "visuals", "waveform_url",
)  # fmt: skip
_COMMENT_KNOWN = ("kind", "self", "track", "uri", "user", "user_id")
_TAG = re.compile(r'"([^"]{1,200})"|(\S{1,200})')
_LINK = re.compile(r"https?://[^\s<>\"]{1,2000}")


def track(item: Reader, response: Response) -> Post:
    """Return a track with its words and its cover; the sound itself is streamed to players only."""
    text, artwork = item.maybe("description", str) or "", item.maybe("artwork_url", str)
    cover = re.sub(r"-large(?=\.\w+$)", "-t500x500", artwork) if artwork else item.maybe("user.avatar_url", str)
    shop = item.maybe("purchase_url", str)
    post = api_post(
        response, platform="soundcloud", native_id=str(item.take("id", int)), url=item.take("permalink_url", str),
        author=author(item.answer.get("user")), published=time(item.take("created_at", str)),
        title=item.maybe("title", str), text=text, tags=tags(item.maybe("tag_list", str)),
        links=tuple(dict.fromkeys((*links(text), *((shop,) if shop else ())))),
        media=(Media(url=cover),) if cover else (),
        metrics=made(
            Metrics, likes=item.maybe("likes_count", int), replies=item.maybe("comment_count", int),
            reposts=item.maybe("reposts_count", int), views=item.maybe("playback_count", int),
        ),
        raw=_kept(genre=item.maybe("genre", str), licence=item.maybe("license", str), policy=item.maybe("policy", str),
                  label=item.maybe("label_name", str), isrc=item.maybe("publisher_metadata.isrc", str)),
    )  # fmt: skip
    item.ignore(*TRACK_KNOWN)
    return post


def comment(item: Reader, response: Response, track_url: str) -> Post:
    """Return a comment; `timestamp` is the place in the track it was left at, in milliseconds, kept in raw."""
    native_id, text = str(item.take("id", int)), item.take("body", str)
    above = ids.ref("soundcloud", str(item.take("track_id", int)))
    to = re.match(r"@([\w-]{2,60}):?\s", text)  # an answer names whom it answers, and not the comment
    post = api_post(
        response, platform="soundcloud", site=COMMENTS, native_id=native_id, kind="comment",
        url=f"{track_url}/comment-{native_id}", author=author(item.answer.get("user")),
        published=time(item.take("created_at", str)), text=text, reply_to=above, root=above, links=links(text),
        mentions=(to[1],) if to else (), raw=_kept(timestamp=item.maybe("timestamp", int)),
    )  # fmt: skip
    item.ignore(*_COMMENT_KNOWN)
    return post


def author(user: Any) -> Author:
    """Return whose track or comment it is; a closed account leaves nothing."""
    told = Reader(user if isinstance(user, dict) else {}, "user")
    number = told.maybe("id", int)
    return made(
        Author, native_id=str(number) if number else None, handle=told.maybe("permalink", str),
        name=told.maybe("username", str), url=told.maybe("permalink_url", str),
    )  # fmt: skip


def profile(user: Reader, response: Response) -> Profile:
    """Return what a user shows of itself."""
    banner = user.maybe("visuals.visuals.0.visual_url", str)
    created = user.maybe("created_at", str)
    return made(
        Profile, platform="soundcloud", author=author(user.answer), bio=user.maybe("description", str),
        avatar=user.maybe("avatar_url", str), banner=banner, created=time(created) if created else None,
        links=links(user.maybe("description", str) or ""), seen=response.captured_at, route="api",
        capture=response.capture, raw=_kept(city=user.maybe("city", str), country=user.maybe("country_code", str)),
        counts=made(Counts, followers=user.maybe("followers_count", int), following=user.maybe("followings_count", int),
                    posts=user.maybe("track_count", int)),
    )  # fmt: skip


def time(said: str) -> Instant:
    """Read a time as either generation writes it: "2025-03-01T10:00:00Z" or "2025/03/01 10:00:00 +0000"."""
    old = re.fullmatch(r"(\d{4})/(\d{2})/(\d{2}) (\d{2}:\d{2}:\d{2}) \+0000", said)
    return times.from_iso(f"{old[1]}-{old[2]}-{old[3]}T{old[4]}Z" if old else said)


def tags(listed: str | None) -> tuple[str, ...]:
    """Return the tags of a list in which those of several words stand in quotation marks."""
    return tuple(dict.fromkeys(quoted or bare for quoted, bare in _TAG.findall((listed or "")[:10_000])))


def links(text: str) -> tuple[str, ...]:
    """Return the addresses a text holds."""
    return tuple(dict.fromkeys(url.rstrip(".,;:!?)") for url in _LINK.findall(text)))[:200]


def _kept(**raw: Any) -> dict[str, Any]:
    return {name: value for name, value in raw.items() if value not in (None, "")}
