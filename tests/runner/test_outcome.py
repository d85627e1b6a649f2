"""How a run is judged, and when its cursor moves."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from core.errors import (
    Blocked,
    CopytrailError,
    FindingKind,
    Gone,
    NotRecorded,
    Private,
    RateLimited,
    SourceChanged,
    Suspended,
    Unavailable,
)
from core.records import Finding
from core.source import Cursor, CursorSpec
from runner.outcome import Outcome
from runner.run import UNREAD, after

NEWEST = datetime(2024, 6, 12, tzinfo=UTC)
SPEC = CursorSpec(reread_hours=48)


def remark(kind: FindingKind, ref: str | None = None) -> Finding:
    return Finding(kind=kind, sentence=f"It is {kind}.", ref=ref)


@pytest.mark.parametrize(
    ("error", "posts", "status", "coverage", "kind"),
    [
        (None, 3, "done", "complete", None),
        (None, 0, "done", "quiet", "quiet"),
        (Gone("It is gone."), 0, "done", "complete", "gone"),
        (Gone("The third page is gone."), 9, "done", "partial", "gone"),
        (Suspended("It was closed."), 0, "done", "complete", "suspended"),
        (Private("It is closed to us."), 0, "done", "blocked", "private"),
        (Blocked("A challenge."), 0, "failed", "blocked", "blocked"),
        (RateLimited("Slower.", retry_after=60), 0, "failed", "blocked", "rate_limited"),
        (RateLimited("Slower.", retry_after=60), 9, "partial", "partial", "rate_limited"),
        (Unavailable("Nothing came."), 0, "failed", "partial", "unavailable"),
        (SourceChanged("Another shape."), 2, "partial", "partial", "source_changed"),
        (NotRecorded("The recording ends."), 2, "partial", "partial", "not_recorded"),
    ],
)
def test_how_a_walk_is_judged(
    error: CopytrailError | None, posts: int, status: str, coverage: str, kind: str | None
) -> None:
    out = Outcome(1, "https://harbour.example/", posts=posts)
    out.judge(error)
    assert (out.status, out.coverage, out.finding and out.finding.kind) == (status, coverage, kind)


def test_what_the_platform_said_counts_for_more_than_the_end_of_a_recording() -> None:
    out = Outcome(1, "https://harbour.example/", remarks=[remark("gone")])
    out.judge(NotRecorded("The recording ends."))
    assert out.finding is not None
    assert out.finding.kind == "gone"


def test_a_source_that_suddenly_gives_nothing_is_quiet_and_loud() -> None:
    out = Outcome(1, "https://harbour.example/")
    out.judge(None, before=(37, datetime(2026, 5, 4, tzinfo=UTC)))
    assert out.finding is not None
    assert (out.finding.kind, out.coverage, out.is_problem, out.was) == ("quiet", "quiet", True, 37)
    assert "gave 37 posts on 2026-05-04" in out.finding.sentence


def test_nothing_new_is_not_quiet() -> None:
    out = Outcome(1, "https://harbour.example/")
    out.judge(None, unchanged=True)
    assert (out.finding, out.coverage) == (None, "complete")


def test_posts_that_fall_short_are_told_and_were_read_all_the_same() -> None:
    out = Outcome(1, "https://harbour.example/", posts=4)
    out.judge(None, falls_short=remark("source_changed"))
    assert out.finding is not None
    assert (out.finding.kind, out.status, out.coverage, out.is_problem) == ("source_changed", "done", "complete", True)


def test_of_several_remarks_the_problem_is_told() -> None:
    out = Outcome(1, "https://harbour.example/", posts=4, remarks=[remark("gone"), remark("unauthorized")])
    out.judge(None)
    assert out.finding is not None
    assert (out.finding.kind, out.status, out.coverage, out.is_problem) == ("unauthorized", "partial", "partial", True)


def test_an_outcome_survives_the_way_out_of_a_child() -> None:
    out = Outcome(1, "https://harbour.example/", posts=2)
    out.judge(RateLimited("Slower.", retry_after=60.0, status=429))
    assert Outcome.from_row(out.as_row()).as_row() == out.as_row()


def test_a_whole_walk_moves_the_cursor_to_its_newest_post_less_what_is_read_again() -> None:
    moved = after(Cursor(), NEWEST, SPEC, [remark("gone", ref="a:1"), remark("unavailable", ref="a:2")])
    assert moved is not None
    assert (moved.since, moved.full) == (NEWEST - timedelta(hours=48), False)


def test_a_part_that_failed_in_passing_holds_the_cursor() -> None:
    assert after(Cursor(), NEWEST, SPEC, [remark("unavailable")]) is None
    assert after(Cursor(), NEWEST, SPEC, [remark("rate_limited")]) is None


def test_a_part_that_was_closed_is_read_from_its_beginning_once_it_opens() -> None:
    closed = after(Cursor(), NEWEST, SPEC, [remark("unauthorized")])
    assert closed is not None
    assert closed.state == {UNREAD: True}
    assert not closed.full
    still = after(closed, NEWEST, SPEC, [remark("unauthorized")])
    assert still is not None
    assert not still.full
    opened = after(closed, NEWEST, SPEC, [])
    assert opened is not None
    assert (opened.full, opened.since, opened.state) == (True, None, {})


def test_a_defect_is_logged_for_those_who_mend_it_without_secrets(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from runner.collect import _show

    failure = ValueError("no answer from https://harbour.example/?access_token=abcdefgh12345678")
    _show(failure)
    assert capsys.readouterr().err == ""
    monkeypatch.setenv("COPYTRAIL_DEBUG", "1")
    _show(failure)
    shown = capsys.readouterr().err
    assert "ValueError" in shown
    assert "abcdefgh12345678" not in shown
