"""A Mastodon server: account lookup, timelines with Link headers, single statuses, rate headers."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from demo.replicas.base import Answer, Replica, Request, as_html, as_json, as_page, millis
from demo.world import Place, Posting, World

_LIMIT = 300  # requests in five minutes
_HASHTAG = re.compile(r"(?<![\w/&])#([a-z]\w*)")
_LINK = re.compile(r'<a href="(https?://)([^"]*)">[^<]*</a>')


class Mastodon(Replica):
    """One server with its accounts; ids grow with time, pages go back by `max_id`."""

    software = "mastodon"
    robots = "User-agent: *\nDisallow: /media_proxy/\nDisallow: /interact/\n"

    def __init__(self, world: World) -> None:
        super().__init__(world)
        self.used = 0
        self._all = sorted((p for place in self.places for p in world.of(place)), key=lambda p: -int(p.native_id))

    def answer(self, request: Request, now: datetime) -> Answer:
        """Answer the public interface; every answer says how many requests are left."""
        if not request.path.startswith("/api/"):
            return as_page("Tidepool", "<p>A small server for the islands of Maravelle.</p>")
        self.used += 1
        given = self._routed(request, now)
        rates = {
            "x-ratelimit-limit": str(_LIMIT), "x-ratelimit-remaining": str(max(_LIMIT - self.used % _LIMIT, 1)),
            "x-ratelimit-reset": millis(now + timedelta(minutes=5)), "server": "Mastodon",
        }  # fmt: skip
        return Answer(given.status, given.body, given.type, {**given.headers, **rates})

    def _routed(self, request: Request, now: datetime) -> Answer:
        match request.path.strip("/").split("/")[2:]:
            case ["accounts", "lookup"] if place := self.in_room(request.get("acct").partition("@")[0]):
                return as_json(self._account(place, now))
            case ["accounts", "search"]:
                found = self.in_room(request.get("q").lstrip("@").partition("@")[0])
                return as_json([self._account(found, now)] if found else [])
            case ["accounts", number, "statuses"] if place := self._numbered(number):
                return self._page(request, now, [p for p in self._all if p.place is place])
            case ["timelines", "tag", tag]:
                marked = [p for p in self._all if f"#{tag.lower()}" in p.text and not p.repost_of]
                return self._page(request, now, marked)
            case ["timelines", "public"]:
                return self._page(request, now, [p for p in self._all if not p.repost_of])
            case ["statuses", number, *rest]:
                return self._single(number, rest, now)
        return as_json({"error": "Record not found"}, 404)

    def _numbered(self, number: str) -> Place | None:
        return next((place for place in self.places if place.people[0].native_id == number), None)

    def _single(self, number: str, rest: list[str], now: datetime) -> Answer:
        post = next((p for p in self._all if p.native_id == number and p.visible(now)), None)
        if post is None:
            return as_json({"error": "Record not found"}, 404)
        if rest == ["context"]:
            return as_json({"ancestors": [], "descendants": []})
        if rest == ["history"]:
            status, edited = self._status(post, now), post.edited_at(now)
            first = {k: status[k] for k in ("spoiler_text", "sensitive", "account", "media_attachments", "emojis")}
            versions = [first | {"content": _content(post, post.text), "created_at": millis(post.published)}]
            if edited:
                versions.append(first | {"content": status["content"], "created_at": millis(edited)})
            return as_json(versions)
        return as_json(self._status(post, now))

    def _page(self, request: Request, now: datetime, posts: Sequence[Posting]) -> Answer:
        limit = min(max(request.number("limit", 20), 1), 40)
        below = request.number("max_id", 1 << 80)
        page = [p for p in posts if p.visible(now) and int(p.native_id) < below][:limit]
        headers = {}
        if page:
            here = f"https://{request.host}{request.path}?limit={limit}"
            headers["link"] = (
                f'<{here}&max_id={page[-1].native_id}>; rel="next", <{here}&min_id={page[0].native_id}>; rel="prev"'
            )
        return as_json([self._status(p, now) for p in page], headers=headers)

    def _account(self, place: Place, now: datetime) -> dict[str, Any]:
        person, home = place.people[0], f"https://{place.host}"
        count = sum(1 for p in self.world.of(place) if p.visible(now))
        return {
            "id": person.native_id, "username": person.handle, "acct": person.handle, "display_name": person.name,
            "locked": False, "bot": False, "discoverable": True, "indexable": True, "group": False, "noindex": False,
            "created_at": "2023-02-11T00:00:00.000Z", "note": "<p>Somewhere in Maravelle.</p>",
            "url": f"{home}/@{person.handle}", "uri": f"{home}/users/{person.handle}",
            "avatar": f"{home}/avatars/missing.png", "avatar_static": f"{home}/avatars/missing.png",
            "header": f"{home}/headers/missing.png", "header_static": f"{home}/headers/missing.png",
            "followers_count": 40 + len(person.handle) * 7, "following_count": 31, "statuses_count": count,
            "last_status_at": now.date().isoformat(), "emojis": [], "fields": [], "roles": [],
        }  # fmt: skip

    def _status(self, post: Posting, now: datetime) -> dict[str, Any]:
        home, edited = f"https://{post.place.host}", post.edited_at(now)
        original = self.world.by_ref.get(post.repost_of or "")
        quoted = self.world.by_ref.get(post.quotes or "")
        tags = [{"name": tag, "url": f"{home}/tags/{tag}"} for tag in _HASHTAG.findall(post.text_at(now))]
        return {
            "id": post.native_id, "created_at": millis(post.published), "in_reply_to_id": None,
            "in_reply_to_account_id": None, "sensitive": False, "spoiler_text": "", "visibility": "public",
            "language": post.language, "uri": f"{home}/users/{post.author.handle}/statuses/{post.native_id}",
            "url": post.url, "replies_count": 0, "reblogs_count": 0, "favourites_count": int(post.native_id) % 23,
            "edited_at": millis(edited) if edited else None, "content": _content(post, post.text_at(now)),
            "reblog": self._status(original, now) if original else None, "application": None,
            "account": self._account(post.place, now), "media_attachments": [], "mentions": [], "tags": tags,
            "emojis": [], "card": None, "poll": None,
            "quote": {"state": "accepted", "quoted_status": self._status(quoted, now)} if quoted else None,
        }  # fmt: skip


def _content(post: Posting, text: str) -> str:
    """Return the HTML of a status: addresses in three spans, hashtags as links."""
    home = f"https://{post.place.host}/tags/"
    link = f'<a href="{home}\\1" class="mention hashtag" rel="tag">#<span>\\1</span></a>'
    return _HASHTAG.sub(link, _LINK.sub(_in_spans, as_html(text)))


def _in_spans(found: re.Match[str]) -> str:
    scheme, rest = found[1], found[2]
    shown, hidden = rest[:30], rest[30:]
    kind = "ellipsis" if hidden else ""
    return (
        f'<a href="{scheme}{rest}" target="_blank" rel="nofollow noopener noreferrer"><span class="invisible">{scheme}'
        f'</span><span class="{kind}">{shown}</span><span class="invisible">{hidden}</span></a>'
    )
