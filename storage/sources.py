"""Sources: the addresses under watch, when each is due, and how its last run ended."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, Select, delete, func, insert, select, update

from core.errors import BadInput
from core.times import iso
from storage import tables as t
from storage.cases import case_id as id_of_case

_SOURCES, _CASES, _RUNS = t.table(t.SourceTable), t.table(t.Case), t.table(t.Run)
_POSTS, _CURSORS = t.table(t.SourcePost), t.table(t.CursorTable)
MAX_URL = 600  # characters; Postgres indexes 2,704 bytes at most
_UNITS = (("w", 604800), ("d", 86400), ("h", 3600), ("m", 60))


@dataclass(frozen=True, slots=True)
class LastRun:
    """How the last run of a source ended; `finding` has the public shape {kind, status, retry_after, sentence}."""

    status: str
    posts: int
    new: int
    changed: int
    finding: dict[str, Any] | None
    started: datetime
    ended: datetime | None


@dataclass(frozen=True, slots=True)
class SourceRow:
    """A source as `sources --json` shows it, and what a run needs to know of it.

    `every` is in seconds, None where it runs only when asked; `plan` is what else a person said of its schedule, `pace`
    the seconds it has come to by what runs brought, `paced` why. `coverage` is complete, partial, blocked or quiet,
    None before the first run has ended.
    """

    id: int
    case_id: int
    case: str
    url: str
    platform: str
    kind: str
    route: str
    options: dict[str, str]
    every: int | None
    robots_override: str | None
    paused: bool
    added_at: datetime
    posts: int
    coverage: str | None
    next_run: datetime | None
    last_run: LastRun | None
    plan: dict[str, str] = field(default_factory=dict)
    pace: int | None = None
    paced: str | None = None

    def as_row(self) -> dict[str, Any]:
        """Return the JSON line of `sources --json`."""
        row = asdict(self)
        del row["case_id"], row["every"]
        row["schedule"] = self.plan.get("cron") or duration(self.every)
        row["pace"] = duration(self.pace)
        for part in (row, row["last_run"] or {}):
            part.update({key: iso(value) for key, value in part.items() if isinstance(value, datetime)})
        return row


@dataclass(frozen=True, slots=True)
class Watched:
    """What was asked for when a source was added; `chosen` tells whether a person named its route."""

    id: int
    case: str
    url: str
    kind: str
    platform: str
    route: str
    chosen: bool
    every: int | None
    plan: dict[str, str]
    robots_override: str | None


def duration(seconds: int | None) -> str | None:
    """Return an interval as it is written on the command line: "6h"."""
    if seconds is None:
        return None
    return next((f"{seconds // size}{unit}" for unit, size in _UNITS if seconds % size == 0), f"{seconds}s")


def add_source(
    conn: Connection, *, case: str, url: str, kind: str, platform: str, route: str, at: datetime,
    options: Mapping[str, str] | None = None, every: int | None = None, plan: Mapping[str, str] | None = None,
    robots_override: str | None = None,
) -> int:  # fmt: skip
    """Watch an address in a case, first now and then every so many seconds; return its id.

    The same case, address, kind and route again is the same source: its interval, plan, options and reason are renewed
    where given, and nothing else changes. Raises BadInput where there is no such case, or the address is endless.
    """
    if len(url) > MAX_URL:
        raise BadInput(
            f"The address {url[:60]}… is longer than {MAX_URL} characters; see whether it is whole.", url=url
        )
    case_id = id_of_case(conn, case)
    same = (
        _SOURCES.c.case_id == case_id, _SOURCES.c.url == url, _SOURCES.c.kind == kind, _SOURCES.c.route == route
    )  # fmt: skip
    given = {
        "every": every, "plan": dict(plan or {}) or None, "options": dict(options or {}) or None,
        "robots_override": robots_override,
    }  # fmt: skip
    given = {name: value for name, value in given.items() if value is not None}
    known = conn.execute(select(_SOURCES.c.id).where(*same)).scalar_one_or_none()
    if known is not None:
        if given:
            anew = {"pace": None, "paced": None} if {"every", "plan"} & given.keys() else {}
            conn.execute(update(_SOURCES).where(_SOURCES.c.id == known).values(**given, **anew))
        return int(known)
    row = {
        "case_id": case_id, "url": url, "kind": kind, "platform": platform, "route": route, "options": {},
        "paused": False, "added_at": at, "next_run": at if every is not None else None, **given,
    }  # fmt: skip
    return int(conn.execute(insert(_SOURCES).values(**row).returning(_SOURCES.c.id)).scalar_one())


def watched(conn: Connection, *, case: str | None = None, url: str | None = None) -> Iterator[Watched]:
    """Yield what is watched in the order it was added, of one case or address where named."""
    query = select(_SOURCES, _CASES.c.name.label("case")).join(_CASES, _CASES.c.id == _SOURCES.c.case_id)
    if case is not None:
        query = query.where(_CASES.c.name == case)
    if url is not None:
        query = query.where(_SOURCES.c.url == url)
    for row in conn.execute(query.order_by(_SOURCES.c.id)):
        chosen = (row.options or {}).get("route") != "any"
        yield Watched(
            row.id, row.case, row.url, row.kind, row.platform, row.route, chosen, row.every, row.plan or {},
            row.robots_override,
        )  # fmt: skip


def list_sources(conn: Connection, case: str | None = None) -> list[SourceRow]:
    """Return the sources of a case, or all, in the order they were added; raise BadInput on an unknown case."""
    query = _query()
    if case is not None:
        query = query.where(_SOURCES.c.case_id == id_of_case(conn, case))
    return [_row(row) for row in conn.execute(query.order_by(_SOURCES.c.id))]


def get_source(conn: Connection, source_id: int) -> SourceRow:
    """Return one source; raise BadInput where there is none of that id."""
    row = conn.execute(_query().where(_SOURCES.c.id == source_id)).one_or_none()
    if row is None:
        raise BadInput(f"There is no source {source_id}; `copytrail sources` lists them.")
    return _row(row)


def due_sources(conn: Connection, now: datetime) -> list[SourceRow]:
    """Return the sources whose next run has come, the longest overdue first; paused ones never are."""
    due = _query().where(_SOURCES.c.next_run <= now, _SOURCES.c.paused.is_(False))
    return [_row(row) for row in conn.execute(due.order_by(_SOURCES.c.next_run, _SOURCES.c.id))]


def schedule_next(
    conn: Connection, source_id: int, due: datetime | None, *, pace: int | None = None, paced: str | None = None
) -> None:
    """Set when a source runs next (None: only when asked), the pace it has come to and why."""
    values: dict[str, Any] = {"next_run": due} | ({} if pace is None else {"pace": pace, "paced": paced})
    conn.execute(update(_SOURCES).where(_SOURCES.c.id == source_id).values(**values))


def set_kind(
    conn: Connection, source_id: int, kind: str, platform: str, route: str, *, from_the_beginning: bool = False
) -> None:
    """Let another plug-in read a source: the one its address is claimed by today.

    `from_the_beginning` forgets how far the one before had walked: what the two call a page may differ.
    """
    if from_the_beginning:
        conn.execute(delete(_CURSORS).where(_CURSORS.c.source_id == source_id))
    values = {"kind": kind, "platform": platform, "route": route}
    conn.execute(update(_SOURCES).where(_SOURCES.c.id == source_id).values(**values))


def pause(conn: Connection, source_id: int, paused: bool = True) -> None:
    """Stop watching a source, or go on."""
    conn.execute(update(_SOURCES).where(_SOURCES.c.id == source_id).values(paused=paused))


def _query() -> Select[Any]:
    posts = select(func.count()).where(_POSTS.c.source_id == _SOURCES.c.id).scalar_subquery()
    earlier = _RUNS.alias()
    ended = select(earlier.c.coverage).where(earlier.c.source_id == _SOURCES.c.id, earlier.c.coverage.is_not(None))
    run = {
        f"run_{name}": _RUNS.c[name] for name in ("status", "posts", "new", "changed", "finding", "started", "ended")
    }
    return (
        select(
            _SOURCES, _CASES.c.name.label("case"), posts.label("posts"),
            ended.order_by(earlier.c.id.desc()).limit(1).scalar_subquery().label("coverage"),
            *(column.label(name) for name, column in run.items()),
        )
        .join(_CASES, _CASES.c.id == _SOURCES.c.case_id)
        .outerjoin(_RUNS, _RUNS.c.id == _SOURCES.c.last_run_id)
    )  # fmt: skip


def _row(row: Row[Any]) -> SourceRow:
    last = None
    if row.run_status is not None:
        last = LastRun(
            row.run_status, row.run_posts, row.run_new, row.run_changed, row.run_finding, row.run_started, row.run_ended
        )
    return SourceRow(
        id=row.id, case_id=row.case_id, case=row.case, url=row.url, platform=row.platform, kind=row.kind,
        route=row.route, options=row.options or {}, every=row.every, plan=row.plan or {}, pace=row.pace,
        paced=row.paced, robots_override=row.robots_override, paused=row.paused, added_at=row.added_at,
        posts=row.posts, coverage=row.coverage, next_run=None if row.paused else row.next_run, last_run=last,
    )  # fmt: skip
