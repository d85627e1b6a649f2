"""Group copies without chaining: a member matches the text of the family's anchor, not only that of a neighbour.

Posts are placed one after another with the anchor they match best; the anchor is the post that was there when its
first copy came. Where that leaves copies of one text apart (a shortened copy came before the whole text), `stars`
groups them anew around the posts that stand closest to all. A link shared by two posts makes no family: it says that
both point at a page, not that one repeats the other.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

ANCHORS = 8  # anchors tried for one post


class Match(NamedTuple):
    """By which matcher two posts match, and how well."""

    matcher: str
    score: float


class Place(NamedTuple):
    """Where a post stands: its family, the anchor of it, and the match with the anchor (None: it is the anchor)."""

    family: str
    anchor: int
    match: Match | None


class Grouping:
    """Place posts in families, in their order. `homes` are the places known, `name` gives a new family its id."""

    def __init__(self, homes: Mapping[int, Place], name: Callable[[int, int], str]) -> None:
        self.homes = dict(homes)
        self.placed: dict[int, Place] = {}
        self._name = name

    def repeat(self, post: int, original: int) -> None:
        """Place an exact copy with the post it repeats: what that matches, it matches."""
        if post in self.homes:
            return
        home = self.homes.get(original) or self._open(original, post)
        self._put(post, home.family, home.anchor, home.match or Match("text.exact", 1.0))

    def place(self, post: int, matches: Mapping[int, Match], ask: Callable[[int], Match | None]) -> None:
        """Place a post with the anchor it matches best; `ask` compares it with an anchor that is not in `matches`."""
        if post in self.homes:
            return
        anchors: dict[int, Match] = {}
        tried: set[int] = {post}
        for other in sorted(matches, key=lambda other: (-matches[other].score, other)):
            home = self.homes.get(other)
            anchor = home.anchor if home else other
            if anchor in tried or len(tried) > ANCHORS:
                continue
            tried.add(anchor)
            if match := matches.get(anchor) or ask(anchor):
                anchors[anchor] = match
        if anchors:
            best = min(anchors, key=lambda anchor: (-anchors[anchor].score, anchor))
            home = self.homes.get(best) or self._open(best, post)
            self._put(post, home.family, best, anchors[best])

    def _open(self, anchor: int, post: int) -> Place:
        return self._put(anchor, self._name(anchor, post), anchor, None)

    def _put(self, post: int, family: str, anchor: int, match: Match | None) -> Place:
        place = self.homes[post] = self.placed[post] = Place(family, anchor, match)
        return place


def stars(posts: Sequence[int], scores: Mapping[tuple[int, int], float]) -> list[tuple[int, list[int]]]:
    """Group posts around anchors: a list of (anchor, members without it), those that match nothing left out.

    `scores` holds the matches of (smaller, larger) post. The anchor is the post whose matches with the others have
    the largest sum of squares, the earlier of equals: a text that holds two stories half each matches more posts than
    any copy of either, but none of them well, so it does not glue them.
    """
    near: dict[int, dict[int, float]] = {post: {} for post in posts}
    for (a, b), score in scores.items():
        near[a][b] = near[b][a] = score
    left = set(posts)
    groups: list[tuple[int, list[int]]] = []
    while left:
        weight = {post: sum(s * s for other, s in near[post].items() if other in left) for post in left}
        anchor = min(left, key=lambda post: (-weight[post], post))
        members = sorted(other for other in near[anchor] if other in left)
        if not members:
            break
        groups.append((anchor, members))
        left -= {anchor, *members}
    return groups


def quoting(excerpts: Mapping[int, Mapping[int, float]], homes: Mapping[int, Place]) -> dict[int, Place]:
    """Place posts without a family that quote the anchor of exactly one: they join it and never open or lead one.

    A post that quotes the anchors of two families (a digest) belongs to none.
    """
    placed: dict[int, Place] = {}
    for post, others in sorted(excerpts.items()):
        anchors = [other for other in others if other in homes and homes[other].anchor == other]
        if post not in homes and len(anchors) == 1:
            anchor = anchors[0]
            placed[post] = Place(homes[anchor].family, anchor, Match("text.excerpt", others[anchor]))
    return placed
