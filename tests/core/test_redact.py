"""No secret reaches the archive, the log or a sentence; posts that talk about secrets stay as they are."""

from __future__ import annotations

import gzip
import json
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from core.exchange import Exchange
from core.log import hide_secrets, logger, set_up
from core.redact import redact, redact_body, redact_url
from core.times import StillClock
from tests.core.wicked import Kept, Wicked, answer, client

AT = datetime(2026, 3, 1, 12, tzinfo=UTC)


def _exchange(**changed: Any) -> Exchange:
    given: dict[str, Any] = {
        "method": "GET",
        "url": "https://site.example/",
        "request_headers": (),
        "request_body": b"",
    }
    return Exchange(**{**given, "captured_at": AT, "status": 200, **changed})


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://a.example/?key=hush&x=1", "https://a.example/?key=REDACTED&x=1"),
        ("https://a.example/?x=1&ACCESS_TOKEN=hush#access_token=hush", "https://a.example/?x=1&ACCESS_TOKEN=REDACTED#access_token=REDACTED"),
        ("https://a.example/?client%5Fsecret=hush", "https://a.example/?client%5Fsecret=REDACTED"),
        ("https://user:hush@a.example/p", "https://a.example/p"),
        ("https://a.example/?monkey=1&keyword=2&key=", "https://a.example/?monkey=1&keyword=2&key="),
        ("https://a.example/p@q?x=1", "https://a.example/p@q?x=1"),
    ],
)  # fmt: skip
def test_urls_are_shown_without_secrets(url: str, shown: str) -> None:
    assert redact_url(url) == shown


def test_headers_with_secrets_are_dropped_or_hidden_and_counted() -> None:
    kept = redact(
        _exchange(
            request_headers=(("Authorization", "Bearer hush"), ("Cookie", "a=hush"), ("X-Api-Key", "hush"),
                             ("Accept", "*/*")),
            headers=(("Set-Cookie", "a=hush; Path=/; HttpOnly"), ("Set-Cookie", "b=hush"), ("ETag", "1"),
                     ("Location", "/x?access_token=hush")),
        )
    )  # fmt: skip
    assert "hush" not in repr(kept)
    assert list(kept.request_headers) == [("Accept", "*/*")]
    assert list(kept.headers) == [
        ("Set-Cookie", "a=REDACTED; Path=/; HttpOnly"), ("Set-Cookie", "b=REDACTED"),
        ("ETag", "1"), ("Location", "/x?access_token=REDACTED"),
    ]  # fmt: skip
    assert kept.note["redacted"] == (
        "header-authorization:1 header-cookie:1 header-set-cookie:2 header-x-api-key:1 query:1"
    )
    assert kept.note["wire"] == "no; headers redacted"
    assert kept.note["wire-sent"] == "no; headers redacted"


def test_a_request_whose_address_or_form_held_a_key_is_marked_so() -> None:
    kept = redact(
        _exchange(url="https://a.example/?api_key=hush", request_body=b"password=hush", request_headers=(("A", "b"),))
    )
    assert kept.note["wire-sent"] == "no; address and body redacted"
    assert "wire" not in kept.note


def test_forms_and_json_are_sent_on_record_without_secrets() -> None:
    form = redact_body(b"grant_type=password&password=hush&username=a", "application/x-www-form-urlencoded")
    assert form == b"grant_type=password&password=REDACTED&username=a"
    packed = redact_body(b'{"client_secret": "hu\\"sh", "q": "password"}', "application/json")
    assert json.loads(packed) == {"client_secret": "REDACTED", "q": "password"}


@pytest.mark.parametrize("encoding", ["", "gzip"])
def test_tokens_handed_out_are_hidden_though_packed(encoding: str) -> None:
    plain = b'{"access_token": "hush", "token_type": "bearer", "refresh_token":"hush2"}'
    body = gzip.compress(plain) if encoding else plain
    kept = redact(_exchange(body=body, headers=(("Content-Encoding", encoding),)), plain)
    assert json.loads(kept.body) == {"access_token": "REDACTED", "token_type": "bearer", "refresh_token": "REDACTED"}
    assert kept.decoded
    assert kept.note["redacted"] == "token:2"
    assert kept.note["wire"] == ("no; body redacted, content coding undone" if encoding else "no; body redacted")


@pytest.mark.parametrize(
    "body",
    [
        b'{"posts": [{"text": "say \\"access_token\\": \\"hush\\""}]}',
        b'<script>{"access_token": "of the page"}</script>',
        b'{"posts": [{"access_token": "inside"}]}',
        b"access to my heart",
    ],
)
def test_pages_and_posts_stay_as_they_came(body: bytes) -> None:
    kept = redact(_exchange(body=body))
    assert (kept.body, kept.decoded, kept.note) == (body, False, {})


def test_the_client_hides_before_it_records() -> None:
    with Wicked() as server:
        server.on("/token", answer(b'{"access_token":"hush"}', Content_Type="application/json", Set_Cookie="s=hush"))
        kept = Kept()
        with client(server, kept, StillClock(AT)) as http:
            url = "https://site.example/token?api_key=hush"
            response = http.post(url, data={"client_secret": "hush"}, auth=("id", "hush"))
        assert response.json()["access_token"] == "hush"
        assert b"api_key=hush" in server.asked[0]
        assert server.asked[0].endswith(b"client_secret=hush")
    assert "hush" not in repr(kept.exchanges)


@pytest.fixture
def plain_log() -> Iterator[None]:
    yield
    set_up()


def test_log_lines_hide_secrets() -> None:
    line = hide_secrets(None, "", {
        "event": "asked https://a.example/?key=hush&x=1 with Bearer abcdefghij", "token": "hush", "n": 3,
        "headers": {"Authorization": "hush", "Accept": "*/*"}, "many": ["https://u:hush@a.example/"],
        "long": "x" * 9000,
    })  # fmt: skip
    assert "hush" not in repr(line)
    assert "abcdefghij" not in repr(line)
    assert line["headers"]["Accept"] == "*/*"
    assert len(line["long"]) < 3000


@pytest.mark.usefixtures("plain_log")
def test_the_log_is_json_where_asked_for(capsys: pytest.CaptureFixture[str]) -> None:
    set_up(style="json", level="warning")
    logger("test").info("unheard")
    logger("test", run=7).warning("heard", url="https://a.example/?key=hush")
    line = json.loads(capsys.readouterr().err)
    assert (line["event"], line["run"], line["url"]) == ("heard", 7, "https://a.example/?key=REDACTED")


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://a.example/?to=/x?key=hush", "https://a.example/?to=%2Fx%3Fkey%3DREDACTED"),
        ("https://a.example/?to=https%3A%2F%2Fb.example%2F%3Faccess_token%3Dhush%26x%3D1",
         "https://a.example/?to=https%3A%2F%2Fb.example%2F%3Faccess_token%3DREDACTED%26x%3D1"),
        ("https://a.example/?key=hu?sh&x=a%3Db", "https://a.example/?key=REDACTED&x=a%3Db"),
        ("https://a.example/?q=what?&x=1%3F2", "https://a.example/?q=what?&x=1%3F2"),
    ],
)  # fmt: skip
def test_an_address_inside_an_address_is_shown_without_secrets(url: str, shown: str) -> None:
    assert redact_url(url) == shown


@pytest.mark.parametrize("piece", ["a", "a=", "&", "?", "=", "a=b&", "%3F=", "to=%253Fa="])
def test_hostile_addresses_cost_linear_time(piece: str) -> None:
    began = time.process_time()
    redact_url("https://a.example/?" + piece * (400_000 // len(piece)))
    assert time.process_time() - began < 5


def test_addresses_in_any_header_are_kept_without_secrets() -> None:
    kept = redact(
        _exchange(
            headers=(
                ("Link", '<https://a.example/n?access_token=hush&page=2>; rel="next", </p?key=hush>; rel="prev"'),
                ("Refresh", "0;url=/x?api_key=hush"),
                ("X-Info", "https://u:hush@a.example/"),
            )
        )
    )
    assert "hush" not in repr(kept)
    assert dict(kept.headers)["Link"].startswith("<https://a.example/n?access_token=REDACTED&page=2>;")


def test_json_nested_without_end_is_no_token_answer() -> None:
    body = b'{"access_token": "x", "a": ' + b"[" * 60_000
    assert redact(_exchange(body=body)).body == body


@pytest.mark.parametrize("encoding", ["", "gzip"])
def test_what_a_refusal_repeats_of_the_request_is_hidden_from_archive_and_source(encoding: str) -> None:
    key, secret = "k-0123456789abcdef", "word:of/the+sea="
    told = f'{{"error": "no quota for {key}", "user": "{secret}"}}'.encode()
    more = {"Content_Encoding": encoding} if encoding else {}
    with Wicked() as server:
        body = gzip.compress(told) if encoding else told
        server.on("/a", answer(body, status="403 Forbidden", X_Said=key, **more))
        kept = Kept()
        with client(server, kept, StillClock(AT)) as http:
            url = "https://site.example/a"
            response = http.request(
                "POST", url, params={"api_key": key}, headers={"Authorization": f"Bearer {secret}"}, check=False
            )
    assert b"REDACTED" in response.body
    for where in (repr(kept.exchanges), repr(response.body), response.url):
        assert key not in where
        assert secret not in where
    assert kept.exchanges[0].note["echo"] == "hidden"
    marked = "no; headers and body redacted" + (", content coding undone" if encoding else "")
    assert kept.exchanges[0].note["wire"] == marked
    assert kept.exchanges[0].decoded


def test_a_redirect_that_repeats_the_key_is_followed_and_recorded_without_it() -> None:
    key = "k-0123456789abcdef"
    with Wicked() as server:
        server.on("/a", answer(status="301 Moved", Location=f"/b?key={key}&x=1"))
        server.on("/b", answer(b"feed"))
        kept = Kept()
        with client(server, kept, StillClock(AT)) as http:
            assert http.get(f"https://site.example/a?key={key}").text == "feed"
    assert f"/b?key={key}".encode() in server.asked[1]
    assert key not in repr(kept.exchanges)


def test_secrets_in_odd_places_are_hidden() -> None:
    for changed in (
        {"url": "https://a.example/#access_token=hush"},
        {"headers": (("Location", "https://a.example/#access_token=hush"),)},
        {"headers": (("Location", "//u:hush@a.example/"),)},
        {"request_headers": (("Private-Token", "hush"), ("X-Session", "hush"))},
        {"request_body": b'{"client_secret":"hush"}'},
        {"request_body": b"client_secret=hush"},
        {"body": b'\xef\xbb\xbf{"access_token":"hush"}'},
    ):
        assert "hush" not in repr(redact(_exchange(**changed))), changed
    assert redact_url("https://a.example/@name//x@y?q=1#part") == "https://a.example/@name//x@y?q=1#part"
