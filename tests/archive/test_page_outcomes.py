"""What came of a capture, in one word: what the page was, not what its parts were."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from archive.page_check import Checked, Seen, check
from archive.page_ledger import Ledger
from archive.page_outcome import Sight, judge
from core.errors import RobotsForbids
from core.exchange import Exchange
from core.streaming import Streamed
from core.times import StillClock

AT = datetime(2026, 3, 1, tzinfo=UTC)
PAGE = "https://site.example/post/1"
CHALLENGE = b"<html><head><title>Just a moment...</title>"


def answered(ledger: Ledger, url: str, status: int | None, body: bytes = b"text", **more: str) -> None:
    row = ledger.begin("GET", url, AT, leads=True)
    headers = tuple((name.replace("_", "-"), value) for name, value in more.items())
    exchange = Exchange("GET", url, (), b"", AT, status=status, headers=headers, body=body if status else b"")
    ledger.close(row, Streamed(exchange, record="urn:uuid:1"), len(body), "00")


def of(ledger: Ledger, *documents: tuple[str, int], text: str = "x" * 500, **more: object) -> tuple[str, str | None]:
    sight = Sight(documents=list(documents), text=text, view=b"png", **more)  # type: ignore[arg-type]
    outcome, reason, _ = judge(PAGE, sight, ledger, check([], ledger, StillClock(AT)))
    return outcome, reason


@pytest.mark.parametrize(
    ("status", "outcome"),
    [(200, "ok"), (206, "ok"), (401, "blocked"), (402, "blocked"), (403, "blocked"), (404, "gone"), (410, "gone"),
     (429, "rate_limited"), (451, "blocked"), (418, "error"), (500, "error"), (503, "error")],
)  # fmt: skip
def test_the_status_of_the_page_decides(status: int, outcome: str) -> None:
    ledger = Ledger()
    answered(ledger, PAGE, status)
    assert of(ledger, (PAGE, status))[0] == outcome


@pytest.mark.parametrize("status", [200, 403, 503])
def test_a_challenge_is_blocked_whatever_its_status(status: int) -> None:
    ledger = Ledger()
    answered(ledger, PAGE, status, CHALLENGE)
    outcome, reason = of(ledger, (PAGE, status), text="Just a moment...")
    assert outcome == "blocked"
    assert "not evaded" in (reason or "")


def test_a_page_that_is_a_riddle_is_blocked_and_one_that_has_one_in_a_corner_is_not() -> None:
    ledger = Ledger()
    answered(ledger, PAGE, 200)
    answered(ledger, "https://newassets.hcaptcha.com/captcha/v1/frame", 200)
    assert of(ledger, (PAGE, 200), text="Press and hold")[0] == "blocked"
    assert of(ledger, (PAGE, 200), text="a long article " * 60)[0] == "ok"


def test_a_page_that_leads_to_a_form_to_log_in_is_blocked_and_that_form_itself_is_a_page() -> None:
    ledger, login = Ledger(), "https://site.example/login?next=1"
    answered(ledger, PAGE, 302, Location="/login?next=1")
    answered(ledger, login, 200)
    assert of(ledger, (PAGE, 302), (login, 200))[0] == "blocked"
    sight = Sight(documents=[(login, 200)], text="x" * 500, view=b"png")
    assert judge(login, sight, ledger, check([], ledger, StillClock(AT)))[0] == "ok"


def test_a_wall_that_answers_200_is_blocked_with_the_reason() -> None:
    ledger = Ledger()
    answered(ledger, PAGE, 200, b"<title>Log in to continue</title><input type=password>")
    outcome, reason = of(ledger, (PAGE, 200), text="Log in to continue")
    assert outcome == "blocked"
    assert "form to log in" in (reason or "")
    assert of(ledger, (PAGE, 200), text="Checking your browser before you go on")[0] == "blocked"


def test_what_failed_beside_the_page_leaves_it_ok_and_what_we_cut_makes_it_partial() -> None:
    ledger = Ledger()
    answered(ledger, PAGE, 200)
    answered(ledger, "https://ads.example/x.js", None)
    assert of(ledger, (PAGE, 200)) == ("ok", None)
    assert of(ledger, (PAGE, 200), cut=["The page goes on after 40 screens"])[0] == "partial"
    row = ledger.begin("GET", "https://cdn.example/a.js", AT)
    error = RobotsForbids("https://cdn.example/robots.txt forbids https://cdn.example/a.js.")
    exchange = Exchange("GET", row.url, (), b"", AT, error=error.sentence)
    ledger.close(row, Streamed(exchange, error=error, refused=True), 0, "")
    assert of(ledger, (PAGE, 200)) == ("partial", "robots.txt kept back 1 parts of the page")


def test_a_crash_is_an_error_with_the_status_the_page_had() -> None:
    ledger = Ledger()
    answered(ledger, PAGE, 200)
    outcome, reason = of(ledger, (PAGE, 200), problem="The page made the browser crash.")
    assert (outcome, reason) == ("error", "The page made the browser crash.")


def test_an_answer_that_only_the_browser_knows_of_is_told(tmp_path: object) -> None:
    ledger = Ledger()
    answered(ledger, PAGE, 200)
    seen = [
        Seen("GET", PAGE + "#part", "document"), Seen("GET", PAGE, "fetch"), Seen("GET", "data:,x", "image"),
        Seen("GET", "https://site.example/secret", "fetch"),
        Seen("GET", "http://mixed.example/", "image", failed="mixed-content"),
    ]  # fmt: skip
    checked: Checked = check(seen, ledger, StillClock(AT))
    assert checked.unaccounted == ["https://site.example/secret"]
    assert checked.resources == {"requested": 2, "recorded": 1, "failed": 0, "blocked": 1, "local": 2}
    sight = Sight(documents=[(PAGE, 200)], text="x" * 500, view=b"png")
    assert judge(PAGE, sight, ledger, checked)[0] == "partial"
