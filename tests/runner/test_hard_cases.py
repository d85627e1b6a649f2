"""Doors that are shut: each is told in a sentence one can act on, its answer is kept, and the rest of the case goes on."""

from __future__ import annotations

from datetime import timedelta

import pytest

from core.times import from_iso
from tests.runner.sites import letter, rss
from tests.runner.world import Answer, Case, as_html, as_json

FEED = "https://quayletters.example/letters.xml"
HARBOUR_FEED = Answer(rss(letter("wall", "The wall stands."), letter("lamp", "The lamp is out.")), 200, {"Content-Type": "application/rss+xml"})
CHALLENGE = as_html("<html><title>Just a moment...</title><p>Checking.</p></html>", 403, **{"cf-mitigated": "challenge"})
WALL = as_html("<html><head><title>Instagram</title></head><body>Log in</body></html>")
TOKEN = {"access_token": "invented", "token_type": "bearer", "expires_in": 86400, "scope": "*"}


@pytest.mark.parametrize(
    ("url", "answers", "kind", "says"),
    [
        pytest.param("https://www.instagram.com/p/CPeCinv3nt/", {"https://www.instagram.com/p/CPeCinv3nt/": WALL}, "login_wall", "import", id="login wall"),
        pytest.param("https://www.quora.com/Why-did-the-pier-close", {"https://www.quora.com/Why-did-the-pier-close": CHALLENGE}, "blocked", "challenge", id="challenge"),
        pytest.param("https://gazette.example/2024/pier", {"https://gazette.example/2024/pier": CHALLENGE}, "blocked", "challenge", id="challenge anywhere"),
        pytest.param("https://social.example/@mara", {"https://social.example/api/v1/accounts/lookup": CHALLENGE}, "blocked", "challenge", id="challenge before an interface"),
        pytest.param("https://www.reddit.com/r/saltcellar/new", {"https://oauth.reddit.com/r/saltcellar/new": as_json({"reason": "quarantined", "message": "Forbidden", "error": 403}, 403), "https://oauth.reddit.com/api/quarantine_optin": as_json({"message": "Forbidden"}, 403)}, "quarantined", "quarantine", id="quarantine"),
        pytest.param("https://gazette.example/2024/pier", {"https://gazette.example/2024/pier": as_html("no", 451)}, "legal_block", "legal", id="geo block"),
    ],
)  # fmt: skip
def test_a_shut_door_is_told_and_the_rest_goes_on(
    case: Case, url: str, answers: dict[str, Answer], kind: str, says: str
) -> None:
    case.web["https://www.reddit.com/api/v1/access_token"] = as_json(TOKEN)
    case.web[FEED] = HARBOUR_FEED
    for address, answer in answers.items():
        case.web[address] = answer
    case.add(url)
    case.add(FEED)
    for _ in range(2):
        first, second = case.printed(1 if kind not in ("legal_block", "quarantined") else 0).rows
        print(first)
        assert (first["posts"], first["finding"]["kind"]) == (0, kind)
        assert says in first["finding"]["sentence"]
        assert second["posts"] == 2
    assert case.ids() == ["lamp", "wall"]
    assert {one.body for one in answers.values()} <= case.bodies()
