"""Bring what people wrote in watchlists/*.yml into the table of sources."""

from __future__ import annotations

from typing import TYPE_CHECKING

from config import watchlists
from core.errors import BadInput
from core.records import Route
from runner.recognise import address, recognise

if TYPE_CHECKING:
    from runner.workspace import Workspace


def add(
    workspace: Workspace,
    url: str,
    *,
    case: str,
    every: str | None = None,
    route: Route | None = None,
    override_robots: str | None = None,
) -> tuple[int, str, str | None]:
    """Watch a source; return its number, its kind, and a remark on the route taken. Adding it again changes nothing.

    Raises BadInput where nothing reads the address or the interval is none.
    """
    from storage import cases, sources

    kind, _, remark = recognise(url, route)
    interval = watchlists.seconds(every or workspace.settings.collect.check_every)
    if override_robots is not None and len(override_robots.strip()) < 10:
        raise BadInput("The reason for overriding robots.txt goes into every bundle; write a sentence.")
    now = workspace.clock().now()
    with workspace.database.write() as conn:
        cases.ensure_case(conn, case, now)
        number = sources.add_source(
            conn, case=case, url=address(url), kind=kind.id, platform=kind.platform or kind.id.split(".", 1)[0],
            route=kind.route, every=interval, at=now, robots_override=override_robots,
            options=None if route else {"route": "any"},
        )  # fmt: skip
    return number, kind.id, remark


def sync(workspace: Workspace, case: str | None = None) -> list[BadInput]:
    """Add what the watchlists name and is not watched yet; return what could not be used."""
    problems: list[BadInput] = []
    for found in watchlists.load_all(workspace.root / "watchlists"):
        if isinstance(found, BadInput):
            problems.append(found)
            continue
        for entry in found.sources:
            if case not in (None, found.case):
                continue
            try:
                add(
                    workspace, entry.url, case=found.case, every=entry.every, route=entry.route,
                    override_robots=entry.override_robots,
                )  # fmt: skip
            except BadInput as error:
                problems.append(error)
    return problems
