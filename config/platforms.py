"""Platforms written as YAML: what a small JSON interface answers, and which of its fields is which of ours."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator

from core.errors import CannotStart
from core.records import MediaKind
from core.source import Order

FOLDER = Path(__file__).parent / "platforms"
MAX_LINES = 40  # a platform that needs more is a program, and is written as one
ANY_HOST = r"[A-Za-z0-9][A-Za-z0-9.-]*(?::\d{1,5})?"

Shape = Literal["text", "html", "utc", "iso", "epoch", "http", "count", "links", "images"]


def _listed(value: object) -> object:
    return [value] if isinstance(value, str | int) else value


Paths = Annotated[tuple[str, ...], BeforeValidator(_listed)]
Strings = Annotated[tuple[str, ...], BeforeValidator(_listed)]


class Part(BaseModel):
    """A part of a platform file; a key it does not know is a mistake."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


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
    kind: MediaKind = Field("image", description="Of `media`: what its addresses lead to.")

    @model_validator(mode="after")
    def _complete(self) -> Reading:
        if bool(self.from_) == (self.always is not None):
            raise ValueError("write either `from` (a path) or `always` (a constant)")
        if self.in_ and not (self.key and self.take):
            raise ValueError("a look-up (`in`) needs `key` and `take`")
        return self


def _reading(value: object) -> object:
    return {"from": [value]} if isinstance(value, str) else value


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


class Next(Part):
    """How the next page is asked for: by a token, a number, an offset, an address, or the Link header.

    `{param, from}`: the value found goes into the parameter. `{param, count_from}`: a page number, counted up while
    `while` is filled (without it: until a page is empty). `{param, offset: true}`: the number of items so far.
    `{from}` alone: an address. `{link: next}`: the address of that relation in the Link header.
    """

    param: str | None = None
    from_: str | None = Field(None, alias="from")
    count_from: int | None = None
    offset: bool = False
    link: str | None = None
    while_: str | None = Field(None, alias="while")

    @model_validator(mode="after")
    def _one(self) -> Next:
        if sum((self.from_ is not None, self.count_from is not None, self.offset, self.link is not None)) != 1:
            raise ValueError("write exactly one of from, count_from, offset, link")
        if (self.count_from is not None or self.offset) and not self.param:
            raise ValueError("count_from and offset need `param`")
        return self


class Pages(Part):
    """What is asked for, where the items of an answer stand, and how it goes on."""

    url: str
    items: str = ""
    params: dict[str, str] = {}
    next: Next | None = None


class Rest(Part):
    """Items that the first answer only names by id: asked for in batches, in the order of the ids."""

    url: str
    param: str
    ids: str
    key: str = "id"
    items: str
    at_once: int = Field(20, ge=1, le=100)
    at_most: int = Field(10_000, ge=1, le=100_000)


class CursorMap(Part):
    """How the source is walked (see core.source.CursorSpec)."""

    field: str = "published"
    order: Order = "newest_first"
    reread_hours: float = Field(48.0, ge=0)


class ExpectMap(Part):
    """What a run must bring, lest it is reported."""

    posts_at_least: int = Field(0, ge=0)
    filled: dict[str, Annotated[float, Field(ge=0, le=1)]] = {}


class Platform(Part):
    """One source, as its file describes it."""

    id: str = Field(pattern=r"^[a-z0-9_-]+\.[a-z0-9_-]+$")
    engine: Literal["json_api"]
    title: str = Field(min_length=1)
    about: str = Field(min_length=10, description="One sentence: what is collected, in which order.")
    instances: Literal["*"] | Strings = ()
    pattern: Strings = Field(min_length=1, description="{instance} stands for the hosts of `instances`.")
    examples: Strings = Field(min_length=1)
    priority: int | None = Field(None, description="Default 0; -10 where `instances` is any host.")
    site: str | None = Field(None, description='"{instance}" where ids are unique on their site only.')
    requests_per_minute: float = Field(20, gt=0, le=600)
    retention: str = "no platform rule known"
    robots: Literal["obeyed", "api"] = "obeyed"
    pages: Pages
    rest: Rest | None = None
    cursor: CursorMap = CursorMap()
    post: PostMap
    ignore: tuple[str, ...] = ()
    expect: ExpectMap = ExpectMap()

    @model_validator(mode="after")
    def _examples_match(self) -> Platform:
        for pattern in self.patterns():
            try:
                re.compile(pattern)
            except re.error as error:
                raise ValueError(f"pattern {pattern!r} is no regular expression ({error})") from None
        for example in self.examples:
            if not any(re.fullmatch(pattern, example) for pattern in self.patterns()):
                raise ValueError(f"the example {example} does not match the pattern")
        return self

    def patterns(self) -> tuple[str, ...]:
        """Return the patterns as regular expressions; the host becomes the group `instance`."""
        hosts = ANY_HOST if self.instances == "*" else "|".join(re.escape(host) for host in self.instances)
        return tuple(p.replace("{instance}", f"(?P<instance>{hosts})") for p in self.pattern)


def read(path: Path) -> Platform:
    """Read one platform file; raise CannotStart naming the file, the entry and what is wrong with it."""
    try:
        text = path.read_text(encoding="utf-8")
        data = yaml.safe_load(text)
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        said = " ".join(str(error).split())
        raise CannotStart(f"The platform file {path} cannot be read ({said}); mend it or take it away.") from error
    if not isinstance(data, dict):
        raise CannotStart(f"The platform file {path} holds no entries; see docs/platform-files.md.")
    if (lines := len(text.splitlines())) > MAX_LINES:
        raise CannotStart(f"The platform file {path} has {lines} lines ({MAX_LINES} at most); write a class instead.")
    try:
        return Platform.model_validate(data)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"]) or "the file"
        raise CannotStart(f"The platform file {path} is wrong at {where}: {first['msg']}.") from error


def load(folder: Path = FOLDER) -> list[Platform]:
    """Return the platforms of a folder, by file name; raise CannotStart where one cannot be used."""
    return [read(path) for path in sorted(folder.glob("*.yml"))]
