"""Match films and sounds: published hash lists clustered by name, our own prints of published films, false matches.

usage: python -m benchmarks.media [--data ../shared/data] [--pairs 20000]

The labelled films are those of ThreatExchange (vpdq-tmk: 15 lists of frame hashes, 7 films); without them only the
invented ones are measured. What is unrelated is invented: cameras that wander over textures, melodies.
"""

from __future__ import annotations

import argparse
import itertools
import time
from pathlib import Path

import numpy as np

from archive import frames, sound
from matchers import film_prints as films
from matchers import pdq, video
from matchers import sound as sounds
from matchers.film_prints import FilmPrint
from tests import filming


def listed(path: Path, step: int, first: int = 0) -> FilmPrint:
    """Return the film of a published list of frame hashes, every `step`th frame of it."""
    rows = [line.split(",") for line in path.read_text().split()][first::step]
    hashes = np.stack([pdq.from_hex(row[2]) for row in rows])
    rate = 30 / step
    return FilmPrint(len(rows) / rate, rate, films.look(hashes, [int(row[1]) for row in rows]))


def groups(names: list[str], joined: list[tuple[str, str]]) -> list[set[str]]:
    """Return what hangs together."""
    found = [{name} for name in names]
    for a, b in joined:
        one, other = (next(g for g in found if n in g) for n in (a, b))
        if one is not other:
            one |= other
            found.remove(other)
    return found


def clusters(data: Path) -> None:
    """Cluster the published hash lists, as they are, and with the frames of every other film taken in between."""
    paths = sorted((data / "vpdq-tmk" / "vpdq-hashes").glob("*.txt"))
    for title, step, apart in (("every frame", 1, 0), ("8 a second, phases apart", 4, 2), ("1 a second", 30, 0)):
        read = {p.stem: listed(p, step, apart * (n % 2)) for n, p in enumerate(paths)}
        joined, wrong, missed = [], 0, []
        for a, b in itertools.combinations(read, 2):
            verdict = video.compare(read[a], read[b]) if films.worth(read[a], read[b]) else None
            same = a.split("-")[0] == b.split("-")[0]
            wrong += verdict is not None and not same
            if verdict is not None and verdict.strength != "C":
                joined.append((a, b))
            elif same:
                missed.append((a, b))
        found = groups(list(read), joined)
        wanted = groups(list(read), [(a, b) for a, b in itertools.combinations(read, 2) if a[:5] == b[:5]])
        right = sorted(map(sorted, found)) == sorted(map(sorted, wanted))
        print(f"{title}: {len(found)} clusters of {len(read)}, {'as named' if right else 'NOT as named'}; "
              f"{len(joined)} pairs joined, {len(missed)} of one name not, {wrong} across names")  # fmt: skip


def own(data: Path) -> None:
    """Read the published films ourselves, and compare with the published hashes of the same frames."""
    for path in sorted((data / "vpdq-tmk" / "videos").glob("*.mp4")):
        began = time.perf_counter()
        film, print_ = read(path)
        took = time.perf_counter() - began
        given = listed(data / "vpdq-tmk" / "vpdq-hashes" / f"{path.stem}.txt", 1)
        verdict = video.compare(FilmPrint(print_.seconds, print_.rate, print_.whole), given)
        gaps = f"mean distance {verdict.detail['mean_distance']}" if verdict else "NO MATCH"
        speed = film.probed.seconds / took
        print(f"{path.stem}: {film.frames} frames in {took:.2f} s ({film.frames / took:.0f} frames/s kept, "
              f"{speed:.0f} times as fast as it plays); against the published list: {gaps}")  # fmt: skip


def read(path: Path) -> tuple[frames.Film, FilmPrint]:
    """Return a film as the product reads it."""
    film = frames.open_film(path)
    whole, inner = [], []
    for frame in frames.frames(path, film):
        whole.append(pdq.reduced(frame))
        if film.box is not None:
            inner.append(pdq.reduced(np.ascontiguousarray(film.within(frame))))
    looks = [films.look(np.stack([p.bits for p in some]), [p.quality for p in some]) for some in (whole, inner) if some]
    return film, FilmPrint(film.seconds, film.rate, looks[0], looks[1] if inner else None)


def invented(count: int, pairs: int) -> None:
    """Count false matches of invented films and sounds, and time a comparison."""
    chance = np.random.default_rng(5)
    made = []
    for seed in range(count):
        got = [pdq.hash_picture(frame) for frame in filming.scene(10_000 + seed, 8, rate=8, size=(128, 160))]
        looked = films.look(np.stack([p.bits for p in got]), [p.quality for p in got])
        made.append(FilmPrint(len(got) / 8, 8.0, looked))
    chosen = [tuple(chance.choice(count, 2, replace=False)) for _ in range(pairs)]
    began = time.perf_counter()
    promising = [(a, b) for a, b in chosen if films.worth(made[a], made[b])]
    each = (time.perf_counter() - began) / pairs
    false = sum(video.compare(made[a], made[b]) is not None for a, b in chosen)
    print(f"{pairs:,} pairs of unrelated films of 8 s: {len(promising)} promise something, {false} false matches; "
          f"a first look takes {each * 1e6:.0f} us")  # fmt: skip
    heard = [sounds.sound_print(filming.melody(20_000 + seed, 20)) for seed in range(min(count, 60))]
    both = list(itertools.combinations(heard, 2))
    false = sum(sounds.compare(a, b) is not None for a, b in both)
    print(f"{len(both):,} pairs of unrelated sounds of 20 s: {false} false matches")


def edited() -> None:
    """Count how many edits of sounds are found."""
    chance = np.random.default_rng(6)
    for title, edit in (
        ("a tenth as loud", lambda x: x // 10),
        ("begun 3.3 s later", lambda x: x[36_400:]),
        ("noise at 10 dB", lambda x: np.clip(x + chance.normal(size=len(x)) * x.std() * 0.316, -32768, 32767)),
        ("10 s within another", lambda x: np.concatenate([filming.melody(999, 10), x[50_000:160_250]])),
    ):
        found = 0
        for seed in range(20):
            samples = filming.melody(30_000 + seed, 20)
            prints = [sounds.sound_print(s) for s in (samples, np.asarray(edit(samples), np.int16))]
            found += sounds.compare(*prints) is not None
        print(f"sounds {title}: {found} of 20 found")


def main() -> None:
    """Print all of it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--films", type=int, default=200)
    parser.add_argument("--pairs", type=int, default=20_000)
    asked = parser.parse_args()
    if (asked.data / "vpdq-tmk").is_dir():
        clusters(asked.data)
        own(asked.data)
        heard = {p.stem: sound.read_sound(p) for p in sorted((asked.data / "vpdq-tmk" / "videos").glob("*.mp4"))}
        prints = {name: sounds.sound_print(one.samples) for name, one in heard.items() if one is not None}
        for a, b in itertools.combinations(prints, 2):
            verdict = sounds.compare(prints[a], prints[b])
            if (verdict is not None) != (a.split("-")[0] == b.split("-")[0]):
                print(f"sound of {a} and {b}: {'matched' if verdict else 'missed'}")
    else:
        print(f"{asked.data / 'vpdq-tmk'} is not here: only invented films and sounds")
    edited()
    invented(asked.films, asked.pairs)


if __name__ == "__main__":
    main()
