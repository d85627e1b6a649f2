"""Sounds side by side: found in spite of loudness, noise and trims; silence, tones and other sounds say nothing."""

from __future__ import annotations

from functools import lru_cache
from itertools import combinations

import numpy as np
import pytest
from numpy.typing import NDArray

from core.errors import BadInput
from matchers import sound
from matchers.base import Verdict
from tests.filming import HERTZ, melody

Array = NDArray[np.int16]


@lru_cache
def tune(seed: int = 1, seconds: float = 20.0) -> Array:
    return melody(seed, seconds)


def near(one: Array, other: Array) -> Verdict | None:
    return sound.compare(sound.sound_print(one), sound.sound_print(other))


def test_a_sound_matches_itself() -> None:
    verdict = near(tune(), tune())
    assert verdict is not None
    assert verdict.strength == "A"
    assert verdict.detail["errors"] == 0
    assert verdict.detail["offset"] == 0


@pytest.mark.parametrize("edit", ["quiet", "noise", "clipped", "echo"])
def test_edits_do_not_hide_it(edit: str) -> None:
    samples, chance = tune().astype(np.float64), np.random.default_rng(2)
    changed = {
        "quiet": samples / 12, "noise": samples + chance.normal(size=len(samples)) * samples.std() * 0.3,
        "clipped": samples * 4, "echo": samples + 0.4 * np.roll(samples, 2000),
    }[edit]  # fmt: skip
    verdict = near(tune(), np.clip(changed, -32768, 32767).astype(np.int16))
    assert verdict is not None
    assert verdict.detail["matched_seconds"] > 15


def test_a_part_within_another_sound_is_found_with_its_moments() -> None:
    mixed = np.concatenate([tune(2, 7), tune()[5 * HERTZ : 17 * HERTZ], tune(3, 4)])
    verdict = near(tune(), mixed)
    assert verdict is not None
    assert verdict.detail["offset"] == pytest.approx(-2, abs=0.1)
    left, _, right, _, _ = verdict.detail["segments"][0]
    assert (left, right) == pytest.approx((5, 7), abs=0.6)
    assert verdict.detail["matched_seconds"] == pytest.approx(12, abs=1)


def test_other_sounds_do_not_match() -> None:
    prints = [sound.sound_print(melody(seed, 12)) for seed in range(40, 52)]
    assert [sound.compare(a, b) for a, b in combinations(prints, 2)] == [None] * 66


def test_silence_tones_and_short_sounds_say_nothing() -> None:
    moments = np.arange(8 * HERTZ) / HERTZ
    tone = (np.sin(2 * np.pi * 880 * moments) * 9000).astype(np.int16)
    for samples in (np.zeros(8 * HERTZ, np.int16), tone, tune()[: 2 * HERTZ], np.zeros(0, np.int16), tune()[:3000]):
        made = sound.sound_print(samples)
        reason = sound.lacking(made)
        assert reason is not None
        assert "3 s are needed" in reason
        assert sound.compare(made, made) is None
        assert sum(len(keys) for keys in sound.keys(made)) < 100
    assert sound.lacking(sound.sound_print(tune())) is None


def test_keys_of_a_copy_are_among_those_of_the_whole() -> None:
    whole = np.unique(np.concatenate(sound.keys(sound.sound_print(tune()))))
    part = np.unique(np.concatenate(sound.keys(sound.sound_print(tune()[4123:] // 3))))
    other = np.unique(np.concatenate(sound.keys(sound.sound_print(tune(9)))))
    assert len(np.intersect1d(whole, part)) > 0.3 * len(part)
    assert len(np.intersect1d(whole, other)) < 0.02 * len(other)


def test_long_sounds_have_keys_by_the_minute() -> None:
    made = sound.SoundPrint(np.arange(1, 10_001, dtype=np.uint32))
    assert len(sound.keys(made)) == 4


def test_prints_are_kept_and_damaged_ones_told() -> None:
    made = sound.sound_print(tune())
    assert np.array_equal(sound.unpack(sound.pack(made)).bits, made.bits)
    for damaged in (b"", sound.pack(made)[:-3], b"x" * 40):
        with pytest.raises(BadInput, match="made anew"):
            sound.unpack(damaged)
