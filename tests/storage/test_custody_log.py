from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy.exc import DBAPIError

from core.custody import flaws
from storage import cases, custody
from storage.engine import Database
from tests.storage.invented import AT


def _filled(database: Database) -> int:
    with database.write() as conn:
        case = cases.ensure_case(conn, "c", AT)
        for i in range(4):
            custody.append(
                conn, case, "collected", f"run:{i}", at=AT + timedelta(minutes=i), actor="desk", note={"n": i}
            )
    return case


def test_a_log_is_a_whole_chain_and_its_head_is_the_last_entry(database: Database) -> None:
    case = _filled(database)
    with database.read() as conn:
        rows = list(custody.log(conn, case))
        assert list(flaws(rows)) == []
        assert [row["seq"] for row in rows] == [1, 2, 3, 4]
        assert [(name, seq) for name, seq, _ in custody.heads(conn)] == [("c", 4)]


def test_a_clock_that_ran_back_is_told_and_breaks_nothing(database: Database) -> None:
    case = _filled(database)
    with database.write() as conn:
        entry = custody.append(conn, case, "viewed", "case", at=AT - timedelta(days=1), actor="desk")
        assert entry.note["clock"] < entry.at
    with database.read() as conn:
        assert list(flaws(custody.log(conn, case))) == []


def test_the_digest_of_an_entry_cannot_be_guessed_from_what_it_says(database: Database) -> None:
    with database.write() as conn:
        one, two = (
            custody.append(conn, cases.ensure_case(conn, name, AT), "opened", "case:x", at=AT, actor="desk")
            for name in ("a", "b")
        )
    assert one.digest != two.digest
    assert len(one.note["salt"]) == 32


@pytest.mark.parametrize("what", ["UPDATE custody SET actor = 'other'", "DELETE FROM custody WHERE seq = 2"])
def test_the_database_refuses_to_change_a_log(database: Database, what: str) -> None:
    _filled(database)
    with pytest.raises(DBAPIError, match="append-only"), database.write() as conn:
        conn.exec_driver_sql(what)
