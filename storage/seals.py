"""Seals, how far they cover the WARC files and the custody logs, and the time stamps asked for."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, insert, or_, select, update
from sqlalchemy.dialects.postgresql import insert as postgres_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from core.times import iso
from storage import custody, custody_tables
from storage import tables as t

_SEALS, _FILES = t.table(custody_tables.Seal), t.table(custody_tables.SealedFile)
_STAMPS, _LOG = t.table(custody_tables.Stamp), t.table(custody_tables.CustodyEntry)
_CASES = t.table(t.Case)
LOG = "custody:"  # before the name of a case: how far its log is covered, in entries


@dataclass(frozen=True, slots=True)
class SealRow:
    """One seal as the working copy knows it."""

    id: str
    sealed_at: datetime
    root: str
    leaves: int
    sha256: str


@dataclass(frozen=True, slots=True)
class StampRow:
    """One time stamp asked of one authority; `state` is pending, stamped or refused."""

    id: int
    subject: str
    sha256: str
    authority: str
    state: str
    asked_at: datetime
    attempts: int
    next_try: datetime | None
    stamped_at: datetime | None
    path: str | None
    why: str | None

    def as_row(self) -> dict[str, Any]:
        """Return the JSON line of `stamp --json`."""
        times = {"asked_at": self.asked_at, "next_try": self.next_try, "stamped_at": self.stamped_at}
        told = {name: iso(at) if at else None for name, at in times.items()}
        return {
            "subject": self.subject, "sha256": self.sha256, "authority": self.authority, "state": self.state,
            "attempts": self.attempts, **told, "path": self.path, "why": self.why,
        }  # fmt: skip


def covered(conn: Connection) -> dict[str, int]:
    """Return how far each WARC file is sealed, in bytes; and each log, as `custody:<case>`, in entries."""
    query = select(_FILES.c.file, func.max(_FILES.c.until)).group_by(_FILES.c.file)
    return {name: int(until) for name, until in conn.execute(query)}


def unsealed_heads(conn: Connection) -> list[tuple[str, int, str]]:
    """Return (case, seq, digest) of the heads of logs that tell something no seal covers.

    Entries about seals and stamps do not count: else each seal would call for the next.
    """
    done = covered(conn)
    query = (
        select(_CASES.c.name, func.max(_LOG.c.seq))
        .join(_CASES, _CASES.c.id == _LOG.c.case_id)
        .where(_LOG.c.event.not_in(("sealed", "stamped")))
        .group_by(_CASES.c.name)
    )
    news = {name for name, seq in conn.execute(query) if seq > done.get(LOG + name, 0)}
    return [head for head in custody.heads(conn) if head[0] in news]


def save(
    conn: Connection, row: SealRow, stretches: Iterable[tuple[str, int, int]], logs: Iterable[tuple[str, int]]
) -> bool:
    """Note a seal with what it covers; return False where it is noted already."""
    if conn.execute(select(_SEALS.c.id).where(_SEALS.c.id == row.id)).first() is not None:
        return False
    values = {"id": row.id, "sealed_at": row.sealed_at, "root": row.root, "leaves": row.leaves, "sha256": row.sha256}
    conn.execute(insert(_SEALS).values(**values))
    files = [{"seal_id": row.id, "file": f, "since": since, "until": until} for f, since, until in stretches]
    files += [{"seal_id": row.id, "file": LOG + case, "since": 0, "until": seq} for case, seq in logs]
    if files:
        conn.execute(insert(_FILES), files)
    return True


def seals(conn: Connection) -> list[SealRow]:
    """Return every seal, the oldest first."""
    return [SealRow(**row._mapping) for row in conn.execute(select(_SEALS).order_by(_SEALS.c.id))]  # noqa: SLF001


def cases_of(conn: Connection, seal: str) -> list[str]:
    """Return the cases whose logs a seal covers."""
    query = select(_FILES.c.file).where(_FILES.c.seal_id == seal, _FILES.c.file.startswith(LOG, autoescape=True))
    return sorted({str(name).removeprefix(LOG) for name in conn.execute(query).scalars()})


def want_stamps(conn: Connection, subject: str, sha256: str, authorities: Sequence[str], at: datetime) -> None:
    """Note that a file is to be stamped by these authorities; what is noted already stays as it is."""
    if not authorities:
        return
    make = postgres_insert if conn.dialect.name == "postgresql" else sqlite_insert
    rows = [
        {"subject": subject, "sha256": sha256, "authority": name, "state": "pending", "asked_at": at, "attempts": 0}
        for name in authorities
    ]
    conn.execute(make(_STAMPS).values(rows).on_conflict_do_nothing(index_elements=["sha256", "authority"]))


def due(conn: Connection, now: datetime, *, every: bool = False) -> list[StampRow]:
    """Return the stamps to be asked for now, the oldest first; `every` one that is not there yet, refused ones too."""
    query = select(_STAMPS).order_by(_STAMPS.c.id)
    if every:
        query = query.where(_STAMPS.c.state != "stamped")
    else:
        waited = or_(_STAMPS.c.next_try.is_(None), _STAMPS.c.next_try <= now)
        query = query.where(_STAMPS.c.state == "pending", waited)
    return [StampRow(**row._mapping) for row in conn.execute(query)]  # noqa: SLF001


def stamps(conn: Connection, subject: str | None = None) -> list[StampRow]:
    """Return the stamps of a file, or all of them, the oldest first."""
    query = select(_STAMPS).order_by(_STAMPS.c.id)
    if subject is not None:
        query = query.where(_STAMPS.c.subject == subject)
    return [StampRow(**row._mapping) for row in conn.execute(query)]  # noqa: SLF001


def answered(
    conn: Connection,
    stamp: int,
    state: str,
    *,
    at: datetime,
    next_try: datetime | None = None,
    stamped_at: datetime | None = None,
    path: str | None = None,
    why: str | None = None,
) -> bool:
    """Note what an authority answered; return False where the stamp was there already (the first one stays)."""
    done = conn.execute(
        update(_STAMPS)
        .where(_STAMPS.c.id == stamp, _STAMPS.c.state != "stamped")
        .values(
            state=state, asked_at=at, attempts=_STAMPS.c.attempts + 1, next_try=next_try, stamped_at=stamped_at,
            path=path, why=why,
        )
    )  # fmt: skip
    return bool(done.rowcount)


def counts(conn: Connection) -> dict[str, int]:
    """Return how many stamps are in each state."""
    query = select(_STAMPS.c.state, func.count()).group_by(_STAMPS.c.state)
    return {str(state): int(n) for state, n in conn.execute(query)}
