"""The main job on an invented operation: collect, match, show the way, export, verify, compare with the truth."""

from __future__ import annotations

import os
import shutil
import textwrap
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from config.settings import FILE
from core.errors import BadInput
from runner.demo_time import authorities_file, elsewhere, stamp_day, trust
from runner.workspace import Workspace

if TYPE_CHECKING:
    from demo.server import Server
    from demo.world import World
    from runner.outcome import Outcome

SETTINGS = """# The demo's workspace: every host is reached on a port of this machine.
[workspace]
kind = "demo"
loopback_port = {port}

[collect]
contact = "demo@copytrail.example"

[evidence]
exhibits = 60

[timestamps]
authorities = ["hourglass", "sundial"]
own = "authorities.yml"
"""
Tell = Callable[[str], None]


@dataclass
class Report:
    """What the demo found, beside what was planted."""

    posts: int = 0
    platforms: int = 0
    score: dict[str, Any] = field(default_factory=dict)
    bundle: str = ""
    verdict: str = ""
    seconds: float = 0.0

    def as_row(self) -> dict[str, Any]:
        """Return the one object of `demo --json`."""
        return {
            "posts": self.posts, "platforms": self.platforms, **self.score, "bundle": self.bundle,
            "verdict": self.verdict, "seconds": round(self.seconds, 1),
        }  # fmt: skip


def demo(folder: Path, tell: Tell) -> Report:
    """Play the demo in a folder and return what was found; `tell` gets each line of the story.

    Raises BadInput where the folder holds something else than an earlier demo.
    """
    from demo import operation, watchlist
    from runner.match import match

    started = time.monotonic()
    report = Report()
    world = operation.build()
    tell(textwrap.fill(world.story, 100))
    known: set[str] = set()
    names = {watched.url: watched.note for watched in watchlist.sources(world)}
    with _stage(folder, world) as (workspace, replicas):
        began = workspace.clock().now()
        for day in world.collect_on:
            replicas.advance(day)
            tell(f"\nDay {day}: collecting from {len(world.places)} places; replicas on this machine answer for them.")
            asked = len(replicas.log)
            # the days between two collections pass on paper: the schedule is asked for what is due by then
            outcomes = _collect(workspace, began + timedelta(days=day - world.collect_on[0], minutes=1))
            _tell_trouble(replicas, asked, tell)
            _tell_outcomes(outcomes, names, known, tell)
            stamp_day(workspace, tell)
            found = match(
                workspace.database, workspace.root, settings=workspace.settings, at=workspace.clock().now(),
            )  # fmt: skip
            tell(
                f"  {found.posts} posts compared: {found.pairs} new pairs, {found.families} families of copies so far."
            )
        _look(workspace, report, world, watchlist.CASE)
        _show_spread(workspace, watchlist.CASE, tell)
        _seal(workspace, watchlist.CASE, report, tell)
        workspace.database.close()
    report.seconds = time.monotonic() - started
    return report


@contextmanager
def _stage(folder: Path, world: World) -> Iterator[tuple[Workspace, Server]]:
    from demo import server, watchlist
    from runner.watchlist import sync

    _clear(folder)
    missing = {name: value for name, value in watchlist.KEYS.items() if name not in os.environ}
    os.environ.update(missing)  # the replicas take any key; child processes read them from here too
    try:
        with server.start(world) as replicas:
            workspace = Workspace.create(folder, text=SETTINGS.format(port=replicas.port))
            entries = [
                {"url": w.url, "route": w.route, "every": w.every, "note": w.note} for w in watchlist.sources(world)
            ]
            listed = yaml.safe_dump({"case": watchlist.CASE, "sources": entries}, allow_unicode=True, sort_keys=False)
            (workspace.root / "watchlists" / "demo.yml").write_text(listed, encoding="utf-8")
            (workspace.root / "authorities.yml").write_text(authorities_file(replicas), encoding="utf-8")
            invented = yaml.safe_dump(watchlist.audiences(world), allow_unicode=True)
            (workspace.root / "audiences.yml").write_text(invented, encoding="utf-8")
            if wrong := sync(workspace):
                raise wrong[0]
            yield workspace, replicas
    finally:
        for name in missing:
            del os.environ[name]


def _clear(folder: Path) -> None:
    """Remove an earlier demo, and nothing else."""
    settings = folder / FILE
    if settings.is_file() and 'kind = "demo"' in settings.read_text(encoding="utf-8"):
        shutil.rmtree(folder)
    elif folder.exists() and any(folder.iterdir()):
        raise BadInput(f"{folder} holds something else than a demo; choose another folder with --dir.")


def _collect(workspace: Workspace, due: datetime) -> list[Outcome]:
    """Run what is due; what runs in a process of its own does so beside the rest, so that nobody waits long."""
    from runner.child import run_in_child
    from runner.collect import collect
    from runner.recognise import all_sources
    from storage import sources

    with workspace.database.read() as conn:
        rows = sources.due_sources(conn, due)
    apart = [row for row in rows if (kind := all_sources().get(row.kind)) and kind.own_process]
    with workspace.database.write() as conn:
        for row in apart:  # from here on they are due no more, and the others can be collected at once
            sources.schedule_next(conn, row.id, due)
    with ThreadPoolExecutor(os.cpu_count() or 1) as pool:
        running = [pool.submit(run_in_child, workspace, row) for row in apart]
        outcomes = list(collect(workspace, due=due))
        outcomes += [one.result() for one in running]
    return sorted(outcomes, key=lambda out: out.source)


def _tell_trouble(replicas: Server, since: int, tell: Tell) -> None:
    """Say which replicas were busy or down, as platforms are now and then."""
    log = replicas.log[since:]
    answered = {seen.host for seen in log if seen.status < 400}
    refused = Counter((seen.host, seen.status) for seen in log if seen.status in (429, 503) and seen.host in answered)
    for (host, status), times in refused.items():
        what = "asked for fewer requests" if status == 429 else "was not available"
        often = "once" if times == 1 else f"{times} times"
        _line(f"busy: {host} {what} {often} ({status}); waited, asked again and read.", tell)


def _tell_outcomes(outcomes: list[Outcome], names: dict[str, str], known: set[str], tell: Tell) -> None:
    """Say what could not be read, each source once, what was edited, and how much came."""
    for out in outcomes:
        if out.finding and out.finding.kind not in ("quiet", "not_recorded") and out.url not in known:
            known.add(out.url)
            kind = out.finding.kind.replace("_", " ")
            _line(f"{kind}: {names.get(out.url, out.url)}. {out.finding.sentence}", tell)
    edited = [f"{names.get(o.url, o.url)} ({o.changed})" for o in outcomes if o.changed]
    if edited:
        _line(f"edited since the last collection, both versions are kept: {', '.join(edited)}.", tell)
    new, changed = sum(o.new for o in outcomes), sum(o.changed for o in outcomes)
    tell(f"  {len(outcomes)} sources read: {new} new posts, {changed} changed ones.")


def _line(text: str, tell: Tell) -> None:
    tell(textwrap.fill(text, 100, initial_indent="  ", subsequent_indent="    ", break_long_words=False,
                       break_on_hyphens=False))  # fmt: skip


def _look(workspace: Workspace, report: Report, world: World, case: str) -> None:
    from demo.score import overall, score
    from runner.match_rows import shown
    from storage import families, matching, readers

    with workspace.database.read() as conn:
        posts = list(readers.rows(conn, "posts", case))
        pairs = list(matching.list_pairs(conn, shown(workspace.settings, case)))
        groups = list(families.list_families(conn, case, 1))
    report.posts = len(posts)
    report.platforms = len({p["platform"] for p in posts})
    collected = {p["ref"] for p in posts}
    truth = [t for t in world.truth if {t.base_ref, t.copy_ref} <= collected]
    kinds, precision = score(pairs, groups, truth, posts)
    report.score = {
        "planted": sum(k["planted"] for k in kinds.values()), "found": sum(k["found"] for k in kinds.values()),
        "recall": overall(kinds), "precision": precision, "kinds": kinds,
        "not_collected": len(world.truth) - len(truth),
    }  # fmt: skip


def _show_spread(workspace: Workspace, case: str, tell: Tell) -> None:
    """Tell the way of the family that stands on most platforms."""
    from config.audiences import audiences
    from runner.spread import spread
    from storage import families, posts

    with workspace.database.read() as conn:
        groups = list(families.list_families(conn, case, 2))
        if not groups:
            return
        widest = max(groups, key=lambda g: (len(g["platforms"]), g["size"], str(g["id"])))
        members = posts.load_posts(conn, widest["members"])
    found = spread(workspace.database, widest["id"], audiences(workspace.root))
    title = next((p.title for p in members.values() if p.title), "")
    tell(f"\nFamily {widest['id']}: {widest['size']} copies on {len(widest['platforms'])} platforms. {title}")
    tell("  (tier 1 is the smallest audience, tier 5 the largest)")
    told = {arrow["to"]: f"  ({arrow['kind']} of {arrow['from']})" for arrow in found["arrows"] if arrow["solid"]}
    for step in found["steps"]:
        tier = step["tier"] if step["tier"] is not None else "?"
        named = f"{step['ref']}{told.get(step['ref'], '')}"
        tell(f"  tier {tier}  {step['from'] or 'time unknown':<20}  {step['platform']:<20}  {named}")
    tell(textwrap.fill(found["sentence"], 100, initial_indent="  ", subsequent_indent="  "))


def _seal(workspace: Workspace, case: str, report: Report, tell: Tell) -> None:
    from evidence.verify import verify
    from runner.export import export

    out = workspace.root / "exports" / "demo.zip"
    done = export(workspace, case=case, out=out)
    failed = [check for check in verify(out, trust(workspace)) if check.result == "failed"]
    report.bundle, report.verdict = str(out), "failed" if failed else "intact"
    held = f"{done['exhibits']} exhibits, {done['posts']} posts, {done['records']} archived records"
    tell(f"\nBundle: {out}\n  {held}\n  sha256 {done['sha256']}")
    tell(f"  verified: {report.verdict}")
    for sentence in elsewhere(workspace, out):
        tell(sentence)
