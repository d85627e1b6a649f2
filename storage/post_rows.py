"""Turn a post into a row and a row into a post."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import orjson
from sqlalchemy import Row

from core.records import Author, Media, Metrics, Post
from core.times import Instant
from storage.bulk import Writer, as_json

COLUMNS = (
    "id", "ref", "platform", "site", "native_id", "url", "kind", "account_id", "author", "published_at",
    "published_from", "published_to", "published_verbatim", "published_precision", "published_source",
    "published_zone", "first_seen", "last_seen", "seen_at", "edited", "title", "text", "languages", "community",
    "reply_to", "root", "repost_of", "quotes", "links", "tags", "mentions", "media", "metrics", "metrics_at",
    "route", "capture", "raw", "shown_by", "version", "content_hash",
)  # fmt: skip
WORDING = ("title", "text", "edited", "links", "media", "raw")  # what a version keeps
_SECOND = timedelta(seconds=1)
_COUNTERS = ("likes", "replies", "reposts", "views")
METRICS = ("post_id", "at", *_COUNTERS, "granularity")


def wording_hash(post: Post) -> str:
    """Return the digest by which an edit is known: title, text, links, pictures, and the time of the edit.

    Only the path of a picture's address counts: platforms sign the rest anew for each visitor.
    """
    media = [(item.kind, item.url and item.url.split("?", 1)[0], item.alt) for item in post.media]
    edited = post.edited.at if post.edited else None
    return hashlib.sha256(orjson.dumps((post.title, post.text, post.links, media, edited))).hexdigest()


@dataclass(slots=True)
class Standing:
    """What storage knows of a post beyond the record: its numbers, its counters, when and by whom it was seen."""

    number: int
    account_id: int | None
    counts: dict[str, Any]
    first_seen: datetime
    last_seen: datetime
    metrics_at: datetime | None
    seen_at: datetime
    shown_by: int | None
    version: int
    content_hash: str


def to_row(writer: Writer, post: Post, ref: str, standing: Standing) -> tuple[Any, ...]:
    """Return the values of `COLUMNS`."""
    at, published = writer.at, post.published
    start, end = _bounds(published)
    return (
        standing.number, ref, post.platform, post.site, post.native_id, post.url, post.kind, standing.account_id,
        as_json(_shown(post.author)), at(published.at), at(start), at(end), published.verbatim, published.precision,
        published.source, published.zone, at(standing.first_seen), at(standing.last_seen), at(standing.seen_at),
        _instant(post.edited), post.title, post.text, as_json(post.languages), post.community, post.reply_to,
        post.root, post.repost_of, post.quotes, as_json(post.links), as_json(post.tags), as_json(post.mentions),
        _media(post.media), as_json(standing.counts), at(standing.metrics_at), post.route, post.capture,
        as_json(post.raw), standing.shown_by, standing.version, standing.content_hash,
    )  # fmt: skip


def _bounds(published: Instant) -> tuple[datetime, datetime] | tuple[None, None]:
    at = published.at
    if at is not None and published.precision == "second" and published.zone != "unknown" and not at.microsecond:
        return at, at + _SECOND  # nearly all posts
    return published.interval() or (None, None)


def to_post(row: Row[Any]) -> Post:
    """Return the post of a row as it stands now."""
    return Post.model_construct(
        v=1, platform=row.platform, site=row.site, native_id=row.native_id, url=row.url, kind=row.kind,
        author=Author.model_construct(**(row.author or {})), published=_published(row), first_seen=row.first_seen,
        **wording_fields(row._asdict()), languages=tuple(row.languages or ()), community=row.community,
        reply_to=row.reply_to, root=row.root, repost_of=row.repost_of, quotes=row.quotes, tags=tuple(row.tags or ()),
        mentions=tuple(row.mentions or ()), metrics=Metrics.model_construct(**(row.metrics or {})),
        metrics_at=row.metrics_at, route=row.route, capture=row.capture,
    )  # fmt: skip


def wording_fields(stored: Any) -> dict[str, Any]:
    """Return the fields of a wording, from a row's mapping or a version's content, as a Post takes them."""
    edited = stored["edited"]
    return {
        "title": stored["title"],
        "text": stored["text"],
        "edited": Instant.model_validate(edited) if edited else None,
        "links": tuple(stored["links"] or ()),
        "media": tuple(Media.model_construct(**item) for item in stored["media"] or ()),
        "raw": stored["raw"] or {},
    }


def wording(post: Post) -> str:
    """Return the wording of a post as JSON, for a version."""
    content = {
        "title": post.title, "text": post.text, "links": post.links, "raw": post.raw,
        "media": [_shown(item) for item in post.media],
        "edited": post.edited.model_dump() if post.edited else None,
    }  # fmt: skip
    return orjson.dumps(content).decode()


def counts(metrics: Metrics) -> dict[str, Any]:
    """Return the counters that were shown, and the steps of those that were rounded."""
    return _shown(metrics)


def counted(number: int, at: Any, shown: dict[str, Any]) -> tuple[Any, ...]:
    """Return the values of `METRICS`: the counters of a post at one moment."""
    return (number, at, *map(shown.get, _COUNTERS), as_json(shown.get("granularity")))


def _shown(record: Author | Media | Metrics) -> dict[str, Any]:
    return {name: value for name, value in record.__dict__.items() if value is not None}


def _media(media: tuple[Media, ...]) -> str | None:
    return as_json([_shown(item) for item in media]) if media else None


def _instant(instant: Instant | None) -> str | None:
    return as_json(instant.model_dump()) if instant else None


def _published(row: Row[Any]) -> Instant:
    return Instant.model_construct(
        at=row.published_at, verbatim=row.published_verbatim, precision=row.published_precision,
        source=row.published_source, zone=row.published_zone,
    )  # fmt: skip
