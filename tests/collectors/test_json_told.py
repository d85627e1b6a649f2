"""What the author of a platform file is told: where an answer holds something else, what is there, what is unread."""

from __future__ import annotations

from typing import Any

import pytest

from collectors.json_api import JsonApi, source_of
from config.platform_json import JsonPlatform
from core.errors import SourceChanged
from tests.collectors.test_json_asking import API, PLAIN, URL, entry
from tests.collectors.walking import Walked, answer, walk


def told(body: Any, *more: Any, **changed: Any) -> Walked:
    """Walk a room whose first answer is the body."""
    source = source_of(JsonPlatform.model_validate({**PLAIN, **changed}))
    return walk(source, URL, [answer(API, body), *more])


def sentence(walked: Walked) -> str:
    assert isinstance(walked.error, SourceChanged)
    return walked.error.sentence


@pytest.mark.parametrize(
    ("items", "body", "said"),
    [
        ("posts", {"data": [], "total": 3}, "has no list of items at posts: its top is an object with data, total"),
        ("data.posts", {"data": {"nodes": []}}, "has no list of items at data.posts: data is an object with nodes"),
        ("posts", {"posts": {"id": 7}}, "has no list of items at posts: posts is an object with id"),
        ("posts", [], "has no list of items at posts: its top is a list"),
        ("", {"data": []}, "has no list of items at its top: its top is an object with data"),
        ("data.posts", {"data": None}, "has no list of items at data.posts: data is null"),
        ("posts", {}, "has no list of items at posts: its top is an empty object"),
        ("posts", {f"key{n}": n for n in range(20)}, "key0, key1, key2, key3, key4, key5, key6, key7 and 12 more."),
        ("posts", {"k" * 90: 1}, f"an object with {'k' * 40}."),
        ("rooms.*.posts", {"rooms": [{"posts": []}, {"list": 1}]}, "rooms.1 is an object with list."),
    ],
)
def test_items_that_are_not_there_are_told_with_what_is(items: str, body: Any, said: str) -> None:
    found = sentence(told(body, pages={"url": API, "items": items}))
    assert said in found
    assert "Correct `pages.items` in the platform file of board.room" in found
    assert "site" not in found


def test_a_single_item_and_an_account_are_told_as_such() -> None:
    one = told({"data": 1}, pages={"url": API, "items": "post", "single": True})
    assert "has no object at post: its top is an object with data." in sentence(one)
    who = {"url": "https://board.example/api/who", "item": "account"}
    came = told(
        {"entries": []}, answer(who["url"], {"user": {}}),
        profile={"native_id": "id"}, profile_url=who,
    )  # fmt: skip
    (finding,) = came.findings
    assert "/api/who has no account at account: its top is an object with user." in finding.sentence
    assert "Correct `profile_url.item`" in finding.sentence


def test_where_any_host_may_have_the_shape_the_address_is_doubted_too() -> None:
    found = sentence(told({}, instances="*"))
    assert "whether it is an address of Board at all" in found


@pytest.mark.parametrize(
    ("post", "path", "wanted"),
    [
        ({"native_id": "user"}, "entries[].user", "is an object with id, name"),
        ({"native_id": "user?"}, "entries[].user", "is an object with id, name"),
        ({"native_id": "marks"}, "entries[].marks", "is a list"),
        ({"native_id": "id", "url": "user?"}, "entries[].user", "is an object"),
        ({"native_id": "id", "reply_to": "user"}, "entries[].user", "is an object"),
        ({"native_id": "id", "text": "marks"}, "entries[].marks", "is a list"),
        ({"native_id": "id", "text": {"from": "user", "as": "html"}}, "entries[].user", "is an object"),
        ({"native_id": "id", "author": {"handle": "user"}}, "entries[].user", "is an object"),
        ({"native_id": "id", "published": "user"}, "entries[].user", "is an object"),
        ({"native_id": {"from": ["id", "user"], "format": "{0}-{1}"}}, "entries[].user", "is an object"),
        ({"native_id": "id", "text": {"from": ["id", "marks"], "join": " "}}, "entries[].marks", "is a list"),
        ({"native_id": {"from": "user", "regex": r"\d+"}}, "entries[].user", "is an object"),
        ({"native_id": "id", "title": {"from": "user", "map": {"a": "b"}}}, "entries[].user", "is an object"),
        ({"native_id": "id", "kind": "$.whole"}, "whole", "is an object with a"),
        (
            {"native_id": "id", "author": {"name": {"from": "id", "in": "people", "key": "id", "take": "full"}}},
            "people[].full", "is an object with last",
        ),
    ],
)  # fmt: skip
def test_an_object_is_never_taken_for_text(post: dict[str, Any], path: str, wanted: str) -> None:
    one = entry(1, user={"id": 7, "name": "Mara"}, marks=[1, 2])
    body = {"entries": [one], "whole": {"a": 1}, "people": [{"id": 1, "full": {"last": "Quay"}}]}
    found = sentence(told(body, post=post))
    assert f"{path} {wanted}" in found
    assert "text" in found


def test_empty_objects_are_nothing_and_lists_of_lists_are_read() -> None:
    one = entry(1, title={}, tags=["sea"], marks={"a": 1})
    post = {"native_id": "id", "title": "title?", "text": "body", "tags": "tags", "metrics": {"likes": "marks?"}}
    (found,) = told({"entries": [one]}, post=post).posts
    assert (found.title, found.tags, found.metrics.likes) == (None, ("sea",), None)


def unread(body: Any, turn: dict[str, Any] | None, **changed: Any) -> dict[str, int]:
    pages = {"url": API, **changed.pop("pages", {"items": "entries"}), **({"next": turn} if turn else {})}
    walked = told(body, pages=pages, **changed)
    assert walked.error is None
    assert walked.posts
    return unread_of(walked)


def unread_of(walked: Walked) -> dict[str, int]:
    assert isinstance(walked.source, JsonApi)
    return walked.source.unread


MISSPELT = {"param": "after", "from": "nxet"}


@pytest.mark.parametrize(
    ("turn", "beside", "found"),
    [
        (MISSPELT, {"next": "abc"}, ["next"]),
        (MISSPELT, {"nextPageToken": "abc", "total": 3}, ["nextPageToken"]),
        (MISSPELT, {"paging": {"cursors": {"after": "x", "before": "y"}}}, ["paging.cursors.after"]),
        (MISSPELT, {"page_info": {"end_cursor": "x", "total": 4}}, ["page_info.end_cursor"]),
        (MISSPELT, {"links": {"self": "/a", "next": {"href": "/b"}}}, ["links.next.href"]),
        ({"from": "links.nxet?"}, {"links": {"self": "/a", "next": "/b"}}, ["links.next"]),
        ({"param": "page", "count_from": 1, "while": "moer"}, {"has_more": True}, ["has_more"]),
        ({"link": "nxet"}, {"next": "/b"}, ["next"]),
        (None, {"next_cursor": "x"}, ["next_cursor"]),
        (None, {"next_cursor": None, "next": "", "after": False, "links": {}, "more": []}, []),
        (None, {"total": 3, "status": "ok"}, []),
        (MISSPELT, {"nxet": None, "next": "abc"}, []),
        (MISSPELT, {"total": 3, "previous": "abc", "text_after_the_list": "x"}, []),
    ],
)
def test_a_next_page_that_nothing_reads_is_told(turn: Any, beside: dict[str, Any], found: list[str]) -> None:
    first = "?page=1" if turn and "count_from" in turn else ""
    source = source_of(JsonPlatform.model_validate({**PLAIN, "pages": {**PLAIN["pages"], "next": turn}}))
    walked = walk(source, URL, [answer(API + first, {"entries": [entry(1)], **beside})])
    assert walked.error is None
    assert list(unread_of(walked)) == found


def test_only_what_stands_beside_and_above_the_items_is_looked_at() -> None:
    body = {"data": {"list": [entry(1, cursor="i")], "end_cursor": "x"}, "next": "y", "other": {"deep": {"next": "z"}}}
    pages = {"items": "data.list"}
    assert unread(body, MISSPELT, pages=pages) == {"data.list[].cursor": 1, "data.end_cursor": 1, "next": 1}


def test_a_full_page_without_the_place_of_the_next_one_tells_all_that_stands_beside_it() -> None:
    entries = [entry(number) for number in range(20)]
    beside = {"weiter": "abc", "took": 3, "ok": True, "empty": None, "first": {"a": 1}}
    assert unread({"entries": entries, **beside}, MISSPELT) == {"weiter": 1, "took": 1}
    assert unread({"entries": entries[:-1], **beside}, MISSPELT) == {}
    assert unread({"entries": entries, "nxet": None, **beside}, MISSPELT) == {}
    assert unread({"entries": entries, **beside}, None) == {}


def test_what_is_known_beside_the_items_is_ignored_by_its_place_in_the_answer() -> None:
    body = {"entries": [entry(1)], "next": "x", "paging": {"next": "y"}, "cursor": "z"}
    assert unread(body, None, ignore=["$.next", "$.paging"]) == {"cursor": 1}
    assert unread(body, None, post={**PLAIN["post"], "root": "$.cursor"}) == {"next": 1, "paging.next": 1}
