"""A Discourse forum: topics with their first twenty posts and the stream of all, posts by ids, topic lists by page."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from demo.addresses import slug
from demo.replicas.base import Answer, Replica, Request, as_html, as_json, as_page, millis
from demo.world import Place, Posting

_CHUNK, _PER_PAGE = 20, 30
_NOT_FOUND = as_json({"errors": ["The requested URL or resource could not be found."], "error_type": "not_found"}, 404)


class Discourse(Replica):
    """One forum; each place of the demo is a topic of it."""

    software = "discourse"
    robots = "User-agent: *\nDisallow: /admin/\nDisallow: /auth/\nDisallow: /email/\n"

    def answer(self, request: Request, now: datetime) -> Answer:
        """Answer the pages that end in .json; the rest is an empty shell, as with the real one."""
        if not request.path.endswith(".json"):
            return as_page("The Netmenders' Table", "<p>A forum of the Maravelle islands.</p>")
        match request.path.removesuffix(".json").strip("/").split("/"):
            case ["t", topic] | ["t", _, topic] if not topic.startswith("posts") and (place := self.in_room(topic)):
                return self._topic(place, now)
            case ["t", topic, "posts"] if place := self.in_room(topic):
                wanted = set(request.query.get("post_ids[]", ()))
                posts = [p for p in self._posts(place, now) if p.native_id in wanted]
                return as_json({"post_stream": {"posts": [_post(p, now) for p in posts]}, "id": int(topic)})
            case ["latest"] | ["c", *_]:
                return self._list(request, now)
        return _NOT_FOUND

    def _posts(self, place: Place, now: datetime) -> list[Posting]:
        return [p for p in self.world.of(place) if p.visible(now)]

    def _topic(self, place: Place, now: datetime) -> Answer:
        posts = self._posts(place, now)
        if not posts:
            return _NOT_FOUND
        first = posts[0]
        stream = {"posts": [_post(p, now) for p in posts[:_CHUNK]], "stream": [int(p.native_id) for p in posts]}
        return as_json({
            "post_stream": stream, "id": int(place.room), "title": place.title, "fancy_title": place.title,
            "slug": slug(place), "posts_count": len(posts), "created_at": millis(first.published), "views": 900,
            "reply_count": len(posts) - 1, "like_count": 4, "last_posted_at": millis(posts[-1].published),
            "visible": True, "closed": False, "archived": False, "archetype": "regular", "category_id": 5,
            "word_count": 4000, "deleted_at": None, "user_id": int(first.author.native_id), "pinned": False,
            "chunk_size": _CHUNK, "highest_post_number": posts[-1].number, "tags": [], "details": {},
        })  # fmt: skip

    def _list(self, request: Request, now: datetime) -> Answer:
        topics = [posts[0] for place in self.places if (posts := self._posts(place, now))]
        topics.sort(key=lambda p: p.published, reverse=True)
        start = request.number("page", 0) * _PER_PAGE
        page = topics[start : start + _PER_PAGE]
        more = {"more_topics_url": f"/latest?page={start // _PER_PAGE + 1}"} if topics[start + _PER_PAGE :] else {}
        people = {p.author.native_id: p.author for p in page}
        users = [{"id": int(i), "username": a.handle, "name": a.name, "avatar_template": ""} for i, a in people.items()]
        return as_json({
            "users": users,
            "topic_list": {
                "can_create_topic": False, "per_page": _PER_PAGE, **more,
                "topics": [self._row(p, now) for p in page],
            },
        })  # fmt: skip

    def _row(self, first: Posting, now: datetime) -> dict[str, Any]:
        place, posts = first.place, self._posts(first.place, now)
        last = posts[-1]
        return {
            "id": int(place.room), "title": place.title, "fancy_title": place.title, "slug": slug(place),
            "posts_count": len(posts), "reply_count": len(posts) - 1, "highest_post_number": last.number,
            "image_url": None, "created_at": millis(first.published), "last_posted_at": millis(last.published),
            "bumped": True, "bumped_at": millis(last.published), "archetype": "regular", "unseen": False,
            "pinned": False, "unpinned": None, "visible": True, "closed": False, "archived": False, "bookmarked": None,
            "liked": None, "tags": [], "views": 900, "like_count": 4, "has_summary": False, "category_id": 5,
            "last_poster_username": last.author.handle, "pinned_globally": False, "has_accepted_answer": False,
            "posters": [
                {"extras": None, "description": "Original Poster", "user_id": int(first.author.native_id)},
            ],
        }  # fmt: skip


def _post(post: Posting, now: datetime) -> dict[str, Any]:
    changed = post.edited_at(now) or post.published
    return {
        "id": int(post.native_id), "name": post.author.name, "username": post.author.handle, "avatar_template": "",
        "created_at": millis(post.published), "cooked": as_html(post.text_at(now)), "post_number": post.number,
        "post_type": 1, "updated_at": millis(changed), "reply_count": 0, "reply_to_post_number": None,
        "quote_count": 0, "incoming_link_count": 0, "reads": 60, "readers_count": 59, "score": 12.2, "yours": False,
        "topic_id": int(post.place.room), "topic_slug": slug(post.place), "display_username": post.author.name,
        "primary_group_name": None, "version": 1 + (changed != post.published), "can_edit": False, "can_delete": False,
        "can_recover": False, "can_wiki": False, "read": True, "user_title": None, "actions_summary": [],
        "moderator": False, "admin": False, "staff": False, "user_id": int(post.author.native_id), "hidden": False,
        "trust_level": 1, "deleted_at": None, "user_deleted": False, "edit_reason": None, "wiki": False,
        "can_view_edit_history": True, "link_counts": [{"url": url, "internal": False} for url in post.links],
    }  # fmt: skip
