"""What is watched, when it is due, what was captured and found."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

import pytest

from core.errors import BadInput
from core.records import Finding
from storage import captures, cases, findings, posts, readers, runs, sources
from storage.engine import Database
from tests.storage.invented import AT, post

HOUR = timedelta(hours=1)


def add(
    database: Database, name: str, case: str = "harbour", every: int | None = 3600, reason: str | None = None
) -> int:
    with database.write() as conn:
        cases.ensure_case(conn, case, AT)
        return sources.add_source(
            conn, case=case, url=f"https://{name}.example/", kind=f"{name}.feed", platform=name, route="feed",
            every=every, at=AT, robots_override=reason,
        )  # fmt: skip


def test_adding_again_changes_only_what_is_given(database: Database) -> None:
    first = add(database, "a", reason="agreed with the site")
    assert add(database, "a", every=7200) == first
    assert add(database, "a", case="pier") != first
    with database.read() as conn:
        row = sources.get_source(conn, first)
        assert (row.every, row.robots_override, row.next_run) == (7200, "agreed with the site", AT)
        assert [r.case for r in sources.list_sources(conn)] == ["harbour", "pier"]
        with pytest.raises(BadInput, match="no source 99"):
            sources.get_source(conn, 99)
    with pytest.raises(BadInput, match="longer than 600"):
        add(database, "a" * 700)


def test_due_ones_longest_overdue_first(database: Database) -> None:
    a, b, c = add(database, "a"), add(database, "b"), add(database, "c", every=None)
    with database.write() as conn:
        sources.schedule_next(conn, a, AT + HOUR)
        sources.schedule_next(conn, b, AT - HOUR, pace=1800, paced="every 30 min: 9 new in 1 h")
        sources.schedule_next(conn, c, None)
        assert [r.id for r in sources.due_sources(conn, AT)] == [b]
        assert [r.id for r in sources.due_sources(conn, AT + 9 * HOUR)] == [b, a]
        sources.pause(conn, b)
        assert [r.id for r in sources.due_sources(conn, AT + 9 * HOUR)] == [a]
        sources.pause(conn, b, paused=False)
        row = sources.get_source(conn, b).as_row()
        assert (row["schedule"], row["pace"], row["paced"]) == ("1h", "30m", "every 30 min: 9 new in 1 h")
        sources.set_kind(conn, a, "a.api", "a", "api")
        assert sources.get_source(conn, a).kind == "a.api"


def test_another_interval_or_plan_begins_anew(database: Database) -> None:
    number = add(database, "a")
    with database.write() as conn:
        sources.schedule_next(conn, number, AT, pace=900, paced="every 15 min")
        assert sources.get_source(conn, number).pace == 900
    assert add(database, "a", every=None, reason="agreed with the site") == number
    with database.write() as conn:
        assert sources.get_source(conn, number).pace == 900
        sources.add_source(
            conn, case="harbour", url="https://a.example/", kind="a.feed", platform="a", route="feed", at=AT,
            plan={"cron": "0 7 * * mon"},
        )  # fmt: skip
        row = sources.get_source(conn, number)
    assert (row.pace, row.plan, row.as_row()["schedule"]) == (None, {"cron": "0 7 * * mon"}, "0 7 * * mon")


def test_intervals_are_written_as_they_are_typed() -> None:
    typed = {None: None, 90: "90s", 1800: "30m", 21600: "6h", 86400: "1d", 604800: "1w"}
    assert {seconds: sources.duration(seconds) for seconds in typed} == typed


@dataclass
class Written:
    record_id: str
    file: str
    offset: int = 3_000_000_000
    length: int = 10
    url: str = "https://a.example/"
    method: str = "GET"
    status: int | None = 200
    captured_at: datetime = AT
    sha256: str = "ab"
    error: str | None = None


def test_captures_are_found_by_record_case_and_run(database: Database) -> None:
    a, b = add(database, "a"), add(database, "b", case="pier")
    with database.write() as conn:
        one, two = runs.open_run(conn, a, AT), runs.open_run(conn, b, AT)
        captures.save_captures(conn, [Written("r1", "x.warc.gz"), Written("r2", "y.warc.gz")], source_id=a, run_id=one)
        captures.save_captures(conn, [Written("r1", "z.warc.gz"), Written("r3", "y.warc.gz")], source_id=b, run_id=two)
        case = cases.case_id(conn, "harbour")
        posts.save_posts(conn, [post(1, capture="r3")], case_id=case, at=AT)
    with database.read() as conn:
        assert captures.find(conn, ["r1", "none"])["r1"].file == "x.warc.gz"
        assert captures.find(conn, ["r1"])["r1"].offset == 3_000_000_000
        assert captures.files(conn, ["r1", "r3"]) == {"x.warc.gz", "y.warc.gz"}
        assert captures.of_case(conn, "harbour") == {"r1", "r2", "r3"}
        assert captures.of_case(conn, "pier") == {"r3"}
        first, second = captures.by_run(conn)
    assert first == (a, ["r1", "r2"], ["x.warc.gz", "y.warc.gz"])
    assert second == (b, ["r3"], ["y.warc.gz"])


def test_finding_is_kept_once_until_it_changes(database: Database) -> None:
    a = add(database, "a")
    gone = Finding(kind="gone", sentence="Comment 1 was deleted.", ref="quayside:1", evidence="[deleted]")
    with database.write() as conn:
        for hours, finding in enumerate((gone, gone, gone.model_copy(update={"kind": "private"}))):
            findings.save_findings(conn, [finding], source_id=a, at=AT + hours * HOUR)
    with database.read() as conn:
        rows = list(readers.rows(conn, "findings", "harbour"))
        with pytest.raises(BadInput, match="no table 'pets'"):
            readers.rows(conn, "pets")
    assert [(r["at"][11:], r["kind"]) for r in rows] == [("12:00:00Z", "gone"), ("14:00:00Z", "private")]
    assert (rows[0]["ref"], rows[0]["url"]) == ("quayside:1", "https://a.example/")


def test_table_of_posts_has_the_public_shape(database: Database) -> None:
    with database.write() as conn:
        posts.save_posts(conn, [post(1)], case_id=cases.ensure_case(conn, "harbour", AT), at=AT)
    with database.read() as conn:
        (row,) = readers.rows(conn, "posts", "harbour")
    assert row["ref"] == "quayside:1"
    assert row["published"]["at"] == "2025-02-28T09:30:00Z"
    assert row["first_seen"] == "2025-03-01T12:00:00Z"
