"""Invented feeds, and a walk over them with the real client."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from core.errors import CopytrailError
from core.http import Client
from core.records import Finding, Post
from core.source import Cursor, Source, Yielded
from core.times import StillClock
from tests.answers import Answers

AT = datetime(2024, 5, 6, 10, tzinfo=UTC)
URL = "https://site.example/feed"


def rss(items: str, top: str = "") -> str:
    """Return an RSS feed of items."""
    return f'<?xml version="1.0"?><rss version="2.0"><channel><title>T</title>{top}{items}</channel></rss>'


def walked(
    source: type[Source], url: str, answers: list[dict[str, Any]], cursor: Cursor | None = None
) -> tuple[list[Post], list[Finding], CopytrailError | None]:
    """Return the posts and findings of a walk, and the error that ended it."""
    http = Client(transport=Answers(answers, Path(), AT), clock=StillClock(AT))
    target = source.match(url)
    assert target
    found: list[Yielded] = []
    error = None
    try:
        found.extend(source(http).collect(target, cursor or Cursor()))
    except CopytrailError as raised:
        error = raised
    return [f for f in found if isinstance(f, Post)], [f for f in found if isinstance(f, Finding)], error
