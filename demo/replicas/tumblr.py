"""Tumblr: blogs as RSS, and its API v2 with offsets, hourly and daily limits, and notes."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from demo.replicas.base import Answer, Request, as_html, as_json
from demo.replicas.feeds import PlainFeed
from demo.world import Place, Posting, World

API = "api.tumblr.com"
_HOURLY, _DAILY = 1000, 5000
_MOST = 50  # posts of one answer


class Tumblr(PlainFeed):
    """Blogs as /rss with twenty posts, and through the API with all of them for whoever has a key."""

    software = "tumblr"
    feed_path = "/rss"
    generator = "Tumblr (3.0; @lantern)"
    whole_in_description = True

    def __init__(self, world: World) -> None:
        super().__init__(world)
        self.used = 0

    def hosts(self) -> set[str]:
        """Return the hosts of the blogs, and the API's."""
        return {place.host for place in self.places} | {API}

    def zone(self) -> str:
        """Return UTC as Tumblr's dates have it."""
        return "+0000"

    def answer(self, request: Request, now: datetime) -> Answer:
        """Answer a blog's feed, or the API."""
        if request.host != API:
            return super().answer(request, now)
        self.used += 1
        given = self._api(request, now)
        left = {
            "x-ratelimit-perhour-limit": str(_HOURLY), "x-ratelimit-perhour-remaining": str(_HOURLY - self.used),
            "x-ratelimit-perhour-reset": "3400", "x-ratelimit-perday-limit": str(_DAILY),
            "x-ratelimit-perday-remaining": str(_DAILY - self.used), "x-ratelimit-perday-reset": "80000",
        }  # fmt: skip
        return Answer(given.status, given.body, given.type, left)

    def _api(self, request: Request, now: datetime) -> Answer:
        if not request.get("api_key"):
            return as_json({"meta": {"status": 401, "msg": "Unauthorized"}, "response": []}, 401)
        match request.path.strip("/").split("/"):
            case ["v2", "blog", host, "posts"] if place := self.at_host(host):
                posts = self.newest(place, now)
            case _:
                return as_json({"meta": {"status": 404, "msg": "Not Found"}, "response": []}, 404)
        if wanted := request.get("id"):
            posts = [post for post in posts if post.native_id == wanted]
        start, limit = request.number("offset", 0), min(request.number("limit", 20), _MOST)
        blog = _blog(place, len(posts), now)
        page = [_post(post, now) | {"blog": blog} for post in posts[start : start + limit]]
        response = {"blog": blog, "posts": page, "total_posts": len(posts)}
        return as_json({"meta": {"status": 200, "msg": "OK"}, "response": response})


def _blog(place: Place, posts: int, now: datetime) -> dict[str, Any]:
    return {
        "title": place.title, "name": place.room, "total_posts": posts, "posts": posts, "url": f"https://{place.host}/",
        "updated": int(now.timestamp()), "description": "", "is_nsfw": False, "ask": False, "share_likes": False,
        "uuid": f"t:{place.people[0].native_id}",
    }  # fmt: skip


def _post(post: Posting, now: datetime) -> dict[str, Any]:
    html = as_html(post.text_at(now))
    return {
        "blog_name": post.place.room, "id": int(post.native_id), "id_string": post.native_id, "post_url": post.url,
        "slug": "tide", "type": "text", "date": post.published.strftime("%Y-%m-%d %H:%M:%S GMT"),
        "timestamp": int(post.published.timestamp()), "state": "published", "format": "html",
        "reblog_key": post.native_id[-8:], "tags": list(post.tags), "short_url": f"https://tmblr.co/{post.native_id[-7:]}",
        "summary": post.title, "should_open_in_legacy": True, "recommended_source": None, "recommended_color": None,
        "note_count": len(post.text) % 41, "title": post.title, "body": html,
        "reblog": {"comment": html, "tree_html": ""}, "trail": [], "can_like": False, "can_reblog": False,
        "can_reply": False, "display_avatar": True, "is_blocks_post_format": False,
    }  # fmt: skip
