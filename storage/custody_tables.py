"""What is kept so that evidence stands up: the custody log, the seals over the archive, and their time stamps."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Text, UniqueConstraint
from sqlmodel import Field

from storage.tables import JSON_TYPE, Big, Row


class CustodyEntry(Row, table=True):
    """One entry of the custody log of a case (see core.custody); rows are only added, which triggers enforce."""

    __tablename__ = "custody"
    case_id: int = Field(primary_key=True, foreign_key="cases.id")
    seq: int = Field(primary_key=True)
    at: str  # as it is hashed: ISO 8601 UTC
    actor: str
    event: str
    object: str
    sha256: str | None = None
    note: dict[str, Any] = Field(default_factory=dict, sa_type=JSON_TYPE)
    prev: str
    digest: str


class Seal(Row, table=True):
    """One statement over records of the archive and the heads of the custody logs; files `archive/seals/<id>.*`."""

    __tablename__ = "seals"
    id: str = Field(primary_key=True)
    sealed_at: datetime
    root: str  # Merkle root over its leaves
    leaves: int
    sha256: str  # of the statement's file, which is what gets stamped


class SealedFile(Row, table=True):
    """How far a WARC file is covered by a seal: it may still grow. A log is a row too: `custody:<case>`, in entries."""

    __tablename__ = "sealed_files"
    id: int | None = Field(default=None, primary_key=True, sa_type=Big)
    seal_id: str = Field(foreign_key="seals.id", index=True)
    file: str = Field(index=True)
    since: int = Field(sa_type=BigInteger)  # bytes into the file
    until: int = Field(sa_type=BigInteger)


class Stamp(Row, table=True):
    """One time stamp asked of one authority over one file; pending until it came."""

    __tablename__ = "stamps"
    __table_args__ = (UniqueConstraint("sha256", "authority"),)
    id: int | None = Field(default=None, primary_key=True, sa_type=Big)
    subject: str  # path of the file that is stamped, relative to the workspace, or its name where it lies elsewhere
    sha256: str
    authority: str
    state: str  # pending, stamped, refused
    asked_at: datetime
    attempts: int = 0
    next_try: datetime | None = None
    stamped_at: datetime | None = None  # as the authority says
    path: str | None = None  # of the whole answer, relative to the workspace
    why: str | None = Field(default=None, sa_type=Text)  # the sentence of the last failure


class ExportedPost(Row, table=True):
    """A post that went out: the bundle that held it last, and whether it was ever an exhibit of one."""

    __tablename__ = "exported_posts"
    case_id: int = Field(primary_key=True, foreign_key="cases.id")
    post_id: int = Field(primary_key=True, foreign_key="posts.id", index=True, sa_type=BigInteger)
    sha256: str  # of the bundle
    at: datetime
    exhibit: bool


class ImportedArchive(Row, table=True):
    """An archive captured elsewhere, as it was verified when it came."""

    __tablename__ = "imported_archives"
    __table_args__ = (UniqueConstraint("case_id", "sha256"),)
    id: int | None = Field(default=None, primary_key=True)
    case_id: int = Field(foreign_key="cases.id")
    name: str
    sha256: str
    software: str | None = None
    imported_at: datetime
    files: list[str] = Field(default_factory=list, sa_type=JSON_TYPE)  # WARC files it became, relative to archive/warc
    checks: list[dict[str, Any]] = Field(default_factory=list, sa_type=JSON_TYPE)
