"""Open the working copy, SQLite or Postgres, and hand out connections for reading and for writing."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any

import orjson
from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, OperationalError

from core.errors import CannotStart
from storage import schema, search

BUSY_MS = 30_000  # how long a writer on SQLite waits for another; batches are committed in well under a second
HINDRANCES = (
    "locked", "unable to open", "readonly", "disk I/O", "full", "malformed", "not a database", "no such table",
)  # fmt: skip
UPGRADE_LOCK = 0x636F7079  # any number, the same in every process


class Database:
    """The working copy. Take `read()` for a stable view and `write()` for one transaction, committed at its end.

    `where` is a path (SQLite) or a URL (`sqlite:///...`, `postgresql://...`). Nothing is opened before the first use;
    what hinders it is raised as CannotStart in words that never hold the password.
    """

    def __init__(self, where: str | Path) -> None:
        self.url = _url(where)
        self.dialect = self.url.get_backend_name()
        self._engine: Engine | None = None

    @property
    def name(self) -> str:
        """Say which database this is, without its password."""
        if self.dialect == "sqlite":
            return self.url.database or ""
        return self.url.difference_update_query(["password"]).render_as_string(hide_password=True)

    @property
    def engine(self) -> Engine:
        """Return the engine; the first call reaches the database. Raises CannotStart."""
        if self._engine is None:
            engine = _sqlite(self.url) if self.dialect == "sqlite" else _postgres(self.url)
            try:
                with engine.connect():
                    pass
            except (DBAPIError, sqlite3.Error) as error:
                engine.dispose()
                raise self._cannot(error) from error
            self._engine = engine
        return self._engine

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """Give a connection that sees one state of the database throughout and cannot write."""
        options: dict[str, Any] = {"begin": "BEGIN"}
        if self.dialect == "postgresql":
            options = {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
        with self._connect(options) as conn:
            if self.dialect == "sqlite":
                conn.exec_driver_sql("PRAGMA query_only=ON")
            try:
                yield conn
            finally:
                if self.dialect == "sqlite":
                    conn.exec_driver_sql("PRAGMA query_only=OFF")
                conn.rollback()

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """Give a connection in one transaction: all of it is kept at the end, or nothing where an error leaves it."""
        with self._connect({"begin": "BEGIN IMMEDIATE"}) as conn, conn.begin():
            yield conn

    @contextmanager
    def _connect(self, options: dict[str, Any]) -> Iterator[Connection]:
        try:
            with self.engine.connect() as conn:
                yield conn.execution_options(**options)
        except OperationalError as error:
            if self.dialect == "sqlite" and not any(word in str(error.orig) for word in HINDRANCES):
                raise  # a mistake in our SQL, which SQLite reports the same way
            raise self._cannot(error) from error

    def revision(self) -> str | None:
        """Return the revision of the schema found, None where the database has no tables yet."""
        with self._connect({"begin": "BEGIN"}) as conn:
            return schema.found(conn)

    def require(self) -> None:
        """Raise CannotStart unless the schema is the one this program knows: missing, older or newer."""
        with self._connect({"begin": "BEGIN"}) as conn:
            schema.require(conn, self.name)

    def upgrade(self) -> None:
        """Bring the schema to the newest revision; quick where it is there already. Raises CannotStart on a newer one.

        Two processes that upgrade at once wait for each other.
        """
        with self._connect({"begin": "BEGIN"}) as conn:
            if schema.found(conn) == schema.revisions()[-1] and search.is_current(conn):
                return
        with self._connect({"begin": "BEGIN"}) as conn:
            if self.dialect == "sqlite":  # a table built anew must not take the rows that point to it along
                raw(conn).execute("PRAGMA foreign_keys=OFF")  # inside a transaction it would do nothing
            try:
                with conn.execution_options(begin="BEGIN IMMEDIATE").begin():
                    self._upgrade(conn)
            finally:
                conn.invalidate()

    def _upgrade(self, conn: Connection) -> None:
        if self.dialect == "postgresql":
            conn.exec_driver_sql(f"SELECT pg_advisory_xact_lock({UPGRADE_LOCK})")
        at = schema.found(conn)
        if at is not None and at not in schema.revisions():
            schema.require(conn, self.name)
        schema.upgrade(conn)
        search.prepare(conn)

    def check(self) -> list[str]:
        """Return what is wrong with the database, one sentence each; empty where nothing is."""
        from storage import integrity

        with self.read() as conn:
            return integrity.problems(conn)

    def backup(self, path: Path) -> None:
        """Write the whole working copy to `path`, a SQLite file whatever database it comes from.

        Raises CannotStart where the file exists already or cannot be written.
        """
        from storage import backup

        backup.backup(self, path)

    def restore(self, path: Path) -> None:
        """Replace the whole working copy with a file written by `backup`.

        Raises CannotStart where the file is none, is damaged, or has another schema than this program.
        """
        from storage import backup

        backup.restore(self, path)

    def close(self) -> None:
        """Close every connection."""
        if self._engine is not None:
            self._engine.dispose()
            self._engine = None

    def __enter__(self) -> Database:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def _cannot(self, error: Exception) -> CannotStart:
        reason = str(getattr(error, "orig", None) or error).strip().splitlines()[0]
        if self.url.password:
            reason = reason.replace(str(self.url.password), "***")
        if self.dialect == "postgresql":
            return CannotStart(
                f"The database {self.name} does not answer ({reason}); see that it runs and that "
                "COPYTRAIL_DATABASE_URL names it."
            )
        return CannotStart(f"The database {self.name} cannot be used ({reason}); {_remedy(self.name, reason)}.")


def raw(conn: Connection) -> Any:
    """Return the driver's own connection, for what SQLAlchemy has no words for."""
    return conn.connection.driver_connection


def _remedy(path: str, reason: str) -> str:
    if "locked" in reason:
        return "another process has been writing to it; wait for it to end, or stop it"
    if "not a database" in reason or "malformed" in reason:
        return "restore a backup with `copytrail db restore`"
    if "no such table" in reason:
        return "its tables are missing; run `copytrail db upgrade`"
    if "full" in reason:
        return "free some space on the disk"
    return f"see that the folder {Path(path).parent} exists and may be written to"


def _url(where: str | Path) -> URL:
    if isinstance(where, Path) or "://" not in where:
        return URL.create("sqlite", database=str(Path(where).expanduser().absolute()))
    try:
        url = make_url(where.replace("postgres://", "postgresql://", 1))  # the older name, which hosters still hand out
    except (ArgumentError, ValueError):
        raise CannotStart("The database URL cannot be read; write it as postgresql://user@host/name.") from None
    if url.get_backend_name() not in ("sqlite", "postgresql"):
        raise CannotStart(f"{url.get_backend_name()} is no database copytrail knows; use SQLite or Postgres.")
    return url.set(drivername="postgresql+psycopg") if url.get_backend_name() == "postgresql" else url


def _sqlite(url: URL) -> Engine:
    engine = create_engine(
        url, connect_args={"timeout": BUSY_MS / 1000}, json_serializer=_dumps, json_deserializer=orjson.loads
    )

    @event.listens_for(engine, "connect")
    def _prepare(raw: sqlite3.Connection, _record: object) -> None:
        raw.isolation_level = None  # the driver opens no transactions of its own; ours begin below
        # page_size counts when the file is made: at 8192 a post seldom spills over its page, an import is 3 % faster
        for pragma in (
            f"busy_timeout={BUSY_MS}", "page_size=8192", "journal_mode=WAL", "synchronous=NORMAL", "foreign_keys=ON",
            "temp_store=MEMORY", "cache_size=-65536", "wal_autocheckpoint=10000",
        ):  # fmt: skip
            raw.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def _begin(conn: Connection) -> None:
        # A transaction that reads first and writes later fails at once when another has written in between,
        # whatever the time-out: writers say so at the beginning.
        conn.exec_driver_sql(conn.get_execution_options().get("begin", "BEGIN IMMEDIATE"))

    return engine


def _postgres(url: URL) -> Engine:
    return create_engine(
        url,
        pool_pre_ping=True,
        connect_args={"connect_timeout": 10},
        json_serializer=_dumps,
        json_deserializer=orjson.loads,
    )


def _dumps(value: Any) -> str:
    return orjson.dumps(value).decode()
