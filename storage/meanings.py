"""Read what the matchers of meaning need: posts whose texts were matched, which pairs are told as copies already."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import orjson
from sqlalchemy import Connection, delete, func, insert, select

from storage import match_tables as m
from storage import tables as t
from storage.bulk import chunks

_POSTS, _PAIRS = t.table(t.PostTable), t.table(m.MatchPair)
_MEMBERS = t.table(m.MatchMember)
_GENERATIONS, _MARKS = t.table(m.MatchGeneration), t.table(m.MatchMark)

COPIES = ("text.exact", "text.near", "text.excerpt")
_BARE = ("id", "ref", "account_id", "title", "text", "languages", "links", "tags", "mentions", "media")
FIELDS = (*_BARE, "published_from")
_FRESH = (
    "SELECT {columns} FROM match_posts s JOIN posts p ON p.id = s.post_id WHERE s.generation = {generation:d} "
    "AND s.copy_of IS NULL AND s.post_id > {row:d} ORDER BY s.post_id LIMIT {limit:d}"
).replace("{columns}", ", ".join(f"p.{name}" for name in _BARE))
_LEFT = "meaning:left:"


class Span(NamedTuple):
    """Posts that were not read yet: of batches over `after` up to `upto`, in the first of them those over `row`."""

    after: int
    upto: int
    row: int
    left: int  # about how many posts


class Fresh(NamedTuple):
    """A post as the driver gives it, with what meaning is read from."""

    id: int
    ref: str
    account_id: int | None
    title: str | None
    text: str | None
    languages: Any
    links: Any
    tags: Any
    mentions: Any
    media: Any


def unread(conn: Connection) -> list[Span]:
    """Return what was not read yet, the newest first."""
    names = select(_MARKS.c.name, _MARKS.c.value).where(_MARKS.c.name.startswith(_LEFT))
    spans = []
    for row in conn.execute(names):
        after, upto, last = map(int, row.name.removeprefix(_LEFT).split(":"))
        spans.append(Span(after, upto, last, row.value))
    return sorted(spans, key=lambda span: -span.upto)


def set_unread(conn: Connection, spans: Iterable[Span]) -> None:
    """Note what was not read yet."""
    conn.execute(delete(_MARKS).where(_MARKS.c.name.startswith(_LEFT)))
    rows = [{"name": f"{_LEFT}{s.after}:{s.upto}:{s.row}", "value": max(0, s.left)} for s in spans]
    if rows:
        conn.execute(insert(_MARKS), rows)


def matched(conn: Connection, after: int, upto: int) -> int:
    """Return how many posts the batches over `after` up to `upto` matched."""
    total = select(func.coalesce(func.sum(_GENERATIONS.c.posts), 0))
    total = total.where(_GENERATIONS.c.generation > after, _GENERATIONS.c.generation <= upto)
    return int(conn.execute(total).scalar_one())


def fresh(conn: Connection, generation: int, row: int, limit: int) -> list[Fresh]:
    """Return the posts over `row` of one batch, by id, but for exact copies."""
    statement = _FRESH.format(generation=generation, row=row, limit=limit)  # numbers
    rows = conn.exec_driver_sql(statement).fetchall()
    if conn.dialect.name != "sqlite":
        return [Fresh._make(some) for some in rows]
    empty = (None, "null", "[]")
    bare: list[Any] = [None] * 5
    found = []
    for some in rows:
        beside = bare
        if any(value not in empty for value in some[5:]):
            beside = [None if value in empty else orjson.loads(value) for value in some[5:]]
        found.append(Fresh._make((*some[:5], *beside)))
    return found


def posts(conn: Connection, ids: Iterable[int]) -> list[Any]:
    """Return posts by their ids with what meaning is read from; those gone are left out."""
    columns = [_POSTS.c[name] for name in FIELDS]
    return [row for some in chunks(ids) for row in conn.execute(select(*columns).where(_POSTS.c.id.in_(some)))]


def told(conn: Connection, pairs: Sequence[tuple[int, int]]) -> set[tuple[int, int]]:
    """Return those pairs of posts (smaller id first) that are told as copies or excerpts, or are of one family."""
    found: set[tuple[int, int]] = set()
    families: dict[int, str] = {}
    query = select(_PAIRS.c.left_id, _PAIRS.c.right_id).where(_PAIRS.c.matcher.in_(COPIES))
    members = select(_MEMBERS.c.post_id, _MEMBERS.c.family_id)
    for some in chunks(sorted({row for pair in pairs for row in pair})):
        rows = conn.execute(query.where(_PAIRS.c.left_id.in_(some)))
        found.update((min(row.left_id, row.right_id), max(row.left_id, row.right_id)) for row in rows)
        families.update(
            (row.post_id, row.family_id) for row in conn.execute(members.where(_MEMBERS.c.post_id.in_(some)))
        )
    return {
        pair for pair in pairs if pair in found or (pair[0] in families and families[pair[0]] == families.get(pair[1]))
    }
