"""The way of a case through the commands, on both databases, and what each command prints."""

from __future__ import annotations

import csv
import json
from dataclasses import replace
from datetime import timedelta
from email.utils import format_datetime
from io import StringIO
from pathlib import Path
from typing import Any

import pytest

from core.records import Post
from tests.runner import commands
from tests.runner.commands import Home, copytrail
from tests.runner.sites import FEED, PAGES, PER_PAGE, SEA_WALL, STORY, URL, Site


def test_the_main_job_from_watching_to_a_verified_bundle(either_home: Home, tmp_path: Path) -> None:
    home = either_home
    home("add", URL, "--case", "harbour", "--route", "api")
    home("add", FEED, "--case", "harbour")
    outcomes = home("collect", "--json").rows
    assert [(o["status"], o["posts"], o["new"], o["finding"]) for o in outcomes] == [
        ("done", PAGES * PER_PAGE, PAGES * PER_PAGE, None), ("done", 2, 2, None),
    ]  # fmt: skip
    matched = home("match", "--json").rows[0]
    assert matched["posts"] == PAGES * PER_PAGE + 2
    (family,) = home("families", "--min-platforms", "2", "--json").rows
    assert family["size"] == 2
    assert home("family", family["id"], "--json").rows[0]["members"] == family["members"]
    assert [s["ref"] for s in home("spread", family["id"], "--json").rows[0]["steps"]] == family["members"]
    pairs = home("pairs", "--json").rows
    (pair,) = [p for p in pairs if {p["left"], p["right"]} == set(family["members"])]
    assert set(pair) >= {"left", "right", "matcher", "score", "strength", "sentence", "detail", "version", "judgement"}
    assert pair in home("pairs", "--matcher", pair["matcher"], "--json").rows
    assert {hit["ref"] for hit in home("search", "narrow gate", "--json").rows} == set(family["members"])

    before = home.posts()
    bundle = tmp_path / "case.wacz"
    assert home("export", "--case", "harbour", "--out", bundle, "--json").rows[0]["posts"] == len(before)
    assert copytrail("verify", bundle, "--json").rows[-1]["verdict"] == "intact"

    read_again = home("reparse", "--json").rows
    assert sum(r["posts"] for r in read_again) == len(before)
    assert all((r["new"], r["changed"], r["finding"]) == (0, 0, None) for r in read_again)
    assert home.posts() == before
    home("db", "check")


def test_a_new_workspace_says_what_to_do_next(tmp_path: Path) -> None:
    printed = copytrail("init", tmp_path / "new")
    assert printed.status == 0
    assert "contact" in printed.out
    home = Home(tmp_path / "new")
    assert "copytrail add" in home("sources").out
    assert "copytrail match" in home("families").out
    assert "copytrail match" in home("pairs").out
    assert "copytrail add" in home("collect", status=3).err
    assert "copytrail collect" in home("reparse", status=3).err or "collect it" in home("reparse", status=3).err
    assert copytrail("init", tmp_path / "new").status == 0
    home("doctor")


def test_sources_print_what_is_promised(home: Home, site: Site) -> None:
    home("add", FEED, "--case", "harbour", "--every", "2h")
    before = home.source()
    assert (before["coverage"], before["last_run"], before["schedule"]) == (None, None, "2h")
    home("collect")
    row = home.source()
    promised = {
        "id": 1, "url": FEED, "platform": "quayletters.example", "kind": "site", "reader": "feeds.site",
        "route": "feed", "schedule": "2h", "posts": 2, "coverage": "complete",
    }  # fmt: skip
    assert {name: row[name] for name in promised} == promised
    assert set(row["last_run"]) >= {"status", "posts", "new", "finding", "started", "ended"}
    assert row["last_run"]["ended"].endswith("Z")
    assert row["next_run"] > row["last_run"]["ended"]


def test_posts_come_out_as_the_record_says(home: Home) -> None:
    home("add", URL, "--case", "harbour", "--route", "api")
    home("collect")
    rows = home("table", "posts", "--format", "jsonl", "--out", "-").rows
    for row in rows:
        assert row["v"] == 1
        assert row["ref"] == f"wordpress@harbourblog.example:{row['native_id']}"
        assert row["first_seen"].endswith("Z")
        assert row["capture"]
        assert Post.model_validate(row).model_dump(mode="json") == row
    table = home("table", "posts", "--out", "-").out
    assert len(list(csv.DictReader(StringIO(table)))) == len(rows)


def test_adding_again_changes_nothing_but_what_is_given(home: Home) -> None:
    first = home("add", FEED, "--case", "harbour", "--json").rows[0]
    again = home("add", FEED, "--case", "harbour", "--every", "1d", "--json").rows[0]
    assert again["id"] == first["id"]
    (row,) = home("sources", "--json").rows
    assert row["schedule"] == "1d"


def test_adding_again_takes_the_closer_reader_there_is_by_now(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    url = "https://www.reddit.com/r/harbour"
    assert home("add", url, "--case", "harbour", "--json").rows[0]["reader"] == "reddit.feed"
    for name in ("REDDIT_CLIENT_ID", "REDDIT_CLIENT_SECRET"):
        monkeypatch.setenv(name, "invented")
    (again,) = home("add", url, "--case", "harbour", "--json").rows
    assert (again["id"], again["reader"], again["route"]) == (1, "reddit.subreddit", "api")
    assert "Until now reddit.feed read it" in again["remark"]
    assert len(home("sources", "--json").rows) == 1


def test_a_route_a_person_chose_stays(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    url = "https://www.reddit.com/r/harbour"
    home("add", url, "--case", "harbour", "--route", "feed")
    for name in ("REDDIT_CLIENT_ID", "REDDIT_CLIENT_SECRET"):
        monkeypatch.setenv(name, "invented")
    home("add", url, "--case", "harbour", "--route", "feed")
    (row,) = home("sources", "--json").rows
    assert row["reader"] == "reddit.feed"


def test_what_is_only_recognised_is_said_and_not_asked_again_and_again(home: Home) -> None:
    (told,) = home("add", "https://9gag.com/u/harbour", "--case", "harbour", "--json").rows
    assert (told["reader"], told["route"]) == ("9gag.import", "import")
    assert "Zeeschuimer" in told["remark"]
    (row,) = home("sources", "--json").rows
    assert (row["schedule"], row["next_run"]) == (None, None)
    (out,) = home("collect", "--json", status=1).rows  # a run asked for by hand says it again
    assert out["finding"]["kind"] == "login_wall"


def test_an_address_is_looked_up_without_being_added(home: Home) -> None:
    (told,) = home("platforms", "hxxps://medium[.]com/@harbour/", "--json").rows
    assert (told["platform"], told["kind"], told["identity"]) == ("medium", "account", "harbour")
    assert not home("sources", "--json").rows
    assert "no web address" in home("platforms", "x/ y", status=2).err


def test_what_cannot_be_added_is_named_and_the_rest_is_added(home: Home) -> None:
    printed = home("add", FEED, "ftp://x", "nonsense", "--case", "harbour", status=1)
    assert len(printed.err.splitlines()) == 2
    assert "https://example.org/page" in printed.err
    assert len(home("sources", "--json").rows) == 1
    assert home("add", "nonsense", "--case", "harbour", status=2).out == ""
    assert "30m" in home("add", FEED, "--case", "harbour", "--every", "sometimes", status=2).err


ARTICLE = """<!DOCTYPE html><html lang="en"><head><title>The sea wall</title>
<script type="application/ld+json">{{"@type": "NewsArticle", "headline": "The sea wall",
"datePublished": "2024-06-12T08:00:00Z", "author": {{"@type": "Person", "name": "Ines Okoro"}}}}</script></head>
<body><article><h1>The sea wall</h1><p>{0}</p><p>{0}</p></article></body></html>"""


def test_a_site_without_a_feed_falls_to_its_pages_and_stays_there(home: Home, site: Site, tmp_path: Path) -> None:
    site.pages["/story/sea-wall"] = ARTICLE.format(SEA_WALL)
    assert home("add", STORY, "--case", "harbour", "--json").rows[0]["reader"] == "feeds.site"
    (home.folder / "watchlists" / "harbour.yml").write_text(f"case: harbour\nsources:\n - url: {STORY}\n")
    (out,) = home("collect", "--json").rows
    assert (out["status"], out["posts"]) == ("done", 1)
    (post,) = home.posts()
    assert SEA_WALL in post["text"]
    (source,) = home("sources", "--json").rows
    assert (source["route"], source["platform"]) == ("page", "plainpress.example")
    home("add", STORY, "--case", "harbour")
    assert home("collect", "--json").rows[0]["new"] == 0  # by a process of its own, as pages are
    assert len(home("sources", "--json").rows) == 1
    asked = len(site.asked)
    assert all(r["new"] == 0 for r in home("reparse", "--json").rows)
    other = commands.workspace(tmp_path / "other", port=site.port)
    other("db", "upgrade")
    other("add", STORY, "--case", "harbour")
    other("collect", "--replay", *sorted((home.folder / "archive" / "warc").iterdir()))
    assert other.posts() == home.posts()
    assert len(site.asked) == asked  # nothing touched the network


def test_a_source_that_used_to_give_posts_and_gives_none_is_named_loudly(home: Home, site: Site) -> None:
    home("add", FEED, "--case", "harbour")
    home("collect")
    site.feed = b"<rss version='2.0'><channel><title>Quay letters</title></channel></rss>"
    printed = home("collect", "--json", status=1)
    (out,) = printed.rows
    assert (out["coverage"], out["finding"]["kind"], out["was"]) == ("quiet", "quiet", 2)
    assert "it gave 2 posts on" in printed.err
    assert home.source()["posts"] == 2  # what was held is held


def test_a_site_that_gave_posts_by_its_feed_is_never_taken_for_one_without(home: Home, site: Site) -> None:
    home("add", FEED, "--case", "harbour")
    home("collect")
    site.feed = b"<!DOCTYPE html><html><body><p>Down for paint.</p></body></html>"
    assert home("collect", "--json", status=1).rows[0]["finding"]["kind"] == "source_changed"
    assert home.source()["reader"] == "feeds.site"


def test_preview_saves_nothing(home: Home) -> None:
    rows = home("preview", FEED, "--json").rows
    assert [r["native_id"] for r in rows] == ["wall", "lamp"]
    assert Post.model_validate(rows[0]).ref == rows[0]["ref"]
    assert home("sources", "--json").out == ""
    assert not list((home.folder / "archive" / "warc").iterdir())


@pytest.mark.parametrize(
    ("arguments", "status", "says"),
    [
        (("collect", "--source", "77"), 2, "no source 77"),
        (("reparse", "--source", "77"), 2, "no source 77"),
        (("collect", "--case", "nix"), 2, "no case called 'nix'"),
        (("sources", "--case", "nix"), 2, "no case called 'nix'"),
        (("family", "99"), 2, "copytrail families"),
        (("spread", "99"), 2, "copytrail families"),
        (("export", "--case", "nix", "--out", "x.wacz"), 2, "no case 'nix'"),
        (("db", "backup"), 2, "Name the file"),
        (("db", "restore", "nowhere.db"), 3, "nowhere.db"),
        (("collect", "a.warc.gz"), 2, "a.warc.gz"),
        (("nonsense",), 2, "No such command"),
        (("watch", "--for", "soon"), 2, "no duration"),
    ],
)
def test_wrong_use_is_said_in_a_sentence(home: Home, arguments: tuple[str, ...], status: int, says: str) -> None:
    printed = home(*arguments, status=status)
    assert says in printed.err
    assert "Traceback" not in printed.err


def test_the_workspace_is_named_before_or_after_the_command_or_by_the_environment(
    home: Home, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    home("add", FEED, "--case", "harbour")
    after = copytrail("sources", "--json", "--workspace", home.folder)
    assert after.rows == home("sources", "--json").rows
    monkeypatch.setenv("COPYTRAIL_HOME", str(home.folder))
    monkeypatch.chdir(tmp_path)
    assert copytrail("sources", "--json").rows == after.rows
    monkeypatch.delenv("COPYTRAIL_HOME")
    lost = copytrail("sources")
    assert lost.status == 3
    assert "copytrail init" in lost.err
    monkeypatch.chdir(home.folder)
    assert copytrail("sources", "--json").rows == after.rows


def test_the_working_copy_moves_to_a_file_and_back(either_home: Home, tmp_path: Path) -> None:
    home, kept = either_home, tmp_path / "kept.db"
    home("add", FEED, "--case", "harbour")
    home("collect")
    before = home.posts()
    home("db", "backup", kept)
    assert "exists already" in home("db", "backup", kept, status=3).err
    home("add", URL, "--case", "other", "--route", "api")
    home("db", "restore", kept)
    assert home.posts() == before
    assert len(home("sources", "--json").rows) == 1
    assert "revision" in home("db", "upgrade").out


def test_tables_are_written_to_files(home: Home, tmp_path: Path) -> None:
    home("add", FEED, "--case", "harbour")
    home("collect")
    for name in ("posts", "accounts", "families", "pairs", "findings"):
        for form in ("csv", "jsonl"):
            home("table", name, "--format", form, "--out", tmp_path / f"{name}.{form}")
    assert len((tmp_path / "posts.jsonl").read_text().splitlines()) == 2


def test_doctor_names_each_thing_with_its_remedy(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = {r["name"]: r for r in home("doctor", "--json").rows}
    assert rows["database"]["ok"]
    assert not rows["contact"]["ok"]
    assert "copytrail.toml" in rows["contact"]["says"]
    (home.folder / "copytrail.toml").unlink()
    printed = home("doctor", status=1)
    assert "copytrail init" in printed.out


@pytest.mark.parametrize(("ahead", "says"), [(0, "servers of the last 2"), (3600, "ahead of"), (-3600, "behind")])
def test_doctor_compares_the_clock_with_what_servers_stated(
    home: Home, site: Site, ahead: int, says: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from archive import reading

    home("add", FEED, "--case", "harbour")
    home("collect")
    load = reading.load

    def skewed(*args: Any) -> Any:
        exchange = load(*args)
        stated = format_datetime(exchange.captured_at - timedelta(seconds=ahead), usegmt=True)
        return replace(exchange, headers=[("Date", stated)])

    monkeypatch.setattr(reading, "load", skewed)
    (clock,) = [r for r in home("doctor", "--json").rows if r["name"] == "clock"]
    assert clock["ok"] is (ahead == 0)
    assert says in clock["says"]


def test_platforms_are_listed_with_route_login_limit_and_retention(home: Home) -> None:
    rows = copytrail("platforms", "--json").rows
    wanted = {"id", "collects", "route", "login", "requests_per_minute", "fields", "tier", "retention"}
    assert all(wanted <= set(row) for row in rows)
    assert {"reddit", "mastodon", "wordpress", "youtube"} <= {row["platform"] for row in rows}


def test_the_help_of_every_command_shows_an_example() -> None:
    from runner.cli import COMMANDS

    for name in COMMANDS:
        printed = copytrail(name, "--help")
        assert printed.status == 0
        assert f"Example: copytrail {name}" in printed.out


def test_imports_go_on_past_what_cannot_be_used(home: Home, tmp_path: Path) -> None:
    good = {"platform": "notes", "native_id": "1", "text": "The harbour is closed."}
    (tmp_path / "posts.ndjson").write_text(f"{json.dumps(good)}\n{{]\n{json.dumps({'platform': 'notes'})}\n")
    (tmp_path / "ragged.csv").write_text("platform,native_id,text\nnotes,2,fine\nnotes,3,too,many,cells\nnotes\n")
    (tmp_path / "list.txt").write_text(f"# a list\n{FEED}\nno address here\n")
    files = [tmp_path / name for name in ("posts.ndjson", "ragged.csv", "list.txt")]
    printed = home("import", *files, "--case", "harbour", "--json", status=1)
    posts, ragged, urls = printed.rows
    assert (posts["posts"], [r["line"] for r in posts["rejected"]]) == (1, [2, 3])
    assert ragged["posts"] >= 1
    assert ragged["rejected"]
    assert (urls["sources"], [r["line"] for r in urls["rejected"]]) == (1, [3])
    for bad in ("posts.ndjson, line 2", "ragged.csv, line", "list.txt, line 3"):
        assert bad in printed.err
    again = home("import", *files, "--case", "harbour", "--json", status=1)
    assert [row["new"] for row in again.rows] == [0, 0, 0]


def test_a_list_prints_one_object_per_line_and_nothing_else(home: Home) -> None:
    home("add", FEED, "--case", "harbour")
    home("collect")
    for command in (("sources",), ("search", "harbour"), ("pairs",), ("families",), ("platforms",), ("doctor",)):
        printed = home(*command, "--json") if command != ("platforms",) else copytrail(*command, "--json")
        assert all(isinstance(row, dict) for row in printed.rows)
        assert printed.err == ""


def test_fields_that_are_new_to_us_are_told_and_stop_nothing(home: Home, site: Site) -> None:
    known = site.posts
    site.posts = lambda number: {**known(number), "mood": {"of_the_day": "calm"}}
    home("add", URL, "--case", "harbour", "--route", "api")
    (out,) = home("collect", "--json").rows
    assert out["status"] == "done"
    assert out["unread"] == {"[].mood": PAGES * PER_PAGE}
    assert "new to us and not read (1): [].mood" in home("collect").out


def test_a_paused_source_is_left_alone_until_it_is_resumed(either_home: Home) -> None:
    home = either_home
    home("add", URL, "--case", "harbour", "--route", "api")
    assert home("sources", "--json", "--pause", 1).rows[0]["paused"] is True
    assert "Nothing is watched" in home("collect", status=3).err
    assert home("watch", "--for", "0s").out == ""
    assert home("collect", "--json", "--source", 1).rows[0]["posts"] == PAGES * PER_PAGE, "asked for by its number"
    assert home("sources", "--json", "--resume", 1).rows[0]["paused"] is False
    assert home("collect", "--json").rows[0]["status"] == "done"
    assert "There is no source 9" in home("sources", "--pause", 9, status=2).err


def test_an_odd_name_of_a_case_is_refused(home: Home, tmp_path: Path) -> None:
    (tmp_path / "posts.ndjson").write_text('{"platform": "reddit", "native_id": "t3_a"}\n')
    for arguments in (("add", URL), ("import", tmp_path / "posts.ndjson")):
        assert "cannot name a case" in home(*arguments, "--case", "a/b:c", status=2).err
