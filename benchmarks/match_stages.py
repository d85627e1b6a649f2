"""Tell where the time of matching all at once goes: wall and processor time of each stage.

usage: python -m benchmarks.match_stages [--posts 100000] [--seed 11] [--threads 1]

The posts are those of `benchmarks.corpus`. Stages within one another are indented; times of threads are added up, so
that on a busy machine, or with several threads, the column of processor time is the one to read.
"""

from __future__ import annotations

import argparse
import time
from collections import defaultdict
from typing import Any

import numpy as np

STAGES = (
    ("matchers.kernel", "sign"), ("matchers.bulk", "copies"), ("matchers.bulk", "indexed"),
    ("matchers.bulk", "meetings"), ("matchers.kernel.meet", "  deal"), ("matchers.kernel.meet", "  group"),
    ("matchers.kernel.meet", "tally"), ("matchers.bulk", "chosen"), ("matchers.bulk", "with_chains"),
    ("matchers.bulk", "judge_pairs"), ("matchers.wording", "  unfold"), ("matchers.wording", "  compare"),
    ("matchers.wording", "  guard"),
)  # fmt: skip


def main() -> None:
    """Match invented posts and print a line a stage."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--posts", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=11)
    parser.add_argument("--threads", type=int, default=1)
    chosen = parser.parse_args()
    from benchmarks import corpus
    from matchers import bulk, kernel

    some = list(corpus.texts(chosen.posts, chosen.seed))
    texts = kernel.texts_of([one.text for one in some])
    accounts = np.array([one.account for one in some], np.int64)
    kernel.warm()
    bulk.match(texts.part(0, min(500, chosen.posts)))
    spent = watched()
    began = (time.perf_counter(), time.process_time())
    pairs = bulk.match(texts, threads=chosen.threads, accounts=accounts)
    wall, cpu = time.perf_counter() - began[0], time.process_time() - began[1]
    print(f"{chosen.posts:,} posts, {len(pairs.left):,} pairs; seconds: wall, processor")
    for _, name in STAGES:
        print(f"  {name:16} {spent[name][0]:9.3f} {spent[name][1]:9.3f}")
    print(f"  {'all':16} {wall:9.3f} {cpu:9.3f}   {chosen.posts / wall:,.0f} and {chosen.posts / cpu:,.0f} posts/s")


def watched() -> dict[str, Any]:
    """Wrap each stage so that it notes its time."""
    import importlib

    spent: dict[str, Any] = defaultdict(lambda: np.zeros(2))

    def wrap(function: Any, name: str) -> Any:
        def noted(*arguments: Any, **named: Any) -> Any:
            began = np.array([time.perf_counter(), time.thread_time()])
            try:
                return function(*arguments, **named)
            finally:
                spent[name] += np.array([time.perf_counter(), time.thread_time()]) - began

        return noted

    for module, name in STAGES:
        place = importlib.import_module(module)
        setattr(place, name.strip(), wrap(getattr(place, name.strip()), name))
    return spent


if __name__ == "__main__":
    main()
