"""One run of one source: from its cursor to stored posts, every answer in the WARC."""

from __future__ import annotations

import time
import traceback
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.errors import (
    AskOperator,
    CannotStart,
    CopytrailError,
    NotRecorded,
    NotThere,
    RateLimited,
    SourceChanged,
    Transient,
)
from core.records import Finding, Post
from core.source import Cursor, Source, Target
from runner.recognise import all_sources

if TYPE_CHECKING:
    from archive.warc import WarcWriter
    from core.http import Client
    from runner.workspace import Workspace
    from storage.sources import SourceRow

BATCH = 200  # posts per transaction: a page or two, so that a kill loses little and writers take turns
Progress = Callable[[int], None]


@dataclass
class Outcome:
    """How a run ended."""

    source: int
    url: str
    status: str = "done"
    coverage: str = "complete"
    posts: int = 0
    new: int = 0
    changed: int = 0
    finding: Finding | None = None
    remarks: list[Finding] = field(default_factory=list)

    @property
    def is_problem(self) -> bool:
        """Whether somebody should look: what the platform says of itself (gone, quiet) is no problem of ours."""
        return self.finding is not None and self.finding.kind in PROBLEMS

    def as_row(self) -> dict[str, Any]:
        """Return the JSON line of `collect --json`."""
        return {
            "source": self.source, "url": self.url, "status": self.status, "coverage": self.coverage,
            "posts": self.posts, "new": self.new, "changed": self.changed,
            "finding": public(self.finding) if self.finding else None,
        }  # fmt: skip


_LOOK: tuple[type[CopytrailError], ...] = (
    Transient, RateLimited, *AskOperator.__subclasses__(), SourceChanged, NotRecorded,
)  # fmt: skip
PROBLEMS = frozenset(error.kind for error in _LOOK) | {"failed"}


def public(finding: Finding) -> dict[str, Any]:
    """Return a finding in the shape of `sources --json`."""
    row: dict[str, Any] = {"kind": finding.kind, "status": finding.status, "retry_after": finding.retry_after}
    if finding.retry_after is not None and finding.retry_after == int(finding.retry_after):
        row["retry_after"] = int(finding.retry_after)
    return row | {"sentence": finding.sentence}


class Run:
    """Carry one run through storage: open, keep batches, close."""

    def __init__(self, workspace: Workspace, row: SourceRow, recorder: WarcWriter | None) -> None:
        self.workspace = workspace
        self.row = row
        self.recorder = recorder
        self.clock = workspace.clock()
        self.outcome = Outcome(row.id, row.url)
        self.newest: datetime | None = None
        self.unchanged = False  # a 304: nothing new, and the source is well
        self.number = 0
        self.filled: Counter[str] = Counter()
        self.expected: tuple[str, ...] = ()

    def open(self) -> Cursor:
        """Open the run and load how far earlier ones got; raise CopytrailError where one is under way."""
        from storage import cursors, runs

        with self.workspace.database.write() as conn:
            self.number = runs.open_run(conn, self.row.id, self.clock.now())
            return cursors.load(conn, self.row.id)

    def keep(self, items: Sequence[Post | Finding]) -> None:
        """Store a batch: posts, versions, findings and captures in one transaction, after the bytes are safe."""
        from storage import captures, findings, posts, runs

        found = [i for i in items if isinstance(i, Finding)]
        batch = [i for i in items if isinstance(i, Post)]
        with self.workspace.database.write() as conn:
            self._keep_captures(conn, captures)
            now = self.clock.now()
            saved = posts.save_posts(
                conn, batch, case_id=self.row.case_id, source_id=self.row.id, run_id=self.number, at=now
            )
            findings.save_findings(conn, found, source_id=self.row.id, run_id=self.number, at=now)
            runs.beat(conn, self.number, now, posts=len(batch), new=saved.new, changed=saved.changed)
        self.outcome.remarks += found
        self.outcome.posts += len({p.ref for p in batch})
        self.outcome.new += saved.new
        self.outcome.changed += saved.changed
        self.filled.update(path for post in batch for path in self.expected if _is_filled(post, path))
        times = [p.published.at for p in batch if p.published.at]
        self.newest = max([*times, self.newest] if self.newest else times, default=self.newest)

    def _keep_captures(self, conn: Any, captures: Any) -> None:
        if self.recorder is not None:
            self.recorder.sync()
            written = self.recorder.drain()
            self.unchanged |= any(w.status == 304 for w in written)
            captures.save_captures(conn, written, source_id=self.row.id, run_id=self.number)

    def close(self, cursor: Cursor, source: Source | None, error: CopytrailError | None) -> Outcome:
        """Judge the run and close it; the cursor moves only where the walk ended."""
        from storage import captures, cursors, runs, watching

        out = self.outcome
        self._judge(error)
        now = self.clock.now()
        with self.workspace.database.write() as conn:
            self._keep_captures(conn, captures)
            if error is None and source is not None:
                cursors.save(conn, self.row.id, cursor.advance(self.newest, source.cursor))
            runs.close_run(
                conn, self.number, status=out.status, finding=public(out.finding) if out.finding else None,
                posts=out.posts, new=out.new, changed=out.changed, coverage=out.coverage, at=now,
            )  # fmt: skip
            watching.note(conn, self.row.id, at=now, complete=out.coverage in ("complete", "quiet"))
        return out

    def _judge(self, error: CopytrailError | None) -> None:
        out = self.outcome
        about_source = [f for f in out.remarks if f.ref is None or f.url == self.row.url]
        # that a recording ends is the least there is to tell; what the platform said before counts for more
        if error is not None and not (isinstance(error, NotRecorded) and about_source):
            out.finding = Finding.of(error)
        elif about_source:
            out.finding = about_source[0]
        elif out.posts == 0 and not self.unchanged:
            out.finding = Finding(kind="quiet", url=self.row.url, sentence=_quiet(self.row))
        kind = out.finding.kind if out.finding else None
        if kind is None or (kind == "gone" and error is None):
            out.coverage = "complete"
        elif kind == "quiet":
            out.coverage = "quiet"
        elif kind in ("blocked", "unauthorized", "login_wall", "robots", "refused", "rate_limited", "legal_block"):
            out.coverage = "blocked"
        else:
            out.coverage = "partial"
        if error is not None:
            out.status = "done" if isinstance(error, NotThere) else "partial" if out.posts else "failed"
        elif out.coverage == "partial" or kind in PROBLEMS:
            out.status = "partial"


def _quiet(row: SourceRow) -> str:
    before = f", {row.posts} were collected before" if row.posts else ""
    return f"{row.url} answered without a single post{before}; see whether it does so in a browser too."


@dataclass
class Desk:
    """What the runs of one process share: the client and the recorder, live or in replay."""

    workspace: Workspace
    http: Client
    recorder: WarcWriter | None
    replay: bool = False

    @classmethod
    @contextmanager
    def open(
        cls, workspace: Workspace, replay: Sequence[Path] = (), only: frozenset[str] | None = None
    ) -> Iterator[Desk]:
        """Open client and recorder; `only` replays these records of our own archive and records nothing again."""
        from runner.client import open_client, recorder_for

        recorder = None if only is not None else recorder_for(workspace)
        try:
            with open_client(workspace, recorder, replay, only) as http:
                yield cls(workspace, http, recorder, bool(replay))
        finally:
            if recorder is not None:
                recorder.close()


def run_source(desk: Desk, row: SourceRow, progress: Progress | None = None) -> Outcome:
    """Run one source in this process and say how it ended; an unknown site falls from its feed to its pages."""
    out = _run(desk, row, progress)
    following = _fallback(row, out)
    if following is None:
        return out
    from storage import sources

    kind, _ = following
    with desk.workspace.database.write() as conn:
        platform = kind.platform or kind.id.split(".", 1)[0]
        sources.set_kind(conn, row.id, kind.id, platform, kind.route)
        row = sources.get_source(conn, row.id)
    if kind.own_process:
        from runner.child import run_in_child

        return run_in_child(desk.workspace, row)
    return _run(desk, row, progress)


def _run(desk: Desk, row: SourceRow, progress: Progress | None) -> Outcome:
    from runner.client import for_source

    workspace = desk.workspace
    run = Run(workspace, row, desk.recorder)
    error: CopytrailError | None = None
    source: Source | None = None
    cursor = run.open()
    try:
        kind = all_sources().get(row.kind)
        if kind is None:
            raise SourceChanged(f"There is no source {row.kind!r} any more; `copytrail add {row.url}` finds today's.")
        source = kind(for_source(desk.http, workspace, kind, row), workspace.secrets(kind))
        run.expected = tuple(kind.expect.filled)
        cursor = Cursor() if desk.replay else cursor
        _walk(source, kind.match(row.url) or Target(url=row.url), cursor, run, progress)
        _expected(source, run)
    except CopytrailError as failure:
        error = failure
    except Exception as failure:  # noqa: BLE001 - a parser that stumbles ends its run, never the others
        error = _stumbled(row, failure)
    return run.close(cursor, source, error)


def _fallback(row: SourceRow, out: Outcome) -> tuple[type[Source], Target] | None:
    """Return the page source to try where a site chosen by nobody's `--route` turned out to have no feed."""
    from runner.recognise import after

    found_none = out.posts == 0 and out.finding is not None and out.finding.kind in NO_FEED
    return after(row.kind, row.url) if found_none and row.options.get("route") == "any" else None


NO_FEED = frozenset({"source_changed", "gone", "bad_request", "landing"})


def _walk(source: Source, target: Target, cursor: Cursor, run: Run, progress: Progress | None) -> None:
    batch: list[Post | Finding] = []
    started = time.monotonic()
    limit = run.workspace.settings.collect.run_minutes * 60
    try:
        for item in source.collect(target, cursor):
            batch.append(item)
            if len(batch) >= BATCH:
                run.keep(batch)
                batch = []
                if progress:
                    progress(run.outcome.posts)
                if time.monotonic() - started > limit:
                    minutes = run.workspace.settings.collect.run_minutes
                    raise Transient(f"The run took over {minutes:g} minutes and was ended; the next one goes on.")
    finally:
        if batch:
            run.keep(batch)
        if progress:
            progress(run.outcome.posts)


def _expected(source: Source, run: Run) -> None:
    """Report a run that falls short of what the source declares of itself."""
    count, expect = run.outcome.posts, source.expect
    if not count or run.unchanged:
        return
    short = [f"{count} posts, at least {expect.posts_at_least} are usual"] if count < expect.posts_at_least else []
    short += [
        f"{path} filled in {run.filled[path]} of {count} posts, {share:.0%} are usual"
        for path, share in expect.filled.items()
        if run.filled[path] < share * count
    ]
    if short:
        sentence = f"{source.id}: {'; '.join(short)}. See whether the platform changed its answers."
        run.outcome.remarks.append(Finding(kind="source_changed", sentence=sentence, url=run.row.url))


def _is_filled(post: Post, path: str) -> bool:
    value: Any = post
    for part in path.split("."):
        value = getattr(value, part, None)
    return value not in (None, "", ())


def _stumbled(row: SourceRow, failure: Exception) -> CopytrailError:
    """Turn a defect of ours, or an answer nobody foresaw, into a sentence that names the line to mend."""
    from core.log import logger

    logger("collect").exception("run_stumbled", source=row.id, url=row.url)
    frames = traceback.extract_tb(failure.__traceback__)
    place = f"{Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else "?"
    return SourceChanged(
        f"{row.url} could not be read ({type(failure).__name__} at {place}: {failure}). What was received is in the "
        "archive; once the parser is mended, `copytrail reparse` reads it again.",
        url=row.url,
    )


def collect(
    workspace: Workspace,
    *,
    case: str | None = None,
    source: int | None = None,
    replay: Sequence[Path] = (),
    due: datetime | None = None,
    progress: Callable[[SourceRow, int], None] | None = None,
) -> Iterator[Outcome]:
    """Run every source of a case (or one) now, one after the other; yield how each ended.

    With `replay` the answers come from WARC files. With `due` only what the schedule has due at that moment runs, and
    its next run is set from there. Sources that need a process of their own (Scrapy) get one. Raises
    CannotStart where nothing is watched, or a run of a source is under way.
    """
    from runner.child import run_in_child
    from storage import sources

    with workspace.database.read() as conn:
        known = sources.list_sources(conn, case) if due is None else sources.due_sources(conn, due)
        rows = [r for r in known if source in (None, r.id) and case in (None, r.case)]
    if not rows and due is None:
        which = f"source {source}" if source is not None else f"case {case!r}" if case else "this workspace"
        raise CannotStart(f"Nothing is watched in {which}; add a source with `copytrail add URL --case C`.")
    with Desk.open(workspace, replay) as desk:
        for row in rows:
            kind = all_sources().get(row.kind)
            if kind is not None and kind.own_process:
                out = run_in_child(workspace, row, replay=replay)
            else:
                out = run_source(desk, row, partial(progress, row) if progress else None)
            if due is not None:
                with workspace.database.write() as conn:
                    sources.schedule_next(conn, row.id, due)
            yield out
