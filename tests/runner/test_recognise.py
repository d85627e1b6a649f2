from __future__ import annotations

import pytest

from core.errors import BadInput
from runner.recognise import address, after, all_sources, recognise


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("example.org/a", "https://example.org/a"),
        (" hxxps://example[.]org/a ", "https://example.org/a"),
        ("https://example.org", "https://example.org/"),
        ("https://example.org?x=1", "https://example.org?x=1"),
        ("https://example[.]org/a.html [comment]", "https://example.org/a.html"),
        ("https://example(dot)org/\u200ba", "https://example.org/a"),
    ],
)
def test_addresses_are_read_as_meant(written: str, meant: str) -> None:
    assert address(written) == meant


@pytest.mark.parametrize(
    "written", ["", "37 accounts", "ftp://example.org/", "https://user:pass@example.org/", "https://"]
)
def test_what_is_no_address_is_said_so(written: str) -> None:
    with pytest.raises(BadInput, match="no web address"):
        address(written)


def test_an_unknown_site_is_read_by_its_feed_and_then_by_its_pages() -> None:
    kind, target, _ = recognise("https://unknown.example/", environment={})
    assert kind.route == "feed"
    following = after(kind.id, target.url)
    assert following is not None
    assert following[0].route == "page"
    assert after(following[0].id, target.url) is None


def test_without_a_key_another_route_is_taken_and_said_so() -> None:
    kind, _, remark = recognise("https://www.reddit.com/r/harbour", environment={})
    assert kind.route == "feed"
    assert remark is not None
    assert "REDDIT_CLIENT_ID" in remark


def test_with_a_key_the_interface_is_read() -> None:
    environment = {name: "set" for source in all_sources().values() for name in source.secrets}
    kind, _, remark = recognise("https://www.reddit.com/r/harbour", environment=environment)
    assert kind.route == "api"
    assert remark is None


def test_the_route_a_person_names_is_taken() -> None:
    kind, _, _ = recognise("https://www.reddit.com/r/harbour", "api", environment={})
    assert kind.route == "api"
