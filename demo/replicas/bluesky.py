"""Bluesky's open AppView: profiles and author feeds by cursor, facets in bytes, quotes, reposts, a deleted account."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from demo.addresses import did
from demo.replicas.base import Answer, Replica, Request, as_json, as_page, millis
from demo.world import Place, Posting

APPVIEW = "public.api.bsky.app"
_URL = re.compile(r"https?://[^\s<>\"]+")
_TAG = re.compile(r"(?<![\w/&])#(\w+)")


class Bluesky(Replica):
    """The accounts of the demo; one of them is deleted by its owner along the way."""

    software = "bluesky"

    def hosts(self) -> tuple[str, ...]:
        """Return the AppView and the site people read."""
        return (APPVIEW, "bsky.app")

    def answer(self, request: Request, now: datetime) -> Answer:
        """Answer a method of the AppView; every answer says how many requests are left."""
        if request.host != APPVIEW:
            return as_page("Bluesky", "<noscript>This is a heavily interactive application.</noscript>")
        given = self._routed(request, now)
        rates = {
            "ratelimit-limit": "3000", "ratelimit-remaining": "2871", "ratelimit-policy": "3000;w=300",
            "ratelimit-reset": str(int(now.timestamp()) + 300), "atproto-repo-rev": "3ktzmaravelle2",
        }  # fmt: skip
        return Answer(given.status, given.body, given.type, rates)

    def _routed(self, request: Request, now: datetime) -> Answer:
        method = request.path.removeprefix("/xrpc/")
        if method not in ("app.bsky.actor.getProfile", "app.bsky.feed.getAuthorFeed"):
            return as_json({"error": "MethodNotImplemented", "message": "Method Not Implemented"}, 501)
        actor = request.get("actor")
        place = next((p for p in self.places if actor in (p.room, did(p))), None)
        if place is None:
            return as_json({"error": "InvalidRequest", "message": "Profile not found"}, 400)
        if place.closes is not None and now >= self.world.moment(place.closes):
            return as_json({"error": "AccountDeactivated", "message": "Account is deactivated"}, 400)
        shown = self.newest(place, now)
        if method.endswith("getProfile"):
            counts = {"followersCount": 118, "followsCount": 96, "postsCount": len(shown)}
            more = {"description": "From the quay of Alvane.", "createdAt": "2023-11-20T08:15:42.120Z"}
            return as_json(_account(place) | more | counts | {"indexedAt": "2024-05-02T10:00:00.000Z", "labels": []})
        return self._feed(request, shown, now)

    def _feed(self, request: Request, shown: list[Posting], now: datetime) -> Answer:
        before, limit = request.get("cursor"), min(max(request.number("limit", 50), 1), 100)
        older = [post for post in shown if not before or millis(post.published) < before]
        page = older[:limit]
        more = {"cursor": millis(page[-1].published)} if older[limit:] else {}
        return as_json({"feed": [self._item(post, now) for post in page], **more})

    def _item(self, post: Posting, now: datetime) -> dict[str, Any]:
        original = self.world.by_ref.get(post.repost_of or "")
        if original is None:
            return {"post": self._view(post, now)}
        reason = {
            "$type": "app.bsky.feed.defs#reasonRepost", "by": _account(post.place), "indexedAt": millis(post.published)
        }  # fmt: skip
        return {"post": self._view(original, now), "reason": reason}

    def _view(self, post: Posting, now: datetime) -> dict[str, Any]:
        quoted = self.world.by_ref.get(post.quotes or "")
        record, cid = self._record(post, quoted, now), _cid(post)
        view: dict[str, Any] = {
            "uri": post.native_id, "cid": cid, "author": _account(post.place), "record": record, "replyCount": 0,
            "repostCount": 1, "likeCount": len(post.text) % 29, "quoteCount": 0, "indexedAt": millis(post.published),
            "labels": [],
        }  # fmt: skip
        if quoted:
            shown = {
                "$type": "app.bsky.embed.record#viewRecord", "uri": quoted.native_id, "cid": _cid(quoted),
                "author": _account(quoted.place), "value": self._record(quoted, None, now), "labels": [],
                "likeCount": 2, "replyCount": 0, "repostCount": 0, "quoteCount": 1, "embeds": [],
                "indexedAt": millis(quoted.published),
            }  # fmt: skip
            view["embed"] = {"$type": "app.bsky.embed.record#view", "record": shown}
        return view

    def _record(self, post: Posting, quoted: Posting | None, now: datetime) -> dict[str, Any]:
        text = post.text_at(now)
        record: dict[str, Any] = {
            "$type": "app.bsky.feed.post", "createdAt": millis(post.published), "langs": [post.language], "text": text,
        }  # fmt: skip
        if facets := list(_facets(text)):
            record["facets"] = facets
        if quoted:
            named = {"uri": quoted.native_id, "cid": _cid(quoted)}
            record["embed"] = {"$type": "app.bsky.embed.record", "record": named}
        return record


def _account(place: Place) -> dict[str, Any]:
    return {
        "did": did(place), "handle": place.room, "displayName": place.title, "labels": [],
        "avatar": f"https://cdn.bsky.app/img/avatar/plain/{did(place)}/{_cid_of(place.room)}@jpeg",
        "createdAt": "2023-11-20T08:15:42.120Z",
    }  # fmt: skip


def _cid_of(name: str) -> str:
    return f"bafyrei{name.encode().hex()[:52]:a<52}"


def _cid(post: Posting) -> str:
    return _cid_of(post.native_id.rpartition("/")[2])


def _facets(text: str) -> Iterator[dict[str, Any]]:
    """Yield links and hashtags with their places, counted in bytes of UTF-8."""
    for pattern, kind in ((_URL, "link"), (_TAG, "tag")):
        for found in pattern.finditer(text):
            start = len(text[: found.start()].encode())
            said = {"uri": found[0]} if kind == "link" else {"tag": found[1]}
            yield {
                "index": {"byteStart": start, "byteEnd": start + len(found[0].encode())},
                "features": [{"$type": f"app.bsky.richtext.facet#{kind}", **said}],
            }
