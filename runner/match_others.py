"""Match one batch of posts by matchers that do not compare texts: shared links, and whatever plug-ins bring."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from core.records import Author, Post, Record
from matchers.base import Matcher
from matchers.segments import Batch, Segments
from runner.match_batch import ordered, pair_row
from storage import matching
from storage.matching import PairRow

Array = NDArray[Any]
R = TypeVar("R", bound=Record)

FEW = 3  # earlier holders of one key that a post is compared with each; of more, the oldest
_NOBODY = Author()
_BLANK = Post(platform="none", native_id="0")


@dataclass(slots=True)
class Others:
    """What one batch brought by one matcher: its keys for the index, pairs, and keys too common to say anything."""

    keys: Batch
    pairs: list[PairRow] = field(default_factory=list)
    dropped: list[dict[str, Any]] = field(default_factory=list)


def find_others(conn: Any, matcher: Matcher, index: Segments, rows: Sequence[Any]) -> Others:
    """Match a batch by one matcher; keys held by too many posts are dropped, and said so."""
    held = [row for row in rows if any(getattr(row, name) for name in matcher.reads)]
    known = {row.id: (row, light(row, matcher.reads)) for row in held}
    named = [matcher.keys(post) for _, post in known.values()]
    found = Others(hash_keys([row.id for row in held], named))
    if not len(found.keys.keys):
        return found
    common = _common(matcher, index, found, named)
    pairs = _holders(index, found.keys, common)
    older = matching.load(conn, {other for _, other in pairs if other not in known}, matcher.reads)
    known.update((row.id, (row, light(row, matcher.reads))) for row in older)
    for post, other in pairs:
        if other in known:
            left, right = ordered(known[post][0], known[other][0])
            if verdict := matcher.compare(known[left.id][1], known[right.id][1]):
                found.pairs.append(pair_row(left, right, matcher, verdict))
    return found


def _common(matcher: Matcher, index: Segments, found: Others, named: Sequence[tuple[str, ...]]) -> Array:
    """Return the keys held by too many posts, and note them by name."""
    unique, counts = np.unique(found.keys.keys, return_counts=True)
    holders = index.holders(unique) + counts
    common: Array = unique[holders > index.cap(matcher.max_holders)]
    if len(common):
        names = dict(zip(found.keys.keys.tolist(), (key for keys in named for key in keys), strict=True))
        many = dict(zip(unique.tolist(), holders.tolist(), strict=True))
        found.dropped = [{"matcher": matcher.id, "key": names[k], "holders": many[k]} for k in common.tolist()]
    return common


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
