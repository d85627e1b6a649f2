"""The commands that list, seal, stamp and check: what they say, and how they end."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from archive.whole_records import whole_records
from demo.authority import TimeAuthority
from evidence.beside import NAME, check_beside
from evidence.checks import Trust
from evidence.verify import verify
from runner.verify import trust
from runner.workspace import Workspace
from tests.runner.commands import Home
from tests.stamping import own_file, serving_authorities

POST = '{"platform": "x", "native_id": "1", "text": "The harbour is closed.", "url": "https://x.com/a/status/1"}\n'


def imported(home: Home, tmp_path: Path) -> None:
    (tmp_path / "posts.ndjson").write_text(POST)
    home("import", tmp_path / "posts.ndjson", "--case", "harbour")


@contextmanager
def authority(home: Home) -> Iterator[TimeAuthority]:
    """Set an authority up for the workspace; the route of tests leads every host to the sites, so it is taken off."""
    now = datetime.now(UTC)
    one = TimeAuthority("north", since=now - timedelta(days=1))
    with serving_authorities({"north": one}) as port:
        own_file(home.folder / "own.yml", {"north": one}, port)
        settings = (home.folder / "copytrail.toml").read_text()
        kept = "\n".join(row for row in settings.splitlines() if not row.startswith("loopback_port"))
        told = '\n[timestamps]\nauthorities = ["north"]\nown = "own.yml"\ntimeout_seconds = 5\n'
        (home.folder / "copytrail.toml").write_text(kept + told)
        yield one


def test_an_import_is_logged_with_the_digest_of_its_file_and_sealed(either_home: Home, tmp_path: Path) -> None:
    imported(either_home, tmp_path)
    rows = either_home("custody", "--case", "harbour", "--json").rows
    assert [row["event"] for row in rows] == ["opened", "imported", "sealed"]
    assert rows[1]["object"] == "file:posts.ndjson"
    assert len(rows[1]["sha256"]) == 64
    assert {row["actor"] for row in rows} == {"desk"}
    assert "imported file:posts.ndjson" in either_home("custody", "--case", "harbour").out
    (only,) = either_home("custody", "--case", "harbour", "--event", "imported", "--json").rows
    assert only == rows[1]


def test_stamp_seals_has_old_seals_stamped_and_lists_the_states(either_home: Home, tmp_path: Path) -> None:
    home = either_home
    imported(home, tmp_path)
    assert "No authority is set up" in home("stamp").out
    with authority(home) as north:
        (row,) = home("stamp", "--json").rows
        assert (row["authority"], row["state"]) == ("north", "stamped")
        assert north.asked == 1
        home("stamp")
        assert north.asked == 1
        assert home("db", "check").out
        (token,) = (home.folder / "archive" / "seals").glob("*.tsr")
        token.write_bytes(token.read_bytes()[:-3] + b"abc")
        assert "does not hold" in home("db", "check", status=1).err


def test_a_pending_stamp_is_named_and_no_capture_is_lost(home: Home, tmp_path: Path) -> None:
    with authority(home) as north:
        north.mode = "500"
        imported(home, tmp_path)
        found = home("stamp", status=1)
        assert "north pending" in found.out
        north.mode = ""
        assert "1 time stamps are here, 0 still missing" in home("stamp").out
        rows = {row["name"]: row for row in home("doctor", "--json").rows}
        assert "another owner" in rows["time stamps"]["says"]


def test_a_bundle_is_stamped_later_by_a_file_beside_it(home: Home, tmp_path: Path) -> None:
    bundle = tmp_path / "case.zip"
    bundle.write_bytes(b"a bundle")
    with authority(home) as north:
        north.mode = "500"
        assert "asks again" in home("stamp", "--bundle", bundle, status=1).err
        north.mode = ""
        told = home("stamp", "--bundle", bundle).out
        workspace = Workspace.open(home.folder)
        believed = trust(workspace)
    assert "case.zip.sha256.north.tsr: north: stamped" in told
    sha = hashlib.sha256(b"a bundle").hexdigest()
    assert [check.result for check in check_beside(bundle, sha, believed)] == ["proved"]
    assert [check.result for check in check_beside(bundle, sha, Trust())] == ["not_checked"]
    assert [check.result for check in check_beside(bundle, "0" * 64, believed)] == ["failed"]
    assert any(check.check == NAME for check in verify(bundle, believed)), "verify looks beside the file"
    sums = tmp_path / "case.zip.sha256"
    sums.write_text(f"{sha}  other.zip\n")
    assert [check.result for check in check_beside(bundle, sha, believed)] == ["failed"]
    bundle.write_bytes(b"another one")
    assert "another digest" in home("stamp", "--bundle", bundle, status=2).err


def test_db_check_finds_a_log_that_was_cut_short_and_a_seal_that_is_gone(home: Home, tmp_path: Path) -> None:
    imported(home, tmp_path)
    home("db", "check")
    (statement,) = (home.folder / "archive" / "seals").glob("*-????????.json")
    kept = statement.read_bytes()
    statement.unlink()
    assert "not in archive/seals any more" in home("db", "check", status=1).err
    statement.write_bytes(kept)
    leaves = statement.with_name(statement.stem + ".leaves.jsonl")
    changed = [json.loads(row) | {"custody": "0" * 64} for row in leaves.read_text().splitlines()]
    leaves.write_text("".join(json.dumps(row) + "\n" for row in changed))
    said = home("db", "check", status=1).err
    assert "do not lead to its root" in said


def test_db_check_archive_names_a_record_that_changed(home: Home) -> None:
    from archive.warc import WarcWriter
    from core.exchange import Exchange

    at = datetime(2024, 5, 1, tzinfo=UTC)
    with WarcWriter(home.folder / "archive" / "warc", software="t") as writer:
        for number in range(3):
            writer.record(Exchange("GET", f"https://a.example/{number}", (), b"", at, status=200, body=b"x" * 500))
    home("stamp")
    assert "sound" in home("db", "check", "--archive").out
    (file,) = (home.folder / "archive" / "warc").iterdir()
    record = list(whole_records(file))[2]
    data = bytearray(file.read_bytes())
    data[record.until - 6] ^= 1
    file.write_bytes(bytes(data))
    assert home("db", "check").out
    assert record.id in home("db", "check", "--archive", status=1).err


def test_a_restored_working_copy_says_so_in_its_logs_and_takes_its_seals_in_again(
    either_home: Home, tmp_path: Path
) -> None:
    home = either_home
    imported(home, tmp_path)
    home("db", "backup", tmp_path / "kept.db")
    imported(home, tmp_path)
    home("db", "restore", tmp_path / "kept.db")
    assert home("custody", "--case", "harbour", "--json").rows[-1]["event"] == "restored"
    home("stamp")
    with Workspace.open(home.folder).database.read() as conn:
        from storage import seals

        there = len(seals.seals(conn))
    assert there == len(list((home.folder / "archive" / "seals").glob("*-????????.json")))
    assert "older working copy was restored" in home("db", "check", status=1).err
