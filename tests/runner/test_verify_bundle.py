"""Verify what a workspace exports, as its reader does and from within."""

from __future__ import annotations

import json
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from benchmarks.export_bundle import CASE, PLATFORMS, build
from evidence.encryption import encrypt_file
from runner.cli import cli
from runner.export import export
from runner.verify import here, verify
from runner.workspace import Workspace
from storage import cases, custody


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    return build(tmp_path_factory.mktemp("case") / "w", 20, 2, 3)


@pytest.fixture(scope="module")
def bundle(workspace: Workspace, tmp_path_factory: pytest.TempPathFactory) -> Path:
    from core.errors import CopytrailError

    def none(*_: object, **__: object) -> Any:
        raise CopytrailError("There is no browser here.")

    out = tmp_path_factory.mktemp("out") / "case.zip"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("evidence.printing.report_pdf", none)
        export(workspace, case=CASE, out=out, items=[f"{PLATFORMS[0]}:p0", f"{PLATFORMS[0]}:p1"])
    return out


def test_what_is_exported_is_intact_and_its_key_is_known_to_its_owner(workspace: Workspace, bundle: Path) -> None:
    checks = verify(bundle, workspace)
    assert not [c for c in checks if c.result == "failed"]
    assert {c.result for c in checks if c.check == "signer"} == {"proved"}


def test_the_log_of_the_case_tells_that_it_was_verified(workspace: Workspace, bundle: Path) -> None:
    verify(bundle, workspace)
    with workspace.database.read() as conn:
        last = list(custody.log(conn, cases.case_id(conn, CASE)))[-1]
    assert (last["event"], last["object"], last["note"]["verdict"]) == ("verified", "file:case.zip", "intact")


def test_verify_needs_no_workspace(bundle: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("COPYTRAIL_HOME", raising=False)
    assert here(None) is None
    done = CliRunner().invoke(cli, ["verify", str(bundle), "--json"])
    rows = [json.loads(line) for line in done.output.splitlines()]
    assert done.exit_code == 0, done.output
    assert rows[-1]["verdict"] == "intact"
    assert all(set(row) <= {"check", "result", "detail", "exhibit"} for row in rows[:-1])


def test_people_get_one_line_for_an_exhibit_and_what_failed_at_the_end(bundle: Path, tmp_path: Path) -> None:
    assert len(CliRunner().invoke(cli, ["verify", str(bundle)]).output.splitlines()) < 25
    assert len(CliRunner().invoke(cli, ["verify", str(bundle), "--all"]).output.splitlines()) > 40
    data = bytearray(bundle.read_bytes())
    data[data.index(b"evidence/item.json") + 40] ^= 1
    (tmp_path / "case.zip").write_bytes(data)
    done = CliRunner().invoke(cli, ["verify", str(tmp_path / "case.zip")])
    assert done.exit_code == 1
    assert "e001" in done.output.rpartition("\n\n")[2]
    assert CliRunner().invoke(cli, ["verify", str(bundle), "--signer", "0" * 64]).exit_code == 1
    assert CliRunner().invoke(cli, ["verify", str(bundle), "--signer", "short"], standalone_mode=False).exception


def test_an_encrypted_bundle_is_opened_and_checked(bundle: Path, tmp_path: Path) -> None:
    encrypt_file(bundle, tmp_path / "case.zip.age", passphrase="a long enough phrase")
    checks = verify(tmp_path / "case.zip.age", passphrase=lambda: "a long enough phrase")
    assert not [c for c in checks if c.result == "failed"]


def test_the_checker_in_the_bundle_agrees(bundle: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(bundle) as archive:
        archive.extractall(tmp_path)
    (folder,) = tmp_path.iterdir()
    command = [sys.executable, "-I", "-S", str(folder / "verify.py")]
    done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    (folder / "README.html").write_text("another")
    done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path)
    assert done.returncode == 1
    assert "README.html" in done.stdout
