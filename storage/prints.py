"""What was read of kept files: which still want reading, what was found, and which posts show them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, and_, delete, exists, func, select

from core.ids import sha256
from storage import match_tables, media_tables
from storage import print_tables as p
from storage import tables as t
from storage.bulk import Writer, as_json, chunks
from storage.judgements import words

_PRINTS, _FILES = t.table(p.MediaPrint), t.table(media_tables.MediaFile)
_POSTS = t.table(t.PostTable)
_PAIRS, _ITEMS = t.table(match_tables.MatchPair), t.table(match_tables.MatchItemPair)
_COLUMNS = ("sha256", "tool", "kind", "status", "reason", "width", "height", "seconds", "quality", "prints",
            "features", "sound", "words", "detail", "at")  # fmt: skip
_SOME = 200  # rows held at a time: one of a film may have a hundred kilobytes


@dataclass(frozen=True, slots=True)
class Wanted:
    """A kept file that the present tool has not read."""

    sha256: str
    kind: str


@dataclass(frozen=True, slots=True)
class PrintRow:
    """What one tool made of one file: read, blank or refused, with the reason."""

    sha256: str
    tool: str
    kind: str
    status: str
    reason: str | None = None
    width: int | None = None
    height: int | None = None
    seconds: float | None = None
    quality: int | None = None
    prints: bytes | None = None
    features: bytes | None = None
    sound: bytes | None = None
    words: str | None = None
    detail: dict[str, Any] = field(default_factory=dict)


def kind_of(mime: str | None, kind: str) -> str | None:
    """Return image, video or audio by what the bytes of a file show it to be, or None for what is not read."""
    family = (mime or "").split("/")[0]
    if mime == "image/svg+xml":
        return None
    if family in ("image", "video", "audio"):
        return family
    return kind if mime in (None, "application/octet-stream") and kind in ("image", "video", "audio") else None


def wanted(conn: Connection, tools: Mapping[str, str]) -> list[Wanted]:
    """Return the kept files that the tool for their kind (image, video, audio) has not read yet, each once."""
    read = exists().where(and_(_PRINTS.c.sha256 == _FILES.c.sha256, _PRINTS.c.tool.in_(tools.values())))
    query = select(_FILES.c.sha256, func.min(_FILES.c.mime).label("mime"), func.min(_FILES.c.kind).label("kind"))
    query = query.where(_FILES.c.status == "kept", _FILES.c.sha256.is_not(None), ~read)
    rows = conn.execute(query.group_by(_FILES.c.sha256).order_by(_FILES.c.sha256)).all()
    found = ((row.sha256, kind_of(row.mime, row.kind)) for row in rows)
    return [Wanted(sha, kind) for sha, kind in found if kind is not None and kind in tools]


def save(conn: Connection, rows: Iterable[PrintRow], at: datetime) -> None:
    """Keep what was read; a file that the same tool has read already stays as it is."""
    writer = Writer(conn)
    values = (
        (r.sha256, r.tool, r.kind, r.status, r.reason, r.width, r.height, r.seconds, r.quality, r.prints, r.features,
         r.sound, r.words, as_json(r.detail) or "{}", writer.at(at))
        for r in rows
    )  # fmt: skip
    writer.insert(_PRINTS, _COLUMNS, values, new=False)


def load(conn: Connection, after: int, upto: int, tools: Iterable[str], kinds: Sequence[str]) -> Iterator[Any]:
    """Yield what was read of files, rows after `after` up to `upto`, by id, a few hundred at a time."""
    chosen = list(tools)
    while after < upto:
        query = select(_PRINTS).where(_PRINTS.c.id > after, _PRINTS.c.id <= upto, _PRINTS.c.tool.in_(chosen))
        rows = conn.execute(query.where(_PRINTS.c.kind.in_(kinds)).order_by(_PRINTS.c.id).limit(_SOME)).all()
        if not rows:
            return
        yield from rows
        after = rows[-1].id


def some(conn: Connection, ids: Iterable[int]) -> dict[int, Any]:
    """Return rows of prints by their ids."""
    found: dict[int, Any] = {}
    for part in chunks(ids):
        found.update({row.id: row for row in conn.execute(select(_PRINTS).where(_PRINTS.c.id.in_(part)))})
    return found


def worded(conn: Connection, after: int, upto: int, files: Iterable[str] | None = None) -> Iterator[Any]:
    """Yield id, file and words of pictures in which words were read, rows after `after` up to `upto`; of some files."""
    query = select(_PRINTS.c.id, _PRINTS.c.sha256, _PRINTS.c.words).where(_PRINTS.c.words.is_not(None))
    query = query.where(_PRINTS.c.id > after, _PRINTS.c.id <= upto).order_by(_PRINTS.c.id)
    for part in [None] if files is None else chunks(files):
        yield from conn.execute(query if part is None else query.where(_PRINTS.c.sha256.in_(part)))


def newest(conn: Connection) -> int:
    """Return the id of the last row; 0 before the first."""
    return int(conn.execute(select(func.max(_PRINTS.c.id))).scalar_one() or 0)


def name_of(conn: Connection, number: int) -> str:
    """Return whose row that is, to know the database again; empty where there is no such row."""
    return str(conn.execute(select(_PRINTS.c.sha256).where(_PRINTS.c.id == number)).scalar_one_or_none() or "")[:16]


def dull(conn: Connection) -> set[str]:
    """Return the files that tie nobody to anybody: blank ones, and those a person called common."""
    blank = conn.execute(select(_PRINTS.c.sha256).where(_PRINTS.c.status == "blank")).scalars()
    return set(blank) | common(conn)


def common(conn: Connection) -> set[str]:
    """Return the files that a person called common."""
    return {target for target, word in words(conn, "media").items() if word == "common"}


def files_of(conn: Connection, urls: Iterable[str]) -> dict[str, str]:
    """Return the file kept of each address that has one."""
    names = {sha256(url.encode("utf-8", "surrogatepass")): url for url in urls}
    found: dict[str, str] = {}
    for part in chunks(names):
        query = select(_FILES.c.key, _FILES.c.sha256).where(_FILES.c.key.in_(part), _FILES.c.status == "kept")
        found.update({names[row.key]: row.sha256 for row in conn.execute(query)})
    return found


def addresses(conn: Connection, files: Iterable[str]) -> dict[str, list[str]]:
    """Return the addresses that each file was kept of."""
    found: dict[str, list[str]] = {}
    for part in chunks(files):
        query = select(_FILES.c.sha256, _FILES.c.url).where(_FILES.c.sha256.in_(part), _FILES.c.status == "kept")
        for row in conn.execute(query.order_by(_FILES.c.key)):
            found.setdefault(row.sha256, []).append(row.url)
    return found


def kept_since(conn: Connection, after: datetime | None) -> tuple[list[str], datetime | None]:
    """Return the files kept after an instant, and the last instant there is."""
    query = select(_FILES.c.sha256).where(_FILES.c.status == "kept", _FILES.c.sha256.is_not(None)).distinct()
    last = conn.execute(select(func.max(_FILES.c.fetched_at)).where(_FILES.c.status == "kept")).scalar_one_or_none()
    if after is not None:
        query = query.where(_FILES.c.fetched_at > after)
    return list(conn.execute(query.order_by(_FILES.c.sha256)).scalars()), last


def matches_of(conn: Connection, files: Iterable[str]) -> dict[str, list[Any]]:
    """Return for each file its matches with others, the strongest first."""
    found: dict[str, list[Any]] = {}
    for part in chunks(files):
        for side in (_ITEMS.c.left_key, _ITEMS.c.right_key):
            query = select(_ITEMS).where(_ITEMS.c.kind == "media", side.in_(part))
            for row in conn.execute(query.order_by(_ITEMS.c.strength, _ITEMS.c.score.desc(), _ITEMS.c.id)):
                found.setdefault(row.left_key if side is _ITEMS.c.left_key else row.right_key, []).append(row)
    return found


def show(conn: Connection, posts: Iterable[int]) -> list[Any]:
    """Return posts by their ids with what names them and the media they show; those that are gone are left out."""
    columns = [_POSTS.c[name] for name in ("id", "ref", "account_id", "media")]
    rows: list[Any] = []
    for part in chunks(posts):
        rows.extend(conn.execute(select(*columns).where(_POSTS.c.id.in_(part), _POSTS.c.media.is_not(None))).all())
    return sorted(rows, key=lambda row: int(row.id))


def forget_pairs(conn: Connection, matchers: Sequence[str]) -> None:
    """Drop the matches of posts by these matchers: what they rest on was judged anew."""
    conn.execute(delete(_PAIRS).where(_PAIRS.c.matcher.in_(list(matchers))))


def read_between(conn: Connection, after: int, upto: int) -> set[str]:
    """Return the files of rows after `after` up to `upto`."""
    query = select(_PRINTS.c.sha256).where(_PRINTS.c.id > after, _PRINTS.c.id <= upto)
    return set(conn.execute(query).scalars())


def names(conn: Connection, ids: Iterable[int]) -> dict[int, str]:
    """Return whose rows these are."""
    found: dict[int, str] = {}
    for part in chunks(ids):
        query = select(_PRINTS.c.id, _PRINTS.c.sha256).where(_PRINTS.c.id.in_(part))
        found.update({row.id: row.sha256 for row in conn.execute(query)})
    return found
