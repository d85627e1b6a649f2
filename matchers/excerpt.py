"""A stretch of one text that stands in another: a quotation, an extract, a paragraph taken over."""

from __future__ import annotations

from matchers.near_text import TextNear


class TextExcerpt(TextNear):
    """A stretch of about twelve words (twenty CJK letters) or more in both texts, however much each has of its own.

    What reaches the threshold of text.near is near, and no excerpt.
    """

    id = "text.excerpt"
    title = "Excerpt"
