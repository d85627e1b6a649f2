"""An attempt at a page stands from its beginning, and one whose process is gone is closed as an error."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select, update

from core.errors import BadInput
from storage import cases, pages, posts
from storage import page_tables as p
from storage import tables as t
from storage.engine import Database
from tests.storage.invented import AT, post

_PAGES = t.table(p.PageCapture)


def _case(database: Database) -> int:
    with database.write() as conn:
        case = cases.ensure_case(conn, "harbour", AT)
        posts.save_posts(conn, [post(n, url=f"https://quayside.example/{n}") for n in (1, 2)], case_id=case, at=AT)
        cases.ensure_case(conn, "other", AT)
    return case


def test_an_attempt_stands_until_it_is_closed_with_what_came(database: Database) -> None:
    case = _case(database)
    with database.write() as conn:
        pages.begin(conn, "cap-1", case, "https://quayside.example/1", AT, ref="quayside:1")
        (row,) = pages.of_case(conn, "harbour")
        assert (row["outcome"], row["ended"], row["ref"]) == ("under_way", None, "quayside:1")
        records = {"document": "urn:uuid:1", "view": None}
        detail = {"exchanges": ["urn:uuid:1", "urn:uuid:2"]}
        pages.end(conn, "cap-1", at=AT + timedelta(seconds=9), outcome="gone", reason="It is not there (404).",
                  status=404, records=records, detail=detail)  # fmt: skip
    with database.read() as conn:
        (row,) = pages.for_posts(conn, ["quayside:1", "quayside:2"])["quayside:1"]
        assert (row["outcome"], row["status"], row["records"]) == ("gone", 404, {"document": "urn:uuid:1"})
        assert pages.records_of(conn, case) == {"urn:uuid:1", "urn:uuid:2"}
        assert pages.of_case(conn, "other") == []


def test_what_a_lost_process_left_is_closed_and_what_a_living_one_does_is_left_alone(database: Database) -> None:
    case = _case(database)
    with database.write() as conn:
        for name in ("cap-1", "cap-2", "cap-3"):
            pages.begin(conn, name, case, "https://quayside.example/", AT)
        mine = pages.of_case(conn, "harbour")[0]["detail"]["process"]
        for name, process in (("cap-1", {**mine, "born": "another time"}), ("cap-3", {**mine, "host": "elsewhere"})):
            conn.execute(update(_PAGES).where(_PAGES.c.id == name).values(detail={"process": process}))
    with database.write() as conn:
        assert pages.recover(conn, AT + timedelta(hours=1)) == ["cap-1"]
        assert pages.recover(conn, AT + timedelta(hours=1)) == []
        found = dict(conn.execute(select(_PAGES.c.id, _PAGES.c.outcome)).all())
        assert found == {"cap-1": "error", "cap-2": "under_way", "cap-3": "under_way"}


def test_addresses_are_those_of_posts_of_the_case(database: Database) -> None:
    _case(database)
    with database.read() as conn:
        refs = ["quayside:2", "quayside:77"]
        assert pages.addresses(conn, "harbour", refs) == {"quayside:2": "https://quayside.example/2"}
        assert pages.addresses(conn, "other", refs) == {}
        with pytest.raises(BadInput):
            pages.addresses(conn, "nowhere", refs)
