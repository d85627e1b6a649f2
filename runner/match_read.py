"""Read the posts to be matched in lots, and sign them while the lot before is still being matched."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from matchers import kernel
from matchers.segments import Batch
from matchers.wording import joined
from storage import match_posts, matching
from storage.engine import Database

Array = NDArray[Any]

FEWEST, MOST = 20_000, 100_000  # posts of a lot: a twentieth of what waits, within these bounds
CHARS = 64_000_000  # of a lot at most, give or take one text


@dataclass(frozen=True, slots=True)
class Lot:
    """Posts by ascending id, how their texts were signed, and whether they were matched before (and were edited)."""

    rows: list[Any]
    ids: Array
    signed: kernel.Signatures
    again: bool

    def sizes(self) -> Array:
        """Return how many keys each post has."""
        return np.diff(self.signed.starts)


class Reader:
    """Give the lots of a run: first the posts to be matched again, then those never matched."""

    def __init__(self, database: Database, case: str | None, reads: Sequence[str], waiting: int) -> None:
        self.database, self.case, self.reads = database, case, reads
        self.size = min(MOST, max(FEWEST, waiting // 20))

    def again(self) -> Iterator[Lot]:
        """Yield lots of the queue; each must be stored before the next is asked for."""
        while lot := self._lot(lambda conn: match_posts.queued(conn, self.case, self.reads, self.size), again=True):
            yield lot

    def new(self) -> Iterator[Lot]:
        """Yield lots of posts never matched; the next one is read and signed beside the caller's work."""
        with self.database.read() as conn:
            after = matching.mark(conn, "posts")
        with ThreadPoolExecutor(1) as beside:
            coming = beside.submit(self._unread, after)
            while lot := coming.result():
                coming = self._next(beside, lot)
                yield lot

    def _next(self, beside: ThreadPoolExecutor, lot: Lot) -> Future[Lot | None]:
        return beside.submit(self._unread, int(lot.ids[-1]))

    def _unread(self, after: int) -> Lot | None:
        return self._lot(lambda conn: match_posts.unread(conn, self.case, after, self.reads, self.size), again=False)

    def _lot(self, read: Callable[[Any], Iterator[Any]], *, again: bool) -> Lot | None:
        rows, chars = [], 0
        with self.database.read() as conn:
            for row in read(conn):
                rows.append(row)
                chars += len(row.text or "") + len(row.title or "")
                if len(rows) >= self.size or chars >= CHARS:
                    break
        if not rows:
            return None
        ids = np.array([row.id for row in rows], np.int64)
        return Lot(rows, ids, kernel.sign([joined(row.title, row.text) for row in rows]), again)


def batch_of(lot: Lot, mine: Array, common: Array) -> Batch:
    """Return the posts of a lot that `mine` marks as the index takes them, without keys of common phrases."""
    keep = np.repeat(mine, lot.sizes())
    if len(common):
        keep &= ~np.isin(lot.signed.keys, common)
    kept = np.concatenate([np.zeros(1, np.int64), np.cumsum(keep)])
    starts = np.zeros(int(mine.sum()) + 1, np.int64)
    np.cumsum(np.diff(kept[lot.signed.starts])[mine], out=starts[1:])
    return Batch(lot.ids[mine], starts, lot.signed.keys[keep], lot.signed.norms[mine])


def stored_batch(rows: Sequence[Any], common: Array) -> Batch:
    """Return stored signatures as the index takes them, without keys of common phrases."""
    prints = [np.frombuffer(row.fingerprint, "<u8").astype(np.uint64, copy=False) for row in rows]
    if len(common):
        prints = [own[~np.isin(own, common)] for own in prints]
    starts = np.zeros(len(rows) + 1, np.int64)
    np.cumsum([len(keys) for keys in prints], out=starts[1:])
    keys = np.concatenate(prints) if prints else np.empty(0, np.uint64)
    norms = np.array([row.norm_hash for row in rows], np.int64).view(np.uint64)
    return Batch(np.array([row.post_id for row in rows], np.int64), starts, keys, norms)
