"""What matching keeps is read back in its public shapes, on both databases."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from core.errors import BadInput, CannotStart
from core.records import Author, Post
from core.times import from_iso
from storage import cases, families, match_posts, matching, posts
from storage.engine import Database
from storage.families import Membership
from storage.match_posts import Signed
from storage.matching import Filter, ItemPairRow, PairRow

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
        signed = [
            Signed(1, -7, None, prints, 12, 0), Signed(2, -7, 1, None, 12, 0), Signed(3, 2**63 - 1, None, None, 2, 0),
        ]  # fmt: skip
        match_posts.save_signed(conn, number, signed, again=False)
        matching.save_pairs(conn, number, [PAIR, PairRow(3, 1, "url.shared", 1.0, "C", "One link.", "{}", "1")])
        matching.save_pairs(conn, number, [PAIR])
        families.save_members(
            conn, number, [Membership(1, "f1", 1, None, 1.0), Membership(2, "f1", 1, "text.near", 0.75)]
        )  # fmt: skip
        matching.set_mark(conn, "posts", 3)
    return database


def listed(database: Database, **what: Any) -> list[dict[str, Any]]:
    with database.read() as conn:
        return list(matching.list_pairs(conn, Filter(**what)))


def test_pairs_have_their_public_shape_once_each(filled: Database) -> None:
    near, link = listed(filled)
    assert near == {
        "left": "tumblr:1", "right": "tumblr:2", "matcher": "text.near", "score": 0.75, "strength": "B",
        "sentence": "75 % are the same.", "detail": {"jaccard": 0.75, "spans": [[0, 9, 0, 9]]}, "version": "1",
        "bits": None, "parameters": None, "judgement": None,
    }  # fmt: skip
    assert link["detail"] == {}
    assert listed(filled, matcher="text.near") == [near]
    assert listed(filled, case="a") == [near]
    assert listed(filled, case="b") == []
    with pytest.raises(BadInput, match="no case"):
        listed(filled, case="nowhere")


def test_a_threshold_is_a_question_and_not_a_new_run(filled: Database) -> None:
    near, link = listed(filled)
    assert listed(filled, min_score=0.8) == [link]
    assert listed(filled, strength="B") == [near]
    assert listed(filled, least={"text.near": 0.8}) == [link]
    assert listed(filled, min_bits=1.0) == []
    with filled.write() as conn:
        number = matching.save_parameters(conn, "tags.same", "1", {"least": 3})
        assert matching.save_parameters(conn, "tags.same", "1", {"least": 3}) == number
        assert matching.save_parameters(conn, "tags.same", "2", {"least": 3}) != number
        pair = PairRow(1, 2, "tags.same", 1.0, "C", "Tags.", "{}", "1", 4.5, number)
        matching.save_pairs(conn, 1, [pair])
    [tags] = listed(filled, min_bits=1.0)
    assert (tags["bits"], tags["parameters"]) == (4.5, {"least": 3})
    with filled.read() as conn:
        both = [[p["matcher"] for p in pairs] for pairs in matching.list_together(conn)]
    assert both == [["text.near", "tags.same"], ["url.shared"]]


def test_things_behind_posts_match_too(filled: Database) -> None:
    pair = ItemPairRow("site", "a.example", "b.example", "site.alike", 0.9, "B", "Alike.", '{"edits": 1}', "1", 6.0)
    with filled.write() as conn:
        matching.save_items(conn, 1, [pair, pair])
        assert list(matching.list_items(conn, "accounts")) == []
        [row] = matching.list_items(conn, "sites", Filter(min_bits=5))
        assert list(matching.list_items(conn, "sites", Filter(min_bits=7))) == []
    assert row == {
        "of": "site", "left": "a.example", "right": "b.example", "matcher": "site.alike", "score": 0.9,
        "strength": "B", "sentence": "Alike.", "detail": {"edits": 1}, "version": "1", "bits": 6.0, "parameters": None,
    }  # fmt: skip


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
        [row] = match_posts.signed_since(conn, 0)
        assert (row.post_id, row.norm_hash, row.fingerprint) == (1, -7, (5).to_bytes(8, "little"))
        assert list(match_posts.signed_since(conn, 1)) == []
        assert match_posts.hashes(conn, [1, 3, 9]) == {1: -7, 3: 2**63 - 1}
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
        assert [(row.id, row.family_id) for row in match_posts.queued(conn, None)] == [(1, None), (2, "f1")]
        assert families.count(conn) == 0
        assert list(matching.list_pairs(conn)) == []
        assert matching.waiting(conn) == 2


def test_everything_can_be_forgotten(filled: Database) -> None:
    with filled.write() as conn:
        matching.forget_all(conn)
        assert list(matching.list_pairs(conn)) == []
        assert matching.generation(conn) == (0, "", "")
        assert [row.id for row in match_posts.unread(conn, None, 0)] == [1, 2, 3]
        assert [row.id for row in match_posts.unread(conn, "b", 0)] == [3]
