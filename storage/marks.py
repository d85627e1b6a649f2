"""What archived pages hold of ids, codes and icons, and which captures are still to be read for it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, and_, func, or_, select

from storage import print_tables as p
from storage import tables as t
from storage.bulk import Writer, chunks

_MARKS, _CAPTURES, _SOURCES = t.table(p.PageMark), t.table(t.Capture), t.table(t.SourceTable)
_COLUMNS = ("key", "page", "host", "kind", "value", "capture", "at")
_REDIRECTS = (301, 302, 303, 307, 308)


@dataclass(frozen=True, slots=True)
class Found:
    """One mark of one page."""

    page: str
    host: str
    kind: str
    value: str
    capture: str | None
    at: datetime


def save(conn: Connection, found: Iterable[Found]) -> None:
    """Keep marks; what a page is known to hold stays as it is."""
    writer = Writer(conn)
    values = ((_key(m), m.page, m.host, m.kind, m.value, m.capture, writer.at(m.at)) for m in found)
    writer.insert(_MARKS, _COLUMNS, values, new=False)


def _key(mark: Found) -> str:
    return hashlib.sha256("\0".join((mark.page, mark.kind, mark.value)).encode("utf-8", "replace")).hexdigest()


def fresh(conn: Connection, after: int, kinds: Iterable[str]) -> list[Any]:
    """Return (id, kind, value) of marks after an id, of these kinds, by id."""
    query = select(_MARKS.c.id, _MARKS.c.kind, _MARKS.c.value)
    query = query.where(_MARKS.c.id > after, _MARKS.c.kind.in_(list(kinds)))
    return list(conn.execute(query.order_by(_MARKS.c.id)).all())


def last(conn: Connection) -> int:
    """Return the id of the last mark."""
    return int(conn.execute(select(func.max(_MARKS.c.id))).scalar_one() or 0)


def holders(conn: Connection, values: Iterable[str]) -> dict[tuple[str, str], list[str]]:
    """Return the hosts that hold each of these marks, by kind and value, in alphabetical order."""
    found: dict[tuple[str, str], list[str]] = {}
    for some in chunks(values):
        query = select(_MARKS.c.kind, _MARKS.c.value, _MARKS.c.host).where(_MARKS.c.value.in_(some)).distinct()
        for row in conn.execute(query.order_by(_MARKS.c.host)):
            found.setdefault((row.kind, row.value), []).append(row.host)
    return found


def sites(conn: Connection) -> list[str]:
    """Return the hosts of which pages were read."""
    return list(conn.execute(select(_MARKS.c.host).distinct().order_by(_MARKS.c.host)).scalars())


def ends(conn: Connection) -> dict[str, int]:
    """Return where the last capture of each file of the archive begins."""
    query = select(_CAPTURES.c.file, func.max(_CAPTURES.c.offset).label("last")).group_by(_CAPTURES.c.file)
    return {row.file: int(row.last) for row in conn.execute(query)}


def unread(conn: Connection, file: str, after: int, count: int) -> Iterator[Any]:
    """Yield the captures of a file from an offset on that may be pages or redirects, in order, at most so many.

    What an API or a feed answered is none, unless it was a redirect; the state of a page after its scripts is.
    """
    apis = select(_SOURCES.c.id).where(_SOURCES.c.route.in_(["api", "feed"]))
    page = and_(
        _CAPTURES.c.status == 200, _CAPTURES.c.method == "GET",
        or_(_CAPTURES.c.source_id.is_(None), _CAPTURES.c.source_id.not_in(apis)),
    )  # fmt: skip
    kind = or_(page, _CAPTURES.c.status.in_(_REDIRECTS), _CAPTURES.c.url.like("urn:dom:%"))
    query = select(_CAPTURES).where(_CAPTURES.c.file == file, _CAPTURES.c.offset > after, kind)
    yield from conn.execute(query.order_by(_CAPTURES.c.offset).limit(count))


def digests(conn: Connection, addresses: Iterable[str], least: int) -> dict[str, str]:
    """Return the SHA-256 of what was captured at each address, where that is `least` bytes long in the archive."""
    found: dict[str, str] = {}
    for some in chunks(addresses):
        query = select(_CAPTURES.c.url, _CAPTURES.c.sha256).where(_CAPTURES.c.url.in_(some), _CAPTURES.c.status == 200)
        query = query.where(_CAPTURES.c.sha256.is_not(None), _CAPTURES.c.length >= least)
        found.update((row.url, row.sha256) for row in conn.execute(query.order_by(_CAPTURES.c.captured_at.desc())))
    return found
