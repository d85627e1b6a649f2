"""Back the working copy up, and bring it back: always as one SQLite file, so that it also moves between databases."""

from __future__ import annotations

import shutil
import sqlite3
import tempfile
from contextlib import closing, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection, Table, delete, func, insert, select

from core.errors import CannotStart
from storage import append_only, schema, search

if TYPE_CHECKING:
    from storage.engine import Database

BATCH = 2000


def backup(database: Database, path: Path) -> None:
    """Write the working copy to a new file, complete or not at all. Raises CannotStart."""
    from storage.engine import Database as Other

    if path.exists():
        raise CannotStart(f"{path} exists already; name a new file for the backup.")
    part = path.with_name(path.name + ".part")
    try:
        part.unlink(missing_ok=True)
        if database.dialect == "sqlite":
            with database.read() as conn:
                _copy_file(conn, part)
        else:
            with Other(part) as target:
                target.upgrade()
                with database.read() as source, target.write() as conn:
                    _copy_rows(source, conn)
        for stale in ("-wal", "-shm"):
            part.with_name(part.name + stale).unlink(missing_ok=True)
        part.replace(path)
    except (OSError, sqlite3.Error) as error:
        raise CannotStart(f"The backup {path} cannot be written ({error}); see the folder and the disk.") from error
    finally:
        with suppress(OSError):
            part.unlink()


def restore(database: Database, path: Path) -> None:
    """Replace everything in the working copy by a backup, in one transaction. Raises CannotStart.

    A backup of an older schema is brought to today's in a copy; the file itself is never written to.
    """
    from storage.engine import Database as Other

    if not path.is_file():
        raise CannotStart(f"{path} is not there; name a file written by `copytrail db backup`.")
    with Other(path) as source:
        older = source.revision() in schema.revisions()[:-1]
    with tempfile.TemporaryDirectory(prefix="copytrail-restore-") as folder:
        if older:
            path = Path(shutil.copy(path, Path(folder) / path.name))
            with Other(path) as source:
                source.upgrade()
        _restore(database, path)


def _restore(database: Database, path: Path) -> None:
    from storage.engine import Database as Other

    with Other(path) as source:
        source.require()
        if found := source.check():
            raise CannotStart(f"The backup {path} is damaged ({found[0]}).")
        database.upgrade()
        with source.read() as old, database.write() as new, append_only.lifted(new):
            for name in reversed(schema.metadata().sorted_tables):
                new.execute(delete(name))
            _copy_rows(old, new)
            search.rebuild(new)


def _copy_file(conn: Connection, path: Path) -> None:
    with closing(sqlite3.connect(path)) as target:
        conn.connection.driver_connection.backup(target)  # type: ignore[union-attr]  # a sqlite3 connection


def _copy_rows(source: Connection, target: Connection) -> None:
    """Copy every table in the order in which they point to each other; the target's are empty."""
    for table in schema.metadata().sorted_tables:
        target.execute(delete(table))
        rows = source.execution_options(yield_per=BATCH).execute(select(table)).mappings()
        for batch in rows.partitions(BATCH):
            target.execute(insert(table), [dict(row) for row in batch])
        if target.dialect.name == "postgresql":
            _continue(target, table)


def _continue(conn: Connection, table: Table) -> None:
    """Let Postgres number new rows after those that came with their numbers."""
    key = table.autoincrement_column
    if key is not None and key.autoincrement is not False:
        sequence = func.pg_get_serial_sequence(table.name, key.name)
        highest = select(func.max(key)).scalar_subquery()
        conn.execute(select(func.setval(sequence, func.coalesce(highest, 0) + 1, False)))
