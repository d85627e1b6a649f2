"""Group anew where a run left copies of one text apart: around the post that stands closest to all of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import numpy as np

from matchers import kernel, wording
from matchers.exact_text import TextExact
from matchers.families import stars
from matchers.near_text import TextNear
from runner.match_batch import family_id, text_row
from storage import families, matching
from storage.families import Membership
from storage.matching import PairRow

MOST = 200  # different texts in one web: all are compared with all; a larger web stays as it grew
MARK = "families"


def regroup(conn: Any, generation: int, near: TextNear, at: datetime) -> int:
    """Look at the links that came since the last time; return how many webs of copies were grouped anew.

    Only webs in which a link joins two families, or a post of none, are looked at: the others are in order.
    """
    done: set[int] = set()
    changed = 0
    for pair in families.apart(conn, matching.mark(conn, MARK)):
        if not done.isdisjoint(pair):
            continue
        web = families.web(conn, pair[0], MOST)
        if web is None:
            done.update(pair)
            continue
        done.update(web, *web.values())
        changed += _Web(conn, web, near).regroup(generation, at)
    matching.set_mark(conn, MARK, families.last_pair(conn))
    return changed


class _Web:
    """Texts joined by links, each with its exact copies."""

    def __init__(self, conn: Any, web: Mapping[int, Sequence[int]], near: TextNear) -> None:
        self.conn, self.web, self.near = conn, web, near
        self.rows = {row.id: row for row in matching.load(conn, sorted(web))}
        self.posts = sorted(self.rows)
        self.pairs: dict[tuple[int, int], PairRow] = {}

    def regroup(self, generation: int, at: datetime) -> bool:
        """Give the posts the families that fit best; return whether that changed anything."""
        self._compare()
        groups = stars(self.posts, {pair: row.score for pair, row in self.pairs.items()})
        everyone = [*self.web, *(copy for copies in self.web.values() for copy in copies)]
        homes = families.memberships(self.conn, everyone)
        members = [m for anchor, others in groups for m in self._members(anchor, others)]
        names = self._names([(anchor, [anchor, *others]) for anchor, others in groups], homes)
        named = [Membership(m.post_id, names[m.anchor_id], m.anchor_id, m.matcher, m.score) for m in members]
        if {m.post_id: (m.family_id, m.anchor_id) for m in named} == {
            post: (home.family_id, home.anchor_id) for post, home in homes.items()
        }:
            return False
        anchored = [self.pairs[_key(a, o)] for a, others in groups for o in others]
        matching.save_pairs(self.conn, generation, anchored)
        families.replace(self.conn, generation, everyone, named, at)
        return True

    def _compare(self) -> None:
        """Compare all with all; MOST bounds the work to some twenty thousand comparisons."""
        texts = [wording.joined(self.rows[post].title, self.rows[post].text) for post in self.posts]
        by_ref = sorted(range(len(texts)), key=lambda i: self.rows[self.posts[i]].ref)
        sides = [(left, right) for n, left in enumerate(by_ref) for right in by_ref[n + 1 :]]
        compared = kernel.compare(texts, [left for left, _ in sides], [right for _, right in sides])
        for p in np.flatnonzero(compared.same | (compared.jaccard() >= self.near.threshold)).tolist():
            left, right = (self.rows[self.posts[side]] for side in sides[p])
            if row := text_row(left, right, compared, p, self.near):
                self.pairs[_key(left.id, right.id)] = row

    def _members(self, anchor: int, others: Sequence[int]) -> list[Membership]:
        members = [Membership(anchor, "", anchor, None, 1.0)]
        members += [Membership(copy, "", anchor, TextExact.id, 1.0) for copy in self.web[anchor]]
        for other in others:
            pair = self.pairs[_key(anchor, other)]
            members += [Membership(post, "", anchor, pair.matcher, pair.score) for post in (other, *self.web[other])]
        return members

    def _names(self, groups: Sequence[tuple[int, list[int]]], homes: Mapping[int, Membership]) -> dict[int, str]:
        """Return the family id of each anchor: that of the family most of its posts were in, else one of its own."""
        names: dict[int, str] = {}
        used: set[str] = set()
        for anchor, texts in sorted(groups, key=lambda group: (-len(group[1]), group[0])):
            were = Counter(homes[post].family_id for post in texts if post in homes)
            ranked = sorted(were, key=lambda name: (-were[name], name))
            name = next((name for name in ranked if name not in used), None)
            if name is None:
                name = family_id(self.rows[min(texts)].ref)
                while name in used or families.taken(self.conn, [name]):
                    name = family_id(name)
            used.add(name)
            names[anchor] = name
        return names


def _key(a: int, b: int) -> tuple[int, int]:
    return (a, b) if a < b else (b, a)
