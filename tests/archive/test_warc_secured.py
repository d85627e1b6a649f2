"""From the socket to the archive and back: what an answer by TLS came under is in its record."""

from __future__ import annotations

import hashlib
import ssl
from pathlib import Path

import pytest

from archive.reading import read
from archive.replay import Replay
from core.guard import Guard
from core.http import Client
from core.network import GuardedTransport
from core.times import StillClock
from tests.archive.exchanges import AT, writer
from tests.core.secured import secured


@pytest.mark.parametrize(("version", "told"), [(ssl.TLSVersion.TLSv1_2, "1.2"), (ssl.TLSVersion.TLSv1_3, "1.3")])
def test_the_archive_holds_the_chain_an_answer_came_under_once(
    tmp_path: Path, version: ssl.TLSVersion, told: str
) -> None:
    guard = Guard(allow_loopback=True)
    with secured(tmp_path, version) as server, writer(tmp_path / "warc") as warc:
        wire = GuardedTransport(guard, trust=server.trust)
        with Client(transport=wire, guard=guard, recorder=warc, clock=StillClock(AT), robots="api") as http:
            http.get(f"{server.url}/a")
            http.get(f"{server.url}/b")
        rows = warc.drain()
        url, chain = server.url, server.chain
    uri = f"urn:x509:sha256:{hashlib.sha256(chain[0]).hexdigest()}"
    assert [row.url for row in rows if row.kind == "resource"] == [uri]
    path = tmp_path / "warc" / rows[0].file
    for capture in read([path]):
        assert capture.exchange.tls is not None
        assert (capture.exchange.tls.version, capture.exchange.tls.chain) == (told, chain)
        assert capture.exchange.peer == "127.0.0.1"
    with writer(tmp_path / "again", software="copytrail/0.2") as copy:
        replay = Client.for_replay(Replay([path]), recorder=copy, allow_loopback=True)
        replay.get(f"{url}/a")
        [kept] = read([tmp_path / "again" / copy.drain()[0].file])
    assert kept.exchange.tls is not None
    assert (kept.exchange.tls.version, kept.exchange.tls.chain) == (told, chain)
    assert kept.exchange.note["wire"] == "no; answered from a record"
