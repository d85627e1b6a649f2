"""Measure `copytrail match` on a whole archive: import invented posts, match them from cold, then 1,000 more.

usage: python -m benchmarks.match_archive --posts N [N ...] [--keep DIR] [--database URL] [--seed 11] [--profile FILE]
                                          [--texts-only]

Each N is an archive of its own in a fresh workspace (under DIR, where it stays; else in a folder that is deleted). One
that stands under DIR already is taken as it is, and what it lacks of its N posts is imported. The posts are those of
benchmarks/corpus.py, written as NDJSON and taken in by the importer, 200,000 at a time. Matching is all of `match`:
reading, signing, look-ups, comparison, storage, index, families, and whatever steps there are. Prints import and
matching rates (wall and processor), seconds by phase, peak memory in all (with the pages of mapped files), and without
files, sizes on disk; then the same for 1,000 posts more in this warm process, and by the command from cold for another
1,000. With several N, how the time grows from each to the next: 1 is in step with the posts. On Postgres DATABASE must
be empty and N single.
"""

from __future__ import annotations

import argparse
import cProfile
import resource
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import nullcontext
from datetime import timedelta
from math import log
from pathlib import Path
from typing import Any

import orjson

from benchmarks.corpus import PLATFORMS, START, Corpus
from core.times import iso
from runner import match_context
from runner.intake import take_in
from runner.match import match
from runner.workspace import Workspace
from storage import matching

PIECE, MORE = 200_000, 1_000


class Phases:
    """Seconds between the reports of each phase."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = defaultdict(float)
        self.last = time.perf_counter()

    def __call__(self, phase: str, done: int, total: int | None) -> None:
        """Take a report."""
        now = time.perf_counter()
        self.seconds[phase] += now - self.last
        self.last = now


def measure(folder: Path, posts: int, seed: int, url: str | None, profile: Path | None) -> float:
    """Import and match so many posts in a fresh workspace and print what that took; return the matching time."""
    workspace, there = _workspace(folder, url)
    made = Corpus(posts + 2 * MORE, seed)
    began = time.perf_counter()
    imported = sum(_take_in(workspace, made, start, min(start + PIECE, posts)) for start in range(there, posts, PIECE))
    more = time.perf_counter() - began - imported
    print(f"\n{posts:,} posts, {there:,} of them there", end="; ")
    print(f"imported at {(posts - there) / imported:,.0f}/s ({more:,.0f} s more to invent them)" if imported else "")
    wall = _match(workspace, posts, "matched from cold", profile, rebuild=there > 0)
    _sizes(workspace)
    _take_in(workspace, made, posts, posts + MORE)
    _match(workspace, MORE, f"{MORE} more, warm", None)
    _take_in(workspace, made, posts + MORE, posts + 2 * MORE)
    workspace.database.close()
    began = time.perf_counter()
    subprocess.run([sys.executable, "-m", "runner", "--workspace", str(folder), "match"], check=True)
    print(f"  {MORE} more, by the command: {time.perf_counter() - began:.2f} s")
    return wall


def _workspace(folder: Path, url: str | None) -> tuple[Workspace, int]:
    """Return the workspace of a folder, made anew where there is none, and how many posts it holds."""
    if not folder.exists():
        return Workspace.create(folder, text=f'[workspace]\nkind = "test"\n[database]\nurl = "{url or ""}"\n'), 0
    workspace = Workspace.open(folder)
    workspace.database.upgrade()
    with workspace.database.read() as conn:
        return workspace, int(conn.exec_driver_sql("SELECT count(*) FROM posts").scalar_one())


def _take_in(workspace: Workspace, made: Corpus, start: int, end: int) -> float:
    """Write some posts, take them in, and return the seconds of the importer."""
    with tempfile.NamedTemporaryFile(suffix=".ndjson", dir=workspace.root) as file:
        for number in range(start, end):
            file.write(orjson.dumps(_record(made, number), option=orjson.OPT_APPEND_NEWLINE))
        file.flush()
        began = time.perf_counter()
        take_in(workspace, Path(file.name), case="invented")
        return time.perf_counter() - began


def _record(made: Corpus, number: int) -> dict[str, Any]:
    item = made.post(number)
    platform, name = PLATFORMS[item.account % len(PLATFORMS)], f"name{item.account}"
    at = iso(START + timedelta(seconds=number * 7 % 60_000_000))
    return {
        "v": 1, "platform": platform, "native_id": f"n{number:08d}", "kind": "post", "text": item.text, "route": "api",
        "author": {"native_id": f"u{item.account}", "handle": name}, "url": f"https://{platform}.example/{name}/{number}",
        "published": {"at": at, "verbatim": at, "precision": "second", "source": "platform"}, "first_seen": at,
    }  # fmt: skip


def _match(workspace: Workspace, posts: int, what: str, profile: Path | None, rebuild: bool = False) -> float:
    phases = Phases()
    profiler = cProfile.Profile() if profile else None
    wall, spent = time.perf_counter(), time.process_time()
    with profiler or nullcontext():
        found = match(workspace.database, workspace.root, settings=workspace.settings, progress=phases, rebuild=rebuild)
    wall, spent = time.perf_counter() - wall, time.process_time() - spent
    if profiler and profile:
        profiler.dump_stats(profile)
    posts = found.posts or posts
    parts = ", ".join(f"{name} {seconds:.1f}" for name, seconds in phases.seconds.items() if seconds >= 0.05)
    print(f"  {what}: {wall:.2f} s, {posts / wall:,.0f}/s wall, {posts / spent:,.0f}/s processor; "
          f"{found.pairs:,} pairs, {found.families:,} families; {parts}")  # fmt: skip
    status = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines() if ":" in line)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    own = int(status["RssAnon"].split()[0]) / 1e6
    print(f"  peak memory {peak:.2f} GB with mapped files; now without them {own:.2f} GB")
    return wall


def _sizes(workspace: Workspace) -> None:
    index = sum(path.stat().st_size for path in workspace.index_folder.rglob("*") if path.is_file())
    database = workspace.root / "copytrail.db"
    size = database.stat().st_size if database.exists() else 0
    print(f"  database {size / 1e9:.2f} GB, index {index / 1e9:.2f} GB; links by matcher: {dict(_kinds(workspace))}")


def _kinds(workspace: Workspace) -> Iterator[tuple[str, int]]:
    with workspace.database.read() as conn:
        yield from matching.count_pairs(conn).items()


def main() -> None:
    """Run the measurement and print it."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--posts", type=int, nargs="+", default=[100_000])
    parser.add_argument("--keep", type=Path)
    parser.add_argument("--database")
    parser.add_argument("--seed", type=int, default=11)
    parser.add_argument("--profile", type=Path)
    parser.add_argument("--texts-only", action="store_true", help="leave out media, accounts, sites and meaning")
    chosen = parser.parse_args()
    if chosen.texts_only:
        match_context.STEPS = ()
    walls: list[float] = []
    for posts in chosen.posts:
        with nullcontext(str(chosen.keep)) if chosen.keep else tempfile.TemporaryDirectory() as folder:
            walls.append(measure(Path(folder) / f"{posts}", posts, chosen.seed, chosen.database, chosen.profile))
    for n, (less, more) in enumerate(zip(chosen.posts, chosen.posts[1:], strict=False)):
        slope = log(walls[n + 1] / walls[n]) / log(more / less)
        print(f"\nfrom {less:,} to {more:,} posts the time grows with the power {slope:.2f} of their number")


if __name__ == "__main__":
    main()
