"""Bring what people wrote in watchlists/*.yml into the table of sources."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, NamedTuple

from config import watchlists
from core.errors import BadInput
from core.records import Route
from runner.recognise import address, platform_of, recognise

if TYPE_CHECKING:
    from runner.workspace import Workspace
    from storage.sources import Watched

SHORTEST_REASON = 10  # characters of a reason that can be called one
ANY_ROUTE = {"route": "any"}  # nobody chose a route: the source may change to another


class Added(NamedTuple):
    """A source under watch: its number, the id of what reads it, its platform and route, and what there is to say."""

    number: int
    reader: str
    platform: str
    route: str
    remark: str | None
    is_new: bool


def add(
    workspace: Workspace,
    url: str,
    *,
    case: str,
    every: str | None = None,
    route: Route | None = None,
    override_robots: str | None = None,
) -> Added:
    """Watch a source; return its number, what reads it, and a remark on the route taken.

    Adding it again renews its interval and its reason where they are given, and nothing else: a site that fell from
    its feed to its pages stays there. Raises BadInput where nothing reads the address or the interval is none.
    """
    from storage import cases, sources

    case = watchlists.case_name(case)
    wanted = address(url)
    interval = watchlists.seconds(every) if every else None
    if override_robots is not None and len(override_robots.strip()) < SHORTEST_REASON:
        raise BadInput("The reason for overriding robots.txt goes into every bundle; write a sentence.")
    with workspace.database.read() as conn:
        known = _same(sources.watched(conn, case=case, url=wanted), route)
    remark = None
    if known is not None:
        kind, platform, way = known.kind, known.platform, known.route
    else:
        found, _, remark = recognise(wanted, route)
        kind, platform, way = found.id, platform_of(found, wanted), found.route
        interval = interval or watchlists.seconds(workspace.settings.collect.check_every)
    now = workspace.clock().now()
    with workspace.database.write() as conn:
        cases.ensure_case(conn, case, now)
        number = sources.add_source(
            conn, case=case, url=wanted, kind=kind, platform=platform, route=way, at=now, every=interval,
            robots_override=override_robots, options=None if route else ANY_ROUTE,
        )  # fmt: skip
    return Added(number, kind, platform, way, remark, known is None)


def sync(workspace: Workspace, case: str | None = None) -> list[BadInput]:
    """Bring what the watchlists name into the table of sources; return what could not be used."""
    from storage import sources

    known: dict[tuple[str, str], list[Watched]] = {}
    with workspace.database.read() as conn:
        for source in sources.watched(conn, case=case):
            known.setdefault((source.case, source.url), []).append(source)
    problems: list[BadInput] = []
    for found in watchlists.load_all(workspace.root / "watchlists"):
        if isinstance(found, BadInput):
            problems.append(found)
            continue
        for entry in found.sources if case in (None, found.case) else ():
            try:
                if not _is_followed(entry, known.get((found.case, address(entry.url)), [])):
                    add(
                        workspace, entry.url, case=found.case, every=entry.every, route=entry.route,
                        override_robots=entry.override_robots,
                    )  # fmt: skip
            except BadInput as error:
                problems.append(error)
    return problems


def _same(known: Iterable[Watched], route: Route | None) -> Watched | None:
    """Return the source that an entry means: without a route one whose route nobody chose, whatever it is by now."""
    return next((w for w in known if route == w.route or (route is None and not w.chosen)), None)


def _is_followed(entry: watchlists.Entry, known: Iterable[Watched]) -> bool:
    same = _same(known, entry.route)
    if same is None:
        return False
    every = watchlists.seconds(entry.every) if entry.every else same.every
    return (every, entry.override_robots or same.robots_override) == (same.every, same.robots_override)
