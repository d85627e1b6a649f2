"""A YAML platform asks page after page in every way it can say, reads what it names, and tells what it cannot read."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml

from collectors.api import linked
from collectors.json_api import JsonApi, source_of
from config.platform_fields import AuthorMap, MetricsMap, PostMap, Reading
from config.platform_head import CursorMap, ExpectMap
from config.platform_json import JsonPlatform, Next, Pages, Rest
from config.platforms import FOLDER, MAX_LINES, of, read
from core.errors import CannotStart, CopytrailError, Gone, NotRecorded, RateLimited, SourceChanged
from core.exchange import Response
from core.records import Finding, Post
from core.source import Cursor
from tests.collectors.walking import walk as walk_source

AT = datetime(2025, 3, 9, tzinfo=UTC)
SITE = "https://board.example"
LIST = f"{SITE}/api/list"
PLAIN: dict[str, Any] = {
    "id": "board.room",
    "engine": "json_api",
    "title": "Board",
    "about": "Entries of one room, newest first.",
    "pattern": r"https://board\.example/r/(?P<room>\w+)",
    "examples": ["https://board.example/r/boats"],
    "names": {"board": "{room}"},
    "pages": {"url": "{origin}/api/list", "items": "entries", "params": {"room": "{room}"}},
    "post": {"native_id": "id", "text": "body", "published": "at"},
}


def platform(**changed: Any) -> JsonPlatform:
    return JsonPlatform.model_validate({**PLAIN, **changed})


def entry(number: int, **more: Any) -> dict[str, Any]:
    return {"id": number, "body": f"text {number}", "at": f"2025-03-0{number}T10:00:00Z", **more}


def answer(query: str, entries: Iterable[dict[str, Any]], url: str = LIST, headers: Any = None, **more: Any) -> Any:
    body = json.dumps({"entries": list(entries), **more})
    return {"url": f"{url}?{query}" if query else url, "body": body, "headers": headers or {}}


def walk(spec: JsonPlatform, answers: list[Any], cursor: Cursor | None = None) -> tuple[list[Post], JsonApi, Any]:
    walked = walk_source(source_of(spec), "https://board.example/r/boats", answers, cursor=cursor)
    assert isinstance(walked.source, JsonApi)
    return walked.posts, walked.source, walked.error


def walk_rest(spec: JsonPlatform, answers: list[Any]) -> tuple[list[Post], list[Finding], Any]:
    walked = walk_source(source_of(spec), "https://board.example/r/boats", answers)
    return walked.posts, walked.findings, walked.error


def paged(**turn: Any) -> JsonPlatform:
    return platform(pages={**PLAIN["pages"], "next": turn})


def ids(posts: list[Post]) -> list[str]:
    return [post.native_id for post in posts]


@pytest.mark.parametrize(
    ("turn", "answers"),
    [
        (
            {"param": "cursor", "from": "next"},
            [answer("room=boats", [entry(3)], next="abc"), answer("room=boats&cursor=abc", [entry(2)], next=None)],
        ),
        (
            {"param": "page", "count_from": 1},
            [
                answer("room=boats&page=1", [entry(3)]),
                answer("room=boats&page=2", [entry(2)]),
                answer("room=boats&page=3", []),
            ],
        ),
        (
            {"param": "page", "count_from": 0, "while": "more?"},
            [answer("room=boats", [entry(3)], more=True), answer("room=boats&page=1", [entry(2)])],
        ),
        (
            {"param": "skip", "offset": True},
            [
                answer("room=boats", [entry(3)]),
                answer("room=boats&skip=1", [entry(2)]),
                answer("room=boats&skip=2", []),
            ],
        ),
        (
            {"from": "links.next"},
            [
                answer("room=boats", [entry(3)], links={"next": "/api/list?room=boats&older=1"}),
                answer("room=boats&older=1", [entry(2)], links={"next": None}),
            ],
        ),
        (
            {"link": "next"},
            [
                answer(
                    "room=boats", [entry(3)], headers={"link": f'<{LIST}?p=9>; rel="prev", <{LIST}?p=1>; rel="next"'}
                ),
                answer("p=1", [entry(2)]),
            ],
        ),
    ],
    ids=["token", "number", "number while more", "offset", "address", "link header"],
)
def test_it_walks_to_the_last_page(turn: dict[str, Any], answers: list[Any]) -> None:
    posts, _, error = walk(paged(**turn), answers)
    assert ids(posts) == ["3", "2"]
    assert error is None


def test_a_page_wholly_older_than_the_cursor_is_the_last() -> None:
    spec = paged(param="cursor", **{"from": "next"})
    answers = [
        answer("room=boats", [entry(3), entry(1)], next="a"),
        answer("room=boats&cursor=a", [entry(2)], next="b"),
    ]
    posts, _, error = walk(spec, answers, Cursor(since=datetime(2025, 3, 3, tzinfo=UTC), full=False))
    assert ids(posts) == ["3", "1", "2"]
    assert error is None


def test_a_page_that_brings_nothing_new_ends_a_walk_that_would_not_end() -> None:
    posts, _, error = walk(paged(**{"from": "next"}), [answer("room=boats", [entry(3)], next=f"{LIST}?room=boats")])
    assert ids(posts) == ["3"]
    assert error is None


def test_what_was_read_before_an_error_is_kept() -> None:
    posts, _, error = walk(paged(param="cursor", **{"from": "next"}), [answer("room=boats", [entry(3)], next="lost")])
    assert ids(posts) == ["3"]
    assert isinstance(error, NotRecorded)


@pytest.mark.parametrize(
    ("answered", "kind", "said"),
    [
        ({"status": 404}, Gone, "404"),
        ({"status": 429, "headers": {"retry-after": "3600"}}, RateLimited, "429"),
        ({"body": "<html>Welcome</html>"}, SourceChanged, "not JSON"),
        ({"body": '{"other": []}'}, SourceChanged, "entries"),
        ({"body": '{"entries": {"id": 1}}'}, SourceChanged, "entries"),
        ({"body": '{"entries": [{"id": 1, "at": "2025-03-01T10:00:00Z"}]}'}, SourceChanged, r"entries\[\].body"),
        ({"body": '{"entries": [{"id": null, "body": "", "at": ""}]}'}, SourceChanged, "no id"),
        ({"body": '{"entries": ["text"]}'}, SourceChanged, "entries"),
    ],
)
def test_what_cannot_be_read_is_told_with_its_place(answered: Any, kind: type[CopytrailError], said: str) -> None:
    _, _, error = walk(platform(), [{"url": f"{LIST}?room=boats", **answered}])
    assert isinstance(error, kind)
    assert re.search(said, error.sentence)


def test_a_new_field_is_told_and_an_ignored_one_is_not() -> None:
    spec = platform(ignore=["rank", "user.avatar"], post={**PLAIN["post"], "author": {"name": "user.name"}})
    item = entry(1, rank=1, user={"name": "Mara", "avatar": "a.png", "badge": 2}, colour="red")
    posts, source, _ = walk(spec, [answer("room=boats", [item])])
    assert posts[0].author.name == "Mara"
    assert source.unread == {"entries[].user.badge": 1, "entries[].colour": 1}


def test_every_shape_of_a_field() -> None:
    post = {
        "native_id": {"from": "id", "format": "e{}"},
        "url": {"from": ["room", "id"], "format": "{origin}/r/{0}/{1}"},
        "kind": {"from": "type", "map": {"reply": "comment"}, "default": "post"},
        "published": {"from": "at", "as": "epoch"},
        "edited": {"from": "changed", "as": "epoch", "unless": "at"},
        "title": {"from": "title", "when": {"type": "reply"}},
        "text": {"from": ["title", "body"], "join": "\n\n"},
        "author": {"handle": {"from": "by", "in": "people", "key": "id", "take": "nick"}},
        "links": {"from": "html", "as": "links"},
        "media": {"from": "html", "as": "images", "without": "img.face"},
        "tags": {"from": "tags", "take": "name"},
        "languages": {"always": "en"},
        "reply_to": "parent?",
        "root": "$.first",
        "metrics": {"likes": "votes.kind=up.count?", "views": "views"},
    }
    item = {
        "id": 5, "room": "boats", "type": "reply", "at": 1741000000, "changed": 1741000000, "title": "Pier",
        "body": "Closed", "by": 7, "html": '<a href="/x">x</a><img src="/a.png"><img class="face" src="/f.png">',
        "tags": [{"name": "sea"}, {"id": 1}, "shore"], "views": "none",
        "votes": [{"kind": "down", "count": 1}, {"kind": "up", "count": 4}],
    }  # fmt: skip
    people = [{"id": 7, "nick": "mara"}, {"nick": "lost"}, 3]
    body = answer("room=boats", [item], people=people, first=5)
    posts, source, error = walk(platform(post=post, site="{instance}"), [body])
    assert error is None
    (found,) = posts
    assert found.ref == "board@board.example:e5"
    assert found.url == "https://board.example/r/boats/5"
    assert (found.kind, found.title, found.text, found.edited) == ("comment", "Pier", "Pier\n\nClosed", None)
    assert found.author.handle == "mara"
    assert found.links == ("https://board.example/x",)
    assert [media.url for media in found.media] == ["https://board.example/a.png"]
    assert (found.tags, found.languages) == (("sea", "shore"), ("en",))
    assert (found.reply_to, found.root) == (None, "board@board.example:5")
    assert (found.metrics.likes, found.metrics.views) == (4, None)
    assert found.published.at == datetime(2025, 3, 3, 11, 6, 40, tzinfo=UTC)
    assert source.unread == {}


def test_the_rest_is_asked_for_in_batches_and_only_once() -> None:
    rest = {"url": "{origin}/api/some", "param": "id", "ids": "all", "items": "entries", "at_once": 2, "at_most": 4}
    some = f"{SITE}/api/some"
    answers = [
        answer("room=boats", [entry(1)], all=[1, 2, 3, 4, 5]),
        answer("id=2&id=3", [entry(2), entry(3)], some),
        answer("id=4", [entry(4), entry(1)], some),
    ]
    post = {**PLAIN["post"], "native_id": {"from": "id", "format": "e{}"}}
    posts, findings, error = walk_rest(platform(rest=rest, post=post), answers)
    assert [finding.kind for finding in findings] == ["too_large"]
    assert ids(posts) == ["e1", "e2", "e3", "e4"]
    assert error is None


def test_a_later_run_asks_for_what_is_new_and_for_the_last_batch() -> None:
    rest = {"url": "{origin}/api/some", "param": "id", "ids": "all", "items": "entries", "at_once": 2}
    some = f"{SITE}/api/some"
    first = answer("room=boats", [entry(1)], all=[1, 2, 3, 4, 5, 6])
    answers = [first, answer("id=4&id=5", [entry(4), entry(5)], some), answer("id=6", [entry(6)], some)]
    cursor = Cursor(full=False, state={"held": ["1", "2", "3", "4", "5"]})
    posts, _, error = walk(platform(rest=rest), answers, cursor)
    assert ids(posts) == ["1", "4", "5", "6"]
    assert error is None
    assert cursor.state["held"] == ["1", "2", "3", "4", "5", "6"]


@pytest.mark.parametrize(
    ("header", "found"),
    [
        ("", None),
        ("<https://a.example/2>; rel=next", "https://a.example/2"),
        ('</2>; title="x, y"; rel="prev next"', "https://board.example/2"),
        ('<https://a.example/1>; rel="prev"', None),
        ("<<<>>> rel=next", None),
    ],
)
def test_the_link_header(header: str, found: str | None) -> None:
    response = Response(url=LIST, status=200, headers={"link": header}, body=b"", captured_at=AT)
    assert linked(response, "next") == found


def test_all_platform_files_are_short_and_become_sources() -> None:
    files = sorted(FOLDER.glob("*.yml"))
    assert files
    assert all(len(path.read_text(encoding="utf-8").splitlines()) <= MAX_LINES for path in files)
    for spec in of(JsonPlatform):
        made = source_of(spec)
        assert made.id == spec.id
        assert all(made.match(example) for example in spec.examples)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("id: [", "cannot be read"),
        ("- one\n- two\n", "no entries"),
        ("id: x\n" + "# line\n" * MAX_LINES, "lines"),
        (yaml.safe_dump({**PLAIN, "colour": "red"}), "colour"),
        (yaml.safe_dump({**PLAIN, "pattern": "https://(board"}), "regular expression"),
        (yaml.safe_dump({**PLAIN, "examples": ["https://other.example/"]}), "does not match"),
        (yaml.safe_dump({**PLAIN, "post": {"native_id": {"always": "x", "from": "id"}}}), "native_id"),
        (yaml.safe_dump({**PLAIN, "post": {"native_id": {"from": "id", "in": "people"}}}), "look-up"),
        (yaml.safe_dump({**PLAIN, "pages": {**PLAIN["pages"], "next": {"link": "next", "from": "x"}}}), "exactly one"),
        (yaml.safe_dump({**PLAIN, "pages": {**PLAIN["pages"], "next": {"count_from": 1}}}), "need `param`"),
    ],
)
def test_a_wrong_platform_file_is_named_with_its_mistake(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "board.yml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(CannotStart, match=said) as told:
        read(path)
    assert str(path) in told.value.sentence


DOCUMENT = Path(__file__).parents[2] / "docs" / "platform-files.md"
PARTS = (JsonPlatform, PostMap, AuthorMap, MetricsMap, Reading, Next, Pages, Rest, CursorMap, ExpectMap)


def test_the_document_names_every_key_and_its_example_is_a_platform() -> None:
    text = DOCUMENT.read_text(encoding="utf-8")
    known = {field.alias or name for part in PARTS for name, field in part.model_fields.items()}
    assert sorted(key for key in known if not re.search(rf"\b{key}\b", text)) == []
    found = re.search(r"```yaml\n(.*?)```", text, re.S)
    assert found is not None
    made = source_of(JsonPlatform.model_validate(yaml.safe_load(found[1])))
    post = {"ap_id": "https://lemmy.ml/post/1", "published": "2025-03-01T10:00:00", "name": "Pier", "body": "Closed"}
    item = {
        "post": post, "creator": {"actor_id": "https://lemmy.ml/u/mara", "name": "mara"},
        "counts": {"upvotes": 3, "comments": 1},
    }  # fmt: skip
    asked = "community_name=linux&sort=New&limit=50"
    told = {
        "url": f"https://lemmy.ml/api/v3/post/list?{asked}",
        "body": json.dumps({"posts": [item], "next_page": None}),
    }
    (given,) = walk_source(made, "https://lemmy.ml/c/linux", [told]).posts
    assert (given.ref, given.text) == ("lemmy:https://lemmy.ml/post/1", "Pier\n\nClosed")
    assert given.published.at == datetime(2025, 3, 1, 10, tzinfo=UTC)
