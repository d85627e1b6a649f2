"""One run of one source: from its cursor to stored posts, every answer in the WARC."""

from __future__ import annotations

import os
import time
import traceback
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import closing
from dataclasses import replace
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from core.errors import (
    BadRequest,
    CannotStart,
    CopytrailError,
    Gone,
    Landing,
    SourceChanged,
    Transient,
    UnderWay,
)
from core.records import Finding
from core.source import Cursor, Source, Target, Yielded
from runner.desk import Desk
from runner.outcome import Outcome
from runner.recognise import after, all_sources, platform_of
from runner.run import Run

if TYPE_CHECKING:
    from runner.workspace import Workspace
    from storage.sources import SourceRow

BATCH = 200  # posts per transaction: a page or two, so that a kill loses little and writers take turns
PAUSE = 5.0  # seconds after which a batch is stored though it is not full: slow sources show progress too
NO_FEED = (SourceChanged, Gone, BadRequest, Landing)  # what a site without a feed answers with
Progress = Callable[[int], None]
Warn = Callable[[str], None]


class Stumbled(SourceChanged):
    """Report that a parser came to grief on an answer; the defect is ours."""


def collect(
    workspace: Workspace,
    *,
    case: str | None = None,
    source: int | None = None,
    replay: Sequence[Path] = (),
    due: datetime | None = None,
    progress: Callable[[SourceRow, int], None] | None = None,
    warn: Warn | None = None,
    cost: Warn | None = None,
) -> Iterator[Outcome]:
    """Run every source of a case (or one) now, one after the other; yield how each ended.

    With `replay` the answers come from WARC files, and `warn` is told what of them cannot be read. `cost` is told
    before a run what it may cost where the platform asks money. With `due` only
    what the schedule has due at that moment runs, and its next run is set from there. Sources that need a process of
    their own (Scrapy) get one; one that another process is collecting is passed over. Raises CannotStart where
    nothing is watched or nothing can be stored, BadInput where there is no such case or source.
    """
    from runner.child import run_in_child
    from runner.planning import plan_next
    from storage import sources

    with workspace.database.read() as conn:
        known = sources.list_sources(conn, case) if due is None else sources.due_sources(conn, due)
        rows = [r for r in known if (r.id == source if source else not r.paused) and case in (None, r.case)]
        if not rows and source is not None:
            sources.get_source(conn, source)
    if not rows and due is None:
        which = f"case {case!r}" if case else "this workspace"
        raise CannotStart(f"Nothing is watched in {which}; add a source with `copytrail add URL --case C`.")
    with Desk.open(workspace, replay) as desk:
        if warn is not None:
            for damage in desk.damages:
                warn(damage.sentence)
        for row in rows:
            if (kind := all_sources().get(row.kind)) and kind.own_process:
                out = run_in_child(workspace, row, replay=replay)
            else:
                at_most = None if replay else _cost(workspace, kind, cost)
                out = run_source(desk, row, partial(progress, row) if progress else None)
                out.cost_at_most = at_most
            if not replay:
                plan_next(workspace, out, due)
            yield out


def _cost(workspace: Workspace, kind: type[Source] | None, tell: Warn | None) -> float | None:
    """Return what a run of a kind of source may cost at most, and say so; None where it is free."""
    from runner.budget import cost_at_most, priced

    at_most = cost_at_most(workspace, kind) if kind else None
    if kind and at_most is not None and tell:
        tell(priced(kind, at_most))
    return at_most


def run_source(desk: Desk, row: SourceRow, progress: Progress | None = None) -> Outcome:
    """Run one source in this process, keep the media of what is new if the settings say so; say how it ended."""
    out = _run_source(desk, row, progress)
    if desk.workspace.settings.media.keep != "none" and not desk.replay and (out.new or out.changed):
        from runner.media import after_run

        after_run(desk, row, out)
    return out


def _run_source(desk: Desk, row: SourceRow, progress: Progress | None) -> Outcome:
    """Run one source and say how it ended.

    A site that never gave a post, and whose route nobody chose, falls from its feed to its pages; it stays with them
    once they give posts. Raises CannotStart where what comes in cannot be stored.
    """
    try:
        out, error = _run(desk, row, progress)
        following = _fallback(row, out, error)
        if following is None:
            return out
        platform = platform_of(following, row.url)
        out, _ = _run(desk, replace(row, kind=following.id, platform=platform, route=following.route), progress)
    except UnderWay as problem:
        return Outcome(row.id, row.url, "running", row.coverage or "partial", finding=Finding.of(problem))
    if out.posts:
        from storage import sources

        with desk.workspace.database.write() as conn:
            sources.set_kind(conn, row.id, following.id, platform, following.route)
    return out


def _fallback(row: SourceRow, out: Outcome, error: CopytrailError | None) -> type[Source] | None:
    """Return the page source to try where an address turned out to have no feed."""
    if type(error) not in NO_FEED or out.posts or row.posts or row.options.get("route") != "any":
        return None
    following = after(row.kind, row.url)
    return following[0] if following else None


def _run(desk: Desk, row: SourceRow, progress: Progress | None) -> tuple[Outcome, CopytrailError | None]:
    run = Run(desk.workspace, row, desk.recorder, desk.http.clock.now() if desk.replay else None)
    error: CopytrailError | None = None
    source: Source | None = None
    cursor = run.open()
    try:
        source = desk.source(row)
        _walk(source, cursor, run, progress)
    except CopytrailError as failure:
        error = failure
    except KeyboardInterrupt:
        run.close(cursor, source, Transient(f"{row.url}: stopped; what had come is kept."), stopped=True)
        raise
    out = run.close(cursor, source, error)
    out.unread = dict(getattr(source, "unread", {}))
    if isinstance(error, CannotStart):
        raise error
    return out, error


def _walk(source: Source, cursor: Cursor, run: Run, progress: Progress | None) -> None:
    started = time.monotonic()
    minutes = run.workspace.settings.collect.run_minutes
    with closing(batches(source, run.row, cursor)) as walk:  # a walk that is left early asks for nothing more
        for batch in walk:
            _keep(run, batch, source)
            if progress:
                progress(run.outcome.posts)
            if time.monotonic() - started > minutes * 60:
                raise Transient(
                    f"{run.row.url}: the run took over {minutes:g} minutes and was ended; the next one goes on."
                )


def _keep(run: Run, batch: list[Yielded], source: Source) -> None:
    try:
        run.keep(batch, tuple(source.expect.filled))
    except CopytrailError:
        raise
    except Exception as failure:
        raise _unstored(run.row, failure) from failure


def batches(source: Source, row: SourceRow, cursor: Cursor) -> Generator[list[Yielded]]:
    """Yield what a walk gives in batches; the error that ended it is raised after what it had brought."""
    batch: list[Yielded] = []
    error: BaseException | None = None
    begun = time.monotonic()
    try:
        for item in source.collect(type(source).match(row.url) or Target(url=row.url), cursor):
            batch.append(item)
            if len(batch) >= BATCH or time.monotonic() - begun > PAUSE:
                yield batch
                batch, begun = [], time.monotonic()
    except (CopytrailError, KeyboardInterrupt) as failure:
        error = failure
    except Exception as failure:  # noqa: BLE001 - a parser that stumbles ends its run, never the others
        error = _stumbled(row, failure)
    if batch:
        yield batch
    if error is not None:
        raise error


def _stumbled(row: SourceRow, failure: Exception) -> CopytrailError:
    """Turn a defect of ours, or an answer nobody foresaw, into a sentence that names the line to mend."""
    _show(failure)
    return Stumbled(
        f"{row.url} could not be read ({_where(failure)}). What was received is in the archive; once the parser is "
        f"mended, `copytrail reparse --source {row.id}` reads it again.",
        url=row.url,
    )


def _unstored(row: SourceRow, failure: Exception) -> CopytrailError:
    """Turn what the database refused into a sentence; it is no fault of the source."""
    _show(failure)
    return CopytrailError(
        f"What {row.url} gave could not be stored ({_where(failure)}). It is in the archive: see `copytrail db check`, "
        f"then `copytrail reparse --source {row.id}` stores it.",
        url=row.url,
    )


TRACE = 1_900  # characters of a trace in the log


def _show(failure: Exception) -> None:
    """Log where a defect stands for those who mend it, secrets hidden; everybody else reads the sentence."""
    if os.environ.get("COPYTRAIL_DEBUG"):
        from core.log import logger

        # the end of a trace names the place; a log line is not endless
        logger("collect").error("stumbled", trace="".join(traceback.format_exception(failure))[-TRACE:])


def _where(failure: Exception) -> str:
    frames = traceback.extract_tb(failure.__traceback__)
    place = f"{Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else "?"
    said = " ".join(str(failure).split())[:200]
    return f"{type(failure).__name__} at {place}: {said}"
