"""Lay two wordings of one post side by side: what stayed, what went, what came."""

from __future__ import annotations

import re
from collections.abc import Sequence
from difflib import SequenceMatcher
from typing import Literal, NamedTuple

MOST = 1_500  # pieces of one wording that are aligned; longer ones are aligned by lines
KEPT = 60  # characters shown on either side of a change
# words, but single letters of scripts that set no blanks between words
_PIECE = re.compile(r"[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]|\w+|\s+|[^\w\s]")
_LINE = re.compile(r"[^\n]*\n|[^\n]+")


class Run(NamedTuple):
    """A stretch that is the same, left out, or added; `skipped` characters of it are not shown after `text`."""

    kind: Literal["same", "out", "in"]
    text: str
    skipped: int = 0
    rest: str = ""


def difference(before: str, after: str) -> list[Run] | None:
    """Return how one wording became the other, long stretches that stayed cut; None where both are too long for it."""
    for pieces in (_PIECE, _LINE):
        left, right = pieces.findall(before), pieces.findall(after)
        if max(len(left), len(right)) <= MOST:
            return _shortened(_runs(left, right))
    return None


def _runs(left: Sequence[str], right: Sequence[str]) -> list[Run]:
    runs: list[Run] = []
    for kind, a, b, c, d in SequenceMatcher(None, left, right, autojunk=False).get_opcodes():
        if kind == "equal":
            runs.append(Run("same", "".join(left[a:b])))
            continue
        runs += [Run("out", "".join(left[a:b]))] if b > a else []
        runs += [Run("in", "".join(right[c:d]))] if d > c else []
    return runs


def _shortened(runs: Sequence[Run]) -> list[Run]:
    shown = []
    for place, run in enumerate(runs):
        if run.kind != "same" or len(run.text) <= 3 * KEPT:
            shown.append(run)
            continue
        head = run.text[:KEPT] if place else ""
        tail = run.text[-KEPT:] if place < len(runs) - 1 else ""
        shown.append(Run("same", head, len(run.text) - len(head) - len(tail), tail))
    return shown
