"""Odysee's proxy: JSON-RPC by POST, claims of a channel by page, what is not there as an error inside the result."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from demo.addresses import claim
from demo.replicas.base import Answer, Replica, Request, as_json, as_page
from demo.world import Place, Posting

PROXY = "api.na-backend.odysee.com"


class Odysee(Replica):
    """The channels of the demo and what they signed."""

    software = "odysee"

    def hosts(self) -> tuple[str, ...]:
        """Return the proxy and the site people read."""
        return (PROXY, "odysee.com")

    def answer(self, request: Request, now: datetime) -> Answer:
        """Answer `resolve` and `claim_search`."""
        if request.host != PROXY:
            return as_page("Odysee", "<div id='app'></div>")
        try:
            asked = json.loads(request.body)
            method, params = str(asked["method"]), dict(asked["params"])
        except (ValueError, KeyError, TypeError):
            return as_json({"jsonrpc": "2.0", "error": {"code": -32700, "message": "Parse error"}, "id": None})
        told: dict[str, Any] = {"error": {"code": -32601, "message": f"Invalid method requested: {method}."}}
        if method == "resolve":
            told = {"result": {url: self._resolved(str(url), now) for url in params.get("urls", ())}}
        elif method == "claim_search":
            told = {"result": self._found(params, now)}
        return as_json({"jsonrpc": "2.0", **told, "id": asked.get("id")})

    def _resolved(self, url: str, now: datetime) -> dict[str, Any]:
        name, _, number = url.removeprefix("lbry://@").partition("#")
        place = self.in_room(name)
        if place is None or not claim(place).startswith(number):
            return {"error": {"name": "NOT_FOUND", "text": f'Could not find claim at "{url}".'}}
        return _channel(place, len(self.newest(place, now)))

    def _found(self, params: dict[str, Any], now: datetime) -> dict[str, Any]:
        place = next((p for p in self.places if claim(p) in params.get("channel_ids", ())), None)
        shown = self.newest(place, now) if place else []
        page, size = max(int(params.get("page", 1)), 1), min(int(params.get("page_size", 20)), 50)
        items = [_stream(post, now) for post in shown[(page - 1) * size : page * size]]
        pages = -(-len(shown) // size)
        return {
            "items": items, "page": page, "page_size": size, "total_items": len(shown), "total_pages": pages,
            "blocked": {"channels": [], "total": 0},
        }  # fmt: skip


def _base(name: str, number: str, canonical: str, at: int) -> dict[str, Any]:
    return {
        "address": "b" + number[:33], "amount": "0.01", "canonical_url": canonical, "claim_id": number,
        "claim_op": "create", "confirmations": 90_211, "height": 1_571_002, "is_channel_signature_valid": True,
        "name": name, "normalized_name": name, "nout": 0, "permanent_url": f"lbry://{name}#{number}",
        "short_url": f"lbry://{name}#{number[:1]}", "timestamp": at, "txid": number + number[:24], "type": "claim",
    }  # fmt: skip


def _channel(place: Place, count: int) -> dict[str, Any]:
    name, number = f"@{place.room}", claim(place)
    base = _base(name, number, f"lbry://{name}#{number[0]}", 1_650_000_000)
    return base | {
        "has_signing_key": False, "value_type": "channel",
        "meta": {
            "activation_height": 1_150_000, "claims_in_channel": count, "creation_height": 1_150_000,
            "creation_timestamp": 1_650_000_000, "effective_amount": "0.01", "reposted": 0, "support_amount": "0.0",
        },
        "value": {
            "description": "Seen from the mole.", "public_key_id": number[:34], "title": place.title,
            "thumbnail": {"url": f"https://thumbs.odycdn.com/{number[:32]}.webp"},
        },
    }  # fmt: skip


def _stream(post: Posting, now: datetime) -> dict[str, Any]:
    number, at, name = post.native_id, int(post.published.timestamp()), f"tide-{post.native_id[:6]}"
    channel = _channel(post.place, 0)
    canonical = f"{channel['canonical_url']}/{name}#{number[0]}"
    return _base(name, number, canonical, at) | {
        "value_type": "stream", "signing_channel": channel,
        "meta": {"activation_height": 1_571_002, "creation_timestamp": at, "effective_amount": "0.01", "reposted": 0},
        "value": {
            "description": post.text_at(now), "languages": [post.language], "license": "None",
            "release_time": str(at), "stream_type": "video", "tags": list(post.tags), "title": post.title,
            "source": {
                "hash": number + number, "media_type": "video/mp4", "name": f"{name}.mp4", "sd_hash": number * 2,
                "size": "7340032",
            },
            "thumbnail": {"url": f"https://thumbs.odycdn.com/{number[:32]}.webp"},
            "video": {"duration": 61, "height": 720, "width": 1280},
        },
    }  # fmt: skip
