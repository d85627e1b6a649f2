"""Texts are signed alike wherever they come from, on any number of threads, and whatever stands in them."""

from __future__ import annotations

import random

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from matchers import fold, kernel
from matchers.kernel import Signatures, Texts, text

SOME = [
    "The dredger broke down in the first week of January, says the committee of Lowmarsh harbour.",
    "低沼港的码头将关闭到春天，因为挖泥船在一月的第一个星期坏了，委员会说。",
    "Гавань Низкого Берега закрыта до весны, сообщает комитет: сломалась землечерпалка.",
    "", "?", "🚢🚢🚢", "مرحبا \u202bبالعالم\u202c", "\ud800 alone \udc00", "x" * 3000,
]  # fmt: skip


def same(left: Signatures, right: Signatures) -> bool:
    return all(np.array_equal(a, b) for a, b in zip(left, right, strict=True))


@pytest.mark.parametrize("threads", [1, 2, 5])
@pytest.mark.parametrize("portion", [1, 200, 1 << 24])
def test_threads_and_portions_change_nothing(threads: int, portion: int, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = kernel.sign(SOME * 3)
    monkeypatch.setattr(kernel, "PORTION", portion)
    assert same(kernel.sign(SOME * 3, threads=threads), whole)


def test_each_text_is_signed_as_it_is_alone() -> None:
    whole = kernel.sign(SOME)
    for i, one in enumerate(SOME):
        alone = kernel.sign([one])
        assert whole.keys[whole.starts[i] : whole.starts[i + 1]].tolist() == alone.keys.tolist()
        assert whole.norms[i] == alone.norms[0]


@pytest.mark.parametrize(
    "column",
    [
        pa.array(SOME[:7]),
        pa.array(SOME[:7], pa.large_string()),
        pa.chunked_array([SOME[:3], SOME[3:7]]),
        pa.array(["before", *SOME[:7], "after"]).slice(1, 7),
        pa.array(SOME[:7]).dictionary_encode(),
        pa.array([*SOME[:3], None, *SOME[4:7]]),
    ],
)
def test_arrow_columns_are_signed_like_texts(column: pa.Array) -> None:
    assert same(kernel.sign(kernel.texts_in(column)), kernel.sign(SOME[:7]))


def test_one_arrow_array_is_not_copied() -> None:
    column = pa.array(SOME[:3], pa.large_string())
    texts = kernel.texts_in(column)
    assert texts.buffer.ctypes.data == column.buffers()[2].address
    assert texts.offsets.ctypes.data == column.buffers()[1].address


def test_no_texts_in_a_column() -> None:
    assert len(kernel.texts_in(pa.array([], pa.string()))) == 0
    assert len(kernel.sign(kernel.texts_in(pa.chunked_array([], pa.large_string()))).keys) == 0


def test_parts_and_chosen_rows_are_the_texts_they_were() -> None:
    texts = kernel.texts_of(SOME)
    assert same(kernel.sign(texts.part(1, 4)), kernel.sign(SOME[1:4]))
    assert same(kernel.sign(texts.take(np.array([4, 0, 0]))), kernel.sign([SOME[4], SOME[0], SOME[0]]))
    assert texts.part(2, 2).cuts(10) == [0]


@given(st.lists(st.integers(0, 40), max_size=30), st.integers(1, 60))
def test_portions_hold_all_texts_once_in_order(sizes: list[int], portion: int) -> None:
    texts = kernel.texts_of(["x" * size for size in sizes])
    cuts = texts.cuts(portion)
    assert cuts[0] == 0
    assert cuts[-1] == len(sizes)
    assert cuts == sorted(set(cuts))


def test_letters_are_those_of_the_fold_with_their_places() -> None:
    whole = kernel.texts_of(SOME)
    chosen = np.array([6, 1, 0, 7], np.int64)
    letters, at, starts, measures = text.letters_of(whole.buffer, whole.offsets, chosen, *fold.tables())
    bare, nothing, _, _ = text.bare_letters(whole.buffer, whole.offsets, chosen, *fold.tables())
    assert np.array_equal(bare, letters)
    assert len(nothing) == 0
    for i, row in enumerate(chosen):
        folded = fold.fold(SOME[row])
        assert letters[starts[i] : starts[i + 1]].tolist() == folded.letters
        assert at[starts[i] : starts[i + 1]].tolist() == folded.at
        assert measures[i].tolist() == [len(folded.letters), folded.words, folded.dense]


@given(st.lists(st.binary(max_size=60), max_size=6))
@settings(max_examples=200, deadline=None)
def test_damaged_utf8_is_signed_without_reading_beyond_it(pieces: list[bytes]) -> None:
    data = b"".join(pieces)
    offsets = np.cumsum([0, *map(len, pieces)]).astype(np.int64)
    texts = Texts(np.frombuffer(data, np.uint8), offsets)
    assert same(kernel.sign(texts), kernel.sign(texts, threads=2))


@pytest.mark.parametrize(
    "piece", ["a", "港", "ﷺ", "\u0301", "🚢", "e\u0301\u200b\u202e", "ab 港口 при \u0627 ", "@a http://"]
)
def test_five_megabytes_of_anything_are_signed(piece: str) -> None:
    long = piece * (5_000_000 // len(piece.encode()))
    signed = kernel.sign([long, SOME[0]])
    assert signed.starts[2] - signed.starts[1] == len(kernel.sign([SOME[0]]).keys)


def test_a_long_text_of_chance_letters_has_keys_in_proportion() -> None:
    chance = random.Random(5)
    long = "".join(chance.choices("abcdefghijklmnopqrstuvwxyz ", k=1_000_000))
    letters = kernel.sign([long]).measures[0, 0]
    assert 0.9 < len(kernel.sign([long]).keys) / (2 * letters / (kernel.WINDOW + 1)) < 1.1


def test_short_texts_have_no_keys_and_say_so() -> None:
    signed = kernel.sign(
        ["seventeen letters", "eighteen letters..", "low marsh harbours", "港口港口港口港", "港口关闭港口关闭"]
    )
    assert (np.diff(signed.starts) > 0).tolist() == signed.signed().tolist() == [False, False, False, False, True]
