"""The clock of `watch`: APScheduler ticks, schedules live in our table, each due source runs in a child process."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from core.errors import BadInput, CopytrailError
from runner import child
from runner.alone import alone
from runner.rounds import Rounds

if TYPE_CHECKING:
    import subprocess
    from zoneinfo import ZoneInfo

    from runner.outcome import Outcome
    from runner.workspace import Workspace
    from storage.sources import SourceRow

TICK = 1.0  # seconds between two looks at the table; schedules are never finer than a minute
PATIENCE = 20.0  # seconds a run may take to finish once we are asked to stop
SEAL_EVERY = 300.0  # seconds between two seals while runs end one after the other
TAKEN = "Another `copytrail watch` is at {root} ({who}); one is enough."
WORKERS = 4  # runs side by side; politeness is per host, so this is about this machine


class Watch:
    """Run due sources until stopped: one run per source at a time, missed ones made up for once, not per slot.

    `told` gets how each run ended, `warn` what hinders the watching itself. `tick`, `patience` are in seconds.
    """

    def __init__(
        self,
        workspace: Workspace,
        told: Callable[[Outcome], None],
        warn: Callable[[str], None],
        case: str | None = None,
        *,
        tick: float = TICK,
        patience: float = PATIENCE,
    ) -> None:
        self.workspace = workspace
        self.case = case
        self.told = told
        self.warn = warn
        self.every = tick
        self.patience = patience
        self.stopping = threading.Event()
        self.pool = ThreadPoolExecutor(WORKERS, thread_name_prefix="run")
        self.lock = threading.Lock()
        self.running: dict[int, SourceRow] = {}
        self.children: dict[int, subprocess.Popen[bytes]] = {}
        self.hindered = ""
        self.lists: dict[str, int] = {}
        self.rounds = Rounds(workspace, case)
        self.sealer = ThreadPoolExecutor(1, thread_name_prefix="seal")  # an authority may be slow, the ticks go on
        self.unsealed = False  # a run has ended since the last seal
        self.sealed_at = time.monotonic() - SEAL_EVERY

    def run(self, seconds: float | None = None) -> None:
        """Watch for so many seconds, or until SIGTERM or SIGINT; then let running sources finish, or end them.

        Raises CannotStart where the database cannot be used, the settings of the schedule say nothing that can be
        followed, or another `watch` is at this workspace. Runs that a killed process left open are closed first.
        """
        from runner.custody import recover
        from runner.planning import plan_of

        plan_of(self.workspace, 3600, {})  # what the settings say wrong is said now, and not after the first run
        with self.workspace.database.write() as conn:
            recover(self.workspace, conn)
        with alone(self.workspace.root / "watch.lock", TAKEN.format(root=self.workspace.root, who="{who}")):
            self._run(seconds)

    def _run(self, seconds: float | None) -> None:
        from apscheduler.schedulers.background import BackgroundScheduler

        old = {s: signal.signal(s, lambda *_: self.stopping.set()) for s in (signal.SIGTERM, signal.SIGINT)}
        clock = BackgroundScheduler(timezone="UTC")
        clock.add_job(
            self.tick, "interval", seconds=self.every, coalesce=True, max_instances=1, misfire_grace_time=None
        )
        try:
            self.tick()
            clock.start()
            self.stopping.wait(seconds)
        finally:
            self.stopping.set()
            if clock.running:
                clock.shutdown(wait=True)
            self._wind_down()
            for number, handler in old.items():
                signal.signal(number, handler)

    def tick(self) -> None:
        """Start what is due and not running; a database that is away for a while is tried again at the next tick."""
        from storage import sources

        if self.stopping.is_set():
            return
        with self.lock:
            busy = set(self.running)  # one that ends while the table is read stands there as due still
        try:
            self._read_watchlists()
            with self.workspace.database.read() as conn:
                due = sources.due_sources(conn, self.workspace.clock().now())
            self._look_again()
        except CopytrailError as error:
            self._hinder(error.sentence)
            return
        self.hindered = ""
        for row in due:
            if _host(row) in self.rounds.hosts:
                continue
            with self.lock:
                # one run per source, and one per host: the pace per host is kept inside a process
                taken = row.id in busy | self.running.keys() or _host(row) in map(_host, self.running.values())
                if taken or self.case not in (None, row.case):
                    continue
                self.running[row.id] = row
            self.pool.submit(self._one, row)
        if self.unsealed and time.monotonic() - self.sealed_at >= SEAL_EVERY:
            self.unsealed, self.sealed_at = False, time.monotonic()
            self.sealer.submit(self._seal)

    def _seal(self, *, stamp: bool = True) -> None:
        from runner.stamping import after_work

        after_work(self.workspace, self._hinder, stamp=stamp)

    def _look_again(self) -> None:
        """Let a round of `observe` begin on hosts where nothing runs."""
        with self.lock:
            busy = {_host(row) for row in self.running.values()}
        self.rounds.tick(busy, self.warn)

    def _read_watchlists(self) -> None:
        """Follow what people write into the watchlists while we watch."""
        from runner.watchlist import sync

        folder = self.workspace.root / "watchlists"
        with suppress(FileNotFoundError):  # one that is being replaced is looked at again at the next tick
            found = {str(path): path.stat().st_mtime_ns for path in folder.glob("*.yml")}
            if found != self.lists:
                self.lists = found
                for error in sync(self.workspace, self.case):
                    self.warn(error.sentence)

    def _one(self, row: SourceRow) -> None:
        """Run one source in a child and set when it is due again, however the run ended."""
        from runner.planning import plan_next

        try:
            with self.lock:  # whoever winds down either sees this child or keeps it from starting
                if self.stopping.is_set():
                    return
                process = self.children[row.id] = child.start(self.workspace, row.id)
            with process:
                try:
                    outcome = child.finish(self.workspace, row, process)
                finally:
                    child.kill(process)
            self.unsealed = True
            plan_next(self.workspace, outcome)
            self.told(outcome)
        except CopytrailError as error:
            self._hinder(error.sentence)
        except OSError as error:
            self._hinder(
                f"{row.url}: no process could be started ({error.strerror or error}); see the machine's limits."
            )
        finally:
            with self.lock:
                self.children.pop(row.id, None)
                self.running.pop(row.id, None)

    def _hinder(self, sentence: str) -> None:
        """Say once what hinders us, and not at every tick."""
        if sentence != self.hindered:
            self.hindered = sentence
            self.warn(sentence)

    def _wind_down(self) -> None:
        self.rounds.stop()
        enough = threading.Timer(self.patience, self._end_all)
        enough.start()
        self.pool.shutdown(wait=True, cancel_futures=True)
        enough.cancel()
        self.sealer.shutdown(wait=True, cancel_futures=True)
        self._seal(stamp=False)  # who asked us to stop does not wait for an authority; the next seal asks

    def _end_all(self) -> None:
        with self.lock:
            left = list(self.children.values())
        child.end(*left)


def cron_following(line: str, after: datetime, zone: ZoneInfo) -> datetime:
    """Return the next time of a cron line (minute hour day month weekday) after a moment, in UTC.

    Weekdays go by name: numbers mean one day to cron and another to others. Raises BadInput on a line that is none, or
    that never comes.
    """
    from apscheduler.triggers.cron import CronTrigger

    fields = line.split()
    if len(fields) != 5 or any(letter.isdigit() for letter in fields[4].partition("/")[0]):
        raise BadInput(f"{line!r} is no cron line; write minute hour day month weekday, e.g. 0 7,19 * * mon-fri.")
    try:
        trigger = CronTrigger.from_crontab(line, timezone=zone)
    except ValueError as error:
        raise BadInput(f"{line!r} is no cron line: {error}.") from None
    due: datetime | None = trigger.get_next_fire_time(None, after + timedelta(seconds=1))
    if due is None:
        raise BadInput(f"The time {line!r} never comes.")
    return due.astimezone(UTC)


def _host(row: SourceRow) -> str:
    return (urlsplit(row.url).hostname or "").removeprefix("www.")
