"""SoundCloud's pages: a user with its tracks named for readers without scripts, each track with its state."""

from __future__ import annotations

import json
from datetime import datetime
from html import escape
from typing import Any

from demo.replicas.base import Answer, Replica, Request, as_page, missing
from demo.world import Place, Posting

_LISTED = 20


class SoundCloud(Replica):
    """The users of the demo and their recordings."""

    software = "soundcloud"

    def answer(self, request: Request, now: datetime) -> Answer:
        """Answer /USER/tracks and /USER/TRACK."""
        parts = request.path.strip("/").split("/")
        place = self.in_room(parts[0])
        if place is None:
            return missing("user")
        shown = self.newest(place, now)[:_LISTED]
        if parts[1:] in ([], ["tracks"]):
            return _page(place.title, "user", _user(place, len(shown)), "".join(_listed(post) for post in shown))
        found = next((post for post in shown if post.url.endswith(request.path)), None)
        return _page(found.title or "", "sound", _track(found, now), "") if found else missing("track")


def _listed(post: Posting) -> str:
    path = post.url.removeprefix("https://soundcloud.com")
    return (
        '<article class="audible" itemprop="track" itemscope itemtype="http://schema.org/MusicRecording"><h2 itemprop="'
        f'name"><a itemprop="url" href="{path}">{escape(post.title or "")}</a></h2><time pubdate>{_at(post)}</time>'
        "</article>\n"
    )


def _page(title: str, kind: str, data: dict[str, Any], listed: str) -> Answer:
    state = [{"hydratable": "anonymousId", "data": "000000-000000"}, {"hydratable": kind, "data": data}]
    said = json.dumps(state, ensure_ascii=False).replace("</", "<\\/")
    inside = (
        f'<div id="app"><noscript class="errorPage__inner"><section>{listed}</section></noscript></div>\n'
        f"<script>window.__sc_hydration = {said};</script>"
    )
    return as_page(f"Stream {title} | Listen online for free on SoundCloud", inside)


def _at(post: Posting) -> str:
    return f"{post.published:%Y-%m-%dT%H:%M:%SZ}"


def _user(place: Place, count: int) -> dict[str, Any]:
    number = int(place.people[0].native_id)
    return {
        "id": number, "kind": "user", "permalink": place.room, "username": place.title,
        "urn": f"soundcloud:users:{number}",
        "permalink_url": f"https://soundcloud.com/{place.room}", "uri": f"https://api.soundcloud.com/users/{number}",
        "avatar_url": "https://a1.sndcdn.com/images/default_avatar_large.png", "city": "Port Alvane",
        "country_code": None, "created_at": "2021-09-02T09:09:09Z", "description": "Voices from the quay.",
        "followers_count": 88, "followings_count": 4, "track_count": count, "likes_count": 0, "verified": False,
        "visuals": None, "full_name": place.title, "last_modified": "2024-01-03T03:04:05Z",
    }  # fmt: skip


def _track(post: Posting, now: datetime) -> dict[str, Any]:
    number, place = int(post.native_id), post.place
    return {
        "id": number, "kind": "track", "title": post.title, "permalink": post.url.rpartition("/")[2],
        "permalink_url": post.url, "uri": f"https://api.soundcloud.com/tracks/{number}",
        "urn": f"soundcloud:tracks:{number}",
        "created_at": _at(post), "display_date": _at(post), "last_modified": _at(post),
        "description": post.text_at(now), "artwork_url": None, "tag_list": " ".join(post.tags), "genre": "Storytelling",
        "license": "all-rights-reserved", "likes_count": number % 9, "comment_count": 0, "reposts_count": 0,
        "playback_count": 30 + number % 200, "download_count": 0, "commentable": True, "duration": 94_000,
        "full_duration": 94_000, "policy": "ALLOW", "monetization_model": "NOT_APPLICABLE", "state": "finished",
        "streamable": True, "sharing": "public", "public": True, "purchase_url": None, "label_name": None,
        "media": {"transcodings": []}, "user_id": int(place.people[0].native_id), "user": _user(place, 0),
    }  # fmt: skip
