"""VK's API: walls by offset, names looked up, what was passed on in `copy_history`, errors inside status 200."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from demo.addresses import group
from demo.replicas.base import Answer, Replica, Request, as_json, as_page
from demo.world import Place, Posting

API = "api.vk.com"
CLOSED_WALL = "closed_wall_of_alvane"
_CLOSED = 418_807_733  # the number of the community that only members see


class Vk(Replica):
    """Communities and their walls; every method wants a token, and refuses with status 200."""

    software = "vk"

    def hosts(self) -> tuple[str, ...]:
        """Return the host of the API and the site people read."""
        return (API, "vk.com")

    def answer(self, request: Request, now: datetime) -> Answer:
        """Answer a method, called by GET or by POST."""
        if request.host != API:
            return as_page("VK", "<p>Sign up for VK.</p>")
        asked = {name: values[-1] for name, values in request.query.items()} | request.form
        method = request.path.removeprefix("/method/")
        if not asked.get("access_token"):
            return _refused(5, "User authorization failed: no access_token passed.", method)
        if method == "utils.resolveScreenName":
            return as_json({"response": self._resolved(asked.get("screen_name", ""))})
        if method != "wall.get":
            return _refused(3, "Unknown method passed", method)
        owner = asked.get("owner_id", "")
        place = next((p for p in self.places if f"-{group(p)}" == owner), None)
        if owner == f"-{_CLOSED}":
            return _refused(15, "Access denied: this wall available only for community members", method)
        if place is None:
            return _refused(100, "One of the parameters specified was missing or invalid: owner_id is invalid", method)
        return as_json({"response": self._wall(place, asked, now)})

    def _resolved(self, name: str) -> Any:
        place = self.in_room(name)
        if place is None and name != CLOSED_WALL:
            return []
        return {"object_id": int(group(place)) if place else _CLOSED, "type": "group"}

    def _wall(self, place: Place, asked: dict[str, str], now: datetime) -> dict[str, Any]:
        shown = self.newest(place, now)
        start, count = int(asked.get("offset", "0")), min(int(asked.get("count", "20")), 100)
        page = shown[start : start + count]
        originals = [o for o in (self.world.by_ref.get(p.repost_of or "") for p in page) if o]
        groups = {p.key: _group(p) for p in (place, *(o.place for o in originals))}
        items = [self._item(post, now) for post in page]
        return {"count": len(shown), "items": items, "profiles": [], "groups": list(groups.values())}

    def _item(self, post: Posting, now: datetime) -> dict[str, Any]:
        owner, number = map(int, post.native_id.split("_"))
        original, edited = self.world.by_ref.get(post.repost_of or ""), post.edited_at(now)
        item: dict[str, Any] = {
            "inner_type": "wall_wallpost", "type": "post", "id": number, "from_id": owner, "owner_id": owner,
            "date": int(post.published.timestamp()), "marked_as_ads": 0, "post_type": "post",
            "text": "" if original else post.text_at(now), "attachments": [], "donut": {"is_donut": False},
            "post_source": {"type": "api", "platform": "android"}, "comments": {"count": 0, "can_post": 0},
            "likes": {"can_like": 0, "count": number % 31, "user_likes": 0},
            "reposts": {"count": number % 4, "user_reposted": 0}, "views": {"count": 200 + number % 900},
            "hash": "mArAvElLe", "short_text_rate": 0.8, "is_favorite": False,
        }  # fmt: skip
        if edited:
            item["edited"] = int(edited.timestamp())
        if original:
            theirs, other = map(int, original.native_id.split("_"))
            item["copy_history"] = [{
                "inner_type": "wall_wallpost", "type": "post", "id": other, "from_id": theirs, "owner_id": theirs,
                "date": int(original.published.timestamp()), "post_type": "post", "text": original.text_at(now),
                "attachments": [], "post_source": {"type": "vk"},
            }]  # fmt: skip
        return item


def _group(place: Place) -> dict[str, Any]:
    return {
        "id": int(group(place)), "name": place.title, "screen_name": place.room, "is_closed": 0, "type": "page",
        "description": "На островах, у воды.", "members_count": 5210, "verified": 0, "site": "", "status": "",
        "photo_50": "https://vk.com/images/community_50.png", "photo_200": "https://vk.com/images/community_200.png",
    }  # fmt: skip


def _refused(code: int, message: str, method: str) -> Answer:
    asked = [{"key": "method", "value": method}, {"key": "oauth", "value": "1"}]
    return as_json({"error": {"error_code": code, "error_msg": message, "request_params": asked}})
