"""`match --workers`: what workers look up gives the pairs and families of matching without them."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from click.testing import CliRunner
from pyarrow import parquet

from core.errors import BadInput
from core.records import Author, Post
from runner.commands.matching import match_command
from runner.match import match
from runner.match_context import Workers
from storage import cases, families, matching, posts
from storage.engine import Database
from tests.matchers.test_partition import invented

AT = datetime(2026, 1, 1, tzinfo=UTC)
pytestmark = pytest.mark.filterwarnings("default::ResourceWarning", "default::pytest.PytestUnraisableExceptionWarning")


def _save(database: Database, texts: list[str], first: int) -> None:
    made = [
        Post(platform="tumblr", native_id=str(n), text=text, first_seen=AT, author=Author(native_id=str(n % 30)))
        for n, text in enumerate(texts, first)
    ]  # fmt: skip
    with database.write() as conn:
        posts.save_posts(conn, made, case_id=cases.ensure_case(conn, "c", AT), at=AT)


def _told(database: Database) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    with database.read() as conn:
        pairs = sorted(matching.list_pairs(conn), key=lambda row: (row["left"], row["right"], row["matcher"]))
        return pairs, list(families.list_families(conn))


def test_workers_change_no_result(database: Database, tmp_path: Path) -> None:
    _save(database, invented(200, seed=4), 0)
    match(database, tmp_path / "a", at=AT)
    alone = _told(database)
    match(database, tmp_path / "a", at=AT, rebuild=True, workers=Workers(2))
    assert len(alone[0]) > 50
    assert _told(database) == alone
    with pytest.raises(BadInput, match="whole archive"):
        match(database, tmp_path / "a", at=AT, case="c", rebuild=True, workers=Workers(2))


def test_a_folder_of_parquet_files_by_command(tmp_path: Path) -> None:
    folder = tmp_path / "posts"
    folder.mkdir()
    parquet.write_table(pa.table({"text": invented(120, seed=4)}), folder / "a.parquet", row_group_size=50)
    out = tmp_path / "pairs.parquet"
    done = CliRunner().invoke(match_command, ["--archive", str(folder), "--out", str(out), "--workers", "1"])
    assert done.exit_code == 0, done.output
    table = parquet.read_table(out)
    assert f"{table.num_rows} pairs written" in done.output
    assert set(table.column("kind").to_pylist()) <= {"text.exact", "text.near", "text.excerpt"}
    assert not list(tmp_path.glob("*.part"))
