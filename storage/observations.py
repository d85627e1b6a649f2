"""What came of looking at posts again: rows are added and never changed, and what is due to be looked at."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any, Literal

from sqlalchemy import Connection, Select, exists, func, insert, or_, select
from sqlalchemy import case as sql_case

from core.errors import BadInput
from core.observing import APART, state_of
from core.records import Post
from core.times import iso
from storage import custody_tables
from storage import match_tables as m
from storage import page_tables as p
from storage import tables as t
from storage.bulk import chunks
from storage.cases import case_id, in_case
from storage.post_rows import to_post

_ROWS, _PAGES, _OUT = t.table(p.Observation), t.table(p.PageCapture), t.table(custody_tables.ExportedPost)
_POSTS, _CASES, _IN_CASE = t.table(t.PostTable), t.table(t.Case), t.table(t.CasePost)
_MEMBERS, _VERSIONS = t.table(m.MatchMember), t.table(t.PostVersion)
_FIELDS = ("at", "outcome", "sentence", "finding", "status", "version", "capture", "route")
_LOOKED_OVER = 10  # candidates read for each post wanted: one stands in several cases, and many were tried twice
Which = Literal["evidence", "all"]


@dataclass(frozen=True, slots=True)
class Observed:
    """One look at a post: when, what came of it, in a sentence, and by which way; `version` is the wording shown."""

    at: datetime
    outcome: str
    sentence: str
    finding: str | None = None
    status: int | None = None
    version: int | None = None
    capture: str | None = None
    route: str | None = None

    @property
    def why(self) -> str:
        """The fact behind it: the status where there was an answer, else the kind of finding."""
        return f"answer {self.status}" if self.status else (self.finding or self.outcome).replace("_", " ")


@dataclass(frozen=True, slots=True)
class Due:
    """A post to be looked at, and the case it is looked at for."""

    ref: str
    url: str | None
    case: str
    case_id: int


@dataclass(frozen=True, slots=True)
class Standing:
    """What storage holds of a post that is looked at: the post, who showed it, its wording's number, when last seen."""

    post: Post
    shown_by: int | None
    version: int
    last_seen: datetime
    routes: frozenset[str]  # by which a wording was read so far


def standing(conn: Connection, ref: str) -> Standing:
    """Return how a post stands; raise BadInput where there is no such post."""
    row = conn.execute(select(_POSTS).where(_POSTS.c.ref == ref)).one_or_none()
    if row is None:
        raise BadInput(f"There is no post {ref!r} here.")
    others = conn.execute(select(_VERSIONS.c.route).where(_VERSIONS.c.post_id == row.id)).scalars()
    routes = frozenset(route for route in (row.route, *others) if route)
    return Standing(to_post(row), row.shown_by, row.version, row.last_seen, routes)


def add(conn: Connection, ref: str, observed: Observed) -> None:
    """Note what came of a look; raise BadInput where there is no such post."""
    number = conn.execute(select(_POSTS.c.id).where(_POSTS.c.ref == ref)).scalar_one_or_none()
    if number is None:
        raise BadInput(f"There is no post {ref!r} here.")
    conn.execute(insert(_ROWS).values(post_id=number, **{name: getattr(observed, name) for name in _FIELDS}))


def of_post(conn: Connection, ref: str) -> list[Observed]:
    """Return the observations of a post, oldest first."""
    query = select(_ROWS).join(_POSTS, _POSTS.c.id == _ROWS.c.post_id).where(_POSTS.c.ref == ref)
    return [_observed(row) for row in conn.execute(query.order_by(_ROWS.c.at, _ROWS.c.id))]


def of_case(conn: Connection, case: str | None = None) -> Iterator[dict[str, Any]]:
    """Yield the observations of a case (or all), post by post, oldest first, as public rows.

    Each row carries the state of its post as it was after it. Raises BadInput where there is no such case.
    """
    query = select(_ROWS, _POSTS.c.ref, _POSTS.c.url).join(_POSTS, _POSTS.c.id == _ROWS.c.post_id)
    if case is not None:
        query = query.where(_ROWS.c.post_id.in_(in_case(conn, case)))
    rows = conn.execute(query.order_by(_ROWS.c.post_id, _ROWS.c.at, _ROWS.c.id))
    for _, group in groupby(rows, key=lambda row: row.post_id):
        so_far: list[Observed] = []
        for row in group:
            so_far.append(_observed(row))
            yield {
                "ref": row.ref, "url": row.url, "at": iso(row.at), "outcome": row.outcome, "sentence": row.sentence,
                "finding": row.finding, "status": row.status, "version": row.version, "route": row.route,
                "capture": row.capture, "state": state_of(so_far).word,
            }  # fmt: skip


def named(conn: Connection, refs: list[str], case: str) -> list[Due]:
    """Return posts of a case by their refs, in that order; raise BadInput naming those it does not hold."""
    number = case_id(conn, case)
    urls: dict[str, str | None] = {}
    for part in chunks(refs):
        query = select(_POSTS.c.ref, _POSTS.c.url).where(_POSTS.c.ref.in_(part), _POSTS.c.id.in_(in_case(conn, case)))
        urls |= {row.ref: row.url for row in conn.execute(query)}
    unknown = [ref for ref in refs if ref not in urls]
    if unknown:
        raise BadInput(f"The case {case!r} holds no post {', '.join(unknown[:5])}; `copytrail table posts` lists them.")
    return [Due(ref, urls[ref], case, number) for ref in dict.fromkeys(refs)]


def due(
    conn: Connection,
    now: datetime,
    *,
    every: timedelta,
    case: str | None = None,
    which: Which = "evidence",
    limit: int = 20,
) -> list[Due]:
    """Return the posts to be looked at now: those that wait for a second try, then those longest not looked at.

    Exhibits of bundles come first: others rely on them. `evidence` takes them, posts of families of two and more and
    those whose page was captured; `all` then takes every other that has an address. Raises BadInput where there is
    no such case.
    """
    found: dict[str, Due] = {}
    for query, once in ((_tried_once(now), True), (_longest_ago(now, every, which), False)):
        if case is not None:
            query = query.where(_CASES.c.id == case_id(conn, case))
        for row in conn.execute(query.limit(limit * _LOOKED_OVER)).all():
            if len(found) >= limit:
                break
            if row.ref not in found and (not once or state_of(of_post(conn, row.ref)).word == "not_seen_once"):
                found[row.ref] = Due(row.ref, row.url, row.case_name, row.case_number)
    return list(found.values())


def _looked() -> Any:
    """Return the subquery of when each post was last looked at."""
    return select(_ROWS.c.post_id, func.max(_ROWS.c.at).label("at")).group_by(_ROWS.c.post_id).subquery()


def _candidates(looked: Any) -> Select[Any]:
    columns = (
        _POSTS.c.ref, _POSTS.c.url, _CASES.c.name.label("case_name"), _CASES.c.id.label("case_number"),
    )  # fmt: skip
    joined = _POSTS.join(_IN_CASE, _IN_CASE.c.post_id == _POSTS.c.id).join(_CASES, _CASES.c.id == _IN_CASE.c.case_id)
    return select(*columns).select_from(joined.outerjoin(looked, looked.c.post_id == _POSTS.c.id))


def _tried_once(now: datetime) -> Select[Any]:
    looked = _looked()
    missed = exists().where(_ROWS.c.post_id == _POSTS.c.id, _ROWS.c.outcome == "not_seen")
    query = _candidates(looked).where(missed, looked.c.at <= now - APART)
    return query.order_by(looked.c.at.desc(), _POSTS.c.id)


def _longest_ago(now: datetime, every: timedelta, which: Which) -> Select[Any]:
    looked = _looked()
    families = select(_MEMBERS.c.family_id).group_by(_MEMBERS.c.family_id).having(func.count() > 1)
    in_family = exists().where(_MEMBERS.c.post_id == _POSTS.c.id, _MEMBERS.c.family_id.in_(families))
    captured = exists().where(_PAGES.c.post_id == _POSTS.c.id)
    shown = exists().where(_OUT.c.post_id == _POSTS.c.id, _OUT.c.exhibit)
    matters = or_(in_family, captured, shown)
    since = func.coalesce(looked.c.at, _POSTS.c.last_seen)
    query = _candidates(looked).where(_POSTS.c.url.is_not(None), since <= now - every)
    if which == "evidence":
        query = query.where(matters)
    return query.order_by(sql_case((shown, 0), (matters, 1), else_=2), since, _POSTS.c.id)


def _observed(row: Any) -> Observed:
    return Observed(*(getattr(row, name) for name in _FIELDS))
