"""Answers that flow: given on as they come, kept as they came, cut by caps, refused before they are asked for."""

from __future__ import annotations

import gzip
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from core.errors import CannotStart
from core.spool import Head, Spool
from core.streaming import Flow
from core.times import StillClock, SystemClock
from tests.core.wicked import Kept, Wicked, answer, client, raw

SITE = "http://site.example"


@pytest.fixture
def server() -> Iterator[Wicked]:
    with Wicked() as running:
        yield running


def test_readers_get_what_comes_while_it_comes(tmp_path: Path) -> None:
    spool, got = Spool(tmp_path / "body"), bytearray()

    def read() -> None:
        assert spool.head() == Head(200, "OK", ())
        while piece := spool.read(len(got), 1000):
            got.extend(piece)

    reader = threading.Thread(target=read)
    reader.start()
    spool.begin(Head(200, "OK", ()))
    for number in range(40):
        spool.append(bytes([number]) * 20_000)
    spool.end(whole=True)
    reader.join(10)
    assert bytes(got) == b"".join(bytes([n]) * 20_000 for n in range(40))
    assert spool.file == tmp_path / "body"
    assert spool.body == b""
    spool.close()
    assert not (tmp_path / "body").exists()


def test_a_small_body_makes_no_file(tmp_path: Path) -> None:
    spool = Spool(tmp_path / "body")
    spool.append(b"small")
    spool.end(whole=True)
    assert (spool.file, spool.body, spool.read(2), spool.wait()) == (None, b"small", b"all", 5)


def test_a_disk_that_takes_nothing_is_said(tmp_path: Path) -> None:
    spool = Spool(tmp_path / "nowhere" / "body")
    with pytest.raises(CannotStart, match="cannot be written"):
        spool.append(b"x" * 1_000_000)


def test_what_came_is_recorded_as_it_came(server: Wicked, tmp_path: Path) -> None:
    packed, kept = gzip.compress(b"text" * 50, mtime=0), Kept()
    server.on("/a", answer(packed, Content_Encoding="gzip"))
    spool = Spool(tmp_path / "body")
    sent = (("Host", "site.example"), ("X-B", "2"), ("X-a", "1"), ("Cookie", "k=hush"))
    done = client(server, kept, SystemClock(), requests_per_minute=6000).stream("GET", f"{SITE}/a", spool, headers=sent)
    (exchange,) = kept.exchanges
    assert (done.record, done.error, exchange.status, exchange.body) == ("record-1", None, 200, packed)
    assert server.asked[0].split(b"\r\n")[1:5] == [b"Host: site.example", b"X-B: 2", b"X-a: 1", b"Cookie: k=hush"]
    assert "hush" not in repr(exchange)


def test_a_large_body_is_recorded_from_its_file_and_a_cap_cuts_it(server: Wicked, tmp_path: Path) -> None:
    kept = Kept()
    server.on("/a", answer(b"x" * 900_000))
    http = client(server, kept, SystemClock(), requests_per_minute=6000)
    spool = Spool(tmp_path / "body")
    http.stream("GET", f"{SITE}/a", spool, caps=Flow(max_bytes=600_000))
    (exchange,) = kept.exchanges
    assert (exchange.body, exchange.spool, exchange.truncated) == (b"", tmp_path / "body", "length")
    assert (spool.size, spool.whole) == (600_000, False)
    spool.close()


def test_a_body_just_as_large_as_the_cap_is_whole(server: Wicked, tmp_path: Path) -> None:
    kept = Kept()
    server.on("/a", answer(b"x" * 1000))
    spool = Spool(tmp_path / "body")
    http = client(server, kept, SystemClock(), requests_per_minute=6000)
    http.stream("GET", f"{SITE}/a", spool, caps=Flow(max_bytes=1000))
    assert (kept.exchanges[0].truncated, spool.whole) == (None, True)


def test_what_is_refused_is_recorded_with_its_sentence(server: Wicked, tmp_path: Path) -> None:
    kept = Kept()
    http = client(server, kept, SystemClock(), requests_per_minute=6000)
    done = http.stream("GET", "http://127.0.0.1:8081/", Spool(tmp_path / "body"))
    assert done.refused
    assert kept.exchanges[0].status is None
    assert "not public" in (kept.exchanges[0].error or "")
    assert server.asked == []


def test_a_token_that_is_handed_out_is_hidden_here_too(server: Wicked, tmp_path: Path) -> None:
    kept = Kept()
    server.on("/token", answer(b'{"access_token": "hush"}', Content_Type="application/json"))
    client(server, kept, SystemClock(), requests_per_minute=6000).stream(
        "GET", f"{SITE}/token", Spool(tmp_path / "body")
    )
    assert kept.exchanges[0].body == b'{"access_token": "REDACTED"}'


def test_429_holds_the_host_back(server: Wicked, tmp_path: Path) -> None:
    from datetime import UTC, datetime

    clock = StillClock(datetime(2026, 3, 1, tzinfo=UTC))
    server.on("/", raw(b"HTTP/1.1 429 Slow\r\nRetry-After: 7\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"))
    http = client(server, Kept(), clock, requests_per_minute=6000)
    begun = clock.monotonic()
    for number in range(2):
        http.stream("GET", f"{SITE}/", Spool(tmp_path / f"{number}"))
    assert clock.monotonic() - begun >= 7
