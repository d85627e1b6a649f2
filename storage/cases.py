"""Cases: the matters under watch."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, Select, insert, select

from core.errors import BadInput
from storage import tables as t

_CASES, _CASE_POSTS = t.table(t.Case), t.table(t.CasePost)


def ensure_case(conn: Connection, name: str, at: datetime) -> int:
    """Return the id of the case called `name`, and open it if there is none."""
    if (known := _find(conn, name)) is not None:
        return known
    return int(conn.execute(insert(_CASES).values(name=name, added_at=at).returning(_CASES.c.id)).scalar_one())


def case_id(conn: Connection, name: str) -> int:
    """Return the id of the case called `name`; raise BadInput, naming those there are, where there is none."""
    if (known := _find(conn, name)) is not None:
        return known
    names = ", ".join(list_cases(conn)[:20]) or "none yet"
    raise BadInput(f"There is no case called {name!r}; cases here: {names}.")


def list_cases(conn: Connection) -> list[str]:
    """Return the names of all cases, in alphabetical order."""
    return list(conn.execute(select(_CASES.c.name).order_by(_CASES.c.name)).scalars())


def in_case(conn: Connection, name: str) -> Select[tuple[int]]:
    """Return the query for the ids of a case's posts; raise BadInput where there is no such case."""
    return select(_CASE_POSTS.c.post_id).where(_CASE_POSTS.c.case_id == case_id(conn, name))


def _find(conn: Connection, name: str) -> int | None:
    return conn.execute(select(_CASES.c.id).where(_CASES.c.name == name)).scalar_one_or_none()
