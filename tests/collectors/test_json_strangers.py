"""Answers and platform files of strangers: no key of the user's goes where they point."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from collectors.json_api import source_of
from config.platform_json import JsonPlatform
from core.errors import SourceChanged
from tests.collectors.test_json_asking import API, KEYS, PLAIN, URL, entry
from tests.collectors.walking import answer, walk

KEYED = {**PLAIN, **KEYS}
HEADERS = {"X-Board-Key": "{BOARD_KEY}", "Authorization": "Bearer {BOARD_KEY}", "Accept": "application/json"}


def told(following: str, **more: Any) -> Any:
    """Walk a room whose first answer names its next page."""
    pages = {"url": API, "items": "entries", "headers": HEADERS, "next": {"from": "next?"}, **more}
    source = source_of(JsonPlatform.model_validate({**KEYED, "pages": pages}))
    first = answer(API, {"entries": [entry(1)], "next": following})
    second = [] if "[" in following else [answer(following, {"entries": [entry(2)]})]
    return walk(source, URL, [first, *second])


@pytest.mark.parametrize(
    "following",
    ["https://other.test/api/list?page=2", "//other.test/", "https://board.example.other.test/", "file:///etc/passwd",
     "https://[broken", "javascript:1", "https://board.example@other.test/"],
)  # fmt: skip
def test_a_next_page_on_another_site_is_not_asked_for(following: str) -> None:
    came = told(following)
    assert isinstance(came.error, SourceChanged)
    assert [one.url.host for one in came.asked] == ["board.example"]


def test_a_next_page_on_another_host_of_the_site_gets_no_key() -> None:
    came = told("https://pages.board.example/api/list?page=2")
    assert came.ids == ["1", "2"]
    assert "authorization" in came.asked[0].headers
    assert not {"authorization", "x-board-key"} & set(came.asked[1].headers)
    assert came.asked[1].headers["accept"] == "application/json"


@pytest.mark.parametrize(
    "url", ["https://{room}.example/api", "{origin}/api", "http://board.example/api", "https://board.example:{room}/"]
)
@pytest.mark.parametrize("where", [{"headers": HEADERS}, {"params": {"key": "{BOARD_KEY}"}}])
def test_a_file_that_sends_a_key_where_an_address_leads_is_refused(url: str, where: dict[str, Any]) -> None:
    with pytest.raises(ValidationError, match="to hosts written out"):
        JsonPlatform.model_validate({**KEYED, "pages": {"url": url, "items": "entries", **where}})


@pytest.mark.parametrize("name", ["AWS_SECRET_ACCESS_KEY", "X_BEARER_TOKEN", "BOARD", "HOME"])
def test_a_file_that_wants_the_key_of_another_platform_is_refused(name: str) -> None:
    with pytest.raises(ValidationError, match="no key of this platform"):
        JsonPlatform.model_validate({**KEYED, "secrets": [name]})


@pytest.mark.parametrize(
    "where",
    [{"headers": {"X-Board": "{BOARD_KEY}"}}, {"params": {"k": "{BOARD_KEY}"}}, {"body": {"a": ["{BOARD_KEY}"]}},
     {"url": "https://board.example/{BOARD_KEY}/list"}, {"params": {"key": "{BOARD_KEY}", "p": "{BOARD_KEY}"}}],
)  # fmt: skip
def test_a_file_that_sends_a_key_where_the_archive_would_keep_it_is_refused(where: dict[str, Any]) -> None:
    with pytest.raises(ValidationError, match="hides"):
        JsonPlatform.model_validate({**KEYED, "pages": {"url": API, "items": "entries", **where}})
