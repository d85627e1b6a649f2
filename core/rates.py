"""Ask each host slowly: one even pace per host, shared by all threads and all sources of a process."""

from __future__ import annotations

import threading

from core.times import Clock


class Rates:
    """Hand out turns per host on the given clock: a token bucket that holds one token."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._next: dict[str, float] = {}
        self._lock = threading.Lock()

    def wait(self, host: str, requests_per_minute: float, crawl_delay: float = 0.0) -> float:
        """Sleep until it is this caller's turn at a host; return the seconds slept."""
        pause = max(60.0 / requests_per_minute if requests_per_minute > 0 else 0.0, crawl_delay)
        with self._lock:
            now = self._clock.monotonic()
            turn = max(now, self._next.get(host, now))
            self._next[host] = turn + pause
        if turn > now:
            self._clock.sleep(turn - now)
        return turn - now

    def hold(self, host: str, seconds: float) -> None:
        """Let nobody ask a host for so many seconds, as it asked for by Retry-After."""
        with self._lock:
            until = self._clock.monotonic() + seconds
            self._next[host] = max(until, self._next.get(host, until))
