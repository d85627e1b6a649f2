"""New posts meet the whole archive; what is found does not depend on how the posts were cut into runs."""

from __future__ import annotations

import random
import shutil
import subprocess
import sys
import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest

from core.errors import BadInput, CannotStart
from core.records import Author, Post
from core.times import from_iso
from matchers.exact_text import TextExact
from matchers.near_text import TextNear
from matchers.segments import Segments
from runner import match as matching_run
from runner import match_regroup
from runner.match import Matched, match
from runner.spread import spread
from storage import cases, families, matching, posts
from storage.engine import Database

AT = datetime(2025, 3, 1, tzinfo=UTC)
KILLED = """
import sys
from pathlib import Path
from matchers import kernel
from runner import match
from storage.engine import Database
kernel.warm()
match.BATCH_POSTS = 10
database = Database(sys.argv[1])
print("ready", flush=True)
match.match(database, Path(sys.argv[2]), rebuild=True)
"""
WORDS = [
    a + b + c for a in ("lo", "mar", "ven", "tir", "sel", "dun", "bre") for b in ("ka", "mo", "ti", "ru", "se")
    for c in ("n", "sh", "la", "rt", "de", "")
]  # fmt: skip


def text(seed: int, words: int = 50) -> str:
    return " ".join(random.Random(seed).choices(WORDS, k=words))


def edited(words: str, share: float, seed: int = 0) -> str:
    chance = random.Random(seed)
    split = words.split()
    for place in chance.sample(range(len(split)), round(share * len(split))):
        split[place] = chance.choice(WORDS) + "x"
    return " ".join(split)


def post(number: int, words: str | None, platform: str = "tumblr", hour: int | None = None, **more: Any) -> Post:
    published = from_iso((AT + timedelta(hours=hour)).isoformat()) if hour is not None else from_iso(None)
    return Post(
        platform=platform, native_id=f"{number:05d}", text=words, url=f"https://{platform}.example/p/{number}",
        author=more.pop("author", Author(native_id=f"u{number}")), published=published, **more,
    )  # fmt: skip


def save(database: Database, some: Sequence[Post], case: str = "c", at: datetime = AT) -> None:
    with database.write() as conn:
        posts.save_posts(conn, some, case_id=cases.ensure_case(conn, case, at), at=at)


def pairs(
    database: Database, matcher: str | None = None, case: str | None = None
) -> dict[tuple[str, str], dict[str, Any]]:
    with database.read() as conn:
        return {(p["left"][-5:], p["right"][-5:]): p for p in matching.list_pairs(conn, case, matcher)}


def groups(database: Database, case: str | None = None) -> list[dict[str, Any]]:
    with database.read() as conn:
        return list(families.list_families(conn, case))


def members(database: Database) -> set[frozenset[str]]:
    return {frozenset(ref[-5:] for ref in family["members"]) for family in groups(database)}


def run(database: Database, folder: Path, **options: Any) -> Matched:
    return match(database, folder / "index", at=AT, **options)


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
            assert pair["detail"] == verdict.detail
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
    monkeypatch.setattr(matching_run, "BATCH_POSTS", 17)
    monkeypatch.setattr(matching_run, "BATCH_CHARS", 2_000)
    seen: list[tuple[int, int | None]] = []
    assert run(sqlite_database, tmp_path / "two", rebuild=True, progress=lambda a, b: seen.append((a, b))).posts == 180
    assert pairs(sqlite_database).keys() == whole
    assert len(seen) > 20
    assert seen[-1] == (180, 180)


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
    monkeypatch.setattr(matching_run, "BATCH_POSTS", 10)
    save(sqlite_database, planted())
    path = Path(sqlite_database.name)
    run(sqlite_database, tmp_path / "once")
    whole, grouped = pairs(sqlite_database).keys(), members(sqlite_database)
    for delay in (0.05, 0.12, 0.25):
        child = subprocess.Popen(
            [sys.executable, "-c", KILLED, str(path), str(tmp_path / "index")], stdout=subprocess.PIPE
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


def test_an_edited_post_is_matched_again_and_leaves_its_family(database: Database, tmp_path: Path) -> None:
    base, other = text(7), text(8)
    save(database, [post(1, base), post(2, base), post(3, other), post(4, edited(base, 0.1))])
    run(database, tmp_path)
    assert members(database) == {frozenset({"00001", "00002", "00004"})}
    [before] = groups(database)
    save(database, [post(2, other)], at=AT + timedelta(days=1))
    assert run(database, tmp_path).posts == 1
    assert members(database) == {frozenset({"00001", "00004"}), frozenset({"00002", "00003"})}
    assert set(pairs(database)) == {("00001", "00004"), ("00002", "00003")}
    with database.read() as conn:
        [told] = families.load_family(conn, before["id"])["history"]
    assert (told["kind"], told["post"]) == ("left", "tumblr:00002")


def test_a_family_whose_anchor_is_edited_is_formed_anew_under_its_id(database: Database, tmp_path: Path) -> None:
    base = text(9)
    save(database, [post(1, base), post(2, base), post(3, edited(base, 0.1)), post(4, base)])
    run(database, tmp_path)
    [before] = groups(database)
    save(database, [post(1, text(10))], at=AT + timedelta(days=1))
    run(database, tmp_path)
    [after] = groups(database)
    assert after["id"] == before["id"]
    assert after["anchor"] == "tumblr:00002"
    assert set(after["members"]) == {"tumblr:00002", "tumblr:00003", "tumblr:00004"}
    with database.read() as conn:
        told = [(h["kind"], h["post"], h["reason"]) for h in families.load_family(conn, after["id"])["history"]]
    assert told == [
        ("reformed", "tumblr:00001", "The text of its anchor was edited."),
        ("left", "tumblr:00001", "The text of the post was edited."),
    ]


def test_a_family_of_two_dissolves_when_one_is_edited(database: Database, tmp_path: Path) -> None:
    base = text(11)
    save(database, [post(1, base), post(2, base)])
    run(database, tmp_path)
    save(database, [post(2, text(12))], at=AT + timedelta(days=1))
    run(database, tmp_path)
    assert groups(database) == []
    assert pairs(database) == {}


def test_an_edit_that_leaves_the_words_keeps_the_family_and_renews_the_links(
    database: Database, tmp_path: Path
) -> None:
    base, one, two = text(13), "https://lowmarsh.example/news/one", "https://lowmarsh.example/news/two"
    some = [
        post(1, base, links=(one,)),
        post(2, base),
        post(3, text(17), links=(one,)),
        post(4, text(18), links=(two,)),
    ]
    save(database, some)
    run(database, tmp_path)
    before = groups(database)
    for number in (1, 2):
        save(database, [post(number, base, links=(two,))], at=AT + timedelta(days=1))
    assert run(database, tmp_path).posts == 2
    assert groups(database) == before
    assert set(pairs(database, "text.exact")) == {("00001", "00002")}
    assert set(pairs(database, "url.shared")) == {("00001", "00002"), ("00001", "00004"), ("00002", "00004")}
    with database.read() as conn:
        assert families.load_family(conn, before[0]["id"])["history"] == []


def test_a_chain_of_edits_does_not_make_one_family(sqlite_database: Database, tmp_path: Path) -> None:
    chain = [text(14, 60)]
    for step in range(8):
        chain.append(edited(chain[-1], 0.2, step))
    save(sqlite_database, [post(n, words) for n, words in enumerate(chain)])
    run(sqlite_database, tmp_path)
    linked = pairs(sqlite_database)
    assert all((f"{n:05d}", f"{n + 1:05d}") in linked for n in range(8))
    for family in groups(sqlite_database):
        anchor = family["anchor"][-5:]
        for member in family["members"]:
            assert member[-5:] == anchor or tuple(sorted((anchor, member[-5:]))) in linked


def test_a_shortened_copy_that_came_before_does_not_part_the_others(database: Database, tmp_path: Path) -> None:
    whole = text(31, 80)
    short = " ".join(whole.split()[:40])
    altered = [edited(whole, 0.2, seed) for seed in (1, 2, 3)]
    save(database, [post(1, short), post(2, altered[0])])
    run(database, tmp_path)
    early = {family["id"] for family in groups(database)}
    save(database, [post(3, altered[1]), post(4, whole), post(5, altered[2]), post(6, whole)])
    run(database, tmp_path)
    assert members(database) == {frozenset(f"{n:05d}" for n in range(1, 7))}
    (family,) = groups(database)
    assert family["anchor"][-5:] == "00004"
    linked = pairs(database)
    assert all(tuple(sorted(("00004", f"{n:05d}"))) in linked for n in (1, 2, 3, 5, 6))
    assert early <= {family["id"]}, "who has noted the id of the family still finds it"
    run(database, tmp_path, rebuild=True)
    assert members(database) == {frozenset(f"{n:05d}" for n in range(1, 7))}


def test_a_family_that_joined_another_says_which(database: Database, tmp_path: Path) -> None:
    whole = text(32, 80)
    words = whole.split()
    front, back = " ".join(words[:46]), " ".join(words[34:])
    save(database, [post(1, front), post(2, front + " kalo"), post(3, back), post(4, back + " kalo")])
    run(database, tmp_path)
    before = {family["id"] for family in groups(database)}
    assert len(before) == 2
    save(database, [post(5, whole), post(6, edited(whole, 0.05))])
    run(database, tmp_path)
    (family,) = groups(database)
    (gone,) = before - {family["id"]}
    with database.read() as conn:
        with pytest.raises(BadInput, match=family["id"]):
            families.load_family(conn, gone)
        kinds = [note["kind"] for note in families.load_family(conn, family["id"])["history"]]
    assert kinds == ["anchored"]
    assert run(database, tmp_path).posts == 0
    assert [f["id"] for f in groups(database)] == [family["id"]]


def test_a_large_web_of_copies_stays_as_it_grew(
    sqlite_database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(match_regroup, "MOST", 3)
    whole = text(33, 80)
    some = [" ".join(whole.split()[:40]), *(edited(whole, 0.2, seed) for seed in range(6)), whole]
    save(sqlite_database, [post(n, words) for n, words in enumerate(some)])
    run(sqlite_database, tmp_path)
    assert members(sqlite_database) == {frozenset(f"{n:05d}" for n in range(1, 8))}
    monkeypatch.undo()
    run(sqlite_database, tmp_path, rebuild=True)
    assert members(sqlite_database) == {frozenset(f"{n:05d}" for n in range(8))}


def test_shared_links_pair_but_make_no_family(database: Database, tmp_path: Path) -> None:
    link = "https://lowmarsh.example/news/harbour?utm_source="
    save(database, [post(n, text(100 + n), links=(f"{link}{n}", "https://lowmarsh.example/")) for n in range(1, 7)])
    run(database, tmp_path)
    kept = set(pairs(database, "url.shared"))
    assert kept == set(combinations(["00001", "00002", "00003", "00004"], 2)) | {("00001", "00005"), ("00001", "00006")}
    assert groups(database) == []


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
    assert found.pairs < 3000 + 500 * 33
    [family] = groups(sqlite_database)
    assert family["size"] == 3500


def test_one_process_at_a_time(sqlite_database: Database, tmp_path: Path) -> None:
    save(sqlite_database, planted()[:10])
    with Segments(tmp_path / "index" / "text", "held"), pytest.raises(CannotStart, match="Another process"):
        run(sqlite_database, tmp_path)


def test_spread_of_a_family_on_several_platforms(database: Database, tmp_path: Path) -> None:
    base = text(16)
    save(
        database,
        [
            post(1, base, "livejournal", hour=1), post(2, base, "reddit", hour=30, community="r/lowmarsh"),
            post(3, base, "youtube", hour=60, links=("https://reddit.example/p/2?utm_source=x",)),
            post(4, base, "wordpress", hour=0, site="blog.example"), post(5, base, "nowhere.example"),
        ],
    )  # fmt: skip
    run(database, tmp_path)
    [family] = groups(database)
    shown = spread(database, family["id"])
    assert [(step["platform"], step["tier"]) for step in shown["steps"]] == [
        ("wordpress", 1), ("livejournal", 2), ("reddit", 4), ("youtube", 5), ("nowhere.example", None),
    ]  # fmt: skip
    assert {"from": "reddit:00002", "to": "youtube:00003", "kind": "link", "solid": True} in shown["arrows"]
    assert shown["upward"]["value"] == 1.0
    assert shown["breakout"]["at_least"] == 2
    assert "earliest copy we captured is wordpress@blog.example:00004" in shown["sentence"]
    with pytest.raises(BadInput, match="no family"):
        spread(database, "nobody")
