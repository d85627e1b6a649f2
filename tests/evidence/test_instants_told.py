from __future__ import annotations

from typing import Any

import pytest

from evidence.instants import clock, told


def instant(at: str | None, precision: str, zone: str = "stated") -> dict[str, Any]:
    return {"at": at, "verbatim": "as written", "precision": precision, "source": "page", "zone": zone}


@pytest.mark.parametrize(
    ("given", "utc", "local"),
    [
        (("2026-03-01T12:00:07Z", "second"), "2026-03-01 12:00:07 UTC", "2026-03-01 13:00:07 CET, UTC+01:00"),
        (("2026-07-01T12:00:00Z", "minute"), "2026-07-01 12:00 UTC", "2026-07-01 14:00 CEST, UTC+02:00"),
        (("2026-03-01T12:00:00Z", "hour"), "2026-03-01 12 h UTC", "2026-03-01 13 h CET, UTC+01:00"),
        (("2026-03-01T00:00:00Z", "day"), "2026-03-01, the day",
         "between 2026-03-01 01:00 CET, UTC+01:00 and 2026-03-02 01:00 CET, UTC+01:00"),
        (("2026-03-01T00:00:00Z", "month"), "2026-03, the month",
         "between 2026-03-01 01:00 CET, UTC+01:00 and 2026-04-01 02:00 CEST, UTC+02:00"),
        (("2026-03-01T12:00:00Z", "minute", "unknown"),
         "between 2026-02-28 22:00 UTC and 2026-03-02 02:01 UTC",
         "between 2026-02-28 23:00 CET, UTC+01:00 and 2026-03-02 03:01 CET, UTC+01:00"),
        ((None, "unknown"), "unknown", "unknown"),
    ],
)  # fmt: skip
def test_an_instant_is_told_no_finer_than_it_is_known(given: tuple[Any, ...], utc: str, local: str) -> None:
    words = told(instant(*given), "Europe/Berlin")
    assert (words.utc, words.local, words.verbatim) == (utc, local, "as written")


def test_half_hours_and_zones_without_letters_are_told_by_their_offset() -> None:
    assert told(instant("2026-03-01T12:00:00Z", "hour"), "Asia/Kolkata").local == "2026-03-01 17:30 IST, UTC+05:30"
    assert told(instant("2026-03-01T12:00:00Z", "second"), "Asia/Dhaka").local == "2026-03-01 18:00:00 UTC+06:00"


def test_a_moment_that_cannot_be_read_is_unknown() -> None:
    assert clock("yesterday", "UTC").utc == "unknown"
    assert clock(None, "UTC").utc == "unknown"
    assert clock("2026-03-01T12:00:00.250Z", "UTC").utc == "2026-03-01 12:00:00 UTC"
