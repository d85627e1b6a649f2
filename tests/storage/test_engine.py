"""Opening, upgrading, guarding, backing up the working copy."""

from __future__ import annotations

import sqlite3
import threading
from pathlib import Path

import pytest
from sqlalchemy import insert, select, text
from sqlalchemy.exc import DBAPIError

from core.errors import CannotStart
from storage import backup, cases, engine, posts, schema, search
from storage import tables as t
from storage.engine import Database
from tests.storage.invented import AT, post


def filled(database: Database, count: int = 3) -> None:
    with database.write() as conn:
        case = cases.ensure_case(conn, "harbour", AT)
        posts.save_posts(conn, [post(n) for n in range(count)], case_id=case, at=AT)


def test_migrations_make_what_the_program_declares(database: Database) -> None:
    database.require()
    assert database.revision() == schema.revisions()[-1]
    with database.read() as conn:
        assert schema.differences(conn) == []
    assert database.check() == []


def test_upgrade_again_changes_nothing(database: Database) -> None:
    filled(database)
    database.upgrade()
    with database.read() as conn:
        assert cases.list_cases(conn) == ["harbour"]


def test_new_file_asks_for_an_upgrade(tmp_path: Path) -> None:
    with Database(tmp_path / "new.db") as database:
        with pytest.raises(CannotStart, match="no tables yet; run `copytrail db upgrade`"):
            database.require()
        with (
            pytest.raises(CannotStart, match="tables are missing; run"),
            database.read() as conn,
        ):
            cases.list_cases(conn)


def test_newer_schema_is_left_alone(database: Database) -> None:
    with database.write() as conn:
        conn.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    for act in (database.require, database.upgrade):
        with pytest.raises(CannotStart, match="newer copytrail"):
            act()


def test_reader_cannot_write(database: Database) -> None:
    with pytest.raises((DBAPIError, CannotStart)), database.read() as conn:
        conn.execute(insert(t.table(t.Case)).values(name="x", added_at=AT))
    with database.write() as conn:  # and the connection is as good as new for the next
        assert cases.ensure_case(conn, "x", AT)


def test_reader_sees_one_state_while_others_write(database: Database) -> None:
    filled(database)
    with database.read() as conn:
        before = cases.list_cases(conn)
        with database.write() as other:
            cases.ensure_case(other, "pier", AT)
        assert cases.list_cases(conn) == before


def test_writers_take_turns(database: Database) -> None:
    def add(name: str) -> None:
        for number in range(10):
            with database.write() as conn:
                case = cases.ensure_case(conn, "harbour", AT)
                posts.save_posts(conn, [post(f"{name}{number}"), post("shared")], case_id=case, at=AT)

    with database.write() as conn:
        cases.ensure_case(conn, "harbour", AT)
    threads = [threading.Thread(target=add, args=(name,)) for name in "ab"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with database.read() as conn:
        numbers = conn.execute(select(t.table(t.PostTable).c.id).order_by("id")).scalars().all()
    assert numbers == list(range(1, 22))


def test_unwritable_folder(tmp_path: Path) -> None:
    with Database(tmp_path / "none" / "x.db") as database, pytest.raises(CannotStart, match=r"folder .*none exists"):
        database.upgrade()


def test_file_that_is_no_database(tmp_path: Path) -> None:
    (tmp_path / "x.db").write_bytes(b"holiday pictures, not tables " * 100)
    with Database(tmp_path / "x.db") as database, pytest.raises(CannotStart, match="restore a backup"):
        database.upgrade()


def test_locked_file(sqlite_database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "BUSY_MS", 20)
    other = sqlite3.connect(sqlite_database.url.database or "", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(CannotStart, match="another process has been writing"), sqlite_database.write():
        pass
    other.close()


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://ann:s3cr3t@127.0.0.1:1/x",
        "postgres://ann:s3cr3t@127.0.0.1:1/x",
        "postgresql://127.0.0.1:1/x?password=s3cr3t",
    ],
)
def test_unreachable_postgres_keeps_the_password_to_itself(url: str) -> None:
    with pytest.raises(CannotStart, match="does not answer") as raised:
        Database(url).upgrade()
    assert "s3cr3t" not in str(raised.value)


@pytest.mark.parametrize("url", ["mysql://ann:s3cr3t@h/x", "postgresql://ann:s3cr3t@h:port/x", "://"])
def test_unusable_url(url: str) -> None:
    with pytest.raises(CannotStart) as raised:
        Database(url)
    assert "s3cr3t" not in str(raised.value)


def test_backup_comes_back(database: Database, tmp_path: Path) -> None:
    filled(database)
    database.backup(tmp_path / "kept.db")
    with pytest.raises(CannotStart, match="exists already"):
        database.backup(tmp_path / "kept.db")
    with database.write() as conn:
        posts.save_posts(conn, [post("later")], case_id=cases.ensure_case(conn, "pier", AT), at=AT)
    database.restore(tmp_path / "kept.db")
    assert database.check() == []
    with database.write() as conn:
        assert cases.list_cases(conn) == ["harbour"]
        assert [p.native_id for _, p in posts.iter_posts(conn)] == ["0", "1", "2"]
        assert [hit.ref for hit in search.search(conn, "notice 2")] == ["quayside:2"]
        case = cases.ensure_case(conn, "pier", AT)  # numbers go on where they were
        assert posts.save_posts(conn, [post(3)], case_id=case, at=AT).new == 1
    assert not list(tmp_path.glob("kept.db?*"))


def test_backup_moves_between_databases(sqlite_database: Database, postgres_database: Database, tmp_path: Path) -> None:
    filled(sqlite_database, 3)
    sqlite_database.backup(tmp_path / "a.db")
    postgres_database.restore(tmp_path / "a.db")
    postgres_database.backup(tmp_path / "b.db")
    sqlite_database.restore(tmp_path / "b.db")
    with sqlite_database.read() as here, postgres_database.read() as there:
        assert list(posts.iter_posts(here)) == list(posts.iter_posts(there))


def test_damaged_backup_changes_nothing(database: Database, tmp_path: Path) -> None:
    filled(database)
    (tmp_path / "bad.db").write_bytes(b"x" * 5000)
    for name in ("bad.db", "none.db"):
        with pytest.raises(CannotStart):
            database.restore(tmp_path / name)
    with database.read() as conn:
        assert cases.list_cases(conn) == ["harbour"]


def test_unwritable_backup(database: Database, tmp_path: Path) -> None:
    with pytest.raises(CannotStart):
        database.backup(tmp_path / "none" / "x.db")


def test_damage_is_found(sqlite_database: Database) -> None:
    with sqlite_database.write() as conn:
        conn.execute(text("DROP INDEX ix_posts_published_from"))
    assert "ix_posts_published_from" in sqlite_database.check()[0]


def test_backup_module_copies_every_table(sqlite_database: Database) -> None:
    with sqlite_database.read() as conn:
        there = {row[0] for row in conn.execute(text("SELECT name FROM sqlite_master WHERE type = 'table'"))}
    copied = {table.name for table in schema.metadata().sorted_tables}
    assert {name for name in there if not name.startswith(("post_search", "sqlite_"))} == copied | {"alembic_version"}
    assert backup.BATCH > 0
