"""The indexes of one run: opened, brought up to what the database says, made anew where they are stale or damaged."""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

import matchers
from core import registry
from matchers.base import Matcher
from matchers.segments import Batch, Segments
from runner.match_context import MatchContext
from runner.match_others import Others, Plugin
from runner.match_read import stored_batch
from runner.match_rows import parameters_of
from runner.match_setting import Setting
from runner.match_workers import Foreseen
from storage import match_posts, matching

CATCH_UP = 50_000  # posts appended to an index at a time
_EMPTY = Batch(np.empty(0, np.int64), np.zeros(1, np.int64), np.empty(0, np.uint64))


@dataclass(slots=True)
class Indexes:
    """The key index of the texts, and one for each other matcher."""

    text: Segments
    setting: Setting
    plugins: list[Plugin] = field(default_factory=list)

    @property
    def reads(self) -> tuple[str, ...]:
        """Return the fields of posts that the other matchers read."""
        return tuple(dict.fromkeys(name for plugin in self.plugins for name in plugin.matcher.reads))

    def every(self) -> Iterator[Segments]:
        """Yield all indexes."""
        yield self.text
        yield from (plugin.index for plugin in self.plugins)

    def catch_up(self, conn: Any, context: MatchContext) -> None:
        """Take in what the database has and an index has not; an index of another past starts over."""
        number, token, _ = matching.generation(conn)
        for index in self.every():
            if index.repaired:
                context.say(index.repaired)
            if index.generation > number or not matching.knows_generation(conn, index.generation, index.token):
                index.clear()
        if self.text.generation < number:
            stored = match_posts.signed_since(conn, self.text.generation)
            common = self.setting.commons.keys
            self._refill(conn, context, self.text, stored, lambda rows: stored_batch(rows, common), number, token)
        for plugin in self.plugins:
            if plugin.index.generation < number:
                posts = match_posts.posts_since(conn, plugin.index.generation, plugin.matcher.reads)
                held = (row for row in posts if plugin.matcher.holds(row))
                self._refill(conn, context, plugin.index, held, plugin.keyed, number, token)

    def _refill(
        self, conn: Any, context: MatchContext, index: Segments, rows: Iterable[Any],
        batch: Callable[[Sequence[Any]], Batch], number: int, token: str,
    ) -> None:  # fmt: skip
        done, of = 0, match_posts.count_since(conn, index.generation)
        for lot in _lots(rows):
            index.append(batch(lot), index.generation, index.token)
            done += len(lot)
            context.progress("making the index anew" if index.generation == 0 else "index", done, of)
        index.append(_EMPTY, number, token)

    def append(self, text: Batch, others: Sequence[Others], number: int, token: str) -> None:
        """Let the indexes follow what was just stored."""
        self.text.append(text, number, token)
        for plugin, other in zip(self.plugins, others, strict=True):
            plugin.index.append(other.keys, number, token)


def opened(context: MatchContext, setting: Setting, stack: ExitStack) -> Indexes:
    """Open the indexes of a workspace. Raises CannotStart where another process has them open."""
    folder: Path = context.index_folder
    found = registry.find(matchers, Matcher)  # type: ignore[type-abstract]
    plugins = [matcher() for _, matcher in sorted(found.items()) if not matcher.text and matcher.reads]
    with context.database.write() as conn:
        numbers = [parameters_of(conn, matcher) for matcher in plugins]
        resolve = _resolver(conn)
    kind = Segments if context.workers is None else Foreseen
    made = Indexes(stack.enter_context(kind(folder / "text", setting.stamp)), setting)
    for matcher, number in zip(plugins, numbers, strict=True):
        index = stack.enter_context(Segments(folder / matcher.id, f"{matcher.id} {matcher.version}"))
        made.plugins.append(Plugin(matcher, index, number, resolve if "links" in matcher.reads else None))
    return made


def _resolver(conn: Any) -> Any:
    """Return what says where links lead by captured redirects; None where none was captured."""
    if importlib.util.find_spec("storage.redirects") is None:
        return None
    return importlib.import_module("storage.redirects").resolver(conn)


def _lots(rows: Iterable[Any]) -> Iterator[list[Any]]:
    lot: list[Any] = []
    for row in rows:
        lot.append(row)
        if len(lot) >= CATCH_UP:
            yield lot
            lot = []
    if lot:
        yield lot
