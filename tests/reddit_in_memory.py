"""A Reddit in memory, for tests: it signs apps in, answers as told, and remembers what it was asked."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import httpx

from collectors.reddit import RedditSource
from core.exchange import Exchange
from core.http import Client
from core.records import Finding, Post
from core.source import Cursor, Yielded
from core.times import StillClock

AT = datetime(2024, 5, 6, 7, 8, 9, tzinfo=UTC)
KEYS = {"REDDIT_CLIENT_ID": "id-of-the-app", "REDDIT_CLIENT_SECRET": "secret-of-the-app"}
TOKEN = {"access_token": "token-for-an-hour", "token_type": "bearer", "expires_in": 3600, "scope": "*"}
Reply = Callable[[httpx.Request], httpx.Response]


class Reddit:
    """A Reddit in memory: signs in, then answers as told; remembers what it was asked."""

    def __init__(self, reply: Reply, token: Any = TOKEN, token_status: int = 200) -> None:
        self.asked: list[httpx.Request] = []
        self.sign_ins: list[httpx.Request] = []
        self.kept: list[Exchange] = []
        self.clock = StillClock(AT)
        self._reply, self._token, self._token_status = reply, token, token_status

    def client(self) -> Client:
        return Client(
            transport=httpx.MockTransport(self.answer), clock=self.clock, recorder=self, requests_per_minute=0
        )

    def answer(self, request: httpx.Request) -> httpx.Response:
        if request.url.path == "/api/v1/access_token":
            self.sign_ins.append(request)
            return httpx.Response(self._token_status, json=self._token)
        self.asked.append(request)
        return self._reply(request)

    def record(self, exchange: Exchange) -> str:
        self.kept.append(exchange)
        return f"record-{len(self.kept)}"

    def walk(self, source: type[RedditSource], url: str, keys: dict[str, str] | None = None) -> list[Yielded]:
        return list(self.steps(source, url, keys))

    def steps(self, source: type[RedditSource], url: str, keys: dict[str, str] | None = None) -> Iterator[Yielded]:
        target = source.match(url)
        assert target is not None
        yield from source(self.client(), KEYS if keys is None else keys).collect(target, Cursor())


def said(status: int, body: Any = None, **headers: str) -> Reply:
    """Return what answers every request the same."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return lambda _: httpx.Response(status, json={"error": status} if body is None else body, headers=named)


def comment(name: str, parent: str = "t3_9zz", **more: Any) -> dict[str, Any]:
    data = {"name": name, "author": "quillon-b", "body": name, "created_utc": 1714900000.0, "link_id": "t3_9zz"}
    return {"kind": "t1", "data": {**data, "parent_id": parent, "replies": "", **more}}


def stub(parent: str, *children: str) -> dict[str, Any]:
    return {"kind": "more", "data": {"parent_id": parent, "count": len(children), "children": list(children)}}


def listing(*things: Any, after: str | None = None) -> dict[str, Any]:
    return {"kind": "Listing", "data": {"children": list(things), "after": after}}


def names(found: list[Yielded]) -> list[str]:
    return [post.native_id for post in found if isinstance(post, Post)]


def of_kind(found: list[Yielded], kind: str) -> list[Finding]:
    return [f for f in found if isinstance(f, Finding) and f.kind == kind]


USER, SUB = "https://www.reddit.com/user/quillon-b", "https://www.reddit.com/r/ternisle"
THREAD = "https://www.reddit.com/comments/9zz/"


def thread(*comments: Any) -> list[Any]:
    post = {"kind": "t3", "data": {"name": "t3_9zz", "author": "quillon-b", "title": "T", "created_utc": 1714900000}}
    return [listing(post), listing(*comments)]


def morechildren(*things: Any) -> dict[str, Any]:
    return {"json": {"errors": [], "data": {"things": list(things)}}}
