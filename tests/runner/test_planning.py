"""What people say of a schedule, in a watchlist, on the command line and in the settings, and what becomes of it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from core.errors import BadInput, CannotStart
from core.records import Finding
from runner.alone import alone
from runner.outcome import Outcome
from runner.planning import plan_next, plan_of
from runner.schedule import Watch
from runner.workspace import Workspace
from storage import runs, sources
from tests.runner.commands import Home
from tests.runner.sites import FEED

AT = datetime(2026, 3, 2, 12, tzinfo=UTC)


def opened(home: Home, more: str = "") -> Workspace:
    settings = home.folder / "copytrail.toml"
    settings.write_text(settings.read_text() + more)
    return Workspace.open(home.folder)


def looked(workspace: Workspace, at: datetime, new: int, coverage: str = "complete") -> sources.SourceRow:
    """Let a run of source 1 end at a moment, and plan the next."""
    with workspace.database.write() as conn:
        run = runs.open_run(conn, 1, at)
        runs.close_run(conn, run, status="done", finding=None, posts=new, new=new, changed=0, coverage=coverage, at=at)
    plan_next(workspace, Outcome(1, FEED, new=new, posts=new, coverage=coverage), at)
    with workspace.database.read() as conn:
        return sources.get_source(conn, 1)


def test_the_pace_follows_what_is_posted_and_says_so(home: Home) -> None:
    home("add", FEED, "--case", "harbour", "--every", "4h")
    workspace = opened(home)
    assert looked(workspace, AT, 500).pace == 4 * 3600  # what had gathered before we came says nothing
    row = looked(workspace, AT + timedelta(hours=4), 10)
    assert (row.pace, row.paced) == (2 * 3600, "every 2 h: 10 new in 4 h (between 1 h and 16 h)")
    assert row.next_run is not None
    assert row.next_run == AT + timedelta(hours=6)
    row = looked(workspace, AT + timedelta(hours=6), 0, "partial")
    assert row.pace == 2 * 3600
    assert "every 2 h" in home("sources").out


def test_a_watchlist_says_bounds_times_and_rest(home: Home) -> None:
    file = home.folder / "watchlists" / "more.yml"
    file.write_text(f"case: harbour\nsources:\n - url: {FEED}\n   every: 2h\n   between: 1h-3h\n   quiet: 22-6\n")
    source = home.source()
    assert (source["schedule"], source["plan"]) == ("2h", {"between": "1h-3h", "quiet": "22-6"})
    workspace = opened(home)
    plan = plan_of(workspace, 7200, source["plan"])
    assert (plan.fastest, plan.slowest) == (3600, 3 * 3600)
    file.write_text(f"case: harbour\nsources:\n - url: {FEED}\n   cron: 0 7 * * mon-fri\n")
    assert home.source()["schedule"] == "0 7 * * mon-fri"
    row = looked(workspace, AT, 3)
    assert row.next_run == datetime(2026, 3, 3, 7, tzinfo=UTC)


@pytest.mark.parametrize(
    "line", ["every: 5s", "between: 2d-1h", "between: 1h", "quiet: at night", "cron: 0 7 * * 1-5", "cron: daily"]
)
def test_a_schedule_that_is_none_is_named_and_the_rest_goes_on(home: Home, line: str) -> None:
    lists = home.folder / "watchlists"
    (lists / "bad.yml").write_text(f"case: harbour\nsources:\n - url: {FEED}\n   {line}\n")
    (lists / "good.yml").write_text(f"case: pier\nsources:\n - url: {FEED}\n")
    said = home("sources", status=1)
    assert line.partition(": ")[2] in said.err
    assert "pier" in said.out


def test_on_the_command_line(home: Home) -> None:
    home("add", FEED, "--case", "harbour", "--cron", "30 6 * * *", "--quiet", "22-6")
    assert home.source()["plan"] == {"cron": "30 6 * * *", "quiet": "22-6"}
    assert "no cron line" in home("add", FEED, "--case", "harbour", "--cron", "often", status=2).err


@pytest.mark.parametrize("more", ['zone = "Harbour"', 'quiet = "at night"'])
def test_settings_that_cannot_be_followed_are_named_before_anything_runs(home: Home, more: str) -> None:
    watch = Watch(opened(home, f"{more}\n"), lambda _: None, lambda _: None)
    with pytest.raises(CannotStart, match=r"copytrail.toml: schedule\."):
        watch.run(0)


def test_a_limit_in_passing_changes_no_pace_a_closed_door_does(home: Home) -> None:
    home("add", FEED, "--case", "harbour", "--every", "2h")
    workspace = opened(home)
    for kind, pace in (("rate_limited", 7200), ("login_wall", 14_400)):
        shut = Finding(kind=kind, sentence="Closed.", url=FEED)
        plan_next(workspace, Outcome(1, FEED, coverage="blocked", finding=shut), AT)
        with workspace.database.read() as conn:
            assert sources.get_source(conn, 1).pace == pace


def test_without_stretch_the_interval_holds(home: Home) -> None:
    home("add", FEED, "--case", "harbour", "--every", "1h")
    workspace = opened(home, "stretch = 1\n")
    looked(workspace, AT, 3)
    assert looked(workspace, AT + timedelta(hours=1), 400).paced == "every 1 h, as set"


def test_nothing_is_drawn_closer_than_five_minutes_by_itself(home: Home) -> None:
    workspace = opened(home)
    assert plan_of(workspace, 600, {}).fastest == 300
    assert plan_of(workspace, 120, {}).fastest == 120
    with pytest.raises(BadInput):
        plan_of(workspace, 600, {"quiet": "5-5"})


def test_a_second_watcher_is_told_who_watches(home: Home) -> None:
    workspace = opened(home)

    def watch() -> None:
        Watch(workspace, lambda _: None, lambda _: None).run(0)

    with (
        alone(workspace.root / "watch.lock", "{who}"),
        pytest.raises(CannotStart, match=r"Another `copytrail watch` .*process \d+"),
    ):
        watch()
    watch()
