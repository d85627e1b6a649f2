"""What a matcher is: keys by which posts meet, and a comparison of two that meet; no database, network or clock."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal

from core.records import Post

Strength = Literal["A", "B", "C"]
Modality = Literal["text", "link", "picture", "video", "sound", "tags", "account", "site"]


@dataclass(frozen=True, slots=True)
class Verdict:
    """That two posts match: score (0 to 1), strength, a sentence a person may quote, and the numbers behind it.

    Strength A is near-unique (the same long text), B supports, C is context and never makes a group by itself.
    """

    score: float
    strength: Strength
    sentence: str
    detail: Mapping[str, Any] = field(default_factory=dict)


class Matcher(ABC):
    """One way in which two posts can match. Subclasses declare attributes and write `keys` and `compare`.

    Only posts that share a key are compared. `reads` names the fields of a post without which it has no keys;
    `max_holders` is how many posts may hold one key before it is dropped, and said so. Matchers that compare texts
    (`text = True`) are also run in bulk by the kernel, with the same verdicts.
    """

    id: ClassVar[str]
    version: ClassVar[str] = "1"
    title: ClassVar[str] = ""
    modality: ClassVar[Modality] = "text"  # evidence of one modality is counted together, and capped
    reads: ClassVar[tuple[str, ...]] = ("text",)
    max_holders: ClassVar[int] = 50
    text: ClassVar[bool] = False

    @property
    def parameters(self) -> Mapping[str, Any]:
        """Return what this matcher is set to: kept once, pointed to by every pair it finds."""
        return {}

    def holds(self, row: Any) -> bool:
        """Return whether a stored post may have keys: a cheap look before it is made a record."""
        return any(getattr(row, name) for name in self.reads)

    @abstractmethod
    def keys(self, post: Post) -> tuple[str, ...]:
        """Return what the post can be found by; empty where it has nothing this matcher looks at."""

    @abstractmethod
    def compare(self, left: Post, right: Post) -> Verdict | None:
        """Return what is the same in two posts, or None."""


def same_account(left: Post, right: Post) -> bool:
    """Return whether both posts show the same author on the same site (by id, or by handle where no id is shown)."""
    if (left.platform, left.site) != (right.platform, right.site):
        return False
    if left.author.native_id and right.author.native_id:
        return left.author.native_id == right.author.native_id
    return bool(left.author.handle) and left.author.handle == right.author.handle
