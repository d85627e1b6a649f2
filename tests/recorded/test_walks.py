"""Every recorded walk of the platforms we read, by the commands a user would type."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from runner.cli import cli
from tests.recorded import walks

pytestmark = [
    pytest.mark.recorded,
    pytest.mark.skipif(not walks.present(), reason="the recorded answers do not lie beside the project"),
]


def run(*arguments: str) -> str:
    """Run a command and return what it printed."""
    result = CliRunner().invoke(cli, list(arguments), catch_exceptions=False)
    assert result.exit_code in (0, 1), result.output
    return result.stdout


@pytest.mark.parametrize("walk", walks.load() if walks.present() else [], ids=lambda w: w["id"])
def test_a_walk_yields_what_it_states(walk: dict[str, Any], tmp_path: Path) -> None:
    home = str(tmp_path / "case")
    warc = str(walks.FOLDER / walk["warc"])
    run("init", home)
    run("--workspace", home, "add", walk["source_url"], "--case", "walk", "--route", walk["route"])
    run("--workspace", home, "collect", "--case", "walk", "--replay", warc)
    run("--workspace", home, "table", "posts", "--format", "jsonl", "--out", str(tmp_path / "posts.jsonl"))
    lines = (tmp_path / "posts.jsonl").read_text(encoding="utf-8").splitlines()
    source = json.loads(run("--workspace", home, "sources", "--json").splitlines()[0])
    differences = walks.differences(walk, [json.loads(line) for line in lines], source["last_run"]["finding"])
    assert not differences, "\n".join(differences)
