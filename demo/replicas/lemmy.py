"""A Lemmy instance: posts of a community by page number, with who wrote them; refusals in words of its own."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from demo.replicas.base import Answer, Replica, Request, as_json, as_page
from demo.world import Person, Place, Posting

_LANGUAGES = {"en": 37, "es": 39, "ru": 139, "zh": 183, "ar": 7, "ja": 79}


class Lemmy(Replica):
    """One instance; each place of the demo is a community of it."""

    software = "lemmy"

    def answer(self, request: Request, now: datetime) -> Answer:
        """Answer the interface of version 3."""
        if not request.path.startswith("/api/v3/"):
            return as_page("Lemmy of the tidepool", "<div id='app'></div>")
        place = self.in_room(request.get("community_name").partition("@")[0])
        if request.path != "/api/v3/post/list" or place is None:
            return as_json({"error": "couldnt_find_community"}, 404)
        count = min(max(request.number("limit", 10), 1), 50)
        start = (max(request.number("page", 1), 1) - 1) * count
        return as_json({"posts": [_view(post, now) for post in self.newest(place, now)[start : start + count]]})


def _micros(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def _view(post: Posting, now: datetime) -> dict[str, Any]:
    place, number, edited = post.place, int(post.native_id.rpartition("/")[2]), post.edited_at(now)
    shown: dict[str, Any] = {
        "id": number, "name": post.title, "body": post.text_at(now), "creator_id": int(post.author.native_id),
        "community_id": 3, "removed": False, "locked": False, "published": _micros(post.published), "deleted": False,
        "nsfw": False, "ap_id": post.native_id, "local": True, "language_id": _LANGUAGES[post.language],
        "featured_community": False, "featured_local": False,
    }  # fmt: skip
    if edited:
        shown["updated"] = _micros(edited)
    score = 1 + number % 37
    return {
        "post": shown, "creator": _person(place, post.author), "community": _community(place),
        "creator_banned_from_community": False, "banned_from_community": False, "creator_is_moderator": False,
        "creator_is_admin": False, "hidden": False, "subscribed": "NotSubscribed", "saved": False, "read": False,
        "creator_blocked": False, "unread_comments": 0,
        "counts": {
            "post_id": number, "comments": 0, "score": score, "upvotes": score, "downvotes": 0,
            "published": _micros(post.published), "newest_comment_time": _micros(post.published),
        },
    }  # fmt: skip


def _person(place: Place, person: Person) -> dict[str, Any]:
    return {
        "id": int(person.native_id), "name": person.handle, "banned": False, "published": "2023-06-21T18:04:11.120933Z",
        "actor_id": f"https://{place.host}/u/{person.handle}", "local": True, "deleted": False, "bot_account": False,
        "instance_id": 1,
    }  # fmt: skip


def _community(place: Place) -> dict[str, Any]:
    return {
        "id": 3, "name": place.room, "title": place.title, "removed": False, "published": "2023-06-21T18:10:00.000001Z",
        "deleted": False, "nsfw": False, "actor_id": f"https://{place.host}/c/{place.room}", "local": True,
        "hidden": False, "posting_restricted_to_mods": False, "instance_id": 1, "visibility": "Public",
    }  # fmt: skip
