"""The table of audiences speaks of platforms there are."""

from __future__ import annotations

from config.audiences import shipped
from runner.recognise import all_sources


def test_every_line_is_of_a_platform_that_is_read() -> None:
    read = {source.describe()["platform"] for source in all_sources().values()}
    assert set(shipped().platforms) <= read
