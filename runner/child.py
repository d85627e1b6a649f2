"""A run in a process of its own: it can be timed out and killed, and Scrapy's reactor starts in a fresh one."""

from __future__ import annotations

import itertools
import json
import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from core.records import Finding

if TYPE_CHECKING:
    from runner.collect import Outcome
    from runner.workspace import Workspace
    from storage.sources import SourceRow

GRACE = 30.0  # seconds between the run's own time limit and the kill: it may still be closing its files


def start(workspace: Workspace, source: int, replay: Sequence[Path] = ()) -> subprocess.Popen[bytes]:
    """Start the run of one source in a child process; its last line of output is the outcome."""
    command = [sys.executable, "-m", "runner.child", str(workspace.root), str(source)]
    for path in replay:
        command += ["--replay", str(path)]
    return subprocess.Popen(  # noqa: S603 - our own interpreter, our own module, arguments never pass a shell
        command, stdout=subprocess.PIPE, stdin=subprocess.DEVNULL, start_new_session=True,
        env=os.environ | {"PYTHONUNBUFFERED": "1"},
    )  # fmt: skip


def finish(workspace: Workspace, row: SourceRow, child: subprocess.Popen[bytes]) -> Outcome:
    """Wait for a child and read its outcome; a child that overstays is killed, and the run says so."""
    from runner.collect import Outcome

    limit = workspace.settings.collect.run_minutes * 60 + GRACE
    try:
        out, _ = child.communicate(timeout=limit)
    except subprocess.TimeoutExpired:
        kill(child)
        out = b""
        sentence = f"{row.url}: the run was ended after {limit / 60:.0f} minutes; what it had is kept."
    else:
        sentence = f"{row.url}: the run's process ended early (status {child.returncode}); the next run goes on."
    last = out.strip().splitlines()[-1:] or [b""]
    try:
        told = json.loads(last[0])
    except ValueError:
        return _lost(workspace, row, sentence)
    finding = told.pop("finding")
    return Outcome(finding=Finding(**finding, url=row.url) if finding else None, **told)


def _lost(workspace: Workspace, row: SourceRow, sentence: str) -> Outcome:
    from runner.collect import Outcome
    from storage import runs

    with workspace.database.write() as conn:
        runs.recover_interrupted(conn, workspace.clock().now())
    finding = Finding(kind="unavailable", sentence=sentence, url=row.url)
    return Outcome(row.id, row.url, status="interrupted", coverage="partial", finding=finding)


def kill(child: subprocess.Popen[bytes]) -> None:
    """End a child and whatever it started."""
    if child.poll() is None:
        try:
            os.killpg(child.pid, signal.SIGKILL)
        except (AttributeError, ProcessLookupError):  # no process groups here, or it has just ended
            child.kill()
        child.wait()


def run_in_child(workspace: Workspace, row: SourceRow, *, replay: Sequence[Path] = ()) -> Outcome:
    """Run one source in a child process and wait for it."""
    child = start(workspace, row.id, replay)
    try:
        return finish(workspace, row, child)
    finally:
        kill(child)


def main(arguments: Sequence[str]) -> None:
    """Run the source named on the command line and print its outcome as JSON."""
    from runner.collect import Desk, run_source
    from runner.workspace import Workspace
    from storage import sources

    workspace = Workspace.open(arguments[0])
    replay = [Path(path) for flag, path in itertools.pairwise(arguments) if flag == "--replay"]
    with workspace.database.read() as conn:
        row = sources.get_source(conn, int(arguments[1]))
    with Desk.open(workspace, replay) as desk:
        outcome = run_source(desk, row)
    sys.stdout.write(json.dumps(outcome.as_row(), ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main(sys.argv[1:])
