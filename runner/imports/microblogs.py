"""Posts of Truth Social, Gab and Parler as their web pages get them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from core.markup import links as links_in
from core.markup import plain
from core.records import Media, MediaKind, Post, Profile
from core.times import from_iso
from runner.imports.rows import (
    Seen,
    Unusable,
    counts,
    dig,
    made,
    metrics,
    needed,
    parts,
    pictures,
    snapshot,
    strings,
    tags,
    text,
    writer,
)  # fmt: skip

_KINDS: dict[str, MediaKind] = {"image": "image", "video": "video", "gifv": "video", "audio": "audio"}
_GAB = "https://gab.com"


def truth(seen: Seen) -> Iterator[Post | Profile]:
    """Yield the post of a row; Truth Social speaks the tongue of Mastodon."""
    yield from _status(seen, "truthsocial", "https://truthsocial.com")


def gab(seen: Seen) -> Iterator[Post | Profile]:
    """Yield the post of a row: in the short names of today's answers, or in the long ones of earlier years."""
    data = seen.data
    if "content" in data or "account" in data:
        if dig(data, "type") in ("group", "user"):
            raise Unusable(f"is a {data['type']}, not a post")
        yield from _status(seen, "gab", _GAB)
        return
    number, user = needed(data, "id", "i"), dig(data, "author_info") or {}
    handle = text(user, "ac", "un")
    author = writer(
        native_id=text(user, "i") or text(data, "ai"), handle=handle, name=text(user, "dn"),
        url=text(user, "ul") or (f"{_GAB}/{handle}" if handle else None),
    )  # fmt: skip
    yield from snapshot(
        seen, "gab", author, bio=plain(text(user, "nt") or ""), avatar=text(user, "av", "avs"),
        counts=counts(user, followers=("fc",), following=("fgc",), posts=("sc",)),
    )  # fmt: skip
    words, link = text(data, "p") or plain(text(data, "c") or ""), text(data, "link_info.url")
    above, quoted, again = text(data, "iri", "irti"), text(data, "qi"), text(data, "r.i")
    yield made(
        seen, platform="gab", native_id=number, url=text(data, "ul"), author=author, kind="repost" if again else "post",
        published=from_iso(text(data, "ca"), zoneless="utc"), text=words, community=text(data, "g.title"),
        reply_to=f"gab:{above}" if above else None, quotes=f"gab:{quoted}" if quoted else None,
        repost_of=f"gab:{again}" if again else None, links=(link,) if link else (), tags=tags(words),
        media=tuple(m for one in parts(data, "image_info") for m in pictures(text(one, "u", "pu", "ru"))),
        metrics=metrics(data, likes=("fbc", "fc"), replies=("rc",), reposts=("rbc",)),
    )  # fmt: skip


def parler(seen: Seen) -> Iterator[Post | Profile]:
    """Yield the post of a row."""
    data = dig(seen.data, "primary") or seen.data
    number, user = needed(data, "id", "uuid", "id", "ulid"), dig(seen.data, "author", "user") or data
    handle = text(user, "username")
    author = writer(
        native_id=text(user, "uuid", "user_id"), handle=handle, name=text(user, "name"),
        url=f"https://parler.com/{handle}" if handle else None,
    )  # fmt: skip
    words = plain(text(data, "body", "full_body") or "")
    yield made(
        seen, platform="parler", native_id=number, url=f"https://parler.com/feed/{number}", author=author,
        published=from_iso(text(data, "date_str", "date_created", "created_at")), text=words, tags=tags(words),
        media=pictures(text(data, "image"), text(data, "image_data")),
        metrics=metrics(data, likes=("upvotes",), replies=("commentCount", "comment_count"), reposts=("echoes",)),
    )  # fmt: skip


def _status(seen: Seen, platform: str, home: str) -> Iterator[Post | Profile]:
    data, user = seen.data, dig(seen.data, "account") or {}
    number, handle = needed(data, "id", "id"), text(user, "acct", "username")
    author = writer(
        native_id=text(user, "id"), handle=handle, name=text(user, "display_name"),
        url=text(user, "url") or (f"{home}/@{handle}" if handle else None),
    )  # fmt: skip
    made_at = from_iso(text(user, "created_at"))
    yield from snapshot(
        seen, platform, author, bio=plain(text(user, "note") or ""), avatar=text(user, "avatar"),
        banner=text(user, "header"), created=made_at if made_at.at else None,
        counts=counts(user, followers=("followers_count",), following=("following_count",), posts=("statuses_count",)),
    )  # fmt: skip
    again = dig(data, "reblog")
    shown = again if isinstance(again, dict) else data
    html = text(shown, "content") or ""
    names = strings(text(m, "acct", "username") for m in parts(shown, "mentions"))
    above = text(data, "in_reply_to_id", "in_reply_to.id")
    quoted, origin = text(data, "quote_id", "quote.id"), text(again, "id")
    edited = from_iso(text(data, "edited_at"))
    card = text(shown, "card.url")
    yield made(
        seen, platform=platform, native_id=number, kind="repost" if origin else "post", author=author,
        url=text(data, "url", "uri") or (f"{home}/@{handle}/posts/{number}" if handle else None),
        published=from_iso(text(data, "created_at")), edited=edited if edited.at else None, text=plain(html),
        languages=strings([text(shown, "language")]), community=text(data, "group.display_name", "group.title"),
        reply_to=f"{platform}:{above}" if above else None, quotes=f"{platform}:{quoted}" if quoted else None,
        repost_of=f"{platform}:{origin}" if origin else None,
        links=strings([*(a for a in links_in(html) if not _inside(a, home)), card]),
        tags=strings(text(t, "name") for t in parts(shown, "tags")), mentions=names,
        media=tuple(m for one in parts(shown, "media_attachments") for m in _attached(one)),
        metrics=None if origin else metrics(
            data, likes=("favourites_count", "reaction_count"), replies=("replies_count",),
            reposts=("reblogs_count", "reposts_count"),
        ),
    )  # fmt: skip


def _inside(address: str, home: str) -> bool:
    """Return whether a link leads to a hashtag or a name on the platform itself."""
    return address.startswith((f"{home}/tags/", f"{home}/@", f"{home}/hash/"))


def _attached(one: Any) -> tuple[Media, ...]:
    kind = _KINDS.get(text(one, "type") or "")
    # what is called "tv" shows a still in place of the film
    return pictures(text(one, "url", "preview_url"), kind=kind or "image", alt=text(one, "description"))
