"""The main job on an invented operation: collect, match, show the way, export, verify, compare with the truth."""

from __future__ import annotations

import os
import shutil
import textwrap
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from config.settings import FILE
from core.errors import BadInput
from runner.workspace import Workspace

if TYPE_CHECKING:
    from demo.world import World

SETTINGS = """# The demo's workspace: every host is reached on a port of this machine.
[workspace]
kind = "demo"
loopback_port = {port}

[collect]
contact = "demo@copytrail.example"
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
    from demo import operation
    from demo.watchlist import CASE
    from runner.match import match

    started = time.monotonic()
    report = Report()
    world = operation.build()
    tell(textwrap.fill(world.story, 100))
    known: set[str] = set()
    with _stage(folder, world) as (workspace, advance):
        began = workspace.clock().now()
        for day in world.collect_on:
            advance(day)
            tell(f"\nDay {day}: collecting from {len(world.places)} places on loopback replicas.")
            # the days between two collections pass on paper: the schedule is asked for what is due by then
            _collect(workspace, began + timedelta(days=day - world.collect_on[0], minutes=1), known, tell)
            found = match(
                workspace.database, workspace.index_folder, near_threshold=workspace.settings.match.near_threshold,
                at=workspace.clock().now(),
            )  # fmt: skip
            tell(f"  {found.posts} posts matched: {found.pairs} new links, {found.families} families in all.")
        _look(workspace, report, world, CASE)
        _show_spread(workspace, CASE, tell)
        _seal(workspace, CASE, report, tell)
        workspace.database.close()
    report.seconds = time.monotonic() - started
    return report


@contextmanager
def _stage(folder: Path, world: World) -> Iterator[tuple[Workspace, Callable[[int], None]]]:
    from demo import server, watchlist
    from runner.watchlist import sync

    _clear(folder)
    missing = {name: value for name, value in watchlist.KEYS.items() if name not in os.environ}
    os.environ.update(missing)  # the replicas take any key; child processes read them from here too
    try:
        with server.start(world) as replicas:
            workspace = Workspace.create(folder, text=SETTINGS.format(port=replicas.port))
            entries = [
                {"url": w.url, "route": w.route, "every": "1d", "note": w.note} for w in watchlist.sources(world)
            ]
            listed = yaml.safe_dump({"case": watchlist.CASE, "sources": entries}, allow_unicode=True, sort_keys=False)
            (workspace.root / "watchlists" / "demo.yml").write_text(listed, encoding="utf-8")
            invented = yaml.safe_dump(watchlist.audiences(world), allow_unicode=True)
            (workspace.root / "audiences.yml").write_text(invented, encoding="utf-8")
            if wrong := sync(workspace):
                raise wrong[0]
            yield workspace, replicas.advance
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


def _collect(workspace: Workspace, due: datetime, known: set[str], tell: Tell) -> None:
    from runner.collect import collect

    outcomes = list(collect(workspace, due=due))
    for out in outcomes:
        if out.finding and out.finding.kind not in ("quiet", "not_recorded") and out.url not in known:
            known.add(out.url)
            tell(f"  {out.finding.kind}: {out.finding.sentence}")
    new, changed = sum(o.new for o in outcomes), sum(o.changed for o in outcomes)
    tell(f"  {len(outcomes)} sources read: {new} new posts, {changed} changed ones.")


def _look(workspace: Workspace, report: Report, world: World, case: str) -> None:
    from demo.score import overall, score
    from storage import families, matching, readers

    with workspace.database.read() as conn:
        posts = list(readers.rows(conn, "posts", case))
        pairs = list(matching.list_pairs(conn, case, None))
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
    for step in found["steps"]:
        tier = step["tier"] if step["tier"] is not None else "?"
        tell(f"  tier {tier}  {step['from'] or 'time unknown':<20}  {step['platform']:<24}  {step['ref']}")
    tell(textwrap.fill(found["sentence"], 100, initial_indent="  ", subsequent_indent="  "))


def _seal(workspace: Workspace, case: str, report: Report, tell: Tell) -> None:
    from evidence.verify import verify
    from runner.export import export

    out = workspace.root / "exports" / "demo.wacz"
    done = export(workspace, case=case, out=out)
    failed = [check for check in verify(out) if check.result == "failed"]
    report.bundle, report.verdict = str(out), "failed" if failed else "intact"
    tell(f"\nBundle: {out}\n  {done['posts']} posts, {done['records']} archived records, sha256 {done['sha256']}")
    tell(f"  verified: {report.verdict}")
