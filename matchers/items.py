"""What stands behind posts and is compared by steps of its own: accounts and sites. It makes no family."""

from __future__ import annotations

from typing import ClassVar

from core.records import Post
from matchers.base import Matcher, Verdict


class ItemMatcher(Matcher):
    """A matcher of accounts or sites: no post is found by it."""

    reads: ClassVar = ()

    def keys(self, post: Post) -> tuple[str, ...]:
        """Return nothing."""
        return ()

    def compare(self, left: Post, right: Post) -> Verdict | None:
        """Return nothing."""
        return None
