"""Opening, upgrading and guarding the working copy."""

from __future__ import annotations

from storage.engine import Database


def test_upgraded_database_is_sound(database: Database) -> None:
    database.require()
    assert database.check() == []
