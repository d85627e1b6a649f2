"""How far the clock is off as servers state it, and the receipts of calendars, as the commands tell them."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from archive.warc import WarcWriter
from core.exchange import Exchange
from runner.clock_offset import clock_offset
from runner.doctor import examine
from runner.ots import receipts
from runner.stamping import seal_new
from storage import captures
from tests.archive.test_opentimestamps import calendar
from tests.runner.test_stamping import AT, World, world

__all__ = ["world"]


def test_half_a_second_is_added_to_a_date_that_is_cut_to_whole_ones(world: World) -> None:
    with WarcWriter(world.root / "archive" / "warc", software="t", clock=world.clock) as writer:
        for tenth in range(10):  # the server's clock is right; ours is 3 s ahead
            at = AT + timedelta(seconds=3, milliseconds=100 * tenth)
            stated = (("Date", "Wed, 01 May 2024 12:00:00 GMT"),)
            writer.record(Exchange("GET", f"https://a.example/{tenth}", (), b"", at, 200, "OK", stated, b"x"))
        written = writer.drain()
    with world.database.write() as conn:
        captures.save_captures(conn, written, source_id=None, run_id=None)
    world.clock.at = AT + timedelta(minutes=1)
    with world.database.read() as conn:
        found = clock_offset(world.workspace, conn)
    assert found.offset == pytest.approx(3.0, abs=0.06)
    assert found.source == "Date of the last 10 answers, ±0.5 s"


def test_receipts_of_calendars_are_listed_and_counted(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    ots = pytest.importorskip("archive.opentimestamps")
    pytest.importorskip("opentimestamps")
    from core.http import Client

    world.capture(2)
    made = seal_new(world.workspace, stamp=False)
    folder: Path = world.root / "archive" / "seals"
    assert list(receipts(world.workspace)) == []
    with calendar() as kept, Client(allow_loopback=True, attempts=1) as http:
        receipt, _ = ots.create(http, (folder / f"{made.seal}.json").read_bytes(), [kept.url])
        (folder / f"{made.seal}.ots").write_bytes(receipt)
        [row] = receipts(world.workspace)
    assert (row["subject"], row["state"]) == (f"archive/seals/{made.seal}.json", "pending")
    assert row["calendars"] == [kept.url]
    monkeypatch.setattr("runner.workspace.Workspace.open", lambda _: world.workspace)
    told = {check.name: check.says for check in examine(None)}
    assert "OpenTimestamps: 1 pending" in told["time stamps"]
    (folder / f"{made.seal}.ots").write_bytes(b"no receipt")
    [row] = receipts(world.workspace)
    assert row["state"] == "refused"
    assert row["why"]
