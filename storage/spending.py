"""Spending: set aside before a request, settled after its answer; what is set aside counts whatever happens next."""

from __future__ import annotations

from sqlalchemy import ColumnElement, Connection, select, update

from storage import spending_tables as t
from storage.bulk import Writer
from storage.tables import table

_SPENDING = table(t.Spending)


def spent(conn: Connection, platform: str, month: str) -> int:
    """Return what was spent on a platform in a month ("2026-11"), in millionths of a dollar."""
    found = conn.execute(select(_SPENDING.c.spent).where(_is(platform, month))).scalar_one_or_none()
    return int(found or 0)


def reserve(conn: Connection, platform: str, month: str, amount: int, limit: int) -> bool:
    """Set an amount aside and return True, or return False where the month would come to more than `limit`.

    The comparison and the addition are one statement: of two processes the second sees what the first set aside.
    """
    Writer(conn).insert(_SPENDING, ("platform", "month", "spent"), [(platform, month, 0)], new=False)
    fits = _SPENDING.c.spent + amount <= limit
    done = conn.execute(update(_SPENDING).where(_is(platform, month), fits).values(spent=_SPENDING.c.spent + amount))
    return done.rowcount == 1


def settle(conn: Connection, platform: str, month: str, *, reserved: int, cost: int) -> None:
    """Replace what was set aside by what the answer cost."""
    values = {"spent": _SPENDING.c.spent - reserved + cost}
    conn.execute(update(_SPENDING).where(_is(platform, month)).values(**values))


def _is(platform: str, month: str) -> ColumnElement[bool]:
    return (_SPENDING.c.platform == platform) & (_SPENDING.c.month == month)
