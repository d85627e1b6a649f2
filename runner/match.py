"""Match what is new against everything: read in batches, sign, look up, compare, keep pairs and families.

Memory stays bounded at any size of the archive: a batch is bounded in posts and characters, the index is mapped (its
pages belong to the system), each look-up reads a bounded number of rows, older texts come a few hundred at a time.
Each batch is one transaction; the index follows it and is brought up from SQL where it was left behind.
"""

from __future__ import annotations

import gc
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np

import matchers
from core import registry
from core.times import SystemClock
from matchers import kernel
from matchers.base import Matcher
from matchers.near_text import TextNear
from matchers.segments import Batch, Segments
from matchers.wording import NEAR, joined
from runner.match_batch import Finder, Found
from runner.match_others import Others, find_others, hash_keys, light
from runner.match_regroup import regroup
from storage import families, matching
from storage.engine import Database

BATCH_POSTS = 20_000
BATCH_CHARS = 16_000_000
CATCH_UP = 50_000  # posts appended to an index at a time

Progress = Callable[[int, int | None], None]


@dataclass(slots=True)
class Matched:
    """What a run of matching did: posts read, links found, families there are, keys too common to say anything."""

    posts: int = 0
    pairs: int = 0
    families: int = 0
    seconds: float = 0.0
    dropped: list[dict[str, Any]] = field(default_factory=list)

    def as_row(self) -> dict[str, Any]:
        """Return it as `copytrail match --json` prints it."""
        return {
            "posts": self.posts, "pairs": self.pairs, "families": self.families, "seconds": round(self.seconds, 3),
            "dropped": self.dropped,
        }  # fmt: skip


def match(
    database: Database, index_folder: Path, *, case: str | None = None, rebuild: bool = False,
    near_threshold: float = NEAR, at: datetime | None = None, progress: Progress | None = None,
) -> Matched:  # fmt: skip
    """Match new and edited posts (of one case, or all) against the whole archive; `rebuild` starts over.

    Raises CannotStart where another process is matching in the same folder or the same database.
    """
    began = time.monotonic()
    run = _Run(database, at or SystemClock().now(), case, near_threshold, progress)
    with ExitStack() as stack:
        stack.enter_context(_uncollected())
        run.open(index_folder, stack)
        run.prepare(rebuild)
        for rows in run.batches():
            run.keep(rows)
        run.settle()
    with database.read() as conn:
        run.matched.families = families.count(conn)
    run.matched.seconds = time.monotonic() - began
    return run.matched


class _Run:
    """One run: the database, the indexes, and what was done so far."""

    def __init__(
        self, database: Database, at: datetime, case: str | None, threshold: float, progress: Progress | None
    ) -> None:
        self.database, self.at, self.case, self.progress = database, at, case, progress
        found = registry.find(matchers, Matcher)  # type: ignore[type-abstract]
        self.others = [plugin() for _, plugin in sorted(found.items()) if not plugin.text]
        self.reads = tuple(dict.fromkeys(name for matcher in self.others for name in matcher.reads))
        self.near = TextNear(threshold)
        self.matched = Matched()
        self.total = 0
        self.generation = 0
        self.text: Segments
        self.indexes: dict[str, Segments] = {}

    def open(self, folder: Path, stack: ExitStack) -> None:
        """Open the key index of the texts and one for each other matcher."""
        self.text = stack.enter_context(Segments(folder / "text", kernel.VERSION))
        for matcher in self.others:
            stamp = f"{matcher.id} {matcher.version}"
            self.indexes[matcher.id] = stack.enter_context(Segments(folder / matcher.id, stamp))

    def prepare(self, rebuild: bool) -> None:
        """Start over where asked to or where posts were signed by another kernel; queue what was edited; catch up."""
        with self.database.write() as conn:
            self.generation, _, signed_by = matching.generation(conn)
            if rebuild or (self.generation and signed_by != kernel.VERSION):
                matching.forget_all(conn)
                self.generation = 0
            last, edited = matching.edited_since(conn, matching.mark(conn, "versions"))
            reworded = _reworded(conn, edited)
            matching.queue_kept(conn, set(edited) - set(reworded))
            matching.queue_again(conn, reworded, self.at)
            matching.set_mark(conn, "versions", last)
            self.total = matching.waiting(conn)
        with self.database.read() as conn:
            self._catch_up(conn)

    def _catch_up(self, conn: Any) -> None:
        number, token, _ = matching.generation(conn)
        for index in (self.text, *self.indexes.values()):
            if index.generation > number or not matching.knows_generation(conn, index.generation, index.token):
                index.clear()
        if self.text.generation < number:
            for rows in _lots(matching.signed_since(conn, self.text.generation)):
                self.text.append(_signed_batch(rows), self.text.generation, self.text.token)
            self.text.append(_EMPTY, number, token)
        for matcher in self.others:
            index = self.indexes[matcher.id]
            if index.generation < number:
                for rows in _lots(matching.posts_since(conn, index.generation, matcher.reads)):
                    index.append(_keyed(matcher, rows), index.generation, index.token)
                index.append(_EMPTY, number, token)

    def batches(self) -> Iterator[list[Any]]:
        """Yield lots of posts to match: first those to be matched again, then those never matched."""
        while True:
            with self.database.read() as conn:
                rows = _take(matching.queued(conn, self.case, self.reads))
            if not rows:
                break
            yield rows
        with self.database.read() as conn:
            after = matching.mark(conn, "posts")
        while True:
            with self.database.read() as conn:
                rows = _take(matching.unread(conn, self.case, after, self.reads))
            if not rows:
                break
            yield rows
            after = rows[-1].id
            if self.case is None:
                with self.database.write() as conn:
                    matching.set_mark(conn, "posts", after)

    def keep(self, rows: list[Any]) -> None:
        """Match one lot, keep what was found in one transaction, then let the indexes follow."""
        with ThreadPoolExecutor(1) as beside:  # the kernels of one leave Python to the other
            under_way = beside.submit(self._find_others, rows)
            with self.database.read() as conn:
                found = Finder(conn, rows, self.text, self.near).run()
            others = under_way.result()
        number, token = self._store(found, others, len(rows))
        self.text.append(found.text, number, token)
        for name, other in others.items():
            self.indexes[name].append(other.keys, number, token)
            self.matched.pairs += len(other.pairs)
            self.matched.dropped.extend(other.dropped)
        self.matched.posts += len(rows)
        self.matched.pairs += len(found.pairs)
        if self.progress:
            self.progress(self.matched.posts, max(self.total, self.matched.posts))

    def _find_others(self, rows: list[Any]) -> dict[str, Others]:
        with self.database.read() as conn:
            return {m.id: find_others(conn, m, self.indexes[m.id], rows) for m in self.others}

    def settle(self) -> None:
        """Group anew where copies of one text are still apart."""
        with self.database.write() as conn:
            regroup(conn, self.generation, self.near, self.at)

    def _store(self, found: Found, others: dict[str, Others], posts: int) -> tuple[int, str]:
        with self.database.write() as conn:
            number, token = matching.next_generation(conn, self.generation, kernel.VERSION, posts, self.at)
            matching.save_signed(conn, number, found.signed)
            matching.save_pairs(conn, number, found.pairs)
            for other in others.values():
                matching.save_pairs(conn, number, other.pairs)
            families.save_members(conn, number, found.members)
        self.generation = number
        return number, token


_EMPTY = Batch(np.empty(0, np.int64), np.zeros(1, np.int64), np.empty(0, np.uint64))


@contextmanager
def _uncollected() -> Iterator[None]:
    """Keep the cycle collector still: a batch makes a million objects and no cycles, and is freed by counting."""
    on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if on:
            gc.enable()


def _take(rows: Iterator[Any]) -> list[Any]:
    taken, chars = [], 0
    for row in rows:
        taken.append(row)
        chars += len(row.text or "") + len(row.title or "")
        if len(taken) >= BATCH_POSTS or chars >= BATCH_CHARS:
            break
    return taken


def _lots(rows: Iterable[Any]) -> Iterator[list[Any]]:
    lot: list[Any] = []
    for row in rows:
        lot.append(row)
        if len(lot) >= CATCH_UP:
            yield lot
            lot = []
    if lot:
        yield lot


def _signed_batch(rows: list[Any]) -> Batch:
    """Return stored signatures as the index takes them: the hash of the text, then its fingerprints."""
    prints = [np.frombuffer(row.fingerprint, "<u8") for row in rows]
    starts = np.zeros(len(rows) + 1, np.int64)
    np.cumsum([len(keys) + 1 for keys in prints], out=starts[1:])
    keys = np.empty(int(starts[-1]), np.uint64)
    for row, own, start in zip(rows, prints, starts, strict=False):
        keys[start] = row.norm_hash & (2**64 - 1)
        keys[start + 1 : start + 1 + len(own)] = own
    return Batch(np.array([row.post_id for row in rows], np.int64), starts, keys)


def _keyed(matcher: Matcher, rows: list[Any]) -> Batch:
    return hash_keys([row.id for row in rows], [matcher.keys(light(row, matcher.reads)) for row in rows])


def _reworded(conn: Any, edited: list[int]) -> list[int]:
    """Return the edited posts whose words changed; a new link or picture leaves the text what it was."""
    changed: list[int] = []
    for start in range(0, len(edited), 500):
        rows = list(matching.load(conn, edited[start : start + 500]))
        known = matching.hashes(conn, (row.id for row in rows))
        norms = kernel.sign([joined(row.title, row.text) for row in rows]).norms.view(np.int64).tolist()
        changed.extend(row.id for row, norm in zip(rows, norms, strict=True) if known.get(row.id) != norm)
    return changed
