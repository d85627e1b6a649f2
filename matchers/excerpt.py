"""A stretch of one text that stands in another: a quotation, an extract, a paragraph taken over."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from core.records import Post
from matchers import kernel, wording
from matchers.base import Matcher, Verdict, same_account


class TextExcerpt(Matcher):
    """A stretch of about twelve words (twenty CJK letters) or more in both texts, however much each has of its own."""

    id = "text.excerpt"
    version = wording.VERSION
    title = "Excerpt"
    reads: ClassVar = ("title", "text")
    text = True

    def __init__(self, threshold: float = wording.NEAR) -> None:
        """Take the threshold of text.near: what reaches it is near, and no excerpt."""
        self.threshold = threshold

    @property
    def parameters(self) -> Mapping[str, Any]:
        """Return what the verdict depends on."""
        return wording.parameters(self.threshold)

    def keys(self, post: Post) -> tuple[str, ...]:
        """Return the winnowed fingerprints of the text, in text order, where it is long enough."""
        return tuple(f"{int(key):016x}" for key in kernel.sign([wording.words_of(post)]).keys)

    def compare(self, left: Post, right: Post) -> Verdict | None:
        """Return what stands in both texts and where; None where it is too little, or so much that they are near."""
        found = wording.verdict(left, right, self.threshold, same_account(left, right))
        return found[1] if found and found[0] == self.id else None
