"""What is new in the archive is sealed once, stamped when an authority answers, and nothing is lost on the way."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from archive import seal_checks, seals, timestamps
from archive.warc import WarcWriter
from archive.whole_records import whole_records
from config import authorities
from core import merkle
from core.canonical import canonical
from core.custody import Event
from core.exchange import Exchange
from core.times import StillClock
from demo.authority import TimeAuthority
from runner import custody, stamping, stamps
from runner.workspace import Workspace
from storage import cases
from storage import custody as log
from storage import seals as rows
from storage.engine import Database
from tests.stamping import own_file, serving_authorities

AT = datetime(2024, 5, 1, 12, 0, tzinfo=UTC)
SETTINGS = (
    '[workspace]\nkind = "test"\n[timestamps]\nauthorities = ["north", "south"]\nown = "own.yml"\ntimeout_seconds = 2\n'
)


class World:
    """A workspace on either database, two authorities beside it, and a clock that moves when told."""

    def __init__(self, folder: Path, database: Database, port: int, stand: dict[str, TimeAuthority]) -> None:
        self.root, self.database, self.stand, self.clock = folder, database, stand, StillClock(AT)
        (folder / "archive" / "warc").mkdir(parents=True)
        (folder / "copytrail.toml").write_text(SETTINGS)
        own_file(folder / "own.yml", stand, port)
        self.workspace = self.open()
        with database.write() as conn:
            cases.ensure_case(conn, "harbour", AT)
            custody.note(self.workspace, conn, "harbour", "opened", "case:harbour")

    def open(self) -> Workspace:
        workspace = Workspace.open(self.root)
        workspace.__dict__["database"] = self.database
        workspace.clock = lambda: self.clock  # type: ignore[method-assign]
        return workspace

    def capture(self, count: int = 1) -> list[str]:
        with WarcWriter(self.root / "archive" / "warc", software="t", clock=self.clock) as writer:
            return [
                writer.record(
                    Exchange("GET", f"https://a.example/{n}", (), b"", AT, status=200, reason="OK", body=b"x" * n)
                )
                for n in range(count)
            ]

    def events(self) -> list[tuple[str, str]]:
        with self.database.read() as conn:
            return [(row["event"], row["object"]) for row in log.log(conn, cases.case_id(conn, "harbour"))]

    def states(self) -> list[tuple[str, str]]:
        with self.database.read() as conn:
            return sorted((row.authority, row.state) for row in rows.stamps(conn))


@pytest.fixture
def world(tmp_path: Path, database: Database) -> Iterator[World]:
    stand = {name: TimeAuthority(name, clock=lambda: AT, since=AT - timedelta(days=2)) for name in ("north", "south")}
    with serving_authorities(stand) as port:
        yield World(tmp_path / "case", database, port, stand)


def test_a_seal_covers_every_whole_record_and_leads_each_to_its_root(world: World) -> None:
    ids = world.capture(40)
    done = stamping.seal_new(world.workspace)
    assert done.seal
    folder = world.root / "archive" / "seals"
    told = seals.load(folder, done.seal)
    places = seals.place_of(folder, ids)
    assert set(places) == set(ids)
    for record, place in places.items():
        leaf = canonical({"id": record, "sha256": place.sha256})
        assert merkle.climb(leaf, place.index, told.leaves, place.path) == told.root
    with world.database.read() as conn:
        entries = [Event(**row).digest for row in log.log(conn, cases.case_id(conn, "harbour"))]
    found = seals.head_of(folder, "harbour", entries)
    assert found is not None
    assert (found[0], found[1].seal) == (1, done.seal), "the entries behind it tell of the seal itself"
    assert seals.head_of(folder, "harbour", ["0" * 64, *entries[1:]]) is None, "it is not the entry that was sealed"
    assert list(seal_checks.flaws(folder, done.seal)) == list(seal_checks.damaged(folder.parent, done.seal)) == []


def test_what_is_sealed_is_stamped_by_every_authority_and_told_in_the_log(world: World) -> None:
    world.capture(3)
    done = stamping.seal_new(world.workspace)
    assert world.states() == [("north", "stamped"), ("south", "stamped")]
    data = (world.root / f"archive/seals/{done.seal}.json").read_bytes()
    for one in authorities.load(world.workspace.settings, world.root):
        token = (world.root / f"archive/seals/{done.seal}.{one.id}.tsr").read_bytes()
        assert timestamps.check(token, data, [one]).at == AT
    seal = f"seal:{done.seal}"
    assert world.events() == [("opened", "case:harbour"), ("sealed", seal), ("stamped", seal), ("stamped", seal)]


def test_a_second_call_finds_nothing_new(world: World) -> None:
    world.capture(3)
    assert stamping.seal_new(world.workspace).seal
    again = stamping.seal_new(world.workspace)
    assert (again.seal, again.answers) == (None, [])
    assert world.stand["north"].asked == 1


def test_a_file_that_grew_is_sealed_from_where_the_last_seal_ended(world: World) -> None:
    with WarcWriter(world.root / "archive" / "warc", software="t", clock=world.clock) as writer:
        for number in range(3):
            writer.record(Exchange("GET", f"https://a.example/{number}", (), b"", AT, status=200))
            assert stamping.seal_new(world.workspace, stamp=False).seal
    folder = world.root / "archive" / "seals"
    leaves = [leaf for seal in seals.ids(folder) for leaf in seals.leaves(folder, seal) if b'"id"' in leaf]
    (file,) = (world.root / "archive" / "warc").iterdir()
    assert sorted(leaves) == sorted(canonical({"id": r.id, "sha256": r.sha256}) for r in whole_records(file))


def test_a_torn_tail_is_left_for_later(world: World) -> None:
    world.capture(4)
    (file,) = (world.root / "archive" / "warc").iterdir()
    whole = file.read_bytes()
    last = list(whole_records(file))[-1]
    file.write_bytes(whole[:-5])
    first = stamping.seal_new(world.workspace, stamp=False)
    assert seals.place_of(world.root / "archive/seals", [last.id]) == {}
    file.write_bytes(whole)
    assert stamping.seal_new(world.workspace, stamp=False).leaves == 1
    assert first.seal
    assert last.id in seals.place_of(world.root / "archive/seals", [last.id])


def test_without_network_the_stamp_is_pending_and_comes_later(world: World) -> None:
    world.stand["north"].mode = "500"
    world.stand["south"].mode = "html"
    world.capture(2)
    done = stamping.seal_new(world.workspace)
    assert done.seal
    assert world.states() == [("north", "pending"), ("south", "refused")]
    world.stand["north"].mode = world.stand["south"].mode = ""
    assert stamping.seal_new(world.workspace).answers == [], "it is not asked again before its time"
    world.clock.at += timedelta(minutes=6)
    assert [answer.state for _, answer in stamping.seal_new(world.workspace).answers] == ["stamped"]
    assert world.states() == [("north", "stamped"), ("south", "refused")]
    stamping.ask_pending(world.workspace, every=True)
    assert world.states() == [("north", "stamped"), ("south", "stamped")]
    assert (world.root / f"archive/seals/{done.seal}.south.refused").read_bytes() == b"<html>busy</html>"


def test_an_authority_that_fails_is_asked_once_in_a_call_and_ever_more_seldom(world: World) -> None:
    for one in world.stand.values():
        one.mode = "500"
    for _ in range(3):
        world.capture(1)
        stamping.seal_new(world.workspace, stamp=False)
    assert len(stamping.ask_pending(world.workspace)) == 2
    waits = []
    for _ in range(4):
        with world.database.read() as conn:
            row = rows.stamps(conn)[0]
        assert row.next_try is not None
        waits.append(row.next_try - world.clock.now())
        world.clock.at = row.next_try
        with world.database.read() as conn:
            mine = [r for r in rows.due(conn, world.clock.now()) if r.id == row.id]
        stamps._ask(world.workspace, mine)
    assert [round(wait.total_seconds() / 60) for wait in waits] == [5, 10, 20, 40]


@pytest.mark.parametrize("point", ["leaves.jsonl", "files.json", "json"])
def test_a_kill_between_files_and_row_is_mended_by_the_next_call(
    world: World, monkeypatch: pytest.MonkeyPatch, point: str
) -> None:
    ids = world.capture(5)
    write = seals.write

    def dying(path: Path, data: bytes) -> None:
        write(path, data)
        if path.name.split(".", 1)[1] == point:
            raise KeyboardInterrupt

    monkeypatch.setattr(seals, "write", dying)
    with pytest.raises(KeyboardInterrupt):
        stamping.seal_new(world.workspace)
    monkeypatch.undo()
    stamping.seal_new(world.open())
    folder = world.root / "archive" / "seals"
    assert set(seals.place_of(folder, ids)) == set(ids)
    with world.database.read() as conn:
        assert [row.id for row in rows.seals(conn)] == seals.ids(folder)
    assert len(seals.ids(folder)) == 1, "what was sealed is not sealed again"
    assert world.states() == [("north", "stamped"), ("south", "stamped")]
    assert [event for event, _ in world.events()] == ["opened", "sealed", "stamped", "stamped"]


def test_a_kill_between_token_and_row_asks_nobody_again(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.capture(1)
    note = rows.answered

    def dying(*_: Any, **__: Any) -> bool:
        raise KeyboardInterrupt

    monkeypatch.setattr(rows, "answered", dying)
    with pytest.raises(KeyboardInterrupt):
        stamping.seal_new(world.workspace)
    monkeypatch.setattr(rows, "answered", note)
    stamping.seal_new(world.open())
    assert world.stand["north"].asked == 1
    assert world.states() == [("north", "stamped"), ("south", "stamped")]


def test_two_at_once_seal_each_record_once(world: World) -> None:
    ids = world.capture(200)
    threads = [
        threading.Thread(target=stamping.seal_new, args=(world.open(),), kwargs={"stamp": False}) for _ in "12345"
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    folder = world.root / "archive" / "seals"
    leaves = [leaf for seal in seals.ids(folder) for leaf in seals.leaves(folder, seal) if b'"id"' in leaf]
    assert len(leaves) == len(set(leaves)) >= len(ids)


@pytest.mark.timeout(120)
def test_many_who_add_to_one_log_at_once_leave_one_chain(world: World) -> None:
    from core.custody import flaws

    def add() -> None:
        for number in range(50):
            with world.database.write() as conn:
                custody.note(world.workspace, conn, "harbour", "viewed", f"run:{number}")

    threads = [threading.Thread(target=add) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with world.database.read() as conn:
        found = list(log.log(conn, cases.case_id(conn, "harbour")))
    assert len(found) == 401
    assert list(flaws(found)) == []


def test_a_record_changed_after_its_seal_is_named(world: World) -> None:
    ids = world.capture(6)
    done = stamping.seal_new(world.workspace, stamp=False)
    assert done.seal
    (file,) = (world.root / "archive" / "warc").iterdir()
    data = bytearray(file.read_bytes())
    place = next(r for r in whole_records(file) if r.id == ids[3])
    data[(place.since + place.until) // 2] ^= 0xFF
    file.write_bytes(bytes(data))
    (found,) = seal_checks.damaged(world.root / "archive", done.seal)
    assert ids[3] in found
    file.unlink()
    assert any("cannot be read" in one for one in seal_checks.damaged(world.root / "archive", done.seal))


def test_a_changed_leaf_or_statement_is_found(world: World) -> None:
    world.capture(3)
    done = stamping.seal_new(world.workspace, stamp=False)
    assert done.seal
    folder = world.root / "archive" / "seals"
    with world.database.read() as conn:
        known = rows.seals(conn)[0].sha256
    leaves, statement = folder / f"{done.seal}.leaves.jsonl", folder / f"{done.seal}.json"
    whole = leaves.read_bytes()
    leaves.write_bytes(whole.replace(b'"sha256":"', b'"sha256":"0', 1))
    assert any("do not lead to its root" in one for one in seal_checks.flaws(folder, done.seal, known))
    leaves.write_bytes(whole)
    statement.write_bytes(statement.read_bytes().replace(b'"v":1', b'"v": 1'))
    found = list(seal_checks.flaws(folder, done.seal, known))
    assert any("not the one the working copy knows" in one for one in found)
    assert any("not in the form we write" in one for one in found)


def test_the_signatures_of_an_export_are_stamped_too_and_kept_while_pending(world: World) -> None:
    world.stand["south"].mode = "500"
    data = canonical({"v": 1, "kind": "signatures", "leaves": 1, "root": "00"})
    answers = stamping.stamp_data(world.workspace, data, "harbour.wacz")
    assert [(a.authority, a.state) for a in answers] == [("north", "stamped"), ("south", "pending")]
    world.stand["south"].mode = ""
    stamping.ask_pending(world.workspace, every=True)
    assert [a.state for a in stamping.stamp_data(world.workspace, data, "harbour.wacz")] == ["stamped", "stamped"]
    assert world.stand["north"].asked == 1
