"""What exists in the demo: places, people, posts with a past, and what was planted among them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from typing import Literal

from core import ids
from core.records import PostKind, Route
from core.times import Precision

Size = Literal["small", "middle", "large"]
Edit = Literal[
    "exact", "surface", "homoglyphs", "w5", "w10", "truncated", "affix",  # copies of a text
    "link", "cite", "repost", "quote",  # acts that leave a trace of their own
]  # fmt: skip
TEXT_EDITS: tuple[Edit, ...] = ("exact", "surface", "homoglyphs", "w5", "w10", "truncated", "affix")
LINK_EDITS: tuple[Edit, ...] = ("link", "cite", "repost", "quote")


@dataclass(frozen=True, slots=True)
class Person:
    """An invented author: the platform's id, the handle, the name shown."""

    native_id: str
    handle: str
    name: str


@dataclass(frozen=True, slots=True)
class Place:
    """One account, journal, forum or community of the demo, and how the demo watches it.

    `software` names the replica that answers for it, `platform` and `site` are the first parts of every ref, `room` is
    the part of the host it fills (a subreddit, a handle, a category), `capacity` how many posts its feed shows at most,
    `account` the id of the account where posts carry it, `closes` the day on which its owner deletes the account,
    `longest` how many characters a post may have.
    """

    key: str
    software: str
    platform: str
    host: str
    title: str
    size: Size
    languages: tuple[str, ...]
    people: tuple[Person, ...]
    watch: str
    route: Route
    site: str | None = None
    room: str = ""
    capacity: int = 1000
    noise: int = 10
    account: str | None = None
    closes: float | None = None
    longest: int | None = None


@dataclass(frozen=True, slots=True)
class Revision:
    """What a post says after its author changed it."""

    at: datetime
    text: str


@dataclass(frozen=True, slots=True)
class Posting:
    """One post as its platform holds it; `ref` is the name a collector must give it.

    `thread` and `number` place comments and forum posts; from `gone` on the platform shows the post no more.
    """

    ref: str
    place: Place
    native_id: str
    url: str
    author: Person
    published: datetime
    text: str
    language: str
    kind: PostKind = "post"
    title: str | None = None
    precision: Precision = "second"
    links: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    thread: str = ""
    number: int = 0
    reply_to: str | None = None
    repost_of: str | None = None
    quotes: str | None = None
    revision: Revision | None = None
    gone: datetime | None = None

    @property
    def short(self) -> str:
        """The native id without the kind that Reddit puts before it."""
        return self.native_id.rpartition("_")[2] if self.place.software == "reddit" else self.native_id

    def text_at(self, now: datetime) -> str:
        """Return what the post says at a moment."""
        return self.revision.text if self.revision and self.revision.at <= now else self.text

    def edited_at(self, now: datetime) -> datetime | None:
        """Return when the post was last changed before a moment."""
        return self.revision.at if self.revision and self.revision.at <= now else None

    def visible(self, now: datetime) -> bool:
        """Return whether the platform shows the post at a moment."""
        return self.published <= now and (self.gone is None or now < self.gone)


@dataclass(frozen=True, slots=True)
class Planted:
    """One copy we know of: which post it copies, and what was done to it."""

    base_ref: str
    copy_ref: str
    edit: Edit


@dataclass(frozen=True)
class World:
    """The whole operation: places, posts, truth, and the days on which the demo collects."""

    start: datetime
    days: int
    collect_on: tuple[int, ...]
    places: tuple[Place, ...]
    posts: tuple[Posting, ...]
    truth: tuple[Planted, ...]
    story: str = ""

    def moment(self, day: float) -> datetime:
        """Return the end of a day of the demo, counted from 1; posts up to there are visible."""
        return self.start + timedelta(days=day)

    @cached_property
    def by_ref(self) -> dict[str, Posting]:
        """The posts by their name."""
        return {post.ref: post for post in self.posts}

    @cached_property
    def _by_place(self) -> dict[str, list[Posting]]:
        found: dict[str, list[Posting]] = defaultdict(list)
        for post in sorted(self.posts, key=lambda p: (p.published, p.number, p.ref)):
            found[post.place.key].append(post)
        return dict(found)

    def of(self, place: Place) -> Iterator[Posting]:
        """Yield the posts of a place, oldest first."""
        yield from self._by_place.get(place.key, ())

    def running(self, software: str) -> list[Place]:
        """Return the places that run one software."""
        return [place for place in self.places if place.software == software]


def ref(place: Place, native_id: str, *, comment: bool = False, again: bool = False) -> str:
    """Return the name a collector must give a post of a place.

    WordPress counts comments apart from posts; what a place only shows `again` is named under its own account.
    """
    site = f"{place.site}/comments" if comment and place.software == "wordpress" else place.site
    site = place.account if again else site
    return ids.ref(place.platform, native_id, site)
