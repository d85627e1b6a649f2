"""Measure picture matching: the reference's bits, the index set, a million hashes, recall an edit, false pairs.

usage: python -m benchmarks.pictures --data ../shared/data [--scenes 200] [--unrelated 1000000] [--pairwise 300000]
       [--hashes 1000000]

Pictures are invented (benchmarks.scenes); `--data` names the labelled sets beside the project. Recall is measured
pairwise and through the index among all scenes and hard cases. False pairs are counted twice: as the product reports
them among all pictures (candidates of the index, then the verdict), and by the verdict alone for pairs of one kind; a
million pairs are those of 1,415 pictures. pdqhash and imagehash are timed where there.
"""

from __future__ import annotations

import argparse
import csv
import importlib
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from archive.pictures import open_picture
from benchmarks import scenes
from matchers import bits, image, pdq, pictures
from matchers.picture_index import PictureIndex

Array = NDArray[Any]


def reference(data: Path) -> None:
    """Print how many reference hashes come out bit for bit, and how far the kept hash is from them."""
    exact, apart = 0, []
    with (data / "pdqhash_0.2.8_outputs.csv").open() as file:
        rows = list(csv.DictReader(file))
    for row in rows:
        rgb = open_picture((data / row["file"]).read_bytes(), plain=True).rgb
        found = pdq.hash_picture(rgb)
        exact += (pdq.hex_of(found.bits), found.quality) == (row["pdq_hex"], int(row["quality"]))
        apart.append(pdq.distance(pdq.reduced(rgb).bits, found.bits))
    print(f"reference: {exact} of {len(rows)} bit for bit")
    print(f"the kept hash is {np.median(apart):.0f} bits from it (median; most {max(apart)})")
    needles, haystack = (
        np.array([pdq.from_hex(line) for line in (data / "mih" / f"{name}.txt").read_text().split()])
        for name in ("needles", "haystack")
    )
    gaps = np.bitwise_count(needles[:, None] ^ haystack[None]).sum(axis=2)
    near = bits.within(needles, haystack)
    same = np.array_equal(np.argwhere(gaps <= pdq.DISTANCE), np.stack([near.left, near.right], axis=1))
    print(f"index set: {len(near.left)} pairs, {'exactly' if same else 'NOT'} those of brute force")


def million(count: int) -> None:
    """Print time and recall of all pairs among `count` random hashes, a tenth of them 0 to 31 bits from another."""
    r = np.random.default_rng(1)
    hashes = r.integers(0, 256, (count, 32), dtype=np.uint8)
    planted = count // 10
    base = r.permutation(count - planted)[:planted]
    order = r.random((planted, 256)).argsort(axis=1).argsort(axis=1)
    flips = np.packbits(order < r.integers(0, 32, planted)[:, None], axis=1)
    hashes[count - planted :] = hashes[base] ^ flips
    bits.alike(hashes[:10])
    start, begun = time.perf_counter(), time.process_time()
    near = bits.alike(hashes)
    took, busy = time.perf_counter() - start, time.process_time() - begun
    found = np.isin(base * count + np.arange(count - planted, count), near.left * count + near.right)
    print(f"{count:,} hashes, all pairs: {took:.1f} s ({busy:.1f} of the processor), recall {100 * found.mean():.2f} %")
    haystack = bits.Haystack(hashes)
    begun = time.process_time()
    haystack.within(hashes[:2000])
    print(f"exact look-ups: {2000 / (time.process_time() - begun):,.0f} a processor second among {count:,}")


def rates() -> None:
    """Print pictures a second of each step, and of peers where they are installed."""
    rgb = scenes.scene(1)[:450, :600].repeat(2, axis=0).repeat(2, axis=1)[:768, :1024].copy()
    steps: dict[str, Callable[[], Any]] = {
        "PDQ in full size": lambda: pdq.hash_picture(rgb), "PDQ kept": lambda: pdq.reduced(rgb),
        "all that is kept": lambda: pictures.read(rgb),
    }  # fmt: skip
    for name in ("pdqhash", "imagehash"):
        try:
            peer = importlib.import_module(name)
            shown = importlib.import_module("PIL.Image").fromarray(rgb)
        except ImportError:
            continue
        steps[name] = partial(peer.compute, rgb) if name == "pdqhash" else partial(peer.phash, shown)
    for name, step in steps.items():
        step()
        begun = time.process_time()
        for _ in range(30):
            step()
        print(f"{name}: {30 / (time.process_time() - begun):,.0f} pictures of 1024 by 768 a processor second")


def recall(prints: list[pictures.PicturePrint], others: list[pictures.PicturePrint], count: int) -> None:
    """Print for each edit how many of `count` scenes are found again, pairwise and through the index."""
    with tempfile.TemporaryDirectory() as folder, PictureIndex(Path(folder), "benchmark") as index:
        everything = [*prints, *others]
        for at in range(0, len(everything), 500):
            some = everything[at : at + 500]
            index.append(list(range(at, at + len(some))), some, at + 1, "b")
        print(f"index of {index.pictures:,}; share of {count} found: pairwise, through the index, ms a look-up")
        for name, edit in scenes.EDITS.items():
            r = np.random.default_rng(3)
            edited = [pictures.read(scenes.posted(edit(scenes.scene(seed), r), r)) for seed in range(count)]
            start = time.perf_counter()
            found = index.candidates(list(range(len(everything), len(everything) + count)), edited)
            took = 1000 * (time.perf_counter() - start) / count
            right = [image.compare(one, prints[seed]) is not None for seed, one in enumerate(edited)]
            through = [hit and seed in found[seed] for seed, hit in enumerate(right)]
            print(f"  {name:24s} {np.mean(right):.3f}  {np.mean(through):.3f}  {took:.1f}", flush=True)


def unrelated(groups: dict[str, list[pictures.PicturePrint]]) -> None:
    """Print which pairs of different pictures the product reports: candidates of the index, then the verdict."""
    kinds = [kind for kind, some in groups.items() for _ in some]
    prints = [one for some in groups.values() for one in some]
    r = np.random.default_rng(4)
    order = r.permutation(len(prints)).tolist()
    judged, wrong = 0, []
    with tempfile.TemporaryDirectory() as folder, PictureIndex(Path(folder), "benchmark") as index:
        for at in range(0, len(order), 200):
            rows = list(range(at, min(at + 200, len(order))))
            own = [prints[order[row]] for row in rows]
            usable = [(row, one) for row, one in zip(rows, own, strict=True) if one.status == "read"]
            rows, own = [row for row, _ in usable], [one for _, one in usable]
            for row, one, found in zip(rows, own, index.candidates(rows, own), strict=True):
                judged += len(found)
                wrong += [
                    f"{kinds[order[row]]} and {kinds[order[other]]}" for other in found
                    if image.compare(one, prints[order[other]])
                ]  # fmt: skip
            index.append(rows, own, at + 1, "b")
    pairs, count = len(prints) * (len(prints) - 1) // 2, {kind: wrong.count(kind) for kind in sorted(set(wrong))}
    print(
        f"unrelated, as reported: {len(wrong)} false of {pairs:,} pairs ({judged:,} compared) {count or ''}", flush=True
    )


def pairwise(groups: dict[str, list[pictures.PicturePrint]], most: int) -> None:
    """Print how many of up to `most` pairs of different pictures of one kind are said to match, without the index."""
    seen, false = 0, 0
    for name, prints in groups.items():
        pairs = [(i, j) for i in range(len(prints)) for j in range(i)][: max(most - seen, 0)]
        wrong = sum(image.compare(prints[i], prints[j]) is not None for i, j in pairs)
        seen, false = seen + len(pairs), false + wrong
        print(f"  {name:10s} {wrong} false of {len(pairs):,} pairs", flush=True)
    print(f"unrelated, every pair compared: {false} false of {seen:,}")


def main() -> None:
    """Run everything the arguments ask for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path)
    parser.add_argument("--scenes", type=int, default=200)
    parser.add_argument("--unrelated", type=int, default=1_000_000)
    parser.add_argument("--pairwise", type=int, default=300_000)
    parser.add_argument("--hashes", type=int, default=1_000_000)
    asked = parser.parse_args()
    if asked.data:
        reference(asked.data / "pdq")
    if asked.hashes:
        million(asked.hashes)
        rates()
    hard = max(20, asked.scenes // 2)
    if asked.unrelated:
        wanted = int((2 * asked.unrelated) ** 0.5) + 1  # pictures that make so many pairs
        hard = max(hard, -(-(wanted - asked.scenes) // (len(scenes.KINDS) - 1)))
    groups = {"scene": [pictures.read(scenes.scene(seed)) for seed in range(max(asked.scenes, 2))]}
    for kind in (kind for kind in scenes.KINDS if kind != "scene"):
        groups[kind] = [pictures.read(scenes.KINDS[kind](seed)) for seed in range(hard)]
    unrelated(groups)
    others = [p for kind, some in groups.items() if kind != "scene" for p in some]
    recall(groups["scene"], others, min(asked.scenes, 100))
    pairwise({kind: some[:300] for kind, some in groups.items()}, asked.pairwise)


if __name__ == "__main__":
    main()
