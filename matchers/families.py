"""Group copies without chaining: a member matches the text of the family's anchor, not only that of a neighbour.

The anchor is the post that was there when its first copy came. Posts are placed one after another, and who was placed
stays placed, so the groups do not depend on how the posts were cut into runs. A link shared by two posts makes no
family: it says that both point at a page, not that one repeats the other.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
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
