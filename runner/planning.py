"""When sources are due: what a person asked for, what the last looks brought, and the table that keeps it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from config import watchlists
from config.settings import FILE
from core.errors import BadInput, CannotStart
from runner.pace import Look, Plan, Rest, following, paced

if TYPE_CHECKING:
    from runner.outcome import Outcome
    from runner.workspace import Workspace

OFTEN = 300  # seconds: no source is drawn closer than this by itself; a person may ask for less


def plan_of(workspace: Workspace, every: int, named: Mapping[str, str]) -> Plan:
    """Return the plan of a source: its interval in seconds, what else a person said of it, the settings for the rest.

    Raises CannotStart where the settings name no time zone or no hours, BadInput where the source does.
    """
    setting = workspace.settings.schedule
    try:
        zone = ZoneInfo(setting.zone)
        usual = Rest.of(setting.quiet)
    except (ZoneInfoNotFoundError, ValueError):
        raise CannotStart(
            f"{FILE}: schedule.zone: {setting.zone!r} is no time zone; write for instance Europe/Berlin."
        ) from None
    except BadInput as error:
        raise CannotStart(f"{FILE}: schedule.quiet: {error.sentence}") from None
    fastest, slowest = max(every / setting.stretch, min(every, OFTEN)), every * setting.stretch
    if "between" in named:
        fastest, slowest = watchlists.bounds(named["between"])
    rest = Rest.of(named["quiet"]) if "quiet" in named else usual
    return Plan(every, round(fastest), round(slowest), named.get("cron"), rest, setting.spread, zone)


def checked(workspace: Workspace, named: Mapping[str, str]) -> dict[str, str]:
    """Return what was said of a schedule; raise BadInput where it cannot be read."""
    from runner.schedule import cron_following

    plan = plan_of(workspace, watchlists.SHORTEST, named)
    if plan.cron is not None:
        cron_following(plan.cron, workspace.clock().now(), plan.zone)
    return dict(named)


def plan_next(workspace: Workspace, out: Outcome, at: datetime | None = None) -> None:
    """Set when a source runs next: by plan and pace from `at` (now), or later where the platform asked for it."""
    from runner.run import PASSING
    from runner.schedule import cron_following
    from storage import runs, sources

    wait = (out.finding.retry_after if out.finding else None) or 0.0
    now = at or workspace.clock().now()
    with workspace.database.write() as conn:
        row = sources.get_source(conn, out.source)
        if row.every is None:
            sources.schedule_next(conn, row.id, None)
            return
        plan = plan_of(workspace, row.every, row.plan)
        passing = out.finding is not None and out.finding.kind in PASSING  # it says nothing of how often to come
        coverage = "partial" if passing else out.coverage
        pace = paced(plan, row.pace, Look(out.new, runs.since_complete(conn, row.id), coverage))
        due = following(plan, pace.seconds, row.id, now, wait, cron_following)
        sources.schedule_next(conn, row.id, due, pace=pace.seconds, paced=pace.why if plan.cron is None else None)
