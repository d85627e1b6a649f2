"""Gather what method.md tells: rules in force, versions, what was watched and what was not, clock, time stamps."""

from __future__ import annotations

import platform
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING, Any

from core.canonical import canonical
from core.ids import sha256
from core.times import iso

if TYPE_CHECKING:
    from evidence.contents import Contents, Row
    from runner.workspace import Workspace
    from storage.runs import Ended

PARTS = (
    "httpx",
    "scrapy",
    "playwright",
    "yt-dlp",
    "praw",
    "warcio",
    "selectolax",
    "trafilatura",
    "numba",
    "sqlalchemy",
)
_OURS_ALONE = re.compile(r"contact|url|path|folder|port|key|token|secret|passw|name", re.IGNORECASE)  # of settings
_NOT_HAD = ("gone", "private", "suspended", "quarantined", "legal_block", "login_wall", "blocked", "unauthorized",
            "too_large", "refused", "not_recorded", "rate_limited")  # fmt: skip


def gather(workspace: Workspace, conn: Any, contents: Contents) -> dict[str, Any]:
    """Return the keys of evidence.method that the workspace knows of a case; times are ISO 8601 UTC."""
    from runner.clock_offset import clock_offset
    from runner.stamps_told import stamps
    from storage import imported, matching, runs

    ended = list(runs.list_ended(conn, contents.case))
    foreign = imported.elsewhere(conn, {p["capture"] for p in contents.posts if p["capture"]})
    return {
        "software": _software(contents.software), "settings": _settings(workspace), "rules": rules(workspace),
        "kernel": matching.generation(conn)[2] or None, "parsers": _parsers(contents),
        "audiences": _audiences(workspace), "coverage": list(_coverage(conn, contents.sources, ended)),
        "outages": list(outages(contents.sources, ended)), "uncollected": list(_uncollected(contents, ended)),
        "robots": list(_robots(contents, ended)), "clock": clock_offset(workspace, conn).as_row(),
        "elsewhere": [str(p["ref"]) for p in contents.posts if p["capture"] in foreign],
        "stamps": stamps(workspace, conn, contents.exhibits),
    }  # fmt: skip


def with_ways(workspace: Workspace, contents: Contents) -> Contents:
    """Return contents whose families carry their way (`spread`) where they get a figure; posts of it alone count."""
    from dataclasses import replace

    from config.audiences import audiences
    from evidence.ways import drawn_families
    from runner.spread import spread

    table, there = audiences(workspace.root), {str(post["ref"]) for post in contents.posts}
    drawn = {family["id"] for family in drawn_families(contents)}
    told = [
        {**f, "spread": spread(workspace.database, f["id"], table, among=there)} if f["id"] in drawn else f
        for f in contents.families
    ]
    return replace(contents, families=told)


def rules(workspace: Workspace) -> list[Row]:
    """Return the matchers and signals in force, with their thresholds."""
    import matchers
    import signals
    from core import registry
    from matchers.base import Matcher
    from signals.base import Signal

    thresholds = {"text.near": workspace.settings.match.near_threshold}
    found: dict[str, Any] = {**registry.find(matchers, Matcher), **registry.find(signals, Signal)}
    return [
        {
            "id": name,
            "title": rule.title,
            "version": rule.version,
            "threshold": thresholds.get(name),
            "words": (rule.__doc__ or rule.title).strip().splitlines()[0],
        }
        for name, rule in sorted(found.items())
    ]


def outages(sources: Sequence[Row], ended: Iterable[Ended]) -> Iterator[Row]:
    """Yield the stretches over which a source gave less than was asked for; runs that say the same stand together."""
    urls = {source["id"]: source["url"] for source in sources}
    open_ones: dict[int, Row] = {}
    found = []
    for run in ended:
        last = open_ones.get(run.source_id)
        if run.coverage == "complete" and run.status == "done":
            open_ones.pop(run.source_id, None)
            continue
        why = (run.finding or {}).get("sentence")
        state = run.coverage or run.status
        if last is None or (last["state"], last["why"]) != (state, why):
            last = open_ones[run.source_id] = {
                "source": run.source_id, "url": urls.get(run.source_id), "from": iso(run.started), "state": state,
                "why": why,
            }  # fmt: skip
            found.append(last)
        last["to"] = iso(run.ended or run.started)
    yield from found


def _software(ours: str) -> dict[str, str]:
    name, _, number = ours.partition("/")
    told = {name: number, "Python": platform.python_version(), "system": f"{platform.system()} {platform.release()}"}
    for part in PARTS:
        try:
            told[part] = version(part)
        except PackageNotFoundError:
            continue
    return told


def _settings(workspace: Workspace) -> dict[str, Any]:
    """Return the digest of the settings that shape a case, and those not at their default; nothing of ours alone."""
    shown, changed = {}, {}
    for section, values in workspace.settings.model_dump(mode="json").items():
        if section in ("database", "workspace"):
            continue
        usual = type(getattr(workspace.settings, section))().model_dump(mode="json")
        for key, value in values.items():
            if not _OURS_ALONE.search(key):
                shown[f"{section}.{key}"] = value
                if value != usual.get(key):
                    changed[f"{section}.{key}"] = value
    return {"sha256": sha256(canonical(shown)), "changed": changed}


def _audiences(workspace: Workspace) -> Row:
    from config.audiences import audiences

    table = audiences(workspace.root).model_dump(mode="json")
    return {"sha256": sha256(canonical(table)), "own": (workspace.root / "audiences.yml").is_file()}


def _parsers(contents: Contents) -> list[Row]:
    """Return what read the sources; readers have the version of the program they come with."""
    counted = Counter((s.get("reader") or s["kind"], s.get("route")) for s in contents.sources)
    ours = contents.software.partition("/")[2]
    return [{"id": kind, "version": ours, "route": route, "sources": n}
            for (kind, route), n in sorted(counted.items(), key=str)]  # fmt: skip


def _coverage(conn: Any, sources: Sequence[Row], ended: Iterable[Ended]) -> Iterator[Row]:
    from storage import watching

    states: dict[int, Counter[str]] = defaultdict(Counter)
    since: dict[int, str] = {}
    for run in ended:
        states[run.source_id][run.coverage or run.status] += 1
        since.setdefault(run.source_id, iso(run.started))
    for source in sources:
        number = source["id"]
        stretches = [{"from": iso(i.start) if i.start else None, "to": iso(i.end), "complete": i.complete}
                     for i in watching.list_intervals(conn, number)]  # fmt: skip
        yield {
            "source": number, "url": source["url"], "kind": source.get("reader") or source["kind"],
            "route": source.get("route"), "state": source.get("coverage"), "every": source.get("schedule"),
            "since": since.get(number), "intervals": stretches, "runs": dict(states[number]),
        }  # fmt: skip


def _uncollected(contents: Contents, ended: Iterable[Ended]) -> Iterator[Row]:
    """Yield what could not be had: single posts, whole sources by what their last run met, pictures and videos."""
    for row in contents.findings:
        if row["kind"] in _NOT_HAD:
            yield {"what": row["kind"], "why": row["sentence"], "at": row["at"], "url": row["url"],
                   "source": row.get("source")}  # fmt: skip
    for run, url in _last_met(contents.sources, ended):
        if run.finding and run.finding.get("kind") in _NOT_HAD:
            yield {"what": run.finding["kind"], "why": _sentence(run.finding), "at": iso(run.started), "url": url,
                   "source": run.source_id}  # fmt: skip
    for row in contents.media:
        if row.get("status") in ("refused", "failed"):
            yield {"what": f"{row['kind']} of a post", "why": _sentence(row.get("finding")),
                   "at": row.get("fetched_at"), "url": row["url"], "source": None}  # fmt: skip


def _last_met(sources: Sequence[Row], ended: Iterable[Ended]) -> list[tuple[Ended, str]]:
    """Return the last run of each source, with its address."""
    urls = {source["id"]: str(source["url"]) for source in sources}
    last = {run.source_id: run for run in ended if run.source_id in urls}
    return [(run, urls[number]) for number, run in sorted(last.items())]


def _sentence(finding: Mapping[str, Any] | None) -> str:
    return str((finding or {}).get("sentence") or "No reason is recorded.")


def _robots(contents: Contents, ended: Iterable[Ended]) -> Iterator[Row]:
    for source in contents.sources:
        if source.get("robots_override"):
            yield {"url": source["url"], "decision": "overridden by a person", "reason": source["robots_override"],
                   "at": source.get("added_at")}  # fmt: skip
    for row in contents.findings:
        if row["kind"] == "robots":
            yield {"url": row["url"], "decision": "not fetched", "reason": row["sentence"], "at": row["at"]}
    for run, url in _last_met(contents.sources, ended):
        if run.finding and run.finding.get("kind") == "robots":
            yield {"url": url, "decision": "not fetched", "reason": _sentence(run.finding), "at": iso(run.started)}
