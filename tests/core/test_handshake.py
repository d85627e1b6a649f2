"""Every answer by TLS says what the handshake agreed on, from the socket that verified it."""

from __future__ import annotations

import ssl
from pathlib import Path

import pytest

from core.errors import Unavailable
from core.exchange import Tls
from core.guard import Guard
from core.handshake import iana_name, tls_of
from core.http import Client
from core.network import GuardedTransport
from core.times import StillClock
from tests.core.secured import Secured, secured
from tests.core.wicked import Kept, Wicked, answer, client


def _client(server: Secured | None, kept: Kept, clock: StillClock) -> Client:
    guard = Guard(allow_loopback=True)
    wire = GuardedTransport(guard, trust=server.trust if server else None)
    return Client(transport=wire, guard=guard, recorder=kept, clock=clock, robots="api", attempts=1)


@pytest.mark.parametrize(
    ("version", "told", "suites"),
    [(ssl.TLSVersion.TLSv1_2, "1.2", "TLS_ECDHE_ECDSA_WITH_"), (ssl.TLSVersion.TLSv1_3, "1.3", "TLS_")],
)
def test_an_answer_names_version_suite_and_the_verified_chain(
    tmp_path: Path, kept: Kept, clock: StillClock, version: ssl.TLSVersion, told: str, suites: str
) -> None:
    with secured(tmp_path, version) as server, _client(server, kept, clock) as http:
        http.get(f"{server.url}/a")
        http.get(f"{server.url}/gone", check=False)
        assert server.connections == 1  # the second came by the same connection
    for exchange in kept.exchanges:
        assert exchange.tls is not None
        assert exchange.tls.version == told
        assert str(exchange.tls.cipher).startswith(suites)
        assert exchange.tls.chain == server.chain
        assert exchange.peer == "127.0.0.1"
    assert [exchange.status for exchange in kept.exchanges] == [200, 404]


def test_an_authority_nobody_trusts_ends_the_attempt(tmp_path: Path, kept: Kept, clock: StillClock) -> None:
    with (
        secured(tmp_path, ssl.TLSVersion.TLSv1_3) as server,
        _client(None, kept, clock) as http,
        pytest.raises(Unavailable, match="CERTIFICATE_VERIFY_FAILED"),
    ):
        http.get(f"{server.url}/a")
    assert [(exchange.status, exchange.tls) for exchange in kept.exchanges] == [(None, None)]


def test_an_answer_without_tls_says_nothing_of_it(kept: Kept, clock: StillClock) -> None:
    with Wicked() as server, client(server, kept, clock) as http:
        server.on("/a", answer())
        http.get("https://site.example/a")
    assert kept.exchanges[0].tls is None


def test_a_python_that_tells_no_chain_tells_the_leaf(tmp_path: Path) -> None:
    class Old:
        _sslobj = object()

        def version(self) -> str:
            return "TLSv1.2"

        def cipher(self) -> tuple[str, str, int]:
            return ("ECDHE-RSA-AES128-GCM-SHA256", "TLSv1.2", 128)

        def getpeercert(self, binary: bool) -> bytes:
            return b"leaf" if binary else b""

    class Broken(Old):
        def getpeercert(self, binary: bool) -> bytes:
            raise ValueError("the handshake is not done yet")

    assert tls_of(Old()) == Tls("1.2", "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256", (b"leaf",))
    assert tls_of(Broken()) == Tls("1.2", "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256", ())
    assert tls_of(object()) is None
    assert tls_of(None) is None


@pytest.mark.parametrize(
    ("openssl", "iana"),
    [
        ("TLS_AES_128_GCM_SHA256", "TLS_AES_128_GCM_SHA256"),
        ("ECDHE-ECDSA-AES256-GCM-SHA384", "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384"),
        ("ECDHE-RSA-CHACHA20-POLY1305", "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256"),
        ("ECDHE-RSA-AES256-SHA384", "TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA384"),
        ("DHE-RSA-AES128-SHA256", "TLS_DHE_RSA_WITH_AES_128_CBC_SHA256"),
        ("ECDHE-ECDSA-AES128-CCM8", "TLS_ECDHE_ECDSA_WITH_AES_128_CCM_8"),
        ("AES256-SHA", "TLS_RSA_WITH_AES_256_CBC_SHA"),
        ("GOST2012-GOST8912-GOST8912", "GOST2012-GOST8912-GOST8912"),
    ],
)
def test_a_suite_has_the_name_iana_lists(openssl: str, iana: str) -> None:
    assert iana_name(openssl) == iana


def test_every_suite_this_python_offers_has_a_name(kept: Kept) -> None:
    names = [suite["name"] for suite in ssl.create_default_context().get_ciphers()]
    assert all(iana_name(name).startswith("TLS_") for name in names)
