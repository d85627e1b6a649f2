"""Accounts as Mastodon and its kin show them: who posts, and what the account tells of itself that day."""

from __future__ import annotations

from typing import Any

from collectors.api import made
from collectors.base import Reader
from core import markup, times
from core.exchange import Response
from core.records import Author, Counts, Profile
from core.times import Instant

_OPEN = ("discoverable", "indexable", "noindex")  # what an account wishes: kept, so that an edition can honour it
_MAX_FIELDS = 50  # rows of the table an account shows; the software allows four to ten
_NO_PICTURE = ("/missing.png", "/avatars/original/missing.png")


def author(account: Reader) -> Author:
    """Return who posts."""
    return made(
        Author, native_id=account.take("id", str), handle=account.take("acct", str),
        name=account.maybe("display_name", str) or None, url=account.maybe("url", str),
    )  # fmt: skip


def wishes(account: Reader) -> dict[str, Any]:
    """Return what an account wishes to become of its posts."""
    return {name: account.maybe(name) for name in _OPEN if account.maybe(name) is not None}


def profile(account: Reader, platform: str, site: str | None, response: Response) -> Profile | None:
    """Return what an account shows of itself; None where an answer shows no more than its name."""
    note = account.maybe("note", str)
    if note is None and account.maybe("followers_count") is None:
        return None
    rows = [row for row in (account.maybe("fields", list) or ())[:_MAX_FIELDS] if isinstance(row, dict)]
    table = {str(row.get("name")): str(row.get("value") or "") for row in rows}
    linked = (url for html in (note or "", *table.values()) for url in markup.links(html))
    moved = account.maybe("moved.url", str)
    raw = {
        **wishes(account), "fields": {name: markup.plain(html) for name, html in table.items()}, "moved": moved,
    }  # fmt: skip
    return made(
        Profile, platform=platform, site=site, author=author(account), bio=markup.plain(note or "") or None,
        avatar=_picture(account.maybe("avatar", str)), banner=_picture(account.maybe("header", str)),
        created=_created(account.maybe("created_at", str)), links=tuple(dict.fromkeys(linked)),
        counts=made(
            Counts, followers=account.maybe("followers_count", int), following=account.maybe("following_count", int),
            posts=account.maybe("statuses_count", int),
        ),
        seen=response.captured_at, route="api", capture=response.capture,
        raw={name: value for name, value in raw.items() if value not in (None, {})},
    )  # fmt: skip


def _picture(url: str | None) -> str | None:
    return None if not url or url.endswith(_NO_PICTURE) else url


def _created(said: str | None) -> Instant | None:
    """Return when an account was made: since its version 3.5 Mastodon tells the day only, written as midnight."""
    if not said:
        return None
    at = times.from_iso(said)
    return at.model_copy(update={"precision": "day"}) if at.at and "T00:00:00" in said else at
