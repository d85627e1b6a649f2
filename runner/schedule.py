"""The clock of `watch`: APScheduler ticks, schedules live in our table, each due source runs in a child process."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from core.errors import CopytrailError

if TYPE_CHECKING:
    import subprocess

    from runner.collect import Outcome
    from runner.workspace import Workspace
    from storage.sources import SourceRow

TICK = 1.0  # seconds between two looks at the table; schedules are never finer than a minute
PATIENCE = 20.0  # seconds a run may take to finish once we are asked to stop
WORKERS = 4  # runs side by side; politeness is per host, so this is about this machine


class Watch:
    """Run due sources until stopped: one run per source at a time, missed ones made up for once, not per slot."""

    def __init__(self, workspace: Workspace, told: Callable[[Outcome], None], case: str | None = None) -> None:
        self.workspace = workspace
        self.case = case
        self.told = told
        self.stopping = threading.Event()
        self.pool = ThreadPoolExecutor(WORKERS, thread_name_prefix="run")
        self.lock = threading.Lock()
        self.children: dict[int, subprocess.Popen[bytes] | None] = {}
        self.hosts: dict[int, str] = {}

    def run(self, seconds: float | None = None) -> None:
        """Watch for so many seconds, or until SIGTERM or SIGINT; then let running sources finish."""
        from apscheduler.schedulers.background import BackgroundScheduler

        from storage import runs

        with self.workspace.database.write() as conn:
            runs.recover_interrupted(conn, self.workspace.clock().now())
        old = {s: signal.signal(s, lambda *_: self.stopping.set()) for s in (signal.SIGTERM, signal.SIGINT)}
        clock = BackgroundScheduler(timezone="UTC")
        clock.add_job(self.tick, "interval", seconds=TICK, coalesce=True, max_instances=1, misfire_grace_time=None)
        clock.start()
        try:
            self.tick()
            self.stopping.wait(seconds)
        finally:
            self.stopping.set()
            clock.shutdown(wait=True)
            self._wind_down()
            for number, handler in old.items():
                signal.signal(number, handler)

    def tick(self) -> None:
        """Start what is due and not running."""
        from storage import sources

        if self.stopping.is_set():
            return
        now = self.workspace.clock().now()
        with self.workspace.database.read() as conn:
            due = [r for r in sources.due_sources(conn, now) if self.case in (None, r.case)]
        for row in due:
            with self.lock:
                # one run per source, and one per host: the pace per host is kept inside a process
                if row.id in self.children or _host(row) in self.hosts.values():
                    continue
                self.children[row.id], self.hosts[row.id] = None, _host(row)
            self.pool.submit(self._one, row)

    def _one(self, row: SourceRow) -> None:
        from runner import child
        from storage import sources

        try:
            if self.stopping.is_set():
                return
            process = child.start(self.workspace, row.id)
            with self.lock:
                self.children[row.id] = process
            try:
                outcome = child.finish(self.workspace, row, process)
            finally:
                child.kill(process)
            with self.workspace.database.write() as conn:
                sources.schedule_next(conn, row.id, self.workspace.clock().now())
            self.told(outcome)
        except CopytrailError as error:
            from core.log import logger

            logger("watch").error("run_not_started", source=row.id, reason=error.sentence)
        finally:
            with self.lock:
                self.children.pop(row.id, None)
                self.hosts.pop(row.id, None)

    def _wind_down(self) -> None:
        from runner import child

        enough = threading.Timer(PATIENCE, self._kill_all, args=(child.kill,))
        enough.start()
        self.pool.shutdown(wait=True, cancel_futures=True)
        enough.cancel()

    def _kill_all(self, kill: Callable[[subprocess.Popen[bytes]], None]) -> None:
        with self.lock:
            running = [process for process in self.children.values() if process]
        for process in running:
            kill(process)


def _host(row: SourceRow) -> str:
    return (urlsplit(row.url).hostname or "").removeprefix("www.")
