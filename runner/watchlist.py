"""Bring what people wrote in watchlists/*.yml into the table of sources."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, NamedTuple

from config import watchlists
from core.errors import BadInput
from core.records import Route
from core.registry import CATCH_ALL
from core.source import Source
from runner.planning import checked
from runner.recognise import address, all_sources, platform_of, recognise

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
    plan: Mapping[str, str] | None = None,
    route: Route | None = None,
    override_robots: str | None = None,
) -> Added:
    """Watch a source; return its number, what reads it, and a remark on the route taken.

    `plan` may hold `between`, `cron` and `quiet`, as a watchlist has them. Adding a source again renews its interval,
    its plan and its reason where they are given. A site that fell from its feed to its pages
    stays there; where nobody chose a route, and the address has by now a source of its own platform or the key of its
    interface is there, that one takes over. Raises BadInput where nothing reads the address, or
    when to look cannot be read.
    """
    from runner.custody import open_case
    from storage import sources

    case = watchlists.case_name(case)
    wanted = address(url)
    interval = watchlists.seconds(every) if every else None
    named = checked(workspace, plan or {})
    if override_robots is not None and len(override_robots.strip()) < SHORTEST_REASON:
        raise BadInput("The reason for overriding robots.txt goes into every bundle; write a sentence.")
    with workspace.database.read() as conn:
        here = list(sources.watched(conn, case=case, url=wanted))
    known = _same(here, route)
    found, _, remark = recognise(wanted, route)
    closer = known is not None and not known.chosen and _is_closer(found, known)
    closer = closer and not any((w.kind, w.route) == (found.id, found.route) for w in here)
    if known is not None and not closer:
        kind, platform, way, remark = known.kind, known.platform, known.route, None
    else:
        kind, platform, way = found.id, platform_of(found, wanted), found.route
    if known is None and found.gives != "advice":  # what is only recognised is not asked again and again
        interval = interval or watchlists.seconds(workspace.settings.collect.check_every)
    now = workspace.clock().now()
    with workspace.database.write() as conn:
        open_case(workspace, conn, case)
        if known is not None and closer:
            remark = f"Until now {known.kind} read it; from the next run on {kind} does, from the beginning."
            sources.set_kind(conn, known.id, kind, platform, way, from_the_beginning=True)
        number = sources.add_source(
            conn, case=case, url=wanted, kind=kind, platform=platform, route=way, at=now, every=interval,
            plan=named, robots_override=override_robots, options=None if route else ANY_ROUTE,
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
                        workspace, entry.url, case=found.case, every=entry.every, plan=entry.plan, route=entry.route,
                        override_robots=entry.override_robots,
                    )  # fmt: skip
            except BadInput as error:
                problems.append(error)
    return problems


def _same(known: Iterable[Watched], route: Route | None) -> Watched | None:
    """Return the source that an entry means: without a route one whose route nobody chose, whatever it is by now."""
    return next((w for w in known if route == w.route or (route is None and not w.chosen)), None)


def _is_closer(found: type[Source], known: Watched) -> bool:
    """Return whether an address is read by something closer than what reads it now: its own platform, its interface."""
    now = all_sources().get(known.kind)
    if now is None or found.id == known.kind:
        return now is None
    return found.priority > CATCH_ALL >= now.priority or (found.route == "api" and now.route != "api")


def _is_followed(entry: watchlists.Entry, known: Iterable[Watched]) -> bool:
    same = _same(known, entry.route)
    if same is None:
        return False
    every = watchlists.seconds(entry.every) if entry.every else same.every
    wanted = (every, entry.plan or same.plan, entry.override_robots or same.robots_override)
    return wanted == (same.every, same.plan, same.robots_override)
