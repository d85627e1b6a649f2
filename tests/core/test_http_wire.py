"""The client against servers that drip, break, lie and bomb: a typed error, one sentence, and the bytes are kept."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from core.errors import BadInput, CopytrailError, Moved, RateLimited, TooLarge, Unavailable
from core.http import Client, validators
from core.times import StillClock
from tests.core.wicked import Kept, Wicked, answer, client, drip, raw, reset

AT = datetime(2026, 3, 1, 12, tzinfo=UTC)
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n"


@pytest.fixture
def server() -> Iterator[Wicked]:
    with Wicked() as wicked:
        yield wicked


@pytest.fixture
def http(server: Wicked, kept: Kept, clock: StillClock) -> Iterator[Client]:
    with client(server, kept, clock) as made:
        yield made


def test_an_answer_is_decoded_and_recorded_as_received(server: Wicked, kept: Kept, http: Client) -> None:
    packed = gzip.compress("Grüße".encode(), mtime=0)
    server.on("/a", answer(packed, Content_Encoding="gzip", Content_Type="text/html; charset=utf-8"))
    response = http.get("https://site.example/a?x=1", params={"y": "2 3", "none": None, "yes": True})
    assert (response.text, response.status, response.capture) == ("Grüße", 200, "record-1")
    assert response.url == "https://site.example/a?x=1&y=2+3&yes=true"
    assert response.captured_at == AT
    [exchange] = kept.exchanges
    assert exchange.body == packed
    assert exchange.peer == "127.0.0.1"
    assert ("Host", "site.example") in exchange.request_headers
    assert b"user-agent: copytrail/" in server.asked[0].lower()


def test_a_wrong_charset_still_gives_text(server: Wicked, http: Client) -> None:
    server.on("/a", answer("Größe".encode("latin-1"), Content_Type="text/html; charset=no-such-thing"))
    assert http.get("https://site.example/a").text == "Gr\ufffd\ufffde"


@pytest.mark.parametrize(
    "start", [HEAD + b"Content-Length: 999999\r\n\r\n", b"HTTP/1.1 200 OK\r\nX-Slow: "], ids=["body", "header"]
)
def test_a_slow_drip_ends_at_the_time_cap(server: Wicked, kept: Kept, clock: StillClock, start: bytes) -> None:
    server.on("/slow", drip(start))
    with (
        client(server, kept, clock, max_seconds=0.3, attempts=1) as http,
        pytest.raises(TooLarge, match=r"not complete after 0\.3 seconds"),
    ):
        http.get("https://site.example/slow")
    [exchange] = kept.exchanges
    assert exchange.error
    if exchange.status:
        assert exchange.truncated == "time"
        assert set(exchange.body) == {ord("x")}


def test_silence_ends_at_the_time_out(server: Wicked, kept: Kept, clock: StillClock) -> None:
    server.on("/still", drip(b"", b"", pause=0.05))
    with client(server, kept, clock, timeout=0.1, attempts=2) as http, pytest.raises(Unavailable, match="sent nothing"):
        http.get("https://site.example/still")
    assert [e.status for e in kept.exchanges] == [None, None]
    assert len(clock.slept) >= 1


def test_a_body_over_the_cap_is_left_and_its_start_kept(server: Wicked, kept: Kept, clock: StillClock) -> None:
    server.on("/big", answer(b"x" * 40_000_000))
    with client(server, kept, clock) as http, pytest.raises(TooLarge, match="larger than 33,554,432 bytes"):
        http.get("https://site.example/big")
    [exchange] = kept.exchanges
    assert (exchange.truncated, len(exchange.body)) == ("length", 33_554_432)


def test_a_gzip_bomb_is_left(server: Wicked, kept: Kept, clock: StillClock) -> None:
    bomb = gzip.compress(b"\0" * 50_000_000)
    server.on("/bomb", answer(bomb, Content_Encoding="gzip"))
    with client(server, kept, clock) as http, pytest.raises(TooLarge, match="unfolds to more than"):
        http.get("https://site.example/bomb")
    assert kept.exchanges[0].body == bomb


def test_truncated_gzip_is_told_and_kept(server: Wicked, kept: Kept, http: Client) -> None:
    cut = gzip.compress(b"many words " * 500)[:-20]
    server.on("/cut", answer(cut, Content_Encoding="gzip"))
    with pytest.raises(Unavailable, match="cut off"):
        http.get("https://site.example/cut")
    assert [e.body for e in kept.exchanges] == [cut] * 3
    assert all(e.error for e in kept.exchanges)


def test_damaged_gzip_and_unasked_encodings_are_told(server: Wicked, http: Client) -> None:
    server.on("/bad", answer(b"\x1f\x8b\x08\0garbage all over", Content_Encoding="gzip"))
    with pytest.raises(Unavailable, match="damaged"):
        http.get("https://site.example/bad")
    server.on("/odd", answer(b"x", Content_Encoding="sdch"))
    with pytest.raises(Unavailable, match="sdch"):
        http.get("https://site.example/odd")


def test_deflate_in_both_dialects_and_a_false_claim_of_gzip(server: Wicked, http: Client) -> None:
    bare = zlib.compressobj(wbits=-15)
    server.on("/zlib", answer(zlib.compress(b"words"), Content_Encoding="deflate"))
    server.on("/bare", answer(bare.compress(b"words") + bare.flush(), Content_Encoding="deflate"))
    server.on("/plain", answer(b"words", Content_Encoding="gzip"))
    assert [http.get(f"https://site.example/{p}").text for p in ("zlib", "bare", "plain")] == ["words"] * 3


def test_a_lost_connection_is_tried_again(server: Wicked, kept: Kept, clock: StillClock, http: Client) -> None:
    server.on("/a", reset(), raw(HEAD + b"Content-Length: 100\r\n\r\nhalf"), answer(b"whole"))
    assert http.get("https://site.example/a").text == "whole"
    first, second, third = kept.exchanges
    assert first.status is None
    assert first.error
    assert (second.status, second.body, second.truncated) == (200, b"half", "disconnect")
    assert third.error is None
    assert all(0 < pause <= 5 for pause in clock.slept)


def test_an_answer_that_is_not_http_is_told(server: Wicked, http: Client) -> None:
    server.on("/a", raw(b"SSH-2.0-OpenSSH\r\n\r\n"))
    with pytest.raises(Unavailable, match="cannot be read"):
        http.get("https://site.example/a")


def test_a_503_is_tried_again_and_each_attempt_recorded(server: Wicked, kept: Kept, http: Client) -> None:
    server.on("/a", answer(b"busy", status="503 Busy"), answer(b"here"))
    response = http.get("https://site.example/a")
    assert (response.text, response.capture) == ("here", "record-2")
    assert [e.status for e in kept.exchanges] == [503, 200]


def test_a_lasting_503_raises_or_is_returned(server: Wicked, kept: Kept, http: Client) -> None:
    server.on("/a", answer(b"busy", status="503 Busy"))
    with pytest.raises(Unavailable) as told:
        http.get("https://site.example/a")
    assert told.value.status == 503
    assert len(kept.exchanges) == 3
    assert http.get("https://site.example/a", check=False).status == 503


def test_a_404_is_not_tried_again(server: Wicked, kept: Kept, http: Client) -> None:
    with pytest.raises(CopytrailError, match="404"):
        http.get("https://site.example/gone")
    assert len(kept.exchanges) == 1


def test_a_short_retry_after_is_waited_out(server: Wicked, clock: StillClock, http: Client) -> None:
    server.on("/a", answer(status="429 Slow", Retry_After="7"), answer(b"here"))
    assert http.get("https://site.example/a").text == "here"
    assert sum(clock.slept) == pytest.approx(7)


def test_a_retry_after_date_is_read(server: Wicked, clock: StillClock, http: Client) -> None:
    server.on("/a", answer(status="429 Slow", Retry_After="Sun, 01 Mar 2026 12:00:20 GMT"), answer(b"here"))
    assert http.get("https://site.example/a").text == "here"
    assert sum(clock.slept) == pytest.approx(20)


@pytest.mark.parametrize(
    ("header", "wait"), [({"Retry_After": "3600"}, 3600.0), ({}, None), ({"Retry_After": "soon"}, None)]
)
def test_a_long_or_missing_retry_after_is_left_to_the_next_run(
    server: Wicked, kept: Kept, http: Client, header: dict[str, str], wait: float | None
) -> None:
    server.on("/a", answer(b"", status="429 Slow", **header))
    with pytest.raises(RateLimited) as told:
        http.get("https://site.example/a")
    assert told.value.retry_after == wait
    assert len(kept.exchanges) == 1


def test_redirects_are_followed_each_hop_recorded(server: Wicked, kept: Kept, http: Client) -> None:
    server.on("/a", answer(status="302 Found", Location="/b?key=secret"))
    server.on("/b", answer(b"there"))
    response = http.get("https://site.example/a")
    assert (response.url, response.requested_url) == ("https://site.example/b?key=REDACTED", "https://site.example/a")
    assert [e.status for e in kept.exchanges] == [302, 200]
    assert http.get("https://site.example/a", redirects=0).status == 302


def test_an_unescaped_location_is_read_as_utf8(server: Wicked, http: Client) -> None:
    server.on("/a", raw("HTTP/1.1 302 Found\r\nLocation: /blåbær\r\nConnection: close\r\n\r\n".encode()))
    server.on("/bl%C3%A5b%C3%A6r", answer(b"there"))
    assert http.get("https://site.example/a").text == "there"


def test_proxies_of_the_environment_are_not_used(server: Wicked, http: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9/")
    server.on("/a", answer())
    assert http.get("https://site.example/a").text == "ok"


def test_unusual_letters_in_headers_are_sent(server: Wicked, kept: Kept, clock: StillClock) -> None:
    server.on("/a", answer())
    with client(server, kept, clock, user_agent="copytrail/1 (+Ærø\r\nX: y)") as http:
        http.get("https://site.example/a", headers={"X-Name": "Ærø"})
    assert "Ærø".encode() in server.asked[0]
    assert b"\r\nX: y" not in server.asked[0]


def test_the_answer_to_head_may_state_an_encoding(server: Wicked, http: Client) -> None:
    head = b"HTTP/1.1 200 OK\r\nContent-Encoding: br\r\nContent-Length: 10\r\nConnection: close\r\n\r\n"
    server.on("/a", raw(head))
    assert http.request("HEAD", "https://site.example/a").body == b""


def test_a_redirect_circle_is_told(server: Wicked, kept: Kept, http: Client) -> None:
    server.on("/a", answer(status="302 Found", Location="/b"))
    server.on("/b", answer(status="302 Found", Location="/a"))
    with pytest.raises(Moved, match="in a circle") as told:
        http.get("https://site.example/a")
    assert told.value.kind == "redirect"
    assert len(kept.exchanges) == 2


def test_a_form_may_lead_back_to_its_own_address(server: Wicked, http: Client) -> None:
    server.on("/a", answer(status="303 See", Location="/a"), answer(b"found"))
    assert http.post("https://site.example/a", data={"q": "1"}).text == "found"


def test_endless_redirects_are_told(server: Wicked, http: Client) -> None:
    for i in range(9):
        server.on(f"/{i}", answer(status="302 Found", Location=f"/{i + 1}"))
    with pytest.raises(Moved, match="more than 5 times"):
        http.get("https://site.example/0")


def test_credentials_stay_with_their_host(server: Wicked, http: Client) -> None:
    server.on("/a", answer(status="302 Found", Location="https://other.example/b"))
    server.on("/b", answer(b"there"))
    http.get("https://site.example/a", headers={"Authorization": "Bearer abc", "X-Plain": "yes"})
    first, second = (request.lower() for request in server.asked)
    assert b"bearer abc" in first
    assert b"bearer" not in second
    assert b"x-plain: yes" in second


def test_a_form_becomes_a_get_after_302_and_stays_after_307(server: Wicked, http: Client) -> None:
    server.on("/a", answer(status="302 Found", Location="/got"))
    server.on("/b", answer(status="307 Keep", Location="/got"))
    server.on("/got", answer(b"there"))
    http.post("https://site.example/a", data={"q": "1"})
    http.post("https://site.example/b", data={"q": "1"})
    lines = [request.split(b"\r\n", 1)[0].decode() for request in server.asked]
    assert lines == [
        "POST /a HTTP/1.1", "GET /got HTTP/1.1", "POST /b HTTP/1.1", "POST /got HTTP/1.1",
    ]  # fmt: skip


def test_what_has_not_changed_is_not_fetched_again(server: Wicked, http: Client) -> None:
    server.on(
        "/a", answer(b"news", ETag='"v1"', Last_Modified="Sun, 01 Mar 2026 00:00:00 GMT"), answer(status="304 No")
    )
    known = validators(http.get("https://site.example/a"))
    again = http.get("https://site.example/a", conditional=known)
    assert (again.not_modified, again.body) == (True, b"")
    assert b'if-none-match: "v1"' in server.asked[1].lower()
    assert b"if-modified-since: sun, 01 mar 2026" in server.asked[1].lower()


@pytest.mark.parametrize(
    "url", ["", "not a url", "https://", "https://exa mple/", "https://site.example/" + "x" * 9000]
)
def test_what_is_no_address_is_bad_input(http: Client, url: str) -> None:
    with pytest.raises(BadInput):
        http.get(url)


def test_hosts_are_asked_at_their_pace(server: Wicked, clock: StillClock, http: Client) -> None:
    server.on("/a", answer())
    slow = http.for_source(requests_per_minute=6)
    for _ in range(3):
        slow.get("https://site.example/a")
    slow.get("https://other.example/a")
    assert clock.slept == [10.0, 10.0]
