"""Accounts: who posts, and what they were called when."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, func, select

from core import ids
from core.records import Author, Post, Profile
from storage import counters
from storage import tables as t
from storage.bulk import Writer, chunks, pick

_ACCOUNTS, _NAMES, _POSTS = t.table(t.Account), t.table(t.AccountName), t.table(t.PostTable)
_NEW = ("id", "ref", "platform", "site", "native_id", "handle", "name", "url", "named_at")
_CHANGED = ("handle", "name", "url", "named_at")
_SHOWN = ("ref", "id", "handle", "name", "url")
_OTHER = ("account_id", "handle", "name", "seen_from", "seen_to")

# What stands where a deleted author stood, on Reddit, Lemmy, phpBB, Discourse, Disqus and their like.
_NOBODY = frozenset({"[deleted]", "[removed]", "[unknown]", "[deleted user]", "deleted user", "deleted member"})

Shown = Post | Profile  # what shows an account
Sighting = tuple[Shown, datetime]  # the latest of a batch by an account, and when it was seen


def account_ref(platform: str, site: str | None, author: Author) -> str | None:
    """Return the name of an account: its id, else its handle, else its display name; None where nothing is shown.

    What a platform writes in place of a deleted author is the name of nobody: many people would become one.
    """
    if author.native_id:
        return ids.ref(platform, author.native_id, site)
    if (author.handle or author.name or "").strip().casefold() in _NOBODY:
        return None
    if author.handle:
        return ids.ref(platform, f"@{author.handle.removeprefix('@').casefold()}", site)
    return ids.ref(platform, f"~{author.name}", site) if author.name else None


def save_accounts(conn: Connection, posts: Sequence[Shown], at: datetime) -> list[int | None]:
    """Keep the authors of posts or profiles; return the account id of each, in order. A new handle or name is dated.

    Call it under the lock of the posts' counter, as `save_posts` does.
    """
    refs = [account_ref(post.platform, post.site, post.author) for post in posts]
    latest: dict[str, Sighting] = {}
    for ref, post in zip(refs, posts, strict=True):
        if ref is not None:
            seen = (post.first_seen or at) if isinstance(post, Post) else post.seen
            if ref not in latest or seen >= latest[ref][1]:
                latest[ref] = (post, seen)
    known = load_accounts(conn, latest)
    numbers = {ref: int(row.id) for ref, row in known.items()}
    numbers |= _add(conn, {ref: sighting for ref, sighting in latest.items() if ref not in known})
    for ref, row in known.items():
        _compare(conn, row, *latest[ref])
    return [numbers[ref] if ref is not None else None for ref in refs]


def load_accounts(conn: Connection, refs: Iterable[str]) -> dict[str, Row[Any]]:
    """Return id, handle, name and url of those accounts that are known, by ref."""
    return {row.ref: row for row in pick(conn, _ACCOUNTS, _SHOWN, "ref", refs)}


def _add(conn: Connection, fresh: dict[str, Sighting]) -> dict[str, int]:
    if not fresh:
        return {}
    last, writer = counters.last(conn, "accounts"), Writer(conn)
    numbers = {ref: number for number, ref in enumerate(fresh, last + 1)}
    rows = [
        (numbers[ref], ref, post.platform, post.site, post.author.native_id, post.author.handle, post.author.name,
         post.author.url, writer.at(seen))
        for ref, (post, seen) in fresh.items()
    ]  # fmt: skip
    writer.insert(_ACCOUNTS, _NEW, rows)
    counters.move(conn, "accounts", last + len(fresh))
    return numbers


def _compare(conn: Connection, row: Row[Any], post: Shown, seen: datetime) -> None:
    """Note another handle or name than the account has now: a new one, or one from an old page read late."""
    author, before, writer = post.author, (row.handle, row.name), Writer(conn)
    called = (author.handle or row.handle, author.name or row.name)
    url = author.url or row.url
    if (called, url) == (before, row.url):
        return
    since: datetime = conn.execute(select(_ACCOUNTS.c.named_at).where(_ACCOUNTS.c.id == row.id)).scalar_one()
    if any(old not in (None, new) for old, new in zip(before, called, strict=True)):
        last = max(since, _last_seen(conn, row.id) or since)
        if seen < last:
            writer.insert(_NAMES, _OTHER, [(row.id, *called, writer.at(seen), writer.at(seen))], new=False)
            return
        writer.insert(_NAMES, _OTHER, [(row.id, *before, writer.at(since), writer.at(last))], new=False)
        since = seen
    writer.update(_ACCOUNTS, _CHANGED, [(*called, url, writer.at(since), row.id)])


def _last_seen(conn: Connection, account_id: int) -> datetime | None:
    """Return when the account was last seen under its present name: when its latest post was."""
    found: datetime | None = conn.execute(
        select(func.max(_POSTS.c.first_seen)).where(_POSTS.c.account_id == account_id)
    ).scalar_one_or_none()
    return found


def called(conn: Connection, numbers: Iterable[int]) -> list[Any]:
    """Return id, ref, platform, site, handle and name of accounts by their ids, in the order of the ids."""
    columns = [_ACCOUNTS.c[name] for name in ("id", "ref", "platform", "site", "handle", "name", "named_at")]
    rows = [row for some in chunks(numbers) for row in conn.execute(select(*columns).where(_ACCOUNTS.c.id.in_(some)))]
    return sorted(rows, key=lambda row: int(row.id))


def called_before(conn: Connection, numbers: Iterable[int]) -> dict[int, list[Any]]:
    """Return what accounts were called before, oldest first: handle, name, seen_from, seen_to."""
    found: dict[int, list[Any]] = {}
    for some in chunks(numbers):
        query = select(_NAMES).where(_NAMES.c.account_id.in_(some)).order_by(_NAMES.c.seen_from)
        for row in conn.execute(query):
            found.setdefault(int(row.account_id), []).append(row)
    return found


def renamed_since(conn: Connection, after: int) -> tuple[int, list[int]]:
    """Return the last entry of former names, and the accounts that got one after an entry."""
    last = int(conn.execute(select(func.max(_NAMES.c.id))).scalar_one() or 0)
    query = select(_NAMES.c.account_id).where(_NAMES.c.id > after, _NAMES.c.id <= last).distinct()
    return last, sorted(conn.execute(query).scalars())


def numbers_since(conn: Connection, after: int, count: int) -> list[int]:
    """Return the ids of accounts after an id, at most so many, in order."""
    query = select(_ACCOUNTS.c.id).where(_ACCOUNTS.c.id > after).order_by(_ACCOUNTS.c.id).limit(count)
    return list(conn.execute(query).scalars())


def sites(conn: Connection) -> list[str]:
    """Return the sites that accounts are of, where they are known by a host of their own."""
    query = select(_ACCOUNTS.c.site, _ACCOUNTS.c.platform).distinct()
    found = {(row.site or row.platform).split("/", 1)[0].lower() for row in conn.execute(query)}
    return sorted(host for host in found if "." in host)
