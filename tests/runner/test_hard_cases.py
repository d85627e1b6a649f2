"""Doors that are shut: each is told in a sentence one can act on, its answer is kept, the rest of the case goes on."""

from __future__ import annotations

from datetime import timedelta

import pytest

from core.times import from_iso
from tests.runner.sites import letter, rss
from tests.runner.world import Answer, Case, as_html, as_json

FEED = "https://quayletters.example/letters.xml"
HARBOUR_FEED = Answer(
    rss(letter("wall", "The wall stands."), letter("lamp", "The lamp is out.")),
    200,
    {"Content-Type": "application/rss+xml"},
)
CHALLENGE = as_html(
    "<html><title>Just a moment...</title><p>Checking.</p></html>", 403, **{"cf-mitigated": "challenge"}
)
WALL = as_html("<html><head><title>Instagram</title></head><body>Log in</body></html>")
TOKEN = {"access_token": "invented", "token_type": "bearer", "expires_in": 86400, "scope": "*"}


STORY = "https://gazette.example/2024/pier"
POST = "https://www.instagram.com/p/CPeCinv3nt/"
QUESTION = "https://www.quora.com/Why-did-the-pier-close"
PERSON, LOOKUP = "https://social.example/@mara", "https://social.example/api/v1/accounts/lookup"
REDDIT = "https://oauth.reddit.com"
NO = as_json({"message": "No"}, 403)
QUARANTINE = as_json({"reason": "quarantined", "message": "Forbidden", "error": 403}, 403)
BUSY = as_html("<html><title>Just a moment...</title></html>", 503)


@pytest.mark.parametrize(
    ("url", "answers", "kind", "says"),
    [
        pytest.param(POST, {POST: WALL}, "login_wall", "import", id="log-in wall"),
        pytest.param(QUESTION, {QUESTION: CHALLENGE}, "blocked", "challenge", id="challenge"),
        pytest.param(STORY, {STORY: BUSY}, "blocked", "challenge", id="challenge as 503"),
        pytest.param(PERSON, {LOOKUP: CHALLENGE}, "blocked", "challenge", id="challenge before an interface"),
        pytest.param(
            "https://www.reddit.com/r/saltcellar/new",
            {f"{REDDIT}/r/saltcellar/new": QUARANTINE, f"{REDDIT}/api/quarantine_optin": NO},
            "quarantined", "quarantine", id="quarantine",
        ),
        pytest.param(STORY, {STORY: as_html("no", 451)}, "legal_block", "legal reasons", id="withheld by law"),
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
        first, second = case.collect(case.problems(kind))
        assert (first["posts"], first["finding"]["kind"], first["coverage"]) == (0, kind, "blocked")
        assert says in first["finding"]["sentence"]
        assert second["posts"] == 2
    assert case.ids() == ["lamp", "wall"]
    assert {one.body for one in answers.values()} <= case.bodies()
    case.reads_the_same_again(case.problems(kind))


def test_a_track_withheld_from_a_country_is_told(case: Case) -> None:
    case.watch_shape("soundcloud.track", "case-blocked.yml")
    (out,) = case.collect(1)
    assert (out["posts"], out["finding"]["kind"], out["coverage"]) == (0, "blocked", "blocked")
    assert "country" in out["finding"]["sentence"]
    assert any(b"BLOCK" in body for body in case.bodies())
    case.reads_the_same_again(1)


def test_a_work_shown_to_adults_only_is_kept_and_what_is_withheld_is_told(case: Case) -> None:
    case.watch_shape("pixiv.work", "case-members.yml")
    for _ in range(2):
        case.collect()
        (post,), (found,) = case.rows(), case.findings()
        assert (found["kind"], found["ref"]) == ("login_wall", post["ref"])
        assert "members only, for age" in found["sentence"]
        assert post["media"] == []
    case.reads_the_same_again()


def test_posts_marked_for_adults_are_read_like_others(case: Case) -> None:
    case.web["https://www.reddit.com/api/v1/access_token"] = as_json(TOKEN)
    post = {"name": "t3_1a", "author": "Sable", "title": "x", "selftext": "Words.", "created_utc": 1714900000.0,
            "subreddit": "lowmoor", "permalink": "/r/lowmoor/comments/1a/x/", "is_self": True,
            "over_18": True}  # fmt: skip
    listing = {"kind": "Listing", "data": {"children": [{"kind": "t3", "data": post}], "after": None}}
    case.web["https://oauth.reddit.com/r/lowmoor/new"] = as_json(listing)
    case.add("https://www.reddit.com/r/lowmoor")
    (out,) = case.collect()
    assert (out["finding"], case.ids()) == (None, ["t3_1a"])
    case.reads_the_same_again()


def test_a_page_that_sends_guests_to_its_log_in_is_a_wall(case: Case) -> None:
    post = "https://www.instagram.com/p/CPeCinv3nt/"
    case.web[post] = as_html("", 302, location="https://www.instagram.com/accounts/login/?next=%2Fp%2FCPeCinv3nt%2F")
    case.web["https://www.instagram.com/accounts/login/"] = WALL
    case.add(post)
    (out,) = case.collect(1)
    assert (out["finding"]["kind"], out["coverage"]) == ("login_wall", "blocked")
    assert post in out["finding"]["sentence"]


def test_a_door_that_opens_again_is_read_from_the_beginning(case: Case) -> None:
    there = "https://letters.example/feed.xml"
    case.web[there] = CHALLENGE
    case.add(there, every="6h", route="feed")
    (shut,) = case.collect(1)
    assert shut["coverage"] == "blocked"
    row = case.home.source()
    twice = case.web.clock.now() + timedelta(hours=12)  # closed: we come half as often
    assert from_iso(row["next_run"]).at == twice.replace(microsecond=0)
    case.web[there] = HARBOUR_FEED
    (opened,) = case.collect()
    assert (opened["finding"], opened["new"], case.ids()) == (None, 2, ["lamp", "wall"])
    case.reads_the_same_again(1)
