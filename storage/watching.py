"""Watch intervals: which stretch of time each source was looked at, so that "not found" differs from "not looked"."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, insert, select, update

from storage import tables as t

_WATCHED = t.table(t.WatchInterval)


@dataclass(frozen=True, slots=True)
class Interval:
    """A stretch over which a source was watched; `start` None: as far back as the source shows."""

    start: datetime | None
    end: datetime
    complete: bool


def note(conn: Connection, source_id: int, *, at: datetime, complete: bool) -> None:
    """Note that a run has looked at a source up to `at`.

    A run sees what was posted since the one before, so the interval begins where the last complete one ended. Complete
    ones that follow each other grow together; an incomplete one stays apart until a complete run closes the gap.
    """
    last = conn.execute(
        select(_WATCHED).where(_WATCHED.c.source_id == source_id).order_by(_WATCHED.c.id.desc()).limit(1)
    ).one_or_none()
    if last is not None and last.watched_to >= at:  # an archive read again says nothing about newer times
        return
    if last is not None and last.complete == complete:
        conn.execute(update(_WATCHED).where(_WATCHED.c.id == last.id).values(watched_to=at))
        return
    start = last.watched_to if last is not None and last.complete else None if last is None else last.watched_from
    row = {"source_id": source_id, "watched_from": start, "watched_to": at, "complete": complete}
    conn.execute(insert(_WATCHED).values(**row))


def list_intervals(conn: Connection, source_id: int) -> list[Interval]:
    """Return the intervals of a source, in the order they were watched."""
    rows = conn.execute(select(_WATCHED).where(_WATCHED.c.source_id == source_id).order_by(_WATCHED.c.id))
    return [Interval(row.watched_from, row.watched_to, row.complete) for row in rows]
