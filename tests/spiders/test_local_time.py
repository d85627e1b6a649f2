"""Times as forums write them: local words, stated zones, and what nobody could know."""

from __future__ import annotations

import pytest

from core.times import iso
from spiders.local_time import order_of, read_local, site_zone, stated_zone


@pytest.mark.parametrize(
    ("words", "hours"),
    [
        ("All times are GMT -5. The time now is 04:21 PM.", -5.0),
        ("Alle Zeitangaben in WEZ +1. Es ist jetzt 08:08 Uhr.", 1.0),
        ("All times are UTC + 2 hours [ DST ]", 3.0),
        ("All times are UTC + 5:30", 5.5),
        ("All times are UTC", 0.0),
        ("GMT+8, 2026-5-6 15:08 , Processed in 0.01 second(s)", 8.0),
        ("Часовой пояс: UTC − 3 часа", -3.0),
    ],
)
def test_a_stated_offset(words: str, hours: float) -> None:
    here = stated_zone(words)
    assert here is not None
    offset = here.zone.utcoffset(None)
    assert offset is not None
    assert offset.total_seconds() == hours * 3600


@pytest.mark.parametrize("words", ["", None, "Europa/Berlin", "All times are local", "Aktuelle Zeit: 14:00", "UTC+99"])
def test_what_states_no_zone(words: str | None) -> None:
    assert stated_zone(words) is None


@pytest.mark.parametrize(
    ("written", "at"),
    [
        ("Wed Jan 21, 2009 5:42 am", "2009-01-21T04:42:00Z"),
        ("21. Januar 2009, 17:42 Uhr", "2009-01-21T16:42:00Z"),
        ("21 août 2009 05:42", "2009-08-21T03:42:00Z"),
        ("21.01.2009, 05:42", "2009-01-21T04:42:00Z"),
        ("2009年1月21日 下午 5:42", "2009-01-21T16:42:00Z"),
        ("21 января 2009 05:42:07", "2009-01-21T04:42:07Z"),
        ("٢١.٠١.٢٠٠٩ ٠٥:٤٢", "2009-01-21T04:42:00Z"),
        ("01-21-2009, 12:10 AM", "2009-01-20T23:10:00Z"),
        ("1232516520", "2009-01-21T05:42:00Z"),
        ("2009-01-21T05:42:00+00:00", "2009-01-21T05:42:00Z"),
        ("21. Jan 2009", "2009-01-21T00:00:00Z"),
    ],
)
def test_a_time_in_a_known_zone(written: str, at: str) -> None:
    read = read_local(written, site_zone("Europe/Berlin"))
    assert read.at is not None
    assert iso(read.at) == at
    assert read.verbatim == written


@pytest.mark.parametrize(
    "written", ["Yesterday, 10:12", "Heute 08:00", "3 days ago", "Mar 02, 9:30pm", "03/04/2011 10:00", "31.02.2009", ""]
)
def test_what_stays_words(written: str) -> None:
    read = read_local(written, site_zone("Europe/Berlin"))
    assert read.at is None
    assert (read.verbatim or "") == written


def test_without_a_zone_a_time_stays_words_unless_it_brings_its_own() -> None:
    assert read_local("21.01.2009, 05:42", None).at is None
    assert read_local("2009-01-21T05:42:00", None).at is None
    assert read_local("2009-01-21T05:42:00Z", None).at is not None


def test_one_date_of_a_page_tells_the_order_of_the_others() -> None:
    assert order_of(["03/04/2011", "03/21/2011", "today"]) == "mdy"
    assert order_of(["03/04/2011", "21/03/2011"]) == "dmy"
    assert order_of(["03/04/2011", "2011-03-04"]) == "ymd"
    assert order_of(["03/04/2011"]) is None
    assert order_of(["21/03/2011", "03/21/2011"]) is None


def test_a_zone_that_does_not_exist_is_none() -> None:
    assert site_zone("Europe/Orrin") is None
    assert site_zone(None) is None
