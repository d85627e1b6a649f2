"""Films beside one another: one stretch found in spite of edits, trims and logos; other films and takes told apart."""

from __future__ import annotations

import os
from functools import lru_cache
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from core.errors import BadInput
from matchers import film_prints, pdq, video
from matchers.film_prints import FilmPrint
from tests.filming import scene, texture

RATE = 8
Array = NDArray[np.uint8]
DATA = Path(os.environ.get("COPYTRAIL_DATA") or Path(__file__).parents[2].parent / "shared" / "data") / "vpdq-tmk"


def printed(frames: Array, rate: float = RATE, box: tuple[slice, slice] | None = None) -> FilmPrint:
    """Return the print of frames, and of what is within a box of them."""
    looks = []
    for part in [frames] if box is None else [frames, frames[:, box[0], box[1]]]:
        found = [pdq.hash_picture(np.ascontiguousarray(frame)) for frame in part]
        looks.append(film_prints.look(np.stack([p.bits for p in found]), [p.quality for p in found]))
    return FilmPrint(len(frames) / rate, rate, looks[0], looks[1] if box else None)


@lru_cache
def wandering(seed: int, seconds: float = 8.0) -> Array:
    return scene(seed, seconds, rate=RATE, size=(128, 160))


def test_a_film_matches_itself_whole() -> None:
    film = printed(wandering(1))
    verdict = video.compare(film, film)
    assert verdict is not None
    assert (verdict.score, verdict.strength) == (1.0, "A")
    assert (verdict.detail["left_percent"], verdict.detail["right_percent"]) == (100, 100)
    assert verdict.detail["segments"] == [[0, 8, 0, 8, 0]]
    assert "100 % of the frames" in verdict.sentence


def test_a_part_is_found_with_its_moments_and_both_percentages() -> None:
    whole, part = printed(wandering(1)), printed(wandering(1)[20:52])
    verdict = video.compare(whole, part)
    assert verdict is not None
    assert verdict.detail["segments"][0][:4] == [2.5, 6.5, 0, 4]
    assert verdict.detail["right_percent"] == 100
    assert 40 < verdict.detail["left_percent"] < 70
    assert verdict.score == 1.0


def test_films_read_at_other_rates_are_laid_side_by_side() -> None:
    verdict = video.compare(printed(wandering(1)[::4], 2), printed(wandering(1)))
    assert verdict is not None
    assert verdict.detail["segments"][0][:4] == pytest.approx([0, 8, 0, 8], abs=0.6)


def test_a_logo_over_a_quarter_does_not_hide_it() -> None:
    logo = wandering(1).copy()
    logo[:, 8:72, 10:90] = texture(50)[:64, :80]
    verdict = video.compare(printed(wandering(1)), printed(logo))
    assert verdict is not None
    assert verdict.detail["near_frames"] < verdict.detail["frames"] / 2
    assert "laid over" in verdict.sentence


def test_bars_and_mirrors_are_seen_through() -> None:
    barred = np.zeros((64, 200, 160, 3), np.uint8)
    barred[:, 36:164] = wandering(1)
    verdict = video.compare(printed(wandering(1)), printed(barred, box=(slice(36, 164), slice(0, 160))))
    assert verdict is not None
    assert verdict.detail["mean_distance"] < 5
    turned = video.compare(printed(wandering(1)), printed(wandering(1)[:, :, ::-1]))
    assert turned is not None
    assert turned.detail["mirrored"]
    assert "mirrored" in turned.sentence


def test_two_stories_cut_into_one_match_both() -> None:
    both = printed(np.concatenate([wandering(2)[10:50], wandering(1)[5:45]]))
    verdict = video.compare(both, printed(np.concatenate([wandering(1), wandering(2)])))
    assert verdict is not None
    assert len(verdict.detail["segments"]) == 2
    assert verdict.score > 0.9


def test_other_films_do_not_match() -> None:
    films = [printed(wandering(seed, 4)) for seed in range(20, 32)]
    assert [video.compare(a, b) for a, b in combinations(films, 2)] == [None] * 66
    assert not any(film_prints.worth(a, b) for a, b in combinations(films, 2))


def test_another_take_of_a_still_scene_is_not_taken_for_the_same() -> None:
    chance = np.random.default_rng(3)
    ground = texture(60)[:128, :160]
    takes = [np.stack([ground] * 40).astype(np.int16) + chance.normal(0, 6, (40, 128, 160, 1)) for _ in range(2)]
    verdict = video.compare(*(printed(np.clip(take, 0, 255).astype(np.uint8)) for take in takes))
    assert verdict is not None
    assert verdict.strength in ("B", "C")
    assert "still" in verdict.sentence or "too little moves" in verdict.sentence


def test_black_films_and_empty_ones_match_nothing() -> None:
    black = printed(np.zeros((40, 64, 64, 3), np.uint8))
    empty = FilmPrint(0.0, 8.0, film_prints.look(np.zeros((0, 32), np.uint8), []))
    for film in (black, empty):
        for other in (film, printed(wandering(1))):
            assert video.compare(film, other) is None
            assert not film_prints.worth(film, other)


def test_prints_are_kept_and_damaged_ones_told() -> None:
    film = printed(wandering(1)[:10], box=(slice(0, 100), slice(0, 100)))
    again = film_prints.unpack(film_prints.pack(film))
    assert (again.seconds, again.rate) == (film.seconds, film.rate)
    assert np.array_equal(again.main.hashes, film.main.hashes)
    assert np.array_equal(again.whole.seen, film.whole.seen)
    for damaged in (b"", b"film 1\0\0", film_prints.pack(film)[:-1], b"x" * 700):
        with pytest.raises(BadInput, match="made anew"):
            film_prints.unpack(damaged)


def test_a_picture_is_told_as_a_frame() -> None:
    verdict = video.frame(65.2, 12, picture_left=True)
    assert verdict.sentence.startswith("The picture (left) matches the frame of the film at 1:05: 12 of 256 bits")


@pytest.mark.recorded
@pytest.mark.skipif(not DATA.is_dir(), reason="the labelled films are not beside the project")
def test_the_published_films_cluster_as_they_are_named() -> None:
    films = {}
    for path in sorted((DATA / "vpdq-hashes").glob("*.txt")):
        rows = [line.split(",") for line in path.read_text().split()][:: 30 // 10]
        hashes = np.stack([pdq.from_hex(row[2]) for row in rows])
        films[path.stem] = FilmPrint(len(rows) / 10, 10.0, film_prints.look(hashes, [int(row[1]) for row in rows]))
    groups = {name: {name} for name in films}
    for a, b in combinations(films, 2):
        verdict = video.compare(films[a], films[b]) if film_prints.worth(films[a], films[b]) else None
        assert verdict is None or a.split("-")[0] == b.split("-")[0]
        if verdict is not None and verdict.strength != "C":
            joined = groups[a] | groups[b]
            groups.update(dict.fromkeys(joined, joined))
    assert {tuple(sorted({name.split("-")[0] for name in group})) for group in groups.values()} == {
        ("chair",), ("doorknob",), ("pattern",),
    }  # fmt: skip
    assert len({id(group) for group in groups.values()}) == 3
