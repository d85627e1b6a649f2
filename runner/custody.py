"""Write into the custody log of a case what was done with it, in the name the settings give."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.times import iso

if TYPE_CHECKING:
    from core.custody import Event, Kind
    from runner.workspace import Workspace


def note(
    workspace: Workspace,
    conn: Any,
    case: str | int,
    event: Kind,
    object: str,  # noqa: A002 - the word of the log
    *,
    sha256: str | None = None,
    note: Mapping[str, Any] | None = None,
) -> Event:
    """Add an entry to the log of a case (its name or id) within a transaction, and return it.

    The actor is `[evidence] actor`, never the name of who is logged in. Raises BadInput where there is no such case.
    """
    from storage import cases, custody

    number = case if isinstance(case, int) else cases.case_id(conn, case)
    at, actor = workspace.clock().now(), workspace.settings.evidence.actor
    return custody.append(conn, number, event, object, at=at, actor=actor, sha256=sha256, note=note)


def open_case(workspace: Workspace, conn: Any, name: str) -> int:
    """Return the id of the case called `name`; open it, and its log, if there is none."""
    from storage import cases

    known = name in cases.list_cases(conn)
    number = cases.ensure_case(conn, name, workspace.clock().now())
    if not known:
        note(workspace, conn, number, "opened", f"case:{name}")
    return number


def collected(workspace: Workspace, conn: Any, case: int, run: int, told: Mapping[str, Any]) -> None:
    """Note that a run ended: the digest is over the ids and payload digests of what it recorded, in their order."""
    from core.canonical import canonical
    from core.ids import sha256
    from storage import captures

    recorded = captures.of_run(conn, run)
    digest = sha256(canonical([list(pair) for pair in recorded])) if recorded else None
    note(workspace, conn, case, "collected", f"run:{run}", sha256=digest, note={**told, "records": len(recorded)})


def recover(workspace: Workspace, conn: Any) -> list[int]:
    """Close the runs whose process is gone, note in the logs what they had recorded by then; return their numbers."""
    from storage import runs

    lost = runs.recover_interrupted(conn, workspace.clock().now())
    for run in lost:
        case, source = runs.source_of(conn, run)
        collected(workspace, conn, case, run, {"source": source, "status": "interrupted"})
    return lost


def kept_media(workspace: Workspace, begun: datetime, case: str | None, records: Mapping[str, set[str]]) -> None:
    """Note that a media round ended: `records` are the ids of what it recorded, by the ref of the post that shows it.

    Without a case the log of each case that holds one of the posts tells of its own.
    """
    from core.canonical import canonical
    from core.ids import sha256
    from storage import cases, pages

    if not records:
        return
    with workspace.database.write() as conn:
        for name in [case] if case else cases.list_cases(conn):
            own = sorted({record for ref in pages.addresses(conn, name, records) for record in records[ref]})
            if own:
                digest, told = sha256(canonical(own)), {"records": len(own)}
                note(workspace, conn, name, "collected", f"media:{iso(begun)}", sha256=digest, note=told)


def log_restored(workspace: Workspace, path: Path) -> None:
    """Note in every log that the working copy was replaced by a backup; what came after the backup is gone from it."""
    from core.canonical import digest
    from storage import cases

    with path.open("rb") as file:
        size, sha256 = digest(file)
    with workspace.database.write() as conn:
        for case in cases.list_cases(conn):
            note(workspace, conn, case, "restored", f"file:{path.name}", sha256=sha256, note={"bytes": size})
