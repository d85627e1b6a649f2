"""Measure the key index: a thousand new posts against an archive, and how that grows with the archive.

usage: python -m benchmarks.index [--posts 1000000] [--keys 40] [--batches 8] [--tenfold] [--every 1]

Keys are drawn: a tenth of them from 2 million phrases used again and again (the n-th an n-th as often as the first),
the rest held by nobody else; one post in ten takes half its keys from an earlier one. An archive is appended in lots of
20,000 posts, as `copytrail match` does it, and each lot is looked up before (with `--every 10` each tenth). Prints what
that took (appending with the merges), the size, what opening it took (every checksum is read), and of batches of a
thousand posts the median times of looking up and of appending; files are in memory. `--tenfold` does it again with ten
times the posts and prints the slope.
"""

from __future__ import annotations

import argparse
import resource
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

from matchers.segments import Batch, Segments

LOT = 20_000
PHRASES = 2_000_000
STAMP = "benchmark"


def lot(first: int, count: int, size: int, seed: int = 7) -> Batch:
    """Draw the keys of posts `first` and following; a lot is the same however often it is drawn."""
    chance = np.random.default_rng([seed, first])
    keys = chance.integers(0, 2**64, count * size, np.uint64).reshape(count, size)
    phrases = np.exp(chance.random((count, size // 10)) * np.log(PHRASES)).astype(np.uint64)
    keys[:, : size // 10] = phrases * np.uint64(0x9E3779B97F4A7C15)
    copies = np.flatnonzero(chance.random(count) < 0.1)
    for one in copies[copies > 0].tolist():
        keys[one, size // 2 :] = keys[chance.integers(0, one), size // 2 :]
    starts = np.arange(0, count * size + 1, size, dtype=np.int64)
    return Batch(np.arange(first, first + count), starts, keys.reshape(-1))


def clocks() -> Any:
    """Return wall and processor time, in seconds."""
    return np.array([time.perf_counter(), time.process_time()])


def measure(posts: int, size: int, batches: int, every: int) -> dict[str, Any]:
    """Build an index of so many posts and ask it; times are pairs of wall and processor seconds."""
    with tempfile.TemporaryDirectory() as folder:
        asked, added = np.zeros(2), np.zeros(2)
        with Segments(Path(folder), STAMP) as index:
            for first in range(1, posts + 1, LOT):
                some = lot(first, min(LOT, posts + 1 - first), size)
                began = clocks()
                if first // LOT % every == 0:
                    index.candidates(some)
                between = clocks()
                index.append(some, first, "t")
                asked, added = asked + between - began, added + clocks() - between
        began = clocks()
        with Segments(Path(folder), STAMP) as index:
            opened = clocks() - began
            looked, appended = [], []
            for number in range(batches + 1):
                some = lot(posts + 1 + 1000 * number, 1000, size)
                began = clocks()
                index.candidates(some)
                between = clocks()
                index.append(some, posts + number, "t")
                looked.append(between - began)
                appended.append(clocks() - between)
            files = sorted(Path(folder).glob("*.seg"))
            return {
                "posts": posts, "asked": asked, "added": added, "opened": opened, "segments": len(index.segments),
                "bytes": sum(file.stat().st_size for file in files), "look": np.median(looked[1:], axis=0),
                "append": np.median(appended[1:], axis=0),
                "rss": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
            }  # fmt: skip


def report(done: dict[str, Any]) -> None:
    """Print what was measured."""
    posts = done["posts"]
    rate = posts / (done["asked"] + done["added"])
    print(f"{posts:,} posts, wall and processor time:")
    print(
        f"  built: looked up in {_said(done['asked'], 's')}, appended and merged in {_said(done['added'], 's')};",
        end=" ",
    )
    print(f"{rate[0]:,.0f} and {rate[1]:,.0f} posts/s")
    print(f"  {done['bytes'] / 1e6:,.0f} MB in {done['segments']} files; peak {done['rss']:,} MB with what is mapped")
    print(f"  opened, all checksums read: {_said(1000 * done['opened'], 'ms')}")
    print(f"  1,000 more: looked up and counted in {_said(1000 * done['look'], 'ms')},", end=" ")
    print(f"appended in {_said(1000 * done['append'], 'ms')}")


def _said(pair: Any, unit: str) -> str:
    return f"{pair[0]:.1f} ({pair[1]:.1f}) {unit}"


def main() -> None:
    """Measure, and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--posts", type=int, default=1_000_000)
    parser.add_argument("--keys", type=int, default=40)
    parser.add_argument("--batches", type=int, default=8)
    parser.add_argument("--every", type=int, default=1)
    parser.add_argument("--tenfold", action="store_true")
    chosen = parser.parse_args()
    first = measure(chosen.posts, chosen.keys, chosen.batches, chosen.every)
    report(first)
    if chosen.tenfold:
        tenth = measure(10 * chosen.posts, chosen.keys, chosen.batches, chosen.every)
        report(tenth)
        for name, what in (("look", "look-up"), ("append", "append"), ("opened", "opening")):
            print(f"  {what}: {tenth[name][1] / first[name][1]:.1f} times as long (processor) for ten times the posts")


if __name__ == "__main__":
    main()
