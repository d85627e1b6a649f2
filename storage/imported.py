"""Archives captured elsewhere: what was taken in, from whom, and how it was verified then."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, insert, select, update

from core.times import iso
from storage import custody_tables
from storage import tables as t
from storage.bulk import chunks
from storage.captures import find

_ARCHIVES, _CAPTURES = t.table(custody_tables.ImportedArchive), t.table(t.Capture)


def save(
    conn: Connection, *, case_id: int, name: str, sha256: str, software: str | None, at: datetime,
    files: Sequence[str], checks: Sequence[dict[str, Any]],
) -> int:  # fmt: skip
    """Note an archive that was taken into a case and return its id; one that is noted already stays as it is."""
    same = (_ARCHIVES.c.case_id == case_id, _ARCHIVES.c.sha256 == sha256)
    known = conn.execute(select(_ARCHIVES.c.id).where(*same)).scalar_one_or_none()
    if known is not None:
        return int(known)
    row = {"case_id": case_id, "name": name, "sha256": sha256, "software": software, "imported_at": at,
           "files": list(files), "checks": list(checks)}  # fmt: skip
    return int(conn.execute(insert(_ARCHIVES).values(**row).returning(_ARCHIVES.c.id)).scalar_one())


def archives(conn: Connection, case_id: int | None = None) -> list[dict[str, Any]]:
    """Return what was taken in, oldest first: name, sha256, software, imported_at, verdict, files, checks."""
    query = select(_ARCHIVES).order_by(_ARCHIVES.c.id)
    if case_id is not None:
        query = query.where(_ARCHIVES.c.case_id == case_id)
    return [{"case_id": row.case_id, **_elsewhere(row), "files": list(row.files), "checks": list(row.checks)}
            for row in conn.execute(query)]  # fmt: skip


def elsewhere(conn: Connection, record_ids: Iterable[str]) -> dict[str, dict[str, Any]]:
    """Return `{name, sha256, software, imported_at, verdict}` of each of these records that was captured elsewhere."""
    by_file = {file: _elsewhere(row) for row in conn.execute(select(_ARCHIVES)) for file in row.files}
    if not by_file:
        return {}
    return {record: by_file[place.file] for record, place in find(conn, record_ids).items() if place.file in by_file}


def assign(conn: Connection, record_ids: Iterable[str], *, source_id: int, run_id: int) -> None:
    """Say which source read these records; those that another has read stay with it."""
    for part in chunks(record_ids):
        nobodys = (_CAPTURES.c.record_id.in_(part), _CAPTURES.c.source_id.is_(None))
        conn.execute(update(_CAPTURES).where(*nobodys).values(source_id=source_id, run_id=run_id))


def _elsewhere(row: Any) -> dict[str, Any]:
    failed = any(check.get("result") == "failed" for check in row.checks)
    return {"name": row.name, "sha256": row.sha256, "software": row.software, "imported_at": iso(row.imported_at),
            "verdict": "failed" if failed else "intact"}  # fmt: skip
