"""What stands around posts that become exhibits: who showed them, other wordings, observations, captured pages."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, func, select

from core.times import iso
from storage import page_tables
from storage import tables as t
from storage.bulk import chunks
from storage.captures import Place
from storage.cases import in_case

_POSTS, _SOURCES, _CAPTURES = t.table(t.PostTable), t.table(t.SourceTable), t.table(t.Capture)
_VERSIONS = t.table(t.PostVersion)
_PAGES, _OBSERVED = t.table(page_tables.PageCapture), t.table(page_tables.Observation)


@dataclass
class Around:
    """What stands around one post; rows with times as ISO 8601 UTC, oldest first."""

    parser: str | None = None  # the kind of source that showed this wording
    versions: list[dict[str, Any]] = field(default_factory=list)
    observations: list[dict[str, Any]] = field(default_factory=list)
    pages: list[dict[str, Any]] = field(default_factory=list)


def around(conn: Connection, refs: Iterable[str]) -> dict[str, Around]:
    """Return what stands around posts, by ref; unknown refs are left out."""
    found: dict[str, Around] = {}
    joined = _POSTS.outerjoin(_SOURCES, _SOURCES.c.id == _POSTS.c.shown_by)
    wanted = (_POSTS.c.id, _POSTS.c.ref, _POSTS.c.version, _POSTS.c.seen_at, _POSTS.c.title, _POSTS.c.text,
              _POSTS.c.capture, _SOURCES.c.kind)  # fmt: skip
    for part in chunks(refs):
        here: dict[int, Around] = {}
        for row in conn.execute(select(*wanted).select_from(joined).where(_POSTS.c.ref.in_(part))):
            here[row.id] = found[row.ref] = Around(row.kind)
            here[row.id].versions.append(_wording(row.version, row, row.title, row.text))
        _fill(conn, here)
    for one in found.values():
        one.versions.sort(key=lambda v: (v["seen_at"], v["n"]))
    return found


def _fill(conn: Connection, here: dict[int, Around]) -> None:
    for row in conn.execute(select(_VERSIONS).where(_VERSIONS.c.post_id.in_(here))):
        said = row.content
        here[row.post_id].versions.append(_wording(row.n, row, said.get("title"), said.get("text")))
    for row in conn.execute(select(_OBSERVED).where(_OBSERVED.c.post_id.in_(here)).order_by(_OBSERVED.c.id)):
        here[row.post_id].observations.append(_observation(row))
    for row in conn.execute(select(_PAGES).where(_PAGES.c.post_id.in_(here)).order_by(_PAGES.c.started, _PAGES.c.id)):
        here[row.post_id].pages.append(_page(row))


def observations(conn: Connection, case: str) -> list[dict[str, Any]]:
    """Return what came of looking at the posts of a case again, oldest first; BadInput where there is no such case."""
    query = select(_OBSERVED, _POSTS.c.ref).join(_POSTS, _POSTS.c.id == _OBSERVED.c.post_id)
    query = query.where(_OBSERVED.c.post_id.in_(in_case(conn, case))).order_by(_OBSERVED.c.id)
    return [{"ref": row.ref, **_observation(row)} for row in conn.execute(query)]


def stretches(conn: Connection, places: Sequence[Place]) -> dict[str, list[tuple[int, int | None]]]:
    """Return for each WARC file the bytes that hold records and what goes with them, from what lies beside them.

    The stretch of a record begins where the one noted before it ends, and ends where the one noted after it begins: in
    between lie its request, its failure and nothing else. Certificates, which stand once in a file, are added.
    """
    wanted: dict[str, set[int]] = {}
    for place in places:
        wanted.setdefault(place.file, set()).add(place.offset)
    found: dict[str, list[tuple[int, int | None]]] = {}
    for file, offsets in wanted.items():
        query = select(_CAPTURES.c.offset, _CAPTURES.c.length, _CAPTURES.c.url).where(_CAPTURES.c.file == file)
        before, spans = 0, found.setdefault(file, [])
        open_at: int | None = None
        for row in conn.execute(query.order_by(_CAPTURES.c.offset)):
            if open_at is not None:
                spans.append((open_at, row.offset))
                open_at = None
            if row.offset in offsets or row.url.startswith("urn:x509:"):
                open_at = before
            before = row.offset + row.length
        if open_at is not None:
            spans.append((open_at, None))
    return {file: _merged(spans) for file, spans in found.items()}


def _merged(spans: list[tuple[int, int | None]]) -> list[tuple[int, int | None]]:
    merged: list[tuple[int, int | None]] = []
    for start, end in spans:
        if merged and (last := merged[-1][1]) is not None and start <= last:
            merged[-1] = (merged[-1][0], end)
        else:
            merged.append((start, end))
    return merged


def _wording(n: int, row: Any, title: str | None, text: str | None) -> dict[str, Any]:
    return {"n": n, "seen_at": iso(row.seen_at), "title": title, "text": text, "record": row.capture}


def _observation(row: Any) -> dict[str, Any]:
    return {
        "at": iso(row.at), "outcome": row.outcome, "sentence": row.sentence, "finding": row.finding,
        "status": row.status, "version": row.version, "record": row.capture, "route": row.route,
    }  # fmt: skip


def _page(row: Any) -> dict[str, Any]:
    return {
        "id": row.id, "url": row.url, "final_url": row.final_url, "started": iso(row.started),
        "ended": iso(row.ended) if row.ended else None, "outcome": row.outcome, "status": row.status,
        "reason": row.reason, "records": dict(row.records or {}), "detail": dict(row.detail or {}),
    }  # fmt: skip


def marks(conn: Connection) -> dict[str, int]:
    """Return the highest id of posts and of other wordings: what came after them is new (see `since`)."""
    highest = {"posts": _POSTS.c.id, "versions": _VERSIONS.c.id}
    return {name: conn.execute(select(func.max(column))).scalar() or 0 for name, column in highest.items()}


def since(conn: Connection, case: str, posts: int, versions: int) -> tuple[list[str], list[str]]:
    """Return the refs of a case that are new since those marks, and those of which another wording was seen."""
    inside = select(_POSTS.c.ref).where(_POSTS.c.id.in_(in_case(conn, case))).order_by(_POSTS.c.ref)
    again = select(_VERSIONS.c.post_id).where(_VERSIONS.c.id > versions)
    new = conn.execute(inside.where(_POSTS.c.id > posts)).scalars()
    changed = conn.execute(inside.where(_POSTS.c.id <= posts, _POSTS.c.id.in_(again))).scalars()
    return list(new), list(changed)
