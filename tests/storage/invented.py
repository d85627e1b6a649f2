"""Invented posts for the storage tests."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from core.records import Author, Post
from core.times import from_iso

AT = datetime(2025, 3, 1, 12, 0, tzinfo=UTC)


def post(number: int | str = 1, **fields: Any) -> Post:
    """Return a small post of an invented platform."""
    given: dict[str, Any] = {
        "platform": "quayside",
        "native_id": str(number),
        "text": f"The ferry leaves at noon, notice {number}",
        "author": Author(native_id="u1", handle="harbourmaster", name="Harbour Master"),
        "published": from_iso("2025-02-28T09:30:00Z"),
        "route": "api",
    }
    return Post(**given | fields)
