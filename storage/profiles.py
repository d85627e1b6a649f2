"""Profiles: what accounts showed of themselves, dated; a row is added only when something has changed."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any, NamedTuple

import orjson
from sqlalchemy import Connection, select

from core.records import Profile
from core.times import iso
from storage import counters
from storage import tables as t
from storage.accounts import save_accounts
from storage.bulk import Writer, as_json, chunks
from storage.cases import case_id, in_case

_PROFILES, _ACCOUNTS = t.table(t.ProfileTable), t.table(t.Account)
_POSTS, _SOURCES = t.table(t.PostTable), t.table(t.SourceTable)
_COLUMNS = ("account_id", "seen", "last_seen", "shown_by", "route", "capture", "content", "content_hash")
_OURS = {"v", "seen", "route", "capture", "raw", "platform", "site"}  # not part of what the account says of itself


class _Held(NamedTuple):
    """A snapshot that is stored: since when and until when it was seen so; no id if it is new in this batch."""

    seen: datetime
    last_seen: datetime
    digest: str
    id: int | None = None


def save_profiles(conn: Connection, profiles: Sequence[Profile], *, at: datetime, source_id: int | None = None) -> int:
    """Save snapshots of accounts with their authors, in the transaction of the connection; return how many are new.

    A snapshot equal to the one held of that time only moves its `last_seen`. Those that name nobody are left out: an
    account needs an id, a handle or a name.
    """
    if not profiles:
        return 0
    counters.last(conn, "posts")  # the lock under which accounts are written
    numbers = save_accounts(conn, profiles, at)
    held = _held(conn, {number for number in numbers if number is not None})
    fresh: dict[tuple[int, datetime], tuple[Profile, str]] = {}
    writer = Writer(conn)
    for number, profile in zip(numbers, profiles, strict=True):
        if number is None:
            continue
        digest = _digest(profile)
        before = _before(held.get(number, []), profile.seen)
        if before is None or before.digest != digest:
            fresh[number, profile.seen] = (profile, digest)
            held.setdefault(number, []).append(_Held(profile.seen, profile.seen, digest))
        elif before.id is not None and before.last_seen < profile.seen:
            writer.update(_PROFILES, ("last_seen",), [(writer.at(profile.seen), before.id)])
    rows = [
        (number, writer.at(seen), writer.at(seen), source_id, one.route, one.capture, as_json(_content(one)), digest)
        for (number, seen), (one, digest) in fresh.items()
    ]
    writer.insert(_PROFILES, _COLUMNS, rows, new=False)
    return len(rows)


def iter_profiles(conn: Connection, case: str | None = None, *, ref: str | None = None) -> Iterator[dict[str, Any]]:
    """Yield snapshots by account and time: `account` (its ref), `seen`, `last_seen`, `capture` and what it showed.

    With `case` of accounts that posted in it or that its sources show, with `ref` of one account. Raises BadInput
    where there is no such case.
    """
    query = select(_PROFILES, _ACCOUNTS.c.ref).join(_ACCOUNTS, _ACCOUNTS.c.id == _PROFILES.c.account_id)
    if ref is not None:
        query = query.where(_ACCOUNTS.c.ref == ref)
    if case is not None:
        posting = select(_POSTS.c.account_id).where(_POSTS.c.id.in_(in_case(conn, case)))
        watched = select(_SOURCES.c.id).where(_SOURCES.c.case_id == case_id(conn, case))
        query = query.where(_PROFILES.c.account_id.in_(posting) | _PROFILES.c.shown_by.in_(watched))
    for row in conn.execute(query.order_by(_ACCOUNTS.c.ref, _PROFILES.c.seen)):
        shown = {"account": row.ref, "seen": iso(row.seen), "last_seen": iso(row.last_seen)}
        yield {**shown, **row.content, "route": row.route, "capture": row.capture}


def _held(conn: Connection, numbers: set[int]) -> dict[int, list[_Held]]:
    found: dict[int, list[_Held]] = {}
    columns = ("account_id", "seen", "last_seen", "content_hash", "id")
    for part in chunks(numbers):
        for row in conn.execute(
            select(*(_PROFILES.c[name] for name in columns)).where(_PROFILES.c.account_id.in_(part))
        ):
            found.setdefault(row.account_id, []).append(_Held(row.seen, row.last_seen, row.content_hash, row.id))
    return found


def _before(held: list[_Held], seen: datetime) -> _Held | None:
    """Return the snapshot that stood when another was taken: the latest of those not after it."""
    return max((one for one in held if one.seen <= seen), key=lambda one: one.seen, default=None)


def _content(profile: Profile) -> dict[str, Any]:
    """Return what an account showed of itself, without what is null."""
    shown: dict[str, Any] = profile.model_dump(mode="json", exclude=_OURS, exclude_none=True, exclude_defaults=True)
    return shown


def _digest(profile: Profile) -> str:
    """Return the digest by which a change is known; platforms sign the addresses of pictures anew for each visitor."""
    shown = _content(profile)
    for picture in ("avatar", "banner"):
        if picture in shown:
            shown[picture] = shown[picture].split("?", 1)[0]
    return hashlib.sha256(orjson.dumps(shown, option=orjson.OPT_SORT_KEYS)).hexdigest()
