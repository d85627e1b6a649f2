"""Match one lot of posts by matchers that do not compare texts: shared links, tags, and whatever plug-ins bring."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from core.records import Author, Post, Record
from matchers import weights
from matchers.base import Matcher, Verdict
from matchers.segments import Batch, Segments
from runner.match_rows import ordered, pair_row
from storage import match_posts
from storage.matching import PairRow

Array = NDArray[Any]
R = TypeVar("R", bound=Record)
Resolve = Callable[[Sequence[str]], tuple[str, ...]]

FEW = 3  # earlier holders of one key that a post is compared with each; of more, the oldest
INTRINSIC = 16.0  # bits that a link or a list of tags says by itself: few write the same one by chance
_NOBODY = Author()
_BLANK = Post(platform="none", native_id="0")


@dataclass(slots=True)
class Others:
    """What one lot brought by one matcher: its keys for the index, pairs, and keys too common to say anything."""

    keys: Batch
    pairs: list[PairRow] = field(default_factory=list)
    dropped: list[dict[str, Any]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Plugin:
    """A matcher as one run uses it: its index, the number of its parameters, and where links lead."""

    matcher: Matcher
    index: Segments
    parameters: int
    resolve: Resolve | None

    def light(self, row: Any) -> Post:
        """Return a post as the matcher reads it, with links followed as far as we know where they lead."""
        post = light(row, self.matcher.reads)
        if self.resolve is None or not post.links:
            return post
        return _filled(post, {"links": self.resolve(post.links)})

    def keyed(self, rows: Sequence[Any]) -> Batch:
        """Return the keys of posts as the index takes them."""
        return hash_keys([row.id for row in rows], [self.matcher.keys(self.light(row)) for row in rows])

    def find(self, conn: Any, rows: Sequence[Any]) -> Others:
        """Match a lot; keys held by too many posts are dropped, and said so."""
        known = {row.id: (row, self.light(row)) for row in rows if self.matcher.holds(row)}
        named = [self.matcher.keys(post) for _, post in known.values()]
        found = Others(hash_keys(list(known), named))
        if not len(found.keys.keys):
            return found
        common = self._common(found, named)
        pairs = _holders(self.index, found.keys, common)
        wanted = {post for pair in pairs for post in pair}  # what names a post is read of those that meet alone
        older = match_posts.load(conn, sorted(wanted), self.matcher.reads)
        met = {row.id: (row, self.light(row)) for row in older}
        unique, counts = np.unique(found.keys.keys, return_counts=True)
        held = dict(zip(unique.tolist(), (self.index.holders(unique) + counts).tolist(), strict=True))
        keys = {post: hash_of(self.matcher.keys(light)) for post, (_, light) in met.items()}
        for post, other in pairs:
            if post in met and other in met:
                left, right = ordered(met[post][0], met[other][0])
                if verdict := self.matcher.compare(met[left.id][1], met[right.id][1]):
                    shared = [held[key] for key in keys[post] if key in keys[other] and key in held]
                    found.pairs.append(self._row(left, right, verdict, min(shared, default=2) - 2))
        return found

    def _row(self, left: Any, right: Any, verdict: Verdict, others: int) -> PairRow:
        posts = self.index.posts
        bits = weights.rarity(others, posts, getattr(self.matcher, "intrinsic", INTRINSIC))
        numbers = {"others": others, "posts": posts}
        capped = float(weights.capped(bits, self.matcher.modality))
        return pair_row(left, right, self.matcher, verdict, capped, self.parameters, rarity=numbers)

    def _common(self, found: Others, named: Sequence[tuple[str, ...]]) -> Array:
        """Return the keys held by too many posts, and note them by name."""
        unique, counts = np.unique(found.keys.keys, return_counts=True)
        holders = self.index.holders(unique) + counts
        common: Array = unique[holders > self.index.cap(self.matcher.max_holders)]
        if len(common):
            names = dict(zip(found.keys.keys.tolist(), (key for keys in named for key in keys), strict=True))
            many = dict(zip(unique.tolist(), holders.tolist(), strict=True))
            found.dropped = [{"matcher": self.matcher.id, "key": names[k], "holders": many[k]} for k in common.tolist()]
        return common


def _holders(index: Segments, batch: Batch, common: Array) -> list[tuple[int, int]]:
    """Return each post of the lot with earlier holders of its keys: all of a few, the oldest alone of many.

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


def hash_of(keys: Iterable[str]) -> list[int]:
    """Return keys as numbers of 64 bits."""
    return [int.from_bytes(hashlib.blake2b(key.encode(), digest_size=8).digest(), "little") for key in keys]


def hash_keys(ids: Sequence[int], keys: Sequence[tuple[str, ...]]) -> Batch:
    """Return named keys as the index takes them."""
    starts = np.zeros(len(keys) + 1, np.int64)
    np.cumsum([len(own) for own in keys], out=starts[1:])
    return Batch(np.array(ids, np.int64), starts, np.array([k for own in keys for k in hash_of(own)], np.uint64))


def light(row: Any, reads: Iterable[str]) -> Post:
    """Return a post with the fields a matcher reads, and what names it where the row has that."""
    fields: dict[str, Any] = {name: tuple(v) if isinstance(v := getattr(row, name), list) else v for name in reads}
    for name in ("links", "tags", "mentions", "media", "languages"):
        if name in fields and fields[name] is None:
            fields[name] = ()
    if hasattr(row, "author"):
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
