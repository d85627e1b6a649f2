"""How far matching has got: batches, marks, what is to be matched again; and by their old names what was found."""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import Connection, delete, func, insert, select
from sqlalchemy.exc import IntegrityError

from core.errors import CannotStart
from storage import match_tables as m
from storage import tables as t
from storage.bulk import Writer, chunks
from storage.families import note
from storage.match_posts import touched_since
from storage.pairs import (
    Filter,
    ItemPairRow,
    PairRow,
    count_pairs,
    list_items,
    list_pairs,
    list_together,
    save_items,
    save_pairs,
    save_parameters,
)

__all__ = [
    "Filter", "ItemPairRow", "PairRow", "count_pairs", "edited_since", "forget_all", "generation", "knows_generation",
    "list_items", "list_pairs", "list_together", "mark", "new_token", "next_generation", "queue_again", "queue_kept",
    "save_items", "save_pairs", "save_parameters", "set_mark", "touched_since", "waiting",
]  # fmt: skip

_POSTS, _VERSIONS = t.table(t.PostTable), t.table(t.PostVersion)
_GENERATIONS, _MARKS = t.table(m.MatchGeneration), t.table(m.MatchMark)
_SIGNED, _PAIRS, _ITEMS = t.table(m.MatchPost), t.table(m.MatchPair), t.table(m.MatchItemPair)
_QUEUE, _HISTORY = t.table(m.MatchQueue), t.table(m.MatchHistory)
_FAMILIES, _MEMBERS = t.table(m.MatchFamily), t.table(m.MatchMember)


def generation(conn: Connection) -> tuple[int, str, str]:
    """Return number, token and kernel of the last batch; 0 and empty strings before the first."""
    last = select(_GENERATIONS).order_by(_GENERATIONS.c.generation.desc()).limit(1)
    row = conn.execute(last).one_or_none()
    return (row.generation, row.token, row.kernel) if row else (0, "", "")


def knows_generation(conn: Connection, number: int, token: str) -> bool:
    """Return whether a batch of that number and token is part of this database's past."""
    found = select(_GENERATIONS.c.token).where(_GENERATIONS.c.generation == number)
    return number == 0 or conn.execute(found).scalar_one_or_none() == token


def new_token() -> str:
    """Return a token for a batch that no other batch anywhere has."""
    return secrets.token_hex(8)


def next_generation(
    conn: Connection, after: int, kernel: str, posts: int, at: datetime, token: str | None = None
) -> tuple[int, str]:
    """Note one more batch; return its number and token. Raises CannotStart where another process has just done so."""
    token = token or new_token()
    values = {"generation": after + 1, "token": token, "kernel": kernel, "at": at, "posts": posts}
    try:
        conn.execute(insert(_GENERATIONS).values(values))
    except IntegrityError as error:
        raise CannotStart("Another process is matching in this database; run match again when it has ended.") from error
    return after + 1, token


def forget_all(conn: Connection) -> None:
    """Drop signatures, pairs, families and marks: everything is new again."""
    for table in (_PAIRS, _ITEMS, _MEMBERS, _FAMILIES, _HISTORY, _QUEUE, _SIGNED, _MARKS, _GENERATIONS):
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


def edited_since(conn: Connection, after: int) -> tuple[int, list[int]]:
    """Return the last version there is, and the matched posts that got another wording after version `after`."""
    last = int(conn.execute(select(func.max(_VERSIONS.c.id))).scalar_one() or 0)
    query = select(_VERSIONS.c.post_id).join(_SIGNED, _SIGNED.c.post_id == _VERSIONS.c.post_id)
    query = query.where(_VERSIONS.c.id > after, _VERSIONS.c.id <= last).distinct().order_by(_VERSIONS.c.post_id)
    return last, list(conn.execute(query).scalars())


def queue_again(conn: Connection, edited: Iterable[int], at: datetime, what: str = "was edited") -> None:
    """Queue posts whose text `what`, their exact copies, and the families whose anchor they are; their pairs go.

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
            note(conn, family.id, "reformed", family.anchor_id, f"The text of its anchor {what}.", at)
            conn.execute(delete(_FAMILIES).where(_FAMILIES.c.id == family.id))
        for ids in chunks(again):
            gone = conn.execute(select(_MEMBERS).where(_MEMBERS.c.post_id.in_(ids))).all()
            for row in gone:
                if again[row.post_id] is None:
                    which = "post" if row.post_id in own else "post it repeats"
                    note(conn, row.family_id, "left", row.post_id, f"The text of the {which} {what}.", at)
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
