"""Progress on a terminal, silence elsewhere; and how durations are written."""

from __future__ import annotations

import re
import sys
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from core.errors import BadInput

if TYPE_CHECKING:
    from storage.sources import SourceRow

_UNITS = {"s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}


def seconds(duration: str) -> float:
    """Read "90s", "30m", "8h" or "2d"; raise BadInput for anything else."""
    found = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*([smhd]?)\s*", duration)
    if not found:
        raise BadInput(f"{duration!r} is no duration; write for instance 90s, 30m or 8h.")
    return float(found[1]) * _UNITS[found[2] or "s"]


class Counting:
    """A counter that moves on a terminal; nothing is drawn where nobody watches."""

    def __init__(self, label: str) -> None:
        self.label = label
        self.bar: Any = None
        self.task: Any = None

    def __enter__(self) -> Self:
        """Start drawing where standard error is a terminal."""
        if sys.stderr.isatty():
            from rich.console import Console
            from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

            parts = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
            self.bar = Progress(*parts, console=Console(stderr=True), transient=True)
            self.task = self.bar.add_task(self.label, total=None)
            self.bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop drawing."""
        if self.bar is not None:
            self.bar.stop()

    def source(self, row: SourceRow, posts: int) -> None:
        """Show how many posts a source has given so far."""
        if self.bar is not None:
            self.bar.update(self.task, description=f"{row.url[:60]}", completed=posts)

    def phase(self, phase: str, done: int, total: int | None = None) -> None:
        """Show which part of long work is under way, and how much of it is done."""
        if self.bar is not None:
            self.bar.update(self.task, description=phase, completed=done, total=total)

    def total(self, done: int, total: int | None = None) -> None:
        """Show how much is done, of how much where that is known."""
        if self.bar is not None:
            self.bar.update(self.task, completed=done, total=total)
