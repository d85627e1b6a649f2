"""Word instants for people: as written, in UTC and in local time, never more exactly than they are known."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from functools import cache
from typing import Any

from core.errors import BadInput
from core.times import Instant

UNKNOWN = "unknown"
_PRECISION = {
    "second": "to the second", "minute": "to the minute", "hour": "to the hour", "day": "the day only",
    "month": "the month only", "unknown": "not known",
}  # fmt: skip
_SOURCE = {
    "platform": "stated by the platform", "page": "as written on the page", "id": "read from the id of the post",
    "archive": "as an archive states it", "crawl": "the time of our capture",
}  # fmt: skip
_ZONE = {
    "stated": "with its zone", "utc": "documented as UTC", "site": "in the zone the site is set to",
    "guessed": "in a zone that was guessed", "unknown": "without a zone: up to 14 hours either way",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Told:
    """An instant in words; `verbatim` as the source wrote it, the others never finer than the source states."""

    verbatim: str
    utc: str
    local: str
    precision: str
    basis: str
    sort: str = "~"  # by which tables are put in order; what is unknown comes last


def told(instant: Mapping[str, Any] | None, zone: str) -> Told:
    """Return an instant (the public shape of core.times.Instant) in words, with its local time in an IANA zone.

    Raises BadInput where there is no such zone.
    """
    if not instant:
        return Told("not stated", UNKNOWN, UNKNOWN, _PRECISION["unknown"], "")
    read = Instant.model_validate(dict(instant))
    basis = _SOURCE[read.source] + (f", {_ZONE[read.zone]}" if read.at else "")
    verbatim = read.verbatim or ("not kept as written" if read.at else "not stated")
    span = read.interval()
    if read.at is None or span is None:
        return Told(verbatim, UNKNOWN, UNKNOWN, _PRECISION["unknown"], basis)
    local = zone_of(zone)
    if read.zone == "unknown":
        utc, there = (_between(*span, where) for where in (UTC, local))
    elif read.precision in ("day", "month"):
        utc = f"{read.at:%Y-%m-%d}, the day" if read.precision == "day" else f"{read.at:%Y-%m}, the month"
        there = _between(*span, local)
    else:
        utc, there = (_moment(read.at, where, read.precision) for where in (UTC, local))
    return Told(verbatim, utc, there, _PRECISION[read.precision], basis, f"{span[0].isoformat()} {span[1].isoformat()}")


def clock(at: str | datetime | None, zone: str) -> Told:
    """Return a moment by our own clock or another's (ISO 8601) in words; what cannot be read is unknown."""
    try:
        moment = datetime.fromisoformat(at) if isinstance(at, str) else at
    except ValueError:
        moment = None
    if moment is None:
        return Told("", UNKNOWN, UNKNOWN, _PRECISION["unknown"], "")
    moment = moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    utc, local = (_moment(moment, where, "second") for where in (UTC, zone_of(zone)))
    return Told("", utc, local, _PRECISION["second"], "", moment.isoformat())


@cache
def zone_of(name: str) -> tzinfo:
    """Return a time zone by its IANA name; raise BadInput where this machine knows none of that name."""
    if name == "UTC":  # needs no table of zones, which some systems come without
        return UTC
    from zoneinfo import ZoneInfo

    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError) as error:
        raise BadInput(f"There is no time zone {name!r} here; write for instance Europe/Berlin, or UTC.") from error


def _moment(at: datetime, zone: tzinfo, precision: str) -> str:
    there = at.astimezone(zone)
    if precision == "hour" and _offset(there)[-2:] == "00":
        return f"{there:%Y-%m-%d %H} h {_name(there)}"
    return (
        f"{there:%Y-%m-%d %H:%M:%S} {_name(there)}"
        if precision == "second"
        else f"{there:%Y-%m-%d %H:%M} {_name(there)}"
    )


def _between(start: datetime, end: datetime, zone: tzinfo) -> str:
    return f"between {_moment(start, zone, 'minute')} and {_moment(end, zone, 'minute')}"


def _name(at: datetime) -> str:
    """Return the zone as a reader can use it: its letters where it has any, and its offset."""
    if at.tzinfo is UTC:
        return "UTC"
    name, offset = at.tzname() or "", f"UTC{_offset(at)}"
    return f"{name}, {offset}" if name[:1].isalpha() and name != "UTC" else offset


def _offset(at: datetime) -> str:
    return f"{at:%z}"[:3] + ":" + f"{at:%z}"[3:5]
