"""Match what is new against everything: read in lots, sign, look up, compare, keep pairs and families.

Memory stays bounded at any size of the archive: a lot is bounded in posts and characters, the index is mapped (its
pages belong to the system), each look-up reads a bounded number of rows, older texts come some thousands at a time.
Each lot is one transaction; the index follows it and is brought up from SQL where it was left behind.
"""

from __future__ import annotations

import gc
import importlib
import importlib.util
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from config.settings import Settings
from core.times import SystemClock
from matchers import kernel
from runner import match_context, match_index, match_judged, match_setting
from runner.alone import alone
from runner.match_batch import Finder, Found, unique
from runner.match_context import MatchContext, Progress, Stepped, Workers, silent
from runner.match_others import Others
from runner.match_read import Lot, Reader
from runner.match_regroup import regroup
from runner.match_workers import look_up
from storage import families, match_posts, matching, webs
from storage.engine import Database


@dataclass(slots=True)
class Matched:
    """What a run of matching did: posts read, matches found, families there are, keys too common to say anything."""

    posts: int = 0
    pairs: int = 0
    items: int = 0
    families: int = 0
    seconds: float = 0.0
    dropped: list[dict[str, Any]] = field(default_factory=list)

    def as_row(self) -> dict[str, Any]:
        """Return it as `copytrail match --json` prints it."""
        return {
            "posts": self.posts, "pairs": self.pairs, "items": self.items, "families": self.families,
            "seconds": round(self.seconds, 3), "dropped": self.dropped,
        }  # fmt: skip


def match(
    database: Database, root: Path, *, settings: Settings | None = None, case: str | None = None,
    rebuild: bool = False, at: datetime | None = None, progress: Progress | None = None,
    say: Callable[[str], None] | None = None, workers: Workers | None = None,
) -> Matched:  # fmt: skip
    """Match new and edited posts (of one case, or all) against the whole archive; `rebuild` starts over.

    `root` is the workspace; `workers` look up instead of this process, which changes no result.
    Raises CannotStart where another process is matching in it or in the same database.
    """
    began = time.monotonic()
    context = MatchContext(
        database, root, at or SystemClock().now(), settings or Settings(), case, rebuild,
        progress=progress or silent, say=say or (lambda _: None), workers=workers,
    )  # fmt: skip
    matched = Matched()
    with alone(
        context.index_folder / "match.lock", f"Another process is matching in {root} ({{who}}); wait for it to end."
    ):
        with ExitStack() as stack:
            stack.enter_context(_uncollected())
            _before(context)
            run = _Run(context, matched, stack)
            run.prepare()
            run.texts()
            run.settle()
        _steps(context, matched)
    with database.read() as conn:
        matched.families = families.count(conn)
    matched.seconds = time.monotonic() - began
    return matched


class _Run:
    """One run over the texts and links of posts: the indexes, and what was done so far."""

    def __init__(self, context: MatchContext, matched: Matched, stack: ExitStack) -> None:
        self.context, self.matched, self.database = context, matched, context.database
        with self.database.write() as conn:
            self.setting = match_setting.load(conn, context.settings.match.near_threshold)
        self.indexes = match_index.opened(context, self.setting, stack)
        self.total = 0

    def prepare(self) -> None:
        """Start over where asked to or where another kernel signed; queue what was edited or judged; catch up."""
        context = self.context
        with self.database.write() as conn:
            context.generation, _, signed_by = matching.generation(conn)
            if context.rebuild or (context.generation and signed_by != kernel.VERSION):
                if not context.rebuild:
                    context.say("Texts are signed in another way by this version; everything is matched afresh.")
                matching.forget_all(conn)
                context.generation, context.rebuild = 0, True
                self.setting = match_setting.load(conn, self.setting.near)
            match_judged.queue_edited(conn, context.at)
            match_judged.queue_judged(conn, context)
            self.total = matching.waiting(conn)
        with self.database.read() as conn:
            self.indexes.setting = self.setting
            self.indexes.catch_up(conn, context)
        if context.workers is not None and self.total:
            look_up(context, context.workers, self.setting.commons, self.indexes.text)

    def texts(self) -> None:
        """Match all that waits, lot by lot."""
        reader = Reader(self.database, self.context.case, self.indexes.reads, self.total)
        for lot in reader.again():
            self._keep(lot)
        for lot in reader.new():
            self._keep(lot)
            if self.context.case is None:
                with self.database.write() as conn:
                    matching.set_mark(conn, "posts", int(lot.ids[-1]))

    def _keep(self, lot: Lot) -> None:
        """Match one lot, keep what was found in one transaction, and let the indexes follow."""
        with ThreadPoolExecutor(1) as beside:  # the kernels of one leave Python to the other
            under_way = beside.submit(self._find_others, lot)
            with self.database.read() as conn:
                found = Finder(conn, lot, self.indexes.text, self.setting).run()
            others = under_way.result()
        number, token = self.context.generation + 1, matching.new_token()
        with ThreadPoolExecutor(1) as beside:  # an index that is ahead of what was kept is of no past: it starts over
            following = beside.submit(self.indexes.append, found.text, others, number, token)
            self._store(found, others, lot, token)
            following.result()
        for other in others:
            self.matched.pairs += len(other.pairs)
            self.matched.dropped.extend(other.dropped)
        self.matched.posts += len(lot.rows)
        self.matched.pairs += len(found.pairs)
        self.context.progress("matching", self.matched.posts, max(self.total, self.matched.posts))

    def _find_others(self, lot: Lot) -> list[Others]:
        with self.database.read() as conn:
            return [plugin.find(conn, lot.rows) for plugin in self.indexes.plugins]

    def _store(self, found: Found, others: Sequence[Others], lot: Lot, token: str) -> None:
        context = self.context
        with self.database.write() as conn:
            number, _ = matching.next_generation(
                conn, context.generation, kernel.VERSION, len(lot.rows), context.at, token
            )
            match_posts.save_signed(conn, number, found.signed, lot.again)
            found.pairs = unique(found.pairs)
            matching.save_pairs(conn, number, found.pairs)
            for other in others:
                matching.save_pairs(conn, number, other.pairs)
            webs.set_quoting(conn, found.moved, [])
            families.save_members(conn, number, found.members)
        context.generation = number

    def settle(self) -> None:
        """Group anew where copies of one text are still apart."""
        with self.database.write() as conn:
            regroup(conn, self.indexes.text, self.setting, self.context)


def _before(context: MatchContext) -> None:
    """Read what archived pages and redirects say before posts are matched by their links."""
    if importlib.util.find_spec("runner.match_items"):
        read = getattr(importlib.import_module("runner.match_items"), "read_archive", None)
        if read is not None:
            read(context)


def _steps(context: MatchContext, matched: Matched) -> None:
    """Match what stands behind posts, and what texts say in other words."""
    for name in match_context.STEPS:
        if importlib.util.find_spec(f"runner.{name}") is None:
            continue
        done: Stepped = importlib.import_module(f"runner.{name}").step(context)
        matched.pairs += done.pairs
        matched.items += done.items
        matched.dropped.extend(done.dropped)


@contextmanager
def _uncollected() -> Iterator[None]:
    """Keep the cycle collector still: a lot makes a million objects and no cycles, and is freed by counting."""
    on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if on:
            gc.enable()
