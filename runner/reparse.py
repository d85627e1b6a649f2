"""Run today's parsers over the archive: the same walks again, answered by what was recorded, run by run."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from copy import deepcopy
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.errors import CannotStart, CopytrailError, NotRecorded
from core.records import Finding, Post, Profile
from core.source import Cursor, Yielded
from runner.outcome import Outcome

if TYPE_CHECKING:
    from runner.collect import Warn
    from runner.desk import Desk
    from runner.workspace import Workspace
    from storage.sources import SourceRow


IMPORTED = len("imported-") + 16  # characters of a name that all files of one capture share


def reparse(workspace: Workspace, source: int | None = None, warn: Warn | None = None) -> Iterator[Outcome]:
    """Read each recorded run again and yield how that went; `warn` is told what of the archive cannot be read.

    Posts and versions are filled in. What was noted when the source was looked at (runs, cursor, watch intervals)
    stays as it is: nobody looked again. Raises BadInput on an unknown source, CannotStart where nothing is recorded.
    """
    from storage import captures, sources

    with workspace.database.read() as conn:
        rows = {r.id: r for r in sources.list_sources(conn, None) if source in (None, r.id)}
        if source is not None:
            sources.get_source(conn, source)
        recorded = [(rows[s], ids, files) for s, ids, files in captures.by_run(conn) if s in rows]
    if not recorded:
        which = f"source {source}" if source is not None else "this workspace"
        raise CannotStart(f"Nothing is recorded of {which}; collect it before reading it again.")
    told: set[str] = set()
    states: dict[int, dict[str, Any]] = {}
    for row, ids, files in recorded:
        paths = _with_siblings(workspace.warc_folder, files)
        yield _read_again(workspace, row, paths, frozenset(ids), warn, told, states)


def _with_siblings(folder: Path, files: Sequence[str]) -> list[Path]:
    """Return files with those that came in the same capture of other software: their records refer to each other."""
    captures = {name[:IMPORTED] for name in files if name.startswith("imported-")}
    siblings = (path for capture in sorted(captures) for path in sorted(folder.glob(f"{capture}-*.warc.gz")))
    return list(dict.fromkeys([*(folder / name for name in files), *siblings]))


def _read_again(
    workspace: Workspace, row: SourceRow, paths: Sequence[Path], ids: frozenset[str], warn: Warn | None,
    told: set[str], states: dict[int, dict[str, Any]],
) -> Outcome:  # fmt: skip
    """Read one run again; `states` holds what the runs before it kept of each source.

    A later run began where the one before had left off (the last page of a thread, the feed behind a handle): it is
    asked the same way, and from the beginning where the record does not know that way.
    """
    from runner.desk import Desk

    out = Outcome(row.id, row.url)
    error: CopytrailError | None = None
    try:
        with Desk.open(workspace, paths, ids) as desk:
            for damage in desk.damages:
                if warn and damage.sentence not in told:
                    warn(damage.sentence)
                told.add(damage.sentence)
            cursor = Cursor(state=deepcopy(states.get(row.id, {})), full=row.id not in states)
            try:
                _walk_again(desk, row, cursor, out)
            except NotRecorded:
                if cursor.full or out.posts:
                    raise
                cursor = Cursor()
                _walk_again(desk, row, cursor, out)
            finally:
                if out.posts:
                    states[row.id] = cursor.state
    except CannotStart:
        raise
    except NotRecorded as end:
        # a run that stopped at what it knew asked for no more; one that read nothing at all asks for something else now
        error = end if out.posts == 0 and _had_answers(workspace, ids) else None
    except CopytrailError as failure:
        error = failure
    out.judge(error, unchanged=True)
    return out


def _walk_again(desk: Desk, row: SourceRow, cursor: Cursor, out: Outcome) -> None:
    from runner.collect import batches

    for batch in batches(desk.source(row), row, cursor):
        _keep(desk.workspace, row, batch, out)


def _had_answers(workspace: Workspace, ids: frozenset[str]) -> bool:
    from storage import captures

    with workspace.database.read() as conn:
        places = captures.find(conn, ids).values()
    return any(place.status == 200 and not place.url.endswith("/robots.txt") for place in places)


def _keep(workspace: Workspace, row: SourceRow, batch: Sequence[Yielded], out: Outcome) -> None:
    from storage import findings, posts, profiles

    read = [i for i in batch if isinstance(i, Post)]
    found = [i for i in batch if isinstance(i, Finding) and i.kind != NotRecorded.kind]
    with workspace.database.write() as conn:
        now = workspace.clock().now()
        saved = posts.save_posts(conn, read, case_id=row.case_id, source_id=row.id, at=now)
        profiles.save_profiles(conn, [i for i in batch if isinstance(i, Profile)], source_id=row.id, at=now)
        findings.save_findings(conn, found, source_id=row.id, at=now)
    out.remarks += [f for f in found if f.ref is None]
    out.posts += len({p.ref for p in read})
    out.new += saved.new
    out.changed += saved.changed
