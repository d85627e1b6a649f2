"""Quora: texts inside strings inside scripts, what is broken in them, and what pages say instead."""

from __future__ import annotations

import json
from typing import Any, cast

import pytest

from core.errors import Blocked, CopytrailError, ProfileOnly, SourceChanged, Unavailable
from core.http import Client
from core.records import Finding, Media, Post
from core.source import Cursor
from spiders.base import Ask
from spiders.quora import QuoraProfile, QuoraQuestion
from spiders.quora_records import author
from spiders.quora_state import network, objects, results, rich
from tests.spiders.pages import Memory, page

URL = "https://www.quora.com/Why-did-the-invented-bridge-close"


def pushed(*data: Any) -> str:
    told = [json.dumps(json.dumps({"data": one})) for one in data]
    return "".join(f'<script>g.inlineQueryResults.results["ab{n}"].push({one});</script>' for n, one in enumerate(told))


def spans(*texts: str, **marks: Any) -> str:
    return json.dumps(
        {"sections": [{"spans": [{"text": text, "modifiers": marks} for text in texts], "type": "plain"}]}
    )


def test_results_are_read_in_both_forms_and_broken_ones_passed_over() -> None:
    good = json.dumps(json.dumps({"data": {"a": 1}}))
    html = f'results["x"] = {good}; results["y"].push({good}); results["z"].push("{{no json"); results["v"].push("[1]")'
    assert results(html) == [{"a": 1}, {"a": 1}]
    deep = json.dumps("[" * 100_000)
    assert results(f'results["x"].push({deep})') == []
    assert results('results["x"].push("' * 1_000) == []


def test_objects_are_found_in_order_however_deep() -> None:
    data: Any = {"__typename": "Answer", "n": 3}
    for _ in range(5_000):
        data = [data]
    found = objects(
        {"a": {"__typename": "Answer", "n": 1, "b": {"__typename": "Post", "n": 2}}, "c": data}, "Answer", "Post"
    )
    assert [thing["n"] for thing in found] == [1, 2, 3]


def test_a_text_is_its_spans_with_links_and_pictures() -> None:
    assert rich(spans("The ", "quay.")).text == "The quay."
    assert rich(spans("here", link={"url": "/profile/Orla"})).links == ("https://www.quora.com/profile/Orla",)
    shown = rich(spans("", image="https://i.example/small", master_url="https://i.example/large"))
    assert shown.media == (Media(url="https://i.example/large"),)
    assert rich("a plain name").text == "a plain name"
    assert rich("{no json").text == "{no json"
    for odd in (
        None,
        7,
        "",
        '{"sections": 7}',
        '{"sections": [{"spans": [7, null]}]}',
        '{"sections": null}',
        '{"sections": [1, {"spans": 2}]}',
    ):
        assert rich(odd).links == ()


def test_the_id_of_an_object_says_in_which_language_it_was_numbered() -> None:
    assert network({"id": "UXVlc3Rpb25AMDo3Nw=="}) == "0"
    assert network({"id": "UXVlc3Rpb25ANzo3Nw=="}) == "7"
    for odd in (None, 5, "", "?", "UXVlc3Rpb24="):
        assert network({"id": odd}) is None


def test_who_wrote_anonymously_has_no_name() -> None:
    assert author({"uid": 5, "isAnon": True, "names": [{"givenName": "A"}]}, URL).name is None
    shown = author({"uid": 5, "names": [{"givenName": "健", "familyName": "灯台", "reverseOrder": True}]}, URL)
    assert (shown.native_id, shown.name, shown.handle) == ("5", "灯台 健", None)


def test_a_challenge_with_a_good_status_is_a_challenge() -> None:
    source = QuoraQuestion(cast("Client", Memory({URL: "<html><head><title>Just a moment...</title></head></html>"})))
    target = QuoraQuestion.match(URL)
    assert target is not None
    with pytest.raises(Blocked, match="not evaded"):
        list(source.collect(target, Cursor()))


def test_optional_fields_may_be_missing() -> None:
    body = pushed(
        {"question": {"qid": 7, "title": spans("Why?")}},
        {"a": {"__typename": "Answer", "aid": 8, "content": spans("So.")}},
    )
    target = QuoraQuestion.match(URL)
    assert target is not None
    asked, said = QuoraQuestion(cast("Client", Memory({URL: body}))).collect(target, Cursor())
    assert isinstance(asked, Post)
    assert isinstance(said, Post)
    assert (asked.text, said.text, said.published.at, said.url) == ("Why?", "So.", None, URL)


def test_where_rendering_fails_the_page_itself_is_what_counts() -> None:
    url = "https://www.quora.com/profile/Orla-Invented-3"
    target = QuoraProfile.match(url)
    assert target is not None
    source = QuoraProfile(cast("Client", Memory({})))
    (first,) = source.start(target)
    body = page(pushed({"user": {"uid": 5, "numPublicAnswers": 2}}), url)
    again = next(found for found in source.read(body, first) if isinstance(found, Ask))
    assert again.rendered
    told: list[Any] = []
    with pytest.raises(ProfileOnly, match="counts 2 answers"):
        told += source.failed(again, Unavailable("The browser is away."))
    with pytest.raises(SourceChanged):
        list(source.failed(first, SourceChanged("another shape")))
    with pytest.raises(CopytrailError):
        for found in source.failed(again, Unavailable("The browser is away.")):
            assert isinstance(found, Finding)
            assert found.kind == "unavailable"
