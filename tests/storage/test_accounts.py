"""The platform's id is identity; handles and names are what an account was called when."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import select

from core.records import Author
from core.times import iso
from storage import cases, posts, readers
from storage import tables as t
from storage.engine import Database
from tests.storage.invented import AT, post

DAY = timedelta(days=1)


def seen(database: Database, number: int, author: Author, at: datetime) -> None:
    with database.write() as conn:
        case = cases.ensure_case(conn, "harbour", AT)
        posts.save_posts(conn, [post(number, author=author)], case_id=case, at=at)


def test_rename_is_dated_and_identity_stays(database: Database) -> None:
    seen(database, 1, Author(native_id="u1", handle="gull"), AT)
    seen(database, 2, Author(native_id="u1", handle="gull", name="Gull"), AT + DAY)
    seen(database, 3, Author(native_id="u1", handle="tern", name="Gull"), AT + 3 * DAY)
    seen(database, 4, Author(native_id="u1", handle="gull", name="Gull"), AT + 5 * DAY)
    with database.read() as conn:
        (row,) = readers.rows(conn, "accounts", "harbour")
    assert (row["ref"], row["handle"], row["posts"]) == ("quayside:u1", "gull", 4)
    assert row["earlier_names"] == [
        {"handle": "gull", "name": "Gull", "from": iso(AT), "to": iso(AT + DAY)},
        {"handle": "tern", "name": "Gull", "from": iso(AT + 3 * DAY), "to": iso(AT + 3 * DAY)},
    ]


def test_old_page_read_late_does_not_rename(database: Database) -> None:
    seen(database, 1, Author(native_id="u1", handle="tern"), AT)
    for _ in range(2):
        seen(database, 2, Author(native_id="u1", handle="gull"), AT - DAY)
    with database.read() as conn:
        account = conn.execute(select(t.Account)).one()
        names = conn.execute(select(t.AccountName)).all()
    assert account.handle == "tern"
    assert [(name.handle, name.seen_from) for name in names] == [("gull", AT - DAY)]


def test_account_without_an_id_is_known_by_its_handle_and_site(database: Database) -> None:
    seen(database, 1, Author(handle="@Gull"), AT)
    seen(database, 2, Author(handle="gull"), AT)
    seen(database, 3, Author(name="Gull"), AT)
    seen(database, 4, Author(), AT)
    with database.read() as conn:
        refs = conn.execute(select(t.table(t.Account).c.ref).order_by("id")).scalars().all()
    assert refs == ["quayside:@gull", "quayside:~Gull"]
