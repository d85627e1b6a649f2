"""Measure `import`: invented posts from NDJSON into a fresh SQLite file, storage and search index included.

usage: python -m benchmarks.import_posts [--posts 100000] [--seed 7] [--keep FILE]

Prints posts per second of wall time and of processor time (user and system: steadier on a busy machine), peak memory,
and the time of a second import of the same file, which must add nothing.
"""

from __future__ import annotations

import argparse
import os
import random
import resource
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import orjson

from core.times import iso

SYLLABLES = [first + second for first in "bdklmnrst" for second in "aeiou"]
CYRILLIC = [first + second for first in "бвгдклмнрст" for second in "аеио"]
PLATFORMS = ("reddit", "medium", "tumblr", "vimeo", "youtube", "livejournal")
START = datetime(2025, 1, 1, tzinfo=UTC)


def posts(count: int, seed: int) -> Iterator[dict[str, Any]]:
    """Yield invented posts of about 300 characters by some thousands of invented accounts; one in ten is Cyrillic."""
    chance = random.Random(seed)
    latin = ["".join(chance.choices(SYLLABLES, k=chance.randint(1, 4))) for _ in range(20_000)]
    cyrillic = ["".join(chance.choices(CYRILLIC, k=chance.randint(1, 4))) for _ in range(5_000)]
    for number in range(count):
        words = cyrillic if number % 10 == 0 else latin
        platform, account = chance.choice(PLATFORMS), chance.randint(1, 4_000)
        at = START + timedelta(seconds=number * 97 % 30_000_000)
        yield {
            "v": 1, "platform": platform, "native_id": f"n{number:07d}", "kind": "post",
            "url": f"https://{platform}.example/p/{number}",
            "author": {"native_id": f"u{account}", "handle": f"name{account}", "name": f"Name {account}", "url": None},
            "published": {"at": iso(at), "verbatim": iso(at), "precision": "second", "source": "platform"},
            "first_seen": iso(at + timedelta(hours=2)), "edited": None, "title": None,
            "text": " ".join(chance.choices(words, k=48)), "languages": ["en"], "community": "c/invented",
            "reply_to": None, "links": [f"https://news.example/{number % 5000}"], "tags": ["harbour"], "mentions": [],
            "media": [], "metrics": {"likes": number % 50, "replies": None, "reposts": None, "views": None},
            "metrics_at": None, "route": "api", "capture": None, "raw": {},
        }  # fmt: skip


def write(path: Path, count: int, seed: int) -> None:
    """Write invented posts as NDJSON."""
    with path.open("wb") as file:
        for post in posts(count, seed):
            file.write(orjson.dumps(post) + b"\n")


def main() -> None:
    """Run the measurement and print it."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--posts", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=7)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "posts.ndjson"
        write(path, arguments.posts, arguments.seed)
        measure(Path(folder), path, arguments.posts)


def measure(folder: Path, path: Path, count: int) -> None:
    """Import a file twice into a fresh workspace and print rates and peak memory."""
    from runner.intake import take_in
    from runner.workspace import Workspace

    workspace = Workspace.create(folder / "workspace")
    for name in ("import", "again"):
        wall, spent = time.perf_counter(), os.times()
        taken = take_in(workspace, path, case="harbour")
        wall, now = time.perf_counter() - wall, os.times()
        processor = now.user - spent.user + now.system - spent.system
        print(f"{name}: {taken.posts} posts, {taken.new} new, {taken.changed} changed, {len(taken.rejected)} rejected; "
              f"{count / wall:,.0f} posts/s wall, {count / processor:,.0f} posts/s processor")  # fmt: skip
    size = (folder / "workspace" / "copytrail.db").stat().st_size
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"file {path.stat().st_size / 1e6:,.0f} MB, database {size / 1e6:,.0f} MB, peak memory {peak:,.0f} MB")


if __name__ == "__main__":
    main()
