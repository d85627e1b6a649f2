"""What may be said of a post follows from its observations alone."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest

from core.errors import FindingKind
from core.observing import outcome_of, state_of

AT = datetime(2026, 3, 1, 12, tzinfo=UTC)


@dataclass(frozen=True)
class Seen:
    """An invented observation, so many minutes after twelve."""

    minutes: int
    outcome: str
    route: str | None = "api"
    why: str = "answer 404"

    @property
    def at(self) -> datetime:
        return AT + timedelta(minutes=self.minutes)


def test_one_try_decides_nothing() -> None:
    state = state_of([Seen(0, "not_seen")], AT - timedelta(days=1))
    assert (state.word, state.since) == ("not_seen_once", AT)
    assert state.sentence == (
        "Not seen at 2026-03-01T12:00:00Z (answer 404); one try decides nothing, it is tried again. "
        "Last seen at 2026-02-28T12:00:00Z."
    )


@pytest.mark.parametrize(("minutes", "word"), [(59, "not_seen_once"), (60, "not_seen"), (9000, "not_seen")])
def test_two_tries_count_only_an_hour_apart(minutes: int, word: str) -> None:
    assert state_of([Seen(0, "not_seen"), Seen(minutes, "not_seen")]).word == word


def test_two_routes_count_at_once() -> None:
    state = state_of([Seen(0, "not_seen"), Seen(0, "not_seen", "page", "answer 410")])
    assert state.word == "not_seen"
    assert state.sentence == "Not seen since 2026-03-01T12:00:00Z (2 tries by api and page, the last: answer 410)."


def test_a_wall_or_a_bad_minute_between_two_tries_takes_nothing_back() -> None:
    looks = [Seen(0, "not_seen"), Seen(10, "walled"), Seen(20, "unclear"), Seen(90, "not_seen")]
    assert state_of(looks).word == "not_seen"
    assert state_of(looks[:3]).word == "not_seen_once"


def test_what_is_seen_again_is_seen_whatever_was_before() -> None:
    looks = [Seen(0, "not_seen"), Seen(90, "not_seen", "page"), Seen(200, "changed")]
    assert (state_of(looks).word, state_of(looks).since) == ("seen", AT + timedelta(minutes=200))
    again = state_of([*looks, Seen(300, "not_seen")])
    assert (again.word, again.since) == ("not_seen_once", AT + timedelta(minutes=300))


def test_two_walls_tell_nothing_of_what_stands_behind() -> None:
    looks = [Seen(0, "seen"), Seen(100, "walled", why="login wall"), Seen(200, "walled", why="login wall")]
    state = state_of(looks)
    assert (state.word, state.since) == ("walled", AT + timedelta(minutes=100))
    assert "login wall, 2 tries" in state.sentence
    assert state.sentence.endswith("Last seen at 2026-03-01T12:00:00Z.")


def test_a_run_that_saw_it_later_outweighs_a_look_that_did_not() -> None:
    looks = [Seen(0, "not_seen"), Seen(90, "not_seen", "page")]
    assert state_of(looks, AT + timedelta(hours=5)).word == "seen"
    assert state_of(looks, AT + timedelta(minutes=30)).word == "not_seen_once"


def test_the_order_in_which_observations_are_handed_over_does_not_count() -> None:
    looks = [Seen(200, "seen"), Seen(0, "not_seen"), Seen(90, "not_seen")]
    assert state_of(looks) == state_of(reversed(looks))


def test_nothing_is_said_where_nothing_was_told() -> None:
    assert state_of([]).word == "unknown"
    assert state_of([Seen(0, "unclear")]).word == "unknown"


@pytest.mark.parametrize(
    ("kind", "outcome"),
    [
        ("gone", "not_seen"), ("suspended", "not_seen"), ("private", "walled"), ("login_wall", "walled"),
        ("blocked", "walled"), ("rate_limited", "walled"), ("legal_block", "walled"), ("unavailable", "unclear"),
        ("source_changed", "unclear"), ("robots", "unclear"), ("redirect", "unclear"),
    ],
)  # fmt: skip
def test_a_finding_means_one_of_four_things(kind: FindingKind, outcome: str) -> None:
    assert outcome_of(kind) == outcome


def test_no_sentence_says_that_somebody_did_something() -> None:
    every = [state_of([Seen(0, one), Seen(90, two)]) for one in ("not_seen", "walled", "seen") for two in ("not_seen",)]
    assert not any(word in state.sentence.lower() for state in every for word in ("delet", "remov", "taken", "censor"))
