"""The recording proxy without a browser before it: what it lets through, answers itself, and counts."""

from __future__ import annotations

import socket
import ssl
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from archive import page_proxy
from archive.page_proxy import Proxy
from archive.records import records
from core.guard import Guard
from core.network import GuardedTransport
from tests.archive.capturing import BRISK, get, proxied, say, tunnel
from tests.core.secured import secured
from tests.core.wicked import Wicked, answer, drip, raw, reset
from tests.spiders.rendering import Forbidden

SITE = "http://site.example"


@pytest.fixture
def server() -> Iterator[Wicked]:
    with Wicked() as running:
        yield running


@pytest.fixture
def proxy(server: Wicked, tmp_path: Path) -> Iterator[Proxy]:
    with proxied(tmp_path, server.port) as running:
        yield running


def fates(proxy: Proxy) -> list[tuple[str, str]]:
    proxy.answers.stop()
    proxy.answers.ledger.settle()
    return [(row.url, row.fate) for row in proxy.answers.ledger.rows]


def test_a_tunnel_leads_to_the_client_and_not_to_the_address(
    server: Wicked, proxy: Proxy, forbidden: Forbidden
) -> None:
    server.on("/a", answer(b"inside"))
    heard = tunnel(
        proxy, "site.example:443", get("https://site.example/a").replace(b"https://site.example", b""), tls=True
    )
    assert heard.endswith(b"inside")
    inwards = f"127.0.0.1:{forbidden.port}"
    for tls in (True, False):
        heard = tunnel(
            proxy, inwards, get(f"http://{inwards}/x").replace(f"http://{inwards}".encode(), b"", 1), tls=tls
        )
        assert heard.startswith(b"HTTP/1.1 502")
    assert forbidden.look() == 0
    assert fates(proxy) == [
        ("https://site.example/a", "recorded"), (f"https://{inwards}/x", "blocked"), (f"http://{inwards}/x", "blocked"),
    ]  # fmt: skip


def test_what_is_no_http_goes_nowhere_and_is_counted(proxy: Proxy, forbidden: Forbidden) -> None:
    tunnel(proxy, f"127.0.0.1:{forbidden.port}", b"\x00\x01\x02 stun", tls=False)
    tunnel(proxy, "not an authority", b"", tls=False)
    assert forbidden.look() == 0
    assert [(row.method, row.fate) for row in proxy.answers.ledger.rows] in (
        [("CONNECT", "blocked")], [("CONNECT", "blocked")] * 2,
    )  # fmt: skip


def test_websockets_are_blocked_and_counted(server: Wicked, proxy: Proxy) -> None:
    ask = b"GET /chat HTTP/1.1\r\nHost: site.example\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n"
    assert tunnel(proxy, "site.example:80", ask, tls=False).startswith(b"HTTP/1.1 502")
    assert fates(proxy) == [("http://site.example/chat", "blocked")]
    assert server.asked == []


@pytest.mark.parametrize(
    ("asked", "status", "body"),
    [("bytes=0-3", b"206", b"0123"), ("bytes=6-", b"206", b"6789"), ("bytes=-2", b"206", b"89"),
     ("bytes=50-", b"416", b""), ("bytes=2-1,4-5", b"200", b"0123456789"), ("lines=1-2", b"200", b"0123456789")],
)  # fmt: skip
def test_every_range_comes_out_of_one_answer(
    asked: str, status: bytes, body: bytes, server: Wicked, proxy: Proxy
) -> None:
    server.on("/film", answer(b"0123456789"))
    for _ in range(2):
        heard = say(proxy, get(f"{SITE}/film", f"Range: {asked}"))
        assert heard.split(b" ", 2)[1] == status
        assert heard.partition(b"\r\n\r\n")[2] == body
    assert len(server.asked) == 1
    assert b"range:" not in server.asked[0].lower()


def test_a_range_of_an_answer_without_a_length_waits_for_its_end(server: Wicked, proxy: Proxy) -> None:
    chunked = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n"
    chunked += b"5\r\n01234\r\n5\r\n56789\r\n0\r\n\r\n"
    server.on("/film", raw(chunked))
    heard = say(proxy, get(f"{SITE}/film", "Range: bytes=8-"))
    assert b"Content-Range: bytes 8-9/10" in heard
    assert heard.endswith(b"89")


def test_a_range_of_what_is_refused_shares_its_fate(proxy: Proxy) -> None:
    for _ in range(2):
        assert say(proxy, get("http://127.0.0.1:8081/f", "Range: bytes=0-")).startswith(b"HTTP/1.1 502")
    assert [fate for _, fate in fates(proxy)] == ["blocked", "blocked"]


def test_the_browser_is_not_told_that_a_broken_answer_was_whole(server: Wicked, proxy: Proxy, tmp_path: Path) -> None:
    server.on("/cut", reset(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf"))
    heard = say(proxy, get(f"{SITE}/cut"))
    assert len(heard.partition(b"\r\n\r\n")[2]) < 100
    proxy.answers.stop()
    (row,) = proxy.answers.ledger.rows
    assert (row.fate, row.truncated) == ("recorded", "disconnect")


def test_an_answer_without_an_end_is_cut_by_time(server: Wicked, tmp_path: Path) -> None:
    server.on("/events", drip(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n"))
    with proxied(tmp_path, server.port, caps=replace(BRISK, endless=0.3)) as proxy:
        say(proxy, get(f"{SITE}/events"))
        (row,) = proxy.answers.ledger.rows
        proxy.answers.stop()
        assert (row.fate, row.truncated) == ("recorded", "time")
    kept = [one for path in (tmp_path / "warc").glob("*.gz") for one in records(path) if one.kind == "response"]
    assert kept[0].fields["warc-truncated"] == "time"
    assert b"x" in kept[0].block.partition(b"\r\n\r\n")[2]


def test_caps_keep_what_came_and_name_what_did_not(server: Wicked, tmp_path: Path) -> None:
    server.on("/a", answer(b"x" * 600))
    caps = replace(BRISK, bytes=1000, answer_bytes=700, requests=4, sent_bytes=5)
    with proxied(tmp_path, server.port, caps=caps) as proxy:
        for number in range(3):
            say(proxy, get(f"{SITE}/a?{number}"))
            while proxy.answers.ledger.under_way:
                time.sleep(0.01)
        rows = proxy.answers.ledger.rows
        assert [(row.fate, row.bytes, row.truncated) for row in rows] == [
            ("recorded", 600, None), ("recorded", 400, "length"), ("blocked", None, None),
        ]  # fmt: skip
        assert "1,000 bytes already" in (rows[2].why or "")


def test_robots_forbid_a_part_with_their_sentence(server: Wicked, tmp_path: Path) -> None:
    server.on("/robots.txt", answer(b"User-agent: *\nDisallow: /no\n", Content_Type="text/plain"))
    server.on("/yes", answer(b"yes"))
    with proxied(tmp_path, server.port, robots="obeyed") as proxy:
        assert say(proxy, get(f"{SITE}/yes")).endswith(b"yes")
        assert b"forbids" in say(proxy, get(f"{SITE}/no"))
        assert fates(proxy) == [(f"{SITE}/yes", "recorded"), (f"{SITE}/no", "blocked")]
    kept = [one for path in (tmp_path / "warc").glob("*.gz") for one in records(path)]
    assert [one for one in kept if one.kind == "metadata" and "forbids" in one.fields["copytrail-error"]]


def test_repeated_headers_reach_the_browser_as_they_came(server: Wicked, proxy: Proxy) -> None:
    two = b"HTTP/1.1 200 OK\r\nSet-Cookie: a=1\r\nSet-Cookie: b=2\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"
    server.on("/", raw(two))
    heard = say(proxy, get(f"{SITE}/"))
    assert heard.count(b"Set-Cookie: ") == 2


def test_only_encodings_that_can_be_undone_are_asked_for(server: Wicked, proxy: Proxy) -> None:
    server.on("/", answer(b"ok"))
    say(proxy, get(f"{SITE}/", "Accept-Encoding: gzip, deflate, br, zstd", "Proxy-Authorization: Basic eA=="))
    assert b"Accept-Encoding: gzip, deflate\r\n" in server.asked[0]
    assert b"proxy-authorization" not in server.asked[0].lower()


def test_nonsense_ends_a_connection_and_nothing_else(server: Wicked, proxy: Proxy) -> None:
    server.on("/", answer(b"ok"))
    say(proxy, b"\x16\x03\x01 nonsense\r\n\r\n")
    say(proxy, b"GET /only-a-path HTTP/1.1\r\nHost: site.example\r\nConnection: close\r\n\r\n")
    assert say(proxy, get(f"{SITE}/")).endswith(b"ok")
    assert server.paths() == ["/"]


@pytest.mark.parametrize("trusted", [True, False])
def test_the_certificate_that_counts_is_the_servers_and_one_nobody_trusts_is_a_failure(
    trusted: bool, tmp_path: Path
) -> None:
    guard = Guard(allow_loopback=True)
    with secured(tmp_path, ssl.TLSVersion.TLSv1_3) as server:
        wire = GuardedTransport(guard, trust=server.trust if trusted else None)
        with proxied(tmp_path, 0, transport=wire, guard=guard) as proxy:
            to = server.url.removeprefix("https://")
            heard = tunnel(proxy, to, get(f"{server.url}/a").replace(server.url.encode(), b"", 1), tls=True)
            proxy.answers.stop()
            (row,) = proxy.answers.ledger.rows
            exchange = proxy.answers.ledger.streamed[row.n].exchange
    assert row.fate == ("recorded" if trusted else "failed")
    if trusted:
        assert heard.endswith(b"hello")
        assert exchange.tls is not None
        assert exchange.tls.chain == server.chain
        assert exchange.peer == "127.0.0.1"
    else:
        assert heard.startswith(b"HTTP/1.1 502")
        assert "certificate" in (row.why or "").lower()


@pytest.mark.parametrize("shown", ["", "Basic eA==", "Basic Y29weXRyYWlsOg==", "Bearer x", "Basic \u00ff"])
def test_another_program_on_this_machine_gets_nothing_and_leaves_no_trace(
    shown: str, server: Wicked, proxy: Proxy
) -> None:
    server.on("/", answer(b"for the browser only"))
    more = [f"Proxy-Authorization: {shown}"] if shown else []
    asked = get(f"{SITE}/", *more)
    tunnelled = b"CONNECT site.example:443 HTTP/1.1\r\nHost: site.example\r\n\r\n"
    for one in (asked, tunnelled):
        assert say(proxy, one, password=False).split(b" ")[1] in (b"407", b"400")
    assert server.asked == []
    assert fates(proxy) == []
    assert proxy.strangers == 2


def test_the_server_is_told_the_host_that_the_record_names(server: Wicked, proxy: Proxy) -> None:
    server.on("/", answer(b"ok"))
    say(proxy, get(f"{SITE}/").replace(b"Host: site.example", b"Host: bank.example"))
    ask = b"GET / HTTP/1.1\r\nHost: bank.example\r\nConnection: close\r\n\r\n"
    tunnel(proxy, "site.example:80", ask, tls=False)
    hosts = [line for one in server.asked for line in one.split(b"\r\n") if line.lower().startswith(b"host:")]
    assert hosts == [b"Host: site.example"] * 2


@pytest.mark.parametrize(
    "head",
    [b"Content-Length: 3\r\nContent-Length: 30", b"Content-Length: 3\r\nTransfer-Encoding: chunked",
     b"Transfer-Encoding: chunked, identity", b"X: a\r\n folded\r\nContent-Length: 0x3", b"Content-Length: -1"],
)  # fmt: skip
def test_no_second_request_is_smuggled_to_a_server(head: bytes, server: Wicked, proxy: Proxy) -> None:
    server.on("/", answer(b"ok"))
    inner = b"GET /smuggled HTTP/1.1\r\nHost: site.example\r\n\r\n"
    say(proxy, b"POST http://site.example/ HTTP/1.1\r\nHost: site.example\r\n" + head + b"\r\n\r\n0\r\n\r\n" + inner)
    assert all(b"/smuggled" not in one.split(b"\r\n", 1)[1] for one in server.asked)


def test_heads_without_an_end_and_floods_of_connections_are_dropped(
    server: Wicked, proxy: Proxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.on("/", answer(b"ok"))
    assert len(say(proxy, b"GET / HTTP/1.1\r\n" + b"X: " + b"y" * 400_000)) < 1000
    monkeypatch.setattr(page_proxy, "_MOST_OPEN", 3)
    held = [socket.create_connection(("127.0.0.1", proxy.port), timeout=5) for _ in range(3)]
    time.sleep(0.1)
    assert say(proxy, get(f"{SITE}/")) == b""
    for one in held:
        one.close()
    time.sleep(0.1)
    assert say(proxy, get(f"{SITE}/")).endswith(b"ok")
