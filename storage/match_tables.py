"""What matching keeps: how posts were signed, the links between them, and the groups of copies.

One row a post holds its fingerprints in one BLOB; the key index beside the database is derived from these rows and
may be deleted at any time. A generation is one committed batch: the index names the last one it has taken in.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Index, LargeBinary, Text, UniqueConstraint, text
from sqlmodel import Field

from storage.tables import JSON_TYPE, Big, Row


def _post(**more: Any) -> Any:
    return Field(foreign_key="posts.id", ondelete="CASCADE", sa_type=BigInteger, **more)


class MatchGeneration(Row, table=True):
    """One batch of matching; the token tells generations of one number apart when a backup was restored."""

    __tablename__ = "match_generations"
    generation: int = Field(primary_key=True, sa_type=Big)
    token: str
    kernel: str  # what signed the posts of this batch
    at: datetime
    posts: int


class MatchMark(Row, table=True):
    """How far matching has read: the last post, the last version of an edited post."""

    __tablename__ = "match_marks"
    name: str = Field(primary_key=True)
    value: int = Field(sa_type=BigInteger)


class MatchPost(Row, table=True):
    """How a post was signed. An exact copy names the post it repeats and has no fingerprints of its own."""

    __tablename__ = "match_posts"
    __table_args__ = (
        Index(
            "ix_match_posts_copy_of", "copy_of",
            sqlite_where=text("copy_of IS NOT NULL"), postgresql_where=text("copy_of IS NOT NULL"),
        ),
    )  # fmt: skip
    post_id: int = _post(primary_key=True)
    generation: int = Field(index=True, sa_type=BigInteger)
    norm_hash: int = Field(sa_type=BigInteger)  # of the folded text, as a signed number
    copy_of: int | None = Field(default=None, sa_type=BigInteger)
    fingerprint: bytes | None = Field(default=None, sa_type=LargeBinary)  # u64, little endian, in text order
    words: int
    dense: int


class MatchPair(Row, table=True):
    """That two posts match by one matcher; the ref of `left_id` sorts before that of `right_id`."""

    __tablename__ = "match_pairs"
    __table_args__ = (UniqueConstraint("left_id", "right_id", "matcher"),)
    id: int | None = Field(default=None, primary_key=True, sa_type=Big)
    left_id: int = _post()
    right_id: int = _post(index=True)
    matcher: str
    score: float
    strength: str
    sentence: str = Field(sa_type=Text)
    detail: dict[str, Any] = Field(default_factory=dict, sa_type=JSON_TYPE)
    version: str
    bits: float | None = None  # log2 of how much likelier this is in copies than by chance; null: not weighed
    parameters_id: int | None = Field(default=None, foreign_key="match_parameters.id", sa_type=Big)
    generation: int = Field(sa_type=BigInteger)


class MatchParameters(Row, table=True):
    """What a matcher was set to when it gave a verdict: written once, pointed to by many pairs."""

    __tablename__ = "match_parameters"
    id: int | None = Field(default=None, primary_key=True, sa_type=Big)
    digest: str = Field(unique=True)  # of matcher, version and parameters
    matcher: str
    version: str
    parameters: dict[str, Any] = Field(default_factory=dict, sa_type=JSON_TYPE)


class MatchItemPair(Row, table=True):
    """That two accounts, pictures, videos or sites match: things that stand behind posts; `left_key` sorts first."""

    __tablename__ = "match_item_pairs"
    __table_args__ = (UniqueConstraint("kind", "left_key", "right_key", "matcher"),)
    id: int | None = Field(default=None, primary_key=True, sa_type=Big)
    kind: str  # account, media, site
    left_key: str  # ref of an account, SHA-256 of a file, host of a site
    right_key: str = Field(index=True)
    matcher: str
    score: float
    strength: str
    sentence: str = Field(sa_type=Text)
    detail: dict[str, Any] = Field(default_factory=dict, sa_type=JSON_TYPE)
    version: str
    bits: float | None = None
    parameters_id: int | None = Field(default=None, foreign_key="match_parameters.id", sa_type=Big)
    generation: int = Field(sa_type=BigInteger)


class PostVector(Row, table=True):
    """What a sentence encoder made of a post's text: float16, little endian, of length one."""

    __tablename__ = "post_vectors"
    post_id: int = _post(primary_key=True)
    model: str = Field(primary_key=True)
    norm_hash: int = Field(sa_type=BigInteger)  # of the folded text it was made of
    vector: bytes = Field(sa_type=LargeBinary)


class MatchFamily(Row, table=True):
    """A group of copies of one text: that of its anchor."""

    __tablename__ = "match_families"
    id: str = Field(primary_key=True)
    anchor_id: int = _post(unique=True)
    generation: int = Field(sa_type=BigInteger)


class MatchMember(Row, table=True):
    """That a post belongs to a family, because of this match with the anchor; the anchor itself has no matcher."""

    __tablename__ = "match_members"
    post_id: int = _post(primary_key=True)
    family_id: str = Field(index=True)
    matcher: str | None = None
    score: float


class MatchHistory(Row, table=True):
    """Why a post left a family, or a family was formed anew."""

    __tablename__ = "match_history"
    id: int | None = Field(default=None, primary_key=True, sa_type=Big)
    family_id: str = Field(index=True)
    kind: str  # left, reformed, dissolved, merged, anchored
    post_id: int | None = Field(default=None, sa_type=BigInteger)
    reason: str
    at: datetime


class MatchQueue(Row, table=True):
    """A post to be matched again, and the family it was in: a family formed anew keeps its id."""

    __tablename__ = "match_queue"
    post_id: int = _post(primary_key=True)
    family_id: str | None = None
