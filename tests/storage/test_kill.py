"""A process killed at any moment, and started again, leaves the same posts as one left in peace."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from core.records import Post
from storage import posts, readers, search
from storage.engine import Database
from tests.storage.invented import AT, post

WRITER = """
import sys
from storage import cases, posts
from storage.engine import Database
from tests.storage.invented import AT, post

with Database(sys.argv[1]) as database:
    for start in range(0, 1500, 50):
        with database.write() as conn:
            case = cases.ensure_case(conn, "harbour", AT)
            batch = [post(n, text=f"ferry {n}") for n in range(start, start + 50)]
            posts.save_posts(conn, batch, case_id=case, at=AT)
        print(start, flush=True)
"""


def write(database: Database, kill_after: float | None) -> bool:
    """Run the writer; kill it so many seconds after its first batch. Return whether it was killed at work."""
    command = [sys.executable, "-c", WRITER, database.url.render_as_string(hide_password=False)]
    root = Path(__file__).parents[2]
    with subprocess.Popen(command, stdout=subprocess.PIPE, cwd=root) as child:
        assert child.stdout is not None
        if kill_after is not None:
            assert child.stdout.readline()
            time.sleep(kill_after)
            child.kill()
        child.communicate()
    return child.returncode != 0


def state(database: Database) -> tuple[list[tuple[int, Post]], set[str], list[dict[str, Any]]]:
    with database.read() as conn:
        found = list(posts.iter_posts(conn, "harbour"))
        hits = {hit.ref for hit in search.search(conn, "ferry", limit=5000)}
        accounts = list(readers.rows(conn, "accounts"))
    return found, hits, accounts


@pytest.mark.parametrize("kind", ["sqlite", "postgres"])
def test_killed_writer_leaves_no_trace(kind: str, request: pytest.FixtureRequest) -> None:
    database: Database = request.getfixturevalue(f"{kind}_database")
    assert sum(write(database, pause) for pause in (0.0, 0.013, 0.05)) > 0
    assert not write(database, None)
    with database.read() as conn:
        assert [number for number, _ in posts.iter_posts(conn)] == list(range(1, 1501))
    found, hits, accounts = state(database)
    expected = [post(n, text=f"ferry {n}", first_seen=AT) for n in range(1500)]
    assert [p for _, p in found] == expected
    assert hits == {p.ref for p in expected}
    assert [(a["ref"], a["posts"], a["earlier_names"]) for a in accounts] == [("quayside:u1", 1500, [])]
