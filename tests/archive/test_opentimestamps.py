"""Receipts of OpenTimestamps: made by a calendar of this machine, pending, then in a block that a header confirms."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler

import pytest

from archive import opentimestamps as ots
from core.errors import BadInput, CopytrailError
from core.http import Client
from core.times import StillClock
from tests.runner.loopback import serving

pytest.importorskip("opentimestamps")
DATA = b'{"kind":"seal"}\n'
AT = datetime(2024, 5, 1, tzinfo=UTC)
HEIGHT = 840_000


class Calendar:
    """Promise at once, and once `block` is set lead every digest into it."""

    def __init__(self) -> None:
        self.block = False
        self.header = b""
        self.url = ""

    def answer(self, message: bytes) -> bytes:
        from opentimestamps.core.notary import BitcoinBlockHeaderAttestation, PendingAttestation
        from opentimestamps.core.op import OpAppend, OpSHA256
        from opentimestamps.core.serialize import BytesSerializationContext
        from opentimestamps.core.timestamp import Timestamp

        stamp = Timestamp(message)
        if self.block:
            root = stamp.ops.add(OpAppend(b"others")).ops.add(OpSHA256())
            root.attestations.add(BitcoinBlockHeaderAttestation(HEIGHT))
            seconds = int(AT.timestamp()).to_bytes(4, "little")
            self.header = b"\x02" + bytes(35) + root.msg + seconds + bytes(8)
        else:
            stamp.attestations.add(PendingAttestation(self.url))
        writing = BytesSerializationContext()
        stamp.serialize(writing)
        return bytes(writing.getbytes())


@contextmanager
def calendar() -> Iterator[Calendar]:
    kept = Calendar()

    class Wire(BaseHTTPRequestHandler):
        def _send(self, status: int, body: bytes) -> None:
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def do_POST(self) -> None:
            self._send(200, kept.answer(self.rfile.read(int(self.headers["Content-Length"]))))

        def do_GET(self) -> None:
            message = bytes.fromhex(self.path.rpartition("/")[2])
            self._send(200, kept.answer(message)) if kept.block else self._send(404, b"Pending confirmation")

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name of the library
            pass

    with serving(Wire) as port:
        kept.url = f"http://127.0.0.1:{port}"
        yield kept


@pytest.fixture
def http() -> Iterator[Client]:
    with Client(allow_loopback=True, attempts=1, clock=StillClock(AT)) as client:
        yield client


def test_a_proof_is_pending_until_a_block_holds_it_and_its_header_confirms_the_time(http: Client) -> None:
    with calendar() as kept:
        receipt, failed = ots.create(http, DATA, [kept.url])
        assert failed == []
        assert ots.look(receipt, DATA) == ots.Receipt((), (kept.url,))
        assert ots.upgrade(http, receipt) == (receipt, False)
        kept.block = True
        upgraded, grew = ots.upgrade(http, receipt)
        assert grew
        assert ots.look(upgraded, DATA).state == "claimed"
        assert ots.confirm(upgraded, DATA, HEIGHT, kept.header) == AT
        with pytest.raises(BadInput, match="does not lead into block"):
            ots.confirm(upgraded, DATA, HEIGHT, kept.header[:36] + bytes(32) + kept.header[68:])
        with pytest.raises(BadInput, match="does not lead into block"):
            ots.confirm(upgraded, DATA, HEIGHT + 1, kept.header)


def test_a_calendar_never_sees_the_digest_itself(http: Client) -> None:
    with calendar() as kept:
        seen: list[bytes] = []
        answer = kept.answer

        def watched(message: bytes) -> bytes:
            seen.append(message)
            return answer(message)

        kept.answer = watched  # type: ignore[method-assign]
        ots.create(http, DATA, [kept.url])
    assert hashlib.sha256(DATA).digest() not in seen
    assert len(seen) == 1


def test_a_calendar_that_is_away_is_told_and_another_one_is_enough(http: Client) -> None:
    with calendar() as kept:
        gone = "http://127.0.0.1:9"
        receipt, failed = ots.create(http, DATA, [gone, kept.url])
        assert len(failed) == 1
        assert ots.look(receipt, DATA).waits_for == (kept.url,)
        with pytest.raises(CopytrailError, match="No OpenTimestamps calendar"):
            ots.create(http, DATA, [gone])


@pytest.mark.parametrize("junk", [b"", b"<html>", b"\x00" * 70_000])
def test_junk_and_receipts_over_other_data_are_refused(http: Client, junk: bytes) -> None:
    with pytest.raises(BadInput):
        ots.look(junk, DATA)
    with calendar() as kept:
        receipt, _ = ots.create(http, DATA, [kept.url])
    with pytest.raises(BadInput, match="other data"):
        ots.look(receipt, b"other")
