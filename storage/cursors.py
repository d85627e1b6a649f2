"""Cursors: how far each source was walked."""

from __future__ import annotations

from sqlalchemy import Connection, delete, insert, select

from core.source import Cursor
from storage import tables as t

_CURSORS = t.table(t.CursorTable)


def load(conn: Connection, source_id: int) -> Cursor:
    """Return how far a source was walked; a fresh cursor where no walk has ended yet."""
    row = conn.execute(select(_CURSORS).where(_CURSORS.c.source_id == source_id)).one_or_none()
    return Cursor(since=row.since, state=dict(row.state or {}), full=row.full) if row else Cursor()


def save(conn: Connection, source_id: int, cursor: Cursor) -> None:
    """Keep how far a source was walked, in the transaction that closes the run."""
    conn.execute(delete(_CURSORS).where(_CURSORS.c.source_id == source_id))
    values = {"since": cursor.since, "state": cursor.state, "full": cursor.full}
    conn.execute(insert(_CURSORS).values(source_id=source_id, **values))
