"""Read what the matchers of meaning need: posts whose texts were matched, which pairs are told as copies already."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import Connection, select

from storage import match_tables as m
from storage import tables as t
from storage.bulk import chunks

_POSTS, _SIGNED, _PAIRS = t.table(t.PostTable), t.table(m.MatchPost), t.table(m.MatchPair)

COPIES = ("text.exact", "text.near", "text.excerpt")
FIELDS = (
    "id", "ref", "account_id", "title", "text", "languages", "links", "tags", "mentions", "media", "published_from",
)  # fmt: skip


def fresh(conn: Connection, after: int, upto: int, row: int, limit: int) -> list[Any]:
    """Return posts over `row`, by id, that were matched in generations over `after` up to `upto`; no exact copies."""
    query = select(*(_POSTS.c[name] for name in FIELDS)).join(_SIGNED, _SIGNED.c.post_id == _POSTS.c.id)
    query = query.where(_SIGNED.c.generation > after, _SIGNED.c.generation <= upto, _SIGNED.c.copy_of.is_(None))
    return list(conn.execute(query.where(_POSTS.c.id > row).order_by(_POSTS.c.id).limit(limit)))


def posts(conn: Connection, ids: Iterable[int]) -> list[Any]:
    """Return posts by their ids with what meaning is read from; those gone are left out."""
    columns = [_POSTS.c[name] for name in FIELDS]
    return [row for some in chunks(ids) for row in conn.execute(select(*columns).where(_POSTS.c.id.in_(some)))]


def told(conn: Connection, pairs: Sequence[tuple[int, int]]) -> set[tuple[int, int]]:
    """Return those pairs of posts (either order) that are told as copies or excerpts, smaller id first."""
    wanted = {(min(pair), max(pair)) for pair in pairs}
    found: set[tuple[int, int]] = set()
    query = select(_PAIRS.c.left_id, _PAIRS.c.right_id).where(_PAIRS.c.matcher.in_(COPIES))
    for some in chunks(sorted({row for pair in wanted for row in pair})):
        rows = conn.execute(query.where(_PAIRS.c.left_id.in_(some)))
        found.update((min(row.left_id, row.right_id), max(row.left_id, row.right_id)) for row in rows)
    return found & wanted
