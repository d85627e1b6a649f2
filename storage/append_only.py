"""The tables that are only ever added to, and the one occasion on which their triggers step aside: a restore."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, text

TABLES = ("custody", "observations")


@contextmanager
def lifted(conn: Connection) -> Iterator[None]:
    """Let rows of those tables be replaced until the block ends; an error undoes it all with the transaction."""
    if conn.dialect.name == "sqlite":
        names = ", ".join(f"'{name}'" for name in TABLES)
        query = text(f"SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND tbl_name IN ({names})")  # noqa: S608
        triggers = [(row.name, row.sql) for row in conn.execute(query) if "append-only" in row.sql]
        for name, _ in triggers:
            conn.exec_driver_sql(f"DROP TRIGGER {name}")
        yield
        for _, sql in triggers:
            conn.exec_driver_sql(sql)
        return
    for name in TABLES:
        conn.exec_driver_sql(f"ALTER TABLE {name} DISABLE TRIGGER {name}_append_only")
    yield
    for name in TABLES:
        conn.exec_driver_sql(f"ALTER TABLE {name} ENABLE TRIGGER {name}_append_only")
