"""What a source is: attributes that declare, one generator that walks. Rooms for API, feeds and pages build on it."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, ClassVar, Literal
from urllib.parse import unquote

from core.budget import Budget, Nothing
from core.records import Finding, Post, Profile, Route
from core.urls import host

if TYPE_CHECKING:
    from core.http import Client

Order = Literal["newest_first", "oldest_first", "unordered"]
Kind = Literal["account", "post", "tag", "search", "board", "thread", "site"]
Yielded = Post | Finding | Profile

# How long what a route gave may be kept: "open" (its licence or nature allows it), "terms" (the platform's general
# terms), "deletions" (what is deleted there is left out of what is published), "timed" (to be refreshed or given up
# after `retention_days`).
RetentionClass = Literal["open", "terms", "deletions", "timed"]


@dataclass(frozen=True, slots=True)
class CursorSpec:
    """Declare how a source is walked: the field ordered by, the direction, and how far back to read again."""

    order: Order = "newest_first"
    field: str = "published"
    reread_hours: float = 48.0


@dataclass(slots=True)
class Cursor:
    """How far earlier runs got. A source asks `covers`; only a finished walk moves it.

    `known` holds refs already stored (asked from storage in batches), `since` the newest instant of the last complete
    walk minus the reread window, `state` whatever a source wants to keep (a page token, an ETag).
    """

    since: datetime | None = None
    state: dict[str, Any] = field(default_factory=dict)
    full: bool = True  # False: earlier walks were complete, stop at the first page held whole

    def covers(self, posts: Iterable[Post]) -> bool:
        """Return whether a whole page is older than `since`: a single old post may be pinned, a page is not."""
        if self.since is None or self.full:
            return False
        times = [p.published.at for p in posts]
        return bool(times) and all(at is not None and at < self.since for at in times)

    def advance(self, newest: datetime | None, spec: CursorSpec) -> Cursor:
        """Return the cursor after a complete walk whose newest post is `newest`."""
        since = newest - timedelta(hours=spec.reread_hours) if newest else self.since
        if self.since and since and since < self.since:
            since = self.since
        return Cursor(since=since, state=dict(self.state), full=False)


@dataclass(frozen=True, slots=True)
class Target:
    """What one source watches: the address as given, and the named parts its pattern found in it.

    `kind` says what the address names, `identity` by which name the platform knows it (a handle, an id, a phrase).
    """

    url: str
    parts: Mapping[str, str] = field(default_factory=dict)
    options: Mapping[str, str] = field(default_factory=dict)
    kind: Kind = "site"
    identity: str = ""


@dataclass(frozen=True, slots=True)
class Expect:
    """What a source expects of itself: a run that falls short is reported (shares 0 to 1 by field path)."""

    posts_at_least: int = 0
    filled: Mapping[str, float] = field(default_factory=dict)


class Source(ABC):
    """One kind of public source. Subclasses declare attributes and write one generator, `collect`.

    `patterns` are regular expressions that must match a whole URL (named groups become `target.parts`); `examples` are
    URLs each of which this source and no other of its route claims. `priority` breaks ties: a platform's own pattern
    (default 0) wins over a shape that any host may have (-10) and over the catch-alls (-100).

    `names` says which kinds of thing an address may name, and which of its parts tell them apart: `{"account":
    "{handle}", "tag": "{tag}"}`. The kind all of whose parts an address has is the one (of several, the one written
    before); "{host}" is its host, "{url}" the whole, and "{id}|{handle}" takes either.
    """

    id: ClassVar[str]  # platform.kind
    platform: ClassVar[str] = ""  # defaults to the part of id before the dot
    title: ClassVar[str] = ""  # how a person calls it: "Reddit"
    route: ClassVar[Route] = "api"
    patterns: ClassVar[tuple[str, ...]] = ()
    examples: ClassVar[tuple[str, ...]] = ()
    names: ClassVar[Mapping[Kind, str]] = {"site": "{host}"}
    priority: ClassVar[int] = 0
    cursor: ClassVar[CursorSpec] = CursorSpec()
    requests_per_minute: ClassVar[float] = 30.0
    login: ClassVar[Literal["none", "key", "app"]] = "none"
    secrets: ClassVar[tuple[str, ...]] = ()  # environment names, e.g. REDDIT_CLIENT_ID
    how_to_get_the_key: ClassVar[str] = ""
    fields: ClassVar[tuple[str, ...]] = ("text", "published", "author")  # what it fills
    retention: ClassVar[str] = "no platform rule known"
    retention_class: ClassVar[RetentionClass] = "terms"
    retention_days: ClassVar[int | None] = None  # of the class "timed"
    gives: ClassVar[Literal["posts", "address", "advice"]] = "posts"  # where a link leads; what to do instead
    advice: ClassVar[str] = ""  # of a source that gives no more: the sentence that says what to do instead
    one_answer: ClassVar[bool] = False  # all there is comes in one answer: no second page is asked for
    only_new: ClassVar[bool] = False  # it leaves out what it has read: a walk without posts is nothing to wonder at
    price: ClassVar[float] = 0.0  # US dollars that the platform asks for one post read
    price_at_most: ClassVar[float] = 0.0  # and for one with all that may come along: its author, pictures, a quote
    robots: ClassVar[Literal["obeyed", "api"]] = "obeyed"  # api: a documented interface, robots.txt is not asked
    expect: ClassVar[Expect] = Expect()
    own_process: ClassVar[bool] = False  # True: runs only in a child process (Scrapy's reactor starts once)

    def __init__(self, http: Client, secrets: Mapping[str, str] | None = None) -> None:
        """Take the polite client the runner prepared, and the values of the environment names in `secrets`."""
        self.http = http
        self.keys = dict(secrets or {})
        self.budget: Budget = Nothing()  # the runner gives one to a source that has a price

    @abstractmethod
    def collect(self, target: Target, cursor: Cursor) -> Iterator[Yielded]:
        """Yield posts, profiles, findings about single posts; raise a CopytrailError where the walk cannot go on."""

    @classmethod
    def match(cls, url: str) -> Target | None:
        """Return the target a URL names for this source, or None."""
        for pattern in cls.patterns:
            if found := re.fullmatch(pattern, url):
                parts = {k: v for k, v in found.groupdict().items() if v is not None}
                kind, identity = _named(cls.names, {"host": host(url) or "", "url": url, **parts})
                return Target(url=url, parts=parts, kind=kind, identity=identity)
        return None

    @classmethod
    def describe(cls) -> dict[str, Any]:
        """Return what a source says of itself: the row of `copytrail platforms` and of the docs table."""
        return {
            "id": cls.id, "platform": cls.platform or cls.id.split(".", 1)[0], "title": cls.title,
            "collects": (cls.__doc__ or "").strip().splitlines()[0], "route": cls.route, "login": cls.login,
            "secrets": list(cls.secrets), "key": cls.how_to_get_the_key,
            "requests_per_minute": cls.requests_per_minute,
            "fields": list(cls.fields) if cls.gives == "posts" else [], "retention": cls.retention,
            "retention_class": cls.retention_class, "retention_days": cls.retention_days, "price": cls.price,
            "price_at_most": cls.price_at_most,
            "names": list(cls.names), "gives": cls.gives, "posts_at_least": cls.expect.posts_at_least,
            "filled": dict(cls.expect.filled),
            "robots": cls.robots, "patterns": list(cls.patterns), "examples": list(cls.examples),
        }  # fmt: skip


def _named(names: Mapping[Kind, str], parts: Mapping[str, str]) -> tuple[Kind, str]:
    """Return the kind of thing that the parts of an address name, and its name there."""
    for kind, template in ((kind, one) for kind, either in names.items() for one in either.split("|")):
        if all(parts.get(name) for name in re.findall(r"\{(\w+)\}", template)):
            return kind, unquote(re.sub(r"\{(\w+)\}", lambda hole: parts[hole[1]], template))
    return "site", parts["host"]
