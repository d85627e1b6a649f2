"""Keep instants honest: what was written, what it means, how exactly, and who says so. The one clock is here."""

from __future__ import annotations

import calendar
import math
import re
import time
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Literal, Protocol

from pydantic import BaseModel, ConfigDict, field_serializer, model_validator

from core.text import clean

Precision = Literal["second", "minute", "hour", "day", "month", "unknown"]
TimeSource = Literal["platform", "page", "id", "archive", "crawl"]
Zone = Literal["stated", "utc", "site", "guessed", "unknown"]

EARLIEST = datetime(1990, 1, 1, tzinfo=UTC)  # no platform we read is older; what claims to be is a wrong clock
LATEST = datetime(2100, 1, 1, tzinfo=UTC)
MAX_VERBATIM = 200  # characters of a time as written; the longest format we read has 40
UNKNOWN_ZONE = timedelta(hours=14)  # the widest offset from UTC in use (Kiribati), both ways


class Clock(Protocol):
    """Tell the time and wait; tests and replay pass their own."""

    def now(self) -> datetime:
        """Return the current instant in UTC."""

    def monotonic(self) -> float:
        """Return seconds that never go back."""

    def sleep(self, seconds: float) -> None:
        """Wait so many seconds."""


class SystemClock:
    """The clock of this machine."""

    def now(self) -> datetime:
        """Return the current instant in UTC."""
        return datetime.now(UTC)

    def monotonic(self) -> float:
        """Return seconds that never go back."""
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        """Wait so many seconds."""
        time.sleep(seconds)


class StillClock:
    """A clock that only moves when told, or when somebody sleeps: for replay and tests."""

    def __init__(self, at: datetime) -> None:
        self.at = at
        self.slept: list[float] = []

    def now(self) -> datetime:
        """Return the set instant."""
        return self.at

    def monotonic(self) -> float:
        """Return the set instant in seconds."""
        return self.at.timestamp()

    def sleep(self, seconds: float) -> None:
        """Move the clock instead of waiting."""
        self.slept.append(seconds)
        self.at += timedelta(seconds=seconds)


def iso(at: datetime) -> str:
    """Return an instant as ISO 8601 in UTC with `Z`; whole seconds carry no fraction."""
    at = at.astimezone(UTC)
    return at.isoformat(timespec="milliseconds" if at.microsecond else "seconds").replace("+00:00", "Z")


class Instant(BaseModel):
    """A moment as a source states it: verbatim string, parsed instant (UTC), precision, zone and source."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    at: datetime | None = None
    verbatim: str | None = None
    precision: Precision = "unknown"
    source: TimeSource = "platform"
    zone: Zone = "stated"

    @model_validator(mode="after")
    def _checked(self) -> Instant:
        if self.verbatim:
            object.__setattr__(self, "verbatim", clean(self.verbatim, MAX_VERBATIM))
        if self.at is None:
            object.__setattr__(self, "precision", "unknown")
        else:
            at = self.at if self.at.tzinfo else self.at.replace(tzinfo=UTC)
            object.__setattr__(self, "at", at.astimezone(UTC))
        return self

    @field_serializer("at")
    def _at(self, at: datetime | None) -> str | None:
        return iso(at) if at else None

    def interval(self) -> tuple[datetime, datetime] | None:
        """Return the half-open interval [from, to) the moment lies in; None where nothing is known."""
        if self.at is None or self.precision == "unknown":
            return None
        start, end = _span(self.at, self.precision)
        if self.zone == "unknown":
            return start - UNKNOWN_ZONE, end + UNKNOWN_ZONE
        return start, end


def _span(at: datetime, precision: Precision) -> tuple[datetime, datetime]:
    if precision == "month":
        start = at.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
        return start, start + timedelta(days=calendar.monthrange(at.year, at.month)[1])
    if precision == "day":
        start = at.replace(hour=0, minute=0, second=0, microsecond=0)
        return start, start + timedelta(days=1)
    if precision == "hour":
        start = at.replace(minute=0, second=0, microsecond=0)
        return start, start + timedelta(hours=1)
    if precision == "minute":
        start = at.replace(second=0, microsecond=0)
        return start, start + timedelta(minutes=1)
    start = at.replace(microsecond=0)
    return start, start + timedelta(seconds=1)


def unknown(verbatim: str | None = None, source: TimeSource = "platform") -> Instant:
    """Return an instant of which nothing can be said but what was written."""
    return Instant(verbatim=verbatim, source=source, zone="unknown")


def from_epoch(value: float | str, source: TimeSource = "platform") -> Instant:
    """Read seconds, milliseconds or microseconds since 1970 (told apart by size); out of range is unknown."""
    try:
        number = float(value)
        while 1e11 < abs(number) < math.inf:  # seconds reach the year 5138 there, milliseconds 1973
            number /= 1000
        at = datetime.fromtimestamp(number, UTC)
    except (TypeError, ValueError, OverflowError, OSError):
        return unknown(str(value), source)
    if not EARLIEST <= at < LATEST:
        return unknown(str(value), source)
    return Instant(at=at, verbatim=str(value), precision="second", source=source, zone="utc")


_DAY = re.compile(r"\d{4}-\d{2}-\d{2}$|\d{8}$")
_MONTH = re.compile(r"(\d{4})-(\d{2})$")
_MINUTE = re.compile(r"[T ]\d{2}:\d{2}(?:Z|[+-]\d{2}:?\d{2})?$")


def from_iso(value: str | None, source: TimeSource = "platform", *, zoneless: Zone = "unknown") -> Instant:
    """Read an ISO 8601 string; `zoneless` says what a missing offset means ("utc" where a field is documented so).

    What cannot be read, or lies outside 1990 to 2100, is unknown and keeps its verbatim string.
    """
    text = (value or "").strip()
    if not text:
        return unknown(value, source)
    precision: Precision = "second"
    if month := _MONTH.match(text):
        text, precision = f"{month[1]}-{month[2]}-01", "month"
    elif _DAY.match(text):
        precision = "day"
    elif _MINUTE.search(text):
        precision = "minute"
    try:
        at = datetime.fromisoformat(text.replace(" UTC", "+00:00").replace(" +", "+"))
    except ValueError:
        return unknown(value, source)
    return _instant(at, value, precision, source, zoneless)


def from_http(value: str | None, source: TimeSource = "platform", *, zoneless: Zone = "unknown") -> Instant:
    """Read an RFC 822 date as feeds and HTTP headers write it; the unreadable is unknown and keeps its string."""
    if not value:
        return unknown(value, source)
    try:
        at = parsedate_to_datetime(value.strip())
    except (TypeError, ValueError, IndexError):
        return unknown(value, source)
    if re.search(r"-0000\s*$", value):
        zoneless = "utc"
    return _instant(at, value, "second", source, zoneless)


def _instant(at: datetime, verbatim: str | None, precision: Precision, source: TimeSource, zoneless: Zone) -> Instant:
    zone: Zone = "stated"
    if at.tzinfo is None:
        zone, at = zoneless, at.replace(tzinfo=UTC)
    try:
        at = at.astimezone(UTC)
    except OverflowError:
        return unknown(verbatim, source)
    if not EARLIEST <= at < LATEST:
        return unknown(verbatim, source)
    return Instant(at=at, verbatim=verbatim, precision=precision, source=source, zone=zone)
