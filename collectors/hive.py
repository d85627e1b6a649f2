"""Hive and Steemit: accounts, communities and threads, asked of the public nodes of the two chains by JSON-RPC."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, ClassVar
from urllib.parse import unquote

from collectors.api import made
from collectors.base import Collector, Reader, independently
from collectors.hive_posts import SITES, post_of
from core import ids, times
from core.errors import BadRequest, CopytrailError, Gone, RateLimited, SourceChanged, Unavailable
from core.exchange import Response
from core.records import Author, Counts, Post, Profile
from core.source import Cursor, Expect, Kind, Target, Yielded

_NODES = {"hive": "https://api.hive.blog/", "steemit": "https://api.steemit.com/"}
_HIVE = r"https?://(?:www\.)?(?:hive\.blog|peakd\.com|ecency\.com)"
_STEEMIT = r"https?://(?:www\.)?(?:steemit\.com|steemit\.world)"
_END = r"/?(?:[?#]\S*)?"
_NAME = r"@(?P<name>[^/?#\s]{1,40})"
_LISTED, _BESIDES = "posts|comments|replies|payout|feed|blog", "wallet|followers|followed|communities|settings"
_TABS = rf"(?:/(?:(?P<tab>{_LISTED})|{_BESIDES}))?"
_PERMLINK = rf"(?!(?:{_LISTED}|{_BESIDES})(?:[/?#]|$))(?P<permlink>[\w-]{{3,300}})"
_POST = rf"(?:/[\w-]{{1,80}})?/@(?P<name>[^/?#\s]{{1,40}})/{_PERMLINK}"
_LIST = r"(?:/(?P<sort>trending|hot|created|promoted|payout|payout_comments|muted))(?:/(?P<tag>[\w.-]{1,80}))?"
_COMMUNITY = r"/c/(?P<tag>hive-\d{1,9})(?:/(?P<sort>trending|hot|created|promoted|payout|muted))?"
_CODES: Mapping[int, type[CopytrailError]] = {-32602: BadRequest, -32601: BadRequest, -32005: RateLimited}
_AT_ONCE = 20
_MAX_PAGES = 5_000  # of one walk; at 20 posts that is a hundred thousand
_NONE = ("invalid account", "does not exist", "not exist", "not found", "invalid permlink", "was deleted")


class Chain(Collector):
    """What the sources of both chains share: how a node is asked and how its listings go on."""

    title = "Hive"
    requests_per_minute = 30.0
    robots = "api"
    retention = "what is written to a chain stays on it; sites may hide what they like (kept in raw)"
    retention_class = "open"
    fields = (
        "text", "title", "published", "edited", "author", "tags", "links", "mentions", "media", "metrics", "community",
        "reply_to", "root", "repost_of",
    )  # fmt: skip
    patterns: ClassVar[tuple[str, ...]] = ()
    examples: ClassVar[tuple[str, ...]] = ()
    chain: ClassVar[str] = "hive"

    def ask(self, method: str, params: Mapping[str, Any]) -> tuple[Any, Response]:
        """Call a node; raise what its error says: JSON-RPC answers with status 200 also where nothing is there."""
        sent = {"jsonrpc": "2.0", "method": method, "params": dict(params), "id": 1}
        response = self.http.post(_NODES[self.chain], json=sent)
        answer = Reader(response.json(), url=response.url)
        if answer.maybe("error") is None:
            return answer.take("result"), response
        error = answer.take("error")
        error = error if isinstance(error, dict) else {"message": str(error)}
        data = error.get("data")
        told = f"{error.get('message') or ''} {data if isinstance(data, str) else ''}".strip()[:200]
        kind: type[CopytrailError] = _CODES.get(error.get("code", 0), Unavailable)
        if any(words in told.lower() for words in _NONE):
            kind = Gone
        named = params.get("account") or params.get("author") or params.get("tag") or method
        raise kind(f"The node has nothing for {named} ({told}).", url=response.url, status=response.status)

    def listing(self, method: str, params: dict[str, Any], cursor: Cursor, blog: str = "") -> Iterator[Yielded]:
        """Walk a listing page by page; each begins after the last post of the one before."""
        seen: set[str] = set()
        for _ in range(_MAX_PAGES):
            result, response = self.ask(method, params)
            if not isinstance(result, list):
                raise SourceChanged(f"{response.url} gives no list of posts for {method}.", url=response.url)
            fresh: list[Post] = []
            last: Reader | None = None
            for last in Reader(result, url=response.url).each():
                post = post_of(last, self.chain, response, blog)
                self.audit(last)
                if post.ref not in seen:
                    seen.add(post.ref)
                    fresh.append(post)
                    yield post
            if last is None or not fresh or len(result) < _AT_ONCE or cursor.covers(fresh):
                return
            params = {**params, "start_author": last.take("author"), "start_permlink": last.take("permlink")}


class HiveAccount(Chain):
    """Posts and reblogs, or comments, or replies of one account of Hive, newest first."""

    id = "hive.account"
    patterns: ClassVar[tuple[str, ...]] = (rf"{_HIVE}/{_NAME}{_TABS}{_END}",)
    examples: ClassVar[tuple[str, ...]] = (
        "https://hive.blog/@someone",
        "https://peakd.com/@someone/posts",
        "https://ecency.com/@someone/replies",
    )
    names: ClassVar[Mapping[Kind, str]] = {"account": "{name}"}

    def collect(self, target: Target, cursor: Cursor) -> Iterator[Yielded]:
        """Walk the listing the address names; the profile is a part of its own."""
        yield from independently(self._posts(target, cursor), self._profile(target))

    def _posts(self, target: Target, cursor: Cursor) -> Iterator[Yielded]:
        name, sort = unquote(target.parts["name"]), target.parts.get("tab", "blog")
        blog = name if sort == "blog" else ""
        params = {"sort": sort, "account": name, "limit": _AT_ONCE}
        yield from self.listing("bridge.get_account_posts", params, cursor, blog)

    def _profile(self, target: Target) -> Iterator[Yielded]:
        result, response = self.ask("bridge.get_profile", {"account": unquote(target.parts["name"])})
        if not isinstance(result, dict):  # null: the node keeps no profile of the account
            return
        told = Reader(result, url=response.url)
        name, stated = told.take("name", str), Reader(told.maybe("metadata.profile", dict) or {})
        site = stated.maybe("website", str) or ""
        yield made(
            Profile, platform=self.chain, seen=response.captured_at, route="api", capture=response.capture,
            author=made(Author, native_id=name, handle=name, name=stated.maybe("name", str),
                        url=f"{SITES[self.chain]}/@{name}"),
            bio=stated.maybe("about", str), avatar=stated.maybe("profile_image", str),
            banner=stated.maybe("cover_image", str), links=(site,) if site else (),
            created=times.from_iso(told.maybe("created", str), zoneless="utc"),
            counts=made(Counts, followers=told.maybe("stats.followers", int),
                        following=told.maybe("stats.following", int), posts=told.maybe("post_count", int)),
            raw={"reputation": told.maybe("reputation"), "location": stated.maybe("location")},
        )  # fmt: skip


class SteemitAccount(HiveAccount):
    """Posts and reblogs, or comments, or replies of one account of Steemit, newest first."""

    id = "steemit.account"
    title = "Steemit"
    chain = "steemit"
    patterns = (rf"{_STEEMIT}/{_NAME}{_TABS}{_END}",)
    examples = ("https://steemit.com/@someone", "https://steemit.com/@someone/posts")


class HiveList(Chain):
    """The posts of all of Hive, of one tag or of one community, as ranked there."""

    id = "hive.list"
    patterns: ClassVar[tuple[str, ...]] = (
        rf"{_HIVE}{_LIST}{_END}",
        rf"{_HIVE}{_COMMUNITY}{_END}",
        rf"{_HIVE}/(?P<tag>hive-\d{{1,9}}){_END}",
    )
    examples: ClassVar[tuple[str, ...]] = (
        "https://hive.blog/created",
        "https://hive.blog/trending/photography",
        "https://peakd.com/c/hive-12345",
    )
    names: ClassVar[Mapping[Kind, str]] = {"tag": "{tag}", "site": "{host}"}
    expect = Expect(posts_at_least=1)

    def collect(self, target: Target, cursor: Cursor) -> Iterator[Yielded]:
        """Walk the ranked listing; only the one by time can end at what earlier walks held."""
        sort, tag = target.parts.get("sort", "created"), target.parts.get("tag", "")
        params = {"sort": sort, "tag": tag, "limit": _AT_ONCE}
        yield from self.listing("bridge.get_ranked_posts", params, cursor if sort == "created" else Cursor())


class SteemitList(HiveList):
    """The posts of all of Steemit, of one tag or of one community, as ranked there."""

    id = "steemit.list"
    title = "Steemit"
    chain = "steemit"
    patterns = (rf"{_STEEMIT}{_LIST}{_END}", rf"{_STEEMIT}{_COMMUNITY}{_END}")
    examples = ("https://steemit.com/created", "https://steemit.com/trending/photography")


class HiveThread(Chain):
    """One post of Hive and every comment below it."""

    id = "hive.thread"
    patterns: ClassVar[tuple[str, ...]] = (rf"{_HIVE}{_POST}{_END}",)
    examples: ClassVar[tuple[str, ...]] = (
        "https://hive.blog/harbour/@someone/a-post",
        "https://peakd.com/@someone/a-post",
    )
    names: ClassVar[Mapping[Kind, str]] = {"post": "{name}/{permlink}"}
    one_answer = True

    def collect(self, target: Target, cursor: Cursor) -> Iterator[Yielded]:
        """Ask for the whole discussion at once, in the order the node gives."""
        name, permlink = unquote(target.parts["name"]), target.parts["permlink"]
        result, response = self.ask("bridge.get_discussion", {"author": name, "permlink": permlink})
        if not isinstance(result, dict):
            raise SourceChanged(f"{response.url} gives no discussion of {target.url}.", url=response.url)
        for item in Reader(list(result.values()), url=response.url).each():
            post = post_of(item, self.chain, response)
            top = ids.ref(self.chain, f"{name}/{permlink}")
            yield post if post.root or not post.reply_to else post.model_copy(update={"root": top})
            self.audit(item)


class SteemitThread(HiveThread):
    """One post of Steemit and every comment below it."""

    id = "steemit.thread"
    title = "Steemit"
    chain = "steemit"
    patterns = (rf"{_STEEMIT}{_POST}{_END}",)
    examples = ("https://steemit.com/harbour/@someone/a-post", "https://steemit.com/@someone/a-post")
