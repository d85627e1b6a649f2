"""Which posts went out in which bundle: what is an exhibit somewhere is looked at first, and what is gone is told."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import Connection, or_, select
from sqlalchemy.dialects.postgresql import insert as postgres_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from storage import custody_tables
from storage import tables as t
from storage.bulk import chunks

_OUT, _POSTS = t.table(custody_tables.ExportedPost), t.table(t.PostTable)


def note(conn: Connection, case: int, refs: Iterable[str], exhibits: Iterable[str], sha256: str, at: datetime) -> None:
    """Note that posts of a case are in the bundle of this digest; once an exhibit, a post stays one."""
    shown = set(exhibits)
    make = postgres_insert if conn.dialect.name == "postgresql" else sqlite_insert
    for part in chunks(list(refs)):
        rows = [
            {"case_id": case, "post_id": row.id, "sha256": sha256, "at": at, "exhibit": row.ref in shown}
            for row in conn.execute(select(_POSTS.c.id, _POSTS.c.ref).where(_POSTS.c.ref.in_(part)))
        ]
        if rows:
            given = make(_OUT)
            stays = or_(_OUT.c.exhibit, given.excluded.exhibit)
            told = {"sha256": given.excluded.sha256, "at": given.excluded.at, "exhibit": stays}
            conn.execute(given.on_conflict_do_update(index_elements=["case_id", "post_id"], set_=told), rows)


def left_out(conn: Connection, case: int, sha256: str, refs: Iterable[str]) -> list[str]:
    """Return the posts that the bundle of this digest was the last to hold and that are not among `refs`, by ref."""
    query = select(_POSTS.c.ref).join(_OUT, _OUT.c.post_id == _POSTS.c.id)
    held = conn.execute(query.where(_OUT.c.case_id == case, _OUT.c.sha256 == sha256)).scalars()
    return sorted(set(held) - set(refs))
