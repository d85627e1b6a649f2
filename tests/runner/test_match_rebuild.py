"""What grew run by run, lot by lot, is what starting over gives; and the index mends itself."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import pytest

from core.records import Post
from runner import match_context, match_read
from runner.match_index import Indexes
from storage import matching, webs
from storage.engine import Database
from tests.runner.copies import PLAIN, edited, members, pairs, post, run, save, text


@pytest.fixture(autouse=True)
def _texts_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(match_context, "STEPS", ())


def archive(seed: int, count: int = 140) -> list[Post]:
    """Return posts of which many repeat, edit, shorten, quote or gather earlier ones, or say little."""
    chance = random.Random(seed)
    words: list[str] = [text(1000 * seed + n, chance.choice([8, 40, 60, 90])) for n in range(20)]
    for n in range(20, count):
        base, other = chance.choice(words), chance.choice(words)
        cut = base.split()
        words.append(
            chance.choice(
                [
                    base, edited(base, 0.1, n), edited(base, 0.25, n), " ".join(cut[: len(cut) // 2]),
                    f"{text(2000 * seed + n, 60)} {base} {text(3000 * seed + n, 60)}", f"{base} {other}",
                    text(4000 * seed + n, 50), text(5000 * seed + n, 6),
                ]
            )
        )  # fmt: skip
    return [post(n, each) for n, each in enumerate(words)]


def told(database: Database) -> dict[tuple[str, str, str], tuple[Any, ...]]:
    """Return all that is kept of the pairs that texts and links make."""
    with database.read() as conn:
        return {
            (p["left"], p["right"], p["matcher"]): (p["score"], p["strength"], p["sentence"], p["detail"])
            for p in matching.list_pairs(conn)
            if p["matcher"] in PLAIN
        }


def _settled(value: tuple[Any, ...]) -> tuple[Any, ...]:
    """Leave the numbers of the archive out of pairs that were looked up for an anchor, at whatever time."""
    detail = dict(value[3])
    if detail.get("anchor"):
        detail = {name: n for name, n in detail.items() if name not in ("rarity", "spans")}
    return (*value[:3], detail)


@pytest.mark.parametrize("seed", range(5))
def test_runs_and_lots_of_any_size_give_what_starting_over_gives(
    sqlite_database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    some, chance, start = archive(seed), random.Random(seed), 0
    while start < len(some):
        end = start + chance.randint(1, 60)
        monkeypatch.setattr(match_read, "MOST", chance.randint(1, 50))
        save(sqlite_database, some[start:end])
        run(sqlite_database, tmp_path)
        start = end
    grown, families = told(sqlite_database), members(sqlite_database)
    monkeypatch.setattr(match_read, "MOST", 100_000)
    run(sqlite_database, tmp_path, rebuild=True)
    anew = told(sqlite_database)
    assert grown.keys() == anew.keys()
    assert {key: _settled(value) for key, value in grown.items()} == {
        key: _settled(value) for key, value in anew.items()
    }
    assert families == members(sqlite_database)
    assert {matcher for _, _, matcher in anew} >= {"text.exact", "text.near", "text.excerpt"}


def test_a_damaged_index_is_made_anew_and_says_so_in_one_line(sqlite_database: Database, tmp_path: Path) -> None:
    some = archive(7)
    save(sqlite_database, some[:100])
    run(sqlite_database, tmp_path)
    damaged = max((tmp_path / "index" / "text").glob("*.seg"), key=lambda path: path.stat().st_size)
    data = bytearray(damaged.read_bytes())
    data[len(data) // 2] ^= 0xFF
    damaged.write_bytes(data)
    save(sqlite_database, some[100:])
    said: list[str] = []
    run(sqlite_database, tmp_path, say=said.append)
    assert len(said) == 1
    assert "damaged" in said[0]
    mended = told(sqlite_database).keys()
    run(sqlite_database, tmp_path, rebuild=True)
    assert told(sqlite_database).keys() == mended


@pytest.mark.parametrize("place", ["before", "between", "after"])
def test_a_run_that_fails_anywhere_loses_and_doubles_nothing(
    sqlite_database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    some = archive(8)
    save(sqlite_database, some)
    run(sqlite_database, tmp_path / "whole")
    whole, families = told(sqlite_database), members(sqlite_database)
    owner, name = {
        "before": (matching, "save_pairs"), "between": (Indexes, "append"), "after": (webs, "last_pair"),
    }[place]  # fmt: skip
    real, left = getattr(owner, name), [3]

    def failing(*given: object, **more: object) -> object:
        left[0] -= 1
        if left[0] <= 0:
            raise OSError("the disk is gone")
        return real(*given, **more)

    monkeypatch.setattr(match_read, "MOST", 11)
    monkeypatch.setattr(owner, name, failing)
    if place == "after":
        left[0] = 1
    with pytest.raises(OSError, match="disk is gone"):
        run(sqlite_database, tmp_path, rebuild=True)
    monkeypatch.setattr(owner, name, real)
    run(sqlite_database, tmp_path)
    assert told(sqlite_database).keys() == whole.keys()
    assert members(sqlite_database) == families


def strange(seed: int, words: int) -> str:
    """Return words that no other seed brings."""
    chance = random.Random(seed)
    return " ".join("".join(chance.choices("bcdfghjklmnpqrstvwxyzaeiou", k=7)) for _ in range(words))


def test_a_quotation_joins_the_family_it_quotes_and_a_digest_none(database: Database, tmp_path: Path) -> None:
    one, two = strange(61, 50), strange(62, 50)
    quoting, digest = f"{strange(63, 80)} {one} {strange(64, 80)}", f"{one} {strange(65, 150)} {two}"
    save(database, [post(1, quoting), post(2, one), post(3, two), post(4, two), post(5, digest)])
    run(database, tmp_path)
    assert members(database) == {frozenset({"00003", "00004", "00005"})}, "so far it quotes one family alone"
    save(database, [post(6, one)])
    run(database, tmp_path)
    assert members(database) == {frozenset({"00001", "00002", "00006"}), frozenset({"00003", "00004"})}
    assert {p["matcher"] for key, p in pairs(database).items() if "00005" in key} == {"text.excerpt"}
    run(database, tmp_path, rebuild=True)
    assert members(database) == {frozenset({"00001", "00002", "00006"}), frozenset({"00003", "00004"})}
