"""Accounts: who posts, and what they were called when."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, select

from core import ids
from core.records import Author, Post
from storage import counters
from storage import tables as t
from storage.bulk import Writer, chunks

_ACCOUNTS, _NAMES = t.table(t.Account), t.table(t.AccountName)
_NEW = ("id", "ref", "platform", "site", "native_id", "handle", "name", "url", "named_at", "first_seen", "last_seen")
_CHANGED = ("handle", "name", "url", "named_at", "first_seen", "last_seen")
Rows = list[tuple[Any, ...]]
_EARLIER = ("account_id", "handle", "name", "seen_from", "seen_to")


@dataclass(slots=True)
class _Sighting:
    """An account as the latest post of a batch shows it, and the span in which the batch saw it."""

    post: Post
    first: datetime
    last: datetime


def account_ref(platform: str, site: str | None, author: Author) -> str | None:
    """Return the name of an account: its id, else its handle, else its display name; None where nothing is shown."""
    if author.native_id:
        return ids.ref(platform, author.native_id, site)
    if author.handle:
        return ids.ref(platform, f"@{author.handle.removeprefix('@').casefold()}", site)
    return ids.ref(platform, f"~{author.name}", site) if author.name else None


def save_accounts(conn: Connection, posts: Iterable[Post], at: datetime) -> dict[str, int]:
    """Keep the authors of posts; return the id of each by account ref. A new handle or name is noted with its time."""
    seen = _sightings(posts, at)
    known = load_accounts(conn, seen)
    writer, last = Writer(conn), 0
    fresh, changed, earlier = [], [], []
    missing = [ref for ref in seen if ref not in known]
    if missing:
        last = counters.last(conn, "accounts")
    result = {ref: row.id for ref, row in known.items()}
    for number, ref in enumerate(missing, last + 1):
        sighting, author = seen[ref], seen[ref].post.author
        post = sighting.post
        fresh.append(
            (number, ref, post.platform, post.site, author.native_id, author.handle, author.name, author.url,
             writer.at(sighting.first), writer.at(sighting.first), writer.at(sighting.last))
        )  # fmt: skip
        result[ref] = number
    for ref, row in known.items():
        update, before = _compare(row, seen[ref], writer)
        changed += update
        earlier += before
    if missing:
        counters.move(conn, "accounts", last + len(missing))
    writer.insert(_ACCOUNTS, _NEW, fresh)
    writer.update(_ACCOUNTS, _CHANGED, changed)
    writer.insert(_NAMES, _EARLIER, earlier, new=False)
    return result


def load_accounts(conn: Connection, refs: Iterable[str]) -> dict[str, Row[Any]]:
    """Return the rows of those accounts that are known, by ref."""
    return {
        row.ref: row
        for part in chunks(refs)
        for row in conn.execute(select(_ACCOUNTS).where(_ACCOUNTS.c.ref.in_(part)))
    }


def _sightings(posts: Iterable[Post], at: datetime) -> dict[str, _Sighting]:
    seen: dict[str, _Sighting] = {}
    for post in posts:
        ref = account_ref(post.platform, post.site, post.author)
        if ref is None:
            continue
        when = post.first_seen or at
        sighting = seen.get(ref)
        if sighting is None:
            seen[ref] = _Sighting(post, when, when)
        else:
            if when >= sighting.last:
                sighting.post, sighting.last = post, when
            sighting.first = min(sighting.first, when)
    return seen


def _compare(row: Row[Any], sighting: _Sighting, writer: Writer) -> tuple[Rows, Rows]:
    """Return the update of an account row and the other name to note, each as no row or one."""
    author, before = sighting.post.author, (row.handle, row.name)
    called = (author.handle or row.handle, author.name or row.name)
    first, last = min(row.first_seen, sighting.first), max(row.last_seen, sighting.last)
    since, url, noted = row.named_at, author.url or row.url, []
    if any(old not in (None, new) for old, new in zip(before, called, strict=True)):
        if sighting.last < row.last_seen:  # an old page read late: this is what it was called then
            noted = [(row.id, *called, writer.at(sighting.first), writer.at(sighting.last))]
            called, url = before, row.url
        else:
            noted = [(row.id, *before, writer.at(row.named_at), writer.at(row.last_seen))]
            since = sighting.first
    now = (*called, url, since, first, last)
    if now == (row.handle, row.name, row.url, row.named_at, row.first_seen, row.last_seen):
        return [], noted
    return [(*called, url, writer.at(since), writer.at(first), writer.at(last), row.id)], noted
