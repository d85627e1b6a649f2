"""Candidates are those of the contract, however posts are cut into batches, segments, threads and key ranges."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from matchers import bulk, meeting, partition
from matchers.candidates import Candidates
from matchers.partition import Portion
from matchers.segments import Batch, Segments

Posts = dict[int, list[int]]
Found = dict[tuple[int, int], tuple[int, int, int]]


def batch(posts: Posts) -> Batch:
    starts = np.zeros(len(posts) + 1, np.int64)
    np.cumsum([len(keys) for keys in posts.values()], out=starts[1:])
    keys = np.array([key for keys in posts.values() for key in keys], np.uint64)
    return Batch(np.array(list(posts), np.int64), starts, keys)


def by_hand(posts: Posts) -> Found:
    """The contract, word for word: (post, earlier post) -> shared keys, fewest holders, sort."""
    found: Found = {}
    holders: dict[int, list[int]] = {}
    for rank, (p, keys) in enumerate((p, keys) for p, keys in posts.items() if keys):
        cap = int(meeting.caps([rank], [len(keys)])[0])
        shared: Counter[int] = Counter()
        fewest: dict[int, int] = {}
        for key in keys:
            held = holders.setdefault(key, [])
            looked = held if len(held) <= cap else [*held[: cap - cap // 5], *held[-(cap // 5) :]]
            for q in looked:
                shared[q] += 1
                fewest[q] = min(fewest.get(q, 4095), len(held))
            held.append(p)
        least = meeting.BRIEF_LEAST if len(keys) <= meeting.BRIEF else meeting.LEAST
        near = [q for q, n in shared.items() if n >= least * (len(keys) + len(posts[q]) - n)]
        quote = [q for q, n in shared.items() if n >= meeting.QUOTE]
        sorts: Counter[int] = Counter()
        few = meeting.BRIEF_TOP if len(keys) <= meeting.BRIEF else meeting.TOP
        for sort, worth, top in ((1, near, few), (2, quote, meeting.QUOTE_TOP)):
            for _, q in sorted((-shared[one], one) for one in worth)[:top]:
                sorts[q] += sort
        long = {q: meeting.COMMON_CHAIN if n >= meeting.COMMON else meeting.CHAIN for q, n in fewest.items()}
        kept = {q: sort for q, sort in sorts.items() if sort != 2 or chain(keys, posts[q]) >= long[q]}
        found.update({(p, q): (shared[q], fewest[q], sort) for q, sort in kept.items()})
    return found


def chain(keys: list[int], others: list[int]) -> int:
    """The longest run of keys of the other post that the post holds too, each a few places after the last in both."""
    places = [(keys.index(key), j) for j, key in enumerate(others) if key in keys]
    longest = length = 0
    last = (-9, -9)
    for i, j in places:
        near = last[0] < i <= last[0] + meeting.STEP and j <= last[1] + meeting.STEP
        length = length + 1 if near else 1
        longest, last = max(longest, length), (i, j)
    return longest


def by_index(posts: Posts, folder: Path, cuts: list[int], threads: int = 1) -> Found:
    found: Found = {}
    numbers = sorted(posts)
    with Segments(folder, "test") as index:
        for generation, (low, high) in enumerate(zip([0, *cuts], [*cuts, len(numbers)], strict=True)):
            asked = batch({n: posts[n] for n in numbers[low:high]})
            for who, row, *rest in zip(*index.candidates(asked, threads=threads), strict=True):
                found[int(asked.ids[who]), int(row)] = (int(rest[0]), int(rest[1]), int(rest[2]))
            index.append(asked, generation, "t")
    return found


def posts_of(spread: int) -> st.SearchStrategy[Posts]:
    key = st.one_of(st.integers(0, 6), st.integers(0, spread)).map(lambda n: n * 0x9E3779B97F4A7C15 % 2**64)
    keys = st.lists(key, max_size=12, unique=True)
    return st.dictionaries(st.integers(1, 10_000), keys, min_size=1, max_size=60).map(lambda d: dict(sorted(d.items())))


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Caps and sizes small enough for a few posts to reach them."""
    monkeypatch.setattr(meeting, "HOLDERS", 5)
    monkeypatch.setattr(meeting, "LEAST", 0.4)
    monkeypatch.setattr(meeting, "TOP", 4)
    monkeypatch.setattr(meeting, "QUOTE_TOP", 3)
    for name, value in (("BRIEF", 6), ("BRIEF_HOLDERS", 8), ("BRIEF_TOP", 6)):
        monkeypatch.setattr(meeting, name, value)
    monkeypatch.setattr(meeting, "QUOTE", 3)
    for name, value in (("CHAIN", 2), ("COMMON", 2), ("COMMON_CHAIN", 3)):
        monkeypatch.setattr(meeting, name, value)
    monkeypatch.setattr("matchers.segments.SMALLEST", 1)
    monkeypatch.setattr("matchers.candidates.SLICE", 40)
    monkeypatch.setattr("matchers.candidates.SEARCHED", 100)


@settings(deadline=None, max_examples=60)
@given(posts=posts_of(60), data=st.data())
def test_batches_and_segments_change_nothing(posts: Posts, data: Any, tmp_path_factory: pytest.TempPathFactory) -> None:
    cuts = sorted(data.draw(st.lists(st.integers(0, len(posts)), max_size=9)))
    folder = tmp_path_factory.mktemp("index")
    assert by_index(posts, folder, cuts, threads=data.draw(st.sampled_from([1, 2]))) == by_hand(posts)


def pairs_of(found: Any, numbers: Any) -> Found:
    return {
        (int(numbers[who]), int(numbers[row])): (int(shared), int(holders), int(sort))
        for who, row, shared, holders, sort in zip(*found, strict=True)
    }


@settings(deadline=None, max_examples=60)
@given(posts=posts_of(60), threads=st.sampled_from([1, 2]), chunk=st.integers(1, 9))
def test_all_at_once_changes_nothing(posts: Posts, threads: int, chunk: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(bulk, "CHUNK", chunk)
        patch.setattr(bulk, "BUCKET", 16)
        asked = batch(posts)
        assert pairs_of(bulk.candidates(asked.keys, asked.starts, threads), asked.ids) == by_hand(posts)


@settings(deadline=None, max_examples=60)
@given(posts=posts_of(60), data=st.data())
def test_ranges_of_keys_and_parts_of_posts_change_nothing(posts: Posts, data: Any) -> None:
    asked = batch({number: keys for number, keys in posts.items() if keys})
    sizes = np.diff(asked.starts)
    ranks = np.repeat(np.arange(len(sizes), dtype=np.uint32), sizes)
    cuts = data.draw(st.lists(st.integers(0, len(sizes)), max_size=4))
    parts = list(pairwise([0, *sorted(cuts), len(sizes)]))
    ranges = data.draw(st.integers(1, 7))
    mine = (asked.keys >> np.uint64(7)) % np.uint64(ranges)

    def portion(part: tuple[int, int], which: int) -> Portion:
        there = (mine == which) & (ranks >= part[0]) & (ranks < part[1])
        return Portion(asked.keys[there], ranks[there] - np.uint32(part[0]))

    ends = [end for _, end in parts]
    met = [partition.met([portion(part, which) for part in parts], ends) for which in range(ranges)]
    found: Found = {}
    for n, (begin, end) in enumerate(parts):
        chosen = partition.candidates([one[n] for one in met], begin, sizes[begin:end], sizes)
        some = Candidates(chosen.who.astype(np.int64), chosen.row.astype(np.int64), *chosen[2:])
        found |= pairs_of(bulk.with_chains(some, meeting.tails(asked.keys), asked.starts), asked.ids)
    assert found == by_hand(posts)
