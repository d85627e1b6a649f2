"""What goes wrong outside: one sentence each, the rest goes on, what came is archived, nothing is stored twice."""

from __future__ import annotations

import gzip
import shutil
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from archive.reading import read
from demo import operation, server
from demo.replicas import misbehaving
from storage.engine import Database
from tests.runner import commands
from tests.runner.commands import Home
from tests.runner.sites import FEED, PAGES, PER_PAGE, URL, Site, letter, rss

AT = f"https://{misbehaving.HOST}"


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    """A server on which everything goes wrong."""
    with server.start(operation.build(), trouble=()) as running:
        yield running.port


@pytest.fixture
def harsh(tmp_path: Path, sqlite_template: Path, port: int) -> Home:
    """A workspace that reaches the misbehaving host."""
    made = commands.workspace(tmp_path / "harsh", port=port)
    shutil.copy(sqlite_template, made.folder / "copytrail.db")
    return made


def archived(home: Home) -> dict[str, bytes]:
    """Return what the archive holds of each address."""
    files = sorted((home.folder / "archive" / "warc").glob("*.warc.gz"))
    return {c.exchange.url: c.exchange.body for c in read(files)}


@pytest.mark.parametrize(
    ("path", "kind", "says", "ids"),
    [
        ("/broken.xml", "unavailable", "complete", {"a", "b"}),
        ("/page-instead-of-feed.xml", "source_changed", "names no feed", set()),
        ("/truncated-gzip.xml", "unavailable", "truncated-gzip.xml", set()),
        ("/cut-short.xml", "unavailable", "next run", set()),
        ("/wrong-charset.xml", None, "", {"a"}),
        ("/nul.xml", None, "", {"a"}),
        ("/duplicate-ids.xml", None, "", {"same", "other"}),
        ("/dates.xml", "source_changed", "filled in 1 of 4", {"none", "never", "old", "good"}),
        ("/huge.xml", "too_large", "32,000,000 bytes", set()),
        ("/loop", "redirect", "loop", set()),
        ("/inside", "refused", "127.0.0.1", set()),
        ("/gone.xml", "gone", "410", set()),
        ("/legal.xml", "legal_block", "451", set()),
        ("/busy.xml", "rate_limited", "429", set()),
    ],
)
def test_a_misbehaving_site_is_told_in_one_sentence(
    harsh: Home, path: str, kind: str | None, says: str, ids: set[str]
) -> None:
    harsh("add", AT + path, "--case", "trouble", "--route", "feed")
    problem = kind not in (None, "gone", "legal_block", "redirect")
    for _ in range(2):  # the second time nothing is stored twice
        printed = harsh("collect", "--json", status=int(problem))
        (out,) = printed.rows
        finding = out["finding"]
        assert (finding and finding["kind"]) == kind, finding
        if finding:
            assert says in finding["sentence"]
            assert AT in finding["sentence"] or AT + path in printed.err
            assert finding["sentence"].count(". ") <= 2
        posts = harsh.posts()
        assert {p["native_id"].rpartition("/")[2] for p in posts} == ids
        assert len(posts) == len(ids)
    assert harsh.source()["last_run"]["finding"] == finding
    kept = archived(harsh)
    assert any(url.endswith(path) for url in kept)
    assert "Traceback" not in printed.err


def test_what_came_of_a_refused_answer_is_archived(harsh: Home) -> None:
    harsh("add", f"{AT}/truncated-gzip.xml", f"{AT}/huge.xml", "--case", "trouble", "--route", "feed")
    harsh("collect", status=1)
    kept = archived(harsh)
    outburst = misbehaving.answer("/truncated-gzip.xml")
    assert outburst is not None
    assert kept[f"{AT}/truncated-gzip.xml"] == b"".join(outburst.parts())
    assert len(kept[f"{AT}/huge.xml"]) == 32_000_000


def test_letters_of_a_wrong_charset_are_read_as_meant(harsh: Home) -> None:
    harsh("add", f"{AT}/wrong-charset.xml", f"{AT}/nul.xml", "--case", "trouble", "--route", "feed")
    harsh("collect")
    texts = [p["text"] for p in harsh.posts()]
    assert any(t.startswith("before") and "\0" not in t for t in texts)


def test_one_failure_does_not_keep_the_others_from_being_read(harsh: Home) -> None:
    urls = [AT + p for p in ("/empty.xml", "/loop", "/duplicate-ids.xml", "/nul.xml")]
    harsh("add", *urls, "--case", "trouble", "--route", "feed")
    outcomes = harsh("collect", "--json", status=1).rows
    assert [o["url"] for o in outcomes] == urls
    assert [o["posts"] for o in outcomes] == [0, 0, 2, 1]


def test_dates_that_are_missing_or_cannot_be_are_unknown(harsh: Home) -> None:
    harsh("add", f"{AT}/dates.xml", "--case", "trouble", "--route", "feed")
    harsh("collect", status=1)
    published = {p["native_id"]: p["published"] for p in harsh.posts()}
    assert published["none"]["at"] is None
    assert published["never"] | {"zone": ""} == {
        "at": None, "verbatim": "Fri, 31 Jun 2024 25:61:00 GMT", "precision": "unknown", "source": "platform",
        "zone": "",
    }  # fmt: skip
    assert published["good"]["at"] == "2024-06-04T08:00:00Z"


def test_a_host_that_does_not_answer_is_named(home: Home) -> None:
    with socket.socket() as taken:  # bound and not listening: connections are refused
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        (home.folder / "copytrail.toml").write_text(commands.SETTINGS.format(port=port, url=""))
        home("add", FEED, "--case", "harbour")
        printed = home("collect", "--json", status=1)
    finding = printed.rows[0]["finding"]
    assert finding["kind"] == "robots"  # a host that cannot say what it allows is left alone for now
    assert FEED.partition("/letters")[0] in finding["sentence"]
    assert "next run" in finding["sentence"]


def test_an_archive_folder_that_is_none_stops_before_anything_is_asked(home: Home, site: Site) -> None:
    home("add", FEED, "--case", "harbour")
    folder = home.folder / "archive" / "warc"
    folder.rmdir()
    folder.write_text("a file")
    printed = home("collect", status=3)
    assert str(folder) in printed.err
    assert site.asked == []


def test_an_archive_that_fills_up_ends_the_collection_and_nothing_is_lost(
    home: Home, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    from archive.warc import WarcWriter
    from core.errors import CannotStart

    home("add", FEED, "--case", "harbour")
    home("add", URL, "--case", "harbour", "--route", "api")
    with monkeypatch.context() as full:

        def refuse(self: WarcWriter, _: bytes) -> None:
            raise CannotStart(f"The archive folder {self.folder} cannot be written (No space left on device).")

        full.setattr(WarcWriter, "_append", refuse)
        printed = home("collect", status=3)
    assert "No space left" in printed.err
    assert home.posts() == []
    assert home.source()["last_run"]["status"] == "failed"
    home("collect")
    assert len(home.posts()) == PAGES * PER_PAGE + 2


def test_an_unwritable_file_for_a_table_or_a_bundle_is_named(home: Home, tmp_path: Path) -> None:
    home("add", FEED, "--case", "harbour")
    home("collect")
    taken = tmp_path / "file"
    taken.write_text("x")
    for command in (("table", "posts"), ("export", "--case", "harbour"), ("db", "backup")):
        out = ("--out", taken / "x") if command[0] != "db" else (taken / "x",)
        printed = home(*command, *out, status=3 if command[0] == "db" else 2)
        assert str(taken / "x") in printed.err
        assert "Traceback" not in printed.err
    assert str(taken) in commands.copytrail("init", taken / "case").err


def test_a_batch_the_database_refuses_ends_its_run_and_no_other(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    from storage import posts

    home("add", FEED, "--case", "harbour")
    home("add", URL, "--case", "harbour", "--route", "api")
    save = posts.save_posts

    def refuse(conn: object, batch: list[object], **more: object) -> object:
        if any(getattr(p, "native_id", "") == "wall" for p in batch):
            raise ValueError("no such column")
        return save(conn, batch, **more)  # type: ignore[arg-type]

    with monkeypatch.context() as broken:
        broken.setattr(posts, "save_posts", refuse)
        first, second = home("collect", "--json", status=1).rows
    assert first["status"] == "failed"
    assert first["finding"]["kind"] == "failed"
    assert "could not be stored" in first["finding"]["sentence"]
    assert "copytrail reparse --source 1" in first["finding"]["sentence"]
    assert second["posts"] == PAGES * PER_PAGE
    assert home("reparse", "--source", "1", "--json").rows[0]["new"] == 2


def test_a_parser_that_stumbles_names_the_line_and_no_other_run_suffers(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    from collectors import feed_walk

    home("add", FEED, "--case", "harbour")
    home("add", URL, "--case", "harbour", "--route", "api")

    def stumble(*_: object) -> None:
        raise KeyError("guid")

    with monkeypatch.context() as broken:
        broken.setattr(feed_walk, "read_feed", stumble)
        first, second = home("collect", "--json", status=1).rows
    assert first["finding"]["kind"] == "source_changed"
    assert "test_bad_input.py:" in first["finding"]["sentence"]
    assert second["status"] == "done"
    assert home("reparse", "--source", "1", "--json").rows[0]["new"] == 2


def test_a_damaged_recording_is_named_and_the_rest_of_it_is_read(home: Home, tmp_path: Path) -> None:
    home("add", FEED, "--case", "harbour")
    home("collect")
    (whole,) = (home.folder / "archive" / "warc").glob("*.warc.gz")
    torn = tmp_path / "torn.warc.gz"
    torn.write_bytes(whole.read_bytes()[:-30] + b"")
    text = tmp_path / "notes.warc.gz"
    text.write_bytes(gzip.compress(b"these are notes"))
    other = commands.workspace(tmp_path / "other")
    other("db", "upgrade")
    other("add", FEED, "--case", "harbour")
    printed = other("collect", "--json", "--replay", whole, text, status=1)
    assert "notes.warc.gz" in printed.err
    assert printed.rows[0]["new"] == 2
    printed = other("collect", "--replay", torn, status=1)
    assert "torn.warc.gz" in printed.err
    assert "notes.warc.gz" in other("collect", "--replay", text, status=2).err
    assert len(other.posts()) == 2


def test_a_database_of_a_newer_program_is_left_alone(home: Home) -> None:
    with Database(home.folder / "copytrail.db") as database, database.write() as conn:
        conn.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    for command in (("sources",), ("collect",), ("match",), ("db", "upgrade"), ("search", "x")):
        printed = home(*command, status=3)
        assert "newer copytrail" in printed.err
        assert "update the program" in printed.err


def test_a_database_that_is_none_says_so(home: Home) -> None:
    (home.folder / "copytrail.db").write_bytes(b"not a database at all, but long enough to be looked at" * 100)
    assert "copytrail.db" in home("sources", status=3).err
    (home.folder / "copytrail.db").unlink()
    assert "copytrail db upgrade" in home("sources", status=3).err


def test_a_database_server_that_is_away_is_named_without_its_password(home: Home) -> None:
    url = "postgresql://someone:sesame@127.0.0.1:1/case"
    (home.folder / "copytrail.toml").write_text(commands.SETTINGS.format(port=0, url=url))
    printed = home("sources", status=3)
    assert "COPYTRAIL_DATABASE_URL" in printed.err
    assert "sesame" not in printed.err


def test_a_bad_watchlist_is_named_and_the_others_are_followed(home: Home) -> None:
    (home.folder / "watchlists" / "bad.yml").write_text("case: x\nsources:\n - url: https://a.example/\n   evry: 6h\n")
    (home.folder / "watchlists" / "good.yml").write_text(f"case: harbour\nsources:\n - url: {FEED}\n   every: 2h\n")
    printed = home("collect", "--json", status=1)
    assert "bad.yml: sources.0.evry" in printed.err
    assert printed.rows[0]["posts"] == 2
    assert home("sources", "--json", status=1).rows[0]["schedule"] == "2h"


def test_a_feed_cut_in_the_middle_does_not_move_the_cursor(home: Home, site: Site) -> None:
    home("add", FEED, "--case", "harbour")
    whole = rss(*(letter(f"n{n}", f"Letter number {n} of the quay.") for n in range(6)))
    site.feed = whole[:-150]
    home("collect", status=1)
    cut = len(home.posts())
    assert 0 < cut < 6
    site.feed = whole
    home("collect")
    assert len(home.posts()) == 6


def test_a_run_that_takes_too_long_is_ended_and_keeps_what_it_has(
    home: Home, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COPYTRAIL_COLLECT__RUN_MINUTES", "0.000001")
    monkeypatch.setattr("runner.collect.BATCH", 15)
    home("add", URL, "--case", "harbour", "--route", "api")
    (out,) = home("collect", "--json", status=1).rows
    assert (out["status"], out["posts"], out["finding"]["kind"]) == ("partial", 15, "unavailable")
    assert "took over" in out["finding"]["sentence"]
    assert len(home.posts()) == 15
    asked = len(site.asked)
    monkeypatch.delenv("COPYTRAIL_COLLECT__RUN_MINUTES")
    home("collect")
    assert len(home.posts()) == PAGES * PER_PAGE
    assert asked < PAGES
