"""Pages captured in a browser, and what came of looking at posts again."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Text
from sqlmodel import Field

from storage.tables import JSON_TYPE, Big, Row


class PageCapture(Row, table=True):
    """One attempt to capture a page as a reader sees it; a row stands from its beginning, so that none is lost."""

    __tablename__ = "page_captures"
    id: str = Field(primary_key=True)
    case_id: int = Field(foreign_key="cases.id", index=True)
    post_id: int | None = Field(default=None, foreign_key="posts.id", index=True, sa_type=BigInteger)
    url: str = Field(sa_type=Text)
    final_url: str | None = Field(default=None, sa_type=Text)
    started: datetime
    ended: datetime | None = None
    outcome: str  # under_way, ok, partial, gone, blocked, rate_limited, error
    status: int | None = None
    reason: str | None = Field(default=None, sa_type=Text)
    records: dict[str, str] = Field(default_factory=dict, sa_type=JSON_TYPE)  # document, view, dom, text, ... -> id
    detail: dict[str, Any] = Field(default_factory=dict, sa_type=JSON_TYPE)  # capture.json (docs/bundle-format.md)


class Observation(Row, table=True):
    """What came of looking at a post again; rows are only added."""

    __tablename__ = "observations"
    id: int | None = Field(default=None, primary_key=True, sa_type=Big)
    post_id: int = Field(foreign_key="posts.id", index=True, sa_type=BigInteger)
    at: datetime
    outcome: str  # seen, changed, not_seen, walled, unclear
    sentence: str = Field(sa_type=Text)
    finding: str | None = None  # the kind of the finding where the post was not shown
    status: int | None = None
    version: int | None = None  # the number of the wording that was shown
    capture: str | None = None
    route: str | None = None
