"""Groups of copies: who belongs to which, and their public shape."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Any

from sqlalchemy import Connection, Row, delete, exists, func, insert, literal, or_, select

from core import ids
from core.errors import BadInput
from core.times import iso
from storage import match_tables as m
from storage import tables as t
from storage.bulk import Writer, chunks
from storage.cases import in_case

_ACCOUNTS, _POSTS = t.table(t.Account), t.table(t.PostTable)
_FAMILIES, _MEMBERS, _HISTORY = t.table(m.MatchFamily), t.table(m.MatchMember), t.table(m.MatchHistory)
_PAIRS, _SIGNED = t.table(m.MatchPair), t.table(m.MatchPost)

STEP = (
    "ref", "platform", "site", "native_id", "url", "published_from", "published_to", "first_seen", "community",
    "repost_of", "quotes", "links",
)  # fmt: skip


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
        for row in conn.execute(query.where(_MEMBERS.c.post_id.in_(some))):
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


def apart(conn: Connection, after: int) -> list[tuple[int, int]]:
    """Return the text links with ids over `after` that join posts of two families, or a post of none with another."""
    left, right = _MEMBERS.alias(), _MEMBERS.alias()
    query = select(_PAIRS.c.left_id, _PAIRS.c.right_id)
    query = query.outerjoin(left, left.c.post_id == _PAIRS.c.left_id)
    query = query.outerjoin(right, right.c.post_id == _PAIRS.c.right_id)
    differ = or_(left.c.family_id.is_(None), right.c.family_id.is_(None), left.c.family_id != right.c.family_id)
    rows = conn.execute(query.where(_PAIRS.c.id > after, _PAIRS.c.matcher.like("text.%"), differ).order_by(_PAIRS.c.id))
    return [(row.left_id, row.right_id) for row in rows]


def last_pair(conn: Connection) -> int:
    """Return the number of the newest link."""
    return int(conn.execute(select(func.max(_PAIRS.c.id))).scalar_one() or 0)


def web(conn: Connection, start: int, most: int) -> dict[int, list[int]] | None:
    """Return the posts that text links join to a post, however far: each text with its exact copies.

    None where there are more than `most` different texts.
    """
    found: dict[int, list[int]] = {}
    edge = {start}
    while edge:
        rows = [
            row
            for some in chunks(sorted(edge))
            for row in conn.execute(select(_SIGNED.c.post_id, _SIGNED.c.copy_of).where(_SIGNED.c.post_id.in_(some)))
        ]
        texts = {row.copy_of or row.post_id for row in rows} - found.keys()
        found.update((text, []) for text in texts)
        if len(found) > most:
            return None
        edge = _linked(conn, texts) - found.keys()
    for some in chunks(sorted(found)):
        query = select(_SIGNED.c.post_id, _SIGNED.c.copy_of).where(_SIGNED.c.copy_of.in_(some))
        for row in conn.execute(query.order_by(_SIGNED.c.post_id)):
            found[row.copy_of].append(row.post_id)
    return found


def _linked(conn: Connection, posts: Iterable[int]) -> set[int]:
    """Return the posts that stand in no exact copy's stead and have a text link with one of these."""
    near: set[int] = set()
    for some in chunks(sorted(posts)):
        for one, other in ((_PAIRS.c.left_id, _PAIRS.c.right_id), (_PAIRS.c.right_id, _PAIRS.c.left_id)):
            query = select(other).where(one.in_(some), _PAIRS.c.matcher.like("text.%"))
            query = query.join(_SIGNED, _SIGNED.c.post_id == other).where(_SIGNED.c.copy_of.is_(None))
            near.update(conn.execute(query).scalars())
    return near


def replace(
    conn: Connection, generation: int, posts: Iterable[int], members: Sequence[Membership], at: datetime
) -> None:
    """Give posts other families than they had; why is noted with each family that changed."""
    posts = list(posts)
    before = memberships(conn, posts)
    anchors = {home.family_id: home.anchor_id for home in before.values()}
    now = {member.family_id: member.anchor_id for member in members}
    place = {member.post_id: member.family_id for member in members}
    for some in chunks(posts):
        conn.execute(delete(_MEMBERS).where(_MEMBERS.c.post_id.in_(some)))
    for some in chunks(anchors):
        conn.execute(delete(_FAMILIES).where(_FAMILIES.c.id.in_(some)))
    for family, anchor in sorted(anchors.items()):
        if family not in now:
            joined = place.get(anchor)
            reason = f"Its posts match the anchor of family {joined}." if joined else "Its posts match no anchor now."
            note(conn, family, "merged", anchor, reason, at)
        elif now[family] != anchor:
            note(conn, family, "anchored", now[family], "This post stands closer to all copies.", at)
    save_members(conn, generation, members)


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
    query = _rows()
    if case is not None:
        of_case = select(_MEMBERS.c.family_id).where(_MEMBERS.c.post_id.in_(in_case(conn, case)))
        query = query.where(_MEMBERS.c.family_id.in_(of_case))
    with conn.execution_options(yield_per=2000).execute(query) as rows:
        for family_id, members in groupby(rows, key=lambda row: row.family_id):
            family = _shape(family_id, list(members))
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
    return {**_shape(family_id, list(members)), "history": told}


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


def _shape(family_id: str, members: list[Row[Any]]) -> dict[str, Any]:
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
    }
