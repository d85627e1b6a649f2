"""Nothing but the public web is reached: by literal, by name, by redirect, by a name that changes its address."""

from __future__ import annotations

import ipaddress
from datetime import UTC, datetime
from typing import Any

import pytest

from core.errors import AddressRefused, BadInput, Unavailable
from core.guard import Guard
from core.network import LoopbackRoute
from core.times import StillClock
from tests.core.wicked import Kept, Wicked, answer, client, trial

AT = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1/", "http://127.1/", "http://2130706433/", "http://0x7f000001/", "http://0177.0.0.1/",
        "http://0/", "http://localhost/", "http://a.localhost/", "http://printer.local/", "http://intranet/",
        "http://LOCALHOST./", "http://[::1]/", "http://[::ffff:127.0.0.1]/", "http://[::ffff:7f00:1]/",
        "http://[::127.0.0.1]/", "http://[64:ff9b::7f00:1]/", "http://[2002:7f00:1::]/", "http://10.0.0.1/",
        "http://172.16.5.4/", "http://192.168.1.1/", "http://169.254.169.254/latest/meta-data/",
        "http://metadata.google.internal/", "http://100.64.0.1/", "http://[fe80::1]/", "http://[fc00::1]/",
        "http://[fd00:ec2::254]/", "http://224.0.0.1/", "http://[ff02::1]/", "http://255.255.255.255/",
        "http://198.18.0.1/", "http://192.0.2.1/", "http://240.0.0.1/", "http://127。0。0。1/", "http://①②⑦.0.0.1/",
        "ftp://site.example/", "file:///etc/passwd", "gopher://site.example/", "javascript:alert(1)", "data:,x",
        "http://[::ffff:0:7f00:1]/", "http://[64:ff9b:1::7f00:1]/", "http://[2001::7f00:1]/", "http://[100:0:0:1::1]/",
        "http://[4000::1]/", "http://[1::1]/", "http://[2606::5efe:7f00:1]/", "http://[2606::200:5efe:a00:1]/",
        "http://127.0.0.1../", "http://printer.lan/", "http://user@site.example/", "http://user:word@site.example/", "http://site.example:22/",
        "http://site.example:25/", "http://site.example:6379/", "http://site.example:0/",
    ],
)  # fmt: skip
def test_addresses_that_are_refused(url: str) -> None:
    with pytest.raises(AddressRefused):
        Guard().url(url)


@pytest.mark.parametrize(
    ("url", "sent"),
    [
        ("HTTPS://Site.Example:443/a/../b#part", "https://site.example/b"),
        ("http://site.example:8080/ä?q=ü", "http://site.example:8080/%C3%A4?q=%C3%BC"),
        ("https://93.184.215.14/", "https://93.184.215.14/"),
        ("https://[2606:4700::1111]/", "https://[2606:4700::1111]/"),
        ("https://[64:ff9b::5db8:d70e]/", "https://[64:ff9b::5db8:d70e]/"),
        ("https://пример.рф/", "https://xn--e1afmkfd.xn--p1ai/"),
    ],
)
def test_addresses_that_may_be_reached(url: str, sent: str) -> None:
    assert Guard().url(url) == sent


def test_a_trial_may_reach_loopback_but_never_metadata() -> None:
    guard = Guard(allow_loopback=True)
    assert guard.url("http://127.0.0.1:8000/") == "http://127.0.0.1:8000/"
    guard.check(ipaddress.ip_address("192.168.1.1"), "x")
    for refused in ("169.254.169.254", "224.0.0.1", "0.0.0.0", "fe80::1"):
        with pytest.raises(AddressRefused):
            guard.check(ipaddress.ip_address(refused), "x")


def _resolver(*answers: list[str]) -> Any:
    left = list(answers)

    def resolve(host: str, port: int, **_: Any) -> list[Any]:
        found = left.pop(0) if len(left) > 1 else left[0]
        return [(None, None, None, "", (address, port)) for address in found]

    return resolve


def test_a_name_that_points_inwards_is_refused_even_beside_a_public_address() -> None:
    with pytest.raises(AddressRefused, match="not public"):
        Guard(resolve=_resolver(["93.184.215.14", "127.0.0.1"])).addresses("rebind.example", 80)


def test_a_name_that_changes_its_address_is_connected_to_the_checked_one() -> None:
    asked: list[str] = []

    def resolve(host: str, port: int, **_: Any) -> list[Any]:
        asked.append(host)
        return [(None, None, None, "", ("127.0.0.1" if len(asked) == 1 else "10.0.0.1", port))]

    with Wicked() as server:
        server.on("/a", answer(b"once"))
        kept = Kept()
        with trial(kept, StillClock(AT), Guard(allow_loopback=True, resolve=resolve)) as http:
            assert http.get(f"http://rebind.example:{server.port}/a").text == "once"
        assert asked == ["rebind.example"]  # one look-up: what was checked is what was connected to
        assert kept.exchanges[0].peer == "127.0.0.1"


def test_a_name_that_points_to_loopback_is_refused_before_anything_is_sent() -> None:
    with Wicked() as server:
        kept = Kept()
        guard = Guard(resolve=_resolver(["127.0.0.1"]))
        with trial(kept, StillClock(AT), guard) as http, pytest.raises(AddressRefused, match="public web"):
            http.get(f"http://inward.example:{server.port}/a")
        assert server.asked == []
    assert kept.exchanges[0].error  # the attempt is on record


def test_a_redirect_inwards_is_refused() -> None:
    with Wicked() as server:
        server.on("/a", answer(status="302 Found", Location="http://169.254.169.254/latest/"))
        kept = Kept()
        with client(server, kept, StillClock(AT)) as http, pytest.raises(AddressRefused):
            http.get("https://site.example/a")
        assert server.paths() == ["/a"]
    assert [e.status for e in kept.exchanges] == [302]


def test_an_unknown_name_is_unavailable_with_or_without_robots() -> None:
    def resolve(*_: Any, **__: Any) -> list[Any]:
        raise OSError("no such name")

    with trial(Kept(), StillClock(AT), Guard(resolve=resolve)) as http:
        for asking in (http, http.for_source(robots="obeyed")):
            with pytest.raises(Unavailable, match="cannot be found"):
                asking.get("https://nowhere.example/")


def test_a_name_that_leads_inwards_is_refused_as_such_before_robots_is_asked() -> None:
    guard = Guard(resolve=_resolver(["10.0.0.1"]))
    with trial(Kept(), StillClock(AT), guard) as http, pytest.raises(AddressRefused, match=r"10\.0\.0\.1"):
        http.for_source(robots="obeyed").get("https://inward.example/")


def test_a_closed_port_is_unavailable() -> None:
    with Wicked() as server:
        port = server.port
    with trial(Kept(), StillClock(AT), Guard(allow_loopback=True)) as http, pytest.raises(Unavailable):
        http.get(f"http://127.0.0.1:{port}/")


def test_the_loopback_route_reaches_its_hosts_only() -> None:
    with Wicked() as server, Wicked() as bystander:
        server.on("/a", answer(b"replica"))
        kept = Kept()
        with client(server, kept, StillClock(AT)) as http:
            assert http.get("https://site.example/a").text == "replica"
            with pytest.raises(AddressRefused):
                http.get(f"http://127.0.0.1:{bystander.port}/")
        assert b"host: site.example" in server.asked[0].lower()
        assert kept.exchanges[0].url == "https://site.example/a"
        route = LoopbackRoute({"site.example": server.port})
        from core.http import Client

        with Client(transport=route, clock=StillClock(AT), robots="api") as http:
            assert http.get("http://site.example/a").text == "replica"
            with pytest.raises(AddressRefused, match="no replica of other"):
                http.get("https://other.example/")
        assert bystander.asked == []


def test_addresses_are_named_without_their_secrets() -> None:
    with pytest.raises(AddressRefused) as told:
        Guard().url("http://10.0.0.1/?api_key=hush")
    assert "hush" not in told.value.sentence
    with pytest.raises(BadInput) as bad:
        Guard().url("https://:password=hush@/?access_token=hush")
    assert "access_token=hush" not in bad.value.sentence
