"""Nearly the same text: words exchanged, added or cut, sentences moved, letters replaced by look-alikes."""

from __future__ import annotations

from typing import ClassVar

from core.records import Post
from matchers import kernel, wording
from matchers.base import Matcher, Verdict, same_account


class TextNear(Matcher):
    """Nearly the same text: at least two fifths of the character sequences (five letters; three in CJK) are shared."""

    id = "text.near"
    title = "Nearly the same text"
    reads: ClassVar = ("title", "text")
    text = True

    def __init__(self, threshold: float = wording.NEAR) -> None:
        """Take the part of the character sequences (0 to 1) that two posts must share."""
        self.threshold = threshold

    def keys(self, post: Post) -> tuple[str, ...]:
        """Return the winnowed fingerprints of the text, in text order, where it is long enough."""
        return tuple(f"{int(key):016x}" for key in kernel.sign([wording.words_of(post)]).keys)

    def compare(self, left: Post, right: Post) -> Verdict | None:
        """Return how much of the wording is shared; None below the threshold, and where text.exact says it all."""
        texts = [wording.words_of(left), wording.words_of(right)]
        return wording.near(kernel.compare(texts, [0], [1]), 0, same_account(left, right), self.threshold)
