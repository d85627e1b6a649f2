"""Look at posts again, round by round: there, changed, not seen, walled; every look a row and an answer on record.

What is found is told as what was seen at a moment, never as what somebody did: "not seen at T (answer 404)".
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from core.errors import BadInput, CannotStart, CopytrailError
from core.observing import State, state_of
from core.records import Author
from core.times import iso
from runner.child import GRACE, environment
from runner.looking import Look, look, reader

if TYPE_CHECKING:
    from evidence.differences import Run
    from runner.desk import Desk
    from runner.workspace import Workspace
    from storage.observations import Due, Observed, Standing
    from storage.sources import SourceRow

_FIELDS = {"title": "title", "text": "text", "links": "links", "media": "pictures or files", "edited": "time of edit"}
CHILD_SECONDS = 300.0


@dataclass(frozen=True, slots=True)
class Told:
    """What came of one look at a post, and what may be said of the post now."""

    ref: str
    observed: Observed
    state: State
    difference: list[Run] = field(default_factory=list)

    def as_row(self) -> dict[str, Any]:
        """Return the row that `copytrail observe --json` prints."""
        seen = self.observed
        return {
            "ref": self.ref, "at": iso(seen.at), "outcome": seen.outcome, "sentence": seen.sentence,
            "finding": seen.finding, "status": seen.status, "version": seen.version, "route": seen.route,
            "capture": seen.capture, "state": self.state.word, "state_sentence": self.state.sentence,
            "difference": [{"kind": run.kind, "text": run.text, "skipped": run.skipped, "rest": run.rest}
                           for run in self.difference],
        }  # fmt: skip


def wanted(workspace: Workspace, refs: Sequence[str], case: str | None, *, only_due: bool) -> list[Due]:
    """Return the posts of one round; raise BadInput where a post or case is not there, or nothing says how often."""
    from storage import observations

    settings = workspace.settings.observe
    every = timedelta(seconds=settings.seconds)
    if only_due and not every:
        raise BadInput('Nothing is scheduled: set `every` in the section [observe], for instance "7d".')
    with workspace.database.read() as conn:
        if refs:
            if case is None:
                raise BadInput("Say which case the posts are looked at for: --case CASE.")
            return observations.named(conn, list(refs), case)
        gap = every if only_due else timedelta(0)
        now = workspace.clock().now()
        return observations.due(conn, now, every=gap, case=case, which=settings.posts, limit=settings.per_round)


def observe(workspace: Workspace, round_: Sequence[Due]) -> Iterator[Told]:
    """Look at each post of a round; yield what each look brought, and note the round in the custody log of its case.

    A post that cannot be looked at is passed over with an observation that says why. Raises CannotStart where what
    comes in cannot be stored.
    """
    from runner.desk import Desk

    if not round_:
        return
    begun = workspace.clock().now()
    counts: dict[tuple[int, str], Counter[str]] = {}
    try:
        with Desk.open(workspace) as desk:
            for one in round_:
                for told in _observed(desk, one):
                    counts.setdefault((one.case_id, one.case), Counter())[told.observed.outcome] += 1
                    yield told
    finally:
        _log(workspace, begun, counts)


def _observed(desk: Desk, one: Due) -> Iterator[Told]:
    from storage import observations

    with desk.workspace.database.read() as conn:
        standing = observations.standing(conn, one.ref)
    if not standing.post.url:
        at = desk.workspace.clock().now()
        yield _kept(desk, one, standing, Look("unclear", "page", at, "it has no address of its own"))
        return
    found = reader(standing.post)
    if found is not None and found[0].own_process:
        yield from _in_child(desk.workspace, one)
        return
    yield from observe_here(desk, one, standing)


def observe_here(desk: Desk, one: Due, standing: Standing) -> Iterator[Told]:
    """Look at one post in this process and keep what each way brings."""
    from storage import observations

    for seen in look(desk, standing.post, _row(one, standing)):
        yield _kept(desk, one, standing, seen)
        with desk.workspace.database.read() as conn:
            standing = observations.standing(conn, one.ref)


def _kept(desk: Desk, one: Due, before: Standing, seen: Look) -> Told:
    """Store a look: its answers, the wording it showed, and the observation, in one transaction."""
    from storage import captures, observations, posts

    workspace = desk.workspace
    written = desk.recorder.drain() if desk.recorder else []
    last = next((w.record_id for w in reversed(written) if w.kind != "resource"), None)
    seen = replace(seen, capture=seen.capture or last)
    difference: list[Run] = []
    with workspace.database.write() as conn:
        captures.save_captures(conn, written, source_id=None, run_id=None)
        version = before.version if seen.outcome == "seen" else None
        if seen.post is not None:
            same_way = seen.route == before.post.route
            by = before.shown_by if same_way else None
            saved = posts.save_posts(conn, [seen.post], case_id=one.case_id, source_id=by, at=seen.at)
            if saved.changed:
                version = max(v.n for v in posts.versions(conn, one.ref))
                seen, difference = _compared(before, seen)
        observed = _observation(before, seen, version)
        observations.add(conn, one.ref, observed)
        state = state_of(observations.of_post(conn, one.ref), before.last_seen)
    return Told(one.ref, observed, state, difference)


def _compared(before: Standing, seen: Look) -> tuple[Look, list[Run]]:
    """Return the look and the difference where a wording is new: changed, or only another route's way to write it."""
    from evidence.differences import difference

    now = seen.post
    assert now is not None  # noqa: S101 - only a post that was read can have another wording
    if seen.route not in before.routes:
        why = f"shown; the {seen.route} writes it in another way than the {before.post.route}, kept as a version"
        return replace(seen, why=why), []
    parts = [says for name, says in _FIELDS.items() if getattr(before.post, name) != getattr(now, name)]
    runs = difference(before.post.text or "", now.text or "") if "text" in parts else []
    words = {kind: sum(len(run.text.split()) for run in runs or [] if run.kind == kind) for kind in ("out", "in")}
    counted = f" ({words['out']} words out, {words['in']} in)" if runs else ""
    told = ", ".join(f"{part}{counted}" if part == "text" else part for part in parts) or "its data"
    return replace(seen, outcome="changed", why=told), list(runs or [])


def _observation(before: Standing, seen: Look, version: int | None) -> Observed:
    from storage.observations import Observed

    sentence = f"{_SAYS[seen.outcome]} at {iso(seen.at)} ({seen.why})."
    if seen.post is not None:
        sentence += _other_author(before.post.author, seen.post.author)
    return Observed(
        at=seen.at, outcome=seen.outcome, sentence=sentence, finding=seen.finding, status=seen.status,
        version=version, capture=seen.capture, route=seen.route,
    )  # fmt: skip


_SAYS = {
    "seen": "Seen", "changed": "Changed, as seen", "not_seen": "Not seen", "walled": "Behind a wall",
    "unclear": "Nothing can be told",
}  # fmt: skip


def _other_author(old: Author, new: Author) -> str:
    """Return what a reader must know where the post now stands under another name; empty where it does not."""
    if old.native_id and new.native_id and old.native_id != new.native_id:
        return f" It now stands under another account: id {new.native_id}, before {old.native_id}."
    pairs = (("handle", old.handle, new.handle), ("name", old.name, new.name))
    changed = [
        f"{what} {after!r}, before {first!r}" for what, first, after in pairs if first and after and first != after
    ]
    return f" Its author is called otherwise: {', '.join(changed)}." if changed else ""


def _row(one: Due, standing: Standing) -> SourceRow:
    """Return what stands for a source where a single post is read: no schedule, no override of robots.txt."""
    from storage.sources import SourceRow

    post = standing.post
    return SourceRow(
        id=standing.shown_by or 0, case_id=one.case_id, case=one.case, url=post.url or "", platform=post.platform,
        kind="", route=post.route or "page", options={}, every=None, robots_override=None, paused=False,
        added_at=standing.last_seen, posts=0, coverage=None, next_run=None, last_run=None,
    )  # fmt: skip


def _log(workspace: Workspace, begun: datetime, counts: dict[tuple[int, str], Counter[str]]) -> None:
    from runner import custody

    for (number, _), outcomes in counts.items():
        with workspace.database.write() as conn:
            custody.note(workspace, conn, number, "observed", f"round:{iso(begun)}", note={"looks": dict(outcomes)})


def _in_child(workspace: Workspace, one: Due) -> Iterator[Told]:
    """Look at a post whose source needs a process of its own; what it brought is read from the working copy."""
    from storage import observations

    with workspace.database.read() as conn:
        known = len(observations.of_post(conn, one.ref))
    command = [sys.executable, "-m", "runner.observe", str(workspace.root), one.case, one.ref]
    why = "its process ended early"
    try:
        done = subprocess.run(  # noqa: S603 - our own interpreter, our own module, arguments never pass a shell
            command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, timeout=CHILD_SECONDS + GRACE, check=False,
            env=environment(),
        )  # fmt: skip
        rows = [json.loads(line) for line in done.stdout.splitlines() if line.startswith(b"{")]
    except subprocess.TimeoutExpired:
        rows, why = [], f"it took over {CHILD_SECONDS:g} seconds"
    except ValueError:
        rows = []
    with workspace.database.read() as conn:
        standing = observations.standing(conn, one.ref)
        found = observations.of_post(conn, one.ref)
    if len(found) == known:
        at = workspace.clock().now()
        lost = observations.Observed(at, "unclear", f"Nothing can be told at {iso(at)} ({why}).", route="page")
        with workspace.database.write() as conn:
            observations.add(conn, one.ref, lost)
        found.append(lost)
    shown = {row["at"]: row["difference"] for row in rows}
    for number, seen in enumerate(found[known:], known + 1):
        state = state_of(found[:number], standing.last_seen)
        yield Told(one.ref, seen, state, _runs(shown.get(iso(seen.at), [])))


def _runs(rows: Sequence[dict[str, Any]]) -> list[Run]:
    from evidence.differences import Run

    return [Run(row["kind"], row["text"], row["skipped"], row["rest"]) for row in rows]


def main(arguments: Sequence[str]) -> None:
    """Look at the post named on the command line and print each look as JSON."""
    from runner.cli import quiet_libraries
    from runner.desk import Desk
    from runner.workspace import Workspace
    from storage import observations

    quiet_libraries()
    folder, case, ref = arguments
    workspace = Workspace.open(folder)
    with workspace.database.read() as conn:
        [one] = observations.named(conn, [ref], case)
        standing = observations.standing(conn, ref)
    try:
        with Desk.open(workspace) as desk:
            for told in observe_here(desk, one, standing):
                sys.stdout.write(json.dumps(told.as_row(), ensure_ascii=False) + "\n")
    except CannotStart:
        raise
    except CopytrailError as error:
        sys.stderr.write(error.sentence + "\n")


if __name__ == "__main__":
    main(sys.argv[1:])
