"""Progress is drawn on a terminal and nowhere else; durations are read as people write them."""

from __future__ import annotations

import sys
from io import StringIO

import pytest

from core.errors import BadInput
from runner.progress import Counting, seconds


class Terminal(StringIO):
    """Takes itself for a terminal."""

    def isatty(self) -> bool:
        """Say so."""
        return True


@pytest.mark.parametrize("stream", [Terminal(), StringIO()])
def test_progress_is_drawn_on_a_terminal_only(stream: StringIO, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stderr", stream)
    with Counting("counting gulls") as counting:
        counting.total(3, 10)
    assert ("counting gulls" in stream.getvalue()) is stream.isatty()
    assert stream.isatty() or stream.getvalue() == ""


@pytest.mark.parametrize(("written", "meant"), [("90", 90), ("90s", 90), ("30m", 1800), ("1.5h", 5400), ("2d", 172800)])
def test_durations(written: str, meant: float) -> None:
    assert seconds(written) == meant


@pytest.mark.parametrize("written", ["", "soon", "-3s", "3 weeks"])
def test_what_is_no_duration_says_how_to_write_one(written: str) -> None:
    with pytest.raises(BadInput, match="90s, 30m or 8h"):
        seconds(written)
