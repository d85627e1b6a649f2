"""Read the posts that are to be matched, and keep how they were signed."""

from __future__ import annotations

from collections import namedtuple
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple

import orjson
from sqlalchemy import Connection, delete, func, select

from storage import match_tables as m
from storage import tables as t
from storage.bulk import Writer, chunks
from storage.cases import case_id

_POSTS, _QUEUE, _SIGNED = t.table(t.PostTable), t.table(m.MatchQueue), t.table(m.MatchPost)

IDENTITY = ("id", "ref", "platform", "site", "native_id", "url", "account_id", "author")
_JSON = {"links", "tags", "mentions", "media", "languages", "author"}
MOST = 2**31  # posts, where nobody says fewer
_LOTS = {"yield_per": 2000}  # rows held at a time, of this one statement


class Signed(NamedTuple):
    """How one post was signed, as it is stored."""

    post_id: int
    norm_hash: int
    copy_of: int | None
    fingerprint: bytes | None
    words: int
    dense: int


_BARE = ("id", "ref", "account_id", "title", "text")
_FRESH = "SELECT {columns}, {family} AS family_id FROM {tables} WHERE {where} ORDER BY p.id LIMIT {most:d}"
_UNREAD = "p.id > {after:d} AND NOT EXISTS (SELECT 1 FROM match_posts s WHERE s.post_id = p.id)"
_OF_CASE = " AND p.id IN (SELECT post_id FROM case_posts WHERE case_id = {case:d})"


def queued(conn: Connection, case: str | None, reads: Sequence[str] = (), most: int = MOST) -> Iterator[Any]:
    """Yield at most so many posts to be matched again, by id; `family_id` is the family each was in."""
    yield from _fresh(conn, case, reads, "q.family_id", "posts p JOIN match_queue q ON q.post_id = p.id", "1 = 1", most)


def unread(
    conn: Connection, case: str | None, after: int, reads: Sequence[str] = (), most: int = MOST
) -> Iterator[Any]:
    """Yield at most so many posts with ids over `after` that were never matched, by id."""
    where = _UNREAD.format(after=after)
    yield from _fresh(conn, case, reads, "NULL", "posts p", where, most)


def _fresh(
    conn: Connection, case: str | None, reads: Sequence[str], family: str, tables: str, where: str, most: int
) -> Iterator[Any]:
    """Yield named tuples made of what the driver gives: an archive of ten million posts is read this way."""
    if case is not None:
        where += _OF_CASE.format(case=case_id(conn, case))
    names = tuple(dict.fromkeys((*_BARE, *reads)))
    columns = ", ".join(f"p.{name}" for name in names)
    statement = _FRESH.format(
        columns=columns, family=family, tables=tables, where=where, most=most
    )  # names and numbers of ours
    fields: Any = namedtuple("fields", (*names, "family_id"))  # type: ignore[misc]  # as asked
    parsed = [n for n, name in enumerate(names) if name in _JSON] if conn.dialect.name == "sqlite" else []
    with conn.exec_driver_sql(statement, execution_options=_LOTS) as rows:
        lots = rows.partitions(2000)
        if conn.dialect.name == "sqlite":  # its own rows, of which a hundred thousand are made a second
            cursor: Any = rows.cursor
            lots = iter(lambda: cursor.fetchmany(2000), [])
        for lot in lots:
            yield from map(fields._make, (_parsed(row, parsed) for row in lot) if parsed else lot)


def _parsed(row: Sequence[Any], places: Sequence[int]) -> Sequence[Any]:
    if all(row[n] is None for n in places):
        return row
    whole = list(row)
    for n in places:
        if row[n] is not None:
            whole[n] = orjson.loads(row[n])
    return whole


def load(conn: Connection, ids: Iterable[int], reads: Iterable[str] = ()) -> Iterator[Any]:
    """Yield posts by their ids with their texts and the fields `reads`, in no order; those gone are left out."""
    columns = _columns(("title", "text", *reads))
    for some in chunks(ids):
        yield from conn.execute(select(*columns).where(_POSTS.c.id.in_(some)))


class Light(NamedTuple):
    """What texts are judged by: a post's name, account and words."""

    id: int
    ref: str
    account_id: int | None
    title: str | None
    text: str | None


def load_texts(conn: Connection, ids: Sequence[int]) -> Iterator[Light]:
    """Yield posts by their ids with their words alone, as the driver gives them; those gone are left out."""
    for some in chunks(ids):
        among = ",".join(map(str, some))
        statement = f"SELECT id, ref, account_id, title, text FROM posts WHERE id IN ({among})"  # noqa: S608 (numbers)
        yield from map(Light._make, conn.exec_driver_sql(statement).fetchall())


def _columns(reads: Iterable[str]) -> list[Any]:
    return [_POSTS.c[name] for name in dict.fromkeys((*IDENTITY, *reads))]


def signed_since(conn: Connection, after: int) -> Iterator[Any]:
    """Yield the signatures of batches after a generation that have fingerprints, by id."""
    query = select(_SIGNED.c.post_id, _SIGNED.c.norm_hash, _SIGNED.c.fingerprint)
    query = query.where(_SIGNED.c.generation > after, _SIGNED.c.fingerprint.is_not(None))
    with conn.execute(query.order_by(_SIGNED.c.post_id), execution_options=_LOTS) as rows:
        yield from rows


def count_since(conn: Connection, after: int) -> int:
    """Return how many posts were signed in batches after a generation."""
    return int(conn.execute(select(func.count()).where(_SIGNED.c.generation > after)).scalar_one())


def touched_since(conn: Connection, after: int) -> list[int]:
    """Return the posts matched in batches after a generation, new and edited ones, by id."""
    query = select(_SIGNED.c.post_id).where(_SIGNED.c.generation > after).order_by(_SIGNED.c.post_id)
    return list(conn.execute(query).scalars())


def save_signed(conn: Connection, generation: int, rows: Iterable[Signed], again: bool) -> None:
    """Keep how posts were signed; `again` says that they come from the queue and may have signatures already."""
    rows = list(rows)
    if again:
        for some in chunks(row.post_id for row in rows):
            conn.execute(delete(_SIGNED).where(_SIGNED.c.post_id.in_(some)))
            conn.execute(delete(_QUEUE).where(_QUEUE.c.post_id.in_(some)))
    columns = ("post_id", "norm_hash", "copy_of", "fingerprint", "words", "dense", "generation")
    Writer(conn).insert(_SIGNED, columns, ((*row, generation) for row in rows))


def hashes(conn: Connection, ids: Iterable[int]) -> dict[int, int]:
    """Return the hash of the folded text that posts were last signed with."""
    found: dict[int, int] = {}
    for some in chunks(ids):
        rows = conn.execute(select(_SIGNED.c.post_id, _SIGNED.c.norm_hash).where(_SIGNED.c.post_id.in_(some)))
        found.update((row.post_id, row.norm_hash) for row in rows)
    return found


def posts_since(conn: Connection, after: int, reads: Sequence[str]) -> Iterator[Any]:
    """Yield the posts of batches after a generation with their texts and the fields `reads`, by id."""
    query = select(*_columns(("title", "text", *reads))).join(_SIGNED, _SIGNED.c.post_id == _POSTS.c.id)
    query = query.where(_SIGNED.c.generation > after).order_by(_POSTS.c.id)
    with conn.execute(query, execution_options=_LOTS) as rows:
        yield from rows


def fingerprints(conn: Connection, ids: Iterable[int]) -> dict[int, bytes]:
    """Return the fingerprints of posts that have any of their own."""
    found: dict[int, bytes] = {}
    query = select(_SIGNED.c.post_id, _SIGNED.c.fingerprint).where(_SIGNED.c.fingerprint.is_not(None))
    for some in chunks(ids):
        found.update((row.post_id, row.fingerprint) for row in conn.execute(query.where(_SIGNED.c.post_id.in_(some))))
    return found
