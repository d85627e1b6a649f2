"""`watch`: what is due runs once, one run per source and host at a time, and nothing is left open at the end."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from core.records import Finding
from core.times import iso
from runner import child, schedule
from runner.outcome import Outcome
from runner.schedule import Watch
from runner.workspace import Workspace
from storage import runs, sources
from tests.runner.commands import Home
from tests.runner.sites import FEED, PAGES, PER_PAGE, URL, Site


class Children:
    """Stands in for the child processes: each run lasts until it is let go, or is ended."""

    def __init__(self) -> None:
        self.started: list[int] = []
        self.ended: list[int] = []
        self.go = threading.Event()
        self.now = 0
        self.most = 0
        self.retry_after: float | None = None
        self.lock = threading.Lock()

    def start(self, _: Workspace, source: int) -> Any:
        """Return what stands for the process."""
        with self.lock:
            self.started.append(source)
            self.now += 1
            self.most = max(self.most, self.now)
        return nullcontext(source)

    def finish(self, _: Workspace, row: sources.SourceRow, __: Any) -> Outcome:
        self.go.wait(10)
        with self.lock:
            self.now -= 1
        slow = Finding(kind="rate_limited", sentence="Slower.", retry_after=self.retry_after)
        return Outcome(row.id, row.url, finding=slow if self.retry_after else None)

    def kill(self, _: Any) -> None:
        """Nothing is left to kill."""

    def end(self, *processes: Any) -> None:
        self.ended += [process.enter_result for process in processes]
        self.go.set()


@pytest.fixture
def children(monkeypatch: pytest.MonkeyPatch) -> Children:
    made = Children()
    monkeypatch.setattr(schedule, "child", made)
    return made


_opened: list[Workspace] = []


@pytest.fixture(autouse=True)
def _closed() -> Iterator[None]:
    yield
    while _opened:
        _opened.pop().database.close()


def opened(home: Home) -> Workspace:
    """Open a workspace that is closed at the end of the test."""
    _opened.append(Workspace.open(home.folder))
    return _opened[-1]


def watching(home: Home, told: list[Outcome] | None = None, **more: Any) -> Watch:
    told = [] if told is None else told
    return Watch(opened(home), told.append, lambda _: None, tick=0.02, **more)


def until(true: Callable[[], object], seconds: float = 20.0, rest: float = 0.0) -> None:
    """Wait until something is true, and `rest` seconds more."""
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it never happened"
        time.sleep(0.01)
    time.sleep(rest)


def run_while(watch: Watch, act: Callable[[], object]) -> None:
    """Run a watch, do something meanwhile in another thread, then stop it."""

    def acting() -> None:
        try:
            act()
        finally:
            watch.stopping.set()

    thread = threading.Thread(target=acting)
    thread.start()
    watch.run(30)
    thread.join()


def test_what_is_due_runs_once_however_many_slots_were_missed(home: Home, children: Children) -> None:
    home("add", FEED, "--case", "harbour", "--every", "1h")
    workspace = opened(home)
    with workspace.database.write() as conn:
        sources.schedule_next(conn, 1, datetime.now(UTC) - timedelta(days=3))
    children.go.set()
    told: list[Outcome] = []
    run_while(watching(home, told), lambda: until(lambda: told, rest=0.1))
    assert children.started == [1]
    assert home.source()["next_run"] > iso(datetime.now(UTC) + timedelta(minutes=59))


def test_one_run_per_source_and_per_host_at_a_time(home: Home, children: Children) -> None:
    home("add", FEED, f"{FEED}?page=1", f"{FEED}?page=2", URL, "--case", "harbour")
    told: list[Outcome] = []

    def act() -> None:
        until(lambda: len(children.started) == 2)
        time.sleep(0.15)  # several ticks
        assert sorted(children.started) == [1, 4]
        children.go.set()
        until(lambda: len(told) == 4)

    run_while(watching(home, told), act)
    assert sorted(children.started) == [1, 2, 3, 4]
    assert children.most == 2


def test_a_platform_that_asks_for_time_gets_it(home: Home, children: Children) -> None:
    home("add", FEED, "--case", "harbour", "--every", "30m")
    children.retry_after = 7200.0
    children.go.set()
    told: list[Outcome] = []
    run_while(watching(home, told), lambda: until(lambda: told))
    assert home.source()["next_run"] > iso(datetime.now(UTC) + timedelta(minutes=119))


def test_only_the_case_asked_for_is_watched(home: Home, children: Children) -> None:
    home("add", FEED, "--case", "harbour")
    home("add", URL, "--case", "other")
    children.go.set()
    told: list[Outcome] = []
    run_while(watching(home, told, case="other"), lambda: until(lambda: told, rest=0.05))
    assert children.started == [2]


def test_runs_that_outlast_our_patience_are_ended(home: Home, children: Children) -> None:
    home("add", FEED, URL, "--case", "harbour")
    watch = watching(home, patience=0.1)
    run_while(watch, lambda: until(lambda: len(children.started) == 2))
    assert sorted(children.ended) == [1, 2]


def test_a_watchlist_that_changes_meanwhile_is_followed(home: Home, children: Children) -> None:
    children.go.set()
    told: list[Outcome] = []
    said: list[str] = []
    watch = Watch(opened(home), told.append, said.append, tick=0.02)

    def act() -> None:
        (home.folder / "watchlists" / "harbour.yml").write_text("case: harbour\nsources: 3\n")
        until(lambda: said)
        written = home.folder / "new.yml"
        written.write_text(f"case: harbour\nsources:\n - url: {FEED}\n   every: 2h\n")
        written.replace(home.folder / "watchlists" / "harbour.yml")
        until(lambda: told)

    run_while(watch, act)
    assert "harbour.yml" in said[0]
    assert children.started == [1]


def test_a_database_that_is_away_for_a_while_is_tried_again(
    home: Home, children: Children, monkeypatch: pytest.MonkeyPatch
) -> None:
    from core.errors import CannotStart

    home("add", FEED, "--case", "harbour")
    children.go.set()
    told: list[Outcome] = []
    said: list[str] = []
    due, away = sources.due_sources, [True, True, True]

    def flaky(*args: Any) -> Any:
        if away:
            away.pop()
            raise CannotStart("The database does not answer.")
        return due(*args)

    monkeypatch.setattr(sources, "due_sources", flaky)
    watch = Watch(opened(home), told.append, said.append, tick=0.02)
    run_while(watch, lambda: until(lambda: told))
    assert said == ["The database does not answer."]


def test_a_run_left_open_by_a_killed_process_is_closed_and_made_good(home: Home, children: Children) -> None:
    home("add", FEED, "--case", "harbour")
    workspace = opened(home)
    with workspace.database.write() as conn:
        runs.open_run(conn, 1, datetime.now(UTC))
        conn.exec_driver_sql("UPDATE runs SET pid = 0, born = 'long ago'")
    children.go.set()
    told: list[Outcome] = []
    watch = watching(home, told)
    run_while(watch, lambda: until(lambda: told))
    assert home.source()["last_run"]["status"] == "interrupted"


def test_what_another_process_collects_is_passed_over(home: Home) -> None:
    home("add", FEED, "--case", "harbour")
    home("add", URL, "--case", "harbour", "--route", "api")
    with opened(home).database.write() as conn:
        runs.open_run(conn, 1, datetime.now(UTC))
    printed = home("collect", "--json", status=1)
    first, second = printed.rows
    assert (first["status"], first["posts"]) == ("running", 0)
    assert "being collected already" in printed.err
    assert f"process {os.getpid()}" in printed.err
    assert second["status"] == "done"


def held(site: Site, part: str) -> tuple[threading.Event, threading.Event]:
    """Hold the site's answer to a path with this part: the events that it was asked, and that it may answer."""
    reached, go = threading.Event(), threading.Event()

    def before(path: str) -> None:
        if part in path:
            reached.set()
            go.wait(20)

    site.before = before
    return reached, go


def test_watching_for_a_while_collects_in_children(either_home: Home) -> None:
    home = either_home
    home("add", FEED, "--case", "harbour", "--every", "1h")
    home("add", URL, "--case", "harbour", "--route", "api")
    workspace = opened(home)
    told: list[Outcome] = []
    watch = Watch(workspace, told.append, lambda _: None, tick=0.05)
    run_while(watch, lambda: until(lambda: len(told) == 2))
    assert {(o.status, o.posts) for o in told} == {("done", 2), ("done", PAGES * PER_PAGE)}
    assert len(home.posts()) == PAGES * PER_PAGE + 2
    assert home("watch", "--for", "0s").out == ""  # nothing is due


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_lets_running_children_finish(home: Home, site: Site, number: signal.Signals) -> None:
    home("add", FEED, "--case", "harbour")
    reached, go = held(site, ".xml")
    command = [sys.executable, "-m", "runner", "--workspace", str(home.folder), "watch"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert reached.wait(30)
        process.send_signal(number)
        time.sleep(0.2)
        go.set()
        out, err = process.communicate(timeout=30)
    assert (process.returncode, err) == (0, "Watching; stop with Ctrl-C.\n")
    assert "2 posts, 2 new" in out
    assert home.source()["last_run"]["status"] == "done"


def test_a_watcher_that_is_killed_leaves_nothing_stuck(home: Home, site: Site) -> None:
    home("add", FEED, "--case", "harbour")
    reached, go = held(site, ".xml")
    command = [sys.executable, "-m", "runner", "--workspace", str(home.folder), "watch"]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        assert reached.wait(30)
        process.kill()
    told: list[Outcome] = []
    watch = watching(home, told)
    run_while(watch, lambda: until(lambda: told))  # its child lives on: the source is passed over
    assert [o.status for o in told] == ["running"]
    go.set()
    until(lambda: home.source()["last_run"]["status"] == "done")
    assert len(home.posts()) == 2
    home("collect")
    assert len(home.posts()) == 2


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_collection_that_is_stopped_keeps_what_had_come(home: Home, site: Site, number: signal.Signals) -> None:
    home("add", URL, "--case", "harbour", "--route", "api")
    reached, go = held(site, "page=3")
    command = [sys.executable, "-m", "runner", "--workspace", str(home.folder), "collect"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert reached.wait(30)
        process.send_signal(number)
        out, err = process.communicate(timeout=30)
    go.set()
    assert (process.returncode, out, err.strip()) == (1, "", "Stopped.")
    assert home.source()["last_run"]["status"] == "interrupted"
    assert len(home.posts()) == 20
    home("collect")
    assert len(home.posts()) == PAGES * PER_PAGE


def test_a_child_that_is_asked_to_end_closes_its_run(home: Home, site: Site) -> None:
    home("add", URL, "--case", "harbour", "--route", "api")
    reached, go = held(site, "page=3")
    told: list[Outcome] = []
    watch = watching(home, told, patience=0.05)
    run_while(watch, lambda: reached.wait(30))
    go.set()
    assert [o.status for o in told] == ["interrupted"]
    last = home.source()["last_run"]
    assert last["status"] == "interrupted"
    assert last["ended"] is not None
    assert "stopped" in last["finding"]["sentence"]
    assert len(home.posts()) == 20


def test_a_child_that_overstays_is_ended_and_the_run_says_so(
    home: Home, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(child, "GRACE", 0.0)
    monkeypatch.setenv("COPYTRAIL_COLLECT__RUN_MINUTES", "0.05")
    monkeypatch.setattr(child, "POLITE", 0.0)  # and it does not even get the time to close its run
    go = threading.Event()
    site.before = lambda path: path.endswith(".xml") and go.wait(20)
    home("add", FEED, "--case", "harbour")
    workspace = opened(home)
    with workspace.database.read() as conn:
        row = sources.get_source(conn, 1)
    out = child.run_in_child(workspace, row)
    go.set()
    assert (out.status, out.coverage) == ("interrupted", "partial")
    last = home.source()["last_run"]
    assert last["status"] == "interrupted"
    assert "was ended after 0.05 minutes" in last["finding"]["sentence"]


def test_a_process_that_does_not_want_to_end_is_killed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(child, "POLITE", 0.05)
    deaf = (
        "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('deaf', flush=True); time.sleep(60)"
    )
    process = subprocess.Popen([sys.executable, "-c", deaf], stdout=subprocess.PIPE, start_new_session=True)
    with process:
        assert process.stdout is not None
        process.stdout.readline()
        child.end(process)
    assert process.returncode == -signal.SIGKILL


def test_a_run_that_ends_while_the_table_is_read_is_not_started_again(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    home("add", FEED, "--case", "harbour")
    workspace = opened(home)
    watch = Watch(workspace, lambda _: None, lambda _: None)
    read = sources.due_sources
    started: list[int] = []
    monkeypatch.setattr(watch.pool, "submit", lambda _, row: started.append(row.id))

    def ends_meanwhile(conn: Any, now: datetime) -> Any:
        due = read(conn, now)
        watch.running.clear()
        return due

    with workspace.database.read() as conn:
        (row,) = read(conn, datetime.now(UTC))
    watch.running[row.id] = row
    monkeypatch.setattr(sources, "due_sources", ends_meanwhile)
    watch.tick()
    assert started == []
    watch.tick()
    assert started == [row.id]
    watch.pool.shutdown()
