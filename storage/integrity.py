"""Look for damage in the working copy."""

from __future__ import annotations

from sqlalchemy import Connection

from storage import schema, search


def problems(conn: Connection) -> list[str]:
    """Return what is wrong with the database, one sentence each; empty where nothing is."""
    found = []
    if conn.dialect.name == "sqlite":
        lines = [str(row[0]) for row in conn.exec_driver_sql("PRAGMA integrity_check")]
        found += [f"SQLite reports: {line}; restore a backup." for line in lines[:20] if line != "ok"]
        broken = conn.exec_driver_sql("PRAGMA foreign_key_check").all()
        found += [f"A row of {row[0]} points to a missing row of {row[2]}; restore a backup." for row in broken[:20]]
    if not search.is_current(conn):
        found.append("The search index follows older rules; run `copytrail db upgrade`.")
    differences = schema.differences(conn)
    return found + [f"The tables are not those of this program ({difference})." for difference in differences]
