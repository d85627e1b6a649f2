"""A PeerTube instance: channels, their videos by `start` and `count`, one video, and a 404 in the form of a problem."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from demo.replicas.base import Answer, Replica, Request, as_json, as_page, millis
from demo.world import Place, Posting

_SHORT = "123456789abcdefghijkmnopqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ"
_NAMES = {"en": "English", "es": "Spanish", "ru": "Russian", "zh": "Chinese", "ar": "Arabic", "ja": "Japanese"}
LISTED = 250  # characters of a description in a list
_MOST = 100


class PeerTube(Replica):
    """One instance with the channels of the demo."""

    software = "peertube"

    def answer(self, request: Request, now: datetime) -> Answer:
        """Answer the public interface."""
        match request.path.strip("/").split("/"):
            case ["api", "v1", "video-channels", name] if place := self.in_room(name.partition("@")[0]):
                return as_json(_channel(place) | {"ownerAccount": _account(place)})
            case ["api", "v1", "video-channels", name, "videos"] if place := self.in_room(name.partition("@")[0]):
                shown = self.newest(place, now)
                start, count = request.number("start", 0), min(request.number("count", 15), _MOST)
                page = [_video(post, now) for post in shown[start : start + count]]
                return as_json({"total": len(shown), "data": page})
            case ["api", *_]:
                told = {"type": "about:blank", "title": "Not Found", "status": 404, "detail": "Video channel not found"}
                return Answer(404, as_json(told | {"error": told["detail"]}).body, "application/problem+json")
        return as_page("Reels of the islands", "<p>Films from Maravelle.</p>")


def _short(number: UUID) -> str:
    left, digits = number.int, ""
    while left:
        left, rest = divmod(left, len(_SHORT))
        digits = _SHORT[rest] + digits
    return digits


def _account(place: Place) -> dict[str, Any]:
    name = place.people[0].handle
    return _actor(place, name, f"https://{place.host}/accounts/{name}", place.people[0].name)


def _channel(place: Place) -> dict[str, Any]:
    told = _actor(place, place.room, f"https://{place.host}/video-channels/{place.room}", place.title)
    return told | {"support": None, "isLocal": True, "updatedAt": "2024-05-01T06:00:00.000Z"}


def _actor(place: Place, name: str, url: str, shown: str) -> dict[str, Any]:
    return {
        "id": 11 + len(name), "url": url, "name": name, "host": place.host, "displayName": shown, "avatars": [],
        "banners": [], "followersCount": 31, "followingCount": 0, "createdAt": "2023-01-19T10:20:30.400Z",
        "description": "What the sea brings in.",
    }  # fmt: skip


def _cut(text: str) -> str:
    """Return a description as lists show it: the rest stands with the video itself."""
    return text if len(text) <= LISTED else f"{text[: LISTED - 3]}..."


def _video(post: Posting, now: datetime) -> dict[str, Any]:
    place, number, text = post.place, UUID(post.native_id), post.text_at(now)
    wanted = ("id", "name", "displayName", "url", "host", "avatars")
    account, channel = _account(place), _channel(place)
    at, picture = millis(post.published), f"/lazy-static/previews/{post.native_id}.jpg"
    return {
        "id": number.int % 9000, "uuid": post.native_id, "shortUUID": _short(number), "url": post.url,
        "name": post.title, "category": {"id": 11, "label": "News & Politics"},
        "licence": {"id": None, "label": "Unknown"}, "language": {"id": post.language, "label": _NAMES[post.language]},
        "privacy": {"id": 1, "label": "Public"}, "nsfw": False, "description": _cut(text),
        "truncatedDescription": _cut(text), "isLocal": True, "duration": 40 + len(text) // 9,
        "views": 20 + number.int % 90, "viewers": 0, "likes": number.int % 7, "dislikes": 0, "comments": 0,
        "thumbnailPath": picture.replace("previews", "thumbnails"), "previewPath": picture,
        "embedPath": f"/videos/embed/{post.native_id}", "createdAt": at, "updatedAt": at, "publishedAt": at,
        "originallyPublishedAt": None, "isLive": False, "aspectRatio": 1.7778, "pluginData": {},
        "account": {name: account[name] for name in wanted}, "channel": {name: channel[name] for name in wanted},
    }  # fmt: skip
