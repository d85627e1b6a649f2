"""What a page asked for, request by request, and what became of it; so that nothing is lost between two counts."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from core.redact import redact_url
from core.streaming import Streamed
from core.times import iso

Fate = Literal["under_way", "recorded", "failed", "blocked", "local"]


@dataclass(slots=True)
class Row:
    """One request: what was asked, and its fate. `local` was answered from what this capture already holds."""

    n: int
    method: str
    url: str
    at: datetime
    kind: str = ""  # as the browser names it: document, script, image, ...
    by: str = "page"  # or copytrail, for what we ask for beside it
    leads: bool = False  # whether it may be a document: of the page, or of a frame in it
    fate: Fate = "under_way"
    record: str | None = None
    status: int | None = None
    bytes: int | None = None
    sha256: str | None = None
    truncated: str | None = None
    why: str | None = None
    ranges: list[str] = field(default_factory=list)
    closed: threading.Event = field(default_factory=threading.Event, repr=False)

    def as_row(self) -> dict[str, Any]:
        """Return the row as pageinfo tells it; keys in addresses are hidden."""
        told: dict[str, Any] = {"n": self.n, "method": self.method, "url": redact_url(self.url), "at": iso(self.at)}
        told |= {"outcome": self.fate, "by": self.by}
        for name in ("kind", "record", "status", "bytes", "sha256", "truncated", "why", "ranges"):
            value = getattr(self, name)
            if value not in (None, "", []):
                told[name] = value
        return told


class Ledger:
    """The rows of one capture, kept by many threads; `last` is the moment (monotonic) of the last change."""

    def __init__(self) -> None:
        self.rows: list[Row] = []
        self.streamed: dict[int, Streamed] = {}  # by the number of the row
        self.redacted: Counter[str] = Counter()
        self.bytes = 0
        self.last = time.monotonic()
        self._shared: list[tuple[Row, Row]] = []
        self._lock = threading.Lock()

    def begin(
        self, method: str, url: str, at: datetime, *, kind: str = "", by: str = "page", leads: bool = False
    ) -> Row:
        """Enter a request that has just come."""
        with self._lock:
            row = Row(len(self.rows) + 1, method, url, at, kind, by, leads)
            self.rows.append(row)
            self.last = time.monotonic()
            return row

    def took(self, size: int) -> None:
        """Count bytes that came."""
        with self._lock:
            self.bytes += size
            self.last = time.monotonic()

    def end(self, row: Row, fate: Fate, why: str | None = None) -> None:
        """Close a request without an answer of its own."""
        with self._lock:
            row.fate, row.why = fate, why
            self.last = time.monotonic()
        row.closed.set()

    def share(self, row: Row, other: Row, part: str) -> None:
        """Answer a request for a part out of what another brings; where that brings nothing it shares its fate."""
        with self._lock:
            self._shared.append((row, other))
            row.fate, row.why = "local", f"{part}, out of what request {other.n} brought"
            self.last = time.monotonic()
        row.closed.set()

    def settle(self) -> None:
        """Give what shared an answer that never came the fate of the request it shared."""
        with self._lock:
            for row, other in self._shared:
                if other.fate in ("failed", "blocked"):
                    row.fate, row.why = other.fate, other.why
            self._shared.clear()

    def close(self, row: Row, streamed: Streamed, size: int, sha256: str) -> None:
        """Close a request by what came of it."""
        exchange = streamed.exchange
        with self._lock:
            answered = exchange.status is not None
            row.fate = "recorded" if answered else "blocked" if streamed.refused else "failed"
            row.record, row.status, row.truncated = streamed.record, exchange.status, exchange.truncated
            row.why = streamed.error.sentence if streamed.error else None
            if answered:
                row.bytes, row.sha256 = size, sha256
            self.streamed[row.n] = streamed
            for told in exchange.note.get("redacted", "").split():
                rule, _, number = told.rpartition(":")
                self.redacted[rule] += int(number)
            self.last = time.monotonic()
        row.closed.set()

    @property
    def under_way(self) -> int:
        """How many requests have no fate yet."""
        with self._lock:
            return sum(1 for row in self.rows if row.fate == "under_way")

    def counts(self) -> dict[str, int]:
        """Return how many were requested, recorded, failed, blocked, and answered locally."""
        with self._lock:
            fates = Counter(row.fate for row in self.rows)
        wired = sum(number for fate, number in fates.items() if fate != "local")
        return {"requested": wired, **{fate: fates[fate] for fate in ("recorded", "failed", "blocked", "local")}}

    def find(self, url: str, methods: Iterable[str] = ("GET",)) -> Row | None:
        """Return the last recorded request for an address."""
        wanted = set(methods)
        rows = (row for row in reversed(self.rows) if row.url == url and row.method in wanted)
        return next((row for row in rows if row.fate == "recorded"), None)
