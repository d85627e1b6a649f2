"""Other wordings and possible translations through `match`: incremental, whatever was lost, never in families."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

from config.settings import Matching, Settings
from runner import match_meaning
from runner.match_context import MatchContext
from storage import matching, meanings, vectors
from storage.engine import Database
from tests.matchers.test_same_source import OTHERS, VERSIONS
from tests.matchers.test_translated import CHINESE, ENGLISH, GERMAN, OTHER
from tests.runner.copies import AT, groups, pairs, post, run, save

TEXTS = [one for one, _ in VERSIONS] + OTHERS + [other for _, other in VERSIONS]
WANTED = {(f"{n:05d}", f"{n + 8:05d}") for n in range(4)}


def _found(database: Database) -> set[tuple[str, str]]:
    """Return the versions that were found, by this matcher or, where they are as near as that, by those of copies."""
    near = set(pairs(database, "text.near")) | set(pairs(database, "text.excerpt"))
    others = set(pairs(database, "text.same_source"))
    assert not near & others
    return {(min(pair), max(pair)) for pair in near | others}


def test_versions_are_paired_and_make_no_family(database: Database, tmp_path: Path) -> None:
    save(database, [post(n, text) for n, text in enumerate(TEXTS)])
    run(database, tmp_path)
    assert _found(database) == WANTED
    kept = pairs(database, "text.same_source")
    assert len(kept) >= 2
    assert not any(group["matchers"] == ["text.same_source"] for group in groups(database))
    assert all(0 < pair["bits"] <= 14 and pair["strength"] in "BC" for pair in kept.values())
    run(database, tmp_path)
    assert pairs(database, "text.same_source") == kept


@pytest.mark.parametrize("lost", ["nothing", "index", "lexicon"])
def test_new_posts_meet_the_archive_whatever_was_lost(sqlite_database: Database, tmp_path: Path, lost: str) -> None:
    save(sqlite_database, [post(n, text) for n, text in enumerate(TEXTS[:8])])
    run(sqlite_database, tmp_path)
    folder = tmp_path / "index" / "sources"
    if lost == "index":
        shutil.rmtree(folder)
    if lost == "lexicon":
        (folder / "lexicon").unlink()
    save(sqlite_database, [post(n + 8, text) for n, text in enumerate(TEXTS[8:])])
    run(sqlite_database, tmp_path)
    assert _found(sqlite_database) == WANTED


def test_a_pass_cut_short_is_ended_later(
    sqlite_database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(match_meaning, "LOT", 5)
    save(sqlite_database, [post(n, text) for n, text in enumerate(TEXTS)])
    lots: list[int] = []
    keep = match_meaning._Run._keep

    def cut(*args: Any) -> None:
        if len(lots) == 2:
            raise KeyboardInterrupt
        lots.append(1)
        keep(*args)

    with monkeypatch.context() as broken, pytest.raises(KeyboardInterrupt):
        broken.setattr(match_meaning._Run, "_keep", cut)
        run(sqlite_database, tmp_path)
    with sqlite_database.read() as conn:
        assert matching.mark(conn, match_meaning.LOTS) == 2
        [span] = meanings.unread(conn)
        assert (span.row > 0, span.left) == (True, 2)
    save(sqlite_database, [post(50, "Nothing of this.")])
    run(sqlite_database, tmp_path)
    assert _found(sqlite_database) == WANTED


def test_it_can_be_switched_off(sqlite_database: Database, tmp_path: Path) -> None:
    save(sqlite_database, [post(n, text) for n, text in enumerate(TEXTS)])
    off = Settings(match=Matching(same_source=False, translated=False))
    done = match_meaning.step(MatchContext(sqlite_database, tmp_path, AT, off))
    assert (done.posts, done.pairs) == (0, 0)
    assert not (tmp_path / "index" / "sources").exists()


def test_translations_are_paired_by_what_survives(database: Database, tmp_path: Path) -> None:
    save(database, [post(1, ENGLISH), post(2, OTHER), post(3, OTHERS[0])])
    run(database, tmp_path)
    assert pairs(database, "text.translated") == {}
    save(database, [post(4, GERMAN), post(5, CHINESE)])
    run(database, tmp_path)
    kept = pairs(database, "text.translated")
    assert {tuple(sorted(pair)) for pair in kept} == {("00001", "00004"), ("00001", "00005"), ("00004", "00005")}
    assert all(pair["bits"] and pair["sentence"].startswith("Possible translation") for pair in kept.values())
    assert groups(database) == []


def test_an_encoder_of_this_machine_is_asked(sqlite_database: Database, tmp_path: Path) -> None:
    encoders = pytest.importorskip("tests.matchers.test_encoder")
    folder = encoders.model(tmp_path / "tiny")
    settings = Settings(match=Matching(encoder=str(folder)))
    texts = [
        "the harbour is of the harbour and of the harbour", "der hafen und der hafen und der hafen",
        "the goose is of the goose and of the goose", "the plum is of the plum and of the plum",
    ]  # fmt: skip
    save(sqlite_database, [post(1, texts[0]), post(3, texts[2]), post(4, texts[3])])
    run(sqlite_database, tmp_path)
    save(sqlite_database, [post(2, texts[1])])
    run(sqlite_database, tmp_path, settings=settings)
    [(pair, said)] = pairs(sqlite_database, "text.translated").items()
    assert set(pair) == {"00001", "00002"}
    assert (said["strength"], "tiny" in said["sentence"]) == ("C", True)
    with sqlite_database.read() as conn:
        assert vectors.count(conn, said["detail"]["encoder"]) == 4
        assert len(vectors.known(conn, said["detail"]["encoder"], [1, 2, 3, 4])) == 4


def test_one_run_looks_at_so_many_posts(
    sqlite_database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(match_meaning, "LARGE", 5)
    save(sqlite_database, [post(n, text) for n, text in enumerate(TEXTS)])
    said: list[str] = []
    few = Settings(match=Matching(meaning_posts=4))
    run(sqlite_database, tmp_path, settings=few, say=said.append)
    [told] = [sentence for sentence in said if "older posts wait" in sentence]
    assert told.startswith("About 8 older posts wait to be looked at")
    for _ in range(3):
        run(sqlite_database, tmp_path, settings=few)
    assert _found(sqlite_database) == WANTED


def test_new_posts_do_not_wait_behind_old_ones(sqlite_database: Database, tmp_path: Path) -> None:
    few = Settings(match=Matching(meaning_posts=4, translated=False))
    save(sqlite_database, [post(n, text) for n, text in enumerate(OTHERS + [one for one, _ in VERSIONS[:2]])])
    run(sqlite_database, tmp_path, settings=Settings(match=Matching(meaning_posts=1, translated=False)))
    save(sqlite_database, [post(20, VERSIONS[3][0]), post(21, VERSIONS[3][1])])
    run(sqlite_database, tmp_path, settings=Settings(match=Matching(meaning_posts=2, translated=False)))
    assert ("00020", "00021") in _found(sqlite_database)
    with sqlite_database.read() as conn:
        assert [span.left for span in meanings.unread(conn)] == [5]
    for _ in range(2):
        run(sqlite_database, tmp_path, settings=few)
    with sqlite_database.read() as conn:
        assert meanings.unread(conn) == []


def test_what_was_switched_off_reads_everything_when_it_is_switched_on(
    sqlite_database: Database, tmp_path: Path
) -> None:
    save(sqlite_database, [post(1, ENGLISH), post(2, GERMAN)])
    run(sqlite_database, tmp_path, settings=Settings(match=Matching(translated=False)))
    assert pairs(sqlite_database, "text.translated") == {}
    save(sqlite_database, [post(3, OTHERS[0])])
    run(sqlite_database, tmp_path)
    assert len(pairs(sqlite_database, "text.translated")) == 1


def test_nothing_is_opened_where_nothing_is_new(
    sqlite_database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    save(sqlite_database, [post(n, text) for n, text in enumerate(TEXTS)])
    run(sqlite_database, tmp_path)
    monkeypatch.setattr(match_meaning, "_finders", None)
    run(sqlite_database, tmp_path)
