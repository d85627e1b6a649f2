"""Look at one post again: by the source that reads single posts of its platform, else at its page; say what is seen.

A page that answers says little: the post counts as seen only where its words stand in the page.
"""

from __future__ import annotations

import os
import time
import unicodedata
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING

from core.answers import refusal
from core.errors import CannotStart, CopytrailError
from core.markup import plain
from core.observing import Outcome, outcome_of
from core.records import Finding, Post
from core.registry import CATCH_ALL, claims
from core.source import Cursor, Source, Target
from runner.collect import Stumbled, batches
from runner.recognise import all_sources

if TYPE_CHECKING:
    from core.exchange import Response
    from runner.desk import Desk
    from storage.sources import SourceRow

MOST_ITEMS = 1_000  # of a thread, until the post that was asked for must have come
MOST_SECONDS = 120.0
_SHORTEST = 16  # letters of a text that can be recognised in a page
_PART = 48  # letters of the parts in which a text is looked for
_SHOWN, _PARTLY = 0.8, 0.3  # shares of the parts


@dataclass(frozen=True, slots=True)
class Look:
    """What one way of looking brought; `post` where the post itself was read, `why` the fact for the sentence."""

    outcome: Outcome
    route: str
    at: datetime
    why: str
    finding: str | None = None
    status: int | None = None
    capture: str | None = None
    post: Post | None = None


def reader(post: Post) -> tuple[type[Source], Target] | None:
    """Return the source that reads this one post for nothing and with the keys at hand, or None."""
    for source, target in claims(all_sources().values(), post.url) if post.url else ():
        usable = source.gives == "posts" and not source.price and all(os.environ.get(key) for key in source.secrets)
        # what reads any site names its posts by their address: it would not know one that an API has named
        knows = source.priority > CATCH_ALL or post.route == "page"
        if usable and knows and target.kind in ("post", "thread"):
            return source, target
    return None


def look(desk: Desk, post: Post, row: SourceRow) -> Iterator[Look]:
    """Yield what each way of looking brings, the best first; the page is asked too where the source does not show it.

    `row` stands for the source in messages and settings. Raises CannotStart where nothing can be recorded.
    """
    found = reader(post)
    if found is not None:
        seen = _by_source(desk, post, *found, row)
        yield seen
        told = seen.outcome in ("not_seen", "walled") and found[0].route == "page"
        if seen.post is not None or told or seen.finding in ("blocked", "rate_limited"):
            return
    yield _by_page(desk, post)


def _by_source(desk: Desk, post: Post, kind: type[Source], target: Target, row: SourceRow) -> Look:
    from runner.budget import budget_for
    from runner.client import for_source

    source = kind(for_source(desk.http, desk.workspace, kind, row), desk.workspace.secrets(kind))
    source.budget = budget_for(desk.workspace, kind)
    started, items = time.monotonic(), 0
    told: Finding | None = None
    try:
        with closing(batches(source, replace(row, url=target.url), Cursor())) as walk:
            for batch in walk:
                shown = next((item for item in batch if isinstance(item, Post) and item.ref == post.ref), None)
                told = told or next((i for i in batch if isinstance(i, Finding) and i.ref in (None, post.ref)), None)
                if shown is not None:
                    return Look("seen", kind.route, desk.http.clock.now(), "shown", capture=shown.capture, post=shown)
                items += len(batch)
                if items > MOST_ITEMS or time.monotonic() - started > MOST_SECONDS:
                    break
    except CannotStart:
        raise
    except Stumbled as error:
        told = told or Finding(kind="source_changed", sentence=error.sentence, url=post.url)
    except CopytrailError as error:
        told = told or Finding.of(error)
    at = desk.http.clock.now()
    if told is None:
        return Look("unclear", kind.route, at, f"{kind.id} answered without it")
    return _found(told, kind.route, at)


def _found(finding: Finding, route: str, at: datetime) -> Look:
    why = f"answer {finding.status}" if finding.status else finding.kind.replace("_", " ")
    return Look(outcome_of(finding.kind), route, at, why, finding.kind, finding.status, finding.capture)


def _by_page(desk: Desk, post: Post) -> Look:
    pace = desk.workspace.settings.collect.requests_per_minute
    http = desk.http.for_source(requests_per_minute=pace, robots="obeyed")
    try:
        answer = http.get(post.url or "", check=False)
    except CannotStart:
        raise
    except CopytrailError as error:
        return _found(Finding.of(error), "page", http.clock.now())
    at = answer.captured_at
    if answer.status >= 400:
        told = Finding.of(refusal(answer), capture=answer.capture)
        return _found(told, "page", at)
    outcome, why = shows(answer, post)
    return Look(outcome, "page", at, why, status=answer.status, capture=answer.capture)


def shows(answer: Response, post: Post) -> tuple[Outcome, str]:
    """Return what a page that answered shows of a post, and the words for it."""
    from config.notices import folded, notices

    visible = plain(answer.text)
    share = shown_share(post.text or post.title or "", (visible, answer.text))
    if share is not None and share >= _SHOWN:
        return "seen", "the page shows its text"
    if share is not None and share >= _PARTLY:
        return "unclear", f"the page shows part of its text, {share:.0%}"
    words = folded(visible)
    for outcome, phrases in (("not_seen", notices().removed), ("walled", notices().walled)):
        said = next((phrase for phrase in phrases if phrase in words), None)
        if said is not None:
            return outcome, f'the page says "{said}"'  # type: ignore[return-value]
    if share is None:
        return "unclear", "its text is too short to be recognised in the page"
    return "unclear", f"the page answers {answer.status} and does not show its text"


def shown_share(text: str, pages: Sequence[str]) -> float | None:
    """Return which share of a text stands in one of these, letters alone compared; None where it is too short."""
    letters = _letters(text)
    if len(letters) < _SHORTEST:
        return None
    parts = [letters[i : i + _PART] for i in range(0, len(letters), _PART)]
    if len(parts) > 1 and len(parts[-1]) < _SHORTEST:
        parts[-2:] = [parts[-2] + parts[-1]]
    within = [_letters(page) for page in pages]
    return max(sum(part in page for part in parts) / len(parts) for page in within)


def _letters(text: str) -> str:
    return "".join(c for c in unicodedata.normalize("NFKC", text).casefold() if c.isalnum())
