"""Run today's parsers over the archive: the same walk again, answered by what was recorded, run by run."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from core.errors import CannotStart

if TYPE_CHECKING:
    from runner.collect import Outcome
    from runner.workspace import Workspace


def reparse(workspace: Workspace, source: int | None = None) -> Iterator[Outcome]:
    """Yield how the reading of each recorded run went; raises CannotStart where nothing is recorded."""
    from runner.collect import Desk, run_source
    from storage import captures, sources

    with workspace.database.read() as conn:
        rows = {r.id: r for r in sources.list_sources(conn, None) if source in (None, r.id)}
        recorded = [(rows[s], ids, files) for s, ids, files in captures.by_run(conn) if s in rows]
    if not recorded:
        which = f"source {source}" if source is not None else "this workspace"
        raise CannotStart(f"Nothing is recorded of {which}; collect it before reading it again.")
    for row, ids, files in recorded:
        paths = [workspace.warc_folder / name for name in files]
        with Desk.open(workspace, paths, frozenset(ids)) as desk:
            yield run_source(desk, row)
