"""Texts in parts, keys in ranges: the pairs are those of all in memory."""

from __future__ import annotations

import random
from itertools import pairwise

import numpy as np
import pytest

from matchers import bulk, kernel, partition
from matchers.bulk import BulkPairs
from matchers.commons import NOTHING, Commons
from matchers.judged import EXACT
from matchers.partition import Chosen, Some
from matchers.wording import NEAR


def invented(count: int, seed: int) -> list[str]:
    """Return texts of which many are copies, edited copies or quotations of earlier ones."""
    chance = random.Random(seed)
    words = ["".join(chance.choices("bcdfglmnprstvaeiou", k=chance.randint(3, 8))) for _ in range(900)]
    made: list[list[str]] = []
    for n in range(count):
        text = chance.choices(words, k=chance.randint(4, 60))
        if n > 20 and n % 3 == 0:
            base = list(chance.choice(made))
            kind = chance.randrange(4)
            if kind == 1:
                base[chance.randrange(len(base))] = "changed"
            elif kind == 2:
                base = text[:20] + base[:25] + text[20:30]
            elif kind == 3:
                base = base[: len(base) // 2 + 3]
            text = base
        if n % 11 == 0:
            text = [*text, *words[:14]]
        made.append(text)
    return [" ".join(text) for text in made]


def in_parts(texts: list[str], accounts: np.ndarray, cuts: list[int], ranges: int, commons: Commons) -> BulkPairs:
    """Do in one process what a cluster does in many."""
    whole, told = kernel.texts_of(texts), (NEAR, commons)
    parts = list(pairwise(cuts))
    somes = [Some(np.arange(a, b), whole.part(a, b), accounts[a:b]) for a, b in parts]
    signed = [partition.sign(some.texts) for some in somes]
    dealt = [partition.norms(one, a, ranges) for one, (a, _) in zip(signed, parts, strict=True)]
    found = [partition.originals([one[r] for one in dealt]) for r in range(ranges)]
    later, original = (np.concatenate(side) for side in zip(*found, strict=True))
    order, none = np.argsort(later), np.zeros(len(later), np.int32)
    pairs = Chosen(later[order], original[order], none, none, none.astype(np.uint8))
    everything = partition.together(somes)
    exact = partition.judge(pairs, everything, told, alone=True)
    exact = BulkPairs(*(column[exact.kind == EXACT] for column in exact))
    indexed, portions = [], []
    for one, (a, b) in zip(signed, parts, strict=True):
        copies = exact.right[(exact.right >= a) & (exact.right < b)] - a
        of, dealt_keys = partition.indexed(one, copies, ranges, commons)
        indexed.append(of)
        portions.append(dealt_keys)
    ends = np.cumsum([len(one.places) for one in indexed]).tolist()
    begins = [0, *ends[:-1]]
    sizes = np.concatenate([one.sizes for one in indexed])
    met = [partition.met([one[r] for one in portions], ends) for r in range(ranges)]
    ranked = partition.together([
        some.take(np.arange(rank, end), of.places)
        for some, of, rank, end in zip(somes, indexed, begins, ends, strict=True)
    ])  # fmt: skip
    numbers = np.concatenate([one.places + a for one, (a, _) in zip(indexed, parts, strict=True)])
    tails = [
        partition.tails_of(of, rank, np.arange(rank, end)) for of, rank, end in zip(indexed, begins, ends, strict=True)
    ]
    judged = [exact]
    for n, (of, rank) in enumerate(zip(indexed, begins, strict=True)):
        chosen = partition.candidates([one[n] for one in met], rank, of.sizes, sizes)
        near = partition.judge(partition.chained(chosen, tails), ranked, told)
        judged.append(near._replace(left=numbers[near.left], right=numbers[near.right]))
    return bulk.joined(judged)


@pytest.mark.parametrize(("cuts", "ranges"), [([0, 600], 1), ([0, 137, 138, 400, 600], 4), ([0, 300, 300, 600], 8)])
def test_parts_and_ranges_change_nothing(cuts: list[int], ranges: int) -> None:
    texts = invented(600, seed=3)
    accounts = np.arange(600) % 40
    for commons in (NOTHING, Commons.of([" ".join(texts[0].split()[-14:])])):
        whole = bulk.match(kernel.texts_of(texts), accounts=accounts, commons=commons)
        parts = in_parts(texts, accounts, cuts, ranges, commons)
        assert len(whole.left) > 100
        assert set(whole.kind.tolist()) == {1, 2, 3}
        for name, column in whole._asdict().items():
            np.testing.assert_array_equal(getattr(parts, name), column, err_msg=name)


def test_no_texts_make_no_pairs() -> None:
    assert len(in_parts(["", "a"], np.array([1, 2]), [0, 1, 2], 2, NOTHING).left) == 0
