"""Match what posts mean: other wordings of one text, and possible translations; what is new against the archive.

The posts of the batches matched since the last time are read, by id, a few thousand at a time; each lot is one
transaction with its mark, so that a kill loses and doubles nothing. What is looked up lies in indexes of its own and
in a table of how common each word is, all derived: where they are gone or behind, they are filled from the posts.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any, NamedTuple, Protocol

from matchers.base import Matcher, Verdict
from runner.match_context import MatchContext, Stepped
from runner.match_rows import ordered, pair_row, parameters_of
from storage import matching, meanings

LOT = 4_000  # posts read at a time
AT_LEAST = 2_000  # posts a run looks at where there are as many, so that a small run ends soon
UPTO, ROW, TARGET = "meaning:generation", "meaning:row", "meaning:target"


class Found(NamedTuple):
    """Two posts that match, what is said of them, and how much it weighs."""

    one: Any
    other: Any
    verdict: Verdict
    bits: float


class Past(NamedTuple):
    """What was read before: batches up to `upto`, and of those up to `target` the posts up to `row`."""

    upto: int
    target: int
    row: int

    def lots(self, conn: Any, after: int) -> Iterator[list[Any]]:
        """Yield the posts that were read before, of batches after one, a lot at a time."""
        spans = [(after, self.upto, 2**62), (max(after, self.upto), self.target, self.row)]
        for since, upto, last in spans:
            row = 0
            while upto > since:
                rows = meanings.fresh(conn, since, upto, row, LOT)
                kept = [post for post in rows if post.id <= last]
                if kept:
                    yield kept
                if len(kept) < LOT:
                    break
                row = kept[-1].id


class Finder(Protocol):
    """One matcher of meaning with its index."""

    @property
    def matcher(self) -> Matcher:
        """What the pairs are told by."""

    def catch_up(self, conn: Any, past: Past) -> None:
        """Bring the index to where the marks stand."""

    def find(self, conn: Any, rows: Sequence[Any], generation: int, token: str) -> list[Found]:
        """Take new posts into the index and return what they match."""

    def save(self) -> None:
        """Keep what is derived for the next time."""


def step(context: MatchContext) -> Stepped:
    """Match the meaning of new and edited posts with the archive; nothing where the settings say so."""
    done = Stepped()
    with ExitStack() as stack:
        finders = _finders(context, stack)
        if not finders:
            return done
        with context.database.read() as conn:
            past = Past(*(matching.mark(conn, name) for name in (UPTO, TARGET, ROW)))
            current, token, _ = matching.generation(conn)
            for finder in finders:
                finder.catch_up(conn, past)
            most = _most(context, meanings.matched_at(conn, context.at))
        # a pass that was cut short is ended before what came since is read, so that no post is passed over
        cut = [(past.upto, past.target, past.row)] if past.row else []
        for after, upto, row in [*cut, (past.target if past.row else past.upto, current, 0)]:
            for rows in _lots(context, after, upto, row, min(most, LOT)):
                _keep(context, finders, rows, done, (upto, token))
                if done.posts >= most:
                    break
            else:
                with context.database.write() as conn:
                    matching.set_mark(conn, UPTO, upto)
                    matching.set_mark(conn, ROW, 0)
                continue
            context.say("Not all posts were looked at for other wordings and translations; run match again for more.")
            break
        for finder in finders:
            finder.save()
    return done


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


def _most(context: MatchContext, matched: int) -> int:
    """Return how many posts this run looks at: twice the new ones, so that a backlog is worked off beside them."""
    limit = context.settings.match.meaning_posts
    return min(limit, max(AT_LEAST, 2 * matched)) if limit else 2**62


def _lots(context: MatchContext, after: int, upto: int, row: int, size: int) -> Iterator[list[Any]]:
    while upto > after:
        with context.database.read() as conn:
            rows = meanings.fresh(conn, after, upto, row, size)
        if not rows:
            return
        yield rows
        row = rows[-1].id


def _keep(
    context: MatchContext, finders: Sequence[Finder], rows: list[Any], done: Stepped, state: tuple[int, str]
) -> None:
    """Match one lot and keep what was found, with the place it was read to, in one transaction."""
    with context.database.read() as conn:
        found = [(finder.matcher, finder.find(conn, rows, *state)) for finder in finders]
    with context.database.write() as conn:
        for matcher, some in found:
            number = parameters_of(conn, matcher) if some else None
            pairs = [_row(matcher, match, number) for match in some]
            matching.save_pairs(conn, context.generation, pairs)
            done.pairs += len(pairs)
        matching.set_mark(conn, TARGET, state[0])
        matching.set_mark(conn, ROW, rows[-1].id)
    done.posts += len(rows)
    context.progress("meaning", done.posts, None)


def _row(matcher: Matcher, match: Found, number: int | None) -> Any:
    return pair_row(*ordered(match.one, match.other), matcher, match.verdict, match.bits, number)
