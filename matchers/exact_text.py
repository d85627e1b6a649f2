"""The same text, once case, accents, punctuation and links are set aside."""

from __future__ import annotations

from typing import ClassVar

from core.records import Post
from matchers import kernel, wording
from matchers.base import Matcher, Verdict, same_account


class TextExact(Matcher):
    """The same text: both fold to the same letters, and there are at least twelve words (or twenty CJK letters)."""

    id = "text.exact"
    title = "Same text"
    reads: ClassVar = ("title", "text")
    text = True

    def keys(self, post: Post) -> tuple[str, ...]:
        """Return the hash of the folded text, where it is long enough."""
        signed = kernel.sign([wording.words_of(post)])
        return (f"{int(signed.norms[0]):016x}",) if signed.enough()[0] else ()

    def compare(self, left: Post, right: Post) -> Verdict | None:
        """Return that both texts are the same, with how long they are; None where they differ or are too short."""
        texts = [wording.words_of(left), wording.words_of(right)]
        return wording.exact(kernel.compare(texts, [0], [1]), 0, same_account(left, right))
