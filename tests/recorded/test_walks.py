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


WALKS = walks.load() if walks.present() else []


def played(walk: dict[str, Any], tmp_path: Path) -> tuple[list[dict[str, Any]], dict[str, Any] | None]:
    """Return the posts that a walk gives and the finding its run ended with."""
    home = str(tmp_path / "case")
    warc = str(walks.FOLDER / walk["warc"])
    run("init", home)
    run("--workspace", home, "add", walk["source_url"], "--case", "walk", "--route", walk["route"])
    run("--workspace", home, "collect", "--case", "walk", "--replay", warc)
    run("--workspace", home, "table", "posts", "--format", "jsonl", "--out", str(tmp_path / "posts.jsonl"))
    lines = (tmp_path / "posts.jsonl").read_text(encoding="utf-8").splitlines()
    source = json.loads(run("--workspace", home, "sources", "--json").splitlines()[0])
    return [json.loads(line) for line in lines], source["last_run"]["finding"]


@pytest.mark.parametrize("walk", [w for w in WALKS if w["id"] != walks.CONTRADICTED], ids=lambda w: w["id"])
def test_a_walk_yields_what_it_states(walk: dict[str, Any], tmp_path: Path) -> None:
    differences = walks.differences(walk, *played(walk, tmp_path))
    assert not differences, "\n".join(differences)


def test_a_recording_that_contradicts_what_is_stated_of_it_is_read_as_it_stands(tmp_path: Path) -> None:
    (walk,) = (w for w in WALKS if w["id"] == walks.CONTRADICTED)
    posts, finding = played(walk, tmp_path)
    assert not posts
    assert finding is not None
    assert finding["kind"] == "gone"  # and not private: the two have the same answer, and the sentence says so
    assert "not tell which" in finding["sentence"]
