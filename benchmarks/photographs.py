"""Measure picture matching on photographs of others: recall an edit, and what is told of different pictures.

usage: python -m benchmarks.photographs FOLDER [--every 1] [--unlike FOLDER]

FOLDER holds pictures at any depth, such as packages of wallpapers taken apart (docs/media.md names those the figures
were taken on; nothing of them is part of the project). Of pictures nearly the same the first by name is taken. Recall
is measured pairwise and through the index of all pictures, of `--unlike` too; what is told of different pictures there
is listed, to be judged by eye: screens of one program do hold the same pictures.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from archive.pictures import PictureRefused, open_picture
from benchmarks import scenes
from matchers import image, pdq, pictures
from matchers.picture_index import PictureIndex
from matchers.pictures import PicturePrint

Array = NDArray[Any]

ENDINGS = {".jpg", ".jpeg", ".png", ".webp"}
SHORTEST, LONGEST = 300, 1024  # pixels of the shorter side a picture has at least; of the longer one that is edited
LIKE = 60  # bits between hashes below which two pictures may be sizes of one
COLOURS = 300  # different colours (of 32,768) a photograph has at least, in some 16,000 samples


def _found(folder: Path) -> Iterator[tuple[Path, Array]]:
    """Yield pictures that are large enough and show something, each once."""
    hashes = np.zeros((0, 32), np.uint8)
    for path in sorted(folder.rglob("*")):
        if path.suffix.lower() not in ENDINGS or path.is_symlink() or not path.is_file():
            continue
        try:
            rgb = open_picture(path.read_bytes(), longest=LONGEST).rgb
        except PictureRefused:
            continue
        height, width = rgb.shape[:2]
        if min(height, width) < SHORTEST or max(height, width) > 3 * min(height, width):
            continue
        looked = pdq.reduced(rgb)
        if looked.quality < pdq.QUALITY or (np.bitwise_count(hashes ^ looked.bits).sum(axis=1) <= LIKE).any():
            continue
        hashes = np.concatenate([hashes, looked.bits[None]])
        step = max(1, max(height, width) // LONGEST)
        yield path, np.ascontiguousarray(rgb[::step, ::step])


def _photographic(rgb: Array) -> bool:
    down, across = (max(1, side // 128) for side in rgb.shape[:2])
    some = (rgb[::down, ::across] // 8).astype(np.int64).reshape(-1, 3)
    return len(np.unique(some @ np.array([1024, 32, 1]))) >= COLOURS


def recall(chosen: list[Array], every: list[PicturePrint], index: PictureIndex) -> None:
    """Print for each edit which part of the photographs is found again; they are the first of `every`."""
    for name, edit in scenes.EDITS.items():
        edited = []
        for number, rgb in enumerate(chosen):
            r = np.random.default_rng([3, number])
            edited.append(pictures.read(scenes.posted(edit(rgb, r), r)))
        found = index.candidates(list(range(len(every), len(every) + len(edited))), edited)
        right = [image.compare(one, every[number]) is not None for number, one in enumerate(edited)]
        through = [hit and number in found[number] for number, hit in enumerate(right)]
        print(f"  {name:24s} {np.mean(right):.3f}  {np.mean(through):.3f}", flush=True)


def unlike(paths: list[Path], every: list[PicturePrint], index: PictureIndex) -> None:
    """Print what is told of different pictures."""
    told = [
        f"{paths[number].name}  {paths[other].name}  {verdict.detail['matcher']} {verdict.strength}"
        for number, others in enumerate(index.candidates(list(range(len(every), 2 * len(every))), every))
        for other in others
        if other < number and (verdict := image.compare(every[number], every[other]))
    ]
    print(f"{len(told)} told of {len(every) * (len(every) - 1) // 2:,} pairs of different pictures:")
    print("\n".join(told))


def main() -> None:
    """Run what the arguments ask for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--every", type=int, default=1, help="take one of so many photographs")
    parser.add_argument("--unlike", type=Path)
    asked = parser.parse_args()
    some = [pair for pair in _found(asked.folder) if _photographic(pair[1])][:: asked.every]
    paths, chosen = [path for path, _ in some], [rgb for _, rgb in some]
    every = [pictures.read(rgb) for rgb in chosen]
    for path, rgb in _found(asked.unlike) if asked.unlike else ():
        paths.append(path)
        every.append(pictures.read(rgb))
    with tempfile.TemporaryDirectory() as folder, PictureIndex(Path(folder), "benchmark") as index:
        for at in range(0, len(every), 500):
            lot = every[at : at + 500]
            index.append(list(range(at, at + len(lot))), lot, at + 1, "b")
        print(f"{len(chosen)} photographs, index of {index.pictures:,}; share found: pairwise, through the index")
        recall(chosen, every, index)
        unlike(paths, every, index)


if __name__ == "__main__":
    main()
