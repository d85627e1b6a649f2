"""What any feed says, whatever it is written in: the shape between the readers of formats and the sources."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Person:
    """Who wrote an entry, as far as the feed says; addresses of mail are not taken over."""

    name: str | None = None
    url: str | None = None
    handle: str | None = None

    def __bool__(self) -> bool:
        return bool(self.name or self.url or self.handle)


@dataclass(frozen=True, slots=True)
class Attached:
    """A file an entry brings along, with the media type it states."""

    url: str
    type: str = ""


@dataclass(slots=True)
class Entry:
    """One entry of a feed, its strings as written; `html` and `text` exclude each other."""

    id: str | None = None
    url: str | None = None
    title: str | None = None
    html: str | None = None
    text: str | None = None
    published: str | None = None
    updated: str | None = None
    author: Person = Person()
    tags: list[str] = field(default_factory=list)
    pictures: list[str] = field(default_factory=list)
    files: list[Attached] = field(default_factory=list)
    links: list[str] = field(default_factory=list)
    replies: str | None = None
    views: str | None = None
    likes: str | None = None
    answers: str | None = None  # the id of the entry it answers to
    extra: dict[str, str] = field(default_factory=dict)  # what only one platform writes, by name


@dataclass(slots=True)
class Feed:
    """A feed as read: entries in order, and what it says of itself."""

    url: str
    entries: list[Entry] = field(default_factory=list)
    title: str | None = None
    site: str | None = None  # the address of the pages it is about
    next: str | None = None
    generator: str = ""
    language: str | None = None
    start: int | None = None  # number of its first entry, where it is a page of many
    total: int | None = None
    cut_off: bool = False  # the answer ended in the middle; the entry it ended in is left out
    unread: dict[str, int] = field(default_factory=dict)  # names of fields the reader does not know
