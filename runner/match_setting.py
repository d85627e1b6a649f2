"""What texts are judged by in one run: thresholds, the phrases people called common, the pairs they told apart."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from core.ids import sha256
from matchers import kernel
from matchers.base import Matcher
from matchers.commons import Commons
from matchers.exact_text import TextExact
from matchers.excerpt import TextExcerpt
from matchers.judged import KINDS
from matchers.near_text import TextNear
from runner.match_rows import parameters_of
from storage import judgements

FLOOR = 0.3  # near copies are kept from here on, so that a lower threshold is a question and not a new run
JOINING = ("text.exact", "text.near")  # matches that can make a family


@dataclass(frozen=True, slots=True)
class Setting:
    """How texts are judged; `near` is the score from which on near copies are shown and make families."""

    near: float
    floor: float
    commons: Commons
    stamp: str  # what the index of the texts stands for: the kernel, and the phrases left out
    unrelated: frozenset[tuple[int, int]]
    parameters: dict[str, int]
    matchers: tuple[Matcher | None, ...]  # by the kind that judging gives


def load(conn: Any, near: float) -> Setting:
    """Read what people said and keep what the matchers are set to."""
    phrases = judgements.list_phrases(conn)
    floor = min(FLOOR, near)
    known: dict[str, Matcher] = {m.id: m for m in (TextExact(), TextNear(floor), TextExcerpt())}
    stamp = kernel.VERSION + (f"-{sha256(repr(phrases).encode())[:12]}" if phrases else "")
    return Setting(
        near, floor, Commons.of(phrases), stamp, frozenset(judgements.unrelated(conn)),
        {name: parameters_of(conn, matcher) for name, matcher in known.items()},
        tuple(known.get(kind) for kind in KINDS),
    )  # fmt: skip
