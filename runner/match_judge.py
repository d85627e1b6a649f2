"""Judge new posts with their candidates: texts fetched in portions, judged by the kernel, told as pairs with bits."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from matchers import kernel, weights, wording
from matchers.families import Match
from matchers.judged import EXCERPT, Judged
from matchers.wording import joined
from runner.match_rows import ordered, pair_row, same_account
from runner.match_setting import JOINING, Setting
from storage import match_posts
from storage.matching import PairRow

Array = NDArray[Any]

AHEAD = 2  # portions judged side by side while the one before is told
GROUPS = 4_000  # posts judged at a time with their candidates
CHARS = 16_000_000  # of the texts held at a time; a text may have millions


class Asked(NamedTuple):
    """Posts and their candidates: `others[firsts[i]:firsts[i + 1]]` of `posts[i]`, ascending; ids of posts.

    Of each pair: how many hold the rarest thing shared besides the two, and of how many posts.
    """

    posts: Array
    firsts: Array
    others: Array
    holders: Array
    ranks: Array

    def part(self, begin: int, end: int) -> Asked:
        """Return some of the posts."""
        low, high = self.firsts[begin], self.firsts[end]
        firsts = self.firsts[begin : end + 1] - low
        inner = slice(int(low), int(high))
        return Asked(self.posts[begin:end], firsts, self.others[inner], self.holders[inner], self.ranks[inner])


class Told(NamedTuple):
    """One match of two posts, as it is stored; `joins` says that it may make a family."""

    post: int
    other: int
    row: PairRow
    joins: bool


class Judge:
    """Judge pairs of posts. `here` are the posts of the batch; older ones are fetched, a bounded number at a time."""

    def __init__(self, conn: Any, here: Mapping[int, Any], setting: Setting, anchor: bool = False) -> None:
        self.conn, self.here, self.setting = conn, here, setting
        self.more: dict[str, Any] = {"anchor": True} if anchor else {}  # looked up for an anchor, not by the index
        self.refs: dict[int, str] = {}  # of the older posts that something was found with
        self.aside: dict[int, Array] = {}  # what the guard set aside in a post
        self.widest = GROUPS

    def run(self, asked: Asked) -> Iterator[Told]:
        """Yield the matches among posts and their candidates; posts that are gone match nothing."""
        with ThreadPoolExecutor(
            AHEAD
        ) as beside:  # the kernel leaves Python to us: it judges while we say what it judged
            coming: deque[tuple[Asked, Mapping[int, Any], Future[Judged | None]]] = deque()
            for part, rows in self._portions(asked):
                coming.append((part, rows, beside.submit(self._judged, part, rows)))
                if len(coming) > AHEAD:
                    yield from self._next_told(coming)
            while coming:
                yield from self._next_told(coming)

    def _next_told(self, coming: deque[tuple[Asked, Mapping[int, Any], Future[Judged | None]]]) -> Iterator[Told]:
        part, rows, under_way = coming.popleft()
        yield from self._all_told(part, rows, under_way.result())

    def _portions(self, asked: Asked) -> Iterator[tuple[Asked, dict[int, Any]]]:
        begin = 0
        while begin < len(asked.posts):
            part = asked.part(begin, min(begin + self.widest, len(asked.posts)))
            begin += len(part.posts)
            rows = self._rows(part)
            chars = sum(len(row.text or "") + len(row.title or "") for row in rows.values())
            self.widest = max(1, min(GROUPS, int(len(part.posts) * CHARS / max(chars, 1))))
            yield _without(part, rows), rows

    def ask(self, post: int, other: int, holders: int, rank: int, aside: Array | None = None) -> Told | None:
        """Judge one pair that is not among the candidates; `aside` is what the guard set aside in the post."""
        one = np.array([post], np.int64)
        firsts, rank_ = np.array([0, 1], np.int64), np.array([rank], np.int64)
        asked = Asked(one, firsts, np.array([other], np.int64), np.array([holders], np.int64), rank_)
        rows = self._rows(asked)
        self.more = {"anchor": True}
        asked = _without(asked, rows)
        told = next(
            self._all_told(asked, rows, self._judged(asked, rows, [aside] if aside is not None else None)), None
        )
        self.more = {}
        return told

    def _rows(self, asked: Asked) -> dict[int, Any]:
        wanted = np.unique(np.concatenate([asked.posts, asked.others])).tolist()
        rows = {post: self.here[post] for post in wanted if post in self.here}
        rows.update((row.id, row) for row in match_posts.load_texts(self.conn, [p for p in wanted if p not in rows]))
        return rows

    def _judged(self, asked: Asked, rows: Mapping[int, Any], aside: Sequence[Array] | None = None) -> Judged | None:
        if not len(asked.others):
            return None
        ids = np.array(sorted(rows), np.int64)
        order = [rows[post] for post in ids.tolist()]
        texts = kernel.texts_of([joined(row.title, row.text) for row in order])
        accounts = np.array([-1 if row.account_id is None else row.account_id for row in order], np.int64)
        groups = wording.Groups(np.searchsorted(ids, asked.posts), asked.firsts, np.searchsorted(ids, asked.others))
        setting = self.setting
        return wording.judge(
            texts, groups, accounts, near=setting.floor, commons=setting.commons, spans=True, aside=aside
        )

    def _all_told(self, asked: Asked, rows: Mapping[int, Any], judged: Judged | None) -> Iterator[Told]:
        if judged is None:
            return
        hits = np.flatnonzero(judged.kind)
        group = np.repeat(np.arange(len(asked.posts)), np.diff(asked.firsts))
        bits = self._bits(asked, judged, hits)
        for n in set(group[hits][judged.discount[hits] > 0].tolist()):
            self.aside[int(asked.posts[n])] = judged.aside(n)
        for n, pair in enumerate(hits.tolist()):
            yield self._told(rows[int(asked.posts[group[pair]])], rows[int(asked.others[pair])], judged, pair, bits[n],
                             (int(asked.holders[pair]), int(asked.ranks[pair])))  # fmt: skip

    def _told(self, post: Any, other: Any, judged: Judged, pair: int, bits: float, rarity: tuple[int, int]) -> Told:
        left, right = ordered(post, other)
        matcher = self.setting.matchers[judged.kind[pair]]
        assert matcher is not None  # noqa: S101 (a hit has a kind)
        verdict = judged.verdict(pair, swapped=left is other, by_same=same_account(left, right))
        number = self.setting.parameters[matcher.id]
        known = {"others": rarity[0], "posts": rarity[1]}
        row = pair_row(left, right, matcher, verdict, float(bits), number, rarity=known, **self.more)
        for one in (post, other):
            self.refs[one.id] = one.ref
        return Told(post.id, other.id, row, bool(judged.joins[pair]) and self.may_join(row))

    def may_join(self, row: PairRow) -> bool:
        """Return whether a match may make a family: by its score, and nobody called the two unrelated."""
        if row.matcher not in JOINING or row.strength == "C" or row.score < (self.setting.near if row.score < 1 else 0):
            return False
        return (min(row.left, row.right), max(row.left, row.right)) not in self.setting.unrelated

    def _bits(self, asked: Asked, judged: Judged, hits: Array) -> Array:
        """Weigh by the letters in common without common wording, and by how many hold the rarest stretch of them."""
        excerpt = judged.kind[hits] == EXCERPT
        own = np.minimum(judged.own[hits] / np.maximum(judged.score[hits], 1e-6), 1.0)
        letters = np.where(excerpt, judged.stretch[hits], judged.shared[hits]) * own
        agree = np.where(excerpt, 1.0, judged.own[hits])
        said = weights.wording(letters, letters * judged.dense[hits])
        return weights.capped(weights.rarity(asked.holders[hits], asked.ranks[hits], said, agree), "text")


def matches(told: Sequence[Told]) -> dict[int, Match]:
    """Return what a post matches, as families are made of it."""
    return {one.other: Match(one.row.matcher, one.row.score) for one in told if one.joins}


def _without(asked: Asked, rows: Mapping[int, Any]) -> Asked:
    """Leave out pairs with a post that is gone."""
    there = np.isin(asked.others, np.fromiter(rows, np.int64, len(rows)))
    there &= np.repeat(np.isin(asked.posts, np.fromiter(rows, np.int64, len(rows))), np.diff(asked.firsts))
    if there.all():
        return asked
    counted = np.concatenate([np.zeros(1, np.int64), np.cumsum(there)])
    return Asked(asked.posts, counted[asked.firsts], asked.others[there], asked.holders[there], asked.ranks[there])
