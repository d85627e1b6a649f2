"""VKontakte through its API: the walls of people and communities, single posts with their comments, the search."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, ClassVar
from urllib.parse import parse_qs, unquote

from collectors import vk_things as read
from collectors.api import refusal
from collectors.base import Collector, Reader, independently
from core.errors import (
    BadRequest,
    Blocked,
    CopytrailError,
    Gone,
    NotRecorded,
    Private,
    RateLimited,
    SourceChanged,
    Suspended,
    Unauthorized,
    Unavailable,
)
from core.exchange import Response
from core.records import Finding, Post
from core.source import Cursor, Kind, Target, Yielded

_HOST = r"https?://(?:www\.|m\.|new\.|[a-z]{2}\.)?(?:vk\.com|vk\.ru|vkontakte\.ru)"
_HOSTS = ("https://api.vk.com", "https://api.vk.ru")
_END = r"/?(?:[?#]\S*)?"
_WALL = rf"(?!\S*[?&]w=wall){_END}"  # an address that shows one post over a wall names that post
_NUMBERED = r"(?:album|app|audio|clip|doc|market|note|page|photo|playlist|podcast|poll|story|topic|video|wall)s?-?\d"
_OWN = (  # what stands in the place of a name and is none
    r"(?:about|albums|apps|articles?|audios?|away|badbrowser|bookmarks|clips|dev|discover|docs?|edit|events|faq|fave|feed|"
    r"friends|gifts|groups|hashtag|im|join|login|mail|market|menu|music|photos|play|poll|public|reg|restore|search|"
    r"services|settings|share\.php|stats|stickers|story|support|terms|video|videos|wall|write)(?:[/?#]|$)"
)
_ACCOUNT = r"(?:id|club|public|event)\d+(?:[/?#]|$)"
_QUERY = r"(?:c\[q\]|c%5[Bb]q%5[Dd]|q)=(?P<query>[^&#\s]++)[^#\s]*+(?:#\S*+)?"
_SHOWN = r"w=wall(?P<owner>-?\d{1,19})_(?P<post>\d{1,19})(?:(?:[&/#]|%2[Ff])\S*)?"
_FIELDS = "screen_name,description,members_count,followers_count,photo_200,status,site,verified"
_REFUSED: Mapping[int, tuple[type[CopytrailError], str]] = {
    1: (Unavailable, "had an error; the next run tries again"), 5: (Unauthorized, "refused the token"),
    6: (RateLimited, "asks for fewer requests"), 7: (Unauthorized, "does not let this token do so"),
    9: (RateLimited, "asks for fewer requests"), 10: (Unavailable, "had an error; the next run tries again"),
    14: (Blocked, "wants a captcha solved, which is not done"), 15: (Private, "shows this to those admitted only"),
    17: (Blocked, "wants the token validated in a browser"), 18: (Gone, "says the account was deleted or banned"),
    19: (Suspended, "has blocked this content"), 27: (Unauthorized, "refused the token"),
    28: (Unauthorized, "refused the token"), 29: (RateLimited, "has given all that this token may ask for today"),
    30: (Private, "says that this profile is private"), 100: (BadRequest, "does not accept the request"),
    113: (Gone, "knows no such user"), 125: (Gone, "knows no such community"), 200: (Private, "denies access"),
    203: (Private, "shows this to members of the community only"), 212: (Private, "shows no comments here"),
    1116: (Unauthorized, "refused the token"), 1117: (Unauthorized, "says that the token has expired"),
}  # fmt: skip


class Vk(Collector):
    """What the sources of VK share: how a method is called, what its refusals mean, how a listing goes on."""

    title = "VK"
    requests_per_minute = 120.0  # documented: three a second for one token
    login = "key"
    secrets = ("VK_TOKEN",)
    how_to_get_the_key = "Create an app at https://id.vk.com/about/business/go; its service token is the key."
    fields = ("text", "published", "edited", "author", "links", "tags", "mentions", "media", "metrics", "repost_of")
    retention = "the terms let data be kept as long as the app needs it and its author has not deleted it"
    retention_class = "deletions"
    robots = "api"
    most_pages: ClassVar[int] = 10_000

    def call(self, method: str, params: Mapping[str, str | int]) -> Response:
        """Call a method; raise what its answer says, also where that comes with status 200."""
        token = self.keys.get("VK_TOKEN")
        if not token and not self.http.offline:
            raise Unauthorized(f"VK needs VK_TOKEN in the environment. {self.how_to_get_the_key}")
        asked = {**params, "v": "5.199", **({"access_token": token} if token else {})}
        missing: NotRecorded | None = None
        for host in _HOSTS:
            try:
                response = self.http.get(f"{host}/method/{method}", params=asked, check=False)
            except NotRecorded as error:  # only a replay gets past the first host
                missing = missing or error
                continue
            if response.status >= 400:
                raise refusal(response, f"VK's {method}")
            told = response.json()
            if isinstance(told, dict) and isinstance(told.get("error"), dict):
                raise self._refused(told["error"], method, response)
            return response
        raise missing or NotRecorded(f"No record answers {method}.")

    def _refused(self, error: Mapping[str, Any], method: str, response: Response) -> CopytrailError:
        code, said = error.get("error_code"), str(error.get("error_msg") or "")[:200]
        kind, what = _REFUSED.get(code if isinstance(code, int) else 0, (BadRequest, "does not accept the request"))
        remedy = f" {self.how_to_get_the_key}" if kind is Unauthorized else ""
        sentence = f"VK {what} ({method}, error {code}: {said}).{remedy}"
        return kind(sentence, url=response.url, status=response.status)

    def listing(self, method: str, params: Mapping[str, str | int]) -> Iterator[tuple[Response, Reader]]:
        """Yield the pages of a listing that goes on by offset; the caller ends it."""
        offset = 0
        for _ in range(self.most_pages):
            response = self.call(method, {**params, **({"offset": offset} if offset else {})})
            answer = Reader(response.json(), url=response.url)
            count = len(answer.take("response.items", list))
            total = answer.maybe("response.count", int)
            yield response, answer
            offset += count
            if not count or (total is not None and offset >= total):
                return

    def walls(self, response: Response, answer: Reader) -> Iterator[Yielded]:
        """Yield the people beside the posts of an answer, then the posts."""
        known = read.people(answer)
        seen: set[int] = self.__dict__.setdefault("_known", set())
        yield from read.profiles(known, seen, response)
        for item in answer.each("response.items"):
            if item.maybe("is_deleted") or item.maybe("deleted"):
                continue
            yield read.wall_post(item, known, response)
            self.audit(item)


class VkWall(Vk):
    """Posts of the wall of one person or community with what they pass on, newest first."""

    id = "vk.wall"
    patterns = (
        rf"{_HOST}/id(?P<user>\d{{1,19}}){_WALL}",
        rf"{_HOST}/(?:club|public|event)(?P<group>\d{{1,19}}){_WALL}",
        rf"{_HOST}/wall(?P<owner>-?\d{{1,19}}){_WALL}",
        rf"{_HOST}/(?!{_ACCOUNT}|{_NUMBERED}|{_OWN})(?P<name>@?[A-Za-z][\w.]{{1,63}}){_WALL}",
    )
    examples = (
        "https://vk.com/id658771559", "https://vk.com/club109125816", "https://vk.com/public109125816",
        "https://vk.com/some.name", "https://m.vk.ru/some_name?from=x", "https://vk.com/wall-109125816?own=1",
    )  # fmt: skip
    names: ClassVar[Mapping[Kind, str]] = {"account": "{name}{user}{group}{owner}"}

    @classmethod
    def match(cls, url: str) -> Target | None:
        """Return the target; a number stands for the same account however it is written."""
        target = super().match(url)
        if target is None:
            return None
        parts = target.parts
        number = f"-{parts['group']}" if "group" in parts else parts.get("user") or parts.get("owner")
        identity = number or parts["name"].lstrip("@")
        return Target(url=url, parts=parts, kind="account", identity=identity)

    def collect(self, target: Target, cursor: Cursor) -> Iterator[Yielded]:
        """Walk back from the newest; the pinned post at the head does not end the walk."""
        whose = self._whose(target)
        asked = {**whose, "count": 100, "extended": 1, "fields": _FIELDS}
        for response, answer in self.listing("wall.get", asked):
            posts: list[Post] = []
            for found in self.walls(response, answer):
                if isinstance(found, Post):
                    posts.append(found)
                yield found
            if cursor.covers(posts):
                return

    def _whose(self, target: Target) -> dict[str, str | int]:
        """Return the parameter that names the wall; a name is looked up."""
        if "name" not in target.parts:
            return {"owner_id": target.identity}
        name = target.identity
        try:
            response = self.call("utils.resolveScreenName", {"screen_name": name})
        except NotRecorded:
            return {"domain": name}
        found = Reader(response.json(), url=response.url).maybe("response")
        if not isinstance(found, dict) or not str(found.get("object_id") or "").isdecimal():
            raise Gone(f"Nobody on VK is called {name}.", url=target.url, status=response.status)
        if found.get("type") not in ("user", "group", "page", "event"):
            raise Gone(f"{target.url} is no wall but an application.", url=target.url, status=response.status)
        return {"owner_id": int(found["object_id"]) * (1 if found["type"] == "user" else -1)}


class VkPost(Vk):
    """One post of a wall with its comments and the answers to them, oldest first."""

    id = "vk.post"
    patterns = (
        rf"{_HOST}/wall(?P<owner>-?\d{{1,19}})_(?P<post>\d{{1,19}}){_END}",
        rf"{_HOST}/[\w./]{{0,64}}\?(?:[^#\s&]{{1,300}}&){{0,5}}{_SHOWN}",
    )
    examples = ("https://vk.com/wall-109125816_519471", "https://vk.com/feed?w=wall-109125816_519471")
    names: ClassVar[Mapping[Kind, str]] = {"post": "{owner}_{post}"}

    def collect(self, target: Target, cursor: Cursor) -> Iterator[Yielded]:
        """Read the post and its comments independently: either may be had without the other."""
        yield from independently(self._one(target), self._comments(target, 0))

    def _one(self, target: Target) -> Iterator[Yielded]:
        response = self.call("wall.getById", {"posts": target.identity, "extended": 1, "fields": _FIELDS})
        answer = Reader(response.json(), url=response.url)
        told = answer.take("response")
        if isinstance(told, list):  # the shape of earlier versions, and without `extended`
            answer = Reader({"response": {"items": told}}, url=response.url)
        items = answer.take("response.items", list)
        if not items or (isinstance(items[0], dict) and items[0].get("is_deleted")):
            raise Gone(f"{target.url} is not there any more.", url=target.url, status=response.status)
        yield from self.walls(response, answer)

    def _comments(self, target: Target, thread: int) -> Iterator[Yielded]:
        """Yield the comments, each with the answers below it; those that are left out are asked for."""
        owner, post = int(target.parts["owner"]), int(target.parts["post"])
        asked: dict[str, str | int] = {
            "owner_id": owner, "post_id": post, "count": 100, "need_likes": 1, "sort": "asc", "extended": 1,
            "fields": _FIELDS, **({"comment_id": thread} if thread else {"thread_items_count": 10}),
        }  # fmt: skip
        for response, answer in self.listing("wall.getComments", asked):
            known = read.people(answer)
            yield from read.profiles(known, self.__dict__.setdefault("_known", set()), response)
            for item in answer.each("response.items"):
                yield from self._comment(item, owner, post, known, response)
                below = item.answer.get("thread")
                inside = below.get("items") if isinstance(below, dict) else None
                count = below.get("count") if isinstance(below, dict) else 0
                answers = [Reader(one, "items[].thread.items[]") for one in inside or () if isinstance(one, dict)]
                if isinstance(count, int) and count > len(answers) and not thread:
                    yield from self._comments(target, item.take("id", int))
                    continue
                for one in answers:
                    yield from self._comment(one, owner, post, known, response)

    def _comment(
        self, item: Reader, owner: int, post: int, known: read.People, response: Response
    ) -> Iterator[Yielded]:
        if item.maybe("deleted"):
            number = item.take("id", int)
            item.ignore(*item.answer)
            url = f"https://vk.com/wall{owner}_{post}?reply={number}"
            yield Finding(
                kind="gone", sentence=f"The comment {url} was deleted.", url=url, ref=f"vk:{owner}_{number}",
                evidence='"deleted": true', capture=response.capture,
            )  # fmt: skip
            return
        yield read.comment(item, owner, post, known, response)
        self.audit(item)


class VkSearch(Vk):
    """Public posts that VK's search of news finds for words or a hashtag, newest first, at most a thousand."""

    id = "vk.search"
    patterns = (
        rf"{_HOST}/(?:search|feed)(?:/statuses)?/?\?(?:[^#\s&]{{1,300}}&){{0,8}}{_QUERY}",
        rf"{_HOST}/hashtag/(?P<tag>[^/?#\s]+){_END}",
    )
    examples = (
        "https://vk.com/search?c%5Bq%5D=harbour%20storm&c%5Bsection%5D=statuses",
        "https://vk.com/feed?q=%23harbour&section=search", "https://vk.com/hashtag/harbour",
    )  # fmt: skip
    names: ClassVar[Mapping[Kind, str]] = {"tag": "{tag}", "search": "{query}"}

    def collect(self, target: Target, cursor: Cursor) -> Iterator[Yielded]:
        """Walk back from the newest, as far as `next_from` leads."""
        parts = target.parts
        phrase = f"#{unquote(parts['tag'])}" if "tag" in parts else parse_qs(f"q={parts['query']}")["q"][0]
        asked: dict[str, str | int] = {"q": phrase, "count": 200, "extended": 1, "fields": _FIELDS}
        for _ in range(self.most_pages):
            response = self.call("newsfeed.search", asked)
            answer = Reader(response.json(), url=response.url)
            if answer.maybe("response") is None:
                raise SourceChanged(f"{response.url} answered no list of posts.", url=response.url)
            posts: list[Post] = []
            for found in self.walls(response, answer):
                if isinstance(found, Post):
                    posts.append(found)
                yield found
            following = answer.maybe("response.next_from", str)
            if not posts or not following or following == asked.get("start_from") or cursor.covers(posts):
                return
            asked["start_from"] = following
