"""Bluesky through the public AppView of the AT Protocol: accounts, threads, quotes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, ClassVar
from urllib.parse import unquote

from collectors import bluesky_posts as read
from collectors.api import answered, refusal
from collectors.base import Collector, Reader
from core.errors import (
    Blocked,
    CopytrailError,
    Gone,
    LoginWall,
    NotRecorded,
    Private,
    Suspended,
    Unauthorized,
    Unavailable,
)
from core.exchange import Response
from core.records import Finding, Post, Profile
from core.source import Cursor, Kind, Target, Yielded

APP = r"https?://(?:www\.|m\.)?(?:bsky\.app|main\.bsky\.dev|deer\.social)"
ACTOR = r"@?(?P<actor>did(?::|%3[Aa])[a-z]+(?::|%3[Aa])[\w.:%-]+|[\w-]+(?:\.[\w-]+)+)"
END = r"/?(?:[?#]\S*)?"
# The AppView open to all; the second host is where captures of signed-in tools were made, and where records lie.
HOSTS = ("https://public.api.bsky.app", "https://bsky.social")
_NAMED: Mapping[str, type[CopytrailError]] = {  # names of errors in the lexicons
    "AccountTakedown": Suspended, "RepoTakendown": Suspended, "AccountDeactivated": Gone, "RepoDeactivated": Gone,
    "RepoNotFound": Gone, "NotFound": Gone, "RecordNotFound": Gone, "BlockedActor": Blocked, "BlockedByActor": Blocked,
    "AuthMissing": LoginWall, "AuthenticationRequired": LoginWall, "AuthRequired": LoginWall,
    "ExpiredToken": Unauthorized, "InvalidToken": Unauthorized, "UpstreamFailure": Unavailable,
}  # fmt: skip


class Bluesky(Collector):
    """What the sources of Bluesky share: how it is asked, how a listing goes on, whose wishes are kept."""

    title = "Bluesky"
    requests_per_minute = 60.0  # documented: 3,000 in five minutes for one address
    fields = ("text", "published", "author", "languages", "links", "tags", "mentions", "media", "metrics", "quotes")
    retention = "no term stated; what its author deletes is to be deleted by those who keep copies"
    retention_class = "deletions"
    robots = "api"
    most_pages: ClassVar[int] = 10_000

    def walk(
        self, cursor: Cursor, method: str, params: Mapping[str, str], items: str, take: Callable[..., Iterator[Yielded]]
    ) -> Iterator[Yielded]:
        """Yield what a listing holds page by page, as far as its cursor leads."""
        query = {"limit": "100", **params}
        for number in range(self.most_pages):
            response = self.page(method, query, number)
            answer = Reader(response.json(), url=response.url)
            posts: list[Post] = []
            for item in answer.each(items):
                for found in take(item, response):
                    if isinstance(found, Post):
                        posts.append(found)
                    yield found
            following = answer.maybe("cursor", str)
            if not following or following == query.get("cursor") or cursor.covers(posts):
                return
            query["cursor"] = following
        told = f"Bluesky's {method} goes on; one run reads {self.most_pages * 100:,} of its posts."
        yield Finding(kind="too_large", sentence=told)

    def page(self, method: str, query: Mapping[str, str], number: int) -> Response:
        """Return one page of a listing."""
        return self.ask(method, query)

    def ask(self, method: str, params: Mapping[str, str], hosts: tuple[str, ...] = HOSTS) -> Response:
        """Call a method; raise what its answer says. Only a replay gets past the first host."""
        missing: NotRecorded | None = None
        for host in hosts:
            try:
                response = self.http.get(f"{host}/xrpc/{method}", params=params, headers=self.signed(), check=False)
            except NotRecorded as error:
                missing = missing or error
                continue
            if response.status >= 400:
                raise refused(response, method)
            return response
        raise missing or NotRecorded(f"No record answers {method}.")

    def signed(self) -> dict[str, str]:
        """Return the headers of a signed-in call; none by default."""
        return {}

    def view(self, item: Reader, response: Response) -> Iterator[Yielded]:
        """Yield the post of a view, who wrote it (once a run), and what is told of the posts it quotes."""
        account = item.take("author", dict)
        if read.walled(account):
            uri = item.take("uri", str)
            item.ignore(*item.answer)
            yield _wall(f"The author of {read.address(uri)}", read.address(uri), read.ref(uri), response)
            return
        yield from self.profile(Reader(account, "author", url=response.url), response)
        found = read.post(item, response)
        self.audit(item)
        yield found
        for quoted in read.quoted_views(item.answer.get("embed")):
            if finding := read.missing(quoted, f"{found.url} quotes"):
                yield finding.model_copy(update={"capture": response.capture})

    def item(self, item: Reader, response: Response) -> Iterator[Yielded]:
        """Yield the post of an item of a feed, or its reposting."""
        reason = item.maybe("reason", dict) or {}
        item.ignore("reply", "feedContext", "reqId", "reason")
        for found in self.view(item.inside("post"), response):
            reposted = isinstance(found, Post) and "by" in reason
            yield read.repost(found, Reader(reason, "reason")) if reposted and isinstance(found, Post) else found

    def profile(self, account: Reader, response: Response) -> Iterator[Profile]:
        """Yield what an account shows of itself, once a run."""
        seen: set[str] = self.__dict__.setdefault("_accounts", set())
        did = account.take("did", str)
        if did not in seen:
            seen.add(did)
            yield read.profile(account, response)


class BlueskyAccount(Bluesky):
    """Posts, replies and reposts of one account, newest first."""

    id = "bluesky.account"
    patterns = (
        rf"{APP}/profile/{ACTOR}(?:/(?:posts|with_replies|replies|media|video))?{END}",
        rf"at://{ACTOR}/?",
        rf"https?://(?!(?:www|public|api|embed|video|status|docs|m)\.)(?P<actor>[\w-]+\.bsky\.social){END}",
    )
    examples = (
        "https://bsky.app/profile/bsky.app", "https://bsky.app/profile/did:plc:z72i7hdynmk6r22z27h6tvur",
        "at://did:plc:z72i7hdynmk6r22z27h6tvur", "https://somebody.bsky.social/",
    )  # fmt: skip
    names: ClassVar[Mapping[Kind, str]] = {"account": "{actor}"}

    def collect(self, target: Target, cursor: Cursor) -> Iterator[Yielded]:
        """Walk back from the newest; where no feed is to be had, read the records of its repository."""
        actor = unquote(target.parts["actor"])
        missing: CopytrailError | None = None
        try:
            response = self.ask("app.bsky.actor.getProfile", {"actor": actor})
            answer = Reader(response.json(), url=response.url)
            if read.walled(answer.answer):
                yield _wall(f"The account {actor}", target.url, None, response)
                return
            yield from self.profile(answer, response)
            actor = answer.take("did", str)
        except NotRecorded as error:
            missing = error
        feed = self.walk(cursor, "app.bsky.feed.getAuthorFeed", {"actor": actor}, "feed", self.item)
        try:
            first = next(feed, None)
        except NotRecorded as error:  # a capture may hold the records of the repository instead
            yield from self._records(actor, cursor, missing or error)
            return
        yield from [first] if first else []
        yield from feed

    def _records(self, actor: str, cursor: Cursor, missing: CopytrailError) -> Iterator[Yielded]:
        params = {"repo": actor, "collection": "app.bsky.feed.post"}
        records = self.walk(cursor, "com.atproto.repo.listRecords", params, "records", self._record)
        try:
            first = next(records, None)
        except NotRecorded:
            raise missing from None
        yield from [first] if first else []
        yield from records

    def _record(self, item: Reader, response: Response) -> Iterator[Yielded]:
        yield read.bare(item, response)
        self.audit(item)


class BlueskyThread(Bluesky):
    """One post with what it answers and all answers to it, as far down as they go."""

    id = "bluesky.thread"
    patterns = (
        rf"{APP}/profile/{ACTOR}/post/(?P<key>[\w.~:-]+)(?:/(?:liked-by|reposted-by))?{END}",
        rf"at://{ACTOR}/app\.bsky\.feed\.post/(?P<key>[\w.~:-]+)/?",
    )
    examples = (
        "https://bsky.app/profile/bsky.app/post/3l6oveex3ii2l",
        "at://did:plc:z72i7hdynmk6r22z27h6tvur/app.bsky.feed.post/3l6oveex3ii2l",
    )
    names: ClassVar[Mapping[Kind, str]] = {"post": "{actor}/{key}"}

    def collect(self, target: Target, cursor: Cursor) -> Iterator[Yielded]:
        """Read the thread, and again from each answer below which it breaks off."""
        parts = target.parts
        left = [f"at://{unquote(parts['actor'])}/app.bsky.feed.post/{parts['key']}"]
        seen: set[str] = set()
        for uri in left:
            response = self.ask("app.bsky.feed.getPostThread", {"uri": uri, "depth": "1000", "parentHeight": "1000"})
            answer = Reader(response.json(), url=response.url)
            for node in _nodes(answer.take("thread", dict)):
                if len(seen) >= read.MOST_NODES:
                    yield Finding(kind="too_large", sentence=f"{target.url} has more answers than one run reads.")
                    return
                yield from self._node(node, response, seen)
                below = node.get("post")
                deeper = str(below.get("uri", "")) if isinstance(below, dict) else ""
                if _breaks_off(node) and deeper not in left and deeper != uri:
                    left.append(deeper)

    def _node(self, node: Mapping[str, Any], response: Response, seen: set[str]) -> Iterator[Yielded]:
        view = node.get("post") if isinstance(node.get("post"), dict) else node
        uri = str(view.get("uri", "")) if view else ""
        if uri in seen:
            return
        seen.add(uri)
        if finding := read.missing(node, "belongs to the thread"):
            if len(seen) == 1:  # the post itself: there is nothing else to read
                kind = Gone if finding.kind == "gone" else Private
                raise kind(finding.sentence, url=finding.url, status=response.status)
            yield finding.model_copy(update={"capture": response.capture})
        elif isinstance(node.get("post"), dict):
            asked = len(seen) == 1
            for found in self.view(Reader(node["post"], "thread.post", url=response.url), response):
                # what the watched post itself quotes is told of the source, the rest of single posts
                yield found.model_copy(update={"ref": None}) if asked and isinstance(found, Finding) else found


class BlueskyQuotes(Bluesky):
    """The posts that quote one post, newest first."""

    id = "bluesky.quotes"
    patterns = (rf"{APP}/profile/{ACTOR}/post/(?P<key>[\w.~:-]+)/quotes{END}",)
    examples = ("https://bsky.app/profile/bsky.app/post/3l6oveex3ii2l/quotes",)
    names: ClassVar[Mapping[Kind, str]] = {"thread": "{actor}/{key}"}

    def collect(self, target: Target, cursor: Cursor) -> Iterator[Yielded]:
        """Walk back from the newest quotation."""
        uri = f"at://{unquote(target.parts['actor'])}/app.bsky.feed.post/{target.parts['key']}"
        yield from self.walk(cursor, "app.bsky.feed.getQuotes", {"uri": uri}, "posts", self.view)


def refused(response: Response, method: str) -> CopytrailError:
    """Return the error that a refusal stands for, by the name the lexicons give it."""
    told = answered(response)
    name, words = str(told.get("error", "")), str(told.get("message", ""))
    said = f"{name}: {words}" if words else name
    what = f"Bluesky's {method.rsplit('.', 1)[-1]}"
    kind = _NAMED.get(name)
    if "not found" in words.lower() and response.status == 400:
        kind = kind or Gone
    if kind is None:
        return refusal(response, what, said)
    return kind(f"{what} answers that this is not to be had ({said[:200]}).", url=response.url, status=response.status)


def _wall(who: str, url: str, ref: str | None, response: Response) -> Finding:
    return Finding(
        kind="login_wall", url=url, ref=ref, capture=response.capture, evidence="!no-unauthenticated",
        sentence=f"{who} asks to be shown to members only; that is respected, nothing of it is kept.",
    )  # fmt: skip


def _breaks_off(node: Mapping[str, Any]) -> bool:
    """Return whether a post has answers that this answer does not hold."""
    view = node.get("post")
    count = view.get("replyCount") if isinstance(view, dict) else 0
    return isinstance(count, int) and count > 0 and node.get("replies") is None and bool(node.get("below", True))


def _nodes(thread: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Yield the posts of a thread: the one asked for, those above it from the top, those below in order."""
    above: list[Mapping[str, Any]] = []
    parent = thread.get("parent")
    while isinstance(parent, dict) and len(above) < read.MOST_NODES:
        above.append({**parent, "below": False})
        parent = parent.get("parent")
    yield thread
    yield from reversed(above)
    stack = _answers(thread)
    for _ in range(read.MOST_NODES):
        if not stack:
            return
        node = stack.pop()
        yield node
        stack.extend(_answers(node))


def _answers(node: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    replies = node.get("replies")
    return [one for one in reversed(replies) if isinstance(one, dict)] if isinstance(replies, list) else []
