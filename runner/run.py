"""One run in storage: opened, fed in batches, judged, closed; and when its cursor may move."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from core.errors import CopytrailError
from core.records import Finding, Post, Profile
from core.source import Cursor, CursorSpec, Source, Yielded
from runner.outcome import PROBLEMS, Outcome, public

if TYPE_CHECKING:
    from archive.warc import WarcWriter, Written
    from runner.workspace import Workspace
    from storage.sources import SourceRow

PASSING = frozenset({"unavailable", "rate_limited", "not_recorded", "failed"})  # the next run may well read it
UNREAD = "unread_part"  # in a cursor's state: a part of the source was closed to us when the cursor moved


class Run:
    """Carry one run through storage: open, keep batches, close.

    `seen_until` is when a replayed recording ends; such a run never moves the cursor of the live ones.
    """

    def __init__(
        self, workspace: Workspace, row: SourceRow, recorder: WarcWriter | None, seen_until: datetime | None = None
    ) -> None:
        self.workspace = workspace
        self.row = row
        self.recorder = recorder
        self.seen_until = seen_until
        self.clock = workspace.clock()
        self.outcome = Outcome(row.id, row.url)
        self.newest: datetime | None = None
        self.unchanged = False  # a 304: nothing new, and the source is well
        self.number = 0
        self.filled: Counter[str] = Counter()
        self.written: list[Written] = []  # in the archive, and not yet noted in the database

    def open(self) -> Cursor:
        """Open the run and load how far earlier ones got; raise UnderWay where another process is at it."""
        from runner.custody import recover
        from storage import cursors, runs

        with self.workspace.database.write() as conn:
            recover(self.workspace, conn)
            self.number = runs.open_run(conn, self.row.id, self.clock.now())
            return Cursor() if self.seen_until else cursors.load(conn, self.row.id)

    def keep(self, items: Sequence[Yielded], expected: Sequence[str] = ()) -> None:
        """Store a batch: posts, versions, findings and captures in one transaction, after the bytes are safe.

        How often the paths of `expected` are filled is counted.
        """
        from storage import findings, posts, profiles

        found = [i for i in items if isinstance(i, Finding)]
        batch = [i for i in items if isinstance(i, Post)]
        with self.workspace.database.write() as conn:
            self._keep_captures(conn)
            now = self.clock.now()
            saved = posts.save_posts(
                conn, batch, case_id=self.row.case_id, source_id=self.row.id, run_id=self.number, at=now
            )
            shown = [i for i in items if isinstance(i, Profile)]
            profiles.save_profiles(conn, shown, source_id=self.row.id, at=now)
            findings.save_findings(conn, found, source_id=self.row.id, run_id=self.number, at=now)
        self.written.clear()  # only now: what the database refused is noted with the next transaction
        out = self.outcome
        out.remarks += [f for f in found if f.ref is None or f.url == self.row.url]
        out.posts += len({p.ref for p in batch})
        out.new += saved.new
        out.changed += saved.changed
        self.filled.update(path for post in batch for path in expected if is_filled(post, path))
        times = [p.published.at for p in batch if p.published.at]
        self.newest = max([*times, self.newest] if self.newest else times, default=self.newest)

    def close(
        self, cursor: Cursor, source: Source | None, error: CopytrailError | None, *, stopped: bool = False
    ) -> Outcome:
        """Judge the run and close it, in one transaction with the cursor; `stopped` says that a person ended it."""
        from runner.custody import collected
        from storage import cursors, runs, watching

        out = self.outcome
        moved = None
        if source is not None and error is None and self.seen_until is None:
            moved = after(cursor, self.newest, source.cursor, out.remarks)
        short = self._falls_short(source) if source is not None and error is None else None
        now = self.clock.now()
        with self.workspace.database.write() as conn:
            self._keep_captures(conn)
            before = None if out.posts or self.seen_until else runs.last_with_posts(conn, self.row.id)
            nothing_new = self.unchanged or (before is not None and source is not None and source.only_new)
            out.judge(error, unchanged=nothing_new, falls_short=short, before=before)
            if stopped:
                out.status = "interrupted"
            if moved is not None:
                cursors.save(conn, self.row.id, moved)
            runs.close_run(
                conn, self.number, status=out.status, finding=public(out.finding) if out.finding else None,
                posts=out.posts, new=out.new, changed=out.changed, coverage=out.coverage, at=now,
            )  # fmt: skip
            if self.recorder is not None:
                told = {"source": self.row.id, "status": out.status, "posts": out.posts, "new": out.new}
                told |= {"replayed": True} if self.seen_until else {}
                collected(self.workspace, conn, self.row.case_id, self.number, told)
            complete = out.coverage in ("complete", "quiet")
            watching.note(conn, self.row.id, at=self.seen_until or now, complete=complete)
        return out

    def _keep_captures(self, conn: Any) -> None:
        from storage import captures

        if self.recorder is not None:
            self.written += self.recorder.drain()
            self.unchanged |= any(w.status == 304 for w in self.written)
            captures.save_captures(conn, self.written, source_id=self.row.id, run_id=self.number)

    def _falls_short(self, source: Source) -> Finding | None:
        """Return a finding where a run falls short of what the source declares of itself."""
        count, expect = self.outcome.posts, source.expect
        if not count or self.unchanged:
            return None
        short = [f"{count} posts, at least {expect.posts_at_least} are usual"] if count < expect.posts_at_least else []
        short += [
            f"{path} filled in {self.filled[path]} of {count} posts, {share:.0%} are usual"
            for path, share in expect.filled.items()
            if self.filled[path] < share * count
        ]
        sentence = f"{source.id}: {'; '.join(short)}. See whether the platform changed its answers."
        return Finding(kind="source_changed", sentence=sentence, url=self.row.url) if short else None


def after(cursor: Cursor, newest: datetime | None, spec: CursorSpec, remarks: Sequence[Finding]) -> Cursor | None:
    """Return where the cursor stands after a walk that came to its end; None where it may not move.

    A part that failed in passing (a time-out, a cut) holds the cursor, or what that part missed would never be read. A
    part that is closed to us does not, or the whole source would be read again each time; once it opens, everything
    is read once from the beginning.
    """
    kinds = {f.kind for f in remarks if f.ref is None}
    if kinds & PASSING:
        return None
    moved = cursor.advance(newest, spec)
    if kinds & PROBLEMS:
        moved.state[UNREAD] = True
    elif moved.state.pop(UNREAD, False):
        return Cursor(state=moved.state)
    return moved


def is_filled(post: Post, path: str) -> bool:
    """Return whether a field of a post, named by its dotted path, holds something."""
    value: Any = post
    for part in path.split("."):
        value = getattr(value, part, None)
    return value not in (None, "", ()) and getattr(value, "at", value) is not None
