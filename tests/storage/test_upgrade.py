"""From the schema that was first handed out to today's: nothing is lost, and old backups come back."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

from alembic import command
from sqlalchemy import Connection, MetaData, select

from core.records import Author, Counts, Media, Metrics, Profile
from storage import cases, media, posts, profiles, schema, search, spending
from storage.engine import Database, raw
from tests.storage.invented import AT, post

FIRST = "0001"
PICTURE = "https://quay.example/a.jpg"


def fill(database: Database) -> None:
    """Store something of every kind."""
    shown = Profile(
        platform="quayside", author=Author(native_id="u1", handle="harbourmaster"), bio="Tides", seen=AT,
        counts=Counts(followers=1200, granularity={"followers": 100}),
    )  # fmt: skip
    counted = {"metrics": Metrics(likes=1200, granularity={"likes": 100}), "metrics_at": AT}
    with database.write() as conn:
        case = cases.ensure_case(conn, "harbour", AT)
        batch = [post(n, media=(Media(url=PICTURE),), **counted) for n in range(3)]
        posts.save_posts(conn, batch, case_id=case, at=AT)
        posts.save_posts(conn, [post(1, text="The ferry leaves at one")], case_id=case, at=AT)
        profiles.save_profiles(conn, [shown], at=AT)
        spending.reserve(conn, "x", "2025-03", 45_000, 100_000)
        media.save(conn, media.Fetched(PICTURE, "image", AT, "ab" * 32, 9, "image/jpeg", exif={"gps": {"latitude": 1}}))


def rows(conn: Connection) -> dict[str, list[dict[str, Any]]]:
    """Return every row of every table as the database has it, without the mark of its revision."""
    found = MetaData()
    found.reflect(conn)
    return {
        name: sorted((dict(row) for row in conn.execute(select(table)).mappings()), key=repr)
        for name, table in found.tables.items()
        if schema.is_ours(name, "table", {}) and name != "alembic_version"
    }


def back_to_the_first(database: Database) -> dict[str, list[dict[str, Any]]]:
    """Take a database back to the first schema and return what is left in it."""
    with database.write() as conn:
        command.downgrade(schema._config(conn), FIRST)
    with database._connect({"begin": "BEGIN"}) as conn:
        return rows(conn)


def test_an_upgrade_keeps_every_row(database: Database) -> None:
    fill(database)
    before = back_to_the_first(database)
    assert "media_files" not in before
    assert len(before["posts"]) == 3
    database.upgrade()
    assert database.check() == []
    with database.read() as conn:
        after = rows(conn)
        assert [hit.ref for hit in search.search(conn, "notice 2")] == ["quayside:2"]
    for name, old in before.items():
        assert [{key: row[key] for key in old[0]} for row in after[name]] == old if old else not after[name]
    fill(database)  # and goes on from there


def test_a_backup_carries_every_table(database: Database, tmp_path: Path) -> None:
    fill(database)
    with database.read() as conn:
        before = rows(conn)
    assert all(before[name] for name in ("profiles", "media_files", "spending", "post_metrics"))
    database.backup(tmp_path / "kept.db")
    with database.write() as conn:
        spending.reserve(conn, "x", "2025-03", 1, 100_000)
    database.restore(tmp_path / "kept.db")
    with database.read() as conn:
        assert rows(conn) == before
        assert spending.spent(conn, "x", "2025-03") == 45_000


def test_a_backup_of_the_first_schema_comes_back(sqlite_database: Database, database: Database, tmp_path: Path) -> None:
    fill(sqlite_database)
    before = back_to_the_first(sqlite_database)
    there = closing(sqlite3.connect(tmp_path / "old.db"))
    with there as kept, sqlite_database._connect({"begin": "BEGIN"}) as conn:
        raw(conn).backup(kept)
    content = (tmp_path / "old.db").read_bytes()
    database.restore(tmp_path / "old.db")
    assert (tmp_path / "old.db").read_bytes() == content
    assert database.check() == []
    with database.read() as conn:
        assert [p.native_id for _, p in posts.iter_posts(conn)] == [row["native_id"] for row in before["posts"]]
