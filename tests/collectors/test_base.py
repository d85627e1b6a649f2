"""The reader misses nothing; parts of a source do not drag each other down."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from collectors.base import Reader, independently
from core.errors import Gone, NotRecorded, SourceChanged, Unavailable
from core.records import Finding, Post
from core.source import Yielded

ANSWER = {
    "id": 7,
    "author": {"name": "Ada", "avatar": "a.png", "stats": {"posts": 3}},
    "items": [{"url": "u1", "alt": None}, {"url": "u2", "new": 1}],
    "title": None,
}


def test_what_is_taken_is_read_and_the_rest_is_audited() -> None:
    reader = Reader(ANSWER)
    assert reader.take("id") == 7
    assert reader.take("author.name", str) == "Ada"
    assert reader.maybe("title", str) is None
    assert reader.maybe("nowhere.at.all") is None
    reader.ignore("author.avatar")
    assert [item.take("url") for item in reader.each("items")] == ["u1", "u2"]
    assert reader.audit() == ["author.stats", "items[].alt", "items[].new"]


def test_taking_a_whole_object_reads_all_of_it() -> None:
    reader = Reader(ANSWER)
    reader.take("author", dict)
    reader.ignore("id", "items", "title")
    assert reader.audit() == []


def test_inside_reads_a_part_under_its_own_name() -> None:
    reader = Reader(ANSWER)
    reader.ignore("id", "items", "title")
    author = reader.inside("author")
    author.take("name")
    with pytest.raises(SourceChanged, match=r"author\.mail is missing"):
        author.take("mail")
    assert reader.audit() == ["author.avatar", "author.stats"]


def test_a_missing_field_is_named() -> None:
    with pytest.raises(SourceChanged, match=r"https://api\.example/x has another shape.* author\.mail is missing"):
        Reader(ANSWER, url="https://api.example/x").take("author.mail")


def test_another_kind_is_named() -> None:
    with pytest.raises(SourceChanged, match="author is dict where str was expected"):
        Reader(ANSWER).take("author", str)
    with pytest.raises(SourceChanged, match="flag is bool where int was expected"):
        Reader({"flag": True}).maybe("flag", int)
    assert Reader({"n": 3}).take("n", float) == 3.0


def test_an_answer_that_is_no_object_is_named() -> None:
    with pytest.raises(SourceChanged, match=r"items\[\]\.url is missing"):
        next(Reader({"items": ["text"]}).each("items")).take("url")
    with pytest.raises(SourceChanged, match="it is dict where list was expected"):
        next(Reader({}).each())


def test_a_list_is_read_by_number() -> None:
    reader = Reader({"media": [{"url": "u"}]})
    assert reader.take("media.0.url") == "u"
    assert reader.maybe("media.1.url") is None
    assert reader.audit() == []


def _part(native_id: str, error: Exception | None = None) -> Iterator[Post | Finding]:
    yield Post(platform="example", native_id=native_id)
    if error:
        raise error


def test_one_failing_part_is_a_finding_and_the_next_goes_on() -> None:
    got = list(independently(_part("1", Unavailable("down.", url="u")), _part("2")))
    assert [p.native_id for p in got if isinstance(p, Post)] == ["1", "2"]
    assert [f.kind for f in got if isinstance(f, Finding)] == ["unavailable"]


def test_where_every_part_failed_the_most_telling_error_is_raised() -> None:
    walk = independently(_part("1", NotRecorded("a.")), _part("2", Gone("b.")), _part("3", Unavailable("c.")))
    got: list[Yielded] = []
    with pytest.raises(Gone):
        got.extend(walk)
    # list.extend keeps what came before the error
    assert [type(x).__name__ for x in got] == ["Post", "Post", "Post", "Finding", "Finding"]
