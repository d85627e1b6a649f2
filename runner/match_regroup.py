"""Group anew where a run left copies of one text apart: around the post that stands closest to all of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from core import ids
from matchers.families import Match, Place, quoting, stars
from matchers.segments import Segments
from runner.match_context import MatchContext
from runner.match_judge import Asked, Judge
from runner.match_setting import Setting
from storage import families, judgements, match_posts, matching, webs
from storage.families import Membership
from storage.matching import PairRow

MOST = 200  # different texts in one web: all are compared with all; a larger web stays as it grew
MARK = "families"


class Regroup:
    """The closer look at webs of copies that a run ends with."""

    def __init__(self, conn: Any, index: Segments, setting: Setting, context: MatchContext) -> None:
        self.conn, self.index, self.setting, self.context = conn, index, setting, context
        self.looked: set[int] = set()
        self.changed = 0

    def run(self) -> int:
        """Look at the matches that came since the last time; return how many webs of copies were grouped anew.

        Only webs in which a match joins two families, or a post of none, are looked at, and those looked at before.
        """
        after = matching.mark(self.conn, MARK)
        starts = [
            *self._judged(),
            *webs.apart(self.conn, after, matching.mark(self.conn, "settled"), self.setting.near),
        ]
        for done, pair in enumerate(starts):
            if self.looked.isdisjoint(pair):
                self._look(pair)
            if done % 100 == 0:
                self.context.progress("grouping", done, len(starts))
        matching.set_mark(self.conn, MARK, webs.last_pair(self.conn))
        return self.changed

    def _look(self, pair: tuple[int, int]) -> None:
        web, whole = webs.web(self.conn, pair[0], self.setting.near, MOST)
        self.looked.update(pair, web)
        if whole:
            self.looked.update(*web.values())
            self.changed += _Web(self, web).regroup()

    def _judged(self) -> Iterator[tuple[int, int]]:
        """Yield posts of one family that a person told apart, and those whose judgement was taken back."""
        for pair, _ in webs.together(self.conn, sorted(self.setting.unrelated)):
            yield pair
        back = judgements.withdrawn(self.conn)
        if len(back) != matching.mark(self.conn, "judgements back"):
            matching.set_mark(self.conn, "judgements back", len(back))
            for kind, target in back:
                post = webs.anchor_of(self.conn, target) if kind == "family" else None
                yield from [(post, post)] if post else judgements.pair_ids(self.conn, [target])


class _Web:
    """Texts joined by matches, each with its exact copies."""

    def __init__(self, run: Regroup, web: Mapping[int, Sequence[int]]) -> None:
        self.conn, self.web, self.setting, self.run = run.conn, web, run.setting, run
        self.rows = {row.id: row for row in match_posts.load_texts(run.conn, sorted(web))}
        self.posts = sorted(self.rows)
        self.scores: dict[tuple[int, int], tuple[str, float]] = {}
        self.added: dict[tuple[int, int], PairRow] = {}

    def regroup(self) -> bool:
        """Give the posts the families that fit best; return whether that changed anything."""
        self._compare()
        groups = self._groups()
        everyone = [*self.web, *(copy for copies in self.web.values() for copy in copies)]
        known = families.memberships(self.conn, everyone)
        homes = {post: home for post, home in known.items() if home.matcher != webs.EXCERPT}
        members = [m for anchor, others in groups for m in self._members(anchor, others)]
        names = self._names([(anchor, [anchor, *others]) for anchor, others in groups], homes)
        named = [Membership(m.post_id, names[m.anchor_id], m.anchor_id, m.matcher, m.score) for m in members]
        anchored = [_key(a, o) for a, others in groups for o in others]
        context = self.run.context
        webs.drop_added(self.conn, self.posts, anchored)
        matching.save_pairs(self.conn, context.generation, (self.added[p] for p in anchored if p in self.added))
        self._remember(names.values())
        if {m.post_id: (m.family_id, m.anchor_id) for m in named} == {
            post: (home.family_id, home.anchor_id) for post, home in homes.items()
        }:
            return False
        webs.replace(self.conn, context.generation, everyone, named, context.at)
        return True

    def _remember(self, names: Any) -> None:
        for name in sorted(webs.never_grouped(self.conn, names)):
            reason = "All its copies were compared with one another."
            families.note(self.conn, name, "grouped", None, reason, self.run.context.at)

    def _compare(self) -> None:
        """Compare all with all that the index did not bring together; MOST bounds it to some 20,000 comparisons."""
        for left, right, matcher, score in webs.matches(self.conn, self.posts, self.setting.near):
            self.scores[_key(left, right)] = (matcher, score)
        groups = [
            (post, [other for other in self.posts[:n] if (other, post) not in self.scores])
            for n, post in enumerate(self.posts)
        ]
        groups = [(post, others) for post, others in groups if others]
        sizes = [len(others) for _, others in groups]
        total = sum(sizes)
        asked = Asked(
            np.array([post for post, _ in groups], np.int64), np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64),
            np.array([other for _, others in groups for other in others], np.int64), np.zeros(total, np.int64),
            np.full(total, self.run.index.posts, np.int64),
        )  # fmt: skip
        judge = Judge(self.conn, self.rows, self.setting, anchor=True)
        for told in judge.run(asked):
            if told.joins:
                pair = _key(told.post, told.other)
                self.added[pair] = told.row
                self.scores[pair] = (told.row.matcher, told.row.score)
        for pair in self.setting.unrelated & self.scores.keys():
            del self.scores[pair]

    def _groups(self) -> list[tuple[int, list[int]]]:
        """Return anchors with their members; of two that a person told apart one leaves the group, and groups anew."""
        groups: list[tuple[int, list[int]]] = []
        left = self.posts
        while left:
            here = set(left)
            scores = {pair: s for pair, (_, s) in self.scores.items() if here.issuperset(pair)}
            left = []
            for anchor, members in stars(sorted(here), scores):
                out = self._told_apart(anchor, members)
                stay = [post for post in members if post not in out]
                left.extend(out)
                if stay:
                    groups.append((anchor, stay))
            left = sorted(left)
        placed = {post for anchor, members in groups for post in (anchor, *members)}
        return groups + [(post, []) for post in self.posts if post not in placed and self.web[post]]  # and its copies

    def _told_apart(self, anchor: int, members: Sequence[int]) -> set[int]:
        there = {anchor, *members}
        out: set[int] = set()
        for a, b in sorted(self.setting.unrelated):
            if a in there and b in there and not {a, b} & out:
                out.add(a if b == anchor else b if a == anchor else max(a, b))
        return out

    def _members(self, anchor: int, others: Sequence[int]) -> list[Membership]:
        members = [Membership(anchor, "", anchor, None, 1.0)]
        members += [Membership(copy, "", anchor, "text.exact", 1.0) for copy in self.web[anchor]]
        for other in others:
            matcher, score = self.scores[_key(anchor, other)]
            members += [Membership(post, "", anchor, matcher, score) for post in (other, *self.web[other])]
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
                name = ids.family(self.rows[min(texts)].ref)
                while name in used or families.taken(self.conn, [name]):
                    name = ids.family(name)
            used.add(name)
            names[anchor] = name
        return names


def regroup(conn: Any, index: Segments, setting: Setting, context: MatchContext) -> int:
    """Settle which posts are a family; return how many webs of copies were grouped anew."""
    after, generation = matching.mark(conn, MARK), matching.mark(conn, "settled")
    run = Regroup(conn, index, setting, context)
    changed = run.run()
    _quote(conn, sorted({*run.looked, *webs.quoting(conn, after, generation)}), context)
    matching.set_mark(conn, "settled", context.generation)
    for family, note in judgements.notes(conn, "family", "unrelated").items():
        webs.dissolve(conn, family, f"A person judged it no family: {note}", context.at)
    return changed


def _quote(conn: Any, posts: Sequence[int], context: MatchContext) -> None:
    """Put posts that quote the anchor of one family alone in that family, and take out those that no longer do."""
    for start in range(0, len(posts), 5000):
        context.progress("placing excerpts", start, len(posts))
        some = posts[start : start + 5000]
        quotes = webs.quotes(conn, some)
        around = {*some, *(other for others in quotes.values() for other in others)}
        homes = {
            post: Place(m.family_id, m.anchor_id, Match(m.matcher, m.score) if m.matcher else None)
            for post, m in families.memberships(conn, around).items()
            if m.matcher != webs.EXCERPT
        }
        free = [post for post in some if post not in homes]
        found = quoting({post: quotes[post] for post in free if post in quotes}, homes)
        members = [
            Membership(post, p.family, p.anchor, webs.EXCERPT, p.match.score if p.match else 0.0)
            for post, p in sorted(found.items())
        ]
        webs.set_quoting(conn, free, members)


def _key(a: int, b: int) -> tuple[int, int]:
    return (a, b) if a < b else (b, a)
