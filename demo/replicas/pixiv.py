"""Pixiv's answers to its own pages: all works of a user by number, their details in batches, refusals as `error`."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Any

from demo.addresses import member
from demo.replicas.base import Answer, Replica, Request, as_json, as_page, linked
from demo.world import Place, Posting

_TOKYO = timezone(timedelta(hours=9))
_MOST = 100


class Pixiv(Replica):
    """The users of the demo with their pictures; texts are the captions below them."""

    software = "pixiv"
    robots = "User-agent: *\nDisallow: /rpc/\nDisallow: /search\n"

    def hosts(self) -> tuple[str, ...]:
        """Return the one host."""
        return ("www.pixiv.net",)

    def answer(self, request: Request, now: datetime) -> Answer:
        """Answer what the pages of a user ask for."""
        known = {member(place): place for place in self.places}
        match request.path.strip("/").split("/"):
            case ["ajax", "user", number, *rest] if place := known.get(number):
                return self._user(place, rest, request, now)
            case ["ajax", *_]:
                told = {"error": True, "message": "該当作品は削除されたか、存在しない作品IDです。", "body": []}
                return as_json(told, 404)
        return as_page("pixiv", "<div id='root'></div>", language="ja")

    def _user(self, place: Place, rest: list[str], request: Request, now: datetime) -> Answer:
        shown = {post.native_id: post for post in self.newest(place, now)}
        if rest == ["profile", "all"]:
            body: dict[str, Any] = {
                "illusts": dict.fromkeys(shown), "manga": [], "novels": [], "mangaSeries": [], "novelSeries": [],
                "pickup": [], "bookmarkCount": {"public": {"illust": 3, "novel": 0}},
            }  # fmt: skip
        elif rest == ["profile", "illusts"]:
            wanted = [shown[n] for n in request.query.get("ids[]", ())[:_MOST] if n in shown]
            body = {"works": {p.native_id: _work(p, now) for p in wanted}, "zoneConfig": {}, "extraData": {}}
        elif not rest:
            body = _profile(place)
        else:
            return as_json({"error": True, "message": "ページが見つかりませんでした", "body": []}, 404)
        return as_json({"error": False, "message": "", "body": body})


def _profile(place: Place) -> dict[str, Any]:
    picture = "https://s.pximg.net/common/images/no_profile.png"
    return {
        "userId": member(place), "name": place.title, "image": picture, "imageBig": picture, "premium": False,
        "isFollowed": False, "isMypixiv": False, "isBlocking": False, "background": None, "sketchLiveId": None,
        "partial": 1, "following": 12, "mypixivCount": 0, "followedBack": False, "comment": "港の絵を描いています。",
        "commentHtml": "港の絵を描いています。", "webpage": None, "social": [], "canSendMessage": True,
    }  # fmt: skip


def _work(post: Posting, now: datetime) -> dict[str, Any]:
    at, number = post.published.astimezone(_TOKYO), post.native_id
    cut = f"https://i.pximg.net/c/250x250_80_a2/img-master/img/{at:%Y/%m/%d/%H/%M/%S}/{number}_p0_square1200.jpg"
    caption = linked(post.text_at(now)).replace("\n", "<br />")
    return {
        "id": number, "title": post.title, "illustType": 0, "xRestrict": 0, "restrict": 0, "sl": 2, "url": cut,
        "description": caption, "tags": ["港", "灯", *post.tags], "userId": member(post.place),
        "userName": post.place.title, "width": 1200, "height": 900, "pageCount": 1, "isBookmarkable": True,
        "bookmarkData": None, "alt": f"#港 {post.title}", "createDate": at.isoformat(), "updateDate": at.isoformat(),
        "titleCaptionTranslation": {"workTitle": None, "workCaption": None}, "isUnlisted": False, "isMasked": False,
        "aiType": 1, "visibilityScope": 0,
        "profileImageUrl": "https://i.pximg.net/user-profile/img/no_profile_50.png",
    }  # fmt: skip
