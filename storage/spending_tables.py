"""What was spent on platforms that ask money: one row for a platform and month."""

from __future__ import annotations

from sqlalchemy import BigInteger
from sqlmodel import Field

from storage.tables import COMPACT, Row


class Spending(Row, table=True):
    """What was spent on a platform in a calendar month (UTC), with what is set aside for requests under way."""

    __tablename__ = "spending"
    __table_args__ = COMPACT
    platform: str = Field(primary_key=True)
    month: str = Field(primary_key=True)  # 2026-11
    spent: int = Field(sa_type=BigInteger)  # millionths of a US dollar
