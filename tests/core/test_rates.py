"""Turns at a host come at an even pace, whoever asks."""

from __future__ import annotations

import threading
from datetime import UTC, datetime

import pytest

from core.rates import Rates
from core.times import StillClock

AT = datetime(2026, 3, 1, 12, tzinfo=UTC)


class Fixed(StillClock):
    """A clock that notes sleeps without moving, as if all threads slept at once."""

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)


def test_threads_get_turns_of_their_own() -> None:
    clock = Fixed(AT)
    rates = Rates(clock)
    threads = [threading.Thread(target=rates.wait, args=("site.example", 60.0)) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(clock.slept) == pytest.approx([float(i) for i in range(1, 20)])


def test_hosts_do_not_wait_for_each_other() -> None:
    rates = Rates(Fixed(AT))
    assert [rates.wait(f"{i}.example", 1.0) for i in range(5)] == [0.0] * 5


def test_the_slower_of_rate_and_crawl_delay_counts() -> None:
    clock = StillClock(AT)
    rates = Rates(clock)
    rates.wait("site.example", 60.0, crawl_delay=5.0)
    assert rates.wait("site.example", 60.0) == 5.0
    assert rates.wait("site.example", 0.0) == 1.0
    assert rates.wait("site.example", 0.0) == 0.0


def test_a_host_that_asks_for_a_break_gets_it() -> None:
    clock = StillClock(AT)
    rates = Rates(clock)
    rates.wait("site.example", 600.0)
    rates.hold("site.example", 30.0)
    assert rates.wait("site.example", 600.0) == pytest.approx(30.0)
