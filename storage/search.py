"""Full-text search over all scripts, on FTS5 and on tsvector alike; the index moves in the transaction of the posts.

The index is no part of the migrations: it can be built anew from the posts at any time, and is when its rules change.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, TextualSelect, column, delete, insert, select, text

from core.records import Post
from core.times import iso
from storage import tables as t
from storage import words
from storage.cases import in_case
from storage.post_rows import to_post
from storage.words import Term

POSITIONS = 255  # of one lexeme in a tsvector; Postgres drops those that follow
PIECE = 2000  # words in one tsvector
LONGEST = 100  # characters of a lexeme, so that a piece stays below Postgres' limit of 1 MB
AROUND = 80  # characters shown on either side of what was found

Document = tuple[int, str]  # post id, text

_FTS5 = "CREATE VIRTUAL TABLE post_search USING fts5(words, content='', columnsize=0, tokenize='ascii')"
_TSVECTOR = (
    "CREATE TABLE post_search (post_id bigint, piece integer, words tsvector, PRIMARY KEY (post_id, piece))",
    "CREATE INDEX ix_post_search_words ON post_search USING gin (words)",
)
_POSTS, _META = t.table(t.PostTable), t.table(t.Meta)


@dataclass(frozen=True, slots=True)
class Hit:
    """A post that holds all that was asked for, with the words around the first place."""

    ref: str
    platform: str
    url: str | None
    author: str | None
    published: datetime | None
    precision: str
    title: str | None
    snippet: str

    def as_row(self) -> dict[str, object]:
        """Return the JSON line of `search --json`."""
        row: dict[str, object] = {name: getattr(self, name) for name in self.__slots__}
        return row | {"published": iso(self.published) if self.published else None}


def document(post: Post) -> str:
    """Return what is searched of a post: title, text, and the descriptions of its pictures."""
    return "\n".join(part for part in (post.title, post.text, *(item.alt for item in post.media)) if part)


def prepare(conn: Connection) -> None:
    """Make the index if it is missing, and build it anew where the rules for words have changed."""
    if is_current(conn):
        return
    rebuild(conn)
    conn.execute(delete(_META).where(_META.c.key == "search"))
    conn.execute(insert(_META).values(key="search", value=words.VERSION))


def is_current(conn: Connection) -> bool:
    """Return whether the index follows today's rules for words."""
    known = select(_META.c.value).where(_META.c.key == "search")
    return conn.execute(known).scalar_one_or_none() == words.VERSION


def rebuild(conn: Connection) -> None:
    """Build the index anew from the posts."""
    conn.exec_driver_sql("DROP TABLE IF EXISTS post_search")
    for statement in (_FTS5,) if conn.dialect.name == "sqlite" else _TSVECTOR:
        conn.exec_driver_sql(statement)
    if conn.dialect.name == "sqlite":  # a batch's words are sorted at once, and merged seldom: a third less work
        options = [("hashsize", 2**24), ("automerge", 16)]
        _many(conn, "INSERT INTO post_search (post_search, rank) VALUES (?, ?)", options)
    last = 0
    while True:
        rows = conn.execute(select(_POSTS).where(_POSTS.c.id > last).order_by(_POSTS.c.id).limit(1000)).all()
        if not rows:
            return
        add(conn, [(row.id, document(to_post(row))) for row in rows])
        last = rows[-1].id


def add(conn: Connection, documents: Iterable[Document]) -> None:
    """Put the texts of new posts into the index."""
    if conn.dialect.name == "sqlite":
        rows = [(number, _flat(body)) for number, body in documents if body]
        _many(conn, "INSERT INTO post_search (rowid, words) VALUES (?, ?)", rows)
    else:
        pieces = [row for number, body in documents for row in _pieces(number, body)]
        _many(conn, "INSERT INTO post_search (post_id, piece, words) VALUES (%s, %s, %s::tsvector)", pieces)


def remove(conn: Connection, documents: Iterable[Document]) -> None:
    """Take posts out of the index; the texts must be those that were put in."""
    if conn.dialect.name == "sqlite":
        rows = [(number, _flat(body)) for number, body in documents if body]
        _many(conn, "INSERT INTO post_search (post_search, rowid, words) VALUES ('delete', ?, ?)", rows)
    else:
        _many(conn, "DELETE FROM post_search WHERE post_id = %s", [(number,) for number, _ in documents])


def search(conn: Connection, query: str, case: str | None = None, limit: int = 100) -> list[Hit]:
    """Return the posts that hold every word and phrase of a query, newest first.

    Whatever is typed is read as words; nothing in it is an error. Raises BadInput where there is no such case.
    """
    wanted = words.terms(query)
    if not wanted:
        return []
    found = _sqlite(wanted) if conn.dialect.name == "sqlite" else _postgres(wanted)
    statement = select(_POSTS).where(_POSTS.c.id.in_(found))
    if case is not None:
        statement = statement.where(_POSTS.c.id.in_(in_case(conn, case)))
    newest = _POSTS.c.published_from.desc().nulls_last()
    return [
        Hit(
            ref=row.ref, platform=row.platform, url=row.url, published=row.published_at, title=row.title,
            precision=row.published_precision,
            author=(row.author or {}).get("handle") or (row.author or {}).get("name"),
            snippet=_snippet(row.text or row.title or "", wanted),
        )
        for row in conn.execute(statement.order_by(newest, _POSTS.c.id.desc()).limit(limit))
    ]  # fmt: skip


def _many(conn: Connection, statement: str, rows: Sequence[tuple[object, ...]]) -> None:
    if rows:
        conn.exec_driver_sql(statement, rows)


def _flat(body: str) -> str:
    """Return a text whose words FTS5's plainest tokenizer finds: ASCII letters and digits, or anything beyond."""
    return body.lower() if body.isascii() else " ".join(words.words(body))


def _pieces(number: int, body: str) -> Iterator[tuple[int, int, str]]:
    """Cut a long text into overlapping tsvectors, so that every phrase lies whole in one."""
    found = words.words(body)
    start = piece = 0
    while start < len(found):
        places: dict[str, list[int]] = {}
        end = start
        for end, word in enumerate(found[start : start + PIECE], start + 1):
            at = places.setdefault(word[:LONGEST], [])
            at.append(end - start)
            if len(at) == POSITIONS:
                break
        yield number, piece, " ".join(f"'{word}':{','.join(map(str, at))}" for word, at in places.items())
        if end == len(found):
            return
        start, piece = end - words.MAX_PHRASE, piece + 1


def _sqlite(wanted: Sequence[Term]) -> TextualSelect:
    match = " AND ".join(f'"{" ".join(term.words)}"{" *" if term.prefix else ""}' for term in wanted)
    return _ids("SELECT rowid AS id FROM post_search WHERE post_search MATCH :w0", [match])


def _postgres(wanted: Sequence[Term]) -> TextualSelect:
    """Look for each term by itself: in a long text they may lie in different pieces."""
    lexemes = [" <-> ".join(f"'{w[:LONGEST]}'" for w in term.words) + ":*" * term.prefix for term in wanted]
    one = "SELECT post_id AS id FROM post_search WHERE words @@ CAST(:w{} AS tsquery)"
    return _ids(" INTERSECT ".join(one.format(n) for n in range(len(lexemes))), lexemes)


def _ids(statement: str, wanted: Sequence[str]) -> TextualSelect:
    return text(statement).bindparams(**{f"w{n}": value for n, value in enumerate(wanted)}).columns(column("id"))


def _snippet(body: str, wanted: Sequence[Term]) -> str:
    """Return some of a text around the first of the wanted words, on one line."""
    plain = " ".join(body[:100_000].split())
    lower = plain.lower()
    places = [at for term in wanted if (at := lower.find(term.words[0])) >= 0]
    start = max(0, min(places, default=0) - AROUND)
    end = start + 2 * AROUND
    return ("…" if start else "") + plain[start:end].strip() + ("…" if end < len(plain) else "")
