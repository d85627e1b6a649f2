"""robots.txt is asked once per host and obeyed; what cannot be asked is not read; overriding takes a written reason."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from core.errors import RobotsForbids
from core.http import Client
from core.times import StillClock
from tests.core.wicked import Act, Kept, Wicked, answer, client, reset

AT = datetime(2026, 3, 1, 12, tzinfo=UTC)
RULES = b"User-agent: copytrail\nDisallow: /private\nCrawl-delay: 4\n\nUser-agent: *\nDisallow: /\n"


@pytest.fixture
def server() -> Iterator[Wicked]:
    with Wicked() as wicked:
        wicked.on("/page", answer(b"page"))
        wicked.on("/private", answer(b"private"))
        yield wicked


@pytest.fixture
def http(server: Wicked, kept: Kept, clock: StillClock) -> Iterator[Client]:
    with client(server, kept, clock, robots="obeyed", requests_per_minute=6000) as made:
        yield made


def test_robots_is_asked_once_and_recorded(server: Wicked, kept: Kept, http: Client) -> None:
    server.on("/robots.txt", answer(RULES))
    http.get("https://site.example/page")
    http.get("https://site.example/page")
    assert server.paths() == ["/robots.txt", "/page", "/page"]
    assert kept.exchanges[0].url == "https://site.example/robots.txt"


def test_what_robots_forbids_is_not_read(server: Wicked, http: Client) -> None:
    server.on("/robots.txt", answer(RULES))
    with pytest.raises(RobotsForbids, match="--override-robots REASON") as told:
        http.get("https://site.example/private?key=hush")
    assert told.value.kind == "robots"
    assert "hush" not in told.value.sentence
    assert "hush" not in str(told.value.url)
    assert server.paths() == ["/robots.txt"]


def test_crawl_delay_is_kept(server: Wicked, clock: StillClock, http: Client) -> None:
    server.on("/robots.txt", answer(RULES))
    for _ in range(3):
        http.get("https://site.example/page")
    assert clock.slept[-2:] == [pytest.approx(4), pytest.approx(4)]


def test_a_redirect_to_a_forbidden_address_is_not_followed(server: Wicked, http: Client) -> None:
    server.on("/robots.txt", answer(RULES))
    server.on("/page", answer(status="302 Found", Location="/private"))
    with pytest.raises(RobotsForbids):
        http.get("https://site.example/page")
    assert "/private" not in server.paths()


@pytest.mark.parametrize(
    "act", [answer(status="404 No"), answer(status="403 No"), answer(b"<html>", Content_Type="text/html")]
)
def test_a_missing_or_meaningless_robots_forbids_nothing(server: Wicked, http: Client, act: Act) -> None:
    server.on("/robots.txt", act)
    assert http.get("https://site.example/page").text == "page"


@pytest.mark.parametrize(
    "act",
    [answer(status="500 Broken"), answer(status="503 Busy"), answer(status="429 Slow", Retry_After="9999"), reset()],
    ids=["500", "503", "429", "reset"],
)
def test_a_robots_that_cannot_be_had_forbids_everything_for_now(
    server: Wicked, clock: StillClock, http: Client, act: Act
) -> None:
    server.on("/robots.txt", act)
    with pytest.raises(RobotsForbids, match="cannot be had"):
        http.get("https://site.example/page")
    asked = len(server.asked)
    with pytest.raises(RobotsForbids):
        http.get("https://site.example/page")
    assert len(server.asked) == asked  # not asked again in this run
    server.on("/robots.txt", answer(RULES))
    clock.at += timedelta(minutes=20)
    assert http.get("https://site.example/page").text == "page"


def test_a_robots_that_redirects_in_a_circle_is_taken_as_missing(server: Wicked, http: Client) -> None:
    server.on("/robots.txt", answer(status="302 Found", Location="/robots.txt"))
    assert http.get("https://site.example/page").text == "page"


def test_an_override_is_kept_in_the_record(server: Wicked, kept: Kept, http: Client) -> None:
    server.on("/robots.txt", answer(RULES))
    daring = http.for_source(robots_override="court order 12/26")
    assert daring.get("https://site.example/private").text == "private"
    assert kept.exchanges[-1].note["robots"].endswith("reason: court order 12/26")
    daring.get("https://site.example/page")
    assert "robots" not in kept.exchanges[-1].note


def test_a_blank_reason_is_none(server: Wicked, http: Client) -> None:
    server.on("/robots.txt", answer(RULES))
    with pytest.raises(RobotsForbids):
        http.for_source(robots_override="  ").get("https://site.example/private")


def test_a_documented_interface_is_not_asked_for_robots(server: Wicked, http: Client) -> None:
    server.on("/robots.txt", answer(RULES))
    http.for_source(robots="api").get("https://site.example/private")
    http.request("GET", "https://site.example/private", robots="api")
    assert server.paths() == ["/private", "/private"]
