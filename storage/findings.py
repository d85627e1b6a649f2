"""Findings: what runs had to tell besides posts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, insert, or_, select

from core.records import Finding
from core.times import iso
from storage import tables as t
from storage.cases import case_id, in_case

_FINDINGS, _SOURCES, _POSTS = t.table(t.FindingTable), t.table(t.SourceTable), t.table(t.PostTable)


def save_findings(
    conn: Connection, findings: Sequence[Finding], *, at: datetime, source_id: int | None = None,
    run_id: int | None = None,
) -> None:  # fmt: skip
    """Keep findings; one that says the same of the same source and post as the last one did is not kept again."""
    for finding in findings:
        row = finding.model_dump()
        last = select(_FINDINGS.c.kind, _FINDINGS.c.sentence).where(
            _FINDINGS.c.source_id.is_not_distinct_from(source_id), _FINDINGS.c.ref.is_not_distinct_from(finding.ref),
            _FINDINGS.c.url.is_not_distinct_from(finding.url),
        )  # fmt: skip
        known = conn.execute(last.order_by(_FINDINGS.c.id.desc()).limit(1)).one_or_none()
        if known is None or tuple(known) != (finding.kind, finding.sentence):
            conn.execute(insert(_FINDINGS).values(**row, source_id=source_id, run_id=run_id, at=at))


def list_findings(conn: Connection, case: str | None = None) -> Iterator[dict[str, Any]]:
    """Yield findings, oldest first, as public rows; raise BadInput where there is no such case."""
    query = select(_FINDINGS, _SOURCES.c.url.label("source_url")).outerjoin(
        _SOURCES, _SOURCES.c.id == _FINDINGS.c.source_id
    )
    if case is not None:
        refs = select(_POSTS.c.ref).where(_POSTS.c.id.in_(in_case(conn, case)))
        query = query.where(or_(_SOURCES.c.case_id == case_id(conn, case), _FINDINGS.c.ref.in_(refs)))
    for row in conn.execute(query.order_by(_FINDINGS.c.id)):
        yield {
            "at": iso(row.at), "kind": row.kind, "ref": row.ref, "url": row.url or row.source_url,
            "source": row.source_id, "sentence": row.sentence, "status": row.status, "retry_after": row.retry_after,
            "evidence": row.evidence, "capture": row.capture,
        }  # fmt: skip
