"""Webs of copies: which posts matches join, however far, and families given anew to all of a web."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, delete, exists, func, literal, or_, select, union

from storage import match_tables as m
from storage import tables as t
from storage.bulk import among, chunks
from storage.families import Membership, memberships, note, save_members

_FAMILIES, _MEMBERS, _HISTORY = t.table(m.MatchFamily), t.table(m.MatchMember), t.table(m.MatchHistory)
_PAIRS, _SIGNED = t.table(m.MatchPair), t.table(m.MatchPost)

EXCERPT = "text.excerpt"
WORDING = ("text.exact", "text.near", EXCERPT)


def joining(near: float) -> ColumnElement[bool]:
    """Return the condition that a match may make a family: the same or nearly the same text, and no mere context."""
    same = _PAIRS.c.matcher == "text.exact"
    nearly = and_(_PAIRS.c.matcher == "text.near", _PAIRS.c.score >= near)
    return and_(or_(same, nearly), _PAIRS.c.strength < "C")


def apart(conn: Connection, after: int, settled: int, near: float) -> list[tuple[int, int]]:
    """Return the matches with ids over `after` that join posts of two families, or a post of none with another.

    And those that reach a family which was formed anew before: what closer look it had, it has again. And older ones
    of posts that came to lead a family after the generation `settled`.
    """
    left, right = _MEMBERS.alias(), _MEMBERS.alias()
    query = select(_PAIRS.c.id, _PAIRS.c.left_id, _PAIRS.c.right_id)
    query = query.outerjoin(left, and_(left.c.post_id == _PAIRS.c.left_id, left.c.matcher.is_distinct_from(EXCERPT)))
    query = query.outerjoin(
        right, and_(right.c.post_id == _PAIRS.c.right_id, right.c.matcher.is_distinct_from(EXCERPT))
    )
    anew = exists(select(literal(1)).where(_HISTORY.c.family_id == left.c.family_id, _HISTORY.c.kind == "grouped"))
    differ = or_(left.c.family_id.is_(None), right.c.family_id.is_(None), left.c.family_id != right.c.family_id, anew)
    query = query.where(joining(near), differ)
    found = {row.id: (row.left_id, row.right_id) for row in conn.execute(query.where(_PAIRS.c.id > after))}
    if after:
        leads = select(_FAMILIES.c.anchor_id).where(_FAMILIES.c.generation > settled)
        for column in (_PAIRS.c.left_id, _PAIRS.c.right_id):
            found.update((row.id, (row.left_id, row.right_id)) for row in conn.execute(query.where(column.in_(leads))))
    return [pair for _, pair in sorted(found.items())]


def last_pair(conn: Connection) -> int:
    """Return the number of the newest match."""
    return int(conn.execute(select(func.max(_PAIRS.c.id))).scalar_one() or 0)


def web(conn: Connection, start: int, near: float, most: int) -> tuple[dict[int, list[int]], bool]:
    """Return the posts that matches join to a post, however far: each text with its exact copies.

    The second says whether that is all of it; beyond `most` different texts it ends there, without the copies.
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
            return found, False
        edge = _linked(conn, texts, near) - found.keys()
    for some in chunks(sorted(found)):
        query = select(_SIGNED.c.post_id, _SIGNED.c.copy_of).where(_SIGNED.c.copy_of.in_(some))
        for row in conn.execute(query.order_by(_SIGNED.c.post_id)):
            found[row.copy_of].append(row.post_id)
    return found, True


def _linked(conn: Connection, posts: Iterable[int], near: float) -> set[int]:
    """Return the posts that stand in no exact copy's stead and match one of these."""
    found: set[int] = set()
    for some in chunks(sorted(posts)):
        for one, other in ((_PAIRS.c.left_id, _PAIRS.c.right_id), (_PAIRS.c.right_id, _PAIRS.c.left_id)):
            query = select(other).where(one.in_(some), joining(near))
            query = query.join(_SIGNED, _SIGNED.c.post_id == other).where(_SIGNED.c.copy_of.is_(None))
            found.update(conn.execute(query).scalars())
    return found


def replace(
    conn: Connection, generation: int, posts: Iterable[int], members: Sequence[Membership], at: datetime
) -> None:
    """Give posts other families than they had; why is noted with each family that changed."""
    posts = list(posts)
    before = memberships(conn, posts).values()
    anchors = {home.family_id: home.anchor_id for home in before if home.matcher != EXCERPT}
    now = {member.family_id: member.anchor_id for member in members}
    place = {member.post_id: member.family_id for member in members}
    for some in chunks(posts):
        conn.execute(delete(_MEMBERS).where(_MEMBERS.c.post_id.in_(some)))
    for some in chunks(anchors):
        conn.execute(delete(_MEMBERS).where(_MEMBERS.c.family_id.in_(some), _MEMBERS.c.matcher == EXCERPT))
        conn.execute(delete(_FAMILIES).where(_FAMILIES.c.id.in_(some)))
    for family, anchor in sorted(anchors.items()):
        if family not in now:
            joined = place.get(anchor)
            reason = f"Its posts match the anchor of family {joined}." if joined else "Its posts match no anchor now."
            note(conn, family, "merged" if joined else "dissolved", anchor, reason, at)
        elif now[family] != anchor:
            note(conn, family, "anchored", now[family], "This post stands closer to all copies.", at)
    save_members(conn, generation, members)


def matches(conn: Connection, posts: Sequence[int], near: float) -> Iterator[tuple[int, int, str, float]]:
    """Yield the matches among posts that may make a family: ids, matcher, score; not those looked up for an anchor."""
    there = set(posts)
    columns = (_PAIRS.c.left_id, _PAIRS.c.right_id, _PAIRS.c.matcher, _PAIRS.c.score, _PAIRS.c.detail)
    for some in chunks(posts):
        for row in conn.execute(select(*columns).where(_PAIRS.c.left_id.in_(some), joining(near))):
            if row.right_id in there and not row.detail.get("anchor"):
                yield row.left_id, row.right_id, row.matcher, row.score


def never_grouped(conn: Connection, names: Iterable[str]) -> set[str]:
    """Return which of these families were never looked at as a whole."""
    wanted = set(names)
    known: set[str] = set()
    for some in chunks(wanted):
        query = select(_HISTORY.c.family_id).where(_HISTORY.c.family_id.in_(some), _HISTORY.c.kind == "grouped")
        known.update(conn.execute(query).scalars())
    return wanted - known


def drop_added(conn: Connection, posts: Iterable[int], but: Iterable[tuple[int, int]]) -> None:
    """Delete the matches among posts that were looked up for an anchor alone, but those named."""
    kept, there = {frozenset(pair) for pair in but}, set(posts)
    for some in chunks(sorted(there)):
        query = select(_PAIRS.c.id, _PAIRS.c.left_id, _PAIRS.c.right_id, _PAIRS.c.detail)
        rows = conn.execute(query.where(_PAIRS.c.left_id.in_(some), joining(0.0))).all()
        gone = [
            row.id for row in rows
            if row.detail.get("anchor") and row.right_id in there and frozenset((row.left_id, row.right_id)) not in kept
        ]  # fmt: skip
        for few in chunks(gone):
            conn.execute(delete(_PAIRS).where(_PAIRS.c.id.in_(few)))


def quoting(conn: Connection, after: int, generation: int) -> list[int]:
    """Return the posts in excerpts with ids over `after`, or with an anchor of a family formed after a generation."""
    quotes = and_(_PAIRS.c.matcher == EXCERPT, _PAIRS.c.strength < "C")
    anchors = select(_FAMILIES.c.anchor_id).where(_FAMILIES.c.generation >= generation)
    parts = [
        select(column).where(quotes, condition)
        for column, other in ((_PAIRS.c.left_id, _PAIRS.c.right_id), (_PAIRS.c.right_id, _PAIRS.c.left_id))
        for condition in (_PAIRS.c.id > after, other.in_(anchors))
    ]
    return sorted(conn.execute(union(*parts)).scalars())


def quotes(conn: Connection, posts: Sequence[int]) -> dict[int, dict[int, float]]:
    """Return what posts match by excerpt, with the scores."""
    found: dict[int, dict[int, float]] = {}
    for some in chunks(posts):
        for one, other in ((_PAIRS.c.left_id, _PAIRS.c.right_id), (_PAIRS.c.right_id, _PAIRS.c.left_id)):
            query = select(one.label("post"), other.label("other"), _PAIRS.c.score)
            query = query.where(among(one, some), _PAIRS.c.matcher == EXCERPT, _PAIRS.c.strength < "C")
            for row in conn.execute(query):
                found.setdefault(row.post, {})[row.other] = row.score
    return found


def set_quoting(conn: Connection, posts: Sequence[int], members: Iterable[Membership]) -> None:
    """Give posts their places by excerpt: those they had go, and those that have a family otherwise keep it."""
    for some in chunks(posts):
        conn.execute(delete(_MEMBERS).where(among(_MEMBERS.c.post_id, some), _MEMBERS.c.matcher == EXCERPT))
    save_members(conn, 0, members)


def together(conn: Connection, pairs: Iterable[tuple[int, int]]) -> Iterator[tuple[tuple[int, int], str]]:
    """Yield the pairs whose posts are in one family, with it."""
    pairs = list(pairs)
    homes = memberships(conn, {post for pair in pairs for post in pair})
    for a, b in pairs:
        if a in homes and b in homes and homes[a].family_id == homes[b].family_id:
            yield (a, b), homes[a].family_id


def spans(conn: Connection, post: int, others: Sequence[int]) -> Iterator[tuple[int, list[tuple[int, int]]]]:
    """Yield the posts among these that a post shares wording with, and the stretches of its text they share."""
    there = set(others)
    for one, other, first in ((_PAIRS.c.left_id, _PAIRS.c.right_id, 0), (_PAIRS.c.right_id, _PAIRS.c.left_id, 2)):
        query = select(other.label("other"), _PAIRS.c.detail).where(one == post, _PAIRS.c.matcher.in_(WORDING))
        for row in conn.execute(query.order_by(_PAIRS.c.id)):
            if row.other in there and row.detail.get("spans"):
                there.discard(row.other)
                yield row.other, [(span[first], span[first + 1]) for span in row.detail["spans"]]


def dissolve(conn: Connection, family: str, reason: str, at: datetime) -> list[int]:
    """Take a family apart and note why; return the posts that were in it."""
    anchor = conn.execute(select(_FAMILIES.c.anchor_id).where(_FAMILIES.c.id == family)).scalar_one_or_none()
    posts = list(conn.execute(select(_MEMBERS.c.post_id).where(_MEMBERS.c.family_id == family)).scalars())
    if anchor is not None or posts:
        note(conn, family, "dissolved", anchor, reason, at)
        conn.execute(delete(_MEMBERS).where(_MEMBERS.c.family_id == family))
        conn.execute(delete(_FAMILIES).where(_FAMILIES.c.id == family))
    return posts


def anchor_of(conn: Connection, family: str) -> int | None:
    """Return the anchor of a family, or the last one it had before it was dissolved."""
    now = conn.execute(select(_FAMILIES.c.anchor_id).where(_FAMILIES.c.id == family)).scalar_one_or_none()
    if now is not None:
        return int(now)
    gone = select(_HISTORY.c.post_id).where(_HISTORY.c.family_id == family, _HISTORY.c.kind == "dissolved")
    last: Any = conn.execute(gone.order_by(_HISTORY.c.id.desc()).limit(1)).scalar_one_or_none()
    return None if last is None else int(last)
