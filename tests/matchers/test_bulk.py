"""All at once finds the pairs that are found batch by batch, on any number of threads."""

from __future__ import annotations

import random
from pathlib import Path

import numpy as np
import pytest

from matchers import bulk, kernel, wording
from matchers.commons import NOTHING
from matchers.judged import EXACT, EXCERPT, NEAR
from matchers.segments import Batch, Segments

WORDS = [
    a + b + c for a in ("ka", "mo", "ti", "re", "su") for b in ("lan", "dor", "vik", "pem") for c in ("a", "is", "ot")
]


def invented(count: int) -> tuple[list[str], list[int]]:
    """Texts of which some repeat, edit or quote an earlier one, and the accounts behind them."""
    chance = random.Random(3)
    texts: list[str] = []
    for number in range(count):
        words = chance.choices(WORDS, k=chance.randint(5, 90))
        if number > 20 and number % 4 == 0:
            words = chance.choice(texts).split()
            if number % 3 == 0 and len(words) > 4:
                words[chance.randrange(len(words))] = "changed"
            elif number % 3 == 1:
                words = chance.choices(WORDS, k=30) + words[:40] + chance.choices(WORDS, k=30)
        texts.append(" ".join(words))
    return [*texts, "", "short", "ha " * 500, "\ud800 odd", "ha " * 500], [n % 7 for n in range(count + 5)]


def test_every_kind_is_found_and_threads_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bulk, "CHUNK", 37)
    texts, accounts = invented(400)
    whole = kernel.texts_of(texts)
    one = bulk.match(whole, accounts=np.array(accounts))
    two = bulk.match(whole, threads=2, accounts=np.array(accounts))
    for left, right in zip(one, two, strict=True):
        np.testing.assert_array_equal(left, right)
    assert {EXACT, NEAR, EXCERPT} == set(one.kind.tolist())
    assert (one.left < one.right).all()
    assert not np.isin(one.right[one.kind == EXACT], np.concatenate([one.left, one.right[one.kind != EXACT]])).any()


def test_what_is_said_is_what_the_judge_says_of_the_pair() -> None:
    texts, _ = invented(200)
    found = bulk.match(kernel.texts_of(texts))
    plain = np.flatnonzero(found.discount == 0)
    for pair in plain[:: max(1, len(plain) // 20)].tolist():
        left, right = int(found.left[pair]), int(found.right[pair])
        judged = wording.judge([texts[left], texts[right]], wording.Groups.of([(1, 0)]), np.array([-1, -1]))
        assert (judged.kind[0], judged.longest[0]) == (found.kind[pair], found.longest[pair])
        assert judged.score[0] == pytest.approx(found.score[pair])
        assert 0 < found.jaccard[pair] <= 1
        assert 0 < found.containment[pair] <= 1


@pytest.mark.parametrize("texts", [[], [""], ["", "a"], ["only one text that is long enough to have keys of its own"]])
def test_nothing_to_match_is_no_error(texts: list[str]) -> None:
    assert len(bulk.match(kernel.texts_of(texts)).left) == 0


def by_batches(texts: list[str], accounts: list[int], folder: Path, size: int) -> list[tuple[int, int, int, float]]:
    """What `match` does with new posts: exact copies of what is indexed, candidates of the index, verdicts."""
    setting = bulk.Setting(kernel.texts_of(texts), np.array(accounts), wording.NEAR, NOTHING)
    parts = []
    with Segments(folder, "test") as index:
        for low in range(0, len(texts), size):
            ids = np.arange(low, min(low + size, len(texts)))
            signed = kernel.sign(texts[low : low + size])
            enough = np.flatnonzero(signed.enough())
            unique, first, group = np.unique(signed.norms[enough], return_index=True, return_inverse=True)
            older = index.find(unique)
            original = np.where(older >= 0, older, ids[enough[first]])[group]
            later = ids[enough] != original
            none = np.zeros(int(later.sum()), np.int32)
            exact = bulk.judge_pairs(setting, ids[enough][later], original[later], none, none, alone=True)
            copies = exact.right[exact.kind == EXACT]
            parts.append(bulk.BulkPairs(*(column[exact.kind == EXACT] for column in exact)))
            held = (np.diff(signed.starts) > 0) & ~np.isin(ids, copies)
            posts, starts, keys = bulk.indexed(signed.keys, signed.starts, held, NOTHING)
            batch = Batch(ids[posts], starts, keys, signed.norms[posts])
            some = index.candidates(batch)
            parts.append(bulk.judge_pairs(setting, batch.ids[some.who], some.row, some.shared, some.holders))
            index.append(batch, low, "t")
    whole = bulk.joined(parts)
    return list(zip(*(c.tolist() for c in (whole.left, whole.right, whole.kind, whole.score)), strict=True))


@pytest.mark.parametrize("size", [7, 50, 1000])
def test_batch_after_batch_finds_the_same(size: int, tmp_path: Path) -> None:
    texts, accounts = invented(300)
    texts[150:152] = [texts[3], texts[4]]
    found = bulk.match(kernel.texts_of(texts), accounts=np.array(accounts))
    columns = (found.left, found.right, found.kind, found.score)
    assert by_batches(texts, accounts, tmp_path, size) == list(zip(*(c.tolist() for c in columns), strict=True))
