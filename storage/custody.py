"""The custody log of a case: added to, read and checked; never changed (triggers refuse it)."""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, insert, select

from core.custody import BEGINNING, SALT, Event, Kind
from core.times import iso
from storage import custody_tables
from storage import tables as t

_LOG, _CASES = t.table(custody_tables.CustodyEntry), t.table(t.Case)
_FIELDS = ("seq", "at", "actor", "event", "object", "sha256", "note", "prev")


def append(
    conn: Connection,
    case_id: int,
    event: Kind,
    object: str,  # noqa: A002 - the word of the log
    *,
    at: datetime,
    actor: str,
    sha256: str | None = None,
    note: Mapping[str, Any] | None = None,
) -> Event:
    """Add an entry to the log of a case and return it; a date before the last entry's is raised to it, and told.

    Each note holds random letters under `salt`: the digest of an entry stands in seals whose other leaves are made
    public, and would else let a reader try names that were taken out of it.
    """
    # two processes that add at once meet at the row of the case: the second waits, and then sees the entry of the first
    conn.execute(select(_CASES.c.id).where(_CASES.c.id == case_id).with_for_update()).one()
    last = conn.execute(select(_LOG).where(_LOG.c.case_id == case_id).order_by(_LOG.c.seq.desc()).limit(1)).first()
    stamp, told = iso(at), {**(note or {}), SALT: secrets.token_hex(16)}
    if last is not None and at < datetime.fromisoformat(last.at):
        stamp, told = last.at, {**told, "clock": stamp}
    entry = Event(
        seq=last.seq + 1 if last else 1, at=stamp, actor=actor, event=event, object=object, sha256=sha256, note=told,
        prev=last.digest if last else BEGINNING,
    )  # fmt: skip
    conn.execute(insert(_LOG).values(case_id=case_id, **entry.as_row(), digest=entry.digest))
    return entry


def log(conn: Connection, case_id: int) -> Iterator[dict[str, Any]]:
    """Yield the entries of a case in their order, as `custody.json` has them."""
    rows = conn.execute(select(_LOG).where(_LOG.c.case_id == case_id).order_by(_LOG.c.seq))
    yield from ({name: getattr(row, name) for name in _FIELDS} for row in rows)


def heads(conn: Connection) -> list[tuple[str, int, str]]:
    """Return (case, seq, digest) of the last entry of every case that has one, by name of the case."""
    last = select(_LOG.c.case_id, func.max(_LOG.c.seq).label("seq")).group_by(_LOG.c.case_id).subquery()
    joined = _LOG.join(last, (_LOG.c.case_id == last.c.case_id) & (_LOG.c.seq == last.c.seq)).join(
        _CASES, _CASES.c.id == _LOG.c.case_id
    )
    rows = conn.execute(select(_CASES.c.name, _LOG.c.seq, _LOG.c.digest).select_from(joined).order_by(_CASES.c.name))
    return [(row.name, row.seq, row.digest) for row in rows]


def exported(conn: Connection, sha256: str) -> list[str]:
    """Return the names of the cases whose log says that a file of this digest was exported."""
    joined = _LOG.join(_CASES, _CASES.c.id == _LOG.c.case_id)
    wanted = (_LOG.c.event == "exported") & (_LOG.c.sha256 == sha256)
    rows = conn.execute(select(_CASES.c.name).select_from(joined).where(wanted).distinct().order_by(_CASES.c.name))
    return [row.name for row in rows]
