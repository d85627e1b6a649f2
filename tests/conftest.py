"""Fixtures for every room."""

from tests.databases import (
    database,
    postgres_database,
    postgres_server,
    postgres_template,
    sqlite_database,
    sqlite_template,
)

__all__ = [
    "database", "postgres_database", "postgres_server", "postgres_template", "sqlite_database", "sqlite_template",
]  # fmt: skip
