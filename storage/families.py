"""Groups of copies: who belongs to which, and their public shape."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Any

from sqlalchemy import Connection, Row, exists, func, insert, literal, select

from core import ids
from core.errors import BadInput
from core.times import iso
from storage import match_tables as m
from storage import tables as t
from storage.bulk import Writer, among, chunks
from storage.cases import in_case
from storage.judgements import words

_ACCOUNTS, _POSTS = t.table(t.Account), t.table(t.PostTable)
_FAMILIES, _MEMBERS, _HISTORY = t.table(m.MatchFamily), t.table(m.MatchMember), t.table(m.MatchHistory)
_SIGNED = t.table(m.MatchPost)

STEP = (
    "ref", "platform", "site", "native_id", "url", "published_from", "published_to", "first_seen", "community",
    "repost_of", "quotes", "links",
)  # fmt: skip
_LOTS = {"yield_per": 2000}  # rows held at a time, of this one statement


@dataclass(frozen=True, slots=True)
class Membership:
    """That a post is in a family, by which match with the family's anchor."""

    post_id: int
    family_id: str
    anchor_id: int
    matcher: str | None
    score: float


def memberships(conn: Connection, posts: Iterable[int]) -> dict[int, Membership]:
    """Return the families of posts."""
    found: dict[int, Membership] = {}
    query = select(_MEMBERS, _FAMILIES.c.anchor_id).join(_FAMILIES, _FAMILIES.c.id == _MEMBERS.c.family_id)
    for some in chunks(posts):
        for row in conn.execute(query.where(among(_MEMBERS.c.post_id, some))):
            found[row.post_id] = Membership(row.post_id, row.family_id, row.anchor_id, row.matcher, row.score)
    return found


def taken(conn: Connection, families: Iterable[str]) -> set[str]:
    """Return which of these family ids are in use."""
    found: set[str] = set()
    for some in chunks(families):
        found.update(conn.execute(select(_FAMILIES.c.id).where(_FAMILIES.c.id.in_(some))).scalars())
    return found


def save_members(conn: Connection, generation: int, members: Iterable[Membership]) -> None:
    """Keep who belongs to which family; a member without a matcher is the anchor and opens its family."""
    members = list(members)
    writer = Writer(conn)
    opened = ((member.family_id, member.anchor_id, generation) for member in members if member.matcher is None)
    writer.insert(_FAMILIES, ("id", "anchor_id", "generation"), opened)
    rows = ((member.post_id, member.family_id, member.matcher, member.score) for member in members)
    writer.insert(_MEMBERS, ("post_id", "family_id", "matcher", "score"), rows)


def count_copies(conn: Connection, originals: Iterable[int]) -> dict[int, int]:
    """Return how many exact copies of each post are known; those without any are left out."""
    found: dict[int, int] = {}
    query = select(_SIGNED.c.copy_of, func.count().label("n")).group_by(_SIGNED.c.copy_of)
    for some in chunks(originals):
        found.update((row.copy_of, row.n) for row in conn.execute(query.where(among(_SIGNED.c.copy_of, some))))
    return found


def note(conn: Connection, family_id: str, kind: str, post_id: int | None, reason: str, at: datetime) -> None:
    """Keep why a family changed."""
    values = {"family_id": family_id, "kind": kind, "post_id": post_id, "reason": reason, "at": at}
    conn.execute(insert(_HISTORY).values(values))


def count(conn: Connection) -> int:
    """Return how many families there are."""
    return int(conn.execute(select(func.count()).select_from(_FAMILIES)).scalar_one())


def list_families(conn: Connection, case: str | None = None, min_platforms: int = 1) -> Iterator[dict[str, Any]]:
    """Yield families in their public shape, by id; of a case all those with a post in it, whole.

    `min_platforms` counts platforms, not sites of one software. Raises BadInput where there is no such case.
    """
    query, judged = _rows(), words(conn, "family")
    if case is not None:
        of_case = select(_MEMBERS.c.family_id).where(_MEMBERS.c.post_id.in_(in_case(conn, case)))
        query = query.where(_MEMBERS.c.family_id.in_(of_case))
    with conn.execute(query, execution_options=_LOTS) as rows:
        for family_id, members in groupby(rows, key=lambda row: row.family_id):
            family = _shape(family_id, list(members), judged)
            if len(family["platforms"]) >= min_platforms:
                yield family


def load_family(conn: Connection, family_id: str) -> dict[str, Any]:
    """Return one family in its public shape, with why posts left it; raise BadInput where there is none."""
    members = conn.execute(_rows().where(_MEMBERS.c.family_id == family_id)).all()
    if not members:
        raise BadInput(_no_family(conn, family_id))
    query = select(_HISTORY, _POSTS.c.ref).outerjoin(_POSTS, _POSTS.c.id == _HISTORY.c.post_id)
    history = conn.execute(query.where(_HISTORY.c.family_id == family_id).order_by(_HISTORY.c.id))
    told = [{"kind": row.kind, "post": row.ref, "reason": row.reason, "at": iso(row.at)} for row in history]
    return {**_shape(family_id, list(members), words(conn, "family")), "history": told}


def load_ids(conn: Connection, family_id: str) -> list[int]:
    """Return the posts of a family by number, its anchor at the head."""
    query = select(_MEMBERS.c.post_id, _MEMBERS.c.matcher).where(_MEMBERS.c.family_id == family_id)
    rows = conn.execute(query.order_by(_MEMBERS.c.post_id)).all()
    return [row.post_id for row in sorted(rows, key=lambda row: row.matcher is not None)]


def load_steps(conn: Connection, family_id: str) -> list[Row[Any]]:
    """Return what the spread of a family is drawn from, a row a post by id; raise BadInput where there is none."""
    columns = [_POSTS.c[name] for name in STEP]
    query = select(*columns).join(_MEMBERS, _MEMBERS.c.post_id == _POSTS.c.id)
    rows = list(conn.execute(query.where(_MEMBERS.c.family_id == family_id).order_by(_POSTS.c.id)))
    if not rows:
        raise BadInput(_no_family(conn, family_id))
    return rows


def _no_family(conn: Connection, family_id: str) -> str:
    query = select(_HISTORY.c.reason).where(_HISTORY.c.family_id == family_id, _HISTORY.c.kind == "merged")
    merged = conn.execute(query.order_by(_HISTORY.c.id.desc()).limit(1)).scalar_one_or_none()
    if merged:
        return f"Family {family_id!r} is no more: {merged}"
    return f"There is no family {family_id!r}; `copytrail families` lists them."


def _rows() -> Any:
    columns = [
        _POSTS.c[name] for name in ("ref", "platform", "site", "languages", "published_from", "first_seen", "text")
    ]
    anchor = exists(select(literal(1)).where(_FAMILIES.c.anchor_id == _MEMBERS.c.post_id)).label("anchor")
    account = _ACCOUNTS.c.ref.label("account")
    query = select(_MEMBERS.c.family_id, _MEMBERS.c.matcher, _MEMBERS.c.score, anchor, account, *columns)
    query = query.join(_POSTS, _POSTS.c.id == _MEMBERS.c.post_id)
    query = query.outerjoin(_ACCOUNTS, _ACCOUNTS.c.id == _POSTS.c.account_id)
    known = _POSTS.c.published_from
    return query.order_by(_MEMBERS.c.family_id, known.is_(None), known, _POSTS.c.first_seen, _POSTS.c.ref)


def _shape(family_id: str, members: list[Row[Any]], judged: Mapping[str, str]) -> dict[str, Any]:
    anchor = next((row for row in members if row.anchor), members[0])
    return {
        "id": family_id,
        "size": len(members),
        "members": [row.ref for row in members],
        "platforms": sorted({row.platform for row in members}),
        "places": sorted({ids.place(row.platform, row.site) for row in members}),
        "languages": sorted({language for row in members for language in row.languages or ()}),
        "accounts": sorted({row.account for row in members if row.account is not None}),
        "first_captured": iso(min(row.first_seen for row in members)),
        "matchers": sorted({row.matcher for row in members if row.matcher}),
        "anchor": anchor.ref,
        "excerpt": (anchor.text or "")[:200],
        "judgement": judged.get(family_id),
    }
