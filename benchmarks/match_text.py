"""Measure matching beside datasketch's MinHashLSH: the same invented texts, the same run, each in its own process.

usage: python -m benchmarks.match_text [--posts 100000] [--seed 11] [--without-peer]

Ours is all of `copytrail match` on a fresh SQLite file: read, sign, look up, compare exactly, store pairs and families;
then 1,000 more posts. datasketch (num_perm=128, threshold 0.5) signs character 5-grams of the lower-cased text, inserts
and asks in memory; its pairs are not verified and nothing is stored. Prints posts per second of wall and processor time
(the second is steadier on a busy machine), peak memory, recall for each kind of edit, precision, and the ratios.
"""

from __future__ import annotations

import argparse
import json
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

AT = datetime(2025, 1, 1, tzinfo=UTC)
ALPHABETS = (
    ("ba be bi bo bu da de di do du ka ke ki ko ku la le li lo lu ma me mi mo mu na ne ni no nu", 24_000),
    ("ста про ко на ва ре ли де но та ка ми по ра не то ви ла го бе шу ще жи зо ру ды ем ял", 12_000),
    ("al be ção ñor ín ada ero idad mente ilha ença ría úl to ca do que lo pa", 12_000),
)  # fmt: skip
HAN = [chr(point) for point in range(0x4E00, 0x4E00 + 3000)]
LOOKALIKES = str.maketrans("aeopcxy", "аеорсху")
KINDS = ("exact", "dress", "lookalike", "added", "words 10 %", "words 20 %", "half")


class Text(NamedTuple):
    """A text, the text it was made of (its number), and how."""

    text: str
    base: int | None
    kind: str | None


def texts(count: int, seed: int) -> Iterator[Text]:
    """Yield invented texts of about 300 characters in four scripts; one in ten repeats an earlier one with an edit.

    One in fifty ("hard") shares a third of its words with an earlier text and is no copy of it.
    """
    chance = random.Random(seed)
    lexicons = [
        ["".join(chance.choices(syllables.split(), k=chance.randint(1, 4))) for _ in range(size)]
        for syllables, size in ALPHABETS
    ]
    made: list[list[str]] = []
    bases: list[int] = []
    for number in range(count):
        lexicon = HAN if number % 8 == 7 else lexicons[number % 8 % 3]
        words = chance.choices(lexicon, k=120 if lexicon is HAN else 50)
        kind, base = None, None
        if number > 200 and number % 10 == 3:
            kind, base = KINDS[number // 10 % len(KINDS)], chance.choice(bases[-20_000:])
            words = _edited(made[base], kind, chance)
        elif number > 200 and number % 50 == 9:
            kind, base = "hard", chance.choice(bases[-20_000:])
            third = len(made[base]) // 3
            words = words[: 2 * third] + made[base][:third]
        else:
            bases.append(number)
        made.append(words)
        yield Text(_dressed(words, kind), base, kind)


def _edited(words: list[str], kind: str, chance: random.Random) -> list[str]:
    if kind.startswith("words"):
        part = 10 if kind == "words 10 %" else 5
        edited = list(words)
        for place in chance.sample(range(len(words)), len(words) // part):
            edited[place] = chance.choice(HAN) if words[0] in HAN else f"x{chance.choice(words)}"
        return edited
    if kind == "half":
        return words[: len(words) // 2]
    if kind == "added":
        return [*words, *chance.sample(words, 5)]
    return words


def _dressed(words: list[str], kind: str | None) -> str:
    text = ("" if len(words[0]) == 1 and words[0] in HAN else " ").join(words)
    if kind == "dress":
        return f"RE: {text.upper()} !!! https://short.example/x?utm_source=a 🚢"
    if kind == "lookalike":
        return text.translate(LOOKALIKES)
    return text


def ours(some: list[Text]) -> dict[str, Any]:
    """Import the texts, match them from cold, then 1,000 more."""
    from core.records import Author, Post
    from matchers import kernel
    from runner.match import match
    from storage import cases, matching, posts
    from storage.engine import Database

    kernel.warm()
    with tempfile.TemporaryDirectory() as folder, Database(Path(folder) / "copytrail.db") as database:
        database.upgrade()
        new = len(some) - 1000

        def save(start: int, end: int) -> None:
            for low in range(start, end, 5000):
                batch = [
                    Post.model_construct(
                        platform="tumblr",
                        native_id=str(n),
                        text=some[n].text,
                        first_seen=AT,
                        author=Author(native_id=str(n % 4000)),
                    )
                    for n in range(low, min(low + 5000, end))
                ]
                with database.write() as conn:
                    posts.save_posts(conn, batch, case_id=cases.ensure_case(conn, "b", AT), at=AT)

        save(0, new)
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        cold = _timed(lambda: match(database, Path(folder) / "index"))
        save(new, len(some))
        more = _timed(lambda: match(database, Path(folder) / "index"))
        with database.read() as conn:
            found = [(int(p["left"].split(":")[1]), int(p["right"].split(":")[1])) for p in matching.list_pairs(conn)]
    return {**cold, "posts": new, "new": more, "rss_before": before // 1024, "pairs": found}


def datasketch(some: list[Text]) -> dict[str, Any]:
    """Sign, insert and ask the same texts."""
    from datasketch import MinHash, MinHashLSH

    found: list[tuple[int, int]] = []
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

    def work() -> None:
        index = MinHashLSH(threshold=0.5, num_perm=128)
        for number, item in enumerate(some):
            text = item.text.lower()
            signature = MinHash(num_perm=128)
            signature.update_batch({text[i : i + 5].encode() for i in range(max(1, len(text) - 4))})
            found.extend((int(other), number) for other in index.query(signature))
            index.insert(str(number), signature)

    return {**_timed(work), "posts": len(some), "rss_before": before // 1024, "pairs": found}


def _timed(work: Callable[[], Any]) -> dict[str, Any]:
    wall, cpu = time.perf_counter(), time.process_time()
    work()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    return {"wall": time.perf_counter() - wall, "cpu": time.process_time() - cpu, "rss": peak}


def judged(some: list[Text], pairs: Iterable[tuple[int, int]]) -> tuple[dict[str, float], float]:
    """Return recall for each kind (base and copy joined by reported pairs), and the share of pairs that are right."""
    above = list(range(len(some)))

    def top(n: int) -> int:
        while above[n] != n:
            above[n] = n = above[above[n]]
        return n

    cluster = [item.base if item.base is not None and item.kind != "hard" else n for n, item in enumerate(some)]
    right = total = 0
    for a, b in pairs:
        above[top(a)] = top(b)
        total += 1
        right += cluster[a] == cluster[b]
    hits: Counter[str] = Counter()
    planted: Counter[str] = Counter()
    for number, item in enumerate(some):
        if item.base is not None and item.kind:
            planted[item.kind] += 1
            hits[item.kind] += top(number) == top(item.base)
    return {kind: hits[kind] / planted[kind] for kind in (*KINDS, "hard") if planted[kind]}, right / max(1, total)


def main() -> None:
    """Run both systems and print what they did."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--posts", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=11)
    parser.add_argument("--without-peer", action="store_true")
    parser.add_argument("--system", choices=["ours", "datasketch"], help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    some = list(texts(chosen.posts + 1000, chosen.seed))
    if chosen.system:
        print(json.dumps({"ours": ours, "datasketch": datasketch}[chosen.system](some)))
        return
    results: dict[str, Any] = {}
    for system in ("ours",) if chosen.without_peer else ("ours", "datasketch"):
        command = [sys.executable, "-m", "benchmarks.match_text", "--system", system]
        command += ["--posts", str(chosen.posts), "--seed", str(chosen.seed)]
        results[system] = json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)
    report(some, results)


def report(some: list[Text], results: dict[str, Any]) -> None:
    """Print one column a system, and the ratios."""
    table: dict[str, list[str]] = defaultdict(list)
    rates: list[float] = []
    for r in results.values():
        recall, precision = judged(some, r["pairs"])
        rates.append(r["posts"] / r["cpu"])
        table["posts"].append(f"{r['posts']:,}")
        table["posts/s, wall"].append(f"{r['posts'] / r['wall']:,.0f}")
        table["posts/s, processor"].append(f"{rates[-1]:,.0f}")
        table["peak memory, MB (before)"].append(f"{r['rss']:,} ({r['rss_before']:,})")
        table["1,000 more, s (wall, processor)"].append(
            f"{r['new']['wall']:.2f}, {r['new']['cpu']:.2f}" if "new" in r else "-"
        )
        for kind, share in recall.items():
            table[f"joined: {kind}" + (" (no copy)" if kind == "hard" else "")].append(f"{share:.4f}")
        table["pairs"].append(f"{len(r['pairs']):,}")
        table["pairs that are right"].append(f"{precision:.4f}")
    print(f"{'':34}" + "".join(f"{name:>18}" for name in results))
    for name, cells in table.items():
        print(f"{name:34}" + "".join(f"{cell:>18}" for cell in cells))
    if len(rates) == 2:
        print(f"ours : datasketch, posts per second of processor time = {rates[0] / rates[1]:.1f} : 1")


if __name__ == "__main__":
    main()
