"""Reading the archive again: the same working copy, and what an older parser missed filled in."""

from __future__ import annotations

from typing import Any

import pytest

from runner.workspace import Workspace
from storage import cursors, posts, watching
from tests.runner import commands, sites
from tests.runner.commands import Home
from tests.runner.sites import FEED, URL, Site, letter, rss


def versions(home: Home) -> dict[str, list[tuple[Any, ...]]]:
    """Return every wording of every post: number, moment, text, whether it is the current one."""
    workspace = Workspace.open(home.folder)
    with workspace.database as database, database.read() as conn:
        refs = [post.ref for _, post in posts.iter_posts(conn)]
        return {
            ref: [(v.n, v.seen_at, v.post.title, v.post.text, v.is_current) for v in posts.versions(conn, ref)]
            for ref in refs
        }


def watched(home: Home) -> tuple[Any, ...]:
    """Return what is noted of when a source was looked at."""
    workspace = Workspace.open(home.folder)
    with workspace.database as database, database.read() as conn:
        return home.source(), cursors.load(conn, 1), watching.list_intervals(conn, 1)


def edited(number: int) -> dict[str, Any]:
    post = sites.post(number)
    if number == 7:
        post["content"]["rendered"] = "<p>The wall will not be higher after all, the board said on Friday.</p>"
    return post


def test_edits_between_two_runs_come_out_the_same(either_home: Home, site: Site) -> None:
    home = either_home
    home("add", URL, "--case", "harbour", "--route", "api")
    home("add", FEED, "--case", "harbour")
    home("collect")
    site.posts = edited
    site.feed = rss(letter("wall", "The wall will be lower."), letter("buoy", "A buoy broke loose."))
    assert sum(o["changed"] for o in home("collect", "--json").rows) == 2
    before, worded, noted = home.posts(), versions(home), watched(home)
    assert [len(v) for ref, v in worded.items() if ref.endswith((":7", "wall"))] == [2, 2]

    for _ in range(2):
        rows = home("reparse", "--json").rows
        assert len(rows) == 4  # two runs of two sources
        assert all((r["new"], r["changed"], r["finding"]) == (0, 0, None) for r in rows)
    assert home.posts() == before
    assert versions(home) == worded
    assert watched(home) == noted


def test_what_an_older_parser_missed_is_filled_in(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    from collectors import feed_walk

    home("add", FEED, "--case", "harbour")
    today = feed_walk.FeedSource.posts

    def older(self: Any, *args: Any) -> list[Any]:
        return [post.model_copy(update={"title": None, "community": None}) for post in today(self, *args)[1:]]

    with monkeypatch.context() as then:
        then.setattr(feed_walk.FeedSource, "posts", older)
        home("collect")
    assert [p["title"] for p in home.posts()] == [None]
    row = home("reparse", "--json").rows[0]
    assert (row["posts"], row["new"]) == (2, 1)
    assert [p["title"] for p in home.posts()] == ["lamp", "wall"]


def test_a_run_in_which_nothing_had_changed_is_no_problem(home: Home, site: Site) -> None:
    home("add", URL, "--case", "harbour", "--route", "api")
    home("collect")
    home("collect")
    asked = len(site.asked)
    rows = home("reparse", "--json").rows
    assert [r["finding"] for r in rows] == [None, None]
    assert len(site.asked) == asked  # nothing touched the network


def test_the_archive_alone_gives_the_same_posts_elsewhere(home: Home, site: Site, tmp_path: Any) -> None:
    home("add", URL, "--case", "harbour", "--route", "api")
    home("collect")
    other = commands.workspace(tmp_path / "other")
    other("db", "upgrade")
    other("add", URL, "--case", "harbour", "--route", "api")
    other("collect", "--replay", *sorted((home.folder / "archive" / "warc").iterdir()))
    assert other.posts() == home.posts()
    _, cursor, intervals = watched(other)
    assert cursor.full  # a recording says nothing of how far the live walks got
    assert intervals[0].end <= watched(home)[2][0].end


def test_a_lost_file_of_the_archive_is_named(home: Home) -> None:
    home("add", FEED, "--case", "harbour")
    home("collect")
    (file,) = (home.folder / "archive" / "warc").iterdir()
    file.unlink()
    printed = home("reparse", status=1)
    assert file.name in printed.err
    assert "Traceback" not in printed.err
