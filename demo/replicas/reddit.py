"""Reddit's Data API: token, listings by `after`, comment trees with stubs, morechildren, rate headers, refusals."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from demo.replicas.base import Answer, Replica, Request, as_html, as_json, as_page
from demo.world import Posting, World

TOKEN = "demo-token-that-opens-nothing"  # noqa: S105
SUSPENDED = "corvane_fan_club_mv"
WINDOW = 600  # seconds over which Reddit counts requests
_ALLOWED = 1000
_SHOWN, _DEPTH = 8, 4  # comments of one level in the first answer, and levels


class Reddit(Replica):
    """Communities, accounts and threads; the website itself asks robots to stay away, as it does."""

    software = "reddit"
    robots = "User-agent: *\nDisallow: /\n"

    def __init__(self, world: World) -> None:
        super().__init__(world)
        self.used = 0
        self._all = [post for place in self.places for post in world.of(place)]
        self._by_id = {post.native_id: post for post in self._all}

    def hosts(self) -> tuple[str, ...]:
        """Return the website and the API host."""
        return ("www.reddit.com", "oauth.reddit.com")

    def answer(self, request: Request, now: datetime) -> Answer:
        """Sign in on the website, answer on the API host to whoever signed in."""
        if request.host == "www.reddit.com":
            if request.method == "POST" and request.path == "/api/v1/access_token":
                return self._token(request)
            return as_page("Maravelle on a website", "<p>The replica answers on the API host.</p>", 403)
        if request.headers.get("authorization", "").lower() != f"bearer {TOKEN}":
            return as_json({"message": "Unauthorized", "error": 401}, 401)
        self.used += 1
        given = self._routed(request, now)
        rates = {"x-ratelimit-used": str(self.used), "x-ratelimit-reset": str(WINDOW // 2)}
        rates["x-ratelimit-remaining"] = f"{max(_ALLOWED - self.used, 1)}.0"
        return Answer(given.status, given.body, given.type, {**given.headers, **rates, "server": "snooserv"})

    def _token(self, request: Request) -> Answer:
        if not request.headers.get("authorization", "").startswith("Basic "):
            return as_json({"message": "Unauthorized", "error": 401}, 401)
        return as_json({"access_token": TOKEN, "token_type": "bearer", "expires_in": 86400, "scope": "*"})

    def _routed(self, request: Request, now: datetime) -> Answer:
        match [part for part in request.path.removesuffix(".json").split("/") if part]:
            case ["r", room, *_] if place := self.in_room(room):
                return self._listing(request, now, self.newest(place, now))
            case ["user", name, "about"] if name == SUSPENDED:
                return as_json({"kind": "t2", "data": {"name": name, "is_suspended": True}})
            case ["user", name, *part] if name != SUSPENDED:
                return self._account(request, now, name, part[0] if part else "overview")
            case ["user", *_]:
                return as_json({"message": "Forbidden", "error": 403}, 403)
            case ["comments", thread, *rest] if f"t3_{thread}" in self._by_id:
                return self._thread(self._by_id[f"t3_{thread}"], rest[1] if len(rest) > 1 else "", now)
            case ["api", "info"]:
                named = [self._by_id[n] for n in request.get("id").split(",") if n in self._by_id]
                return as_json(_listing([self._thing(post, now) for post in named]))
            case ["api", "morechildren"]:
                return self._more(request, now)
        return as_json({"message": "Not Found", "error": 404}, 404)

    def _account(self, request: Request, now: datetime, name: str, part: str) -> Answer:
        own = [p for p in reversed(self._all) if p.author.handle.lower() == name.lower() and p.visible(now)]
        if not own:
            return as_json({"message": "Not Found", "error": 404}, 404)
        wanted = {"submitted": ("t3_",), "comments": ("t1_",)}.get(part, ("t1_", "t3_"))
        return self._listing(request, now, [p for p in own if p.native_id.startswith(wanted)])

    def _listing(self, request: Request, now: datetime, posts: Sequence[Posting]) -> Answer:
        posts = sorted(posts, key=lambda post: post.published, reverse=True)
        names = [post.native_id for post in posts]
        after = request.get("after")
        start = names.index(after) + 1 if after in names else 0
        page = posts[start : start + min(request.number("limit", 25), 100)]
        more = start + len(page) < len(posts)
        return as_json(_listing([self._thing(p, now) for p in page], page[-1].native_id if more and page else None))

    def _thread(self, root: Posting, comment: str, now: datetime) -> Answer:
        if not root.visible(now):
            return as_json({"message": "Not Found", "error": 404}, 404)
        tree = self._children(root.ref, now)
        if comment:
            tree = [p for p in (self._by_id.get(f"t1_{comment}"),) if p is not None and p.published <= now]
        return as_json([_listing([self._thing(root, now)]), _listing(self._level(tree, root, now, 0))])

    def _children(self, ref: str, now: datetime) -> list[Posting]:
        return [p for p in self._all if p.reply_to == ref and p.published <= now]

    def _level(self, posts: list[Posting], root: Posting, now: datetime, depth: int) -> list[dict[str, Any]]:
        things = []
        for post in posts[:_SHOWN]:
            below = self._children(post.ref, now)
            replies: Any = ""
            if below and depth + 1 < _DEPTH:
                replies = _listing(self._level(below, root, now, depth + 1))
            elif below:  # "continue this thread"
                replies = _listing([_stub([], post.native_id, 0, depth + 1)])
            thing = self._thing(post, now)
            thing["data"] |= {"replies": replies, "depth": depth}
            things.append(thing)
        if left := posts[_SHOWN:]:
            things.append(_stub([p.short for p in left], str(left[0].reply_to).partition(":")[2], len(left), depth))
        return things

    def _more(self, request: Request, now: datetime) -> Answer:
        wanted = [self._by_id.get(f"t1_{short}") for short in request.form.get("children", "").split(",")]
        queue = [post for post in wanted if post is not None and post.published <= now]
        things = []
        for post in queue:  # grows while it is walked: replies come flat, behind their parents
            queue += self._children(post.ref, now)
            thing = self._thing(post, now)
            thing["data"]["replies"] = ""
            things.append(thing)
        return as_json({"json": {"errors": [], "data": {"things": things}}})

    def _thing(self, post: Posting, now: datetime) -> dict[str, Any]:
        comment = post.native_id.startswith("t1_")
        gone = post.gone is not None and post.gone <= now
        text = "[deleted]" if gone else post.text_at(now)
        edited = post.edited_at(now)
        score = 3 + int(post.short, 36) % 900
        data: dict[str, Any] = {
            "subreddit": post.place.room, "subreddit_id": "t5_9mara", "subreddit_name_prefixed": f"r/{post.place.room}",
            "id": post.short, "name": post.native_id, "author": "[deleted]" if gone else post.author.handle,
            "created": post.published.timestamp(), "created_utc": post.published.timestamp(),
            "edited": edited.timestamp() if edited else False, "score": score, "ups": score, "downs": 0, "gilded": 0,
            "permalink": urlsplit(post.url).path, "distinguished": None, "stickied": False, "locked": False,
            "archived": False, "saved": False, "likes": None, "mod_reports": [], "user_reports": [],
        }  # fmt: skip
        if not gone:
            data["author_fullname"] = post.author.native_id
        if comment:
            data |= {
                "body": text, "body_html": f'<div class="md">{as_html(text)}\n</div>', "link_id": f"t3_{post.thread}",
                "parent_id": str(post.reply_to).partition(":")[2], "replies": "", "controversiality": 0,
                "score_hidden": False,
            }  # fmt: skip
            return {"kind": "t1", "data": data}
        return {"kind": "t3", "data": data | self._submission(post, text, now)}

    def _submission(self, post: Posting, text: str, now: datetime) -> dict[str, Any]:
        comments = sum(1 for p in self._all if p.thread == post.short and p.published <= now)
        original = self.world.by_ref.get(post.repost_of or "")
        cited = post.links[0] if post.links and not text else ""
        url = cited or (original.url if original else post.url)
        data: dict[str, Any] = {
            "title": post.title, "selftext": text, "is_self": not cited and original is None, "url": url,
            "selftext_html": f'<!-- SC_OFF --><div class="md">{as_html(text)}</div><!-- SC_ON -->' if text else None,
            "domain": urlsplit(cited).hostname if cited else f"self.{post.place.room}", "num_comments": comments,
            "num_crossposts": 0, "over_18": False, "spoiler": False, "quarantine": False, "upvote_ratio": 0.9,
            "link_flair_text": None, "thumbnail": "self", "hide_score": False, "media": None, "secure_media": None,
        }  # fmt: skip
        if original:
            data |= {
                "crosspost_parent": original.native_id,
                "crosspost_parent_list": [self._thing(original, now)["data"]],
            }
        return data


def _listing(children: list[dict[str, Any]], after: str | None = None) -> dict[str, Any]:
    data = {"modhash": "", "dist": len(children), "children": children, "after": after, "before": None}
    return {"kind": "Listing", "data": data}


def _stub(children: list[str], parent: str, count: int, depth: int) -> dict[str, Any]:
    name = children[0] if children else "_"
    data = {"count": count, "name": f"t1_{name}", "id": name, "parent_id": parent, "depth": depth, "children": children}
    return {"kind": "more", "data": data}
