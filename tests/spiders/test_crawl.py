"""What a crawl yields, in which order, and how it ends: through Scrapy as it is."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from typing import cast

import httpx
import pytest

from core.errors import (
    Blocked,
    CopytrailError,
    Gone,
    NotRecorded,
    RateLimited,
    RobotsForbids,
    SourceChanged,
    Unavailable,
)
from core.exchange import Response
from core.http import Client
from core.records import Finding
from core.source import Cursor, Target
from core.times import StillClock
from spiders.base import Ask, Found, PageSource
from tests.spiders.pages import AT, Lines, Memory, walk

A, B, C, D = (f"https://site.example/{name}" for name in "abcd")


def lines(answers: dict[str, str | BaseException]) -> Lines:
    return Lines(cast("Client", Memory(answers)))


def asked(source: PageSource) -> list[str]:
    return cast("Memory", source.http).asked


def test_posts_stand_in_the_order_of_the_pages_asked_for() -> None:
    source = lines({A: f"1\n-> {B}\n2\n-> {C}\n3", B: f"b1\n-> {D}\nb2", C: "c", D: "d"})
    assert walk(source, A) == (["1", "b1", "d", "b2", "2", "c", "3"], None)
    assert asked(source) == [A, B, C, D]


def test_the_same_page_is_asked_for_once() -> None:
    source = lines({A: f"1\n-> {B}\n-> {B}\n-> {A}\n2", B: f"b\n-> {A}"})
    assert walk(source, A) == (["1", "b", "2"], None)
    assert asked(source) == [A, B]


def test_posts_to_one_address_are_told_apart_by_their_bodies() -> None:
    source = lines({A: "=> one\n=> two\n=> one", "POST one": "first", "POST two": "second"})
    assert walk(source, A) == (["first", "second"], None)
    assert asked(source) == [A, "POST one", "POST two"]


def test_an_error_after_posts_ends_the_walk_and_keeps_them() -> None:
    came, error = walk(lines({A: f"1\n-> {B}\n2", B: Unavailable("Down.")}), A)
    assert came == ["1", "2"]
    assert isinstance(error, Unavailable)


def test_one_part_that_fails_leaves_the_others_alone() -> None:
    source = lines({A: Gone("Gone.", status=404), B: "b"})
    assert walk(source, f"{A} {B}") == (["b", "(gone)"], None)


def test_where_every_part_fails_the_most_telling_error_is_raised() -> None:
    source = lines({A: NotRecorded("?"), B: Gone("Gone."), C: Unavailable("Down.")})
    came, error = walk(source, f"{A} {B} {C}")
    assert came == []
    assert isinstance(error, Gone)


def test_a_part_that_failed_asks_for_nothing_more() -> None:
    source = lines({A: f"-> {B}\n-> {C}", B: RateLimited("Slow down."), C: "c"})
    came, error = walk(source, A)
    assert came == []
    assert isinstance(error, RateLimited)
    assert C not in asked(source)


def test_a_source_may_ask_for_something_else_instead() -> None:
    def instead(ask: Ask, error: CopytrailError) -> Iterator[Found]:
        if ask.url == D:
            raise error
        yield Ask(B if ask.url == A else D)

    source = lines({A: Unavailable("Down."), B: "b"})
    source.excuses = instead
    assert walk(source, A) == (["b"], None)
    source = lines({A: Blocked("No."), B: Unavailable("Down.")})
    source.excuses = instead
    came, error = walk(source, A)
    assert came == []
    assert isinstance(error, Blocked), "of all that failed, what tells most"


def test_a_source_may_leave_out_what_failed() -> None:
    source = lines({A: f"1\n-> {B}\n2", B: Gone("Gone.")})
    source.excuses = lambda _, error: iter([Finding.of(error)])
    assert walk(source, A) == (["1", "(gone)", "2"], None)


def test_another_shape_names_the_page_and_the_remedy() -> None:
    came, error = walk(lines({A: "1\n!\n2"}), A)
    assert came == ["1"]
    assert isinstance(error, SourceChanged)
    assert A in error.sentence
    assert "reparse" in error.sentence
    assert isinstance(error.__cause__, KeyError)
    came, error = walk(lines({A: "x" * 3_000}), A)  # an id longer than any
    assert isinstance(error, SourceChanged)
    assert "\n" not in error.sentence


def test_a_walk_that_leads_on_for_ever_ends_at_its_cap_and_says_so() -> None:
    pages: dict[str, str | BaseException] = {f"{A}{n}": f"{n}\n-> {A}{n + 1}" for n in range(50)}
    source = lines(pages)
    source.pages_at_most = 5  # type: ignore[misc]
    came, error = walk(source, f"{A}0")
    assert came == ["0", "1", "2", "3", "4", "(too_large)"]
    assert error is None
    source = lines(pages)
    source.steps_at_most = 3  # type: ignore[misc]
    assert walk(source, f"{A}0") == (["0", "1", "2", "3", "(too_large)"], None)


def test_an_error_of_ours_is_not_swallowed() -> None:
    source = lines({A: "1", B: ZeroDivisionError("a mistake in the client")})
    with pytest.raises(ZeroDivisionError):
        list(source.collect(Target(f"{A} {B}"), Cursor()))
    source = lines({A: "1"})
    source.read = lambda page, ask: iter([1 / 0])  # type: ignore[method-assign,list-item]
    with pytest.raises(ZeroDivisionError):
        list(source.collect(Target(A), Cursor()))


def test_an_address_no_request_can_be_made_of_is_a_changed_source() -> None:
    came, error = walk(lines({A: "1\n-> no address"}), A)
    assert came == ["1"]
    assert isinstance(error, SourceChanged)


def test_who_stops_listening_stops_the_crawl() -> None:
    source = lines({f"{A}{n}": f"{n}\n-> {A}{n + 1}" for n in range(1000)})
    source.pages_at_most = 1000  # type: ignore[misc]
    found = source.collect(Target(f"{A}0"), Cursor())
    next(found)
    found.close()  # type: ignore[attr-defined]
    assert len(asked(source)) < 1000
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("crawl ")]


def test_posts_come_while_the_crawl_goes_on() -> None:
    gate = threading.Event()

    class Slow(Memory):
        def get(self, url: str, *, headers: Mapping[str, str] | None = None) -> Response:
            assert url != B or gate.wait(10)
            return super().get(url, headers=headers)

    source = Lines(cast("Client", Slow({A: f"1\n-> {B}\n2", B: "b"})))
    found = source.collect(Target(A), Cursor())
    assert next(found).native_id == "1"  # type: ignore[union-attr]
    gate.set()
    assert [f.native_id for f in found] == ["b", "2"]  # type: ignore[union-attr]


def test_robots_are_obeyed_by_the_client_beneath() -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.path == "/robots.txt":
            return httpx.Response(200, text="User-agent: *\nDisallow: /b\n")
        return httpx.Response(200, text=f"{request.url.path}\n-> {B}\n-> {C}" if request.url.path == "/a" else "more")

    source = Lines(Client(transport=httpx.MockTransport(answer), clock=StillClock(AT)))
    source.excuses = lambda _, error: iter([Finding.of(error)])
    assert walk(source, A) == (["/a", "(robots)", "more"], None)
    came, error = walk(Lines(source.http), B)
    assert came == []
    assert isinstance(error, RobotsForbids)


def test_looking_for_plug_ins_imports_neither_scrapy_nor_trafilatura() -> None:
    code = (
        "import sys, spiders; from core.registry import find; from core.source import Source; "
        "assert len(find(spiders, Source)) >= 9; "
        "print([m for m in ('scrapy', 'twisted', 'trafilatura') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout.strip() == "[]"
