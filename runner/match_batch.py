"""Match the texts of one batch of posts: exact copies first, then candidates from the index, then families."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import numpy as np
import orjson
from numpy.typing import NDArray

from core import ids
from matchers import kernel, wording
from matchers.base import Matcher, Verdict
from matchers.exact_text import TextExact
from matchers.families import Grouping, Match, Place
from matchers.near_text import TextNear
from matchers.segments import Batch, Segments
from storage import families, matching
from storage.families import Membership
from storage.matching import PairRow, Signed

Array = NDArray[Any]

TOP = 16  # posts a new post is compared with, those that share most
TEXTS = 200  # older texts held at a time; a text may have a million characters


@dataclass(slots=True)
class Found:
    """What one batch brought."""

    text: Batch
    signed: list[Signed]
    pairs: list[PairRow] = field(default_factory=list)
    members: list[Membership] = field(default_factory=list)


class Finder:
    """Match the texts of one batch, rows of posts by ascending id, against the index and one another."""

    def __init__(self, conn: Any, rows: Sequence[Any], index: Segments, near: TextNear) -> None:
        self.conn, self.rows, self.index, self.near = conn, rows, index, near
        self.exact = TextExact()
        self.ids = np.array([row.id for row in rows], np.int64)
        self.here = {row.id: row for row in rows}
        self.place = {row.id: i for i, row in enumerate(rows)}
        self.refs = {row.id: row.ref for row in rows}
        again = bool(rows) and "family_id" in rows[0]._fields
        self.former: dict[int, str | None] = {row.id: row.family_id for row in rows} if again else {}
        self.signed = kernel.sign([_words(row) for row in rows])
        self.verdicts: dict[int, dict[int, Match]] = {}
        self.pairs: list[PairRow] = []

    def run(self) -> Found:
        """Return what the batch brought."""
        copies = self._copies()
        batch = self._fingerprints(copies)
        self._compare(_candidates(self.index, batch, least=0.1))
        members = self._families(copies)
        return Found(text=batch, signed=self._signatures(copies), pairs=self.pairs, members=members)

    def _copies(self) -> dict[int, int]:
        """Return the exact copies and the post each repeats: the one indexed before, else the earliest here."""
        enough = np.flatnonzero(self.signed.enough())
        norms = self.signed.norms[enough]
        unique, first, group = np.unique(norms, return_index=True, return_inverse=True)
        older = self.index.find(unique)
        original = np.where(older >= 0, older, self.ids[enough[first]])
        pairs = [
            (int(post), int(other))
            for post, other in zip(self.ids[enough], original[group], strict=True)
            if post != other
        ]
        copies: dict[int, int] = {}
        for post, left, right, compared, p in self._compared(pairs):
            other = left.id if post == right.id else right.id
            if verdict := wording.exact(compared, p, same_account(left, right)):
                copies[post] = other
                self.pairs.append(pair_row(left, right, self.exact, verdict))
        return copies

    def _fingerprints(self, copies: dict[int, int]) -> Batch:
        """Return the keys of the posts that repeat none: the hash of the text, then its fingerprints."""
        mine = self.signed.enough() & ~np.isin(self.ids, np.fromiter(copies, np.int64, len(copies)))
        chosen = np.flatnonzero(mine)
        sizes = np.diff(self.signed.starts)[chosen]
        starts = np.zeros(len(chosen) + 1, np.int64)
        np.cumsum(sizes + 1, out=starts[1:])
        keys = np.empty(int(starts[-1]), np.uint64)
        body = np.ones(len(keys), bool)
        body[starts[:-1]] = False
        keys[starts[:-1]] = self.signed.norms[chosen]
        keys[body] = self.signed.keys[np.repeat(mine, np.diff(self.signed.starts))]
        return Batch(self.ids[chosen], starts, keys)

    def _compare(self, pairs: Sequence[tuple[int, int]]) -> None:
        for post, left, right, compared, p in self._compared(pairs, self.near.threshold):
            other = left.id if post == right.id else right.id
            if match := self._judge(left, right, compared, p):
                later, earlier = (other, post) if self.place.get(other, -1) > self.place[post] else (post, other)
                self.verdicts.setdefault(later, {})[earlier] = match

    def _judge(self, left: Any, right: Any, compared: kernel.Compared, p: int) -> Match | None:
        """Keep the link between two posts, if there is one. The same text twice in the index is an exact copy still:
        the post it would have repeated was edited since, or is another with the same hash.
        """
        row = text_row(left, right, compared, p, self.near)
        if row is None:
            return None
        self.pairs.append(row)
        return Match(row.matcher, row.score)

    def _compared(
        self, pairs: Sequence[tuple[int, int]], least: float = 0.0
    ) -> Iterator[tuple[int, Any, Any, kernel.Compared, int]]:
        """Compare pairs of posts exactly, few older texts at a time, and leave out what shares too little."""
        for some in _portions(pairs, self.here):
            rows = dict(self._load({post for pair in some for post in pair}))
            some = [pair for pair in some if pair[1] in rows]
            at = {post: i for i, post in enumerate(rows)}
            sides = [ordered(rows[post], rows[other]) for post, other in some]
            texts = [_words(row) for row in rows.values()]
            compared = kernel.compare(texts, [at[left.id] for left, _ in sides], [at[right.id] for _, right in sides])
            for p in np.flatnonzero(compared.same | (compared.jaccard() >= least)).tolist():
                yield some[p][0], *sides[p], compared, p

    def _load(self, ids: set[int]) -> Iterator[tuple[int, Any]]:
        for post in sorted(ids & self.here.keys()):
            yield post, self.here[post]
        for row in matching.load(self.conn, sorted(ids - self.here.keys())):
            self.refs[row.id] = row.ref
            yield row.id, row

    def _families(self, copies: dict[int, int]) -> list[Membership]:
        touched = {*self.former, *copies.values(), *(o for others in self.verdicts.values() for o in others)}
        homes = {
            post: Place(m.family_id, m.anchor_id, Match(m.matcher, m.score) if m.matcher else None)
            for post, m in families.memberships(self.conn, touched).items()
        }
        anchors = [post for post in touched if post not in homes and post in self.refs]
        names = [name for name in self.former.values() if name] + [family_id(self.refs[post]) for post in anchors]
        self.taken = families.taken(self.conn, names)
        grouping = Grouping(homes, self._name)
        for row in self.rows:
            if row.id in copies:
                grouping.repeat(row.id, copies[row.id])
            elif row.id in self.verdicts:
                grouping.place(row.id, self.verdicts[row.id], partial(self._ask, row.id))
        return [
            Membership(post, place.family, place.anchor, *(place.match or (None, 1.0)))
            for post, place in grouping.placed.items()
        ]

    def _ask(self, post: int, anchor: int) -> Match | None:
        """Compare a post with an anchor the index did not bring up; keep the link if they match."""
        for _, left, right, compared, p in self._compared([(post, anchor)]):
            return self._judge(left, right, compared, p)
        return None

    def _name(self, anchor: int, post: int) -> str:
        """Return the id of a new family: that of before it was formed anew, else one made of the anchor's ref."""
        former = (self.former.get(anchor), self.former.get(post))
        name = next((name for name in former if name and name not in self.taken), None) or family_id(self.refs[anchor])
        while name in self.taken:  # it was the anchor of that family once, which has another by now
            name = family_id(name)
            self.taken |= families.taken(self.conn, [name])
        self.taken.add(name)
        return name

    def _signatures(self, copies: dict[int, int]) -> list[Signed]:
        keys, starts = self.signed.keys.astype("<u8", copy=False), self.signed.starts.tolist()
        norms, measures = self.signed.norms.view(np.int64).tolist(), self.signed.measures.tolist()
        enough = self.signed.enough().tolist()
        return [
            Signed(
                row.id, norms[i], copies.get(row.id),
                keys[starts[i] : starts[i + 1]].tobytes() if enough[i] and row.id not in copies else None,
                measures[i][1], measures[i][2],
            )
            for i, row in enumerate(self.rows)
        ]  # fmt: skip


def _candidates(index: Segments, batch: Batch, least: float) -> list[tuple[int, int]]:
    """Return the pairs (post of the batch, other post) worth comparing: of each post those it shares most with."""
    parts = list(index.candidates(batch, least=least, top=TOP))
    who = np.concatenate([part.who for part in parts])
    row = np.concatenate([part.row for part in parts]).astype(np.int64)
    shared = np.concatenate([part.shared for part in parts])
    kept: dict[tuple[int, int], None] = {}
    count, last = 0, -1
    for i in np.lexsort((row, -shared, who)).tolist():
        post, other = int(batch.ids[who[i]]), int(row[i])
        count = count + 1 if post == last else 1
        last = post
        if count <= TOP and post != other and (other, post) not in kept:
            kept[post, other] = None
    return list(kept)


def _portions(pairs: Iterable[tuple[int, int]], here: dict[int, Any]) -> Iterator[list[tuple[int, int]]]:
    """Yield pairs by the other post, so that few older texts are needed at a time."""
    portion: list[tuple[int, int]] = []
    older: set[int] = set()
    for pair in sorted(pairs, key=lambda pair: pair[1]):
        if len(portion) >= 10 * TEXTS or (len(older) >= TEXTS and pair[1] not in older):
            yield portion
            portion, older = [], set()
        portion.append(pair)
        if pair[1] not in here:
            older.add(pair[1])
    if portion:
        yield portion


def family_id(ref: str) -> str:
    """Return the id of a family named for a post."""
    return ids.family(ref)


def _words(row: Any) -> str:
    return wording.joined(row.title, row.text)


def ordered(a: Any, b: Any) -> tuple[Any, Any]:
    """Return two posts with the smaller ref on the left."""
    return (a, b) if a.ref < b.ref else (b, a)


def same_account(left: Any, right: Any) -> bool:
    """Return whether two posts are by one account we know."""
    return left.account_id is not None and left.account_id == right.account_id


def text_row(left: Any, right: Any, compared: kernel.Compared, p: int, near: TextNear) -> PairRow | None:
    """Return the link that two texts make, by text.exact or text.near; None where they make none."""
    by_same = same_account(left, right)
    verdict = wording.exact(compared, p, by_same) or wording.near(compared, p, by_same, near.threshold)
    matcher: Matcher = TextExact() if compared.same[p] else near
    return pair_row(left, right, matcher, verdict) if verdict else None


def pair_row(left: Any, right: Any, matcher: Matcher, verdict: Verdict) -> PairRow:
    """Return a verdict as it is stored."""
    detail = orjson.dumps(verdict.detail).decode()
    said = (verdict.score, verdict.strength, verdict.sentence, detail)
    return PairRow(left.id, right.id, matcher.id, *said, matcher.version)
