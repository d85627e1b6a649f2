"""What matching keeps is read back in its public shapes, on both databases."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from core.errors import BadInput, CannotStart
from core.records import Author, Post
from core.times import from_iso
from storage import cases, families, matching, posts
from storage.engine import Database
from storage.families import Membership
from storage.matching import PairRow, Signed

AT = datetime(2025, 3, 1, tzinfo=UTC)
PAIR = PairRow(1, 2, "text.near", 0.75, "B", "75 % are the same.", '{"jaccard": 0.75, "spans": [[0, 9, 0, 9]]}', "1")


@pytest.fixture
def filled(database: Database) -> Database:
    """Three posts, two in case `a`, one in case `b`; two of them a family."""
    with database.write() as conn:
        for number, case, day in ((1, "a", "2025-02-03"), (2, "a", "2025-02-02"), (3, "b", "")):
            post = Post(
                platform="tumblr" if number < 3 else "medium", native_id=str(number), text=f"text {number}",
                author=Author(native_id="u"), published=from_iso(day), languages=("en",),
            )  # fmt: skip
            posts.save_posts(conn, [post], case_id=cases.ensure_case(conn, case, AT), at=AT)
        number, _ = matching.next_generation(conn, 0, "kernel", 3, AT)
        prints = (5).to_bytes(8, "little")
        matching.save_signed(
            conn, number,
            [Signed(1, -7, None, prints, 12, 0), Signed(2, -7, 1, None, 12, 0), Signed(3, 2**63 - 1, None, None, 2, 0)],
        )  # fmt: skip
        matching.save_pairs(conn, number, [PAIR, PairRow(3, 1, "url.shared", 1.0, "C", "One link.", "{}", "1")])
        matching.save_pairs(conn, number, [PAIR])
        families.save_members(
            conn, number, [Membership(1, "f1", 1, None, 1.0), Membership(2, "f1", 1, "text.near", 0.75)]
        )  # fmt: skip
        matching.set_mark(conn, "posts", 3)
    return database


def listed(database: Database, *what: Any) -> list[dict[str, Any]]:
    with database.read() as conn:
        return list(matching.list_pairs(conn, *what))


def test_pairs_have_their_public_shape_once_each(filled: Database) -> None:
    near, link = listed(filled)
    assert near == {
        "left": "tumblr:1", "right": "tumblr:2", "matcher": "text.near", "score": 0.75, "strength": "B",
        "sentence": "75 % are the same.", "detail": {"jaccard": 0.75, "spans": [[0, 9, 0, 9]]}, "version": "1",
        "judgement": None,
    }  # fmt: skip
    assert link["detail"] == {}
    assert listed(filled, None, "text.near") == [near]
    assert listed(filled, "a") == [near]
    assert listed(filled, "b") == []
    with pytest.raises(BadInput, match="no case"):
        listed(filled, "nowhere")


def test_a_family_lists_members_by_time(filled: Database) -> None:
    with filled.read() as conn:
        family = families.load_family(conn, "f1")
        assert family["members"] == ["tumblr:2", "tumblr:1"]
        assert (family["anchor"], family["matchers"], family["accounts"]) == ("tumblr:1", ["text.near"], ["tumblr:u"])
        assert [f["id"] for f in families.list_families(conn, "a")] == ["f1"]
        assert list(families.list_families(conn, "b")) == []
        assert list(families.list_families(conn, None, 2)) == []
        assert [row.ref for row in families.load_steps(conn, "f1")] == ["tumblr:1", "tumblr:2"]
        with pytest.raises(BadInput, match="no family"):
            families.load_steps(conn, "f9")


def test_signatures_are_read_back_in_the_order_of_posts(filled: Database) -> None:
    with filled.read() as conn:
        [row] = matching.signed_since(conn, 0)
        assert (row.post_id, row.norm_hash, row.fingerprint) == (1, -7, (5).to_bytes(8, "little"))
        assert list(matching.signed_since(conn, 1)) == []
        assert matching.hashes(conn, [1, 3, 9]) == {1: -7, 3: 2**63 - 1}
        assert matching.waiting(conn) == 0


def test_generations_are_told_apart_by_their_token(filled: Database) -> None:
    with filled.read() as conn:
        number, token, signed_by = matching.generation(conn)
        assert (number, signed_by) == (1, "kernel")
        assert matching.knows_generation(conn, 1, token)
        assert matching.knows_generation(conn, 0, "")
        assert not matching.knows_generation(conn, 1, "other")
        assert not matching.knows_generation(conn, 2, token)
    with pytest.raises(CannotStart, match="Another process is matching"), filled.write() as conn:
        matching.next_generation(conn, 0, "kernel", 1, AT)


def test_an_edited_anchor_queues_its_family_and_keeps_its_id(filled: Database) -> None:
    with filled.write() as conn:
        matching.queue_again(conn, [1], AT)
        assert [(row.id, row.family_id) for row in matching.queued(conn, None, ())] == [(1, None), (2, "f1")]
        assert families.count(conn) == 0
        assert list(matching.list_pairs(conn)) == []
        assert matching.waiting(conn) == 2


def test_everything_can_be_forgotten(filled: Database) -> None:
    with filled.write() as conn:
        matching.forget_all(conn)
        assert list(matching.list_pairs(conn)) == []
        assert matching.generation(conn) == (0, "", "")
        assert [row.id for row in matching.unread(conn, None, 0, ())] == [1, 2, 3]
        assert [row.id for row in matching.unread(conn, "b", 0, ())] == [3]
