"""What the readers of foreign rows share: finding fields that may be missing, and making records of what was found."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from core.counts import Counted, counted, granularity
from core.records import Author, Counts, Media, Metrics, Post, Profile
from core.times import Instant, from_epoch, from_http, unknown

_TAG = re.compile(r"(?<![\w&/#])#(\w{1,150})")
_MENTION = re.compile(r"(?<![\w.@])@([A-Za-z0-9_](?:[\w.]{0,62}\w)?)")
_ENGLISH = re.compile(r"[A-Z][a-z]{2} ([A-Z][a-z]{2}) (\d{2}) (\d{2}:\d{2}:\d{2}) ([+-]\d{4}) (\d{4})")
_EMPTY = (None, "", "$undefined")  # the last is what a page's own state writes for "nothing"
MOST_PARTS = 1_000  # members of one list of a row; more are a mistake


class Unusable(ValueError):
    """A row that cannot be used, and why: the message goes on after "line N: "."""


@dataclass(frozen=True, slots=True)
class Seen:
    """A thing as a tool recorded it: the platform's own object, when it was recorded, and on which page."""

    data: Mapping[str, Any]
    at: datetime | None = None
    page: str = ""


def dig(data: Any, *paths: str) -> Any:
    """Return what stands at the first of several dotted paths that holds something, else None."""
    for path in paths:
        found = data
        for name in path.split("."):
            if isinstance(found, Mapping):
                found = found.get(name)
            elif isinstance(found, list) and name.isdecimal() and int(name) < len(found):
                found = found[int(name)]
            else:
                found = None
                break
        if found not in _EMPTY:
            return found
    return None


def text(data: Any, *paths: str) -> str | None:
    """Return the string (or the number as one) at the first path that holds one."""
    for path in paths:
        found = dig(data, path)
        if isinstance(found, str):
            return found
        if isinstance(found, int) and not isinstance(found, bool):
            return str(found)
    return None


def parts(data: Any, *paths: str) -> list[Any]:
    """Return the list at the first path that holds one, no longer than anything real is."""
    found = next((x for path in paths if isinstance(x := dig(data, path), list)), [])
    return found[:MOST_PARTS]


def needed(data: Any, what: str, *paths: str) -> str:
    """Return the string at the first path that holds one; raise Unusable where none does."""
    found = text(data, *paths)
    if found is None or not found.strip():
        raise Unusable(f"has no {what}")
    return found.strip()


def metrics(data: Any, **paths: tuple[str, ...]) -> Metrics:
    """Return the counters at those paths; rounded ones ("1.2K") keep their step, hidden ones are None."""
    found = {name: _number(dig(data, *where)) for name, where in paths.items()}
    steps = granularity(**found)
    return Metrics(**{name: c.number if c else None for name, c in found.items()}, granularity=steps)


def counts(data: Any, **paths: tuple[str, ...]) -> Counts:
    """Return the counters of an account at those paths."""
    found = {name: _number(dig(data, *where)) for name, where in paths.items()}
    steps = granularity(**found)
    return Counts(**{name: c.number if c else None for name, c in found.items()}, granularity=steps)


def _number(value: Any) -> Counted | None:
    if isinstance(value, str):
        return counted(value)
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < 2**53:
        return None  # -1 is how some say "hidden"
    return Counted(int(value), 1)


def moment(value: Any) -> Instant:
    """Return the time a number of seconds or milliseconds since 1970 stands for; 0 is none."""
    if isinstance(value, bool) or not isinstance(value, int | float | str) or value in (0, "0", ""):
        return unknown()
    return from_epoch(value)


def english(value: str | None) -> Instant:
    """Read a time as X writes it: "Wed Aug 27 13:08:45 +0000 2008"."""
    found = _ENGLISH.fullmatch(value or "")
    if found is None:
        return unknown(value)
    month, day, clock, zone, year = found.groups()
    return from_http(f"{day} {month} {year} {clock} {zone}").model_copy(update={"verbatim": value})


def tags(words: str | None) -> tuple[str, ...]:
    """Return the hashtags in a text, without the sign, once each."""
    return tuple(dict.fromkeys(_TAG.findall(words or "")))


def mentions(words: str | None) -> tuple[str, ...]:
    """Return the names that a text addresses with an @, once each."""
    return tuple(dict.fromkeys(_MENTION.findall(words or "")))


def pictures(*addresses: Any, **fields: Any) -> tuple[Media, ...]:
    """Return media for those of the addresses that are some, once each."""
    told = dict.fromkeys(a for a in addresses if isinstance(a, str) and a.startswith(("http", "//")))
    return tuple(Media(url=f"https:{a}" if a.startswith("//") else a, **fields) for a in told)


def strings(found: Iterable[Any]) -> tuple[str, ...]:
    """Return the strings among values that are some, once each."""
    return tuple(dict.fromkeys(x for x in found if isinstance(x, str) and x))


def made(seen: Seen, **fields: Any) -> Post:
    """Return the post of a row: imported, first seen and counted when the row was recorded."""
    shown = {name: value for name, value in fields.items() if value not in (None, "")}
    counted_at = seen.at if shown.get("metrics", Metrics()) != Metrics() else None
    return Post(**shown, first_seen=seen.at, metrics_at=counted_at, route="import")


def snapshot(seen: Seen, platform: str, author: Author, **fields: Any) -> Iterator[Profile]:
    """Yield what a row shows of its author beyond the name, where it says when it was recorded."""
    if seen.at is None:
        return
    shown = {name: value for name, value in fields.items() if value not in (None, "", Counts())}
    if shown and (author.native_id or author.handle):
        yield Profile(platform=platform, author=author, seen=seen.at, route="import", **shown)


def writer(**fields: str | None) -> Author:
    """Return an author of what is known; empty strings are not."""
    return Author(**{name: value for name, value in fields.items() if value})
