"""Matching on workers: the pairs of matching in memory, whatever becomes of a worker."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from pyarrow import parquet

from core.errors import BadInput, CannotStart
from core.records import Author, Post
from matchers import bulk, kernel
from matchers.bulk import BulkPairs
from runner import cluster
from runner.archive_parts import Archive, ParquetArchive, PostsArchive
from storage import cases, posts
from storage.engine import Database
from tests.matchers.test_partition import invented

AT = datetime(2026, 1, 1, tzinfo=UTC)
COUNT = 900
# a thread of distributed closes its loop a moment after its client is gone
pytestmark = pytest.mark.filterwarnings("default::ResourceWarning", "default::pytest.PytestUnraisableExceptionWarning")


@pytest.fixture(scope="module")
def client() -> Iterator[Any]:
    with cluster.workers(2) as found:
        yield found


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("parquet")
    names = [None if n % 50 == 0 else f"name{n % 40}" for n in range(COUNT)]
    table = pa.table({"text": invented(COUNT, seed=5), "account": names, "more": list(range(COUNT))})
    parquet.write_table(table.slice(0, 500), path / "a.parquet", row_group_size=200)
    parquet.write_table(table.slice(500), path / "b.parquet")
    return path


def in_memory(archive: Archive) -> BulkPairs:
    """Match the same texts all at once."""
    parts = [archive.read(part) for part in range(len(archive.sizes))]
    texts = kernel.texts_of([text for part in parts for text in _texts(part.texts)])
    return bulk.match(texts, accounts=np.concatenate([part.accounts for part in parts]))


def _texts(texts: kernel.Texts) -> list[str]:
    data = texts.buffer.tobytes()
    return [data[a:b].decode() for a, b in zip(texts.offsets[:-1], texts.offsets[1:], strict=True)]


def assert_same(parts: list[cluster.Part], whole: BulkPairs) -> None:
    found = bulk.joined([part.pairs for part in parts])
    assert len(whole.left) > 100
    for name, column in whole._asdict().items():
        np.testing.assert_array_equal(getattr(found, name), column, err_msg=name)


def test_a_folder_of_parquet_files(client: Any, folder: Path) -> None:
    archive = ParquetArchive.of(folder)
    assert archive.sizes == (200, 200, 100, 400)
    told: list[str] = []
    parts = list(cluster.match(client, archive, progress=lambda what, *_: told.append(what)))
    assert_same(parts, in_memory(archive))
    assert list(dict.fromkeys(told)) == ["signing", "meeting", "comparing"]


def test_small_ranges_of_keys_change_nothing(client: Any, folder: Path) -> None:
    archive = ParquetArchive.of(folder)
    parts = list(cluster.match(client, archive, cluster.Setting(keys_a_range=700)))
    assert_same(parts, in_memory(archive))


def test_the_posts_of_a_database(client: Any, database: Database) -> None:
    texts = invented(400, seed=8)
    made = [
        Post(platform="tumblr", native_id=str(n), text=text, first_seen=AT, author=Author(native_id=str(n % 30)))
        for n, text in enumerate(texts)
    ]  # fmt: skip
    with database.write() as conn:
        posts.save_posts(conn, made, case_id=cases.ensure_case(conn, "c", AT), at=AT)
    archive = PostsArchive.of(database, 150)
    assert archive.sizes == (150, 150, 100)
    parts = list(cluster.match(client, archive))
    assert_same(parts, in_memory(archive))
    ids = np.concatenate([archive.ids(part) for part in range(3)])
    for part in parts:
        np.testing.assert_array_equal(part.right, ids[part.pairs.right])


def test_a_killed_worker_costs_time_and_nothing_else(client: Any, folder: Path) -> None:
    archive = ParquetArchive.of(folder)
    killed: list[int] = []

    def kill(what: str, done: int, of: int | None) -> None:
        if what == "meeting" and not killed:
            killed.append(next(iter(client.run(os.getpid).values())))
            os.kill(killed[0], signal.SIGKILL)

    parts = list(cluster.match(client, archive, cluster.Setting(keys_a_range=4000), progress=kill))
    assert killed
    assert_same(parts, in_memory(archive))
    client.wait_for_workers(2)


def test_a_scheduler_that_is_not_encrypted_is_not_spoken_to_from_afar() -> None:
    with pytest.raises(CannotStart, match="tls://"), cluster.connected("tcp://192.0.2.1:8786"):
        pass


def test_a_folder_without_texts_is_told(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="no Parquet files"):
        ParquetArchive.of(tmp_path)
    parquet.write_table(pa.table({"words": ["a"]}), tmp_path / "a.parquet")
    with pytest.raises(BadInput, match="no column `text`; its columns: words"):
        ParquetArchive.of(tmp_path)
    (tmp_path / "a.parquet").write_bytes(b"none")
    with pytest.raises(BadInput, match="no Parquet file that can be read"):
        ParquetArchive.of(tmp_path)
