"""Show how the copies of a family moved: read them, join them with the table of audiences, trace."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from config.audiences import Audiences, shipped
from core import ids
from core.urls import canonical
from signals.spread import Copy, Family, trace
from storage import families
from storage.engine import Database


def spread(
    database: Database, family_id: str, audiences: Audiences | None = None, *, among: Collection[str] | None = None
) -> dict[str, Any]:
    """Return the spread of a family in its public shape; `audiences` defaults to the table that comes with us.

    `among` leaves copies out that are none of these posts (refs): those of other cases. Raises BadInput where there
    is no such family.
    """
    with database.read() as conn:
        rows = [row for row in families.load_steps(conn, family_id) if among is None or row.ref in among]
    return trace(Family(family_id, _copies(rows, audiences or shipped())))


def _copies(rows: Sequence[Any], audiences: Audiences) -> tuple[Copy, ...]:
    refs = {row.ref for row in rows}
    named: dict[str, str] = {}  # an address, or an id on its platform and site, to the ref
    for row in rows:
        named[f"{row.platform} {row.site} {row.native_id}"] = row.ref
        if row.url:
            named[canonical(row.url)] = row.ref
    copies = []
    for row in rows:
        audience = audiences.of(row.platform, row.site)
        interval = (row.published_from, row.published_to) if row.published_from and row.published_to else None
        copies.append(
            Copy(
                ref=row.ref,
                platform=row.platform,
                place=ids.place(row.platform, row.site),
                tier=audience.tier if audience else None,
                interval=interval,
                first_seen=row.first_seen,
                community=row.community,
                points_to=tuple(_acts(row, refs, named)),
            )
        )
    return tuple(copies)


def _acts(row: Any, refs: set[str], named: dict[str, str]) -> list[tuple[str, str]]:
    """Return the explicit acts of a post towards other copies: what it reposts, quotes, links to."""
    said = [("repost", row.repost_of), ("quote", row.quotes), *(("link", link) for link in row.links or ())]
    acts = []
    for kind, target in said:
        if not target:
            continue
        near = named.get(f"{row.platform} {row.site} {target}") if kind != "link" else None
        ref = target if target in refs else near or named.get(canonical(target))
        if ref and ref != row.ref:
            acts.append((kind, ref))
    return acts
