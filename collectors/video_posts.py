"""Turn what yt-dlp says of a video into a post; which words name a platform, which fields are kept raw."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from collectors.api import made
from collectors.ytdlp import Wire, sanitized
from core import times
from core.errors import CopytrailError, Gone, NotAChannel
from core.markup import plain
from core.records import Author, Media, Metrics, Post
from core.times import Instant
from core.urls import find_links, host

PLATFORMS = {  # the names of yt-dlp that are not ours
    "odnoklassniki": "ok", "lbry": "odysee", "biliintl": "bilibili", "bilibilispace": "bilibili",
    "niconico": "nicovideo", "niconicouser": "nicovideo", "youtubetab": "youtube", "rumbleembed": "rumble",
    "rumblechannel": "rumble", "tiktokuser": "tiktok", "twitter": "x", "bitchutechannel": "bitchute",
    "dailymotionplaylist": "dailymotion", "dailymotionuser": "dailymotion", "instagramios": "instagram",
}  # fmt: skip
_KEPT = (  # of a video, beside what a post has a field for
    "duration", "extractor", "display_id", "live_status", "was_live", "release_timestamp", "modified_date", "age_limit",
    "channel_follower_count", "average_rating", "categories", "chapters", "location", "playable_in_embed", "license",
    "availability", "media_type", "playlist_id", "playlist_title", "series", "episode", "season", "track", "artist",
)  # fmt: skip
_ZONED = frozenset({  # platforms whose answers state the zone, or count seconds since 1970
    "bilibili", "bitchute", "dailymotion", "facebook", "instagram", "odysee", "peertube", "rumble", "soundcloud",
    "tiktok", "twitch", "vimeo", "vk", "x", "youtube",
})  # fmt: skip
_LONGEST = 100  # entries of a list that is kept raw


def platform_of(info: Mapping[str, Any], url: str) -> str:
    """Return the platform a video is on: our name of the site, or its host where yt-dlp has no name for it."""
    key = str(info.get("extractor_key") or info.get("ie_key") or "").lower()
    name = str(info.get("extractor") or key).lower().partition(":")[0]
    if name in ("generic", "html5", ""):
        return host(str(info.get("webpage_url") or url)) or "web"
    found = PLATFORMS.get(key) or PLATFORMS.get(name) or name
    return re.sub(r"[^a-z0-9._-]+", "-", found).strip("-._") or "web"


def post(info: Mapping[str, Any], wire: Wire, url: str) -> Post:
    """Return the post of a video; raise the error that its absence stands for."""
    if not info or not info.get("id"):
        raise NotAChannel(f"{url} shows no video that yt-dlp knows how to find.", url=url)
    if not info.get("title") and not _shown(info):
        raise _withheld(wire, url)
    answer = wire.answers[0] if wire.answers else None
    text = plain(str(info["description"])) if info.get("description") else None
    metrics = made(
        Metrics, views=_count(info, "view_count"), likes=_count(info, "like_count"),
        replies=_count(info, "comment_count"), reposts=_count(info, "repost_count"),
    )  # fmt: skip
    metrics = metrics.model_copy(update={"granularity": _steps(metrics)})
    seen = answer.captured_at if answer else None
    return made(
        Post, platform=platform_of(info, url), native_id=_native_id(info, url), url=_address(info, url),
        kind="video", author=_author(info), published=_published(info, platform_of(info, url)), text=text,
        title=info.get("title") or None,
        links=find_links(text or ""), tags=tuple(str(tag) for tag in (info.get("tags") or ())[:_LONGEST] if tag),
        languages=(str(info["language"]),) if info.get("language") else (), media=_media(info, wire), metrics=metrics,
        first_seen=seen, metrics_at=seen if metrics != Metrics() else None, route="page",
        capture=answer.capture if answer else None, raw=_raw(info),
    )  # fmt: skip


def _native_id(info: Mapping[str, Any], url: str) -> str:
    """Return the site's id of a video; Rumble's player calls it otherwise than the page people link to."""
    page = re.search(r"//(?:www\.)?rumble\.com/(v[0-9a-z]+)(?:[-.?#]|$)", url)
    return page[1] if page else str(info["id"])


def _address(info: Mapping[str, Any], url: str) -> str:
    """Return where people find a video: not the player's address where the page's is known."""
    told = _web(info.get("webpage_url")) or url
    return url if "/embed" in told and "/embed" not in url else told


def _shown(info: Mapping[str, Any]) -> bool:
    return bool(info.get("formats") or info.get("url") or info.get("thumbnail"))


def _withheld(wire: Wire, url: str) -> CopytrailError:
    """Say why a video shows neither title nor file: the site's refusal, or the words yt-dlp warned with."""
    from collectors.video_words import failure

    if wire.errors:
        return wire.errors[-1]
    if wire.warnings:
        return failure(Exception(wire.warnings[-1]), url)
    return Gone(f"{url} shows neither title nor video.", url=url)


def _author(info: Mapping[str, Any]) -> Author:
    """Return the uploader; a channel's id is the one that stays."""
    number, name = info.get("channel_id") or info.get("uploader_id"), info.get("uploader") or info.get("channel")
    handle = str(info.get("uploader_id") or "")
    address = _web(info.get("uploader_url")) or _web(info.get("channel_url"))
    number = str(number) if number else None
    return made(
        Author, native_id=number, handle=handle.lstrip("@") if handle and (handle != number or not name) else None,
        name=str(name) if name else None, url=address,
    )  # fmt: skip


def _published(info: Mapping[str, Any], platform: str) -> Instant:
    """Return the second where the site tells it, else the day in a zone nobody tells.

    yt-dlp takes a time without a zone for UTC and does not say so: only of sites known to state it is it believed.
    """
    if isinstance(moment := info.get("timestamp"), int | float):
        told = times.from_epoch(moment)
        return told if platform in _ZONED else told.model_copy(update={"zone": "unknown"})
    return times.from_iso(str(info["upload_date"])) if info.get("upload_date") else times.unknown()


def _media(info: Mapping[str, Any], wire: Wire) -> tuple[Media, ...]:
    """Return thumbnail and video; an address the guard refuses is left out.

    Addresses of streams are signed and end within hours, so a video is named by its page unless it is a plain file.
    """
    found = [Media(url=picture)] if (picture := _web(info.get("thumbnail"))) else []
    formats = [f for f in info.get("formats") or () if isinstance(f, Mapping)]
    plain_files = [f for f in formats if f.get("protocol") in ("http", "https") and f.get("vcodec") != "none"]
    best = plain_files[-1] if plain_files else formats[-1] if formats else info
    if video := _web(best.get("url") or best.get("manifest_url")):
        kind = "audio" if best.get("vcodec") == "none" and best.get("acodec") not in (None, "none") else "video"
        found.append(Media(url=video, kind=kind))
    return tuple(media for media in found if _allowed(media.url or "", wire))


def _allowed(url: str, wire: Wire) -> bool:
    try:
        wire.http.guard.url(url)
    except CopytrailError:
        return False
    return True


def _raw(info: Mapping[str, Any]) -> dict[str, Any]:
    given = {name: info[name] for name in _KEPT if info.get(name) not in (None, "", [], {})}
    plain_info = {name: value for name, value in sanitized(given).items() if name in given}
    for name in ("subtitles", "automatic_captions"):
        if captions := info.get(name):
            plain_info[name] = sorted(str(language) for language in captions)[:_LONGEST]
    return {k: v[:_LONGEST] if isinstance(v, list) else v for k, v in plain_info.items()}


def _count(info: Mapping[str, Any], name: str) -> int | None:
    value = info.get(name)
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _steps(metrics: Metrics) -> dict[str, int] | None:
    """Return the steps of counters that look rounded: yt-dlp reads "1.2K" as 1200 and does not say so."""
    steps = {}
    for name in ("likes", "replies", "reposts", "views"):
        value = getattr(metrics, name) or 0
        zeros = len(str(value)) - len(str(value).rstrip("0"))
        if value >= 1000 and zeros >= 2:
            steps[name] = 10 ** min(zeros, len(str(value)) - 1)
    return steps or None


def _web(value: Any) -> str | None:
    return value if isinstance(value, str) and value.startswith(("http://", "https://")) else None
