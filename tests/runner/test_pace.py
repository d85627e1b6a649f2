"""How often a source is looked at: what a look brought decides, within bounds, and rest is rest."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import BadInput
from runner.pace import Look, Pace, Plan, Rest, following, paced
from runner.schedule import cron_following

HOUR = 3600
AT = datetime(2026, 3, 2, 12, tzinfo=UTC)  # a Monday
BERLIN = ZoneInfo("Europe/Berlin")
PLAN = Plan(6 * HOUR, fastest=HOUR, slowest=24 * HOUR)


def test_a_busy_source_is_looked_at_more_often_a_silent_one_less() -> None:
    assert paced(PLAN, None, Look(20, 6.0 * HOUR, "complete")) == Pace(
        3 * HOUR, "every 3 h: 20 new in 6 h (between 1 h and 1 d)"
    )
    assert paced(PLAN, None, Look(0, 6.0 * HOUR, "quiet")).why == (
        "every 9 h: nothing new in 6 h (between 1 h and 1 d)"
    )
    assert paced(PLAN, None, Look(5, 6.0 * HOUR, "complete")).seconds == 6 * HOUR


@pytest.mark.parametrize(("new", "end"), [(1000, HOUR), (0, 24 * HOUR)])
def test_it_stays_within_its_bounds(new: int, end: int) -> None:
    pace = 6 * HOUR
    for _ in range(8):
        pace = paced(PLAN, pace, Look(new, float(pace), "complete")).seconds
    assert pace == end


def test_what_says_nothing_changes_nothing() -> None:
    for look in (Look(900, None, "complete"), Look(0, 6.0 * HOUR, "partial")):
        assert paced(PLAN, 4 * HOUR, look).seconds == 4 * HOUR
    assert paced(Plan(900, 900, 900), None, Look(90, 900.0, "complete")) == Pace(900, "every 15 min, as set")


def test_where_it_is_closed_we_come_less_and_less_often() -> None:
    first = paced(PLAN, None, Look(0, None, "blocked"))
    assert first == Pace(12 * HOUR, "every 12 h: it could not be read (between 1 h and 1 d)")
    assert paced(PLAN, 24 * HOUR, Look(0, None, "blocked")).seconds == 24 * HOUR


@given(new=st.integers(0, 10_000), since=st.floats(1, 1e8), before=st.integers(1, 10**7))
def test_a_pace_is_always_within_bounds_and_in_whole_minutes(new: int, since: float, before: int) -> None:
    pace = paced(PLAN, before, Look(new, since, "complete"))
    assert PLAN.fastest <= pace.seconds <= PLAN.slowest
    assert pace.seconds % 60 == 0


def test_the_spread_is_later_never_sooner_and_each_sources_own() -> None:
    due = [following(PLAN, 6 * HOUR, n, AT, 0, cron_following) for n in range(200)]
    low, high = AT + timedelta(hours=6), AT + timedelta(hours=6 * (1 + PLAN.spread))
    assert all(low <= one <= high for one in due)
    assert len(set(due)) > 150
    assert due == [following(PLAN, 6 * HOUR, n, AT, 0, cron_following) for n in range(200)]


def test_a_platform_that_asks_for_time_gets_it() -> None:
    assert following(PLAN, HOUR, 1, AT, 9 * HOUR, cron_following) >= AT + timedelta(hours=9)
    daily = Plan(HOUR, HOUR, HOUR, cron="0 13 * * *")
    assert following(daily, HOUR, 1, AT, 3 * HOUR, cron_following) == AT + timedelta(hours=3)


def test_hours_of_rest_are_kept_where_people_live() -> None:
    plan = Plan(HOUR, HOUR, HOUR, rest=Rest.of("22-6:30"), zone=BERLIN)
    evening = datetime(2026, 3, 2, 20, 45, tzinfo=UTC)  # 21:45 there
    due = following(plan, HOUR, 7, evening, 0, cron_following)
    local = due.astimezone(BERLIN)
    assert (local.day, time(6, 30) <= local.time() <= time(6, 50)) == (3, True)
    by_day = following(plan, HOUR, 7, AT, 0, cron_following)
    assert by_day - AT < timedelta(hours=1.2)


def test_rest_within_one_day() -> None:
    rest = Rest.of("12:00-13:30")
    assert rest is not None
    assert [rest.holds(AT + timedelta(minutes=m)) for m in (-1, 0, 89, 90)] == [False, True, True, False]
    assert rest.over(AT, ZoneInfo("UTC")) == AT + timedelta(minutes=90)
    assert Rest.of(" ") is None


@pytest.mark.parametrize("written", ["at night", "22", "6-6", "25-3", "22-6-8"])
def test_hours_that_are_none(written: str) -> None:
    with pytest.raises(BadInput):
        Rest.of(written)


def test_cron_lines() -> None:
    following_ = cron_following("0 7,19 * * mon-fri", AT, BERLIN)
    assert following_ == datetime(2026, 3, 2, 18, tzinfo=UTC)
    assert cron_following("0 7 * * *", datetime(2026, 3, 29, 0, 30, tzinfo=UTC), BERLIN).hour == 5  # summer time began
    assert cron_following("0 12 * * *", AT, ZoneInfo("UTC")) == AT + timedelta(days=1)  # not the same moment again


@pytest.mark.parametrize("line", ["0 7 * * 1-5", "7am", "61 7 * * *", "0 7 * *", "0 0 31 2 *", "* * * * someday"])
def test_cron_lines_that_are_none(line: str) -> None:
    with pytest.raises(BadInput):
        cron_following(line, AT, BERLIN)
