"""What kept files look and sound like, and what archived pages and redirects say of who runs a site.

All of it is derived from bytes in the archive and may be made anew from them.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, LargeBinary, Text, UniqueConstraint
from sqlmodel import Field

from storage.tables import JSON_TYPE, Big, Row


class MediaPrint(Row, table=True):
    """What one tool made of one kept file; a file it cannot read has the reason instead.

    `prints` holds the hashes (layout by `tool`), `features` what decides crops and screenshots, `sound` the print of
    the audio track, `words` what text recognition read in it.
    """

    __tablename__ = "media_prints"
    __table_args__ = (UniqueConstraint("sha256", "tool"),)
    id: int | None = Field(default=None, primary_key=True, sa_type=Big)
    sha256: str
    tool: str  # name and version of what made it
    kind: str  # image, video, audio
    status: str  # read, blank, refused
    reason: str | None = Field(default=None, sa_type=Text)
    width: int | None = None
    height: int | None = None
    seconds: float | None = None
    quality: int | None = None
    prints: bytes | None = Field(default=None, sa_type=LargeBinary)
    features: bytes | None = Field(default=None, sa_type=LargeBinary)
    sound: bytes | None = Field(default=None, sa_type=LargeBinary)
    words: str | None = Field(default=None, sa_type=Text)
    detail: dict[str, Any] = Field(default_factory=dict, sa_type=JSON_TYPE)
    at: datetime


class PageMark(Row, table=True):
    """An id, an address or a picture on an archived page that says who runs the site."""

    __tablename__ = "page_marks"
    id: int | None = Field(default=None, primary_key=True, sa_type=Big)
    key: str = Field(unique=True)  # SHA-256 of page, kind and value, which are too long for an index
    page: str = Field(sa_type=Text)  # canonical address
    host: str = Field(index=True)
    kind: str  # analytics, ads, verification, favicon, image, canonical, amp
    value: str = Field(sa_type=Text)
    capture: str | None = None
    at: datetime


class Redirect(Row, table=True):
    """Where an address led when it was captured: shorteners, moved pages; both canonical."""

    __tablename__ = "redirects"
    __table_args__ = (UniqueConstraint("source_key", "target_key"),)
    id: int | None = Field(default=None, primary_key=True, sa_type=Big)
    source_key: str  # SHA-256 of the address, which is too long for an index
    target_key: str
    source: str = Field(sa_type=Text)
    target: str = Field(sa_type=Text)
    status: int | None = Field(default=None, sa_type=BigInteger)
    capture: str | None = None
    at: datetime
