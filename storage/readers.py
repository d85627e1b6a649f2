"""Rows for tables and bundles: posts, accounts, findings, in their public shapes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sqlalchemy import Connection, func, select

from core.errors import BadInput
from core.times import iso
from storage import tables as t
from storage.cases import in_case
from storage.findings import list_findings
from storage.media import rows as media_rows
from storage.media import with_files
from storage.observations import of_case as observations_of_case
from storage.posts import iter_posts
from storage.profiles import iter_profiles

_ACCOUNTS, _NAMES, _POSTS = t.table(t.Account), t.table(t.AccountName), t.table(t.PostTable)


def rows(conn: Connection, name: str, case: str | None = None) -> Iterator[dict[str, Any]]:
    """Yield the rows of a table of a case or all: `posts`, `accounts`, `profiles`, `media`, `findings`, `observations`.

    Times are ISO 8601 UTC. Raises BadInput where there is no such table or case.
    """
    if name == "posts":
        found = with_files(conn, (post for _, post in iter_posts(conn, case)))
        return (post.model_dump(mode="json") for post in found)
    if name == "accounts":
        return _accounts(conn, case)
    if name == "profiles":
        return iter_profiles(conn, case)
    if name == "media":
        return media_rows(conn, case)
    if name == "findings":
        return list_findings(conn, case)
    if name == "observations":
        return observations_of_case(conn, case)
    raise BadInput(f"There is no table {name!r}; there are posts, accounts, profiles, media, findings, observations.")


def _accounts(conn: Connection, case: str | None) -> Iterator[dict[str, Any]]:
    at = _POSTS.c.published_at
    posts = select(
        _POSTS.c.account_id, func.count().label("posts"), func.min(at).label("first_post"),
        func.max(at).label("last_post"), func.min(_POSTS.c.first_seen).label("first_seen"),
        func.max(_POSTS.c.last_seen).label("last_seen"),
    )  # fmt: skip
    if case is not None:
        posts = posts.where(_POSTS.c.id.in_(in_case(conn, case)))
    counted = posts.where(_POSTS.c.account_id.is_not(None)).group_by(_POSTS.c.account_id).subquery()
    query = select(_ACCOUNTS, counted.c.posts, counted.c.first_post, counted.c.last_post,
                   counted.c.first_seen, counted.c.last_seen)  # fmt: skip
    query = query.join(counted, counted.c.account_id == _ACCOUNTS.c.id).order_by(_ACCOUNTS.c.id)
    called = _called(conn)
    for row in conn.execute(query):
        times = ("first_seen", "last_seen", "first_post", "last_post")
        yield {
            "ref": row.ref, "platform": row.platform, "site": row.site, "native_id": row.native_id,
            "handle": row.handle, "name": row.name, "url": row.url, "posts": row.posts,
            **{name: iso(at) if (at := getattr(row, name)) else None for name in times},
            "earlier_names": called.get(row.id, []),
        }  # fmt: skip


def _called(conn: Connection) -> dict[int, list[dict[str, Any]]]:
    called: dict[int, list[dict[str, Any]]] = {}
    for row in conn.execute(select(_NAMES).order_by(_NAMES.c.account_id, _NAMES.c.seen_from)):
        name = {"handle": row.handle, "name": row.name, "from": iso(row.seen_from), "to": iso(row.seen_to)}
        called.setdefault(row.account_id, []).append(name)
    return called
