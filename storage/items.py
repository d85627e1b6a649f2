"""Matches of accounts and sites that are not kept yet."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import Connection, select

from storage import match_tables as m
from storage import tables as t
from storage.bulk import chunks
from storage.pairs import ItemPairRow

_ITEMS = t.table(m.MatchItemPair)


def unknown(conn: Connection, rows: Iterable[ItemPairRow]) -> list[ItemPairRow]:
    """Return the matches of which none of the same matcher and two things is kept, each once."""
    wanted = {(row.kind, row.left_key, row.right_key, row.matcher): row for row in rows}
    for some in chunks({key[1] for key in wanted}):
        columns = [_ITEMS.c[name] for name in ("kind", "left_key", "right_key", "matcher")]
        for row in conn.execute(select(*columns).where(_ITEMS.c.left_key.in_(some))):
            wanted.pop(tuple(row), None)
    return list(wanted.values())
