"""New posts meet the whole archive; what is found does not depend on how the posts were cut into runs."""

from __future__ import annotations

import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from core.errors import BadInput, CannotStart
from core.records import Author, Post
from matchers import meeting
from matchers.exact_text import TextExact
from matchers.near_text import TextNear
from matchers.segments import Segments
from runner import match_read
from storage import families
from storage.engine import Database
from tests.runner.copies import edited, groups, members, pairs, post, run, save, text

KILLED = """
import sys
from pathlib import Path
from typing import Any
from matchers import kernel
from runner import match, match_read
from storage.engine import Database
kernel.warm()
match_read.FEWEST = match_read.MOST = 10
database = Database(sys.argv[1])
print("ready", flush=True)
match.match(database, Path(sys.argv[2]), rebuild=True)
"""


def test_copies_are_found_and_grouped(database: Database, tmp_path: Path) -> None:
    base = text(1)
    save(
        database,
        [
            post(1, base, hour=1, languages=("en",)), post(2, base.upper(), "reddit", hour=3),
            post(3, edited(base, 0.1), "medium", hour=2), post(4, text(2)), post(5, "too short"), post(6, None),
        ],
    )  # fmt: skip
    found = run(database, tmp_path)
    assert (found.posts, found.pairs, found.families) == (6, 2, 1)
    assert set(pairs(database, "text.exact")) == {("00002", "00001")}
    assert set(pairs(database, "text.near")) == {("00003", "00001")}
    [family] = groups(database)
    assert family["members"] == ["tumblr:00001", "medium:00003", "reddit:00002"]
    assert family["platforms"] == ["medium", "reddit", "tumblr"]
    assert family["languages"] == ["en"]
    assert family["accounts"] == ["medium:u3", "reddit:u2", "tumblr:u1"]
    assert (family["size"], family["matchers"]) == (3, ["text.exact", "text.near"])
    assert family["first_captured"] == "2025-03-01T00:00:00Z"
    with database.read() as conn:
        assert list(families.list_families(conn, None, 4)) == []
        assert families.load_family(conn, family["id"])["members"] == family["members"]
        with pytest.raises(BadInput, match="no family"):
            families.load_family(conn, "nobody")


def test_a_pair_has_the_verdict_of_the_matcher_itself(sqlite_database: Database, tmp_path: Path) -> None:
    base = text(3)
    mine = Author(native_id="same")
    some = [post(1, base, author=mine), post(2, base, author=mine), post(3, edited(base, 0.2), title="Again and again")]
    save(sqlite_database, some)
    run(sqlite_database, tmp_path)
    for matcher in (TextExact(), TextNear()):
        kept = pairs(sqlite_database, matcher.id)
        assert kept
        for (left, right), pair in kept.items():
            verdict = matcher.compare(some[int(left) - 1], some[int(right) - 1])
            assert verdict
            assert (pair["score"], pair["strength"], pair["sentence"]) == (
                verdict.score, verdict.strength, verdict.sentence,
            )  # fmt: skip
            rarity = pair["detail"].pop("rarity")
            assert pair["detail"].pop("spans")  # where a piece is found twice, which is told depends on who is asked
            assert pair["detail"] == {name: value for name, value in verdict.detail.items() if name != "spans"}
            assert rarity["posts"] <= 3
            assert 0 < pair["bits"] <= 20
            assert pair["parameters"].keys() == matcher.parameters.keys()
            assert (pair["version"], pair["judgement"]) == (matcher.version, None)


def planted() -> list[Post]:
    some = [post(n, text(n)) for n in range(120)]
    for n in range(120, 180):
        base = some[(n * 7) % 60].text or ""
        some.append(post(n, base if n % 3 == 0 else edited(base, 0.1 if n % 3 == 1 else 0.2, n)))
    return some


@pytest.mark.parametrize("cuts", [[180], [1, 60, 61, 130, 180], [120, 121, 122, 123, 180]])
def test_runs_cut_anywhere_give_the_same(database: Database, tmp_path: Path, cuts: list[int]) -> None:
    some = planted()
    start = 0
    for end in cuts:
        save(database, some[start:end])
        run(database, tmp_path)
        start = end
    once = tmp_path / "once.db"
    with Database(once) as whole:
        whole.upgrade()
        save(whole, some)
        run(whole, tmp_path / "once")
        assert pairs(whole).keys() == pairs(database).keys()
        assert [g["id"] for g in groups(whole)] == [g["id"] for g in groups(database)]
        assert members(whole) == members(database)
        assert len(pairs(whole)) >= 60
        again = run(whole, tmp_path / "once", rebuild=True)
        assert again.posts == 180
        assert pairs(whole).keys() == pairs(database).keys()
        assert [g["id"] for g in groups(whole)] == [g["id"] for g in groups(database)]


def test_batches_bounded_in_posts_and_characters_give_the_same(
    sqlite_database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    save(sqlite_database, planted())
    run(sqlite_database, tmp_path / "one")
    whole = pairs(sqlite_database).keys()
    monkeypatch.setattr(match_read, "MOST", 17)
    monkeypatch.setattr(match_read, "CHARS", 2_000)
    seen: list[tuple[str, int, int | None]] = []
    told = run(sqlite_database, tmp_path / "two", rebuild=True, progress=lambda *so_far: seen.append(so_far))
    assert told.posts == 180
    assert pairs(sqlite_database).keys() == whole
    lots = [so_far for so_far in seen if so_far[0] == "matching"]
    assert len(lots) > 20
    assert lots[-1] == ("matching", 180, 180)


def test_nothing_new_is_nothing_to_do(database: Database, tmp_path: Path) -> None:
    save(database, planted())
    run(database, tmp_path)
    before = pairs(database)
    found = run(database, tmp_path)
    assert (found.posts, found.pairs) == (0, 0)
    assert pairs(database) == before


@pytest.mark.parametrize("loss", ["deleted", "older", "foreign"])
def test_an_index_that_is_lost_or_stale_is_made_anew(sqlite_database: Database, tmp_path: Path, loss: str) -> None:
    some = planted()
    save(sqlite_database, some[:100])
    run(sqlite_database, tmp_path)
    shutil.copytree(tmp_path / "index", tmp_path / "kept")
    save(sqlite_database, some[100:150])
    run(sqlite_database, tmp_path)
    shutil.rmtree(tmp_path / "index")
    if loss == "older":  # as a kill between commit and index leaves it
        shutil.copytree(tmp_path / "kept", tmp_path / "index")
    if loss == "foreign":
        with Database(tmp_path / "other.db") as other:
            other.upgrade()
            save(other, [post(n, text(n + 9000)) for n in range(40)])
            run(other, tmp_path)
    save(sqlite_database, some[150:])
    run(sqlite_database, tmp_path)
    incremental = pairs(sqlite_database).keys()
    run(sqlite_database, tmp_path, rebuild=True)
    assert pairs(sqlite_database).keys() == incremental


def test_a_kill_at_any_moment_leaves_nothing_half_done(
    sqlite_database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(match_read, "MOST", 10)
    save(sqlite_database, planted())
    path = Path(sqlite_database.name)
    run(sqlite_database, tmp_path / "once")
    whole, grouped = pairs(sqlite_database).keys(), members(sqlite_database)
    for delay in (0.05, 0.12, 0.25):
        child = subprocess.Popen(
            [sys.executable, "-c", KILLED, str(path), str(tmp_path)], stdout=subprocess.PIPE
        )  # fmt: skip
        assert child.stdout
        child.stdout.readline()  # everything is imported, matching begins
        time.sleep(delay)
        child.kill()
        child.communicate()
        run(sqlite_database, tmp_path)
        assert pairs(sqlite_database).keys() == whole
        assert members(sqlite_database) == grouped


def test_only_the_posts_of_a_case_are_read_but_the_whole_archive_is_met(database: Database, tmp_path: Path) -> None:
    base = text(5)
    save(database, [post(1, base), post(2, text(6))], "old")
    run(database, tmp_path)
    save(database, [post(3, base)], "a")
    save(database, [post(4, base), post(5, text(6))], "b")
    assert run(database, tmp_path, case="b").posts == 2
    assert set(pairs(database)) == {("00001", "00004"), ("00002", "00005")}
    assert run(database, tmp_path).posts == 1
    assert set(pairs(database)) == {("00001", "00004"), ("00002", "00005"), ("00001", "00003")}
    assert set(pairs(database, case="b")) == set()
    assert [len(family["members"]) for family in groups(database, "a")] == [3]
    with pytest.raises(BadInput, match="no case"):
        run(database, tmp_path, case="nowhere")


def test_a_link_that_everybody_posts_is_dropped_and_told(sqlite_database: Database, tmp_path: Path) -> None:
    link = "https://everybody.example/the/same/page"
    save(sqlite_database, [post(n, text(200 + n), links=(link,)) for n in range(60)])
    found = run(sqlite_database, tmp_path)
    assert found.dropped == [{"matcher": "url.shared", "key": link, "holders": 60}]
    assert found.as_row()["dropped"] == found.dropped
    assert pairs(sqlite_database) == {}


def test_hostile_texts_stay_cheap(sqlite_database: Database, tmp_path: Path) -> None:
    same = text(15)
    some = [post(n, same) for n in range(3000)]
    some += [post(3000 + n, "港" * 200_000) for n in range(3)]
    some += [post(4000 + n, f"{same} {text(5000 + n, 3)}") for n in range(500)]
    save(sqlite_database, some)
    found = run(sqlite_database, tmp_path)
    assert found.pairs < 3000 + 500 * 2 * meeting.TOP
    [family] = groups(sqlite_database)
    assert family["size"] == 3500


def test_one_process_at_a_time(sqlite_database: Database, tmp_path: Path) -> None:
    save(sqlite_database, planted()[:10])
    with Segments(tmp_path / "index" / "text", "held"), pytest.raises(CannotStart, match="Another process"):
        run(sqlite_database, tmp_path)


def test_one_run_at_a_time_to_its_very_end(database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[str] = []

    def meanwhile(context: Any, matched: Any) -> None:
        with pytest.raises(CannotStart, match=r"Another process is matching in .*\(process \d+\)") as told:
            run(database, tmp_path)
        seen.append(str(told.value))

    save(database, [post(1, text(1))])
    monkeypatch.setattr("runner.match._steps", meanwhile)
    run(database, tmp_path)
    assert len(seen) == 1
