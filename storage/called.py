"""Everything an account was ever called here: what has to go where a person is taken out of a bundle."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, RowMapping, select

from core.errors import BadInput
from storage import tables as t

_ACCOUNTS, _NAMES = t.table(t.Account), t.table(t.AccountName)
_PROFILES, _POSTS, _VERSIONS = t.table(t.ProfileTable), t.table(t.PostTable), t.table(t.PostVersion)


@dataclass(frozen=True)
class Called:
    """The ref of an account, its ids, and every handle, name and address it was seen under, each once, sorted."""

    ref: str
    ids: tuple[str, ...]
    handles: tuple[str, ...]
    names: tuple[str, ...]
    urls: tuple[str, ...]


def ever_called(conn: Connection, ref: str) -> Called:
    """Return all that is stored of an account's names; raise BadInput where there is no such account."""
    account = conn.execute(select(_ACCOUNTS).where(_ACCOUNTS.c.ref == ref)).mappings().first()
    if account is None:
        raise BadInput(f"There is no account {ref!r}; `copytrail table accounts --format csv` lists them by ref.")
    seen = list(_seen(conn, account))
    return Called(ref, *(_each(seen, key) for key in ("native_id", "handle", "name", "url")))


@dataclass(frozen=True)
class Posted:
    """A post of an account: its ref and id, and every address it or what it shows was seen under."""

    ref: str
    platform: str
    native_id: str
    urls: tuple[str, ...]


def posts_of(conn: Connection, ref: str) -> Iterator[Posted]:
    """Yield the posts of an account, by ref; none where there is no such account."""
    account = select(_ACCOUNTS.c.id).where(_ACCOUNTS.c.ref == ref).scalar_subquery()
    old: dict[int, list[Mapping[str, Any]]] = {}
    versions = select(_VERSIONS.c.post_id, _VERSIONS.c.content).join(_POSTS, _POSTS.c.id == _VERSIONS.c.post_id)
    for number, content in conn.execute(versions.where(_POSTS.c.account_id == account)):
        old.setdefault(number, []).append(content)
    for row in conn.execute(select(_POSTS).where(_POSTS.c.account_id == account).order_by(_POSTS.c.ref)).mappings():
        said = [{"url": row["url"], "media": row["media"]}, *old.get(row["id"], ())]
        urls = {str(one["url"]) for one in said if one.get("url")}
        urls |= {str(m["url"]) for one in said for m in one.get("media") or () if m.get("url")}
        yield Posted(row["ref"], row["platform"], row["native_id"], tuple(sorted(urls)))


def _seen(conn: Connection, account: RowMapping) -> Iterator[Mapping[str, Any]]:
    """Yield what the account was called: now, before, in its profiles, beside each wording of its posts."""
    number = account["id"]
    yield {key: account[key] for key in ("native_id", "handle", "name", "url")}
    for row in conn.execute(select(_NAMES.c.handle, _NAMES.c.name).where(_NAMES.c.account_id == number)):
        yield {"handle": row.handle, "name": row.name}
    for (content,) in conn.execute(select(_PROFILES.c.content).where(_PROFILES.c.account_id == number)):
        yield content.get("author") or {}
    for (author,) in conn.execute(select(_POSTS.c.author).where(_POSTS.c.account_id == number)):
        yield author or {}
    old = select(_VERSIONS.c.content).join(_POSTS, _POSTS.c.id == _VERSIONS.c.post_id)
    for (content,) in conn.execute(old.where(_POSTS.c.account_id == number)):
        yield content.get("author") or {}


def _each(seen: list[Mapping[str, Any]], key: str) -> tuple[str, ...]:
    return tuple(sorted({str(row[key]).strip() for row in seen if row.get(key) and str(row[key]).strip()}))
