"""What accounts showed of themselves: dated, a row only where something has changed."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from core.records import Author, Counts, Profile
from core.times import iso
from storage import cases, posts, profiles, readers
from storage.engine import Database
from tests.storage.invented import AT, post

DAY = timedelta(days=1)


def shown(at: datetime, **fields: Any) -> Profile:
    return Profile(platform="quayside", author=Author(native_id="u1", handle="gull"), seen=at, **fields)


def save(database: Database, *snapshots: Profile) -> int:
    with database.write() as conn:
        return profiles.save_profiles(conn, snapshots, at=AT)


def test_a_change_is_a_new_snapshot_and_the_rest_only_moves_a_date(database: Database) -> None:
    assert save(database, shown(AT, bio="Likes herring.")) == 1
    assert save(database, shown(AT + DAY, bio="Likes herring.")) == 0
    assert save(database, shown(AT + 2 * DAY, bio="Likes cod.", counts=Counts(followers=12))) == 1
    with database.read() as conn:
        rows = list(profiles.iter_profiles(conn, ref="quayside:u1"))
    assert [(row["bio"], row["seen"], row["last_seen"]) for row in rows] == [
        ("Likes herring.", iso(AT), iso(AT + DAY)),
        ("Likes cod.", iso(AT + 2 * DAY), iso(AT + 2 * DAY)),
    ]
    assert rows[1]["counts"] == {"followers": 12}


def test_a_picture_signed_anew_is_no_change(database: Database) -> None:
    save(database, shown(AT, avatar="https://pictures.example/g.png?sig=1"))
    assert save(database, shown(AT + DAY, avatar="https://pictures.example/g.png?sig=2")) == 0


def test_one_batch_may_show_an_account_twice(database: Database) -> None:
    assert save(database, shown(AT, bio="a"), shown(AT, bio="a"), shown(AT + DAY, bio="b")) == 2


def test_a_profile_names_an_account_that_posted_nothing(database: Database) -> None:
    save(database, shown(AT, bio="quiet"))
    with database.write() as conn:
        case = cases.ensure_case(conn, "harbour", AT)
        cases.ensure_case(conn, "other", AT)
        posts.save_posts(conn, [post(1, author=Author(native_id="u1"))], case_id=case, at=AT)
    with database.read() as conn:
        (row,) = readers.rows(conn, "profiles", "harbour")
        assert row["account"] == "quayside:u1"
        assert not list(readers.rows(conn, "profiles", "other"))


def test_a_profile_that_names_nobody_is_left_out(database: Database) -> None:
    assert save(database, Profile(platform="quayside", author=Author(), seen=AT)) == 0
