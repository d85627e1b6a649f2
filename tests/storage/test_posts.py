"""Posts are kept once, edits as versions, counters with their time; the same on both databases."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import Connection, select

from core.errors import BadInput
from core.records import Author, Media, Metrics, Post
from core.times import Instant, from_iso, unknown
from storage import cases, posts, sources
from storage import tables as t
from storage.engine import Database
from storage.posts import Saved
from tests.storage.invented import AT, post

HOUR = timedelta(hours=1)


def save(database: Database, *given: Post, at=AT, source: int | None = None) -> Saved:  # type: ignore[no-untyped-def]
    with database.write() as conn:
        case = cases.ensure_case(conn, "harbour", AT)
        return posts.save_posts(conn, given, case_id=case, at=at, source_id=source)


def watch(database: Database, name: str) -> int:
    with database.write() as conn:
        cases.ensure_case(conn, "harbour", AT)
        return sources.add_source(
            conn, case="harbour", url=f"https://{name}.example/", kind="feed.any", platform=name, route="feed", at=AT
        )


def test_every_field_comes_back_as_it_was(database: Database) -> None:
    full = post(
        "t3_x", site="mole.example", url="https://mole.example/1", kind="comment", title="Tides",
        author=Author(native_id="7", handle="gull", name="Gull", url="https://mole.example/u/7"),
        published=Instant(at=AT, verbatim="1 March", precision="day", source="page", zone="unknown"), first_seen=AT,
        edited=from_iso("2025-03-01T08:00:00Z"), languages=("en", "cy"), community="c/tides", reply_to="quayside:2",
        root="quayside:3", repost_of="quayside:4", quotes="quayside:5", links=("https://a.example/",), tags=("tide",),
        mentions=("tern",), media=(Media(url="https://a.example/1.jpg", alt="A pier", sha256="ab"),),
        metrics=Metrics(likes=-2, views=2**62), metrics_at=AT, capture="<urn:uuid:1>", raw={"a": [1, {"b": None}]},
    )  # fmt: skip
    save(database, full)
    with database.read() as conn:
        assert posts.load_posts(conn, [full.ref, "quayside:none"]) == {full.ref: full}
        row = conn.execute(select(t.PostTable)).one()
    start, end = full.published.interval() or (None, None)
    assert (row.published_from, row.published_to) == (start, end)


def test_unknown_time_stays_unknown(database: Database) -> None:
    save(database, post(1, published=unknown("long ago")))
    with database.read() as conn:
        found = posts.load_posts(conn, ["quayside:1"])["quayside:1"]
        row = conn.execute(select(t.PostTable)).one()
    assert found.published == unknown("long ago")
    assert row.published_at is None
    assert row.published_from is None


def test_what_no_database_holds_is_cleaned(database: Database) -> None:
    dirty = post("1", text="a\x00b\ud800", published=from_iso("no\x00time"), capture="c\x00", raw={"k\x00": "\udfff"})
    assert save(database, dirty).new == 1
    with database.read() as conn:
        found = posts.load_posts(conn, ["quayside:1"])["quayside:1"]
    assert found.text == "ab\ufffd"
    assert found.published.verbatim == "notime"


def test_same_post_again_only_moves_last_seen(database: Database) -> None:
    assert save(database, post(1)) == Saved(new=1, refs_new=["quayside:1"])
    assert save(database, post(1), at=AT + HOUR) == Saved(same=1)
    with database.read() as conn:
        row = conn.execute(select(t.PostTable)).one()
        assert len(posts.versions(conn, "quayside:1")) == 1
    assert (row.first_seen, row.last_seen, row.version) == (AT, AT + HOUR, 1)


def test_edit_makes_a_version_and_keeps_the_old_wording(database: Database) -> None:
    save(database, post(1, title="A"))
    saved = save(database, post(1, title="A", text="The ferry is cancelled", capture="c2"), at=AT + HOUR)
    assert (saved.new, saved.changed, saved.same) == (0, 1, 0)
    with database.read() as conn:
        first, second = posts.versions(conn, "quayside:1")
        assert posts.load_posts(conn, ["quayside:1"])["quayside:1"].text == "The ferry is cancelled"
    assert (first.n, first.post.text, first.seen_at) == (1, "The ferry leaves at noon, notice 1", AT)
    assert (second.n, second.post.capture, second.is_current) == (2, "c2", True)


def test_return_to_an_earlier_wording_is_an_edit_too(database: Database) -> None:
    for hours, text in enumerate(("one", "two", "one")):
        save(database, post(1, text=text), at=AT + hours * HOUR)
    with database.read() as conn:
        assert [v.post.text for v in posts.versions(conn, "quayside:1")] == ["one", "two", "one"]


@pytest.mark.parametrize(
    "change",
    [{"title": "New"}, {"media": (Media(url="https://a.example/2.jpg"),)}, {"edited": from_iso("2025-03-01T09:00:00Z")},
     {"links": ("https://other.example/",)}],
)  # fmt: skip
def test_what_counts_as_an_edit(database: Database, change: dict[str, object]) -> None:
    save(database, post(1))
    assert save(database, post(1, **change), at=AT + HOUR).changed == 1


def test_newly_signed_picture_address_is_no_edit(database: Database) -> None:
    save(database, post(1, media=(Media(url="https://a.example/1.jpg?sig=1"),)))
    assert save(database, post(1, media=(Media(url="https://a.example/1.jpg?sig=2"),)), at=AT + HOUR).same == 1


def test_text_not_shown_is_no_edit(database: Database) -> None:
    save(database, post(1, title="A"))
    assert save(database, post(1, text=None), at=AT + HOUR).same == 1


def test_excerpt_of_another_source_does_not_replace_the_whole(database: Database) -> None:
    whole, brief = watch(database, "whole"), watch(database, "brief")
    excerpt = post(1, text="The ferry")
    save(database, post(1), source=whole)
    assert save(database, excerpt, at=AT + HOUR, source=brief).changed == 1
    for hours in (2, 3):  # and it is no news each time again
        assert save(database, post(1), at=AT + hours * HOUR, source=whole).same == 1
        assert save(database, excerpt, at=AT + hours * HOUR, source=brief).same == 1
    with database.read() as conn:
        assert posts.load_posts(conn, ["quayside:1"])["quayside:1"].text == post(1).text
        assert [v.n for v in posts.versions(conn, "quayside:1")] == [1, 2]


def test_fuller_text_of_another_source_takes_over(database: Database) -> None:
    whole, brief = watch(database, "whole"), watch(database, "brief")
    save(database, post(1, text="The ferry"), source=brief)
    save(database, post(1), at=AT + HOUR, source=whole)
    with database.read() as conn:
        assert posts.load_posts(conn, ["quayside:1"])["quayside:1"].text == post(1).text


def test_older_answer_read_late_does_not_replace_the_newer(database: Database) -> None:
    save(database, post(1, text="new", first_seen=AT))
    old = post(1, text="old", first_seen=AT - HOUR)
    assert save(database, old, at=AT + HOUR).changed == 1
    assert save(database, old, at=AT + 2 * HOUR).same == 1
    with database.read() as conn:
        found = posts.versions(conn, "quayside:1")
        assert posts.load_posts(conn, ["quayside:1"])["quayside:1"].first_seen == AT - HOUR
    assert [(v.post.text, v.is_current) for v in found] == [("old", False), ("new", True)]


def test_later_sighting_fills_in_and_takes_nothing_away(database: Database) -> None:
    save(database, post(1, community="c/a", published=from_iso("2025-02-28"), author=Author(name="Harbour Master")))
    save(database, post(1, url="https://q.example/1"), at=AT + HOUR)
    save(database, post(1, published=from_iso("2025-02-28"), author=Author()), at=AT + 2 * HOUR)
    with database.read() as conn:
        found = posts.load_posts(conn, ["quayside:1"])["quayside:1"]
    assert (found.community, found.url, found.published.precision) == ("c/a", "https://q.example/1", "second")
    assert found.author == post(1).author


def test_counters_are_kept_when_they_change(database: Database) -> None:
    for hours, likes in enumerate((1, 1, 5, None)):
        save(database, post(1, metrics=Metrics(likes=likes)), at=AT + hours * HOUR)
    metrics = t.table(t.PostMetrics)
    with database.read() as conn:
        rows = conn.execute(select(metrics.c.at, metrics.c.likes).order_by("at")).all()
        found = posts.load_posts(conn, ["quayside:1"])["quayside:1"]
    assert [tuple(row) for row in rows] == [(AT, 1), (AT + 2 * HOUR, 5)]
    assert (found.metrics.likes, found.metrics_at) == (5, AT + 2 * HOUR)


def test_repeats_in_one_batch_are_taken_in_order(database: Database) -> None:
    saved = save(database, post(1, text="one"), post(2), post(1, text="two"), post(2), post(1, text="three"))
    assert (saved.new, saved.changed) == (2, 2)
    with database.read() as conn:
        assert [v.post.text for v in posts.versions(conn, "quayside:1")] == ["one", "two", "three"]


def test_posts_come_in_the_order_they_were_saved(database: Database) -> None:
    save(database, *(post(n) for n in range(2500)))
    with database.read() as conn:
        pairs = list(posts.iter_posts(conn, "harbour"))
        part = list(posts.iter_posts(conn, after_id=pairs[1999][0], limit=100))
        assert posts.known_refs(conn, ["quayside:7", "quayside:x"]) == {"quayside:7"}
        with pytest.raises(BadInput, match="no case called 'pier'"):
            list(posts.iter_posts(conn, "pier"))
    assert [p.native_id for _, p in pairs] == [str(n) for n in range(2500)]
    assert [p.native_id for _, p in part] == [str(n) for n in range(2000, 2100)]


def test_post_belongs_to_each_case_it_was_saved_in(database: Database) -> None:
    save(database, post(1))
    with database.write() as conn:
        other = cases.ensure_case(conn, "pier", AT)
        posts.save_posts(conn, [post(1), post(2)], case_id=other, at=AT)
    with database.read() as conn:
        assert [p.ref for _, p in posts.iter_posts(conn, "harbour")] == ["quayside:1"]
        assert [p.ref for _, p in posts.iter_posts(conn, "pier")] == ["quayside:1", "quayside:2"]


def test_nothing_of_a_failed_transaction_stays(database: Database) -> None:
    def fail(conn: Connection) -> None:
        posts.save_posts(conn, [post(1)], case_id=cases.ensure_case(conn, "harbour", AT), at=AT)
        raise RuntimeError

    with pytest.raises(RuntimeError), database.write() as conn:
        fail(conn)
    with database.read() as conn:
        assert posts.known_refs(conn, ["quayside:1"]) == set()


def test_endless_ids_are_kept_apart(database: Database) -> None:
    scrambled = "".join(chr(0x4E00 + n * 7919 % 20000) for n in range(2047))
    odd = [post(scrambled + letter, author=Author(handle=scrambled * 9 + letter)) for letter in "ab"]
    assert save(database, *odd).new == 2
    assert save(database, *odd, at=AT + HOUR).same == 2
    with database.read() as conn:
        assert [p.native_id[-1] for _, p in posts.iter_posts(conn)] == ["a", "b"]
        assert len(conn.execute(select(t.table(t.Account).c.ref)).all()) == 2
