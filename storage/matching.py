"""Read what is to be matched and keep what was found: signatures, pairs, and how far matching has got."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, Select, delete, func, insert, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import aliased

from core.errors import CannotStart
from storage import match_tables as m
from storage import tables as t
from storage.bulk import Writer, chunks
from storage.cases import in_case
from storage.families import note

_POSTS, _VERSIONS = t.table(t.PostTable), t.table(t.PostVersion)
_GENERATIONS, _MARKS = t.table(m.MatchGeneration), t.table(m.MatchMark)
_SIGNED, _PAIRS = t.table(m.MatchPost), t.table(m.MatchPair)
_QUEUE, _HISTORY = t.table(m.MatchQueue), t.table(m.MatchHistory)
_FAMILIES, _MEMBERS = t.table(m.MatchFamily), t.table(m.MatchMember)

IDENTITY = ("id", "ref", "platform", "site", "native_id", "url", "account_id", "author")


@dataclass(frozen=True, slots=True)
class Signed:
    """How one post was signed, as it is stored."""

    post_id: int
    norm_hash: int
    copy_of: int | None
    fingerprint: bytes | None
    words: int
    dense: int


@dataclass(frozen=True, slots=True)
class PairRow:
    """One link between two posts; `left` has the smaller ref."""

    left: int
    right: int
    matcher: str
    score: float
    strength: str
    sentence: str
    detail: str  # JSON already: a batch may hold hundreds of thousands of pairs, each with its spans
    version: str


def generation(conn: Connection) -> tuple[int, str, str]:
    """Return number, token and kernel of the last batch; 0 and empty strings before the first."""
    last = select(_GENERATIONS).order_by(_GENERATIONS.c.generation.desc()).limit(1)
    row = conn.execute(last).one_or_none()
    return (row.generation, row.token, row.kernel) if row else (0, "", "")


def knows_generation(conn: Connection, number: int, token: str) -> bool:
    """Return whether a batch of that number and token is part of this database's past."""
    found = select(_GENERATIONS.c.token).where(_GENERATIONS.c.generation == number)
    return number == 0 or conn.execute(found).scalar_one_or_none() == token


def next_generation(conn: Connection, after: int, kernel: str, posts: int, at: datetime) -> tuple[int, str]:
    """Note one more batch; return its number and token. Raises CannotStart where another process has just done so."""
    token = secrets.token_hex(8)
    values = {"generation": after + 1, "token": token, "kernel": kernel, "at": at, "posts": posts}
    try:
        conn.execute(insert(_GENERATIONS).values(values))
    except IntegrityError as error:
        raise CannotStart("Another process is matching in this database; run match again when it has ended.") from error
    return after + 1, token


def forget_all(conn: Connection) -> None:
    """Drop signatures, pairs, families and marks: everything is new again."""
    for table in (_PAIRS, _MEMBERS, _FAMILIES, _HISTORY, _QUEUE, _SIGNED, _MARKS, _GENERATIONS):
        conn.execute(delete(table))


def mark(conn: Connection, name: str) -> int:
    """Return how far matching has read `posts` or `versions`."""
    return int(conn.execute(select(_MARKS.c.value).where(_MARKS.c.name == name)).scalar_one_or_none() or 0)


def set_mark(conn: Connection, name: str, value: int) -> None:
    """Note how far matching has read."""
    conn.execute(delete(_MARKS).where(_MARKS.c.name == name))
    conn.execute(insert(_MARKS).values(name=name, value=value))


def waiting(conn: Connection) -> int:
    """Return about how many posts are to be matched."""
    newest = conn.execute(select(func.max(_POSTS.c.id))).scalar_one() or 0
    queued = conn.execute(select(func.count()).select_from(_QUEUE)).scalar_one()
    return max(0, int(newest) - mark(conn, "posts")) + int(queued)


def _columns(reads: Iterable[str]) -> list[Any]:
    return [_POSTS.c[name] for name in dict.fromkeys((*IDENTITY, "title", "text", *reads))]


def queued(conn: Connection, case: str | None, reads: Iterable[str]) -> Iterator[Row[Any]]:
    """Yield the posts to be matched again, by id; `family_id` is the family each was in."""
    query = select(*_columns(reads), _QUEUE.c.family_id).join(_QUEUE, _QUEUE.c.post_id == _POSTS.c.id)
    yield from _stream(conn, _of_case(conn, query, case).order_by(_POSTS.c.id))


def unread(conn: Connection, case: str | None, after: int, reads: Iterable[str]) -> Iterator[Row[Any]]:
    """Yield the posts with ids over `after` that were never matched, by id."""
    query = select(*_columns(reads)).outerjoin(_SIGNED, _SIGNED.c.post_id == _POSTS.c.id)
    query = query.where(_POSTS.c.id > after, _SIGNED.c.post_id.is_(None))
    yield from _stream(conn, _of_case(conn, query, case).order_by(_POSTS.c.id))


def _of_case(conn: Connection, query: Select[Any], case: str | None) -> Select[Any]:
    return query if case is None else query.where(_POSTS.c.id.in_(in_case(conn, case)))


def _stream(conn: Connection, query: Select[Any], size: int = 2000) -> Iterator[Row[Any]]:
    with conn.execution_options(yield_per=size).execute(query) as rows:
        yield from rows


def load(conn: Connection, ids: Iterable[int], reads: Iterable[str] = ()) -> Iterator[Row[Any]]:
    """Yield posts by their ids, in no order; those that are gone are left out."""
    columns = _columns(reads)
    for some in chunks(ids):
        yield from conn.execute(select(*columns).where(_POSTS.c.id.in_(some)))


def signed_since(conn: Connection, after: int) -> Iterator[Row[Any]]:
    """Yield the signatures of batches after a generation that have fingerprints, in the order of batches and ids."""
    query = select(_SIGNED.c.post_id, _SIGNED.c.norm_hash, _SIGNED.c.fingerprint)
    query = query.where(_SIGNED.c.generation > after, _SIGNED.c.fingerprint.is_not(None))
    yield from _stream(conn, query.order_by(_SIGNED.c.post_id))


def posts_since(conn: Connection, after: int, reads: Sequence[str]) -> Iterator[Row[Any]]:
    """Yield the posts of batches after a generation in which any of the fields `reads` is filled."""
    query = select(*_columns(reads)).join(_SIGNED, _SIGNED.c.post_id == _POSTS.c.id)
    yield from _stream(conn, query.where(_SIGNED.c.generation > after).order_by(_POSTS.c.id))


def save_signed(conn: Connection, generation: int, rows: Iterable[Signed]) -> None:
    """Keep how posts were signed; earlier signatures of the same posts are replaced."""
    rows = list(rows)
    again = {row.post_id for row in conn.execute(select(_QUEUE.c.post_id))} & {row.post_id for row in rows}
    for some in chunks(again):
        conn.execute(delete(_SIGNED).where(_SIGNED.c.post_id.in_(some)))
        conn.execute(delete(_QUEUE).where(_QUEUE.c.post_id.in_(some)))
    columns = ("post_id", "generation", "norm_hash", "copy_of", "fingerprint", "words", "dense")
    values = ((r.post_id, generation, r.norm_hash, r.copy_of, r.fingerprint, r.words, r.dense) for r in rows)
    Writer(conn).insert(_SIGNED, columns, values)


def save_pairs(conn: Connection, generation: int, pairs: Iterable[PairRow]) -> None:
    """Keep links between posts; those known already stay as they are."""
    columns = (
        "left_id", "right_id", "matcher", "score", "strength", "sentence", "detail", "version", "generation",
    )  # fmt: skip
    values = (
        (p.left, p.right, p.matcher, p.score, p.strength, p.sentence, p.detail, p.version, generation) for p in pairs
    )
    Writer(conn).insert(_PAIRS, columns, values, new=False)


def list_pairs(conn: Connection, case: str | None = None, matcher: str | None = None) -> Iterator[dict[str, Any]]:
    """Yield links between posts in their public shape, oldest first; of a case those with both posts in it."""
    left, right = aliased(_POSTS, name="l"), aliased(_POSTS, name="r")
    columns = (_PAIRS.c.matcher, _PAIRS.c.score, _PAIRS.c.strength, _PAIRS.c.sentence, _PAIRS.c.detail)
    query = select(left.c.ref.label("left"), right.c.ref.label("right"), *columns, _PAIRS.c.version)
    query = query.join_from(_PAIRS, left, left.c.id == _PAIRS.c.left_id).join(right, right.c.id == _PAIRS.c.right_id)
    if matcher is not None:
        query = query.where(_PAIRS.c.matcher == matcher)
    if case is not None:
        ids = in_case(conn, case)
        query = query.where(_PAIRS.c.left_id.in_(ids), _PAIRS.c.right_id.in_(ids))
    for row in _stream(conn, query.order_by(_PAIRS.c.id)):
        yield {**row._asdict(), "judgement": None}


def edited_since(conn: Connection, after: int) -> tuple[int, list[int]]:
    """Return the last version there is, and the matched posts that got another wording after version `after`."""
    last = int(conn.execute(select(func.max(_VERSIONS.c.id))).scalar_one() or 0)
    query = select(_VERSIONS.c.post_id).join(_SIGNED, _SIGNED.c.post_id == _VERSIONS.c.post_id)
    query = query.where(_VERSIONS.c.id > after, _VERSIONS.c.id <= last).distinct().order_by(_VERSIONS.c.post_id)
    return last, list(conn.execute(query).scalars())


def hashes(conn: Connection, ids: Iterable[int]) -> dict[int, int]:
    """Return the hash of the folded text that posts were last signed with."""
    found: dict[int, int] = {}
    for some in chunks(ids):
        rows = conn.execute(select(_SIGNED.c.post_id, _SIGNED.c.norm_hash).where(_SIGNED.c.post_id.in_(some)))
        found.update((row.post_id, row.norm_hash) for row in rows)
    return found


def queue_again(conn: Connection, edited: Iterable[int], at: datetime) -> None:
    """Queue edited posts, their exact copies, and the families whose anchor they are; their pairs go.

    A family that loses its anchor is taken apart; its members carry its id along, so that it can be formed anew.
    """
    for some in chunks(edited):
        own = set(some)
        again: dict[int, str | None] = dict.fromkeys(some)
        copies = select(_SIGNED.c.post_id).where(_SIGNED.c.copy_of.in_(some))
        again.update(dict.fromkeys(conn.execute(copies).scalars()))
        for family in conn.execute(select(_FAMILIES).where(_FAMILIES.c.anchor_id.in_(some))).all():
            members = select(_MEMBERS.c.post_id).where(_MEMBERS.c.family_id == family.id)
            again.update(dict.fromkeys(conn.execute(members).scalars(), family.id))
            again[family.anchor_id] = None  # what the anchor says now is another matter
            note(conn, family.id, "reformed", family.anchor_id, "The text of its anchor was edited.", at)
            conn.execute(delete(_FAMILIES).where(_FAMILIES.c.id == family.id))
        for ids in chunks(again):
            gone = conn.execute(select(_MEMBERS).where(_MEMBERS.c.post_id.in_(ids))).all()
            for row in gone:
                if again[row.post_id] is None:
                    what = "post" if row.post_id in own else "post it repeats"
                    note(conn, row.family_id, "left", row.post_id, f"The text of the {what} was edited.", at)
            conn.execute(delete(_MEMBERS).where(_MEMBERS.c.post_id.in_(ids)))
            conn.execute(delete(_SIGNED).where(_SIGNED.c.post_id.in_(ids)))
        conn.execute(delete(_PAIRS).where(_PAIRS.c.left_id.in_(some)))
        conn.execute(delete(_PAIRS).where(_PAIRS.c.right_id.in_(some)))
        Writer(conn).insert(_QUEUE, ("post_id", "family_id"), again.items(), new=False)
    _dissolve(conn, at)


def queue_kept(conn: Connection, posts: Iterable[int]) -> None:
    """Queue posts whose words stayed and whose links or tags may not have: what other matchers found of them goes."""
    for some in chunks(posts):
        others = _PAIRS.c.matcher.not_like("text.%")
        conn.execute(delete(_PAIRS).where(_PAIRS.c.left_id.in_(some), others))
        conn.execute(delete(_PAIRS).where(_PAIRS.c.right_id.in_(some), others))
        Writer(conn).insert(_QUEUE, ("post_id", "family_id"), ((post, None) for post in some), new=False)


def _dissolve(conn: Connection, at: datetime) -> None:
    """Take families apart of which only the anchor is left."""
    alone = select(_MEMBERS.c.family_id).group_by(_MEMBERS.c.family_id).having(func.count() < 2)
    for family_id in list(conn.execute(alone).scalars()):
        note(conn, family_id, "dissolved", None, "Only its anchor was left.", at)
        conn.execute(delete(_MEMBERS).where(_MEMBERS.c.family_id == family_id))
        conn.execute(delete(_FAMILIES).where(_FAMILIES.c.id == family_id))
