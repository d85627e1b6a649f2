"""Numbers for posts and accounts, handed out in the order of commit."""

from __future__ import annotations

from sqlalchemy import Connection, select, update

from storage import tables as t
from storage.bulk import Writer

_COUNTERS = t.table(t.Counter)


def last(conn: Connection, name: str) -> int:
    """Return the last number handed out, and keep every other writer of that name waiting until our transaction ends.

    SQLite has one writer at any time anyhow; on Postgres the row is locked.
    """
    query = select(_COUNTERS.c.last).where(_COUNTERS.c.name == name).with_for_update()
    found = conn.execute(query).scalar_one_or_none()
    if found is None:
        Writer(conn).insert(_COUNTERS, ("name", "last"), [(name, 0)], new=False)
        found = conn.execute(query).scalar_one()
    return int(found)


def move(conn: Connection, name: str, to: int) -> None:
    """Note that numbers up to `to` are taken."""
    conn.execute(update(_COUNTERS).where(_COUNTERS.c.name == name).values(last=to))
