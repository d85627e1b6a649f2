"""Where addresses led when they were captured, and the links of posts followed as far as this tells."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, func, select

from core.links import page
from storage import match_tables as m
from storage import print_tables as p
from storage import tables as t
from storage.bulk import Writer, chunks

MOST = 500_000  # redirects held at once, the newest; a case has some thousand
_HOPS = 10
_REDIRECTS, _POSTS, _SIGNED = t.table(p.Redirect), t.table(t.PostTable), t.table(m.MatchPost)
_COLUMNS = ("source_key", "target_key", "source", "target", "status", "capture", "at")


@dataclass(frozen=True, slots=True)
class Redirection:
    """That one page (as core.links names it) led to another; `status` is None where the page itself said so."""

    source: str
    target: str
    status: int | None
    capture: str | None
    at: datetime


def key(address: str) -> str:
    """Return what an address is found by: it may be too long for an index."""
    return hashlib.sha256(address.encode("utf-8", "replace")).hexdigest()


def save(conn: Connection, found: Iterable[Redirection]) -> list[str]:
    """Keep redirects; return the sources of those that were not known."""
    rows = {(key(r.source), key(r.target)): r for r in found if r.source != r.target}
    known: set[tuple[str, str]] = set()
    for some in chunks({source for source, _ in rows}):
        query = select(_REDIRECTS.c.source_key, _REDIRECTS.c.target_key).where(_REDIRECTS.c.source_key.in_(some))
        known |= {(row.source_key, row.target_key) for row in conn.execute(query)}
    fresh = {keys: row for keys, row in rows.items() if keys not in known}
    writer = Writer(conn)
    values = ((*keys, r.source, r.target, r.status, r.capture, writer.at(r.at)) for keys, r in fresh.items())
    writer.insert(_REDIRECTS, _COLUMNS, values, new=False)
    return [row.source for row in fresh.values()]


def count(conn: Connection) -> int:
    """Return how many redirects are known."""
    return int(conn.execute(select(func.count()).select_from(_REDIRECTS)).scalar_one())


def resolver(conn: Connection) -> Callable[[Sequence[str]], tuple[str, ...]] | None:
    """Return what follows links by captured redirects; None where there are none. It needs the connection no more.

    An address that led to different pages at different times stays as it is; so does one in a circle.
    """
    query = select(_REDIRECTS.c.source, _REDIRECTS.c.target).order_by(_REDIRECTS.c.id.desc()).limit(MOST)
    leads: dict[str, str | None] = {}
    for row in conn.execute(query):
        leads[row.source] = row.target if leads.get(row.source, row.target) == row.target else None
    if not leads:
        return None

    def follow(link: str) -> str:
        at = page(link)
        seen = {at}
        while (there := leads.get(at)) is not None and len(seen) <= _HOPS:
            if there in seen:
                return link
            seen.add(there)
            at = there
        return at if len(seen) > 1 and len(seen) <= _HOPS else link

    return lambda links: tuple(map(follow, links))


def posts_with(conn: Connection, sources: Iterable[str], until: int) -> Iterator[int]:
    """Yield the posts up to an id that link to any of these pages."""
    wanted = set(sources)
    query = select(_POSTS.c.id, _POSTS.c.links).where(_POSTS.c.links.is_not(None), _POSTS.c.id <= until)
    for row in conn.execution_options(yield_per=2000).execute(query):
        if any(page(link) in wanted for link in (row.links or ())[:50]):
            yield int(row.id)


def linked_since(conn: Connection, after: int) -> Iterator[list[str]]:
    """Yield the links of posts matched in batches after a generation."""
    query = select(_POSTS.c.links).join(_SIGNED, _SIGNED.c.post_id == _POSTS.c.id)
    query = query.where(_SIGNED.c.generation > after, _POSTS.c.links.is_not(None))
    for row in conn.execution_options(yield_per=2000).execute(query):
        yield row.links or []
