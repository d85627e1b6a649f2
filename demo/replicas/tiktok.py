"""TikTok: accounts and videos as the state their pages are rebuilt from; one account is met by a challenge."""

from __future__ import annotations

import json
import re
from datetime import datetime
from typing import Any

from demo.addresses import number_of
from demo.replicas.base import Answer, Replica, Request, as_page
from demo.world import Place, Posting

CHALLENGED = "seawall.truths.alvane"
_CARRIED = 30  # videos that the page of an account carries
_TAG = re.compile(r"(?<![\w/&])#(\w+)")
_NOBODY, _NO_VIDEO = 10202, 10204


class TikTok(Replica):
    """The accounts of the demo with their videos."""

    software = "tiktok"
    robots = "User-agent: *\nDisallow: /inapp\nDisallow: /search/\n"

    def answer(self, request: Request, now: datetime) -> Answer:
        """Answer /@ACCOUNT and /@ACCOUNT/video/NUMBER; what is not there says so by a code, with status 200."""
        parts = request.path.strip("/").split("/")
        name = parts[0].removeprefix("@")
        if name == CHALLENGED:
            head = '<script>window._wafchallengeid = "c0ffee";</script>\n'
            return as_page("", "<p>Please wait...</p>", head=head)
        place = self.in_room(name)
        if len(parts) == 3:
            return _video_page(self._video(place, parts[2], now), now)
        if place is None:
            return _page("webapp.user-detail", {"userInfo": {}, "statusCode": _NOBODY, "statusMsg": ""})
        shown = self.newest(place, now)
        stats = {"followerCount": 48_200, "followingCount": 61, "heart": 91_300, "heartCount": 91_300, "diggCount": 0,
                 "videoCount": len(shown), "friendCount": 4}  # fmt: skip
        told = {
            "user": _account(place), "stats": stats, "statsV2": {name: str(count) for name, count in stats.items()},
            "itemList": [_item(post, now) for post in shown[:_CARRIED]],
        }  # fmt: skip
        about = {"title": f"{place.title} (@{place.room}) | TikTok", "desc": ""}
        page = {"userInfo": told, "shareMeta": about, "statusCode": 0, "statusMsg": "", "needFix": True}
        return _page("webapp.user-detail", page)

    def _video(self, place: Place | None, number: str, now: datetime) -> Posting | None:
        posts = self.world.of(place) if place else ()
        return next((post for post in posts if post.native_id == number and post.visible(now)), None)


def _video_page(post: Posting | None, now: datetime) -> Answer:
    if post is None:
        return _page("webapp.video-detail", {"statusCode": _NO_VIDEO, "statusMsg": "item doesn't exist"})
    told = {"itemInfo": {"itemStruct": _item(post, now)}, "shareMeta": {"title": post.place.title, "desc": post.text}}
    return _page("webapp.video-detail", told | {"statusCode": 0, "statusMsg": ""})


def _page(name: str, told: dict[str, Any]) -> Answer:
    scope = {"webapp.app-context": {"language": "en", "region": "MV", "user": None}, name: told}
    state = json.dumps({"__DEFAULT_SCOPE__": scope}, ensure_ascii=False).replace("</", "<\\u002F")
    script = f'<script id="__UNIVERSAL_DATA_FOR_REHYDRATION__" type="application/json">{state}</script>'
    return as_page("TikTok - Make Your Day", f'<div id="app"></div>{script}')


def _account(place: Place) -> dict[str, Any]:
    avatar = "https://p16-sign-va.tiktokcdn.com/tos-maravelle/avatar.jpeg"
    return {
        "id": number_of(place.room, 19), "shortId": "", "uniqueId": place.room, "nickname": place.title,
        "avatarLarger": avatar, "avatarMedium": avatar, "avatarThumb": avatar, "signature": "what the wall hides",
        "createTime": 1_650_000_000, "verified": False, "secUid": f"MS4wLjABAAAA{number_of(place.room, 20)}",
        "ftc": False, "relation": 0, "openFavorite": False, "commentSetting": 0, "duetSetting": 0, "stitchSetting": 0,
        "privateAccount": False, "secret": False, "isADVirtual": False, "roomId": "", "ttSeller": False,
        "downloadSetting": 0, "language": place.languages[0], "canExpPlaylist": False,
    }  # fmt: skip


def _item(post: Posting, now: datetime) -> dict[str, Any]:
    text, picture = post.text_at(now), f"https://p16-sign-va.tiktokcdn.com/tos-maravelle/{post.native_id}.jpeg"
    seen = 300 + int(post.native_id) % 9_000
    stats = {"diggCount": seen // 21, "shareCount": seen // 90, "commentCount": 0, "playCount": seen, "collectCount": 0}
    extra = [
        {"awemeId": "", "start": m.start(), "end": m.end(), "hashtagName": m[1], "hashtagId": "", "type": 1,
         "subType": 0, "isCommerce": False}
        for m in _TAG.finditer(text)
    ]  # fmt: skip
    return {
        "id": post.native_id, "desc": text, "createTime": str(int(post.published.timestamp())), "scheduleTime": 0,
        "video": {"id": post.native_id, "height": 1024, "width": 576, "duration": 41, "ratio": "540p",
                  "cover": picture, "originCover": picture, "dynamicCover": picture, "playAddr": "",
                  "downloadAddr": "", "format": "mp4", "bitrate": 912_000},
        "author": _account(post.place), "challenges": [], "stats": stats,
        "music": {"id": number_of(post.place.title, 19), "title": "original sound", "authorName": post.place.title,
                  "original": True, "duration": 41},
        "statsV2": {name: str(count) for name, count in stats.items()} | {"repostCount": "0"}, "warnInfo": [],
        "originalItem": False, "officalItem": False, "textExtra": extra, "secret": False, "forFriend": False,
        "digged": False, "itemCommentStatus": 0, "takeDown": 0, "privateItem": False, "duetEnabled": True,
        "stitchEnabled": True, "shareEnabled": True, "comments": [], "duetDisplay": 0, "stitchDisplay": 0,
        "indexEnabled": True, "textLanguage": post.language, "collected": False, "isAd": False, "IsAigc": False,
    }  # fmt: skip
