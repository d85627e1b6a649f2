"""What a person says of a match stands beside it, is heeded by the next run, and can be taken back."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from core.errors import BadInput
from runner.judge import judge
from storage import families, judgements, matching
from storage.engine import Database
from tests.runner.commands import Home
from tests.runner.copies import AT, edited, groups, members, pairs, post, run, save, text

SLOGAN = "rekamo venshti dunkala brese tirmole selbreka lomarve kamoti rusedun"


def say(database: Database, target: str, word: str) -> int:
    return int(judge(database, target, word, "They quote one law.", AT)["id"])


def take_back(database: Database, number: int) -> None:
    with database.write() as conn:
        judgements.withdraw(conn, number, AT + timedelta(days=2))


def test_two_posts_called_unrelated_are_in_no_family_together(database: Database, tmp_path: Path) -> None:
    base = text(1)
    save(database, [post(1, base), post(2, edited(base, 0.1)), post(3, edited(base, 0.1, 1))])
    run(database, tmp_path)
    assert members(database) == {frozenset({"00001", "00002", "00003"})}
    number = say(database, "tumblr:00001..tumblr:00003", "unrelated")
    run(database, tmp_path)
    assert not any({"00001", "00003"} <= family for family in members(database))
    assert pairs(database)[("00001", "00003")]["judgement"] == "unrelated", "the match itself stays"
    run(database, tmp_path, rebuild=True)
    assert not any({"00001", "00003"} <= family for family in members(database))
    take_back(database, number)
    run(database, tmp_path)
    assert members(database) == {frozenset({"00001", "00002", "00003"})}
    assert pairs(database)[("00001", "00003")]["judgement"] is None


def test_a_family_called_unrelated_is_dissolved_with_the_reason(database: Database, tmp_path: Path) -> None:
    base = text(2)
    save(database, [post(1, base), post(2, base)])
    run(database, tmp_path)
    [family] = groups(database)
    number = say(database, family["id"], "unrelated")
    [family] = groups(database)
    assert family["judgement"] == "unrelated"
    run(database, tmp_path)
    assert groups(database) == []
    with database.read() as conn, pytest.raises(BadInput):
        families.load_family(conn, family["id"])
    save(database, [post(3, base)])
    run(database, tmp_path)
    assert groups(database) == []
    take_back(database, number)
    run(database, tmp_path)
    assert members(database) == {frozenset({"00001", "00002", "00003"})}


def test_common_words_are_learnt_and_the_posts_that_hold_them_judged_anew(database: Database, tmp_path: Path) -> None:
    some = [post(n, f"{text(50 + n, 12)} {SLOGAN}.") for n in range(1, 4)]
    save(database, [*some, post(9, text(99))])
    run(database, tmp_path)
    before = pairs(database)
    assert ("00001", "00002") in before
    told = judge(database, "tumblr:00001 tumblr:00002", "common", "A slogan of a march.", AT)
    assert any("venshti" in phrase for phrase in told["phrases"])
    assert run(database, tmp_path).posts == 3, "those that hold it, and no other"
    after = pairs(database)
    assert all(pair["strength"] == "C" for pair in after.values())
    assert groups(database) == []
    incremental = {key: pair["score"] for key, pair in after.items()}
    run(database, tmp_path, rebuild=True)
    assert {key: pair["score"] for key, pair in pairs(database).items()} == incremental
    take_back(database, int(told["id"]))
    assert run(database, tmp_path).posts == 3
    assert pairs(database).keys() == before.keys()


def test_what_cannot_be_judged_is_refused(sqlite_database: Database, tmp_path: Path) -> None:
    save(sqlite_database, [post(1, text(1)), post(2, text(2))])
    run(sqlite_database, tmp_path)
    for target in ("tumblr:00001..tumblr:00009", "tumblr:00001..tumblr:00001", "no-family"):
        with pytest.raises(BadInput):
            say(sqlite_database, target, "keep")
    with pytest.raises(BadInput, match="No words long enough"):
        say(sqlite_database, "tumblr:00001..tumblr:00002", "common")
    with pytest.raises(BadInput, match="--note"):
        judge(sqlite_database, "tumblr:00001..tumblr:00002", "keep", " ", AT)
    with pytest.raises(BadInput, match="no judgement 7"):
        take_back(sqlite_database, 7)


def test_a_later_word_takes_the_place_of_an_earlier_one(sqlite_database: Database) -> None:
    save(sqlite_database, [post(1, text(1)), post(2, text(2))])
    first = say(sqlite_database, "tumblr:00002 tumblr:00001", "keep")
    say(sqlite_database, "tumblr:00001..tumblr:00002", "unrelated")
    with sqlite_database.read() as conn:
        listed = list(judgements.list_judgements(conn))
        assert [(row["word"], row["withdrawn"] is None) for row in listed] == [("keep", False), ("unrelated", True)]
        assert judgements.words(conn, "pair") == {"tumblr:00001 tumblr:00002": "unrelated"}
    with pytest.raises(BadInput, match="withdrawn on"):
        take_back(sqlite_database, first)


def test_the_command_says_lists_and_takes_back(home: Home, tmp_path: Path) -> None:
    with Database(home.folder / "copytrail.db") as database:
        save(database, [post(1, text(1)), post(2, edited(text(1), 0.1))])
    home("match")
    pair = ("tumblr:00001", "tumblr:00002")
    home("judge", *pair, "keep", status=2)
    [kept] = home("judge", *pair, "keep", "--note", "Same hand.", "--json").rows
    assert (kept["id"], kept["target"]) == (1, "tumblr:00001 tumblr:00002")
    assert "Same hand." in home("judge", "--list").out
    [row] = home("pairs", "--together", "--json").rows
    assert row["judgement"] == "keep"
    assert row["bits"] == pytest.approx(sum(step["counted"] for step in row["evidence"]))
    assert home("pairs", "--min-bits", "50", "--json").rows == []
    assert home("pairs", "--of", "sites", "--json").rows == []
    home("judge", "--withdraw", "1")
    [listed] = home("judge", "--list", "--json").rows
    assert listed["withdrawn"]
    with Database(home.folder / "copytrail.db") as database, database.read() as conn:
        assert [p["judgement"] for p in matching.list_pairs(conn)] == [None] * len(list(matching.list_pairs(conn)))
