"""Match what posts mean: other wordings of one text, and possible translations; what is new against the archive.

A run reads so many posts: the newest batches first, and with what is left of its measure older ones that were never
read, so that nothing new waits behind a large backlog. Each lot is one transaction with the note of what is still
unread, so that a kill loses and doubles nothing. What is looked up lies in indexes of its own and in a table of how
common each word is, all derived: where they are gone or of another past, all posts count as unread again.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any, NamedTuple, Protocol

from matchers.base import Matcher, Verdict
from matchers.segments import Segments
from runner.match_context import MatchContext, Stepped
from runner.match_rows import ordered, pair_row, parameters_of
from storage import matching, meanings
from storage.meanings import Span

LOT = 4_000  # posts read at a time
AT_LEAST = 1_000  # posts a run reads where there are as many, so that a small run ends soon
ENCODED = 10  # an encoder makes a post so many times as dear, at least
LARGE = 20_000  # posts left unread that are told
SEEN, LOTS = "meaning:seen", "meaning:lots"  # the last batch noted as unread, and how many lots were read


class Found(NamedTuple):
    """Two posts that match, what is said of them, and how much it weighs."""

    one: Any
    other: Any
    verdict: Verdict
    bits: float


class Finder(Protocol):
    """One matcher of meaning with its index."""

    @property
    def matcher(self) -> Matcher:
        """What the pairs are told by."""

    def holds(self, conn: Any, lots: int) -> bool:
        """Return whether the index holds what so many lots brought."""

    def clear(self) -> None:
        """Forget everything."""

    def find(self, conn: Any, rows: Sequence[Any], lots: int, token: str) -> list[Found]:
        """Take new posts into the index, which holds so many lots then, and return what they match."""

    def kept(self, conn: Any, lots: int) -> None:
        """Note, in the transaction that keeps a lot, that it was taken in."""

    def save(self) -> None:
        """Keep what is derived for the next time."""


def step(context: MatchContext) -> Stepped:
    """Match the meaning of new and edited posts with the archive; nothing where the settings say so."""
    done = Stepped()
    with context.database.read() as conn:
        current, _, _ = matching.generation(conn)
        seen, lots, spans = matching.mark(conn, SEEN), matching.mark(conn, LOTS), meanings.unread(conn)
    if not spans and seen == current:
        return done
    with ExitStack() as stack:
        finders = _finders(context, stack)
        if not finders:
            return done
        with context.database.read() as conn:
            fresh = meanings.matched(conn, seen, current)
            if not all(finder.holds(conn, lots) for finder in finders):
                seen, spans = 0, []
                for finder in finders:
                    finder.clear()
            if current > seen:
                spans.insert(0, meanings.Span(seen, current, 0, meanings.matched(conn, seen, current)))
        run = _Run(context, finders, spans, 0 if seen == 0 else lots, current)
        run.read(_most(context, fresh), done)
        for finder in finders:
            finder.save()
        left = sum(span.left for span in run.spans)
        if left >= LARGE:
            context.say(
                f"About {left:,} older posts wait to be looked at for other wordings and translations; every run takes "
                "some of them, one in which nothing is new the most."
            )
    return done


class _Run:
    """One run over what is unread, the newest first."""

    def __init__(
        self, context: MatchContext, finders: Sequence[Finder], spans: list[Span], lots: int, current: int
    ) -> None:
        self.context, self.finders, self.spans = context, finders, spans
        self.lots, self.current = lots, current

    def read(self, most: int, done: Stepped) -> None:
        """Read at most so many posts, in lots that may be of several batches: each lot costs a look-up and a commit."""
        work = 0  # a batch that brings nothing is a look-up all the same
        while self.spans and work < most:
            lot: list[Any] = []
            while self.spans and work < most and len(lot) < LOT:
                rows = self._next(min(LOT - len(lot), most - work))
                lot, work = lot + rows, work + max(1, len(rows))
            if lot:
                self._keep(sorted(lot, key=lambda row: row.id), done)
        with self.context.database.write() as conn:
            self._note(conn)

    def _next(self, limit: int) -> list[Any]:
        """Return the next posts of the newest batch that was not read, and take them from what is unread."""
        span = self.spans[0]
        with self.context.database.read() as conn:
            rows = meanings.fresh(conn, span.after + 1, span.row, limit)
        ended = len(rows) < limit
        after, row = (span.after + 1, 0) if ended else (span.after, rows[-1].id)
        rest = Span(after, span.upto, row, span.left - len(rows))
        self.spans[:1] = [rest] if after < span.upto and rest.left > 0 else []
        return rows

    def _keep(self, rows: list[Any], done: Stepped) -> None:
        """Match one lot and keep what was found, with what is unread now, in one transaction."""
        context, finders, lots = self.context, self.finders, self.lots + 1
        with context.database.read() as conn:
            _, token, _ = matching.generation(conn)
            stamp = f"{self.current}:{token}"
            found = [(finder.matcher, finder.find(conn, rows, lots, stamp)) for finder in finders]
        with context.database.write() as conn:
            for matcher, some in found:
                number = parameters_of(conn, matcher) if some else None
                pairs = [_row(matcher, match, number) for match in some]
                matching.save_pairs(conn, context.generation, pairs)
                done.pairs += len(pairs)
            for finder in finders:
                finder.kept(conn, lots)
            matching.set_mark(conn, LOTS, lots)
            self._note(conn)
        self.lots = lots
        done.posts += len(rows)
        context.progress("meaning", done.posts, None)

    def _note(self, conn: Any) -> None:
        matching.set_mark(conn, SEEN, self.current)
        meanings.set_unread(conn, self.spans)


def stands(conn: Any, index: Segments, lots: int) -> bool:
    """Return whether an index holds what so many lots brought; it may be one ahead, by a lot that was never kept."""
    number, _, token = index.token.partition(":")
    known = not index.token or matching.knows_generation(conn, int(number or 0), token)
    return known and 0 <= index.generation - lots <= 1


def _finders(context: MatchContext, stack: ExitStack) -> list[Finder]:
    """Open those that the settings ask for; what they need is imported only then."""
    from runner.match_sources import Sources
    from runner.match_translations import Translations

    folder, setting = context.index_folder, context.settings.match
    finders: list[Finder] = []
    if setting.same_source:
        finders.append(stack.enter_context(Sources(folder)))
    if setting.translated:
        finders.append(stack.enter_context(Translations(folder, setting.glossary)))
        if setting.encoder:
            from runner.match_encoded import Encoded

            finders.append(stack.enter_context(Encoded(context.database, Path(setting.encoder).expanduser())))
    return finders


def _most(context: MatchContext, fresh: int) -> int:
    """Return how many posts this run reads: a quarter more than are new; as many as may be, where nothing is new."""
    setting = context.settings.match
    limit, least = setting.meaning_posts, AT_LEAST // (ENCODED if setting.encoder else 1)
    return min(limit or 2**62, max(least, fresh + fresh // 4) if fresh else limit or 2**62)


def _row(matcher: Matcher, match: Found, number: int | None) -> Any:
    return pair_row(*ordered(match.one, match.other), matcher, match.verdict, match.bits, number)
