"""X (Twitter): accounts, what they like, searches and hashtags, single posts with their conversation."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any, ClassVar
from urllib.parse import unquote, unquote_plus

from collectors import x_posts
from collectors.base import Collector, independently
from collectors.x_api import END, HOST, NAME, PER_POST, POST_FIELDS, USER_FIELDS, XSource
from collectors.x_posts import Page
from core.errors import Blocked, Moved, NotRecorded, Private
from core.records import Finding
from core.source import Cursor, Kind, Target, Yielded

_BEGINNING = "2006-03-21T00:00:00Z"  # of X; the archive else answers for thirty days
_RECENT = timedelta(days=6, hours=23)  # how far the recent search reaches


class XUser(XSource):
    """Posts, replies and reposts of one account, newest first (X shows the newest 3,200)."""

    id = "x.user"
    patterns = (
        rf"{HOST}/{NAME}(?:/(?:with_replies|media|highlights|articles|photo|header_photo))?{END}",
        rf"{HOST}/i/(?P<by_id>user)/(?P<handle>\d{{1,20}}){END}",
        rf"{HOST}/intent/(?:user|follow)\?(?:[^\s#]*&)?screen_name=(?P<handle>\w{{1,20}})(?:[&#]\S*)?",
        rf"{HOST}/intent/(?:user|follow)\?(?:[^\s#]*&)?(?P<by_id>user_id)=(?P<handle>\d{{1,20}})(?:[&#]\S*)?",
    )
    examples = ("https://x.com/someone", "https://mobile.twitter.com/someone/with_replies", "https://x.com/i/user/12")
    names: ClassVar[Mapping[Kind, str]] = {"account": "{handle}"}

    def collect(self, target: Target, cursor: Cursor) -> Iterator[Yielded]:
        """Look the account up, then walk back from its newest post."""
        user, response = self.user(target)
        yield from self.profiles(Page.of(response, user))
        if user.get("protected"):
            raise Private(f"{target.url} shows its posts to its followers only.", url=target.url)
        yield from self.listing(target, cursor, f"users/{user['id']}/tweets", {}, user)


class XLikes(XSource):
    """Posts that one account likes, newest like first; X shows them to the account itself only, since June 2024."""

    id = "x.likes"
    patterns = (rf"{HOST}/{NAME}/(?:likes|favorites){END}",)
    examples = ("https://x.com/someone/likes",)
    names: ClassVar[Mapping[Kind, str]] = {"account": "{handle}"}

    def collect(self, target: Target, cursor: Cursor) -> Iterator[Yielded]:
        """Look the account up, then walk back from its newest like."""
        user, _ = self.user(target)
        # what is liked is in no order of ids or times: nothing of the cursor narrows the listing
        yield from self.listing(target, Cursor(), f"users/{user['id']}/liked_tweets", {})


class XSearch(XSource):
    """Posts that match a search or carry a hashtag, newest first, of the archive or (by the key) of seven days."""

    id = "x.search"
    patterns = (
        rf"{HOST}/search/?\?(?:[^\s#]*&)?q=(?P<q>[^&#\s]+)(?:[&#]\S*)?",
        rf"{HOST}/search/(?P<q>[^/?#\s]+){END}",
        rf"{HOST}/hashtag/(?P<tag>[^/?#\s]+){END}",
    )
    examples = ("https://x.com/search?q=harbour%20fog&f=live", "https://twitter.com/hashtag/harbour")
    names: ClassVar[Mapping[Kind, str]] = {"tag": "{tag}", "search": "{q}"}
    smallest = 10
    token = "next_token"  # noqa: S105  # the name of a parameter

    def collect(self, target: Target, cursor: Cursor) -> Iterator[Yielded]:
        """Walk back from the newest post that matches."""
        query = f"#{unquote(target.parts['tag'])}" if "tag" in target.parts else unquote_plus(target.parts["q"])
        yield from self.search(target, cursor, query)

    def search(self, target: Target, cursor: Cursor, query: str) -> Iterator[Yielded]:
        """Search the archive, or the last seven days where that is enough or the key allows no more."""
        state = cursor.state
        earlier = x_posts.moment(str(state.get("newest", "")))
        reaches = earlier is not None and earlier > self.http.clock.now() - _RECENT
        if state.get("archive") != "closed" and ("below" in state or not reaches):
            since = {} if state.get("newest") else {"start_time": _BEGINNING}
            try:
                yield from _begun(self.listing(target, cursor, "tweets/search/all", {"query": query, **since}))
            except _ClosedError:
                state["archive"] = "closed"
            else:
                return
        if earlier and not reaches:  # ids this old are no longer taken
            for name in ("newest", "below", "down_to"):
                state.pop(name, None)
        yield from self.listing(target, cursor, "tweets/search/recent", {"query": query})


class XPost(XSearch):
    """One post, and the conversation it stands in."""

    id = "x.post"
    patterns = (
        rf"{HOST}/(?:\w{{1,20}}|i(?:/web)?)/status(?:es)?/(?P<id>\d{{1,20}})(?:/[\w/]{{0,40}})?{END}",
        rf"{HOST}/statuses/(?P<id>\d{{1,20}}){END}",
        rf"{HOST}/intent/\w{{1,20}}\?(?:[^\s#]*&)?(?:tweet_id|in_reply_to)=(?P<id>\d{{1,20}})(?:[&#]\S*)?",
    )
    examples = ("https://x.com/someone/status/1234567890123456789", "https://twitter.com/i/web/status/12345678901")
    names: ClassVar[Mapping[Kind, str]] = {"post": "{id}"}

    def collect(self, target: Target, cursor: Cursor) -> Iterator[Yielded]:
        """Read the post and its conversation independently: replies stay when a post is deleted."""
        self._root = target.parts["id"]
        yield from independently(self._one(target), self._conversation(target, cursor))

    def _one(self, target: Target) -> Iterator[Yielded]:
        asked = {"ids": target.parts["id"], **POST_FIELDS, **USER_FIELDS}
        page = Page.of(self.ask("tweets", asked, at_most=PER_POST, about=target.url))
        for item in page.items():
            post = x_posts.post(item, page)
            self.told.add(post.native_id)
            if post.native_id == target.parts["id"]:
                self._root = (post.root or post.ref).rpartition(":")[2]
            yield post
            self.audit(item)
        yield from self.profiles(page)
        missing = page.missing(target.url)
        if missing and not self.told:
            raise missing[0][1]
        yield from (x_posts.unavailable(n, e, page.response.capture) for n, e in missing if n.isdecimal())

    def _conversation(self, target: Target, cursor: Cursor) -> Iterator[Yielded]:
        yield from self.search(target, cursor, f"conversation_id:{self._root}")


class XShareLink(Collector):
    """The address behind a short link of X (t.co); it is named, not followed, so that a source stays what it is."""

    id = "x.share"
    title = "X"
    gives = "address"
    route = "page"
    patterns = (rf"https?://t\.co/(?P<share>\w{{1,40}}){END}",)
    examples = ("https://t.co/AbCdEf1234",)
    names: ClassVar[Mapping[Kind, str]] = {"post": "{share}"}
    retention = "nothing is kept but where the link leads"

    def collect(self, target: Target, cursor: Cursor) -> Iterator[Yielded]:
        """Raise Moved with the address the link leads to."""
        response = self.http.get(f"https://t.co/{target.parts['share']}", redirects=0)
        leads = response.headers.get("location") or _refreshed(response.text)
        if leads:
            raise Moved(f"{target.url} leads to {leads}; add that address.", url=target.url, status=response.status)
        yield Finding(
            kind="landing", url=target.url, capture=response.capture,
            sentence=f"{target.url} leads nowhere that can be read; open it in a browser and add what it shows.",
        )  # fmt: skip


class _ClosedError(Exception):
    """The archive is not open to this key (or not in this recording)."""


def _begun(walk: Iterator[Yielded]) -> Iterator[Yielded]:
    """Yield what a walk gives; raise _ClosedError where it is refused before it gave anything."""
    begun = False
    try:
        for found in walk:
            begun = True
            yield found
    except (Blocked, NotRecorded) as error:
        if begun:
            raise
        raise _ClosedError from error


def _refreshed(html: str) -> str | None:
    """Return where a page that only passes on leads to."""
    found: Any = re.search(r"http-equiv=[\"']?refresh[\"']?[^>]{0,40}?url=([^\"'>\s]{1,2000})", html[:20_000], re.I)
    return found[1] if found else None
