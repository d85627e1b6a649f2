"""How often a source is looked at: its interval, drawn to what is posted there, with hours of rest and a little spread.

Pure rules: what they are given decides, no clock and no chance. `runner.collect` applies them when a run has ended.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from hashlib import blake2b
from zoneinfo import ZoneInfo

from core.errors import BadInput

WANTED = 5  # new posts that a look should bring: few enough that none is pushed off a page of twenty between two looks
CALMER = 1.5  # times as long after a look that brought nothing
TURN = 2.0  # a pace is at most halved or doubled at a time, so that one busy day decides nothing
REST_SPREAD = timedelta(minutes=20)  # over so long begin, after a rest, those that became due in it
UTC_ZONE = ZoneInfo("UTC")
_QUIET = re.compile(r"([01]?\d|2[0-3])(?::([0-5]\d))?-([01]?\d|2[0-3])(?::([0-5]\d))?")

Following = Callable[[str, datetime, ZoneInfo], datetime]


@dataclass(frozen=True, slots=True)
class Rest:
    """Hours of a day in which no look begins; over midnight where they end before they begin."""

    begin: time
    end: time

    @classmethod
    def of(cls, written: str) -> Rest | None:
        """Read "22-6" or "22:30-06:15", None where it is empty; raise BadInput for anything else."""
        if not written.strip():
            return None
        found = _QUIET.fullmatch(written.replace(" ", ""))
        if not found:
            raise BadInput(f"{written!r} are no hours of rest; write for instance 22-6 or 22:30-06:15.")
        hours = time(int(found[1]), int(found[2] or 0)), time(int(found[3]), int(found[4] or 0))
        if hours[0] == hours[1]:
            raise BadInput(f"{written!r} leaves no hour, or all of them; pause the source instead.")
        return cls(*hours)

    def holds(self, local: datetime) -> bool:
        """Return whether a moment lies in it."""
        at = local.time()
        if self.begin < self.end:
            return self.begin <= at < self.end
        return at >= self.begin or at < self.end

    def over(self, at: datetime, zone: ZoneInfo) -> datetime:
        """Return when the rest that a moment lies in is over: UTC."""
        local = at.astimezone(zone)
        day = local.date() if local.time() < self.end else local.date() + timedelta(days=1)
        return datetime.combine(day, self.end, zone).astimezone(UTC)


@dataclass(frozen=True, slots=True)
class Plan:
    """What was asked for: an interval in seconds and its bounds, or times by cron; hours of rest, in a time zone."""

    every: int
    fastest: int
    slowest: int
    cron: str | None = None
    rest: Rest | None = None
    spread: float = (
        0.1  # part of an interval, later: sources of one interval drift apart, they are not asked all at once
    )
    zone: ZoneInfo = UTC_ZONE


@dataclass(frozen=True, slots=True)
class Look:
    """What the last look brought: new posts since the complete look before it, so many seconds earlier (None: none).

    `coverage` is complete, partial, blocked or quiet.
    """

    new: int
    since: float | None
    coverage: str


@dataclass(frozen=True, slots=True)
class Pace:
    """Seconds from one look to the next, and why, in a sentence for the person who reads `sources`."""

    seconds: int
    why: str


def paced(plan: Plan, before: int | None, look: Look) -> Pace:
    """Return the pace after a look; `before` is the pace until now, None at the beginning.

    A look that saw only a part says nothing about how much is posted, nor does the first one, which brings what had
    gathered over years. Where a source is closed to us we come less and less often.
    """
    now = min(max(before or plan.every, plan.fastest), plan.slowest)
    between = f"between {_spoken(plan.fastest)} and {_spoken(plan.slowest)}"
    if plan.fastest == plan.slowest:
        return Pace(plan.every, f"every {_spoken(plan.every)}, as set")
    if look.coverage == "blocked":
        seconds = _rounded(min(now * TURN, plan.slowest))
        return Pace(seconds, f"every {_spoken(seconds)}: it could not be read ({between})")
    if look.coverage == "partial" or look.since is None or look.since <= 0:
        return Pace(now, f"every {_spoken(now)} until there is more to go by ({between})")
    if look.new:
        wanted = look.since * WANTED / look.new
        told = f"{look.new} new in {_spoken(look.since)}"
    else:
        wanted = now * CALMER
        told = f"nothing new in {_spoken(look.since)}"
    wanted = min(max(wanted, now / TURN), now * TURN)
    seconds = _rounded(min(max(wanted, plan.fastest), plan.slowest))
    return Pace(seconds, f"every {_spoken(seconds)}: {told} ({between})")


def following(plan: Plan, pace: int, source: int, after: datetime, wait: float, cron: Following) -> datetime:
    """Return when a source is due next: `pace` seconds after, not before a platform's `wait` is over, not in a rest.

    `cron` says when a cron line has its next time. The spread is that of the source, the same each time.
    """
    share = int.from_bytes(blake2b(str(source).encode(), digest_size=4).digest(), "big") / 2**32  # 0 to 1
    if plan.cron is not None:
        due = max(cron(plan.cron, after, plan.zone), after + timedelta(seconds=wait))
    else:
        due = after + timedelta(seconds=max(pace * (1 + plan.spread * share), wait))
    if plan.rest is not None and plan.rest.holds(due.astimezone(plan.zone)):
        due = plan.rest.over(due, plan.zone) + share * REST_SPREAD
    return due.replace(microsecond=0)


def _rounded(seconds: float) -> int:
    """Return whole minutes, or whole quarters of an hour where it is hours: a pace is read by people."""
    step = 60 if seconds < 7200 else 900
    return max(60, round(seconds / step) * step)


def _spoken(seconds: float) -> str:
    minutes = max(1, round(seconds / 60))
    days, rest = divmod(minutes, 1440)
    hours, minutes = divmod(rest, 60)
    parts = [(days, "d"), (hours, "h"), (0 if days else minutes, "min")]
    return " ".join(f"{number} {unit}" for number, unit in parts if number)
