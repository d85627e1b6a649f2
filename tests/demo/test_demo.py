"""The demo by its own command: what is found against what was planted."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from core.errors import BadInput
from runner.cli import cli


@pytest.mark.slow
def test_the_demo_finds_what_was_planted(tmp_path: Path) -> None:
    done = CliRunner().invoke(cli, ["demo", "--dir", str(tmp_path / "demo"), "--json"], catch_exceptions=False)
    assert done.exit_code == 0, done.output
    report = json.loads(done.stdout)
    kinds = report["kinds"]
    assert kinds["exact"]["recall"] == 1.0
    assert kinds["w10"]["recall"] >= 0.99
    assert report["precision"] == 1.0
    assert min(kind["recall"] for kind in kinds.values()) >= 0.95
    assert report["verdict"] == "intact"
    assert report["platforms"] >= 20
    assert report["planted"] == sum(kind["planted"] for kind in kinds.values())
    assert Path(report["bundle"]).is_file()
    outside = ["verify", report["bundle"], "--pin", str(tmp_path / "demo" / "authorities.yml"), "--json"]
    assert CliRunner().invoke(cli, outside, catch_exceptions=False).exit_code == 0, "as its last lines tell"
    with pytest.raises(BadInput, match="something else than a demo"):
        CliRunner().invoke(cli, ["demo", "--dir", str(tmp_path), "--json"], catch_exceptions=False)
