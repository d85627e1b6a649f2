"""What people said of matches: kept beside what the program says, taken back without a trace being lost."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, insert, select, update

from core.errors import BadInput
from core.times import iso
from storage import judged_tables as j
from storage import tables as t
from storage.bulk import chunks

_JUDGEMENTS, _PHRASES = t.table(j.Judgement), t.table(j.CommonPhrase)
_POSTS = t.table(t.PostTable)

WORDS = ("keep", "unrelated", "common")


def save(conn: Connection, kind: str, target: str, word: str, note: str, at: datetime) -> int:
    """Keep a person's word on a pair, a family or a file and return its number; an earlier one there is withdrawn."""
    for row in conn.execute(_standing(kind, target)).all():
        withdraw(conn, row.id, at)
    values = {"kind": kind, "target": target, "word": word, "note": note, "at": at}
    return int(conn.execute(insert(_JUDGEMENTS).values(values).returning(_JUDGEMENTS.c.id)).scalar_one())


def _standing(kind: str, target: str) -> Any:
    query = select(_JUDGEMENTS.c.id).where(_JUDGEMENTS.c.kind == kind, _JUDGEMENTS.c.target == target)
    return query.where(_JUDGEMENTS.c.withdrawn_at.is_(None))


def withdraw(conn: Connection, number: int, at: datetime) -> dict[str, Any]:
    """Take a judgement back, and the phrases it made common; return it. Raises BadInput where it does not stand."""
    found = conn.execute(select(_JUDGEMENTS).where(_JUDGEMENTS.c.id == number)).one_or_none()
    if found is None:
        raise BadInput(f"There is no judgement {number}; `copytrail judge --list` shows them.")
    if found.withdrawn_at is not None:
        raise BadInput(f"Judgement {number} was withdrawn on {iso(found.withdrawn_at)} already.")
    conn.execute(update(_JUDGEMENTS).where(_JUDGEMENTS.c.id == number).values(withdrawn_at=at))
    taught = update(_PHRASES).where(_PHRASES.c.judgement_id == number, _PHRASES.c.withdrawn_at.is_(None))
    conn.execute(taught.values(withdrawn_at=at))
    return {**_row(found), "withdrawn": iso(at)}


def list_judgements(conn: Connection) -> Iterator[dict[str, Any]]:
    """Yield all judgements, oldest first, with the phrases they taught."""
    phrases: dict[int, list[str]] = {}
    for row in conn.execute(select(_PHRASES).where(_PHRASES.c.judgement_id.is_not(None)).order_by(_PHRASES.c.id)):
        phrases.setdefault(row.judgement_id, []).append(row.phrase)
    for row in conn.execute(select(_JUDGEMENTS).order_by(_JUDGEMENTS.c.id)):
        yield {**_row(row), "phrases": phrases.get(row.id, [])}


def _row(row: Any) -> dict[str, Any]:
    return {
        "id": row.id, "of": row.kind, "target": row.target, "word": row.word, "note": row.note, "at": iso(row.at),
        "withdrawn": iso(row.withdrawn_at) if row.withdrawn_at else None,
    }  # fmt: skip


def words(conn: Connection, kind: str) -> dict[str, str]:
    """Return the word that stands on each pair, family or file a person judged."""
    query = select(_JUDGEMENTS.c.target, _JUDGEMENTS.c.word).where(_JUDGEMENTS.c.kind == kind)
    rows = conn.execute(query.where(_JUDGEMENTS.c.withdrawn_at.is_(None)).order_by(_JUDGEMENTS.c.id))
    return {row.target: row.word for row in rows}


def notes(conn: Connection, kind: str, word: str) -> dict[str, str]:
    """Return what was noted where this word stands on pairs, families or files."""
    query = select(_JUDGEMENTS.c.target, _JUDGEMENTS.c.note).where(
        _JUDGEMENTS.c.kind == kind, _JUDGEMENTS.c.word == word
    )
    return {row.target: row.note for row in conn.execute(query.where(_JUDGEMENTS.c.withdrawn_at.is_(None)))}


def withdrawn(conn: Connection) -> list[tuple[str, str]]:
    """Return what judgements were taken back on: kind and target, by number."""
    query = select(_JUDGEMENTS.c.kind, _JUDGEMENTS.c.target).where(_JUDGEMENTS.c.withdrawn_at.is_not(None))
    return [(row.kind, row.target) for row in conn.execute(query.order_by(_JUDGEMENTS.c.id))]


def unrelated(conn: Connection) -> set[tuple[int, int]]:
    """Return the pairs a person called unrelated, or common, as numbers of posts, the smaller at the left."""
    return set(pair_ids(conn, [target for target, word in words(conn, "pair").items() if word != "keep"]))


def pair_ids(conn: Connection, targets: Iterable[str]) -> list[tuple[int, int]]:
    """Return the posts of targets "LEFT RIGHT" by number, the smaller at the left; those gone are left out."""
    pairs = [target.split(" ", 1) for target in targets if " " in target]
    known: dict[str, int] = {}
    for some in chunks({ref for pair in pairs for ref in pair}):
        rows = conn.execute(select(_POSTS.c.ref, _POSTS.c.id).where(_POSTS.c.ref.in_(some)))
        known.update((row.ref, row.id) for row in rows)
    found = ((known[a], known[b]) for a, b in pairs if a in known and b in known)
    return [(min(pair), max(pair)) for pair in found]


def teach(conn: Connection, phrases: Iterable[str], reason: str, judgement_id: int | None, at: datetime) -> int:
    """Keep phrases as common wording; those that stand already are passed over. Return how many are new."""
    standing = set(list_phrases(conn))
    new = [phrase for phrase in dict.fromkeys(phrases) if phrase not in standing]
    for phrase in new:
        values = {"phrase": phrase, "reason": reason, "judgement_id": judgement_id, "at": at}
        conn.execute(insert(_PHRASES).values(values))
    return len(new)


def phrases_since(conn: Connection, mark: int, *, withdrawn: bool) -> tuple[int, list[str]]:
    """Return phrases taught, or taken back, since a mark, and the next mark; no phrase where nothing happened.

    Of those taken back all are named where any is new: the mark is their number.
    """
    if not withdrawn:
        query = select(_PHRASES.c.id, _PHRASES.c.phrase).where(_PHRASES.c.id > mark, _PHRASES.c.withdrawn_at.is_(None))
        rows = conn.execute(query.order_by(_PHRASES.c.id)).all()
        return (rows[-1].id if rows else mark), [row.phrase for row in rows]
    gone = [row.phrase for row in conn.execute(select(_PHRASES).where(_PHRASES.c.withdrawn_at.is_not(None)))]
    standing = set(list_phrases(conn))
    return len(gone), [phrase for phrase in gone if phrase not in standing] if len(gone) != mark else []


def list_phrases(conn: Connection) -> list[str]:
    """Return the common wordings that stand, in the order they were taught."""
    query = select(_PHRASES.c.phrase).where(_PHRASES.c.withdrawn_at.is_(None)).order_by(_PHRASES.c.id)
    return list(conn.execute(query).scalars())
