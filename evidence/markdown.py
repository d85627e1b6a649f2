"""Write Markdown out of words from outside: one line each, nothing in them is markup."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from evidence.page import visible
from evidence.shown import harmless

LISTED = 5_000  # lines of one list; more say nothing a reader could use, and the tables have them
_MARKED = re.compile(r"([\\`*_{}\[\]<>|#~])")


def listed(lines: Iterable[str], empty: str = "None is recorded.") -> Iterator[str]:
    """Yield a list with a dot before each line; `empty` where there is none."""
    count = 0
    for count, line in enumerate(lines, 1):
        if count <= LISTED:
            yield f"- {line}"
    if count > LISTED:
        yield f"- {count - LISTED} more are not listed here."
    if not count and empty:
        yield empty


def table(head: tuple[str, ...], rows: Iterable[tuple[object, ...]]) -> Iterator[str]:
    """Yield a table; one sentence where it has no row."""
    lines = [f"| {' | '.join(text(value) for value in row)} |" for row in rows]
    if not lines:
        yield "None is recorded."
        return
    yield f"| {' | '.join(head)} |"
    yield f"|{' --- |' * len(head)}"
    yield from lines[:LISTED]


def text(value: object) -> str:
    """Return words from outside as one line in which nothing is markup."""
    return _MARKED.sub(r"\\\1", visible(harmless(" ".join(str(value).split()))))


def code(value: str) -> str:
    """Return words from outside as they stand between two back ticks."""
    return visible(" ".join(value.split())).replace("`", "'")
