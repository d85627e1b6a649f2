"""The records a post passes the rooms as: frozen, validated, complete enough to stand in a bundle."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, computed_field, field_serializer

from core import ids
from core.errors import CopytrailError, FindingKind
from core.text import MAX_CHARS, clean, clean_json
from core.times import Instant, iso

PostKind = Literal["post", "comment", "answer", "article", "video", "image", "repost"]
MediaKind = Literal["image", "video", "audio", "file"]
Route = Literal["api", "feed", "page", "import"]


def _aware(at: datetime) -> datetime:
    try:
        return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
    except OverflowError as error:  # at the edge of the calendar; pydantic tells only ValueErrors as of a field
        raise ValueError("lies beyond the calendar") from error


def _cleaned(value: object) -> object:
    if not isinstance(value, str):
        return value
    # nearly all of the dozen strings of a post are plain, and an import reads them by the million
    return value if value.isascii() and "\0" not in value and len(value) <= MAX_CHARS else clean(value)


def _as_id(value: object) -> object:
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else _cleaned(value)


def _inside(path: str | None) -> str | None:
    """Return a path that stays in the folder of its file; one that leads out of it is not told on."""
    steps = (path or "").replace("\\", "/").split("/")
    return None if steps[0] == "" or ".." in steps or ":" in steps[0] else path


Utc = Annotated[datetime, AfterValidator(_aware)]
Text = Annotated[str, BeforeValidator(_cleaned)]
NativeId = Annotated[str, BeforeValidator(_as_id), Field(min_length=1, max_length=2048)]
Count = Annotated[int, Field(ge=-(2**63), lt=2**63)]  # a score may be below zero


Granularity = dict[str, Annotated[int, Field(gt=1)]]


class Record(BaseModel):
    """A frozen record; fields it does not know are ignored, so that newer files still load."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class Author(Record):
    """Who posted: the platform's id is identity, handle and name are what they were called that day."""

    native_id: NativeId | None = None
    handle: Text | None = None
    name: Text | None = None
    url: Text | None = None


class Media(Record):
    """A picture, video, sound or file that a post shows; `path` is relative to the file the record came in."""

    url: Text | None = None
    kind: MediaKind = "image"
    sha256: Text | None = None
    path: Annotated[Text | None, AfterValidator(_inside)] = None
    alt: Text | None = None


class Metrics(Record):
    """Counters at one moment; None is "not shown", which is not zero.

    `granularity` names the counters that were shown rounded and the step they were rounded to: "1.2K" is 1200 in steps
    of 100 (see core.counts).
    """

    likes: Count | None = None
    replies: Count | None = None
    reposts: Count | None = None
    views: Count | None = None
    granularity: Granularity | None = None


class Counts(Record):
    """Counters of an account at one moment; None is "not shown"; `granularity` as in Metrics."""

    followers: Count | None = None
    following: Count | None = None
    posts: Count | None = None
    granularity: Granularity | None = None


class Profile(Record):
    """What an account showed of itself at one moment: a dated snapshot, never merged with another.

    `author` has its id, handle, name and address; `avatar` and `banner` are addresses of pictures; `created` is when
    the platform says the account was made.
    """

    v: Literal[1] = 1
    platform: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9._-]*$", max_length=253)]
    site: Text | None = None
    author: Author
    bio: Text | None = None
    avatar: Text | None = None
    banner: Text | None = None
    created: Instant | None = None
    links: tuple[Text, ...] = ()
    counts: Counts = Counts()
    seen: Utc
    route: Route | None = None
    capture: Text | None = None
    raw: Annotated[dict[str, Any], BeforeValidator(clean_json)] = Field(default_factory=dict)

    @field_serializer("seen")
    def _iso(self, at: datetime) -> str:
        return iso(at)


class Link(Record):
    """An address as written and in canonical form."""

    url: Text
    canonical: Text


class Post(Record):
    """One public post, comment, article, picture or video, as one answer of a platform showed it."""

    v: Literal[1] = 1
    platform: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9._-]*$", max_length=253)]
    site: Text | None = None
    native_id: NativeId
    url: Text | None = None
    kind: PostKind = "post"
    author: Author = Author()
    published: Instant = Instant(zone="unknown")
    first_seen: Utc | None = None
    edited: Instant | None = None
    title: Text | None = None
    text: Text | None = None
    languages: tuple[Text, ...] = ()
    community: Text | None = None
    reply_to: Text | None = None
    root: Text | None = None
    repost_of: Text | None = None
    quotes: Text | None = None
    links: tuple[Text, ...] = ()
    tags: tuple[Text, ...] = ()
    mentions: tuple[Text, ...] = ()
    media: tuple[Media, ...] = ()
    metrics: Metrics = Metrics()
    metrics_at: Utc | None = None
    route: Route | None = None
    capture: Text | None = None
    raw: Annotated[dict[str, Any], BeforeValidator(clean_json)] = Field(default_factory=dict)

    @computed_field  # type: ignore[prop-decorator]
    @property
    def ref(self) -> str:
        """The name of the post, unique for ever."""
        return ids.ref(self.platform, self.native_id, self.site)

    @property
    def place(self) -> str:
        """Where a reader would say the post stands."""
        return ids.place(self.platform, self.site)

    @field_serializer("first_seen", "metrics_at")
    def _iso(self, at: datetime | None) -> str | None:
        return iso(at) if at else None


class Finding(Record):
    """What a run has to tell about a source or a post besides posts: gone, walled, limited, changed.

    `evidence` quotes the words or the field of the answer that say so; `ref` names the post, if it is about one.
    """

    kind: FindingKind
    sentence: Text
    status: int | None = None
    retry_after: float | None = None
    url: Text | None = None
    ref: Text | None = None
    evidence: Text | None = None
    capture: Text | None = None

    @classmethod
    def of(cls, error: CopytrailError, *, ref: str | None = None, capture: str | None = None) -> Finding:
        """Return the finding that an error stands for."""
        return cls(
            kind=error.kind, sentence=error.sentence, status=error.status, retry_after=error.retry_after,
            url=error.url, ref=ref, capture=capture,
        )  # fmt: skip
