"""Match the texts of one lot of posts: exact copies first, then candidates from the index, then families."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core import ids
from matchers.families import Grouping, Match, Place
from matchers.segments import Batch, Segments
from runner.match_judge import Asked, Judge, Told
from runner.match_read import Lot, batch_of
from runner.match_setting import Setting
from storage import families
from storage.families import Membership
from storage.match_posts import Signed
from storage.matching import PairRow
from storage.webs import EXCERPT

Array = NDArray[Any]

THREADS = 2  # that look up side by side


@dataclass(slots=True)
class Found:
    """What one lot brought."""

    text: Batch
    signed: list[Signed]
    pairs: list[PairRow] = field(default_factory=list)
    members: list[Membership] = field(default_factory=list)
    moved: list[int] = field(default_factory=list)  # posts whose place by excerpt these take


class Finder:
    """Match the texts of one lot against the index and one another."""

    def __init__(self, conn: Any, lot: Lot, index: Segments, setting: Setting) -> None:
        self.conn, self.lot, self.index, self.setting = conn, lot, index, setting
        self.here = {row.id: row for row in lot.rows}
        self.place = {post: n for n, post in enumerate(lot.ids.tolist())}
        self.former: dict[int, str | None] = {row.id: row.family_id for row in lot.rows} if lot.again else {}
        self.judge = Judge(conn, self.here, setting)
        self.pairs: list[PairRow] = []
        self.verdicts: dict[int, dict[int, Match]] = {}  # of a post with earlier ones
        self.moved: list[int] = []  # posts that were in a family by excerpt alone and are placed now

    def run(self) -> Found:
        """Return what the lot brought."""
        copies = self._copies()
        mine = (self.lot.sizes() > 0) & ~np.isin(self.lot.ids, np.fromiter(copies, np.int64, len(copies)))
        batch = batch_of(self.lot, mine, self.setting.commons.keys)
        for told in self.judge.run(self._candidates(batch)):
            self._note(told)
        members = self._families(copies)
        return Found(batch, self._signatures(copies), self.pairs, members, self.moved)

    def _copies(self) -> dict[int, int]:
        """Return the exact copies and the post each repeats: the one indexed before, else the earliest here."""
        enough = np.flatnonzero(self.lot.signed.enough())
        unique, first, group = np.unique(self.lot.signed.norms[enough], return_index=True, return_inverse=True)
        older = self.index.find(unique)
        originals = np.where(older >= 0, older, self.lot.ids[enough[first]])[group]
        posts = self.lot.ids[enough]
        there = np.flatnonzero(posts != originals)
        posts, originals = posts[there], originals[there]
        known = families.count_copies(self.conn, np.unique(originals).tolist())
        before = np.array([known.get(post, 0) for post in originals.tolist()], np.int64)
        firsts = np.arange(len(posts) + 1, dtype=np.int64)
        self.ranks = self._ranks(posts)
        ranks = self.ranks[np.searchsorted(self.lot.ids, posts)]
        asked = Asked(posts, firsts, originals, before + _earlier(originals), ranks)
        copies: dict[int, int] = {}
        for told in self.judge.run(asked):
            if told.row.score == 1.0 and told.row.matcher == "text.exact":
                copies[told.post] = told.other
                self.pairs.append(told.row)
        return copies

    def _ranks(self, copies: Array) -> Array:
        """Return how many indexed posts come before each of the lot; copies are not indexed."""
        held = (self.lot.sizes() > 0) & ~np.isin(self.lot.ids, copies) & (not self.lot.again)
        return np.asarray(self.index.posts + np.cumsum(held) - held, np.int64)

    def _candidates(self, batch: Batch) -> Asked:
        """Return the posts worth comparing with each, ascending."""
        found = self.index.candidates(batch, threads=THREADS, again=self.lot.again)
        posts, begins = np.unique(found.who, return_index=True)
        firsts = np.append(begins, len(found.who)).astype(np.int64)
        ranks = self.index.ranks(batch, self.lot.again)[found.who]
        return Asked(batch.ids[posts], firsts, found.row.astype(np.int64), found.holders.astype(np.int64) - 1, ranks)

    def _note(self, told: Told) -> None:
        post, other = told.post, told.other
        self.pairs.append(told.row)
        if self.place.get(other, -1) > self.place[post]:  # both were matched before and come again
            post, other = other, post
        if told.joins:
            self.verdicts.setdefault(post, {})[other] = Match(told.row.matcher, told.row.score)

    def _families(self, copies: Mapping[int, int]) -> list[Membership]:
        touched = {*self.former, *copies.values(), *(o for others in self.verdicts.values() for o in others)}
        known = families.memberships(self.conn, touched)
        homes = {
            post: Place(m.family_id, m.anchor_id, Match(m.matcher, m.score) if m.matcher else None)
            for post, m in known.items()
            if m.matcher != EXCERPT
        }
        homes.update({p.anchor: Place(p.family, p.anchor, None) for p in homes.values()})  # whom posts are asked about
        refs = self.judge.refs
        refs.update((post, row.ref) for post, row in self.here.items() if post in touched)
        anchors = [post for post in touched if post not in homes and post in refs]
        names = [name for name in self.former.values() if name] + [ids.family(refs[post]) for post in anchors]
        self.taken = families.taken(self.conn, names)
        grouping = Grouping(homes, self._name)
        for post in sorted({*copies, *self.verdicts}):
            if post in copies:
                grouping.repeat(post, copies[post])
            else:
                grouping.place(post, self.verdicts[post], partial(self._ask, post))
        self.moved = [post for post in grouping.placed if post in known and post not in homes]
        return [
            Membership(
                post, p.family, p.anchor, p.match.matcher if p.match else None, p.match.score if p.match else 1.0
            )
            for post, p in grouping.placed.items()
        ]

    def _ask(self, post: int, anchor: int) -> Match | None:
        """Compare a post with an anchor the index did not bring up; keep the link if they match."""
        told = self.judge.ask(post, anchor, 0, int(self.ranks[self.place[post]]), self.judge.aside.get(post))
        if told is None or not told.joins:
            return None
        self.pairs.append(told.row)
        return Match(told.row.matcher, told.row.score)

    def _name(self, anchor: int, post: int) -> str:
        """Return the id of a new family: that of before it was formed anew, else one made of the anchor's ref."""
        former = (self.former.get(anchor), self.former.get(post))
        known = (name for name in former if name and name not in self.taken)
        name = next(known, None) or ids.family(self.judge.refs[anchor])
        while name in self.taken:  # it was the anchor of that family once, which has another by now
            name = ids.family(name)
            self.taken |= families.taken(self.conn, [name])
        self.taken.add(name)
        return name

    def _signatures(self, copies: Mapping[int, int]) -> list[Signed]:
        signed = self.lot.signed
        data = signed.keys.astype("<u8", copy=False).tobytes()
        bounds = (signed.starts * 8).tolist()
        norms, measures = signed.norms.view(np.int64).tolist(), signed.measures.tolist()
        posts = self.lot.ids.tolist()
        return [
            Signed(
                post, norms[n], copies.get(post),
                data[bounds[n] : bounds[n + 1]] if bounds[n] < bounds[n + 1] and post not in copies else None,
                measures[n][1], measures[n][2],
            )
            for n, post in enumerate(posts)
        ]  # fmt: skip


def _earlier(originals: Array) -> Array:
    """Return how often each number stood in the list before."""
    order = np.argsort(originals, kind="stable")
    ranked = originals[order]
    begins = np.flatnonzero(np.append(True, ranked[1:] != ranked[:-1])) if len(ranked) else np.empty(0, np.int64)
    counts = np.empty(len(ranked), np.int64)
    counts[order] = np.arange(len(ranked)) - np.repeat(begins, np.diff(np.append(begins, len(ranked))))
    return counts


def unique(rows: Iterable[PairRow]) -> list[PairRow]:
    """Return pairs with each match of two posts once, the first said."""
    return list({(row.left, row.right, row.matcher): row for row in reversed(list(rows))}.values())
