"""A run in a process of its own: it can be timed out and killed, and what a crawl leaves behind ends with it."""

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

from core.errors import CopytrailError
from core.records import Finding

if TYPE_CHECKING:
    from runner.outcome import Outcome
    from runner.workspace import Workspace
    from storage.sources import SourceRow

GRACE = 30.0  # seconds between the run's own time limit and the kill: it may still be closing its files
POLITE = 5.0  # seconds a child may take to close its run once it was asked to end


def start(workspace: Workspace, source: int, replay: Sequence[Path] = ()) -> subprocess.Popen[bytes]:
    """Start the run of one source in a child process; its last line of output is the outcome."""
    command = [sys.executable, "-m", "runner.child", str(workspace.root), str(source)]
    for path in replay:
        command += ["--replay", str(path.resolve())]
    # a session of its own: Ctrl-C in the terminal reaches us, and we decide what happens to the child
    return subprocess.Popen(  # noqa: S603 - our own interpreter, our own module, arguments never pass a shell
        command, stdout=subprocess.PIPE, stdin=subprocess.DEVNULL, start_new_session=True, env=environment()
    )


def environment() -> dict[str, str]:
    """Return the environment of a child: ours, with the path by which it finds our rooms."""
    return os.environ | {"PYTHONUNBUFFERED": "1", "PYTHONPATH": _our_folder()}


def _our_folder() -> str:
    """Return the path children find our rooms by, wherever they are started from."""
    here = str(Path(__file__).resolve().parent.parent)
    return os.pathsep.join(filter(None, [here, os.environ.get("PYTHONPATH")]))


def finish(workspace: Workspace, row: SourceRow, child: subprocess.Popen[bytes]) -> Outcome:
    """Wait for a child and read its outcome; a child that overstays is ended, and the run says so."""
    from runner.outcome import Outcome

    limit = workspace.settings.collect.run_minutes * 60 + GRACE
    try:
        out, _ = child.communicate(timeout=limit)
    except subprocess.TimeoutExpired:
        end(child)
        child.communicate()  # whatever it still said: the sentence below tells more
        sentence = f"{row.url}: the run was ended after {limit / 60:.3g} minutes; what it had is kept."
        return _lost(workspace, row, sentence)
    try:
        return Outcome.from_row(json.loads(out.strip().splitlines()[-1]))
    except (IndexError, ValueError):
        sentence = f"{row.url}: the run's process ended early (status {child.returncode}); the next run goes on."
        return _lost(workspace, row, sentence)


def _lost(workspace: Workspace, row: SourceRow, sentence: str) -> Outcome:
    """Close the run of a child that could not do so itself, and say why in its record."""
    from runner.custody import recover
    from runner.outcome import Outcome, public
    from storage import runs

    finding = Finding(kind="unavailable", sentence=sentence, url=row.url)
    with workspace.database.write() as conn:
        recover(workspace, conn)
        runs.explain(conn, row.id, public(finding))
    return Outcome(row.id, row.url, status="interrupted", coverage="partial", finding=finding)


def end(*children: subprocess.Popen[bytes]) -> None:
    """Ask children to close their runs, all at once; kill those that do not, and whatever they started."""
    for child in children:
        if child.poll() is None:
            child.terminate()
    for child in children:
        try:
            child.wait(POLITE)
        except subprocess.TimeoutExpired:
            kill(child)


def kill(child: subprocess.Popen[bytes]) -> None:
    """Kill a child and whatever it started."""
    if child.poll() is None:
        try:
            os.killpg(child.pid, signal.SIGKILL)
        except ProcessLookupError:  # it has just ended
            child.kill()
        child.wait()


def run_in_child(workspace: Workspace, row: SourceRow, *, replay: Sequence[Path] = ()) -> Outcome:
    """Run one source in a child process and wait for it."""
    with start(workspace, row.id, replay) as child:
        try:
            return finish(workspace, row, child)
        finally:
            end(child)


def _stop(number: int, _: object) -> None:
    """End the walk; the run is closed before the process ends, and a second request does not disturb that."""
    signal.signal(number, signal.SIG_IGN)
    raise KeyboardInterrupt


def main(arguments: Sequence[str]) -> None:
    """Run the source named on the command line and print its outcome as JSON."""
    from runner.cli import quiet_libraries
    from runner.collect import run_source
    from runner.desk import Desk
    from runner.outcome import Outcome
    from runner.workspace import Workspace
    from storage import sources

    quiet_libraries()
    signal.signal(signal.SIGTERM, _stop)
    workspace = Workspace.open(arguments[0])
    replay = [Path(path) for flag, path in itertools.pairwise(arguments) if flag == "--replay"]
    with workspace.database.read() as conn:
        row = sources.get_source(conn, int(arguments[1]))
    try:
        with Desk.open(workspace, replay) as desk:
            outcome = run_source(desk, row)
    except CopytrailError as error:
        outcome = Outcome(row.id, row.url, "failed", row.coverage or "partial", finding=Finding.of(error))
    except KeyboardInterrupt:
        finding = Finding(kind="unavailable", sentence=f"{row.url}: stopped; what had come is kept.", url=row.url)
        outcome = Outcome(row.id, row.url, "interrupted", "partial", finding=finding)
    sys.stdout.write(json.dumps(outcome.as_row(), ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main(sys.argv[1:])
