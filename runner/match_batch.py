"""Match one batch of posts: exact copies first, then candidates from the index, then families, then other matchers."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from core.records import Author, Post, Record
from matchers import kernel, wording
from matchers.base import Matcher, Verdict
from matchers.exact_text import TextExact
from matchers.families import Grouping, Match, Place
from matchers.near_text import TextNear
from matchers.segments import Batch, Segments
from storage import families, matching
from storage.families import Membership
from storage.matching import PairRow, Signed

if TYPE_CHECKING:
    from sqlalchemy import Connection

Array = NDArray[Any]

R = TypeVar("R", bound=Record)
_NOBODY = Author()
_BLANK = Post(platform="none", native_id="0")
TOP = 32  # posts a new post is compared with, those that share most
FEW = 3  # earlier holders of one key that a post is compared with each; of more, the oldest
TEXTS = 200  # older texts held at a time; a text may have a million characters


@dataclass(slots=True)
class Found:
    """What one batch brought."""

    text: Batch
    signed: list[Signed]
    pairs: list[PairRow] = field(default_factory=list)
    members: list[Membership] = field(default_factory=list)
    others: dict[str, Batch] = field(default_factory=dict)
    dropped: list[dict[str, Any]] = field(default_factory=list)

    def add_other(self, conn: Connection, matcher: Matcher, index: Segments, rows: Sequence[Any]) -> None:
        """Match the batch by a matcher that does not compare texts; keys held by too many are dropped, and said so."""
        held = [row for row in rows if any(getattr(row, name) for name in matcher.reads)]
        known = {row.id: (row, light(row, matcher.reads)) for row in held}
        named = [matcher.keys(post) for _, post in known.values()]
        batch = self.others[matcher.id] = hash_keys([row.id for row in held], named)
        if not len(batch.keys):
            return
        unique, counts = np.unique(batch.keys, return_counts=True)
        holders = index.holders(unique) + counts
        common = unique[holders > index.cap(matcher.max_holders)]
        if len(common):
            names = dict(zip(batch.keys.tolist(), (key for keys in named for key in keys), strict=True))
            many = dict(zip(unique.tolist(), holders.tolist(), strict=True))
            self.dropped += [{"matcher": matcher.id, "key": names[k], "holders": many[k]} for k in common.tolist()]
        pairs = _holders(index, batch, common)
        older = matching.load(conn, {other for _, other in pairs if other not in known}, matcher.reads)
        known.update((row.id, (row, light(row, matcher.reads))) for row in older)
        for post, other in pairs:
            if other in known:
                (left, a), (right, b) = sorted((known[post], known[other]), key=lambda side: str(side[0].ref))
                if verdict := matcher.compare(a, b):
                    self.pairs.append(_pair(left, right, matcher, verdict))


class Finder:
    """Match the texts of one batch, rows of posts by ascending id, against the index and one another."""

    def __init__(self, conn: Connection, rows: Sequence[Any], index: Segments, near: TextNear) -> None:
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
            if verdict := wording.exact(compared, p, _same_account(left, right)):
                copies[post] = other
                self.pairs.append(_pair(left, right, self.exact, verdict))
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
        by_same = _same_account(left, right)
        matcher: Matcher = self.exact if compared.same[p] else self.near
        verdict = wording.exact(compared, p, by_same) or wording.near(compared, p, by_same, self.near.threshold)
        if verdict is None:
            return None
        self.pairs.append(_pair(left, right, matcher, verdict))
        return Match(matcher.id, verdict.score)

    def _compared(
        self, pairs: Sequence[tuple[int, int]], least: float = 0.0
    ) -> Iterator[tuple[int, Any, Any, kernel.Compared, int]]:
        """Compare pairs of posts exactly, few older texts at a time, and leave out what shares too little."""
        for some in _portions(pairs, self.here):
            rows = dict(self._load({post for pair in some for post in pair}))
            some = [pair for pair in some if pair[1] in rows]
            at = {post: i for i, post in enumerate(rows)}
            sides = [_ordered(rows[post], rows[other]) for post, other in some]
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
        names = [name for name in self.former.values() if name] + [_made(self.refs[post]) for post in anchors]
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
        name = next((name for name in former if name and name not in self.taken), None) or _made(self.refs[anchor])
        while name in self.taken:  # it was the anchor of that family once, which has another by now
            name = _made(name)
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


def _holders(index: Segments, batch: Batch, common: Array) -> list[tuple[int, int]]:
    """Return each post of the batch with earlier holders of its keys: all of a few, the oldest alone of many.

    So a link held by a hundred posts makes a star of a hundred pairs, not five thousand. Keys in `common` are left out.
    """
    earlier, rows = index.earlier(batch, FEW)
    earlier[np.isin(batch.keys, common)] = 0
    posts = np.repeat(batch.ids, np.diff(batch.starts))
    pairs: dict[tuple[int, int], None] = {}
    for k in range(FEW):
        there = np.flatnonzero((earlier > k) & ((earlier <= FEW) | (k == 0)))
        for post, other in zip(posts[there].tolist(), rows[there, k].tolist(), strict=True):
            if post != other and (other, post) not in pairs:
                pairs[post, other] = None
    return list(pairs)


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


def hash_keys(ids: Sequence[int], keys: Sequence[tuple[str, ...]]) -> Batch:
    """Return named keys as the index takes them: 64 bits each."""
    starts = np.zeros(len(keys) + 1, np.int64)
    np.cumsum([len(own) for own in keys], out=starts[1:])
    digests = b"".join(hashlib.blake2b(key.encode(), digest_size=8).digest() for own in keys for key in own)
    return Batch(np.array(ids, np.int64), starts, np.frombuffer(bytearray(digests), np.uint64))


def light(row: Any, reads: Iterable[str]) -> Post:
    """Return a post with what names it and the fields a matcher reads."""
    fields: dict[str, Any] = {name: tuple(v) if isinstance(v := getattr(row, name), list) else v for name in reads}
    for name in ("links", "tags", "mentions", "media", "languages"):
        if name in fields and fields[name] is None:
            fields[name] = ()
    fields.update(platform=row.platform, site=row.site, native_id=row.native_id, url=row.url)
    fields["author"] = _filled(_NOBODY, row.author or {})
    return _filled(_BLANK, fields)


def _filled(blank: R, fields: dict[str, Any]) -> R:
    """Return a copy of a blank record with fields filled; many times faster than `model_copy`, for 100,000 posts."""
    record = blank.__class__.__new__(blank.__class__)
    object.__setattr__(record, "__dict__", {**blank.__dict__, **fields})
    object.__setattr__(record, "__pydantic_fields_set__", set(fields))
    object.__setattr__(record, "__pydantic_extra__", None)
    object.__setattr__(record, "__pydantic_private__", None)
    return record


def _made(ref: str) -> str:
    return hashlib.sha256(ref.encode()).hexdigest()[:12]


def _words(row: Any) -> str:
    return wording.joined(row.title, row.text)


def _ordered(a: Any, b: Any) -> tuple[Any, Any]:
    return (a, b) if a.ref < b.ref else (b, a)


def _same_account(left: Any, right: Any) -> bool:
    return left.account_id is not None and left.account_id == right.account_id


def _pair(left: Any, right: Any, matcher: Matcher, verdict: Verdict) -> PairRow:
    return PairRow(
        left.id, right.id, matcher.id, verdict.score, verdict.strength, verdict.sentence, dict(verdict.detail),
        matcher.version,
    )  # fmt: skip
