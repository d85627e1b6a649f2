"""What a platform file asks and how it takes an answer: keys, bodies, a request before, refusals, nested items."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from collectors.json_api import source_of
from config.platform_json import JsonPlatform
from core.errors import CopytrailError, Gone, LoginWall, RateLimited, SourceChanged, Unauthorized
from core.http import Client
from core.records import Finding, Post, Profile
from core.source import Cursor
from core.times import StillClock
from tests.answers import Answers

AT = datetime(2025, 3, 9, tzinfo=UTC)
URL = "https://board.example/r/boats"
API = "https://board.example/api/list"
PLAIN: dict[str, Any] = {
    "id": "board.room", "engine": "json_api", "title": "Board", "about": "Entries of one room, newest first.",
    "pattern": r"https://board\.example/r/(?P<room>\w+)(?:/(?P<entry>\d+))?", "examples": [URL],
    "names": {"post": "{entry}", "board": "{room}"}, "pages": {"url": API, "items": "entries"},
    "post": {"native_id": "id", "text": "body?"},
}  # fmt: skip
KEYS: dict[str, Any] = {"login": "key", "secrets": ["BOARD_KEY"], "how_to_get_the_key": "Ask the harbour master."}


def entry(number: int, **more: Any) -> dict[str, Any]:
    return {"id": number, "body": f"text {number}", **more}


def told(url: str, answer: Any, **more: Any) -> dict[str, Any]:
    return {"url": url, "body": answer if isinstance(answer, str) else json.dumps(answer), **more}


@dataclass
class Room:
    """What came of a walk, kind by kind."""

    posts: list[Post] = field(default_factory=list)
    profiles: list[Profile] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    error: CopytrailError | None = None


def room(*answers: dict[str, Any], url: str = URL, **changed: Any) -> Room:
    source = source_of(JsonPlatform.model_validate({**PLAIN, **changed}))
    http = Client(transport=Answers(list(answers), Path(), AT), clock=StillClock(AT))
    target = source.match(url)
    assert target is not None
    came = Room()
    try:
        for found in source(http, {"BOARD_KEY": "s3cret/%41"}).collect(target, Cursor()):
            kept = {Post: came.posts, Profile: came.profiles, Finding: came.findings}[type(found)]
            kept.append(found)  # type: ignore[attr-defined]
    except CopytrailError as error:
        came.error = error
    return came


def ids(walked: Room) -> list[str]:
    return [post.native_id for post in walked.posts]


def test_a_key_goes_into_headers_and_parameters_as_it_is() -> None:
    pages = {**PLAIN["pages"], "params": {"key": "{BOARD_KEY}", "entry": "{entry}"}, "headers": {"X-Of": "{room}"}}
    walked = room(told(f"{API}?key=s3cret%2F%2541", {"entries": [entry(1)]}), pages=pages, **KEYS)
    assert walked.error is None
    assert ids(walked) == ["1"]


def test_a_key_that_is_missing_is_asked_for() -> None:
    source = source_of(JsonPlatform.model_validate({**PLAIN, **KEYS}))
    target = source.match(URL)
    assert target is not None
    with Client() as http, pytest.raises(Unauthorized, match=r"BOARD_KEY in the environment\. Ask the harbour"):
        list(source(http, {}).collect(target, Cursor()))


def test_a_body_is_sent_as_json_and_turns_its_pages_inside() -> None:
    pages = {
        "url": API, "items": "entries", "body": {"room": "{room}", "of": [{"after": None}]},
        "next": {"param": "of.0.after", "from": "end"},
    }  # fmt: skip
    walked = room(
        told(API, {"entries": [entry(2)], "end": "x"}, method="POST", sent='{"room":"boats","of":[{"after":null}]}'),
        told(API, {"entries": [entry(1)], "end": None}, method="POST", sent='{"room":"boats","of":[{"after":"x"}]}'),
        pages=pages,
    )
    assert walked.error is None
    assert ids(walked) == ["2", "1"]


def test_a_page_number_may_stand_in_the_address() -> None:
    pages = {
        "url": "https://board.example/p/{page}.json", "items": "rooms.*.entries",
        "next": {"param": "page", "offset": True},
    }  # fmt: skip
    walked = room(
        told("https://board.example/p/0.json", {"rooms": [{"entries": [entry(3)]}, {"entries": [entry(2)]}]}),
        told("https://board.example/p/2.json", "", status=404),
        pages=pages,
    )
    assert walked.error is None  # the page after the last
    assert ids(walked) == ["3", "2"]


def test_a_request_before_tells_the_id_of_a_name() -> None:
    walked = room(
        told("https://board.example/api/who?name=boats", {"data": {"id": "a/7"}}),
        told("https://board.example/api/a%2F7/list", {"entries": [entry(1)]}),
        resolve={"url": "https://board.example/api/who", "params": {"name": "{room}"}, "take": {"number": "data.id"}},
        pages={"url": "https://board.example/api/{number}/list", "items": "entries"},
    )
    assert walked.error is None
    assert ids(walked) == ["1"]


@pytest.mark.parametrize(
    ("answer", "status", "kind", "said"),
    [
        ({"error": {"code": 7, "text": "no such room"}}, 200, Gone, "no such room"),
        ({"error": {"code": 8, "text": None}}, 200, LoginWall, "members only"),
        ({"error": {"code": 9}}, 400, RateLimited, "fewer requests"),
        ({"error": {"code": 10}}, 404, Gone, "404"),
        ("<html>", 503, CopytrailError, "503"),
        ("<html>", 200, SourceChanged, "not JSON"),
    ],
)
def test_a_refusal_may_stand_in_the_answer(answer: Any, status: int, kind: type[CopytrailError], said: str) -> None:
    errors = [
        {"when": "error.code", "is": "7", "as": "gone", "says": "error.text"},
        {"when": "error.code", "is": "8", "as": "login_wall", "says": "error.text?"},
        {"when": "error.code?", "is": "9", "as": "rate_limited"},
    ]
    walked = room(told(API, answer, status=status), errors=errors)
    assert isinstance(walked.error, kind)
    assert re.search(said, walked.error.sentence)


def test_an_answer_may_say_that_there_is_nothing() -> None:
    walked = room(told(API, {"empty": True}), errors=[{"when": "empty", "as": "quiet"}])
    assert (walked.posts, walked.error) == ([], None)


@pytest.mark.parametrize("body", ['])}while(1);</x>{"entries": [{"id": 1}]}', '{"entries": [{"id": 1}]}'])
def test_a_prefix_is_cut(body: str) -> None:
    assert ids(room(told(API, body), prefix="])}while(1);</x>")) == ["1"]


def test_a_callback_is_cut_at_both_ends() -> None:
    assert ids(room(told(API, 'show({"entries": [{"id": 1}]});\n'), prefix="show(")) == ["1"]


def test_nested_items_answer_the_item_they_stand_in() -> None:
    inner = entry(1, kids=[entry(2, kids=[entry(3)]), entry(4, gone=True)])
    walked = room(told(API, {"entries": [inner, entry(5)]}), nested="kids?", deleted={"gone?": True}, ignore=["gone"])
    assert [(p.native_id, p.reply_to, p.root) for p in walked.posts] == [
        ("1", None, None), ("2", "board:1", "board:1"), ("3", "board:2", "board:1"), ("4", "board:1", "board:1"),
        ("5", None, None),
    ]  # fmt: skip
    assert [(finding.kind, finding.ref) for finding in walked.findings] == [("gone", "board:4")]


def test_only_some_items_are_read() -> None:
    entries = [entry(1, type="note"), entry(2, type="advert"), entry(3, type="reply")]
    assert ids(room(told(API, {"entries": entries}), only={"type": ["note", "reply"]})) == ["1", "3"]


def test_further_listings_are_walked_where_the_address_has_their_names() -> None:
    also = [
        {"pages": {"url": "https://board.example/api/{entry}", "items": "one", "single": True}, "post": PLAIN["post"]},
        {"pages": {"url": "https://board.example/api/talk", "items": "talk"}, "post": PLAIN["post"]},
    ]
    answers = (
        told(API, "", status=404),
        told("https://board.example/api/7", {"one": entry(7)}),
        told("https://board.example/api/talk", {"talk": [entry(8)]}),
    )
    whole = room(*answers, url=f"{URL}/7", also=also)
    assert ids(whole) == ["7", "8"]
    assert [finding.kind for finding in whole.findings] == ["gone"]
    assert whole.error is None
    assert ids(room(*answers, also=also)) == ["8"]


def test_a_field_may_have_a_second_reading_and_a_part_of_a_value() -> None:
    post = {
        "native_id": {"from": "link", "regex": r"/(\d+)$"},
        "url": {"from": "link", "when": {"kind": "a"}, "else": {"from": "id", "format": "{origin}/e/{}"}},
        "community": {"always": "{room}"},
        "reply_to": {
            "from": "path", "regex": r"(\d+)\.\d+$", "in": "people[kind=x]", "key": "of.id", "take": "of.name",
        },
    }  # fmt: skip
    people = [{"kind": "y", "of": {"id": 4, "name": "wrong"}}, {"kind": "x", "of": {"id": 4, "name": "right"}}, 5]
    items = [entry(1, link="https://b.example/71", kind="a", path="0.4.1"), entry(2, link="x", kind="b", path="9")]
    items[1]["link"] = "https://b.example/72"
    walked = room(told(API, {"entries": items, "people": people}), post=post, ignore=["body"])
    assert [(p.native_id, p.url, p.community, p.reply_to) for p in walked.posts] == [
        ("71", "https://b.example/71", "boats", "board:right"), ("72", "https://board.example/e/2", "boats", None),
    ]  # fmt: skip


def test_rounded_counters_keep_their_step() -> None:
    post = {"native_id": "id", "metrics": {"likes": "likes", "views": "views", "replies": "replies"}}
    items = [entry(1, likes="1.2K", views=7, replies="many")]
    (found,) = room(told(API, {"entries": items}), post=post, ignore=["body"]).posts
    assert (found.metrics.likes, found.metrics.views, found.metrics.replies) == (1200, 7, None)
    assert found.metrics.granularity == {"likes": 100}


def test_profiles_come_from_items_once_each_or_by_a_request_of_their_own() -> None:
    profile = {"native_id": "by.id?", "name": "by.name?", "bio": "by.bio?", "counts": {"followers": "by.fans?"}}
    items = [entry(1, by={"id": 5, "name": "Mara", "bio": "Pilot", "fans": "3K"}), entry(2, by={"id": 5}), entry(3)]
    walked = room(told(API, {"entries": items}), profile=profile)
    assert [(p.author.native_id, p.bio, p.counts.followers) for p in walked.profiles] == [("5", "Pilot", 3000)]
    assert walked.profiles[0].counts.granularity == {"followers": 1000}
    asked = room(
        told("https://board.example/api/who", {"who": {"by": {"id": 6}}}), told(API, {"entries": [entry(1)]}),
        profile=profile, profile_url={"url": "https://board.example/api/who", "item": "who"},
    )  # fmt: skip
    assert [p.author.native_id for p in asked.profiles] == ["6"]
    wrong = room(
        told("https://board.example/api/who", {"who": None}), told(API, {"entries": [entry(1)]}),
        profile=profile, profile_url={"url": "https://board.example/api/who", "item": "who"},
    )  # fmt: skip
    assert ids(wrong) == ["1"]
    assert [finding.kind for finding in wrong.findings] == ["source_changed"]


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"login": "key"}, "belong together"),
        ({"retention_class": "timed"}, "retention_days"),
        ({"retention_days": 3}, "retention_days"),
        ({"names": {"account": "{nobody}"}}, "nothing is called .nobody."),
        ({"post": {"native_id": {"from": "id", "regex": "("}}}, "no regular expression"),
        ({"profile_url": {"url": API}}, "needs `profile`"),
    ],
)
def test_what_does_not_belong_together_is_told(changed: dict[str, Any], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        JsonPlatform.model_validate({**PLAIN, **changed})
