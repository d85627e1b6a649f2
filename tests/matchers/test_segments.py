"""The key index finds what was put in, forgets what was replaced, and survives a kill at any moment."""

from __future__ import annotations

import os
import random
import shutil
from pathlib import Path

import numpy as np
import pytest

from core.errors import CannotStart
from matchers import meeting, segments
from matchers.segments import Batch, Segments

STAMP = "test 1"


def batch(posts: dict[int, list[int]]) -> Batch:
    starts = np.zeros(len(posts) + 1, np.int64)
    np.cumsum([len(keys) for keys in posts.values()], out=starts[1:])
    keys = np.array([key for keys in posts.values() for key in keys], np.uint64)
    return Batch(np.array(list(posts), np.int64), starts, keys)


def found(index: Segments, posts: dict[int, list[int]], again: bool = False) -> dict[tuple[int, int], int]:
    asked = batch(posts)
    pairs = index.candidates(asked, again=again)
    return {
        (int(asked.ids[who]), int(row)): int(shared)
        for who, row, shared in zip(pairs.who, pairs.row, pairs.shared, strict=True)
    }


@pytest.fixture
def pairwise(monkeypatch: pytest.MonkeyPatch) -> None:
    """Merge two segments of like size, so that a small test merges."""
    monkeypatch.setattr(segments, "ALIKE", 2)


def test_earlier_posts_that_share_keys_are_found_across_segments_and_batch(tmp_path: Path) -> None:
    with Segments(tmp_path, STAMP) as index:
        index.append(batch({1: [10, 20, 30], 2: [99]}), 1, "a")
        index.append(batch({3: [20, 30, 40]}), 2, "b")
        assert found(index, {4: [30, 20, 7], 5: [7, 99]}) == {(4, 1): 2, (4, 3): 2, (5, 2): 1, (5, 4): 1}


def test_random_posts_are_found_as_a_dictionary_finds_them(tmp_path: Path) -> None:
    chance = random.Random(5)
    posts = {n: chance.sample(range(1, 3000), chance.randint(0, 12)) for n in range(1, 1500)}
    with Segments(tmp_path, STAMP) as index:
        numbers = sorted(posts)
        cuts = sorted(chance.sample(numbers, 9))
        for generation, (low, high) in enumerate(zip([0, *cuts], [*cuts, 2000], strict=True), 1):
            index.append(batch({n: posts[n] for n in numbers if low < n <= high}), generation, "t")
        assert len(index.segments) < 6
        assert index.posts == sum(bool(keys) for keys in posts.values())
        asked = {5000 + n: chance.sample(range(1, 3000), 10) for n in range(50)}
        got = {pair: n for pair, n in found(index, asked).items() if pair[1] < 5000}
        wanted = {
            (new, old): len(set(keys) & set(posts[old]))
            for new, keys in asked.items() for old in posts if set(keys) & set(posts[old])
        }  # fmt: skip
        assert len(got) > 20
        assert all(wanted[pair] == n for pair, n in got.items())


def test_the_oldest_holder_of_a_key_is_found(tmp_path: Path) -> None:
    with Segments(tmp_path, STAMP) as index:
        index.append(batch({3: [5], 4: [5, 6]}), 1, "a")
        index.append(batch({9: [5, 7]}), 2, "a")
        assert index.find(np.array([7, 5, 8, 6], np.uint64)).tolist() == [9, 3, -1, 4]
        assert index.holders(np.array([5, 8], np.uint64)).tolist() == [3, 0]
        counts, rows = index.earlier(batch({11: [5], 12: [5]}), 2)
        assert counts.tolist() == [3, 4]
        assert rows.tolist() == [[3, 4], [3, 4]]


def test_a_post_appended_again_replaces_its_keys(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for merging in (4, 2):
        monkeypatch.setattr(segments, "ALIKE", merging)
        with Segments(tmp_path / str(merging), STAMP) as index:
            index.append(batch({1: [10, 11], 2: [10, 12]}), 1, "a")
            index.append(batch({1: [50, 51, 52]}), 2, "b")
            assert len(index.segments) == (1 if merging == 2 else 2)
            assert index.posts == 2
            assert found(index, {7: [10, 11]}) == {(7, 2): 1}
            assert found(index, {7: [50, 51]}) == {(7, 1): 2}
        with Segments(tmp_path / str(merging), STAMP) as index:
            assert found(index, {7: [10, 50]}) == {(7, 1): 1, (7, 2): 1}


def test_a_post_matched_again_meets_later_posts_but_not_itself(tmp_path: Path) -> None:
    with Segments(tmp_path, STAMP) as index:
        index.append(batch({1: [10, 11], 2: [10, 12], 3: [12]}), 1, "a")
        assert found(index, {2: [12, 10]}, again=True) == {(2, 1): 1, (2, 3): 1}
        assert found(index, {1: [10], 2: [12, 10]}, again=True) == {(2, 1): 1, (2, 3): 1}


def test_a_text_is_found_by_its_hash_and_not_met_at_it(tmp_path: Path) -> None:
    with Segments(tmp_path, STAMP) as index:
        index.append(batch({1: [10], 2: [20]})._replace(norms=np.array([77, 88], np.uint64)), 1, "a")
        index.append(batch({2: [20, 21], 3: []})._replace(norms=np.array([99, 66], np.uint64)), 2, "a")
        assert index.find(np.array([77, 88, 99, 66], np.uint64)).tolist() == [1, -1, 2, 3]
        assert index.posts == 2
        assert found(index, {5: [10, 20, 21]}) == {(5, 1): 1, (5, 2): 2}


def test_a_hot_key_is_looked_at_a_bounded_number_of_times(tmp_path: Path) -> None:
    with Segments(tmp_path, STAMP) as index:
        index.append(batch({n: [1] for n in range(1, 100_001)}), 1, "a")
        rows = [row for _, row in found(index, {200_000: [1]})]
        assert len(rows) == meeting.BRIEF_HOLDERS
        assert rows == [*range(1, 161), *range(99_961, 100_001)]


def test_what_was_written_is_there_after_opening_again(tmp_path: Path) -> None:
    with Segments(tmp_path, STAMP) as index:
        index.append(batch({1: [10, 20]}), 7, "token")
    with Segments(tmp_path, STAMP) as index:
        assert (index.generation, index.token) == (7, "token")
        assert found(index, {2: [20]}) == {(2, 1): 1}
    with Segments(tmp_path, "another kernel") as index:
        assert (index.generation, index.posts) == (0, 0)


def test_two_processes_do_not_write_one_index(tmp_path: Path) -> None:
    with Segments(tmp_path, STAMP), pytest.raises(CannotStart, match="Another process is matching"):
        Segments(tmp_path, STAMP)


@pytest.mark.parametrize("damage", ["cut", "flip", "first", "gone", "manifest", "magic", "empty"])
def test_a_damaged_index_starts_over(tmp_path: Path, damage: str) -> None:
    with Segments(tmp_path, STAMP) as index:
        index.append(batch({1: [10, 20]}), 1, "a")
    path = next(tmp_path.glob("*.seg"))
    data = bytearray(path.read_bytes())
    if damage == "cut":
        path.write_bytes(data[:-1])
    elif damage in ("flip", "first", "magic"):
        data[{"flip": -1, "first": 40, "magic": 0}[damage]] ^= 1
        stat = path.stat()
        path.write_bytes(data)
        os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    elif damage == "empty":
        path.write_bytes(b"")
    elif damage == "gone":
        path.unlink()
    else:
        (tmp_path / "manifest.json").write_text("{")
    with Segments(tmp_path, STAMP) as index:
        assert index.repaired
        assert "is damaged" in index.repaired
        assert (index.generation, index.posts) == (0, 0)


def test_a_kill_between_any_two_file_operations_leaves_the_old_state_or_the_new(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, pairwise: None
) -> None:
    """Each rename, sync and deletion of an append that merges is made the last one, and the folder opened again."""
    start = tmp_path / "start"
    with Segments(start, STAMP) as index:
        index.append(batch({1: [10, 20], 2: [30]}), 1, "old")

    class Killed(BaseException):
        pass

    for moment in range(40):
        folder = tmp_path / f"killed{moment}"
        shutil.copytree(start, folder)
        left = moment
        originals = {(os, "fsync"): os.fsync, (Path, "replace"): Path.replace, (Path, "unlink"): Path.unlink}
        index = Segments(folder, STAMP)

        def dying(original: object) -> object:
            def call(*args: object, **named: object) -> object:
                nonlocal left
                if left == 0:
                    raise Killed
                left -= 1
                return original(*args, **named)  # type: ignore[operator]

            return call

        with monkeypatch.context() as patch:
            for (owner, name), original in originals.items():
                patch.setattr(owner, name, dying(original))
            try:
                index.append(batch({3: [10], 4: [30, 40]}), 2, "new")
                killed = False
            except Killed:
                killed = True
        index.close()
        with Segments(folder, STAMP) as again:
            seen = found(again, {9: [10, 30]})
            state = {(1, "old"): {(9, 1), (9, 2)}, (2, "new"): {(9, 1), (9, 2), (9, 3), (9, 4)}}
            assert set(seen) == state[again.generation, again.token]
        if not killed:
            return
    pytest.fail("the append never came to its end")
