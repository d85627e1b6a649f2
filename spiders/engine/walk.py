"""Keep the order and the errors of one crawl: what came from which page, what failed, what that means for the run."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

from core.errors import (
    AskOperator,
    BadRequest,
    CopytrailError,
    NotRecorded,
    NotThere,
    RobotsForbids,
    SourceChanged,
    Transient,
)
from core.exchange import Response
from core.records import Finding
from core.source import Target, Yielded
from spiders.base import Ask, Found, PageSource

Place = tuple[int, ...]  # where a thing stands: its part, then the how-manieth thing of each page on the way to it
Planned = list[tuple[Place, Ask]]

# What a reader wants to hear first where several requests failed: a fact about the thing, then what a person can do,
# last what only says that we did not look. Checked from the narrow to the wide.
_TELLING: tuple[tuple[type[CopytrailError], int], ...] = (
    (NotRecorded, 7), (RobotsForbids, 6), (BadRequest, 5), (NotThere, 0), (SourceChanged, 1), (AskOperator, 2),
    (Transient, 3), (CopytrailError, 4),
)  # fmt: skip


def most_telling(errors: Iterable[CopytrailError]) -> CopytrailError:
    """Return the error that says most about the source; the earliest among equals."""
    return min(errors, key=lambda error: next(rank for kind, rank in _TELLING if isinstance(error, kind)))


@dataclass(slots=True)
class Part:
    """One independent part of a source: what failed in it, and whether something stands in for that."""

    place: Place
    excused: list[CopytrailError] = field(default_factory=list)
    ended: list[CopytrailError] = field(default_factory=list)


@dataclass(slots=True)
class Walk:
    """One crawl of one source: turns answers into posts in page order and follow-up requests.

    `emit` is called for each post and finding as soon as nothing can come before it any more.
    """

    source: PageSource
    target: Target
    emit: Callable[[Yielded], None]
    parts: list[Part] = field(default_factory=list)
    waiting: set[Place] = field(default_factory=set)
    stopped: bool = False
    _ready: list[tuple[Place, Yielded]] = field(default_factory=list)

    def begin(self) -> Planned:
        """Return the first requests, one a part."""
        planned: Planned = [((i,), ask) for i, ask in enumerate(self.source.start(self.target))]
        self.parts = [Part(place) for place, _ in planned]
        self.waiting.update(place for place, _ in planned)
        return planned

    def answered(self, place: Place, ask: Ask, page: Response) -> Planned:
        """Read a page; return the requests that follow."""
        return self._take(place, ask, lambda: self.source.read(page, ask), page.url)

    def failed(self, place: Place, ask: Ask, error: CopytrailError) -> Planned:
        """Ask the source what a failed request means; return the requests that stand in for it."""
        part = self.parts[place[0]]
        before = len(part.ended)
        planned = self._take(place, ask, lambda: self.source.failed(ask, error), ask.url)
        if len(part.ended) == before:
            part.excused.append(error)
        return planned

    def open(self, place: Place) -> bool:
        """Return whether a request is still wanted: a part that failed asks for nothing more."""
        return not (self.stopped or self.parts[place[0]].ended)

    def stop(self) -> None:
        """Want nothing more."""
        self.stopped = True

    def dropped(self, place: Place) -> None:
        """Forget a request that is not made (a duplicate, a part that failed): what comes after it need not wait."""
        self.waiting.discard(place)
        self._flush()

    def end(self, *, capped: bool = False) -> None:
        """Emit what is left, and a finding for each part that failed or was `capped`; raise where none came through."""
        self.waiting.clear()
        self._flush()
        if capped:
            most = f"{self.source.pages_at_most} pages, {self.source.steps_at_most} one after another"
            says = f"{self.target.url} leads further than one run reads (at most {most})."
            self.emit(Finding(kind="too_large", sentence=says, url=self.target.url))
        failed = [part for part in self.parts if part.ended]
        if failed and len(failed) == len(self.parts):
            raise most_telling(error for part in failed for error in (*part.ended, *part.excused))
        for part in failed:
            self.emit(Finding.of(most_telling((*part.ended, *part.excused))))

    def _take(self, place: Place, ask: Ask, found: Callable[[], Iterator[Found]], url: str) -> Planned:
        planned: Planned = []
        try:
            for i, thing in enumerate(found()):
                if isinstance(thing, Ask):
                    planned.append(((*place, i), thing))
                    self.waiting.add((*place, i))
                else:
                    heapq.heappush(self._ready, ((*place, i), thing))
        except CopytrailError as error:
            self.parts[place[0]].ended.append(error)
        except (LookupError, TypeError, AttributeError, ValueError, RecursionError) as error:
            what = f"{type(error).__name__} {str(error).splitlines()[0][:200] if str(error) else ''}".strip()
            changed = SourceChanged(
                f"{url} has another shape than {self.source.id} knows ({ask.step}: {what}); "
                "the bytes are archived: run `copytrail reparse` with a version that knows it.",
                url=url,
            )
            changed.__cause__ = error
            self.parts[place[0]].ended.append(changed)
        self.waiting.discard(place)
        self._flush()
        return planned

    def _flush(self) -> None:
        first = min(self.waiting, default=None)
        while self._ready and (first is None or self._ready[0][0] < first):
            self.emit(heapq.heappop(self._ready)[1])
