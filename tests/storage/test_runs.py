"""One run per source at a time; what a killed process left is closed, what lives is left alone."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import timedelta

import pytest
from sqlalchemy import select, update

from core.errors import UnderWay
from core.source import Cursor
from storage import cases, cursors, posts, runs, sources, watching
from storage import tables as t
from storage.engine import Database
from tests.storage.invented import AT, post

MINUTE = timedelta(minutes=1)


@pytest.fixture
def source(database: Database) -> int:
    with database.write() as conn:
        cases.ensure_case(conn, "harbour", AT)
        return sources.add_source(
            conn, case="harbour", url="https://q.example/", kind="q.feed", platform="q", route="feed", at=AT, every=3600
        )


def pretend(database: Database, run: int, **values: object) -> None:
    with database.write() as conn:
        conn.execute(update(t.table(t.Run)).where(t.table(t.Run).c.id == run).values(**values))


def status(database: Database, run: int) -> str:
    with database.read() as conn:
        return str(conn.execute(select(t.table(t.Run).c.status).where(t.table(t.Run).c.id == run)).scalar_one())


def test_second_run_of_a_source_waits(database: Database, source: int) -> None:
    with database.write() as conn:
        run = runs.open_run(conn, source, AT)
    with pytest.raises(UnderWay, match=f"already .process {os.getpid()}"), database.write() as conn:
        runs.open_run(conn, source, AT)
    with database.write() as conn:
        assert runs.recover_interrupted(conn, AT + timedelta(days=2)) == []
    assert status(database, run) == "running"


def test_run_of_a_killed_process_is_interrupted(database: Database, source: int) -> None:
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as child:
        born = runs._born(child.pid)
        with database.write() as conn:
            run = runs.open_run(conn, source, AT)
            runs.beat(conn, run, AT + MINUTE, posts=2, new=2)
        pretend(database, run, pid=child.pid, born=born)
        with database.write() as conn:
            assert runs.recover_interrupted(conn, AT + 2 * MINUTE) == []
        child.kill()
    with database.write() as conn:
        assert runs.recover_interrupted(conn, AT + 2 * MINUTE) == [run]
        assert runs.recover_interrupted(conn, AT + 2 * MINUTE) == []
        runs.explain(conn, source, {"kind": "unavailable", "sentence": "Killed."})
    with database.read() as conn:
        row = sources.get_source(conn, source)
    assert row.last_run is not None
    assert (row.last_run.status, row.last_run.posts, row.last_run.ended) == ("interrupted", 2, AT + MINUTE)
    assert row.last_run.finding == {"kind": "unavailable", "sentence": "Killed."}
    assert row.coverage == "partial"


def test_later_process_with_the_same_number_is_another(database: Database, source: int) -> None:
    with database.write() as conn:
        run = runs.open_run(conn, source, AT)
    pretend(database, run, born="another boot/1")
    with database.write() as conn:
        assert runs.open_run(conn, source, AT + MINUTE) != run
    assert status(database, run) == "interrupted"


def test_run_on_another_machine_lives_while_it_saves(database: Database, source: int) -> None:
    with database.write() as conn:
        run = runs.open_run(conn, source, AT)
    pretend(database, run, host="elsewhere/pid:[1]")
    with database.write() as conn:
        assert runs.recover_interrupted(conn, AT + runs.SILENCE - MINUTE) == []
        assert runs.recover_interrupted(conn, AT + runs.SILENCE) == [run]


def test_sources_show_how_the_last_run_ended(database: Database, source: int) -> None:
    finding = {"kind": "rate_limited", "status": 429, "retry_after": 60, "sentence": "Slower."}
    with database.write() as conn:
        run = runs.open_run(conn, source, AT)
        case = cases.case_id(conn, "harbour")
        posts.save_posts(conn, [post(1), post(2)], case_id=case, source_id=source, run_id=run, at=AT + MINUTE)
    with database.read() as conn:
        assert sources.list_sources(conn)[0].as_row()["last_run"]["posts"] == 2  # seen while it runs
    with database.write() as conn:
        runs.close_run(conn, run, status="partial", finding=finding, posts=2, new=2, changed=0, coverage="blocked",
                       at=AT + 2 * MINUTE)  # fmt: skip
        sources.schedule_next(conn, source, AT + 60 * MINUTE)
    with database.read() as conn:
        row = sources.list_sources(conn, "harbour")[0].as_row()
    assert row == {
        "id": source, "case": "harbour", "url": "https://q.example/", "platform": "q", "kind": "q.feed",
        "route": "feed", "options": {}, "robots_override": None, "paused": False, "added_at": "2025-03-01T12:00:00Z",
        "posts": 2, "schedule": "1h", "coverage": "blocked", "next_run": "2025-03-01T13:00:00Z",
        "last_run": {"status": "partial", "posts": 2, "new": 2, "changed": 0, "finding": finding,
                     "started": "2025-03-01T12:00:00Z", "ended": "2025-03-01T12:02:00Z"},
        "plan": {}, "pace": None, "paced": None,
    }  # fmt: skip


def test_seconds_between_the_last_two_looks_that_saw_everything(database: Database, source: int) -> None:
    def look(minutes: int, coverage: str) -> None:
        run, at = runs.open_run(conn, source, AT), AT + minutes * MINUTE
        runs.close_run(conn, run, status="done", finding=None, posts=0, new=0, changed=0, coverage=coverage, at=at)

    with database.write() as conn:
        look(10, "complete")
        assert runs.since_complete(conn, source) is None
        look(20, "partial")
        look(40, "quiet")
        assert runs.since_complete(conn, source) == 1800


def test_cursor_is_kept(database: Database, source: int) -> None:
    cursor = Cursor(since=AT, state={"page": "x"}, full=False)
    with database.write() as conn:
        assert cursors.load(conn, source) == Cursor()
        cursors.save(conn, source, Cursor())
        cursors.save(conn, source, cursor)
    with database.read() as conn:
        assert cursors.load(conn, source) == cursor


def test_watch_intervals_grow_and_gaps_stay(database: Database, source: int) -> None:
    with database.write() as conn:
        for minutes, complete in ((1, True), (2, True), (3, False), (4, False), (5, True), (6, True), (2, True)):
            watching.note(conn, source, at=AT + minutes * MINUTE, complete=complete)
        found = watching.list_intervals(conn, source)
    assert [(i.start, i.end, i.complete) for i in found] == [
        (None, AT + 2 * MINUTE, True),
        (AT + 2 * MINUTE, AT + 4 * MINUTE, False),
        (AT + 2 * MINUTE, AT + 6 * MINUTE, True),
    ]
