"""The matches found: between posts, and between the accounts, files and sites behind them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import groupby
from typing import Any

import orjson
from sqlalchemy import Connection, Select, and_, func, insert, not_, select
from sqlalchemy.orm import aliased

from core.ids import sha256
from storage import match_tables as m
from storage import tables as t
from storage.bulk import Writer
from storage.cases import in_case
from storage.judgements import words

_POSTS = t.table(t.PostTable)
_PAIRS, _ITEMS, _PARAMETERS = t.table(m.MatchPair), t.table(m.MatchItemPair), t.table(m.MatchParameters)

_SAID = ("matcher", "score", "strength", "sentence", "detail", "version", "bits")
_KEPT = (*_SAID, "parameters_id", "generation")
KINDS = {"accounts": "account", "media": "media", "sites": "site"}
_LOTS = {"yield_per": 2000}  # rows held at a time, of this one statement


@dataclass(frozen=True, slots=True)
class PairRow:
    """One match of two posts by one matcher; `left` has the smaller ref."""

    left: int
    right: int
    matcher: str
    score: float
    strength: str
    sentence: str
    detail: str  # JSON already: a batch may hold hundreds of thousands of pairs, each with its spans
    version: str
    bits: float | None = None
    parameters_id: int | None = None


@dataclass(frozen=True, slots=True)
class ItemPairRow:
    """One match of two things behind posts; `left_key` sorts first. `kind` is account, media or site."""

    kind: str
    left_key: str
    right_key: str
    matcher: str
    score: float
    strength: str
    sentence: str
    detail: str
    version: str
    bits: float | None = None
    parameters_id: int | None = None


@dataclass(frozen=True, slots=True)
class Filter:
    """Which pairs are asked for. `least` is the smallest score that counts, matcher by matcher (a view, no new run)."""

    case: str | None = None
    matcher: str | None = None
    min_score: float | None = None
    min_bits: float | None = None
    strength: str | None = None  # this or better: A before B before C
    least: Mapping[str, float] | None = None


def save_parameters(conn: Connection, matcher: str, version: str, parameters: Mapping[str, Any]) -> int:
    """Keep what a matcher was set to, once; return its number."""
    said = orjson.dumps([matcher, version, parameters], option=orjson.OPT_SORT_KEYS)
    digest = sha256(said)
    known = conn.execute(select(_PARAMETERS.c.id).where(_PARAMETERS.c.digest == digest)).scalar_one_or_none()
    if known is not None:
        return int(known)
    values = {"digest": digest, "matcher": matcher, "version": version, "parameters": dict(parameters)}
    return int(conn.execute(insert(_PARAMETERS).values(values).returning(_PARAMETERS.c.id)).scalar_one())


def save_pairs(conn: Connection, generation: int, pairs: Iterable[PairRow]) -> None:
    """Keep matches of posts; those known already stay as they are."""
    values = (
        (p.left, p.right, p.matcher, p.score, p.strength, p.sentence, p.detail, p.version, p.bits, p.parameters_id,
         generation)
        for p in pairs
    )  # fmt: skip
    Writer(conn).insert(_PAIRS, ("left_id", "right_id", *_KEPT), values, new=False)


def save_items(conn: Connection, generation: int, pairs: Iterable[ItemPairRow]) -> None:
    """Keep matches of things behind posts; those known already stay as they are."""
    values = (
        (p.kind, p.left_key, p.right_key, p.matcher, p.score, p.strength, p.sentence, p.detail, p.version, p.bits,
         p.parameters_id, generation)
        for p in pairs
    )  # fmt: skip
    Writer(conn).insert(_ITEMS, ("kind", "left_key", "right_key", *_KEPT), values, new=False)


def list_pairs(conn: Connection, wanted: Filter = Filter()) -> Iterator[dict[str, Any]]:
    """Yield matches of posts in their public shape, oldest first; of a case those with both posts in it."""
    yield from _public(conn, _selected(conn, wanted).order_by(_PAIRS.c.id))


def list_together(conn: Connection, wanted: Filter = Filter()) -> Iterator[list[dict[str, Any]]]:
    """Yield for each two posts all their matches that are asked for, by the numbers of the posts."""
    rows = _public(conn, _selected(conn, wanted).order_by(_PAIRS.c.left_id, _PAIRS.c.right_id, _PAIRS.c.id))
    for _, group in groupby(rows, key=lambda row: (row["left"], row["right"])):
        yield list(group)


def count_pairs(conn: Connection) -> dict[str, int]:
    """Return how many matches of posts there are by each matcher."""
    query = select(_PAIRS.c.matcher, func.count().label("n")).group_by(_PAIRS.c.matcher).order_by(_PAIRS.c.matcher)
    return {row.matcher: row.n for row in conn.execute(query)}


def list_items(conn: Connection, kind: str, wanted: Filter = Filter()) -> Iterator[dict[str, Any]]:
    """Yield matches of accounts, media or sites, oldest first; they belong to no case."""
    columns = [_ITEMS.c[name] for name in _SAID]
    query = select(_ITEMS.c.left_key.label("left"), _ITEMS.c.right_key.label("right"), *columns)
    query = query.add_columns(_PARAMETERS.c.parameters).outerjoin(
        _PARAMETERS, _PARAMETERS.c.id == _ITEMS.c.parameters_id
    )
    query = _filtered(query.where(_ITEMS.c.kind == KINDS[kind]), _ITEMS, wanted)
    with conn.execute(query.order_by(_ITEMS.c.id), execution_options=_LOTS) as rows:
        for row in rows:
            yield {"of": KINDS[kind], **row._asdict()}


def _selected(conn: Connection, wanted: Filter) -> Select[Any]:
    left, right = aliased(_POSTS, name="l"), aliased(_POSTS, name="r")
    columns = [_PAIRS.c[name] for name in _SAID]
    query = select(left.c.ref.label("left"), right.c.ref.label("right"), *columns, _PARAMETERS.c.parameters)
    query = query.join_from(_PAIRS, left, left.c.id == _PAIRS.c.left_id).join(right, right.c.id == _PAIRS.c.right_id)
    query = query.outerjoin(_PARAMETERS, _PARAMETERS.c.id == _PAIRS.c.parameters_id)
    if wanted.case is not None:
        ids = in_case(conn, wanted.case)
        query = query.where(_PAIRS.c.left_id.in_(ids), _PAIRS.c.right_id.in_(ids))
    return _filtered(query, _PAIRS, wanted)


def _filtered(query: Select[Any], table: Any, wanted: Filter) -> Select[Any]:
    if wanted.matcher is not None:
        query = query.where(table.c.matcher == wanted.matcher)
    if wanted.min_score is not None:
        query = query.where(table.c.score >= wanted.min_score)
    if wanted.min_bits is not None:
        query = query.where(table.c.bits >= wanted.min_bits)
    if wanted.strength is not None:
        query = query.where(table.c.strength <= wanted.strength)
    for matcher, score in (wanted.least or {}).items():
        query = query.where(not_(and_(table.c.matcher == matcher, table.c.score < score)))
    return query


def _public(conn: Connection, query: Select[Any]) -> Iterator[dict[str, Any]]:
    judged = words(conn, "pair")
    with conn.execute(query, execution_options=_LOTS) as rows:
        for row in rows:
            yield {**row._asdict(), "judgement": judged.get(f"{row.left} {row.right}")}
