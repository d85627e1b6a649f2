"""Read what the matchers of meaning need: posts whose texts were matched, which pairs are told as copies already."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, select

from storage import match_tables as m
from storage import tables as t
from storage.bulk import chunks

_POSTS, _SIGNED, _PAIRS = t.table(t.PostTable), t.table(m.MatchPost), t.table(m.MatchPair)

_MEMBERS = t.table(m.MatchMember)
_GENERATIONS = t.table(m.MatchGeneration)

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


def matched_at(conn: Connection, at: datetime) -> int:
    """Return how many posts the run of a moment matched."""
    total = select(func.coalesce(func.sum(_GENERATIONS.c.posts), 0)).where(_GENERATIONS.c.at == at)
    return int(conn.execute(total).scalar_one())


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
