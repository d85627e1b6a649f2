"""Reddit, read-only, by its Data API: users, communities, threads to the last comment, single comments, searches."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from typing import Any, ClassVar, Literal
from urllib.parse import parse_qs, urlsplit

from collectors.base import MAX_UNREAD, Collector
from collectors.reddit_public import PublicAnswers
from collectors.reddit_session import HOW_TO_GET_THE_KEY, SITE, Answer, RedditSession
from collectors.reddit_things import listing, profile, read, unknown
from core.errors import Blocked, CopytrailError, Gone, Moved, NotRecorded, Quarantined, Suspended, Unauthorized
from core.records import Finding, Post, Route
from core.source import Cursor, Expect, Target, Yielded

MAX_PAGES = 200  # of 100; Reddit ends every listing near 1,000 posts
HOST = r"https?://(?:[\w-]+\.)?reddit\.com"
REST = r"/?(?:[?#]\S*)?"


class RedditSource(Collector):
    """What all Reddit sources share: one sign-in, listings page by page."""

    platform = "reddit"
    title = "Reddit"
    route: ClassVar[Route] = "api"
    requests_per_minute = 60.0  # Reddit allows an app 100 a minute, counted over ten minutes
    login: ClassVar[Literal["none", "key", "app"]] = "app"
    secrets: ClassVar[tuple[str, ...]] = ("REDDIT_CLIENT_ID", "REDDIT_CLIENT_SECRET")
    how_to_get_the_key = HOW_TO_GET_THE_KEY
    fields = ("text", "title", "published", "author", "media", "metrics", "reply_to", "community", "links")
    retention_class = "deletions"
    retention = "Reddit asks that deletions are honoured in what is published again"
    robots: ClassVar[Literal["obeyed", "api"]] = "api"
    expect = Expect(filled={"published.at": 1.0, "author.handle": 1.0})

    @cached_property
    def session(self) -> RedditSession | PublicAnswers:
        """The sign-in of this run; raises Unauthorized where the key is missing and answers are not replayed."""
        keys = [self.keys.get(name, "") for name in self.secrets]
        if not all(keys):
            if not self.http.offline:
                raise Unauthorized(f"Reddit needs a key. {HOW_TO_GET_THE_KEY}")
            keys = ["replay", "replay"]
        return RedditSession(self.http, *keys)

    def walk(self, path: str, params: dict[str, str], cursor: Cursor) -> Iterator[Yielded]:
        """Yield the posts of a listing page by page, to its end or to the first page held whole; each post once."""
        after, seen, told = "", set[str](), set[str]()
        for _ in range(MAX_PAGES):
            answer = self.session.get(path, {**params, "limit": "100"} | ({"after": after} if after else {}))
            things, then = listing(answer.json, answer.response.url)
            if not things and not after:
                yield _quiet(answer)
            posts = []
            for found in (found for thing in things for found in self.read(thing, answer)):
                if isinstance(found, Post):
                    if found.ref in seen:
                        continue
                    seen.add(found.ref)
                    posts.append(found)
                elif isinstance(found, Finding) and found.ref:
                    if found.ref in told:
                        continue
                    told.add(found.ref)
                yield found
            if not then or not posts or cursor.covers(posts):
                return
            after = then

    def read(self, thing: Any, answer: Answer) -> Iterator[Yielded]:
        """Yield what a thing of an answer says, and count its fields that are new to us."""
        for name in unknown(thing):
            if name in self.unread or len(self.unread) < MAX_UNREAD:
                self.unread[name] = self.unread.get(name, 0) + 1
        yield from read(thing, answer.response)


class RedditUser(RedditSource):
    """Posts and comments of one account (or its posts, or its comments alone), newest first."""

    id = "reddit.user"
    patterns = (
        rf"{HOST}/u(?:ser)?/(?P<name>[\w-]{{1,40}})(?:/(?P<part>submitted|comments))?{REST}",
        rf"{HOST}/u(?:ser)?/(?P<name>[\w-]{{1,40}})/overview{REST}",
    )
    names = {"account": "{name}"}
    examples = ("https://www.reddit.com/user/spez", "https://www.reddit.com/user/spez/submitted")

    def collect(self, target: Target, cursor: Cursor) -> Iterator[Yielded]:
        """Walk back from now; then ask what the account shows, or, where Reddit refuses, whether it is suspended."""
        name = target.parts["name"]
        try:
            yield from self.walk(f"user/{name}/{target.parts.get('part', '')}", {"sort": "new"}, cursor)
        except (Blocked, Gone) as error:
            if self._suspended(name):
                raise Suspended(f"Reddit has suspended u/{name}.", url=target.url, status=error.status) from None
            raise
        if "part" in target.parts:
            return
        if (about := self._about(name)) and (account := profile(about.json, about.response)):
            yield account

    def _about(self, name: str) -> Answer | None:
        try:
            return self.session.get(f"user/{name}/about/")
        except CopytrailError:
            return None  # the walk itself says what there is to say

    def _suspended(self, name: str) -> bool:
        about = self._about(name)
        data = about.json.get("data") if about and isinstance(about.json, dict) else None
        return isinstance(data, dict) and data.get("is_suspended") is True


class RedditSubreddit(RedditSource):
    """Posts of one community, newest first; a quarantine is agreed to, as its notice asks, and reported."""

    id = "reddit.subreddit"
    patterns = (rf"{HOST}/r/(?P<name>[\w+-]{{2,100}})(?:/(?P<order>new|hot|top|rising))?{REST}",)
    names = {"board": "{name}"}
    examples = ("https://www.reddit.com/r/askreddit", "https://old.reddit.com/r/homelab/new/")

    def collect(self, target: Target, cursor: Cursor) -> Iterator[Yielded]:
        """Walk back from now to where Reddit's listing ends, or to the first page held whole."""
        name = target.parts["name"]
        # A capture made by another tool may hold another order of the same listing; only replay gets past the first.
        orders = [target.parts["order"]] if "order" in target.parts else ["new", "hot", "top"]
        missing: NotRecorded | None = None
        for order in orders:
            path = f"r/{name}/{order}"
            pages = self.walk(path, {}, cursor if order == "new" else Cursor())
            try:
                first = next(pages, None)
            except NotRecorded as error:
                missing = missing or error
                continue
            except (Blocked, Quarantined) as error:
                yield self._agree(name, error)
                pages, first = self._behind(name, path, cursor), None
            yield from [first] if first else []
            yield from pages
            return
        raise missing or NotRecorded(f"No record answers for r/{name}.", url=target.url)

    def _agree(self, name: str, refusal: CopytrailError) -> Finding:
        """Opt in to a quarantined community, as the API documents it; raise the refusal where it is another."""
        # Answers of before 2018 name no reason: among records, the answer to the opt-in tells.
        if isinstance(refusal, Blocked) and not self.http.offline:
            raise refusal
        try:
            self.session.post("api/quarantine_optin", {"sr_name": name})
        except Moved:
            pass  # the documented answer: a redirect to the community
        except CopytrailError:
            raise refusal from None
        return Finding(
            kind="quarantined", status=refusal.status, url=refusal.url,
            sentence=f"Reddit keeps r/{name} behind a notice (quarantine); it was agreed to, and the posts are read.",
        )  # fmt: skip

    def _behind(self, name: str, path: str, cursor: Cursor) -> Iterator[Yielded]:
        try:
            yield from self.walk(path, {}, cursor)
        except (Blocked, Quarantined) as error:
            raise Quarantined(
                f"r/{name} stays closed after its quarantine notice was agreed to; read it in a browser.",
                url=error.url, status=error.status,
            ) from None  # fmt: skip


class RedditSearch(RedditSource):
    """Posts that Reddit's search finds, in all communities or in one, newest first."""

    id = "reddit.search"
    patterns = (
        rf"{HOST}(?:/r/(?P<name>[\w+-]{{2,100}}))?/search/?\?(?P<query>(?:[^#\s]*&)?q=(?P<words>[^#&\s]++)[^#\s]*+)(?:#\S*)?",
    )
    names = {"search": "{words}"}
    examples = ("https://www.reddit.com/search/?q=%22blue+moth%22", "https://www.reddit.com/r/news/search?q=storm")

    def collect(self, target: Target, cursor: Cursor) -> Iterator[Yielded]:
        """Walk back from now through what is found."""
        name = target.parts.get("name")
        params = {"q": parse_qs(target.parts["query"])["q"][0], "sort": "new", "t": "all", "type": "link"}
        if name:
            params["restrict_sr"] = "1"
        yield from self.walk(f"r/{name or 'all'}/search/", params, cursor)


class RedditShareLink(RedditSource):
    """The address behind a share link (/s/...); it is named, not followed, so that a source stays what it is called."""

    id = "reddit.share"
    route = "page"
    patterns = (rf"{HOST}/(?:r|u|user)/[\w.+-]+/s/(?P<share>\w{{1,40}}){REST}",)
    names = {"post": "{share}"}
    gives = "address"
    examples = ("https://www.reddit.com/r/news/s/AbCdEf12345",)

    def collect(self, target: Target, cursor: Cursor) -> Iterator[Yielded]:
        """Raise Moved with the address the link leads to."""
        answer = self.session.get(SITE + urlsplit(target.url).path)
        yield Finding(
            kind="landing", url=target.url, capture=answer.response.capture,
            sentence=f"{target.url} leads to no post; open it in a browser and give the address it shows.",
        )  # fmt: skip


def _quiet(answer: Answer) -> Finding:
    return Finding(
        kind="quiet", sentence="Reddit answered an empty listing: no posts, and no error.", url=answer.response.url,
        evidence='"children": []', capture=answer.response.capture,
    )  # fmt: skip
