"""The tables of the working copy: rows apart from the records of core, which validate before anything comes here.

Rules: times are instants in UTC; ids given by a platform are text; identity is `posts.ref` and `accounts.ref`, the
integer ids are for joins only. Ids of posts and accounts are handed out by `counters` under one lock, so that they rise
in the order of commit, and whoever remembers the last one it has read misses nothing.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import JSON, BigInteger, Index, MetaData, Table, Text, UniqueConstraint, types
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel

JSON_TYPE: types.TypeEngine[Any] = JSON(none_as_null=True).with_variant(JSONB(none_as_null=True), "postgresql")
Big = BigInteger().with_variant(types.Integer(), "sqlite")  # SQLite numbers rows itself only in an INTEGER key

COMPACT = {"sqlite_with_rowid": False}  # a table that is little more than its key is kept in the key's order alone

METADATA = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)


class Row(SQLModel):
    """The base of every table; it carries the one metadata."""

    metadata: ClassVar[MetaData] = METADATA


def table(row: type[SQLModel]) -> Table:
    """Return the Core table of a row class, for statements in batches."""
    return METADATA.tables[str(row.__tablename__)]


class Meta(Row, table=True):
    """A fact about this working copy: archive id, version of the search index."""

    __tablename__ = "meta"
    key: str = Field(primary_key=True)
    value: str


class Counter(Row, table=True):
    """The last number handed out under a name; its lock makes writers of posts wait for one another."""

    __tablename__ = "counters"
    name: str = Field(primary_key=True)
    last: int = Field(sa_type=BigInteger)


class Case(Row, table=True):
    """A matter under watch."""

    __tablename__ = "cases"
    id: int | None = Field(default=None, primary_key=True)
    name: str = Field(unique=True)
    added_at: datetime


class SourceTable(Row, table=True):
    """One address under watch in a case; `kind` is the id of the plug-in that reads it."""

    __tablename__ = "sources"
    __table_args__ = (UniqueConstraint("case_id", "url", "kind", "route"), Index(None, "paused", "next_run"))
    id: int | None = Field(default=None, primary_key=True)
    case_id: int = Field(foreign_key="cases.id")
    url: str
    kind: str
    platform: str
    route: str
    parts: dict[str, str] = Field(default_factory=dict, sa_type=JSON_TYPE)
    options: dict[str, str] = Field(default_factory=dict, sa_type=JSON_TYPE)
    every: int | None = None  # seconds between two runs; null: only when asked
    plan: dict[str, str] | None = Field(default=None, sa_type=JSON_TYPE)  # between, cron, quiet, where a person said so
    pace: int | None = None  # seconds between two runs by what the last ones brought
    paced: str | None = None  # why, in words
    robots_override: str | None = None
    paused: bool = False
    added_at: datetime
    next_run: datetime | None = None
    last_run_id: int | None = None  # no foreign key: runs already points here


class Run(Row, table=True):
    """One walk of a source: what it brought, how it ended, and which process is at it."""

    __tablename__ = "runs"
    id: int | None = Field(default=None, primary_key=True)
    source_id: int = Field(foreign_key="sources.id", index=True)
    status: str = Field(index=True)  # running, done, partial, failed, interrupted
    started: datetime
    ended: datetime | None = None
    beat_at: datetime  # last sign of life
    posts: int = 0
    new: int = 0
    changed: int = 0
    finding: dict[str, Any] | None = Field(default=None, sa_type=JSON_TYPE)
    coverage: str | None = None  # complete, partial, blocked, quiet
    host: str
    pid: int
    born: str  # boot and start mark of the process: a later process with the same number has another


class Account(Row, table=True):
    """Who posts: the platform's id is identity; handle and name are what they are called now."""

    __tablename__ = "accounts"
    id: int | None = Field(default=None, primary_key=True, sa_type=Big, sa_column_kwargs={"autoincrement": False})
    ref: str = Field(unique=True)  # platform:id, or platform:@handle where no id was shown
    platform: str
    site: str | None = None
    native_id: str | None = None
    handle: str | None = None
    name: str | None = None
    url: str | None = None
    named_at: datetime  # since when it is called so


class AccountName(Row, table=True):
    """What an account was called before: handle and name with the time they were seen."""

    __tablename__ = "account_names"
    __table_args__ = (UniqueConstraint("account_id", "seen_from"),)
    id: int | None = Field(default=None, primary_key=True, sa_type=Big)
    account_id: int = Field(foreign_key="accounts.id", sa_type=BigInteger)
    handle: str | None = None
    name: str | None = None
    seen_from: datetime
    seen_to: datetime


class ProfileTable(Row, table=True):
    """What an account showed of itself at one moment; a row is added only when something of it has changed."""

    __tablename__ = "profiles"
    __table_args__ = (UniqueConstraint("account_id", "seen"),)
    id: int | None = Field(default=None, primary_key=True, sa_type=Big)
    account_id: int = Field(foreign_key="accounts.id", sa_type=BigInteger)
    seen: datetime  # when it was so at the earliest, as far as we looked
    last_seen: datetime  # and at the latest
    shown_by: int | None = Field(default=None, foreign_key="sources.id")
    route: str | None = None
    capture: str | None = None
    content: dict[str, Any] = Field(sa_type=JSON_TYPE)
    content_hash: str


class PostTable(Row, table=True):
    """A post as it stands now; other wordings are in post_versions.

    `published_from` and `published_to` bound the instant it was published in (half open), null where nothing is known.
    """

    __tablename__ = "posts"
    __table_args__ = (Index(None, "account_id", "published_from"), Index(None, "published_from"))
    id: int | None = Field(default=None, primary_key=True, sa_type=Big, sa_column_kwargs={"autoincrement": False})
    ref: str = Field(unique=True)
    platform: str
    site: str | None = None
    native_id: str
    url: str | None = None
    kind: str
    account_id: int | None = Field(default=None, foreign_key="accounts.id", sa_type=BigInteger)
    author: dict[str, Any] | None = Field(default=None, sa_type=JSON_TYPE)  # as this post showed them
    published_at: datetime | None = None
    published_from: datetime | None = None
    published_to: datetime | None = None
    published_verbatim: str | None = None
    published_precision: str = "unknown"
    published_source: str = "platform"
    published_zone: str = "unknown"
    first_seen: datetime
    last_seen: datetime
    edited: dict[str, Any] | None = Field(default=None, sa_type=JSON_TYPE)
    title: str | None = Field(default=None, sa_type=Text)
    text: str | None = Field(default=None, sa_type=Text)
    languages: list[str] | None = Field(default=None, sa_type=JSON_TYPE)
    community: str | None = None
    reply_to: str | None = None
    root: str | None = None
    repost_of: str | None = None
    quotes: str | None = None
    links: list[str] | None = Field(default=None, sa_type=JSON_TYPE)
    tags: list[str] | None = Field(default=None, sa_type=JSON_TYPE)
    mentions: list[str] | None = Field(default=None, sa_type=JSON_TYPE)
    media: list[dict[str, Any]] | None = Field(default=None, sa_type=JSON_TYPE)
    metrics: dict[str, Any] | None = Field(default=None, sa_type=JSON_TYPE)
    metrics_at: datetime | None = None
    route: str | None = None
    capture: str | None = None
    raw: dict[str, Any] | None = Field(default=None, sa_type=JSON_TYPE)
    shown_by: int | None = Field(default=None, foreign_key="sources.id")  # the source that showed this wording
    version: int = 1  # the number of this wording
    seen_at: datetime  # when this wording was first seen
    content_hash: str


class PostVersion(Row, table=True):
    """A wording that is not the current one: overtaken by an edit, or shown in brief by another source.

    Rows are only added, and ids rise: whoever remembers the last id finds the posts that changed since.
    """

    __tablename__ = "post_versions"
    __table_args__ = (UniqueConstraint("post_id", "n"),)
    id: int | None = Field(default=None, primary_key=True, sa_type=Big)
    post_id: int = Field(foreign_key="posts.id", sa_type=BigInteger)
    n: int
    seen_at: datetime
    shown_by: int | None = Field(default=None, foreign_key="sources.id")
    route: str | None = None
    capture: str | None = None
    content: dict[str, Any] = Field(sa_type=JSON_TYPE)
    content_hash: str


class PostMetrics(Row, table=True):
    """Counters of a post at one moment; a row is added only when one of them has changed."""

    __tablename__ = "post_metrics"
    __table_args__ = COMPACT
    post_id: int = Field(primary_key=True, foreign_key="posts.id", sa_type=BigInteger)
    at: datetime = Field(primary_key=True)
    likes: int | None = Field(default=None, sa_type=BigInteger)
    replies: int | None = Field(default=None, sa_type=BigInteger)
    reposts: int | None = Field(default=None, sa_type=BigInteger)
    views: int | None = Field(default=None, sa_type=BigInteger)
    granularity: dict[str, int] | None = Field(default=None, sa_type=JSON_TYPE)  # steps of the rounded ones


class CasePost(Row, table=True):
    """That a post belongs to a case."""

    __tablename__ = "case_posts"
    __table_args__ = COMPACT
    case_id: int = Field(primary_key=True, foreign_key="cases.id")
    post_id: int = Field(primary_key=True, foreign_key="posts.id", sa_type=BigInteger)


class SourcePost(Row, table=True):
    """That a source has shown a post."""

    __tablename__ = "source_posts"
    __table_args__ = COMPACT
    source_id: int = Field(primary_key=True, foreign_key="sources.id")
    post_id: int = Field(primary_key=True, foreign_key="posts.id", sa_type=BigInteger)


class Capture(Row, table=True):
    """Where the archive keeps an answer: file, offset and length of the WARC record, and what it answers."""

    __tablename__ = "captures"
    record_id: str = Field(primary_key=True)
    file: str
    offset: int = Field(sa_type=BigInteger)
    length: int = Field(sa_type=BigInteger)
    url: str
    method: str
    status: int | None = None
    captured_at: datetime
    sha256: str | None = None
    source_id: int | None = Field(default=None, foreign_key="sources.id", index=True)
    run_id: int | None = Field(default=None, foreign_key="runs.id")
    error: str | None = None


class CursorTable(Row, table=True):
    """How far a source was walked."""

    __tablename__ = "cursors"
    source_id: int = Field(primary_key=True, foreign_key="sources.id")
    since: datetime | None = None
    state: dict[str, Any] = Field(default_factory=dict, sa_type=JSON_TYPE)
    full: bool = True


class FindingTable(Row, table=True):
    """What a run had to tell besides posts."""

    __tablename__ = "findings"
    id: int | None = Field(default=None, primary_key=True, sa_type=Big)
    source_id: int | None = Field(default=None, foreign_key="sources.id", index=True)
    run_id: int | None = Field(default=None, foreign_key="runs.id", index=True)
    ref: str | None = Field(default=None, index=True)
    kind: str
    sentence: str
    status: int | None = None
    retry_after: float | None = None
    url: str | None = None
    evidence: str | None = None
    capture: str | None = None
    at: datetime


class WatchInterval(Row, table=True):
    """A stretch of time a source was watched over: "not found" differs from "not looked"."""

    __tablename__ = "watch_intervals"
    id: int | None = Field(default=None, primary_key=True)
    source_id: int = Field(foreign_key="sources.id", index=True)
    watched_from: datetime | None = None  # null: from the beginning of the source
    watched_to: datetime
    complete: bool
