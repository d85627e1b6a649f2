"""Runs: one walk of one source by one process, opened, kept alive, closed; or found abandoned."""

from __future__ import annotations

import os
import platform
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Row, insert, select, update

from core.errors import UnderWay
from storage import tables as t
from storage.cases import case_id

SILENCE = timedelta(minutes=15)  # a run on another machine that has saved nothing for so long counts as lost

_RUNS, _SOURCES = t.table(t.Run), t.table(t.SourceTable)


@dataclass(frozen=True, slots=True)
class Process:
    """A process so named that another one which later gets its number is not taken for it."""

    host: str
    pid: int
    born: str

    @property
    def is_alive(self) -> bool:
        """Whether the process runs on this machine, now."""
        return self.host == _host() and _born(self.pid) == self.born


def this_process() -> Process:
    """Return the name of the process we run in."""
    pid = os.getpid()
    return Process(_host(), pid, _born(pid) or "")


def open_run(conn: Connection, source_id: int, at: datetime) -> int:
    """Open a run of a source and return its number.

    A run left open by a process that is gone is closed as interrupted. Raises UnderWay where one runs.
    """
    # Two processes that open at once meet at this row: on Postgres the second waits, and then sees the first's run.
    conn.execute(select(_SOURCES.c.id).where(_SOURCES.c.id == source_id).with_for_update()).one()
    for row in conn.execute(select(_RUNS).where(_RUNS.c.source_id == source_id, _RUNS.c.status == "running")).all():
        if _is_alive(row, at):
            raise UnderWay(
                f"Source {source_id} is being collected already (process {row.pid} on {row.host.split('/')[0]}); "
                "wait for it to end."
            )
        _interrupt(conn, row, at)
    me = this_process()
    run = {
        "source_id": source_id,
        "status": "running",
        "started": at,
        "beat_at": at,
        "posts": 0,
        "new": 0,
        "changed": 0,
    }
    run |= {"host": me.host, "pid": me.pid, "born": me.born}
    number = int(conn.execute(insert(_RUNS).values(**run).returning(_RUNS.c.id)).scalar_one())
    conn.execute(update(_SOURCES).where(_SOURCES.c.id == source_id).values(last_run_id=number))
    return number


def beat(conn: Connection, run_id: int, at: datetime, *, posts: int = 0, new: int = 0, changed: int = 0) -> None:
    """Give a sign of life of a run, and add to what it has brought."""
    more = {"posts": _RUNS.c.posts + posts, "new": _RUNS.c.new + new, "changed": _RUNS.c.changed + changed}
    conn.execute(update(_RUNS).where(_RUNS.c.id == run_id).values(beat_at=at, **more))


def close_run(
    conn: Connection, run_id: int, *, status: str, finding: dict[str, Any] | None, posts: int, new: int, changed: int,
    coverage: str, at: datetime,
) -> None:  # fmt: skip
    """Close a run: status done, partial or failed; coverage complete, partial, blocked or quiet."""
    values = {"status": status, "finding": finding, "posts": posts, "new": new, "changed": changed}
    conn.execute(update(_RUNS).where(_RUNS.c.id == run_id).values(coverage=coverage, ended=at, beat_at=at, **values))


def last_with_posts(conn: Connection, source_id: int) -> tuple[int, datetime] | None:
    """Return how many posts the latest run of a source that read any had read, and when it began; None: none did."""
    query = select(_RUNS.c.posts, _RUNS.c.started).where(_RUNS.c.source_id == source_id, _RUNS.c.posts > 0)
    row = conn.execute(query.order_by(_RUNS.c.id.desc()).limit(1)).one_or_none()
    return (int(row.posts), row.started) if row else None


def since_complete(conn: Connection, source_id: int) -> float | None:
    """Return the seconds between the last two runs of a source that saw all there was; None: there are not two.

    A run that found nothing where there used to be posts counts as one.
    """
    query = select(_RUNS.c.ended).where(_RUNS.c.source_id == source_id, _RUNS.c.coverage.in_(("complete", "quiet")))
    ended = conn.execute(query.order_by(_RUNS.c.id.desc()).limit(2)).scalars().all()
    return float((ended[0] - ended[1]).total_seconds()) if len(ended) == 2 else None


def recover_interrupted(conn: Connection, at: datetime) -> list[int]:
    """Close the runs whose process is gone as interrupted; return their numbers. Living ones are left alone."""
    rows = conn.execute(select(_RUNS).where(_RUNS.c.status == "running")).all()
    return [row.id for row in rows if not _is_alive(row, at) and _interrupt(conn, row, at)]


def source_of(conn: Connection, run_id: int) -> tuple[int, int]:
    """Return the case and the source that a run belongs to."""
    query = select(_SOURCES.c.case_id, _SOURCES.c.id).join(_RUNS, _RUNS.c.source_id == _SOURCES.c.id)
    row = conn.execute(query.where(_RUNS.c.id == run_id)).one()
    return int(row.case_id), int(row.id)


@dataclass(frozen=True, slots=True)
class Ended:
    """How one run of a source ended; `coverage` is complete, partial, blocked or quiet."""

    source_id: int
    status: str
    coverage: str | None
    started: datetime
    ended: datetime | None
    finding: dict[str, Any] | None


def list_ended(conn: Connection, case: str) -> Iterator[Ended]:
    """Yield the runs of a case's sources that have ended, oldest first; raise BadInput where there is no such case."""
    columns = [_RUNS.c[name] for name in ("source_id", "status", "coverage", "started", "ended", "finding")]
    query = select(*columns).join(_SOURCES, _SOURCES.c.id == _RUNS.c.source_id)
    query = query.where(_SOURCES.c.case_id == case_id(conn, case), _RUNS.c.status != "running")
    for row in conn.execute(query.order_by(_RUNS.c.id)):
        yield Ended(**row._asdict())


def explain(conn: Connection, source_id: int, finding: dict[str, Any]) -> None:
    """Say in the record of a source's last run, if it was interrupted, what interrupted it."""
    last = select(_SOURCES.c.last_run_id).where(_SOURCES.c.id == source_id).scalar_subquery()
    conn.execute(update(_RUNS).where(_RUNS.c.id == last, _RUNS.c.status == "interrupted").values(finding=finding))


def _is_alive(row: Row[Any], at: datetime) -> bool:
    if row.host != _host():
        return bool(at - row.beat_at < SILENCE)
    return Process(row.host, row.pid, row.born).is_alive


def _interrupt(conn: Connection, row: Row[Any], at: datetime) -> bool:
    """Close a run at its last sign of life: what it had saved by then is kept, what follows was not watched.

    Returns False where another process has closed it meanwhile.
    """
    values = {"status": "interrupted", "ended": row.beat_at, "coverage": "partial"}
    still = (_RUNS.c.id == row.id) & (_RUNS.c.status == "running")
    return bool(conn.execute(update(_RUNS).where(still).values(**values)).rowcount)


@cache
def _host() -> str:
    """Name the machine and, on Linux, the space its process numbers are from: containers may share a name."""
    try:
        space = str(Path("/proc/self/ns/pid").readlink())
    except OSError:
        space = ""
    return f"{platform.node()}/{space}"


def _born(pid: int) -> str | None:
    """Return a mark of when a process started, unlike that of any other with its number; None where it runs no more."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
        fields = stat.rpartition(")")[2].split()  # the name before it may hold anything
        return None if fields[0] in "ZX" else f"{_boot()}/{fields[19]}"
    except OSError:
        if Path("/proc/self/stat").exists():
            return None
    shown = subprocess.run(["ps", "-o", "lstart=", "-p", str(pid)], capture_output=True, text=True, check=False)  # noqa: S603, S607
    return shown.stdout.strip() or None


@cache
def _boot() -> str:
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    except OSError:
        return ""
