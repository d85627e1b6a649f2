"""Many rows at once, by the driver itself: SQLAlchemy's bookkeeping per row would cost more than the row."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import ColumnElement, Connection, Row, Table, literal_column

CHUNK = 500  # values in one IN list; older SQLite takes 999


class Writer:
    """Write rows of one table as tuples in the order of `columns`; values go through `at` and `json` first."""

    def __init__(self, conn: Connection) -> None:
        self.conn = conn
        self.sqlite = conn.dialect.name == "sqlite"
        self._when: datetime | None = None
        self._text = ""

    def at(self, when: datetime | None) -> str | datetime | None:
        """Return an instant (UTC) as the driver takes it: SQLite keeps it as text."""
        if when is None or not self.sqlite:
            return when
        if when is not self._when:  # a row names the same instant several times, and writing it out is dear
            self._when, self._text = when, when.isoformat(" ", "microseconds")[:26]
        return self._text

    def insert(
        self, table: Table, columns: Sequence[str], rows: Iterable[tuple[Any, ...]], *, new: bool = True
    ) -> None:
        """Insert rows; with `new=False` pass over those whose key is there already."""
        marks = ", ".join(["?" if self.sqlite else "%s"] * len(columns))
        end = "" if new else " ON CONFLICT DO NOTHING"
        names = ", ".join(columns)
        self._run(f"INSERT INTO {table.name} ({names}) VALUES ({marks}){end}", rows)  # noqa: S608  # names of ours

    def update(self, table: Table, columns: Sequence[str], rows: Iterable[tuple[Any, ...]]) -> None:
        """Set columns of the rows whose id comes last in each tuple."""
        mark = "?" if self.sqlite else "%s"
        pairs = ", ".join(f"{column} = {mark}" for column in columns)
        self._run(f"UPDATE {table.name} SET {pairs} WHERE id = {mark}", rows)  # noqa: S608

    def _run(self, statement: str, rows: Iterable[tuple[Any, ...]]) -> None:
        if batch := list(rows):
            self.conn.exec_driver_sql(statement, batch)


def pick(conn: Connection, table: Table, columns: Sequence[str], key: str, values: Iterable[str]) -> list[Row[Any]]:
    """Return columns of the rows whose text key is among many values, as the driver gives them (text and numbers)."""
    sqlite = conn.dialect.name == "sqlite"
    among = "IN (SELECT value FROM json_each(?))" if sqlite else "= ANY(%s)"
    wanted = list(values)
    if not wanted:
        return []
    statement = f"SELECT {', '.join(columns)} FROM {table.name} WHERE {key} {among}"  # noqa: S608  # names of ours
    given = orjson.dumps(wanted).decode() if sqlite else wanted
    return list(conn.exec_driver_sql(statement, (given,)))


def among(column: ColumnElement[Any], numbers: Iterable[int]) -> ColumnElement[bool]:
    """Return the condition that a column holds one of these numbers, written out: binding each costs more."""
    listed = ",".join(map(str, map(int, numbers))) or "NULL"
    return column.op("IN")(literal_column(f"({listed})"))


def as_json(value: Any) -> str | None:
    """Return a value as JSON text; the empty is null, as a missing one."""
    return orjson.dumps(value).decode() if value else None


def chunks(values: Iterable[Any], size: int = CHUNK) -> Iterable[list[Any]]:
    """Yield lists of at most `size` values."""
    every = list(values)
    return (every[start : start + size] for start in range(0, len(every), size))
