"""Captures: where the archive keeps each answer."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Protocol

from sqlalchemy import Connection, select

from storage import custody_tables, media, page_tables, pages
from storage import tables as t
from storage.bulk import Writer, chunks
from storage.cases import case_id

_CAPTURES, _SOURCES, _POSTS = t.table(t.Capture), t.table(t.SourceTable), t.table(t.PostTable)
_IN_CASE, _VERSIONS = t.table(t.CasePost), t.table(t.PostVersion)
_ARCHIVES, _LOOKS = t.table(custody_tables.ImportedArchive), t.table(page_tables.Observation)
_WRITTEN = ("record_id", "file", "offset", "length", "url", "method", "status", "sha256", "error")
_COLUMNS = tuple(f'"{name}"' for name in (*_WRITTEN, "captured_at", "source_id", "run_id"))  # offset is a word of SQL


class Written(Protocol):
    """What the archive says of an exchange or resource it has written (archive.warc.Written)."""

    @property
    def record_id(self) -> str:
        """The name of the WARC record."""

    @property
    def file(self) -> str:
        """The WARC file, relative to the archive."""

    @property
    def offset(self) -> int:
        """Where the record begins, in bytes."""

    @property
    def length(self) -> int:
        """How long it is, in bytes."""

    @property
    def url(self) -> str:
        """What was asked for."""

    @property
    def method(self) -> str:
        """How it was asked for; empty for a resource."""

    @property
    def status(self) -> int | None:
        """What was answered; None where nothing came, and for a resource."""

    @property
    def captured_at(self) -> datetime:
        """When the answer was complete."""

    @property
    def sha256(self) -> str | None:
        """The digest of the payload; None where a record of other software refers to another that is not there."""

    @property
    def error(self) -> str | None:
        """Why nothing came; None for a resource."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where the archive keeps a record, and what it answers."""

    record_id: str
    file: str
    offset: int
    length: int
    url: str
    method: str
    status: int | None
    captured_at: datetime
    sha256: str | None
    error: str | None
    source_id: int | None
    run_id: int | None


def save_captures(conn: Connection, written: Sequence[Written], *, source_id: int | None, run_id: int | None) -> None:
    """Note where exchanges were written; one that is noted already is passed over."""
    writer = Writer(conn)
    rows = [
        (*(getattr(w, name) for name in _WRITTEN), writer.at(w.captured_at), source_id, run_id) for w in written
    ]  # fmt: skip
    writer.insert(_CAPTURES, _COLUMNS, rows, new=False)


def find(conn: Connection, record_ids: Iterable[str]) -> dict[str, Place]:
    """Return where records are kept, by record id; unknown ids are left out."""
    found = {}
    for part in chunks(record_ids):
        for row in conn.execute(select(_CAPTURES).where(_CAPTURES.c.record_id.in_(part))):
            found[row.record_id] = Place(**row._asdict())
    return found


def latest(conn: Connection, count: int, *, since: datetime) -> list[Place]:
    """Return the newest answers captured after a moment, at most so many."""
    query = select(_CAPTURES).where(_CAPTURES.c.status.is_not(None), _CAPTURES.c.captured_at > since)
    rows = conn.execute(query.order_by(_CAPTURES.c.captured_at.desc()).limit(count))
    return [Place(**row._asdict()) for row in rows]


def files(conn: Connection, record_ids: Iterable[str]) -> set[str]:
    """Return the WARC files that hold these records."""
    return {place.file for place in find(conn, record_ids).values()}


def of_case(conn: Connection, case: str) -> set[str]:
    """Return the records of a case: every answer its sources got, what was captured elsewhere and taken into it, what
    its captured pages loaded and show, the answer each of its posts was read from, each look at them, and their media.

    Raises BadInput where there is no such case.
    """
    number = case_id(conn, case)
    of_sources = select(_CAPTURES.c.record_id).join(_SOURCES, _SOURCES.c.id == _CAPTURES.c.source_id)
    inside = select(_IN_CASE.c.post_id).where(_IN_CASE.c.case_id == number)
    of_posts = select(_POSTS.c.capture).where(_POSTS.c.id.in_(inside), _POSTS.c.capture.is_not(None))
    of_versions = select(_VERSIONS.c.capture).where(_VERSIONS.c.post_id.in_(inside), _VERSIONS.c.capture.is_not(None))
    taken_in = {file for (held,) in conn.execute(select(_ARCHIVES.c.files).where(_ARCHIVES.c.case_id == number))
                for file in held}  # fmt: skip
    of_looks = select(_LOOKS.c.capture).where(_LOOKS.c.post_id.in_(inside), _LOOKS.c.capture.is_not(None))
    queries = [of_sources.where(_SOURCES.c.case_id == number), of_posts, of_versions, of_looks]
    queries += [select(_CAPTURES.c.record_id).where(_CAPTURES.c.file.in_(part)) for part in chunks(taken_in)]
    found = {record for query in queries for record in conn.execute(query).scalars()} | pages.records_of(conn, number)
    return found | {row["capture"] for row in media.rows(conn, case) if row["capture"]}


def of_run(conn: Connection, run: int) -> list[tuple[str, str | None]]:
    """Return (record id, digest of the payload) of what a run recorded, by record id."""
    query = select(_CAPTURES.c.record_id, _CAPTURES.c.sha256).where(_CAPTURES.c.run_id == run)
    return [(row.record_id, row.sha256) for row in conn.execute(query.order_by(_CAPTURES.c.record_id))]


def by_run(conn: Connection) -> Iterator[tuple[int, list[str], list[str]]]:
    """Yield (source id, record ids, files) for each run that recorded something, oldest first."""
    query = select(_CAPTURES.c.run_id, _CAPTURES.c.source_id, _CAPTURES.c.record_id, _CAPTURES.c.file)
    query = query.where(_CAPTURES.c.run_id.is_not(None)).order_by(_CAPTURES.c.run_id, _CAPTURES.c.captured_at)
    for _, group in groupby(conn.execute(query), key=lambda row: row.run_id):
        rows = list(group)
        yield rows[0].source_id, [row.record_id for row in rows], sorted({row.file for row in rows})
