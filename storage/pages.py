"""Captures of pages: a row stands from the beginning of each attempt, so that none is lost with its process."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, insert, select, update

from storage import page_tables as p
from storage import tables as t
from storage.bulk import chunks
from storage.cases import case_id
from storage.runs import Process, this_process

UNDER_WAY = "under_way"
_LOST = "The process that captured this ended before it was done; what had come by then is in the archive."

_PAGES, _POSTS, _IN_CASE = t.table(p.PageCapture), t.table(t.PostTable), t.table(t.CasePost)


def begin(conn: Connection, capture_id: str, case: int, url: str, at: datetime, *, ref: str | None = None) -> None:
    """Enter an attempt at a page; `ref` names the post that the page shows."""
    post = conn.execute(select(_POSTS.c.id).where(_POSTS.c.ref == ref)).scalar_one_or_none() if ref else None
    me = this_process()
    conn.execute(insert(_PAGES).values(
        id=capture_id, case_id=case, post_id=post, url=url, started=at, outcome=UNDER_WAY, records={},
        detail={"process": {"host": me.host, "pid": me.pid, "born": me.born}},
    ))  # fmt: skip


def end(
    conn: Connection,
    capture_id: str,
    *,
    at: datetime,
    outcome: str,
    reason: str | None,
    status: int | None = None,
    final_url: str | None = None,
    records: dict[str, str | None] | None = None,
    detail: dict[str, Any] | None = None,
) -> None:
    """Close an attempt; `records` are those that are there, `detail` is capture.json."""
    there = {name: record for name, record in (records or {}).items() if record}
    conn.execute(update(_PAGES).where(_PAGES.c.id == capture_id).values(
        ended=at, outcome=outcome, reason=reason, status=status, final_url=final_url, records=there,
        detail=detail or {},
    ))  # fmt: skip


def recover(conn: Connection, at: datetime) -> list[str]:
    """Close as error what processes left under way that are gone; return the ids. Living ones are left alone."""
    lost = []
    for row in conn.execute(select(_PAGES.c.id, _PAGES.c.detail).where(_PAGES.c.outcome == UNDER_WAY)).all():
        named = (row.detail or {}).get("process") or {}
        try:
            process = Process(str(named["host"]), int(named["pid"]), str(named["born"]))
        except (KeyError, TypeError, ValueError):
            process = Process("", 0, "")
        if process.host in ("", this_process().host) and not process.is_alive:
            lost.append(row.id)
            end(conn, row.id, at=at, outcome="error", reason=_LOST)
    return lost


def under_way(conn: Connection) -> bool:
    """Return whether any page is being captured now."""
    return conn.execute(select(_PAGES.c.id).where(_PAGES.c.outcome == UNDER_WAY).limit(1)).first() is not None


def addresses(conn: Connection, case: str, refs: Iterable[str]) -> dict[str, str | None]:
    """Return the address of each of these posts that is in a case; BadInput where there is no such case."""
    number = case_id(conn, case)
    found: dict[str, str | None] = {}
    for part in chunks(list(refs)):
        query = select(_POSTS.c.ref, _POSTS.c.url).join(_IN_CASE, _IN_CASE.c.post_id == _POSTS.c.id)
        query = query.where(_IN_CASE.c.case_id == number, _POSTS.c.ref.in_(part))
        found |= {row.ref: row.url for row in conn.execute(query)}
    return found


def of_case(conn: Connection, case: str) -> list[dict[str, Any]]:
    """Return the captures of a case, oldest first; BadInput where there is no such case."""
    query = select(_PAGES, _POSTS.c.ref).outerjoin(_POSTS, _POSTS.c.id == _PAGES.c.post_id)
    query = query.where(_PAGES.c.case_id == case_id(conn, case)).order_by(_PAGES.c.started, _PAGES.c.id)
    return [_row(row) for row in conn.execute(query)]


def for_posts(conn: Connection, refs: Iterable[str]) -> dict[str, list[dict[str, Any]]]:
    """Return the captures of each of these posts, oldest first."""
    found: dict[str, list[dict[str, Any]]] = {}
    for part in chunks(list(refs)):
        query = select(_PAGES, _POSTS.c.ref).join(_POSTS, _POSTS.c.id == _PAGES.c.post_id)
        query = query.where(_POSTS.c.ref.in_(part)).order_by(_PAGES.c.started, _PAGES.c.id)
        for row in conn.execute(query):
            found.setdefault(row.ref, []).append(_row(row))
    return found


def records_of(conn: Connection, case: int) -> set[str]:
    """Return the ids of all records that the captures of a case brought."""
    query = select(_PAGES.c.records, _PAGES.c.detail).where(_PAGES.c.case_id == case)
    found: set[str] = set()
    for row in conn.execute(query):
        found |= {*(row.records or {}).values(), *(row.detail or {}).get("exchanges", ())}
    return found


def _row(row: Any) -> dict[str, Any]:
    return {
        "id": row.id, "ref": row.ref, "url": row.url, "final_url": row.final_url, "started": row.started,
        "ended": row.ended, "outcome": row.outcome, "status": row.status, "reason": row.reason,
        "records": dict(row.records or {}), "detail": dict(row.detail or {}),
    }  # fmt: skip
