"""Fixtures for every room."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

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


@pytest.fixture(scope="session", autouse=True)
def _keys_apart(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Keep the keys of the tests out of the home of whoever runs them."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("COPYTRAIL_KEYS", str(tmp_path_factory.mktemp("keys")))
        for name in ("COPYTRAIL_KEY_PASSPHRASE", "COPYTRAIL_KEY_NEW_PASSPHRASE", "COPYTRAIL_BUNDLE_PASSPHRASE"):
            patch.delenv(name, raising=False)
        yield
