"""Nearly the same text: words exchanged, added or cut, sentences moved, letters replaced by look-alikes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from core.records import Post
from matchers import kernel, wording
from matchers.base import Matcher, Verdict, same_account


class TextNear(Matcher):
    """Nearly the same text: a third of the character sequences (five letters; three in CJK) and more are the same."""

    id = "text.near"
    version = wording.VERSION
    title = "Nearly the same text"
    reads: ClassVar = ("title", "text")
    text = True

    def __init__(self, threshold: float = wording.NEAR) -> None:
        """Take the part of the character sequences (0 to 1) that two posts must share."""
        self.threshold = threshold

    @property
    def parameters(self) -> Mapping[str, Any]:
        """Return what the verdict depends on."""
        return wording.parameters(self.threshold)

    def keys(self, post: Post) -> tuple[str, ...]:
        """Return the winnowed fingerprints of the text, in text order, where it is long enough."""
        return tuple(f"{int(key):016x}" for key in kernel.sign([wording.words_of(post)]).keys)

    def compare(self, left: Post, right: Post) -> Verdict | None:
        """Return what is shared and where; None where it is too little or another matcher tells it."""
        found = wording.verdict(left, right, self.threshold, same_account(left, right))
        return found[1] if found and found[0] == self.id else None
