"""Invented exchanges, a still clock and counted ids, so that a written WARC is the same byte for byte each time."""

from __future__ import annotations

import itertools
import uuid
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from archive.warc import WarcWriter
from core.exchange import Exchange
from core.times import StillClock

AT = datetime(2026, 3, 1, 12, 0, 0, 250_000, tzinfo=UTC)


def counted() -> Callable[[], uuid.UUID]:
    """Return a maker of ids 1, 2, 3 ..."""
    numbers = itertools.count(1)
    return lambda: uuid.UUID(int=next(numbers))


def exchange(url: str = "https://site.example/a", body: bytes = b"hello", **changed: Any) -> Exchange:
    made = Exchange(
        method="GET",
        url=url,
        request_headers=(("Host", "site.example"), ("User-Agent", "copytrail/0.1")),
        request_body=b"",
        captured_at=AT,
        status=200,
        reason="OK",
        headers=(("Content-Type", "text/plain"),),
        body=body,
        peer="93.184.215.14",
    )
    return replace(made, **changed)


def posted(url: str, sent: bytes, body: bytes, content_type: str = "application/x-www-form-urlencoded") -> Exchange:
    headers = (("Host", "site.example"), ("Content-Type", content_type))
    return exchange(url, body, method="POST", request_headers=headers, request_body=sent)


def writer(folder: Path, **settings: Any) -> WarcWriter:
    settings = {"software": "copytrail/0.1", "clock": StillClock(AT), "make_id": counted(), **settings}
    return WarcWriter(folder, **settings)


def written(folder: Path, *exchanges: Exchange) -> Path:
    """Write exchanges into one file and return its path."""
    with writer(folder) as warc:
        for one in exchanges:
            warc.record(one)
        return folder / warc.drain()[0].file
