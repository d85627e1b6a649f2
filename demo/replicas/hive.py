"""A node of Hive: JSON-RPC by POST, listings that begin after a named post, errors inside answers of status 200."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from demo.replicas.base import Answer, Replica, Request, as_json
from demo.world import Place, Posting

NODE = "api.hive.blog"
_MOST = 20


class Hive(Replica):
    """The accounts of the demo as the bridge of a node tells them; times carry no zone, as the chain writes them."""

    software = "hive"

    def hosts(self) -> tuple[str, ...]:
        """Return the node and the site people read."""
        return (NODE, "hive.blog")

    def answer(self, request: Request, now: datetime) -> Answer:
        """Answer one call; the page of the site itself is an empty shell."""
        if request.host != NODE:
            return Answer(200, b"<!DOCTYPE html><html><body><div id='content'></div></body></html>")
        try:
            asked = json.loads(request.body)
            method, params = str(asked["method"]), dict(asked["params"])
        except (ValueError, KeyError, TypeError):
            return as_json({"jsonrpc": "2.0", "error": {"code": -32600, "message": "Invalid JSON"}, "id": None})
        told = self._called(method, params, now)
        return as_json({"jsonrpc": "2.0", **told, "id": asked.get("id")})

    def _called(self, method: str, params: dict[str, Any], now: datetime) -> dict[str, Any]:
        place = self.in_room(str(params.get("account", "")))
        if method not in ("bridge.get_account_posts", "bridge.get_profile"):
            return _refused(-32601, f"Method {method} not found")
        if place is None:
            return _refused(-32602, "Invalid parameters", f"Account {params.get('account')} does not exist")
        if method == "bridge.get_profile":
            return {"result": self._profile(place, now)}
        shown = self.newest(place, now)
        after = f"{params.get('start_author')}/{params.get('start_permlink')}"
        start = next((i + 1 for i, post in enumerate(shown) if post.native_id == after), 0)
        end = start + min(int(params.get("limit", _MOST)), _MOST)
        return {"result": [_post(post, now) for post in shown[start:end]]}

    def _profile(self, place: Place, now: datetime) -> dict[str, Any]:
        told = {"name": place.title, "about": "Ropes, nets and what is said over them.", "location": "Maravelle",
                "profile_image": f"https://images.hive.blog/u/{place.room}/avatar", "website": ""}  # fmt: skip
        return {
            "id": 1_900_000 + len(place.room), "name": place.room, "created": "2022-08-14T07:31:09", "blacklists": [],
            "active": f"{now:%Y-%m-%dT%H:%M:%S}", "post_count": len(self.newest(place, now)), "reputation": 61.28,
            "stats": {"rank": 0, "following": 74, "followers": 212}, "metadata": {"profile": told},
        }  # fmt: skip


def _refused(code: int, message: str, data: str = "") -> dict[str, Any]:
    return {"error": {"code": code, "message": message, **({"data": data} if data else {})}}


def _post(post: Posting, now: datetime) -> dict[str, Any]:
    place, permlink = post.place, post.native_id.partition("/")[2]
    edited = post.edited_at(now)
    payout = "0.000 HBD"
    about = {"app": "peakd/2024.5.3", "format": "markdown", "tags": ["maravelle", *post.tags], "users": []}
    return {
        "post_id": 130_000_000 + int(post.published.timestamp()) % 10_000_000, "author": place.room,
        "permlink": permlink, "category": "maravelle", "title": post.title, "body": post.text_at(now),
        "json_metadata": about, "created": f"{post.published:%Y-%m-%dT%H:%M:%S}",
        "updated": f"{edited or post.published:%Y-%m-%dT%H:%M:%S}", "depth": 0, "children": 0, "net_rshares": 41_000,
        "is_paidout": False, "payout_at": "2024-06-30T00:00:00", "payout": 0.0, "pending_payout_value": payout,
        "author_payout_value": payout, "curator_payout_value": payout, "promoted": "0.000 HBD", "replies": [],
        "author_reputation": 61.28, "stats": {"hide": False, "gray": False, "total_votes": 3, "flag_weight": 0.0},
        "url": f"/maravelle/@{post.native_id}", "beneficiaries": [], "max_accepted_payout": "1000000.000 HBD",
        "percent_hbd": 10000, "active_votes": [{"voter": "lampwick", "rshares": 41_000}], "blacklists": [],
        "reblogs": 0,
    }  # fmt: skip
