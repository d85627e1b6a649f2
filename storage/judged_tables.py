"""What people said of matches, kept beside what the program says and never instead of it."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Text
from sqlmodel import Field

from storage.tables import Big, Row


class Judgement(Row, table=True):
    """A person's word on a pair, a family or a file; withdrawn, it stays and counts no more.

    `target` is "LEFT RIGHT" (two refs, the smaller one left), the id of a family, or the SHA-256 of a file.
    """

    __tablename__ = "judgements"
    id: int | None = Field(default=None, primary_key=True, sa_type=Big)
    kind: str  # pair, family, media
    target: str = Field(index=True)
    word: str  # keep, unrelated, common
    note: str = Field(sa_type=Text)
    at: datetime
    withdrawn_at: datetime | None = None


class CommonPhrase(Row, table=True):
    """Words that many use and that tie nobody to anybody: a slogan, a share button's title, a signature, a lyric."""

    __tablename__ = "common_phrases"
    id: int | None = Field(default=None, primary_key=True, sa_type=Big)
    phrase: str = Field(sa_type=Text)  # as written; folded anew by whatever kernel reads it
    reason: str = Field(sa_type=Text)
    judgement_id: int | None = Field(default=None, foreign_key="judgements.id", sa_type=Big)
    at: datetime
    withdrawn_at: datetime | None = None
