"""Read times as forums write them: in local words, in the zone the page states, or in none that anybody could know."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from typing import Literal, NamedTuple
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from core import times
from core.times import EARLIEST, LATEST, Instant, Precision, Zone

Order = Literal["dmy", "mdy", "ymd"]

# Months in the languages forums are most often set to; a word means the month all of whose names begin with it.
_MONTHS = (
    "january januar jänner janvier enero gennaio janeiro januari styczeń stycznia январь января січня ocak januarie",
    "february februar février fevrier febrero febbraio fevereiro februari luty lutego февраль февраля лютого şubat",
    "march märz maerz mars marzo março marco maart maret marzec marca март марта березня mart martie",
    "april avril abril aprile kwiecień kwietnia апрель апреля квітня nisan aprilie",
    "may mai mayo maggio maio mei maj maja май мая травня mayıs",
    "june juni juin junio giugno junho czerwiec czerwca июнь июня червня haziran iunie",
    "july juli juillet julio luglio julho lipiec lipca июль июля липня temmuz iulie",
    "august août aout agosto augustus agustus sierpień sierpnia augusti август августа серпня ağustos",
    "september septembre septiembre settembre setembro wrzesień września сентябрь сентября вересня eylül septembrie",
    "october oktober octobre octubre ottobre outubro październik października октябрь октября жовтня ekim octombrie",
    "november novembre noviembre novembro listopad listopada ноябрь ноября листопада kasım noiembrie",
    "december dezember décembre decembre diciembre dicembre dezembro desember grudzień grudnia декабрь декабря",
)
_NAMES = [(name, number) for number, names in enumerate(_MONTHS, 1) for name in names.split()]
_NAMES += [("грудня", 12), ("aralık", 12)]
_NUMBERS = re.compile(r"(?<![\d:.])(\d{1,4})\s?([./年-])\s?(\d{1,2})\s?[./月-]\s?(\d{1,4})(?![\d:])")
_CLOCK = re.compile(r"(?<!\d)(\d{1,2})\s?[:h]\s?(\d{2})(?::(\d{2}))?(?!\d)\s?([ap])?\.?(?:m\b)?", re.IGNORECASE)
_YEAR = re.compile(r"(?<!\d)((?:19|20)\d{2})(?!\d)")
_DAY = re.compile(r"(?<!\d)(\d{1,2})(?!\d)")
_WORD = re.compile(r"[^\W\d_]{3,}")
_ISO = re.compile(r"\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(?::\d{2})?(?:\.\d{1,6})?\s?(Z|[+-]\d{2}:?\d{2})?")
_OFFSET = re.compile(
    r"\b(?:GMT|UTC|WEZ)\s?(?:(?P<sign>[+\u2212-])\s?(?P<hours>\d{1,2})(?::?(?P<minutes>\d{2}|[.,]5))?)?"
)
_SUMMER = re.compile(r"\[\s?(?:DST|Sommerzeit|Heure d.été|Ora legale|Verano|Zomertijd)", re.IGNORECASE)
_AFTERNOON = re.compile(r"下午|晚上|午後|오후|\bCH\b|μμ|م(?:\s|$)")
_FORENOON = re.compile(r"上午|凌晨|早上|午前|오전|\bSA\b|πμ|ص(?:\s|$)")


class ZoneHere(NamedTuple):
    """The zone a page's times are in, and who says so."""

    zone: tzinfo
    said: Zone


def stated_zone(words: str | None) -> ZoneHere | None:
    """Return the zone that words like "All times are GMT +1" or "Europe/Berlin" state, None for none."""
    text = unicodedata.normalize("NFKC", (words or "")[:1_000]).replace("\u2212", "-").strip()
    if named := re.fullmatch(r"[A-Z][A-Za-z_]+(?:/[A-Z][A-Za-z_+-]+){1,2}", text):
        return _named(named[0], "stated")
    found = _OFFSET.search(text)
    if not found:
        return None
    hours, minutes = int(found["hours"] or 0), found["minutes"] or "0"
    offset = timedelta(hours=hours, minutes=30 if minutes[0] in ".," else int(minutes))
    offset = -offset if found["sign"] == "-" else offset
    if _SUMMER.search(text[found.end() :]):
        offset += timedelta(hours=1)
    return ZoneHere(timezone(offset), "stated") if abs(offset) <= times.UNKNOWN_ZONE else None


def site_zone(name: str | None) -> ZoneHere | None:
    """Return the zone that a platform file gives for a site."""
    return _named(name, "site") if name else None


def order_of(written: Iterable[str]) -> Order | None:
    """Return which of day and month comes first in the dates of one page, None where they do not tell."""
    told: set[Order] = set()
    for text in written:
        if not (found := _NUMBERS.search(_plain(text))):
            continue
        first, sign, second = int(found[1]), found[2], int(found[3])
        if len(found[1]) == 4:
            told.add("ymd")
        elif sign == "." or 12 < first <= 31:
            told.add("dmy")
        elif 12 < second <= 31:
            told.add("mdy")
    return told.pop() if len(told) == 1 else None


def read_local(written: str | None, here: ZoneHere | None, order: Order | None = None) -> Instant:
    """Read a time; without a year, a day or a known zone it stays words.

    A time that brings its own zone (ISO 8601, seconds since 1970) needs no other.
    """
    text = _plain(written or "")
    if re.fullmatch(r"\d{9,10}|\d{13}", text):
        return times.from_epoch(text, "page")
    iso = _ISO.search(text)
    if iso and iso[1]:
        return times.from_iso(iso[0].replace(" Z", "Z"), "page")
    day = _date(text, order)
    if day is None or here is None:
        return times.unknown(written, "page")
    date, rest = day
    clock, precision = _clock(rest)
    try:
        at = (date + clock).replace(tzinfo=here.zone).astimezone(UTC)
    except (ValueError, OverflowError):
        return times.unknown(written, "page")
    if not EARLIEST <= at < LATEST:
        return times.unknown(written, "page")
    if precision == "day":  # a day in its own zone: its midnight there would be a moment nobody stated
        at = date.replace(tzinfo=UTC)
    return Instant(at=at, verbatim=written, precision=precision, source="page", zone=here.said)


def _named(name: str, said: Zone) -> ZoneHere | None:
    try:
        return ZoneHere(ZoneInfo(name), said)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None


def _plain(text: str) -> str:
    """Return a text with digits of all scripts as 0 to 9 and blanks folded."""
    text = unicodedata.normalize("NFKC", text[: times.MAX_VERBATIM])
    text = "".join(str(unicodedata.digit(c)) if c.isdigit() and not c.isascii() else c for c in text)
    return " ".join(text.split())


def _date(text: str, order: Order | None) -> tuple[datetime, str] | None:
    """Return the day a text names and what is left of the text, None where no whole date stands there."""
    if found := _NUMBERS.search(text):
        parts = _ordered(found, order)
        rest = text[: found.start()] + " " + text[found.end() :]
    else:
        parts, rest = _in_words(text)
    if parts is None:
        return None
    try:
        return datetime(*parts), rest  # noqa: DTZ001 - its zone is put to it by the caller
    except ValueError:
        return None


def _ordered(found: re.Match[str], order: Order | None) -> tuple[int, int, int] | None:
    first, second, third = int(found[1]), int(found[3]), int(found[4])
    if len(found[1]) == 4 or found[2] == "年":
        return first, second, third
    year = third + 2000 if len(found[4]) == 2 else third
    if len(found[4]) not in (2, 4):
        return None
    order = order or order_of([found[0]])
    if order == "dmy":
        return year, second, first
    return (year, first, second) if order == "mdy" else None


def _in_words(text: str) -> tuple[tuple[int, int, int] | None, str]:
    year = _YEAR.search(text)
    month = next((number for word in _WORD.findall(text) if (number := _month(word))), None)
    if not year or not month:
        return None, text
    rest = text[: year.start()] + " " + text[year.end() :]
    clock = _CLOCK.search(rest)
    around = rest[: clock.start()] + " " + rest[clock.end() :] if clock else rest
    day = _DAY.search(around)
    return ((int(year[1]), month, int(day[1])), rest) if day else (None, text)


def _month(word: str) -> int | None:
    word = word.casefold()
    numbers = {number for name, number in _NAMES if name.startswith(word) or name == word}
    return numbers.pop() if len(numbers) == 1 else None


def _clock(text: str) -> tuple[timedelta, Precision]:
    found = _CLOCK.search(text)
    if not found:
        return timedelta(), "day"
    hours, minutes, seconds = int(found[1]), int(found[2]), int(found[3] or 0)
    half = (found[4] or "").lower()
    afternoon = half == "p" or (not half and _AFTERNOON.search(text) is not None)
    forenoon = half == "a" or (not half and _FORENOON.search(text) is not None)
    if (afternoon and hours < 12) or (forenoon and hours == 12):
        hours = (hours + 12) % 24
    if hours > 23 or minutes > 59 or seconds > 59:
        return timedelta(), "day"
    return timedelta(hours=hours, minutes=minutes, seconds=seconds), "second" if found[3] else "minute"
