"""What a signal is: a series of posts in, a finding out, with n and an interval. No database, network, clock or chance.

Chance enters only seeded by what is examined, so that the same posts give the same numbers on every machine.
"""

from __future__ import annotations

import random
from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from math import sqrt
from typing import Any, ClassVar, Generic, Literal, TypeVar

SeriesT = TypeVar("SeriesT")
VerdictWord = Literal["shows", "nothing", "not_enough_data", "excluded"]


@dataclass(frozen=True, slots=True)
class Finding:
    """What a signal found: the estimate with its interval, how much it rests on, and the posts behind it (refs)."""

    signal: str
    subject: str
    verdict: VerdictWord
    n: int
    estimate: float | None
    interval: tuple[float, float] | None
    sentence: str
    posts: tuple[str, ...] = ()
    parameters: Mapping[str, Any] = field(default_factory=dict)
    version: str = "1"

    def as_row(self) -> dict[str, Any]:
        """Return the finding in its public shape."""
        return {
            "signal": self.signal, "subject": self.subject, "verdict": self.verdict, "n": self.n,
            "estimate": self.estimate, "interval": list(self.interval) if self.interval else None,
            "sentence": self.sentence, "posts": list(self.posts), "parameters": dict(self.parameters),
            "version": self.version,
        }  # fmt: skip


class Signal(ABC, Generic[SeriesT]):
    """One tell. Subclasses declare attributes and examine a series; "not enough data" is a good answer."""

    id: ClassVar[str]
    version: ClassVar[str] = "1"
    title: ClassVar[str] = ""

    @abstractmethod
    def examine(self, series: SeriesT) -> Finding:
        """Return what the series shows, in one sentence that makes no claim about who is behind it."""


def wilson(hits: int, n: int, z: float = 1.96) -> tuple[float, float]:
    """Return the Wilson score interval of a share (95 %), within 0 and 1; (0, 1) where n is 0."""
    if n == 0:
        return 0.0, 1.0
    share = hits / n
    middle = (share + z * z / (2 * n)) / (1 + z * z / n)
    half = z * sqrt(share * (1 - share) / n + z * z / (4 * n * n)) / (1 + z * z / n)
    return round(max(0.0, middle - half), 4), round(min(1.0, middle + half), 4)


def seeded(names: Iterable[str]) -> random.Random:
    """Return chance that is the same for the same names."""
    return random.Random(sha256("\n".join(names).encode()).digest())
