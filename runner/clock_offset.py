"""How far this machine's clock is off, from what servers and time-stamp authorities stated lately; nothing is asked."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from statistics import median
from typing import TYPE_CHECKING, Any

from core import times
from core.errors import BadInput

if TYPE_CHECKING:
    from runner.workspace import Workspace

ANSWERS = 20  # answers the clock is compared with
CUT = 0.5  # seconds: a Date is cut to whole ones, so half a second is missing on average, and more is not to be had
DAYS = 7  # a clock that was set since then is another clock


@dataclass(frozen=True, slots=True)
class ClockOffset:
    """Seconds this machine's clock is ahead (negative: behind), None where nothing tells; and who says so."""

    offset: float | None = None
    source: str | None = None
    answers: int = 0

    def as_row(self) -> dict[str, Any]:
        """Return the form in which seals and captures state it."""
        return {"offset": self.offset, "source": self.source}


def clock_offset(workspace: Workspace, conn: Any) -> ClockOffset:
    """Compare the clock with the Date of the last answers (the median; half a second is added to what is cut off).

    In the demo, whose replicas live in another year, nothing is told.
    """
    from archive.reading import load
    from storage import captures

    if workspace.settings.workspace.kind == "demo":
        return ClockOffset()
    offsets = []
    for place in captures.latest(conn, ANSWERS, since=workspace.clock().now() - timedelta(days=DAYS)):
        with suppress(BadInput, OSError):
            headers = load(workspace.warc_folder / place.file, place.offset, place.record_id).headers
            stated = times.from_http(next((v for name, v in headers if name.lower() == "date"), None)).at
            if stated is not None:
                offsets.append((place.captured_at - stated).total_seconds() - CUT)
    if not offsets:
        return ClockOffset()
    return ClockOffset(round(median(offsets), 3), f"Date of the last {len(offsets)} answers, ±{CUT} s", len(offsets))
