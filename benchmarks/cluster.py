"""Measure matching on Dask workers beside matching in memory: the same invented texts, one run.

usage: python -m benchmarks.cluster [--posts 1000000] [--workers 2] [--part 100000] [--memory MB] [--kill]

Writes the texts to Parquet, matches them in memory on as many threads as there are workers, then on the workers (their
start is not counted), and compares all numbers of all pairs. With `--memory` each worker may hold so much, matching in
memory is left out beforehand and done afterwards for the comparison. `--kill` kills a worker while the keys meet.
"""

from __future__ import annotations

import argparse
import os
import resource
import signal
import tempfile
import time
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from pyarrow import parquet

from benchmarks import corpus
from matchers import bulk, kernel
from runner import cluster
from runner.archive_parts import ParquetArchive

SCHEMA = pa.schema([("text", pa.large_string()), ("account", pa.int64())])


def write(folder: Path, posts: int, part: int, seed: int) -> int:
    """Write invented posts as Parquet, a row group a part; return how many bytes of text there are."""
    coming, size = iter(corpus.texts(posts, seed)), 0
    with parquet.ParquetWriter(folder / "posts.parquet", SCHEMA) as file:
        while some := list(islice(coming, part)):
            size += sum(len(item.text.encode("utf-8", "surrogatepass")) for item in some)
            columns = [[item.text for item in some], [item.account for item in some]]
            file.write_table(pa.table(columns, schema=SCHEMA), row_group_size=part)
    return size


def local(archive: ParquetArchive, threads: int) -> tuple[float, bulk.BulkPairs]:
    """Match all in memory; return seconds, reading included, and the pairs."""
    began = time.perf_counter()
    table = parquet.read_table(Path(archive.files[0][0]))
    accounts = np.asarray(table.column("account").to_numpy())
    found = bulk.match(kernel.texts_in(table.column("text")), threads=threads, accounts=accounts)
    return time.perf_counter() - began, found


def on_workers(archive: ParquetArchive, workers: int, memory: int | None, kill: bool) -> tuple[float, bulk.BulkPairs]:
    """Match on workers; return seconds without their start, and the pairs."""
    victims: list[int] = []
    with cluster.workers(workers, f"{memory}MB" if memory else None) as client:
        client.run(kernel.warm)
        began = time.perf_counter()

        def show(what: str, done: int, of: int | None) -> None:
            if kill and what == "meeting" and not victims:
                victims.append(next(iter(client.run(os.getpid).values())))
                os.kill(victims[0], signal.SIGKILL)
            if done == of:
                print(f"  {what}: {time.perf_counter() - began:.1f} s")

        parts = [part.pairs for part in cluster.match(client, archive, progress=show)]
        return time.perf_counter() - began, bulk.joined(parts)


def same(one: bulk.BulkPairs, other: bulk.BulkPairs) -> bool:
    """Return whether all numbers of all pairs are the same."""
    columns: dict[str, Any] = one._asdict()
    return all(np.array_equal(column, getattr(other, name)) for name, column in columns.items())


def main() -> None:
    """Run it and print what came out."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--posts", type=int, default=1_000_000)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--part", type=int, default=100_000)
    parser.add_argument("--memory", type=int, help="MB a worker may hold")
    parser.add_argument("--kill", action="store_true")
    parser.add_argument("--seed", type=int, default=11)
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        size = write(Path(folder), chosen.posts, chosen.part, chosen.seed)
        archive = ParquetArchive.of(Path(folder))
        print(f"{chosen.posts:,} posts, {size / 1e6:,.0f} MB of text, {len(archive.sizes)} parts")
        kernel.warm()
        if not chosen.memory:
            alone, expected = local(archive, chosen.workers)
            print(f"in memory, {chosen.workers} threads: {alone:.1f} s, {len(expected.left):,} pairs")
        took, found = on_workers(archive, chosen.workers, chosen.memory, chosen.kill)
        print(f"{chosen.workers} workers: {took:.1f} s, {len(found.left):,} pairs")
        if chosen.memory:
            share = chosen.memory * chosen.workers * 1e6 / size
            print(f"with {chosen.memory} MB a worker: {share:.2f} of the text's size in all")
            alone, expected = local(archive, chosen.workers)
            print(f"in memory, {chosen.workers} threads: {alone:.1f} s, {len(expected.left):,} pairs")
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
        print(f"workers : memory = {took / alone:.2f} : 1; same pairs: {same(found, expected)}; driver {peak} MB")


if __name__ == "__main__":
    main()
