"""The same text, once case, accents, punctuation and links are set aside."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from core.records import Post
from matchers import kernel, wording
from matchers.base import Matcher, Verdict, same_account


class TextExact(Matcher):
    """The same text: both fold to the same letters. Below twelve words (twenty CJK letters) that is context only."""

    id = "text.exact"
    version = wording.VERSION
    title = "Same text"
    reads: ClassVar = ("title", "text")
    text = True

    @property
    def parameters(self) -> Mapping[str, Any]:
        """Return what the verdict depends on."""
        return wording.parameters(wording.NEAR)

    def keys(self, post: Post) -> tuple[str, ...]:
        """Return the hash of the folded text, where it is long enough."""
        signed = kernel.sign([wording.words_of(post)])
        return (f"{int(signed.norms[0]):016x}",) if len(signed.keys) else ()

    def compare(self, left: Post, right: Post) -> Verdict | None:
        """Return that both texts are the same, with how long they are; None where they differ or are too short."""
        found = wording.verdict(left, right, wording.NEAR, same_account(left, right))
        return found[1] if found and found[0] == self.id else None
