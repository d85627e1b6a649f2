"""Observations are added and never changed; what is due comes in the order in which it matters."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import insert
from sqlalchemy.exc import DBAPIError

from core.errors import BadInput
from storage import cases, exported, observations, posts
from storage import page_tables as p
from storage import tables as t
from storage.engine import Database
from storage.observations import Observed
from tests.storage.invented import AT, post

WEEK = timedelta(days=7)


def _stored(database: Database, count: int = 4) -> int:
    with database.write() as conn:
        case = cases.ensure_case(conn, "harbour", AT)
        made = [post(n, url=f"https://quayside.example/{n}") for n in range(1, count + 1)]
        posts.save_posts(conn, made, case_id=case, at=AT)
    return case


def _look(database: Database, number: int, outcome: str, hours: float, **more: object) -> None:
    at = AT + timedelta(hours=hours)
    with database.write() as conn:
        given = {"route": "api", **more}
        observations.add(conn, f"quayside:{number}", Observed(at, outcome, f"{outcome}.", **given))  # type: ignore[arg-type]


def _captured(database: Database, case: int, number: int) -> None:
    with database.write() as conn:
        conn.execute(insert(t.table(p.PageCapture)).values(
            id=f"c{number}", case_id=case, post_id=number, url="https://quayside.example/", started=AT, outcome="ok",
            records={}, detail={},
        ))  # fmt: skip


def test_exhibits_of_a_bundle_are_looked_at_first(database: Database) -> None:
    case = _stored(database, 5)
    _captured(database, case, 2)
    refs = [f"quayside:{n}" for n in range(1, 5)]
    with database.write() as conn:
        exported.note(conn, case, refs, ["quayside:3"], "a" * 64, AT)
        exported.note(conn, case, [*refs[:3], "quayside:none"], [], "b" * 64, AT + WEEK)
    with database.read() as conn:
        rows = observations.due(conn, AT + WEEK, every=timedelta(0), which="all")
        assert [row.ref for row in rows[:2]] == ["quayside:3", "quayside:2"], "once an exhibit, always one"
        assert [r.ref for r in observations.due(conn, AT + WEEK, every=timedelta(0))] == ["quayside:3", "quayside:2"]
        assert exported.left_out(conn, case, "b" * 64, refs[:1]) == ["quayside:2", "quayside:3"]
        assert exported.left_out(conn, case, "a" * 64, refs[:1]) == ["quayside:4"]


def test_observations_are_told_in_order_with_the_state_after_each(database: Database) -> None:
    _stored(database)
    _look(database, 1, "seen", 1, version=1)
    _look(database, 1, "not_seen", 2, status=404, finding="gone", capture="urn:uuid:1")
    _look(database, 1, "not_seen", 4, status=404)
    _look(database, 2, "walled", 1)
    with database.read() as conn:
        rows = list(observations.of_case(conn, "harbour"))
        assert [(r["ref"], r["outcome"], r["state"]) for r in rows] == [
            ("quayside:1", "seen", "seen"), ("quayside:1", "not_seen", "not_seen_once"),
            ("quayside:1", "not_seen", "not_seen"), ("quayside:2", "walled", "walled"),
        ]  # fmt: skip
        assert rows[1] == {
            "ref": "quayside:1", "url": "https://quayside.example/1", "at": "2025-03-01T14:00:00Z",
            "outcome": "not_seen", "sentence": "not_seen.", "finding": "gone", "status": 404, "version": None,
            "route": "api", "capture": "urn:uuid:1", "state": "not_seen_once",
        }  # fmt: skip
        assert [o.why for o in observations.of_post(conn, "quayside:1")] == ["seen", "answer 404", "answer 404"]


def test_an_observation_of_nothing_is_refused(database: Database) -> None:
    _stored(database)
    with pytest.raises(BadInput, match="no post"):
        _look(database, 99, "seen", 1)
    with database.read() as conn, pytest.raises(BadInput, match=r"holds no post quayside:99"):
        observations.named(conn, ["quayside:1", "quayside:99"], "harbour")


@pytest.mark.parametrize("what", ["UPDATE observations SET outcome = 'seen'", "DELETE FROM observations"])
def test_the_database_refuses_to_change_an_observation(database: Database, what: str) -> None:
    _stored(database)
    _look(database, 1, "not_seen", 1)
    with pytest.raises(DBAPIError, match="append-only"), database.write() as conn:
        conn.exec_driver_sql(what)


def test_evidence_comes_first_then_what_was_not_looked_at_for_longest(database: Database) -> None:
    case = _stored(database)
    _captured(database, case, 3)
    _look(database, 1, "seen", 1)
    now = AT + timedelta(days=30)
    with database.read() as conn:
        every = observations.due(conn, now, every=WEEK, which="all")
        assert [one.ref for one in every] == ["quayside:3", "quayside:2", "quayside:4", "quayside:1"]
        assert [one.ref for one in observations.due(conn, now, every=WEEK)] == ["quayside:3"]
        assert [o.ref for o in observations.due(conn, now, every=WEEK, which="all", limit=2)] == [
            "quayside:3", "quayside:2",
        ]  # fmt: skip
        assert (every[0].case, every[0].case_id) == ("harbour", case)


def test_nothing_is_due_before_its_time_but_a_second_try(database: Database) -> None:
    _stored(database)
    for number in (1, 2, 3):
        _look(database, number, "seen", 1)
    _look(database, 2, "not_seen", 2)
    _look(database, 3, "not_seen", 2)
    _look(database, 3, "not_seen", 2, route="page")

    def due(hours: float) -> list[str]:
        with database.read() as conn:
            found = observations.due(conn, AT + timedelta(hours=hours), every=WEEK, which="all")
            return [one.ref for one in found]

    assert due(2.5) == []
    assert due(3.1) == ["quayside:2"]  # one try; the third post was tried by two routes
    assert due(24 * 7.01) == ["quayside:2", "quayside:4"]  # the fourth was never looked at, only collected
    assert due(24 * 8) == ["quayside:2", "quayside:4", "quayside:1", "quayside:3"]


def test_posts_of_another_case_are_not_due_for_this_one(database: Database) -> None:
    _stored(database)
    with database.write() as conn:
        other = cases.ensure_case(conn, "quay", AT)
        posts.save_posts(conn, [post(9, url="https://quayside.example/9")], case_id=other, at=AT)
    with database.read() as conn:
        now = AT + timedelta(days=30)
        assert [o.ref for o in observations.due(conn, now, every=WEEK, which="all", case="quay")] == ["quayside:9"]
        with pytest.raises(BadInput, match="no case"):
            observations.due(conn, now, every=WEEK, case="nowhere")
