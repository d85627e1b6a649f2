"""The same list of hashtags: in the same order, or in another."""

from __future__ import annotations

import hashlib
import unicodedata
from math import lgamma, log
from typing import ClassVar

from core.records import Post
from matchers.base import Matcher, Verdict, same_account
from matchers.weights import capped, rarity

LEAST = 5  # hashtags; fewer come together by themselves (#news #breaking #world)
MOST = 100  # of one post that are read
_LONGEST = 140  # characters of one tag that are read
_SHOWN = 400  # characters of a key that are shown as they are
_A_TAG = 2.0  # bits a tag says by itself among tags of one subject: one in four posts on it carries it


class TagsOrder(Matcher):
    """The same five or more hashtags; B in the same order, C in another."""

    id = "tags.order"
    title = "Same hashtags"
    modality: ClassVar = "tags"
    reads: ClassVar = ("tags",)

    def keys(self, post: Post) -> tuple[str, ...]:
        """Return the set of hashtags as one key, where it is large enough."""
        tags = folded(post.tags)
        if len(tags) < LEAST:
            return ()
        key = " ".join(f"#{tag}" for tag in sorted(tags))
        if len(key) > _SHOWN:
            key = f"{key[:_SHOWN]} {hashlib.blake2b(key.encode(errors='replace'), digest_size=8).hexdigest()}"
        return (key,)

    def compare(self, left: Post, right: Post) -> Verdict | None:
        """Return that both carry the same list, and whether in the same order."""
        ours, theirs = folded(left.tags), folded(right.tags)
        if len(ours) < LEAST or set(ours) != set(theirs):
            return None
        ordered = ours == theirs
        by_same = same_account(left, right)
        how = "in the same order" if ordered else "in different orders"
        many = len(left.tags) > MOST or len(right.tags) > MOST
        sentence = (
            f"Both posts carry the same {len(ours)} hashtags {how}{f' (of {MOST} that were read)' if many else ''}."
        )
        sentence += " Both are by the same account." if by_same else ""
        detail = {"tags": list(ours), "ordered": ordered, "count": len(ours), "same_account": by_same}
        if many:
            detail["read"] = MOST
        return Verdict(1.0 if ordered else 0.8, "B" if ordered else "C", sentence, detail)

    def weigh(self, verdict: Verdict, others: int, posts: int) -> float:
        """Return bits: each tag says something, their order as much as there are orders; less where many hold it."""
        count = int(verdict.detail["count"])
        says = _A_TAG * count + (lgamma(count + 1) / log(2) if verdict.detail["ordered"] else 0.0)
        return float(capped(rarity(others, posts, says), "tags"))


def folded(tags: tuple[str, ...]) -> tuple[str, ...]:
    """Return hashtags as they are compared: without #, width and case, in order and once each."""
    plain = (unicodedata.normalize("NFKC", tag[:_LONGEST]).strip("#\u200b \t\n").casefold() for tag in tags[:MOST])
    return tuple(dict.fromkeys(tag for tag in plain if tag))
