"""`copytrail capture`: pages of addresses and of posts, into the case, its archive and its custody log."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from archive.records import records
from demo.replicas import hard
from runner.workspace import Workspace
from storage import custody, pages
from storage.cases import case_id
from tests.archive.browsing import needs_browser
from tests.archive.hard_site import HardSite
from tests.runner import commands
from tests.runner.commands import Home

PAGE = f"https://{hard.SITE}/"


@pytest.fixture(scope="module")
def hard_site() -> Iterator[HardSite]:
    with HardSite() as running:
        yield running


@pytest.fixture
def lighthouse(tmp_path: Path, sqlite_template: Path, hard_site: HardSite) -> Home:
    made = commands.workspace(tmp_path / "case", port=hard_site.port)
    shutil.copy(sqlite_template, made.folder / "copytrail.db")
    return made


@needs_browser
def test_a_page_and_a_missing_one_are_captured_into_the_case(lighthouse: Home) -> None:
    said = lighthouse("capture", PAGE, f"{PAGE}nothing", "--case", "light", "--json", status=1)
    whole, gone = said.rows
    assert (whole["outcome"], gone["outcome"], gone["status"]) == ("ok", "gone", 404)
    assert whole["requests"] == {"requested": 27, "recorded": 27, "failed": 0, "blocked": 0, "local": 3}
    for key in ("software", "settings_sha256", "clock", "route", "robots"):
        assert whole[key] is not None
    assert gone["records"]["view"], "what a missing page shows is kept too"
    assert "is not there (404)" in said.err
    workspace = Workspace.open(lighthouse.folder)
    with workspace.database.read() as conn:
        rows = pages.of_case(conn, "light")
        log = [entry["event"] for entry in custody.log(conn, case_id(conn, "light"))]
    workspace.database.close()
    assert [row["outcome"] for row in rows] == ["ok", "gone"]
    assert log[:3] == ["opened", "captured", "captured"]
    written = {one.id for path in workspace.warc_folder.glob("*.gz") for one in records(path)}
    assert set(rows[0]["detail"]["exchanges"]) <= written
    assert not list((lighthouse.folder / "archive").glob("under-way-*"))


@needs_browser
@pytest.mark.skipif(os.name != "posix", reason="needs signals")
def test_a_killed_capture_leaves_its_attempt_and_the_next_call_closes_it(lighthouse: Home) -> None:
    command = [
        sys.executable,
        "-m",
        "runner",
        "--workspace",
        str(lighthouse.folder),
        "capture",
        PAGE,
        "--case",
        "light",
    ]
    process = subprocess.Popen(command, start_new_session=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    until = time.monotonic() + 60
    while not list((lighthouse.folder / "archive" / "warc").glob("*.gz")) and time.monotonic() < until:
        time.sleep(0.05)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    workspace = Workspace.open(lighthouse.folder)
    with workspace.database.read() as conn:
        (row,) = pages.of_case(conn, "light")
    assert row["outcome"] == "under_way"
    assert [one for path in workspace.warc_folder.glob("*.gz") for one in records(path)]
    said = lighthouse("capture", "--item", "nobody:1", "--case", "light", status=1)
    assert "closed as an error" in said.err
    assert "There is no post nobody:1" in said.err
    with workspace.database.read() as conn:
        (row,) = pages.of_case(conn, "light")
    workspace.database.close()
    assert row["outcome"] == "error"
    assert not list((lighthouse.folder / "archive").glob("under-way-*")), "what the killed one spooled is gone too"


def test_without_an_address_nothing_is_captured(lighthouse: Home) -> None:
    lighthouse("capture", "--case", "light", status=2)
