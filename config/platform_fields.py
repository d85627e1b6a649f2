"""Which field of an item is which of ours, and how it is read."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, model_validator

from config.platform_head import Part, listed
from core.records import MediaKind

Shape = Literal["text", "html", "utc", "iso", "epoch", "http", "count", "links", "images"]
Paths = Annotated[tuple[str, ...], BeforeValidator(listed)]


def _reading(value: object) -> object:
    return {"from": value} if isinstance(value, str | list) else value


class Reading(Part):
    """How one field of ours is read.

    A path names keys and list positions joined by dots ("posters.0.user_id"); a leading "$." starts at the whole
    answer instead of the item, a trailing "?" says that the field may be absent.
    """

    from_: Paths = Field((), alias="from", description="The first path that holds something; all of them with `join`.")
    as_: Shape | None = Field(None, alias="as", description="What the value is; each field has a natural default.")
    join: str | None = Field(None, description="Put between the values of all paths.")
    format: str | None = Field(None, description='"t{}", or "{origin}/t/{0}/{1}" with several paths.')
    always: str | None = Field(None, description="A constant, instead of `from`.")
    map: dict[str, str] = Field({}, description="Value to value.")
    default: str | None = Field(None, description="Where `map` does not know the value.")
    when: dict[str, Any] = Field({}, description="Read only where these paths hold these values.")
    unless: str | None = Field(None, description="Not where this path holds the same value.")
    in_: str | None = Field(None, alias="in", description="Look the value up in this list of the answer ...")
    key: str | None = Field(None, description="... where this key equals it ...")
    take: str | None = Field(None, description="... and take that key; also: the key to take of each object of a list.")
    without: str | None = Field(None, description='Elements of HTML left out, as a CSS selector: "img.avatar".')
    regex: str | None = Field(None, description="Of the value only what this finds (its group, if it has one).")
    kind: MediaKind | None = Field(None, description="Of `media`: what its addresses lead to; else by their ending.")

    else_: Annotated[Reading, BeforeValidator(_reading)] | None = Field(
        None, alias="else", description="Another reading, where this one finds nothing."
    )

    @model_validator(mode="after")
    def _complete(self) -> Reading:
        if bool(self.from_) == (self.always is not None):
            raise ValueError("write either `from` (a path) or `always` (a constant)")
        if self.in_ and not (self.key and self.take):
            raise ValueError("a look-up (`in`) needs `key` and `take`")
        if self.format and self.from_:
            for hole in re.findall(r"\{(\d+)\}", self.format):
                if int(hole) >= len(self.from_):
                    raise ValueError(f"format has {{{hole}}}, and `from` has {len(self.from_)} (counted from 0)")
        if self.regex is not None:
            try:
                re.compile(self.regex)
            except re.error as error:
                raise ValueError(f"regex {self.regex!r} is no regular expression ({error})") from None
        return self

    def chain(self) -> Iterator[Reading]:
        """Yield this reading and those that stand in for it."""
        yield self
        if self.else_:
            yield from self.else_.chain()


Field_ = Annotated[Reading, BeforeValidator(_reading)]


class AuthorMap(Part):
    """Where the author stands."""

    native_id: Field_ | None = None
    handle: Field_ | None = None
    name: Field_ | None = None
    url: Field_ | None = None


class MetricsMap(Part):
    """Where the counters stand."""

    likes: Field_ | None = None
    replies: Field_ | None = None
    reposts: Field_ | None = None
    views: Field_ | None = None


class PostMap(Part):
    """Which field of an item is which field of a post; references are native ids of the same site."""

    def templates(self) -> Iterator[str]:
        """Yield what `format` and `always` put names into."""
        for part in (self, self.author, self.metrics):
            for value in vars(part).values():
                for reading in value.chain() if isinstance(value, Reading) else ():
                    yield from (one for one in (reading.format, reading.always) if one)

    native_id: Field_
    url: Field_ | None = None
    kind: Field_ | None = None
    author: AuthorMap = AuthorMap()
    published: Field_ | None = None
    edited: Field_ | None = None
    title: Field_ | None = None
    text: Field_ | None = None
    languages: Field_ | None = None
    community: Field_ | None = None
    reply_to: Field_ | None = None
    root: Field_ | None = None
    repost_of: Field_ | None = None
    quotes: Field_ | None = None
    links: Field_ | None = None
    tags: Field_ | None = None
    mentions: Field_ | None = None
    media: Field_ | None = None
    metrics: MetricsMap = MetricsMap()


class CountsMap(Part):
    """Where the counters of an account stand."""

    followers: Field_ | None = None
    following: Field_ | None = None
    posts: Field_ | None = None


class ProfileMap(AuthorMap):
    """Where an account tells of itself; its paths start at each item, or at the answer of `profile_url`."""

    native_id: Field_
    bio: Field_ | None = None
    avatar: Field_ | None = None
    banner: Field_ | None = None
    created: Field_ | None = None
    links: Field_ | None = None
    counts: CountsMap = CountsMap()
