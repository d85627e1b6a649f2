"""Measure matching of texts beside rensa and datasketch: invented posts, back to back, each in its own process.

usage: python -m benchmarks.match_text [--posts 100000] [--seed 11] [--threads 1] [--peers rensa,datasketch]
       [--keep DIR] [--through database]

The posts are those of `benchmarks.corpus`; what they do not cover stands there. Ours is `matchers.bulk.match`: fold,
sign, index, look up, compare exactly and judge, all in memory, from an Arrow file. rensa (RMinHash of 128, its LSH with
32 bands) and datasketch (MinHashLSH of 128, threshold 0.5) are fed as their users feed them, with shingles cut in
Python: of OUR folded text, made beforehand and not timed, five letters long (three in dense scripts); their pairs are
not verified. Every process keeps to one core; with `--threads 2` ours is run a second time, on two. `--through
database` measures all of `copytrail match` on a fresh SQLite file instead, then 1,000 more posts.

Prints posts per second of wall and of processor time (steadier on a busy machine), peak memory, the part of planted
posts that were found, for each kind, the part of reported copies that are right, and the ratios. Matches of strength C
(context: of short texts, or of common wording alone) are counted apart and find nothing.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from array import array
from collections import defaultdict
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from benchmarks import corpus
from benchmarks.scoring import COPIES, EXCERPTS, Truth, score
from matchers import kernel

AT = datetime(2025, 1, 1, tzinfo=UTC)
FILES = ("posts.arrow", "truth.npz")


def prepare(folder: Path, count: int, seed: int) -> None:
    """Write the texts and accounts as one Arrow batch, and what is known of them."""
    texts, accounts = pa.array([], pa.large_string()), array("q")
    parts: list[Any] = [texts]
    some: list[str] = []

    def posts() -> Iterator[corpus.Text]:
        for item in corpus.texts(count, seed):
            some.append(item.text)
            accounts.append(item.account)
            if len(some) == 50_000:
                parts.append(pa.array(some, pa.large_string()))
                some.clear()
            yield item

    known = corpus.truth(posts())
    parts.append(pa.array(some, pa.large_string()))
    table = pa.table({"text": pa.concat_arrays(parts), "account": np.frombuffer(accounts, np.int64)})
    with pa.OSFile(str(folder / FILES[0]), "wb") as file, pa.ipc.new_file(file, table.schema) as writer:
        writer.write_table(table)
    np.savez(folder / FILES[1], **known._asdict())


def opened(folder: Path) -> tuple[kernel.Texts, Any]:
    """Map the texts into memory, and the accounts."""
    table = pa.ipc.open_file(pa.memory_map(str(folder / FILES[0]))).read_all()
    return kernel.texts_in(table["text"]), table["account"].to_numpy()


def ours(folder: Path, threads: int) -> dict[str, Any]:
    """Match all texts in memory."""
    from matchers import bulk

    texts, accounts = opened(folder)
    kernel.warm()
    before = _peak()
    pairs, spent = _timed(lambda: bulk.match(texts, threads=threads, accounts=accounts))
    both = np.stack((pairs.left, pairs.right), 1)
    firm = pairs.strength < 3
    named = pairs.kind < 3
    return {**spent, "before": before, "copies": both[firm & named], "excerpts": both[firm & ~named],
            "context": both[~firm]}  # fmt: skip


def folded(folder: Path) -> list[tuple[str, int]]:
    """Return every text as the peers get it: folded, with the length of its shingles."""
    from matchers import fold
    from matchers.kernel import text

    texts, _ = opened(folder)
    made: list[tuple[str, int]] = []
    for low in range(0, len(texts), 20_000):
        chosen = np.arange(low, min(low + 20_000, len(texts)))
        letters, _, starts, measures = text.bare_letters(texts.buffer, texts.offsets, chosen, *fold.tables())
        plain = (letters & fold.LETTER).astype("<i4").tobytes()
        for i in range(len(chosen)):
            words = plain[4 * starts[i] : 4 * starts[i + 1]].decode("utf-32-le")
            made.append((words, 3 if 2 * measures[i, 2] > measures[i, 0] else 5))
    return made


def rensa(folder: Path, threads: int) -> dict[str, Any]:
    """Sign, insert and ask with rensa, a thousand texts at a time."""
    from rensa import RMinHash, RMinHashLSH

    some, before, pairs = folded(folder), _peak(), array("q")

    def work() -> None:
        index = RMinHashLSH(threshold=0.5, num_perm=128, num_bands=32)
        for low in range(0, len(some), 1000):
            sets = [{text[i : i + w] for i in range(max(1, len(text) - w + 1))} for text, w in some[low : low + 1000]]
            signed = RMinHash.from_token_sets(sets, num_perm=128, seed=42)
            index.insert_many(signed, start_key=low)
            for number, found in enumerate(index.query_all(signed), low):
                for other in found:
                    if other < number:
                        pairs.extend((other, number))

    _, spent = _timed(work)
    return {**spent, "before": before, "copies": np.frombuffer(pairs, np.int64).reshape(-1, 2)}


def datasketch(folder: Path, threads: int) -> dict[str, Any]:
    """Sign, ask and insert with datasketch."""
    from datasketch import MinHash, MinHashLSH

    some, before, pairs = folded(folder), _peak(), array("q")

    def work() -> None:
        index = MinHashLSH(threshold=0.5, num_perm=128)
        for number, (text, w) in enumerate(some):
            signature = MinHash(num_perm=128)
            signature.update_batch({text[i : i + w].encode() for i in range(max(1, len(text) - w + 1))})
            for other in index.query(signature):
                pairs.extend((other, number))
            index.insert(number, signature)

    _, spent = _timed(work)
    return {**spent, "before": before, "copies": np.frombuffer(pairs, np.int64).reshape(-1, 2)}


def database(folder: Path, threads: int) -> dict[str, Any]:
    """Import the texts into SQLite, match them from cold, then 1,000 more."""
    from core.records import Author, Post
    from runner.match import match
    from storage import cases, pairs, posts
    from storage.engine import Database

    texts, accounts = opened(folder)
    kernel.warm()
    count = len(texts) - 1000
    with tempfile.TemporaryDirectory() as root, Database(Path(root) / "copytrail.db") as store:
        store.upgrade()

        def save(start: int, end: int) -> None:
            for low in range(start, end, 5000):
                batch = [
                    Post.model_construct(
                        platform="tumblr", native_id=str(n), first_seen=AT, author=Author(native_id=str(accounts[n])),
                        text=bytes(texts.buffer[texts.offsets[n] : texts.offsets[n + 1]]).decode(),
                    ) for n in range(low, min(low + 5000, end))
                ]  # fmt: skip
                with store.write() as conn:
                    posts.save_posts(conn, batch, case_id=cases.ensure_case(conn, "b", AT), at=AT)

        save(0, count)
        before = _peak()
        _, spent = _timed(lambda: match(store, Path(root)))
        save(count, count + 1000)
        _, more = _timed(lambda: match(store, Path(root)))
        found: dict[str, list[tuple[int, int]]] = defaultdict(list)
        with store.read() as conn:
            for pair in pairs.list_pairs(conn):
                both = int(pair["left"].split(":")[1]), int(pair["right"].split(":")[1])
                sort = "excerpts" if pair["matcher"] == "text.excerpt" else "copies"
                found["context" if pair["strength"] == "C" else sort].append(both)
    print(f"1,000 more: {more['wall']:.2f} s, of processor time {more['cpu']:.2f} s")
    return {**spent, "before": before, **{sort: np.array(some, np.int64) for sort, some in found.items()}}


SYSTEMS = {"ours": ours, "rensa": rensa, "datasketch": datasketch, "database": database}


def _peak() -> int:
    """Return the peak memory of this process in MB; getrusage would give that of the parent, if it was larger."""
    status = Path("/proc/self/status").read_text("ascii")
    return int(status.split("VmHWM:")[1].split()[0]) // 1024


def _timed(work: Callable[[], Any]) -> tuple[Any, dict[str, float]]:
    wall, cpu = time.perf_counter(), time.process_time()
    made = work()
    return made, {"wall": time.perf_counter() - wall, "cpu": time.process_time() - cpu, "peak": _peak()}


def run(folder: Path, system: str, threads: int) -> dict[str, Any]:
    """Run one system in its own process, on as many cores as it has threads."""
    command = [sys.executable, "-m", "benchmarks.match_text", "--system", system, "--keep", str(folder)]
    subprocess.run([*command, "--threads", str(threads)], check=True)
    arrays = np.load(folder / f"{system}.npz")
    spent: dict[str, Any] = json.loads((folder / f"{system}.json").read_text("utf-8"))
    return {**spent, **{name: arrays[name] for name in arrays.files}}


def alone(folder: Path, system: str, threads: int) -> None:
    """Be the process of one system: keep to its cores, measure, and leave the results in the folder."""
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[-threads:])
    result = SYSTEMS[system](folder, threads)
    arrays: dict[str, Any] = {name: value for name, value in result.items() if isinstance(value, np.ndarray)}
    np.savez(folder / f"{system}.npz", **arrays)
    numbers = {name: value for name, value in result.items() if name not in arrays}
    (folder / f"{system}.json").write_text(json.dumps(numbers), "utf-8")


def report(known: Truth, results: dict[str, dict[str, Any]]) -> None:
    """Print one column a system, and the ratios."""
    table: dict[str, list[str]] = defaultdict(list)
    posts, nothing = len(known.base), np.zeros((0, 2), np.int64)
    for r in results.values():
        judged = score(known, r["copies"], r.get("excerpts", nothing))
        table["posts/s, wall"].append(f"{posts / r['wall']:,.0f}")
        table["posts/s, processor"].append(f"{posts / r['cpu']:,.0f}")
        table["peak memory, MB (before)"].append(f"{r['peak']:,} ({r['before']:,})")
        table["found: copies"].append(f"{judged.copies:.4f}")
        table["found: copies, dense scripts"].append(f"{judged.dense:.4f}")
        for kind in (*COPIES, *EXCERPTS, "hard", "viral"):
            table[f"found: {kind}" + (" (no copy)" if kind == "hard" else "")].append(f"{judged.recall[kind]:.4f}")
        table["copies that are right"].append(f"{judged.precision:.4f}")
        for sort in ("copies", "excerpts", "context"):
            table[f"pairs: {sort}"].append(f"{len(r.get(sort, nothing)):,}")
    print(f"{posts:,} posts{'':22}" + "".join(f"{name:>18}" for name in results))
    for name, cells in table.items():
        print(f"{name:34}" + "".join(f"{cell:>18}" for cell in cells))
    first = next(iter(results.values()))
    for name, r in list(results.items())[1:]:
        print(
            f"to {name}: {r['cpu'] / first['cpu']:.2f} in processor time, {r['wall'] / first['wall']:.2f} in wall time"
        )


def main() -> None:
    """Run the systems and print what they did."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--posts", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=11)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--peers", default="rensa,datasketch", help="which, with commas between; none: ''")
    parser.add_argument("--through", choices=["memory", "database"], default="memory")
    parser.add_argument("--keep", type=Path, help="where the posts lie or are to be kept, to be used again")
    parser.add_argument("--system", choices=list(SYSTEMS), help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.system:
        alone(chosen.keep, chosen.system, chosen.threads)
        return
    with tempfile.TemporaryDirectory() as temporary:
        folder = chosen.keep or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        if not (folder / FILES[1]).exists():
            prepare(folder, chosen.posts, chosen.seed)
        known = Truth(**np.load(folder / FILES[1]))
        if chosen.through == "database":
            report(known, {"database": run(folder, "database", 1)})
            return
        results = {"ours": run(folder, "ours", 1)}
        if chosen.threads > 1:
            results[f"ours on {chosen.threads}"] = run(folder, "ours", chosen.threads)
        results |= {peer: run(folder, peer, 1) for peer in chosen.peers.split(",") if peer}
        report(known, results)


if __name__ == "__main__":
    main()
