"""Read the texts of an archive part by part, for workers that each hold one part of it."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, func, select

from storage import tables as t

_POSTS = t.table(t.PostTable)


def bounds(conn: Connection, size: int) -> list[tuple[int, int, int]]:
    """Return parts of at most `size` posts by id: the smallest id, the largest, how many posts."""
    found: list[tuple[int, int, int]] = []
    after = 0
    while True:
        part = select(_POSTS.c.id).where(_POSTS.c.id > after).order_by(_POSTS.c.id).limit(size).subquery()
        low, high, count = conn.execute(select(func.min(part.c.id), func.max(part.c.id), func.count())).one()
        if not count:
            return found
        found.append((low, high, count))
        after = high


def texts(conn: Connection, low: int, high: int) -> list[Any]:
    """Return id, account, title and text of the posts with ids from `low` to `high`, by id."""
    columns = (_POSTS.c.id, _POSTS.c.account_id, _POSTS.c.title, _POSTS.c.text)
    query = select(*columns).where(_POSTS.c.id.between(low, high)).order_by(_POSTS.c.id)
    return list(conn.execute(query))


def ids(conn: Connection, low: int, high: int) -> list[int]:
    """Return the ids of the posts from `low` to `high`."""
    return list(conn.execute(select(_POSTS.c.id).where(_POSTS.c.id.between(low, high)).order_by(_POSTS.c.id)).scalars())
