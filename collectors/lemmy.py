"""Lemmy and what speaks its interface (v3): communities, accounts, posts with comments; copies are one by ap_id."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Literal
from urllib.parse import unquote, urlsplit

from collectors.api import answered, api_post, made, refusal
from collectors.base import Collector, Reader, independently
from core import ids, times, urls
from core.errors import Gone, Private, RateLimited
from core.exchange import Response
from core.records import Author, Finding, Media, Metrics, Post, Profile
from core.source import Cursor, Target, Yielded

_KNOWN_HOSTS = (
    "aussie.zone", "beehaw.org", "discuss.tchncs.de", "feddit.de", "feddit.it", "feddit.nl", "feddit.org", "feddit.uk",
    "hexbear.net", "infosec.pub", "jlai.lu", "lemm.ee", "mander.xyz", "programming.dev", "sh.itjust.works",
    "slrpnk.net", "sopuli.xyz",
)  # fmt: skip
_HOST = rf"https?://(?P<instance>[\w.-]*lemmy[\w.-]*|{'|'.join(map(re.escape, _KNOWN_HOSTS))})"
_END, _NAME = r"/?(?:[?#]\S*)?", r"[\w.-]{1,100}(?:@[\w.-]{1,200})?"
_AT_ONCE, _MAX_PAGES = 50, 2_000
_PICTURE = re.compile(r"\.(png|jpe?g|gif|webp|avif|mp4|webm)$", re.IGNORECASE)
_REFUSED = (
    (r"couldnt_find_\w+|not_found", Gone, "is not there any more"),
    (r"instance_is_private|not_logged_in|incorrect_login", Private, "is open to members only"),
    (r"rate_limit_error|too_many_requests", RateLimited, "asks for fewer requests; the next run waits"),
)
_ABOUT = (  # what stands around a post or a comment and is not kept
    "banned_from_community", "creator_banned_from_community", "creator_blocked", "creator_is_admin",
    "creator_is_moderator", "hidden", "image_details", "my_vote", "read", "saved", "subscribed", "unread_comments",
)  # fmt: skip
_PERSON = (
    "admin", "ban_expires", "banned", "bot_account", "deleted", "id", "instance_id", "local", "matrix_user_id",
    "updated",
)  # fmt: skip
_COMMENT = ("creator_id", "deleted", "distinguished", "id", "language_id", "local", "path", "post_id", "removed")
_POST = (
    "alt_text", "community_id", "creator_id", "deleted", "embed_description", "embed_title", "embed_video_url",
    "featured_community", "featured_local", "id", "language_id", "local", "locked", "nsfw", "removed",
    "thumbnail_url", "url_content_type",
)  # fmt: skip


class Lemmy(Collector):
    """What the sources of Lemmy share: how an instance is asked, how posts, comments and accounts are read."""

    platform = "lemmy"
    title = "Lemmy"
    requests_per_minute = 30.0
    fields = ("text", "title", "published", "edited", "author", "links", "media", "metrics", "community")
    retention = "each instance has its own terms"
    robots = "api"

    def ask(self, target: Target, path: str, params: Mapping[str, Any]) -> Response:
        """Fetch a path of the interface; raise what its answer says, by status or in words."""
        there = urlsplit(target.url)
        response = self.http.get(f"{there.scheme}://{there.netloc}/api/v3/{path}", params=params, check=False)
        said = str(answered(response).get("error") or "")
        for words, error, what in _REFUSED:
            if re.fullmatch(words, said):
                raise error(f"{target.url} {what} ({said}).", url=response.url, status=response.status)
        if response.status >= 400:
            raise refusal(response, target.url, said)
        return response

    def newest(self, cursor: Cursor, pages: Iterator[tuple[list[Yielded], list[Post]]]) -> Iterator[Yielded]:
        """Yield what stands on pages that begin with the newest, down to what the cursor covers."""
        for found, posts in pages:
            yield from found
            if cursor.covers(posts):
                return

    def listing(
        self, target: Target, path: str, params: Mapping[str, Any], parts: Mapping[str, Literal["post", "comment"]]
    ) -> Iterator[tuple[list[Yielded], list[Post]]]:
        """Yield page after page of a listing: what was found there, and the posts in it."""
        known: set[str] = set()
        numbers: dict[str, str] = {}  # of comments on this instance, to know whom a comment answers
        for number in range(1, _MAX_PAGES + 1):
            response = self.ask(target, path, {**params, "limit": _AT_ONCE, "page": number})
            answer = Reader(response.json(), url=response.url)
            found: list[Yielded] = []
            for name, kind in parts.items():
                items = list(answer.each(name))
                if kind == "comment":
                    numbers.update({str(i.take("comment.id")): i.take("comment.ap_id", str) for i in items})
                found += [one for item in items for one in self.read(item, kind, response, numbers)]
            fresh = [one for one in found if (key := _key(one)) is None or key not in known]
            known.update(key for one in found if (key := _key(one)))
            posts = [one for one in fresh if isinstance(one, Post)]
            yield fresh, posts
            if not posts:
                return

    def read(self, item: Reader, kind: str, response: Response, numbers: Mapping[str, str]) -> Iterator[Yielded]:
        """Yield a post or comment, that it was deleted or removed, and the profile of who wrote it."""
        post = self._comment(item, response, numbers) if kind == "comment" else self._post(item, response)
        yield post
        for how in ("deleted", "removed"):
            if item.maybe(f"{kind}.{how}", bool):
                told = f"{post.url} was {how} there; what is left of it is kept."
                yield Finding(kind="gone", sentence=told, url=post.url, ref=post.ref, capture=response.capture)
        yield self.profile(item.inside("creator"), response)
        item.ignore(*_ABOUT, "community", "creator", "counts", "post")
        self.audit(item)

    def profile(self, person: Reader, response: Response) -> Profile:
        """Return what an answer shows of an account."""
        person.ignore(*_PERSON)
        return made(
            Profile, platform=self.platform, author=_author(person), seen=response.captured_at, route="api",
            capture=response.capture, bio=person.maybe("bio", str), avatar=person.maybe("avatar", str),
            banner=person.maybe("banner", str), created=times.from_iso(person.maybe("published", str), zoneless="utc"),
        )  # fmt: skip

    def _post(self, item: Reader, response: Response) -> Post:
        post = item.inside("post")
        link, text = post.maybe("url", str), post.maybe("body", str)
        address, edited = post.take("ap_id", str), post.maybe("updated", str)
        made_post = api_post(
            response, platform=self.platform, native_id=address, url=address,
            author=_author(Reader(item.take("creator", dict), "creator")),
            published=times.from_iso(post.take("published", str), zoneless="utc"),
            edited=times.from_iso(edited, zoneless="utc") if edited else None,
            title=post.take("name", str), text=text, community=item.maybe("community.actor_id", str),
            links=tuple(dict.fromkeys(filter(None, [link, *urls.find_links(text or "")]))),
            media=(Media(url=link, kind=_kind(link)),) if link and _PICTURE.search(urlsplit(link).path) else (),
            metrics=_metrics(item, "comments"),
        )  # fmt: skip
        post.ignore(*_POST)
        return made_post

    def _comment(self, item: Reader, response: Response, numbers: Mapping[str, str]) -> Post:
        comment, root = item.inside("comment"), ids.ref(self.platform, item.take("post.ap_id", str))
        text, address, edited = comment.take("content", str), comment.take("ap_id", str), comment.maybe("updated", str)
        steps = (comment.maybe("path", str) or "").split(".")  # "0.12.34": 34 answers 12
        above = numbers.get(steps[-2]) if len(steps) > 2 else None
        made_post = api_post(
            response, platform=self.platform, native_id=address, url=address, kind="comment",
            author=_author(Reader(item.take("creator", dict), "creator")), root=root,
            reply_to=ids.ref(self.platform, above) if above else root if len(steps) == 2 else None,
            published=times.from_iso(comment.take("published", str), zoneless="utc"),
            edited=times.from_iso(edited, zoneless="utc") if edited else None,
            text=text, community=item.maybe("community.actor_id", str), links=tuple(urls.find_links(text)),
            metrics=_metrics(item, "child_count"),
        )  # fmt: skip
        comment.ignore(*_COMMENT)
        return made_post


class LemmyCommunity(Lemmy):
    """Posts of one community as one instance knows it, newest first."""

    id = "lemmy.community"
    patterns = (rf"{_HOST}/c/(?P<name>{_NAME}){_END}",)
    names = {"board": "{name}"}
    examples = ("https://lemmy.example/c/harbour", "https://feddit.org/c/harbour@lemmy.example")

    def collect(self, target: Target, cursor: Cursor) -> Iterator[Yielded]:
        """Walk back from the newest post."""
        asked = {"community_name": unquote(target.parts["name"]), "sort": "New"}
        yield from self.newest(cursor, self.listing(target, "post/list", asked, {"posts": "post"}))


class LemmyUser(Lemmy):
    """Posts and comments of one account with its profile, newest first."""

    id = "lemmy.user"
    patterns = (rf"{_HOST}/u/(?P<name>{_NAME}){_END}",)
    names = {"account": "{name}"}
    examples = ("https://lemmy.example/u/mara", "https://feddit.org/u/mara@lemmy.example")

    def collect(self, target: Target, cursor: Cursor) -> Iterator[Yielded]:
        """Walk back from the newest; posts and comments stand on the same pages."""
        asked = {"username": unquote(target.parts["name"]), "sort": "New"}
        yield from self.newest(cursor, self.listing(target, "user", asked, {"posts": "post", "comments": "comment"}))


class LemmyPost(Lemmy):
    """One post with its comments, oldest first."""

    id = "lemmy.post"
    patterns = (rf"{_HOST}/post/(?P<post>\d+)(?:/\d+)?{_END}",)
    names = {"thread": "{post}"}
    examples = ("https://lemmy.example/post/77", "https://feddit.org/post/77/102")

    def collect(self, target: Target, cursor: Cursor) -> Iterator[Yielded]:
        """Read the post and its comments independently."""
        yield from independently(self._one(target), self._comments(target))

    def _one(self, target: Target) -> Iterator[Yielded]:
        response = self.ask(target, "post", {"id": target.parts["post"]})
        yield from self.read(Reader(response.json(), url=response.url).inside("post_view"), "post", response, {})

    def _comments(self, target: Target) -> Iterator[Yielded]:
        asked = {"post_id": target.parts["post"], "sort": "Old"}  # what is answered stands before its answer
        for found, _ in self.listing(target, "comment/list", asked, {"comments": "comment"}):
            yield from found


def _author(person: Reader) -> Author:
    address = person.take("actor_id", str)
    return made(
        Author, native_id=address, handle=person.take("name", str), name=person.maybe("display_name", str), url=address
    )  # fmt: skip


def _metrics(item: Reader, replies: str) -> Metrics:
    return made(Metrics, likes=item.maybe("counts.score", int), replies=item.maybe(f"counts.{replies}", int))


def _kind(link: str) -> Literal["image", "video"]:
    return "video" if link.lower().endswith(("mp4", "webm")) else "image"


def _key(found: Yielded) -> str | None:
    """Return what tells a thing found apart from the others; None for a finding."""
    if isinstance(found, Post):
        return found.ref
    return f"account {found.author.native_id}" if isinstance(found, Profile) else None
