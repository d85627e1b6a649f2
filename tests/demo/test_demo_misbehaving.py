"""Whatever a host does, a source ends in posts or in one typed sentence, soon and without filling the memory."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

import collectors
from core.errors import (
    Blocked,
    CopytrailError,
    Gone,
    LegalBlock,
    Moved,
    RateLimited,
    SourceChanged,
    TooLarge,
    Unavailable,
)
from core.http import Client
from core.network import LoopbackRoute
from core.records import Post
from core.registry import claim, find
from core.source import Cursor, Source
from core.times import StillClock
from demo import server
from demo.replicas import misbehaving
from demo.server import Server
from demo.world import World

ENDS: dict[str, tuple[type[CopytrailError], ...]] = {
    "/slow.xml": (TooLarge, Unavailable),
    "/loop": (Moved,),
    "/loop/again": (Moved,),
    "/inside": (CopytrailError,),
    "/huge.xml": (TooLarge,),
    "/truncated-gzip.xml": (Unavailable, SourceChanged),
    "/cut-short.xml": (Unavailable,),
    "/page-instead-of-feed.xml": (SourceChanged,),
    "/empty.xml": (SourceChanged,),
    "/gone.xml": (Gone,),
    "/busy.xml": (RateLimited,),
    "/legal.xml": (LegalBlock,),
}
READ = {"/broken.xml": 2, "/wrong-charset.xml": 1, "/nul.xml": 1, "/duplicate-ids.xml": 3, "/dates.xml": 4}


@pytest.fixture(scope="module")
def running(world: World) -> Iterator[Server]:
    with server.start(world, trouble=()) as replicas:
        yield replicas


def posts_of(running: Server, path: str) -> list[Post]:
    url = f"https://{misbehaving.HOST}{path}"
    kind, target = claim(find(collectors, Source).values(), url, "feed")  # type: ignore[type-abstract]
    clock, route = StillClock(running.now), LoopbackRoute(running.port)
    with Client(transport=route, clock=clock, max_bytes=5_000_000, max_seconds=1.5, attempts=2) as client:
        return [found for found in kind(client).collect(target, Cursor()) if isinstance(found, Post)]


def test_every_misbehaviour_has_an_expected_end() -> None:
    assert set(ENDS) | set(READ) == set(misbehaving.PATHS)


@pytest.mark.parametrize("path", sorted(ENDS))
def test_it_ends_in_one_typed_sentence(running: Server, path: str) -> None:
    with pytest.raises(ENDS[path]) as caught:
        posts_of(running, path)
    assert not isinstance(caught.value, Blocked)
    assert caught.value.sentence.endswith(".")


@pytest.mark.parametrize("path", sorted(READ))
def test_what_can_be_read_is_read(running: Server, path: str) -> None:
    posts = posts_of(running, path)
    assert len(posts) == READ[path]
    assert all("\x00" not in (post.text or "") for post in posts)


def test_dates_that_are_none_stay_unknown_and_keep_their_words(running: Server) -> None:
    posts = {post.title: post.published for post in posts_of(running, "/dates.xml")}
    assert posts["never"].at is None
    assert posts["never"].verbatim == "Fri, 31 Jun 2024 25:61:00 GMT"
    assert posts["none"].at is None
    assert posts["old"].at is None
    assert posts["good"].at is not None
