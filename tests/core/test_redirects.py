"""A redirect to another host takes no key along, in headers or in what is sent."""

from __future__ import annotations

from datetime import UTC, datetime

import httpx
import pytest

from core.errors import AddressRefused
from core.http import Client
from core.times import StillClock

HERE, THERE = "https://api.example/token", "https://elsewhere.test/token"
KEYED = {"Authorization": "Bearer k", "X-Naver-Client-Secret": "k", "X-Api-Key": "k", "Accept": "text/plain"}


class Leading(httpx.BaseTransport):
    """Lead every request on to another host, keeping its method and body."""

    def __init__(self) -> None:
        self.asked: list[httpx.Request] = []

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Redirect once."""
        self.asked.append(request)
        if request.url.host == "api.example":
            return httpx.Response(307, headers={"Location": THERE})
        return httpx.Response(200, text="there")


def client() -> tuple[Client, Leading]:
    wire = Leading()
    return Client(transport=wire, clock=StillClock(datetime(2025, 3, 9, tzinfo=UTC)), robots="api"), wire


def test_headers_with_keys_stay_with_their_host() -> None:
    http, wire = client()
    http.get(HERE, headers=KEYED)
    assert set(map(str.lower, KEYED)) <= set(wire.asked[0].headers)
    assert set(wire.asked[1].headers) & set(map(str.lower, KEYED)) == {"accept"}


def test_a_body_with_a_key_is_not_sent_on() -> None:
    http, wire = client()
    with pytest.raises(AddressRefused, match="stays here"):
        http.post(HERE, data={"client_secret": "k", "grant_type": "client_credentials"})
    with pytest.raises(AddressRefused):
        http.post(HERE, json={"password": "k"})
    assert {one.url.host for one in wire.asked} == {"api.example"}
    http.post(HERE, data={"q": "harbour"})
    assert wire.asked[-1].content == b"q=harbour"
