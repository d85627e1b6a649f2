"""The compiled kernel does what the plain Python reference does, on any text."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from matchers import kernel
from matchers.fold import DENSE, LETTER, fold

MASK = 2**64 - 1
BASE = 0x9E3779B97F4A7C15
ANY = st.text(st.characters(codec=None, exclude_categories=()), max_size=400)
PIECES = (
    "low", "marsh", "harbour", "港", "口", "は", "ไม่", "пристань", "①", "ﷺ", "ﬁ", "https://x.example", "@you", "🚢",
    "e\u0301", "각",
)  # fmt: skip
WORDY = st.lists(st.sampled_from(PIECES)).map(" ".join)


def mix(h: int) -> int:
    h = ((h ^ (h >> 30)) * 0xBF58476D1CE4E5B9) & MASK
    h = ((h ^ (h >> 27)) * 0x94D049BB133111EB) & MASK
    return h ^ (h >> 31)


def gram(letters: list[int]) -> int:
    h = 0
    for letter in letters:
        h = (h * BASE + letter) & MASK
    return mix(h)


def grams(letters: list[int], width: int, dense_width: int) -> list[int]:
    found = []
    for i, letter in enumerate(letters):
        size = dense_width if letter & DENSE else width
        if i + 1 >= size:
            found.append(gram(letters[i + 1 - size : i + 1]))
    return found


def winnowed(hashes: list[int], window: int) -> list[int]:
    """Winnowing from its definition: the least of every window (by its upper 56 bits), each once, in text order."""
    ranks = [h & ~255 | i & 255 for i, h in enumerate(hashes)]
    least = (min(ranks[i : i + window]) for i in range(max(len(hashes) - window + 1, 1) if hashes else 0))
    return list(dict.fromkeys(hashes[i + ((rank - i) & 255)] for i, rank in enumerate(least)))


def norm(letters: list[int]) -> int:
    h = mix((len(letters) + BASE) & MASK)
    plain, whole = [letter & LETTER for letter in letters], len(letters) // 3 * 3
    words = [plain[i] | plain[i + 1] << 21 | plain[i + 2] << 42 for i in range(0, whole, 3)] + plain[whole:]
    for word in words:
        h = ((h ^ word) * BASE) & MASK
        h ^= h >> 32
    return mix(h)


def reference(text: str) -> tuple[list[int], int, tuple[int, int, int]]:
    folded = fold(text)
    letters = folded.letters
    weight = (len(letters) - folded.dense) * kernel.LETTER_WEIGHT + folded.dense * kernel.SHORT_DENSE
    hashes = grams(letters, kernel.WIDTH, kernel.DENSE_WIDTH) if weight >= kernel.SHORT else []
    narrow = len(hashes) < kernel.FEW or 2 * folded.dense > len(letters)
    window = kernel.NARROW if narrow else kernel.WINDOW
    return winnowed(hashes, window), norm(letters), (len(letters), folded.words, folded.dense)


def check(texts: list[str]) -> None:
    signed = kernel.sign(texts)
    for i, text in enumerate(texts):
        keys, norm, measures = reference(text)
        assert signed.keys[signed.starts[i] : signed.starts[i + 1]].tolist() == keys
        assert int(signed.norms[i]) == norm
        assert tuple(signed.measures[i].tolist()) == measures


@given(st.lists(ANY | WORDY, max_size=4))
@settings(max_examples=150, deadline=None)
def test_kernel_equals_the_reference_on_any_text(texts: list[str]) -> None:
    check(texts)


@pytest.mark.parametrize(
    "text",
    [
        "", "\ud800\udc00\udfff broken", "a" * 100_000, "ﷺ" * 5_000, "港口" * 20_000, "x y " * 50_000,
        "https://" * 20_000, "@" * 50_000, "@a" * 50_000, "www." * 20_000, "\u0301" * 50_000, "\U0001f6a2" * 20_000,
    ],
)  # fmt: skip
def test_odd_and_huge_texts_are_signed_as_the_reference_says(text: str) -> None:
    check([text])


def test_a_million_letters_of_one_kind_give_one_key() -> None:
    signed = kernel.sign(["港" * 1_000_000, "a" * 1_000_000])
    assert signed.starts.tolist() == [0, 1, 2]
    assert signed.enough().tolist() == [True, False]  # a letter repeated is one word


def test_no_texts_at_all() -> None:
    signed = kernel.sign([])
    assert len(signed.keys) == 0


def test_a_common_stretch_gives_a_common_key_whatever_stands_around_it() -> None:
    stretch = "the dredger broke down in the first week of January"
    a = kernel.sign([f"Says the committee of Lowmarsh on a wet and windy Monday morning: {stretch}, alas!"])
    b = kernel.sign([f"Nobody in the whole of the town would believe it but {stretch.upper()}."])
    assert np.intersect1d(a.keys, b.keys).size
