"""kill -9 in the middle of a collection, at moments spread over it, and then again: the same posts, each once."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest

from archive.reading import read
from tests.runner import commands
from tests.runner.commands import Home
from tests.runner.sites import FEED, PAGES, PER_PAGE, URL, Site

# The moments: before which call of which function the process dies. They stand on both sides of every transaction, in
# the middle of one, and around each write to the archive, early and late in the walk.
MOMENTS = [
    ("runner.run.Run.open", 1), ("archive.warc.WarcWriter._append", 1), ("archive.warc.WarcWriter._append", 3),
    ("archive.warc.WarcWriter.drain", 1), ("runner.run.Run.keep", 1), ("storage.captures.save_captures", 1),
    ("storage.posts.save_posts", 1), ("storage.posts._insert", 1), ("storage.findings.save_findings", 1),
    ("storage.posts._insert", 2), ("runner.run.Run.keep", 3), ("storage.posts._insert", 1),
    ("archive.warc.WarcWriter.drain", 2), ("runner.run.Run.close", 1), ("storage.cursors.save", 1),
    ("storage.runs.close_run", 1), ("storage.watching.note", 1), ("storage.sources.schedule_next", 1),
    ("runner.run.Run.open", 2), ("runner.run.Run.close", 2),
]  # fmt: skip


def die_before(moment: tuple[str, int]) -> None:
    """Arrange that this process kills itself, as nothing else could, before that call."""
    import importlib

    (path, count), calls = moment, 0
    module, _, name = path.rpartition(".")
    try:
        owner: object = importlib.import_module(module)
    except ModuleNotFoundError:
        module, _, kind = module.rpartition(".")
        owner = getattr(importlib.import_module(module), kind)
    real = getattr(owner, name)

    def counted(*args: object, **more: object) -> object:
        nonlocal calls
        calls += 1
        if calls == count:
            os.kill(os.getpid(), signal.SIGKILL)
        return real(*args, **more)

    setattr(owner, name, counted)


def collect_and_die(home: Home, moment: tuple[str, int]) -> bool:
    """Collect in a forked process that kills itself at a moment; return whether the moment came."""
    child = os.fork()
    if child == 0:
        try:
            die_before(moment)
            home("collect")
        finally:
            os._exit(0)
    _, status = os.waitpid(child, 0)
    return os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL


@pytest.mark.filterwarnings("ignore:.*multi-threaded, use of fork:DeprecationWarning")
def test_a_killed_collection_is_made_good_by_the_next(
    either_home: Home, site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("runner.collect.BATCH", 15)
    home, whole = either_home, commands.workspace(tmp_path / "whole", port=site.port)
    whole("db", "upgrade")
    for each in (home, whole):
        each("add", URL, "--case", "harbour", "--route", "api")
        each("add", FEED, "--case", "harbour")
    whole("collect")
    stored = 0
    for moment in MOMENTS:
        assert collect_and_die(home, moment), f"{moment} never came"
        posts = home.posts()
        assert len({p["ref"] for p in posts}) == len(posts)
        assert len(posts) >= stored, f"posts were lost at {moment}"
        stored = len(posts)
    home("collect")
    assert home.posts() == whole.posts()
    _sound(home)


@pytest.mark.filterwarnings("ignore:.*multi-threaded, use of fork:DeprecationWarning")
@pytest.mark.parametrize("moment", [MOMENTS[n] for n in (2, 9, 10, 14)], ids=lambda m: f"{m[0].rpartition('.')[2]}")
def test_one_kill_leaves_no_hole(
    home: Home, site: Site, moment: tuple[str, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("runner.collect.BATCH", 15)
    home("add", URL, "--case", "harbour", "--route", "api")
    home("add", FEED, "--case", "harbour")
    assert collect_and_die(home, moment)
    home("collect")
    _sound(home)
    told = [e for e in home("custody", "--case", "harbour", "--json").rows if e["event"] == "collected"]
    assert [e["note"]["status"] for e in told] == ["interrupted", "done", "done"], "the killed run is in the log too"


def _sound(home: Home) -> None:
    """Assert that every post is there once, its answer is archived, and no run is left open."""
    posts = home.posts()
    wanted = {f"wordpress@harbourblog.example:{n}" for n in range(1, PAGES * PER_PAGE + 1)}
    assert {p["ref"] for p in posts if p["platform"] == "wordpress"} == wanted
    assert len(posts) == PAGES * PER_PAGE + 2
    archived = {c.record_id for c in read(_warcs(home.folder), on_damage=lambda _: None)}
    captures = {row["capture"] for row in home("table", "posts", "--format", "jsonl", "--out", "-").rows}
    assert captures <= archived
    for source in home("sources", "--json").rows:
        assert (source["last_run"]["status"], source["coverage"]) == ("done", "complete")
    assert all((r["new"], r["changed"]) == (0, 0) for r in home("reparse", "--json").rows)
    home("db", "check")


def _warcs(workspace: Path) -> list[Path]:
    return sorted((workspace / "archive" / "warc").glob("*.warc.gz"))
