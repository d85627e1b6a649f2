"""How copies are grouped, and how groups change with edits and better anchors."""

from __future__ import annotations

from datetime import timedelta
from itertools import combinations
from pathlib import Path

import pytest

from core.errors import BadInput
from runner import match_regroup
from runner.spread import spread
from storage import families
from storage.engine import Database
from tests.runner.copies import AT, edited, groups, members, pairs, post, run, save, text


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
    altered = [edited(whole, 0.27, seed) for seed in (1, 2, 3)]
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
    assert kinds == ["grouped", "anchored"]
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
    everyone = frozenset(f"{n:05d}" for n in range(8))
    assert members(sqlite_database) != {everyone}
    with sqlite_database.read() as conn:
        assert all(not families.load_family(conn, family["id"])["history"] for family in groups(sqlite_database))
    monkeypatch.undo()
    run(sqlite_database, tmp_path, rebuild=True)
    assert members(sqlite_database) == {everyone}


def test_shared_links_pair_but_make_no_family(database: Database, tmp_path: Path) -> None:
    link = "https://lowmarsh.example/news/harbour?utm_source="
    save(database, [post(n, text(100 + n), links=(f"{link}{n}", "https://lowmarsh.example/")) for n in range(1, 7)])
    run(database, tmp_path)
    kept = set(pairs(database, "url.shared"))
    assert kept == set(combinations(["00001", "00002", "00003", "00004"], 2)) | {("00001", "00005"), ("00001", "00006")}
    assert groups(database) == []


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
