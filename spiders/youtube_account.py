"""What a channel of YouTube shows of itself on its page, in the old header and in the new."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from core.counts import counted, granularity
from core.exchange import Response
from core.records import Author, Counts, Profile
from core.urls import find_links
from spiders.state import every, first
from spiders.youtube_state import words


def profile(answer: Mapping[str, Any], of: Author, page: Response) -> Profile | None:
    """Return what a channel shows; None where an answer tells no more than its name."""
    told = first(answer.get("metadata"), "channelMetadataRenderer")
    if not isinstance(told, dict) or not of.native_id:
        return None
    header = answer.get("header")
    old = first(header, "c4TabbedHeaderRenderer") or {}
    banner = old.get("banner") or first(header, "imageBannerViewModel")
    shown = [words(part.get("text")) for _, row in every(header, "metadataParts") for part in row]
    shown += [words(old.get("subscriberCountText")), words(old.get("videosCountText"))]
    said = {name: next((one for one in shown if re.search(name, one)), None) for name in ("subscriber", "video")}
    followers, posts = counted(said["subscriber"]), counted(said["video"])
    bio = told.get("description") or ""
    if not (bio or told.get("avatar") or followers or posts):
        return None
    return Profile(
        platform="youtube", author=of, bio=bio or None, avatar=_picture(told.get("avatar")), banner=_picture(banner),
        links=find_links(bio), seen=page.captured_at, route="page", capture=page.capture,
        counts=Counts(
            followers=followers.number if followers else None, posts=posts.number if posts else None,
            granularity=granularity(followers=followers, posts=posts),
        ),
    )  # fmt: skip


def _picture(thing: Any) -> str | None:
    sizes = first(thing, "thumbnails") or first(thing, "sources")
    return str(sizes[-1]["url"]) if isinstance(sizes, list) and sizes else None
