"""Large bodies from files, resources, and what records say of the connection."""

from __future__ import annotations

import gzip
import hashlib
import os
import re
import subprocess
import sys
import uuid
from pathlib import Path

import pytest
from warcio.archiveiterator import ArchiveIterator

from archive import packing
from archive.reading import read
from core.errors import BadInput
from core.exchange import Tls
from tests.archive.exchanges import AT, exchange, writer, written

CHAIN = (b"\x30\x82leaf", b"\x30\x82root" * 40)
SECURED = Tls("1.3", "TLS_AES_256_GCM_SHA384", CHAIN)


def _records(path: Path) -> list[tuple[str, str]]:
    """Return type and address of each record after warcio has verified every digest."""
    found = []
    with path.open("rb") as file:
        for record in ArchiveIterator(file, check_digests="raise"):
            record.content_stream().read()
            found.append((record.rec_type, record.rec_headers.get_header("WARC-Target-URI") or ""))
    return found


def test_a_body_in_a_file_is_written_as_one_in_memory_would_be(tmp_path: Path) -> None:
    body = os.urandom(3_000_000) + b"text " * 400_000
    spool = tmp_path / "spool"
    spool.write_bytes(body)
    from_file = written(tmp_path / "a", exchange(body=b"", spool=spool))
    in_memory = written(tmp_path / "b", exchange(body=body))
    assert gzip.decompress(from_file.read_bytes()) == gzip.decompress(in_memory.read_bytes())
    [capture] = read([from_file])
    assert capture.exchange.body == body
    assert [kind for kind, _ in _records(from_file)] == ["warcinfo", "request", "response"]


def test_the_row_of_a_body_in_a_file_names_its_digest_and_place(tmp_path: Path) -> None:
    (tmp_path / "spool").write_bytes(b"x" * 10_000_000)
    with writer(tmp_path / "warc") as warc:
        warc.record(exchange(body=b"", spool=tmp_path / "spool"))
        warc.record(exchange())
        first, second = warc.drain()
    assert first.sha256 == hashlib.sha256(b"x" * 10_000_000).hexdigest()
    data = (tmp_path / "warc" / first.file).read_bytes()[first.offset : first.offset + first.length]
    assert f"<{first.record_id}>".encode() in gzip.decompress(data)
    assert second.offset > first.offset + first.length


def test_memory_stays_small_whatever_the_size_of_a_body(tmp_path: Path) -> None:
    code = """
import os, resource, sys
from pathlib import Path
from tests.archive.exchanges import exchange, writer
spool = Path(sys.argv[1]) / "spool"
with spool.open("wb") as file:
    for _ in range(150):
        file.write(os.urandom(1_000_000))
warc = writer(Path(sys.argv[1]) / "warc")
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
warc.record(exchange(body=b"", spool=spool))
warc.close()
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""
    done = subprocess.run([sys.executable, "-c", code, str(tmp_path)], capture_output=True, text=True, check=True)
    grown = int(done.stdout) * 1024
    assert grown < 40_000_000


def test_a_stop_in_the_middle_of_a_body_leaves_the_file_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "spool").write_bytes(os.urandom(12_000_000))
    taken = packing.pieces

    def stopped(payload: packing.Payload) -> object:
        for number, piece in enumerate(taken(payload)):
            if isinstance(payload, Path) and begun and number == 9:
                raise KeyboardInterrupt
            yield piece
        begun.append(payload)

    begun: list[object] = []
    with writer(tmp_path / "warc") as warc:
        warc.record(exchange())
        path = next((tmp_path / "warc").iterdir())
        before = path.read_bytes()
        begun.clear()
        monkeypatch.setattr(packing, "pieces", stopped)
        with pytest.raises(KeyboardInterrupt):
            warc.record(exchange(body=b"", spool=tmp_path / "spool"))
        assert path.read_bytes() == before
        monkeypatch.setattr(packing, "pieces", taken)
        warc.record(exchange("https://site.example/after"))
        assert [row.url for row in warc.drain()] == ["https://site.example/a", "https://site.example/after"]
    assert [c.exchange.url for c in read([path])] == ["https://site.example/a", "https://site.example/after"]


def test_a_file_that_changes_or_goes_while_it_is_archived_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    spool = tmp_path / "spool"
    spool.write_bytes(b"first")
    made = packing.member([], b"", spool)
    spool.write_bytes(b"other")
    with pytest.raises(BadInput, match="was changed while it was being archived"):
        list(made.packed())
    with writer(tmp_path / "warc") as warc:
        with pytest.raises(BadInput, match="cannot be read for the archive"):
            warc.record(exchange(body=b"", spool=tmp_path / "nowhere"))
        warc.record(exchange())
        assert len(warc.drain()) == 1


def test_a_film_is_not_pressed_in_vain(tmp_path: Path) -> None:
    film, text = tmp_path / "film", tmp_path / "text"
    film.write_bytes(os.urandom(1_000_000))
    text.write_bytes(b"word " * 200_000)
    sizes = [sum(map(len, packing.member([], b"", path).packed())) for path in (film, text)]
    assert 1_000_000 < sizes[0] < 1_001_000
    assert sizes[1] < 10_000


def test_a_resource_names_what_it_belongs_to_and_what_is_said_of_it(tmp_path: Path) -> None:
    with writer(tmp_path) as warc:
        of = warc.record(exchange())
        name = warc.resource("urn:view:https://site.example/a", "image/png", b"\x89PNG", at=AT, of=of,
                             note={"wire": "no; drawn by a browser"})  # fmt: skip
        rows = warc.drain()
    text = gzip.decompress((tmp_path / rows[1].file).read_bytes()[rows[1].offset :]).decode("latin-1")
    for line in ("WARC-Type: resource", f"WARC-Record-ID: <{name}>", "WARC-Target-URI: urn:view:https://site.example/a",
                 f"WARC-Concurrent-To: <{of}>", "Copytrail-Wire: no; drawn by a browser", "Content-Type: image/png",
                 "Content-Length: 4"):  # fmt: skip
        assert f"{line}\r\n" in text
    row = rows[1]
    assert (row.record_id, row.kind, row.status, row.method, row.error) == (name, "resource", None, "", None)
    assert row.sha256 == hashlib.sha256(b"\x89PNG").hexdigest()
    assert [kind for kind, _ in _records(tmp_path / row.file)] == ["warcinfo", "request", "response", "resource"]


def test_records_say_what_the_connection_was(tmp_path: Path) -> None:
    path = written(tmp_path, exchange(tls=SECURED))
    request, response = gzip.decompress(path.read_bytes()).decode("latin-1").split("WARC/1.1\r\n")[3:5]
    for text in (request, response):
        assert (
            "WARC-Protocol: http/1.1\r\nWARC-Protocol: tls/1.3\r\nWARC-Cipher-Suite: TLS_AES_256_GCM_SHA384\r\n" in text
        )
    assert f"Copytrail-Certificate: sha256:{hashlib.sha256(CHAIN[0]).hexdigest()}\r\n" in response


def test_a_chain_stands_once_in_each_file(tmp_path: Path) -> None:
    other = Tls("1.2", None, (CHAIN[1],))
    with writer(tmp_path, rollover=20_000, make_id=uuid.uuid4) as warc:
        for tls in (SECURED, SECURED, other, None, SECURED):
            warc.record(exchange(tls=tls))
        warc.record(exchange(body=os.urandom(20_000)))
        warc.record(exchange(tls=SECURED, url="https://site.example/late"))
        rows = warc.drain()
    uri = f"urn:x509:sha256:{hashlib.sha256(CHAIN[0]).hexdigest()}"
    assert [(r.url, r.kind) for r in rows if r.url == uri] == [(uri, "resource")] * 2
    files = sorted({row.file for row in rows})
    assert len(files) == 2
    for name in files:
        assert [address for _, address in _records(tmp_path / name)].count(uri) == 1


def test_an_answer_by_http_2_is_kept_as_a_message_every_reader_understands(tmp_path: Path) -> None:
    path = written(tmp_path, exchange(http_version="HTTP/2", tls=SECURED))
    text = gzip.decompress(path.read_bytes()).decode("latin-1")
    assert "WARC-Protocol: h2\r\n" in text
    assert "GET /a HTTP/1.1\r\n" in text
    assert "HTTP/1.1 200 OK\r\n" in text
    assert [kind for kind, _ in _records(path)] == ["warcinfo", "resource", "request", "response"]
    [capture] = read([path])
    assert capture.exchange.http_version == "HTTP/2"


def test_what_is_known_of_the_connection_is_read_again(tmp_path: Path) -> None:
    plain = exchange("https://site.example/plain")
    path = written(tmp_path, exchange(tls=SECURED, note={"wire": "no; redacted"}), plain, exchange(tls=SECURED))
    first, second, third = (capture.exchange for capture in read([path]))
    assert (first.tls, second.tls, third.tls) == (SECURED, None, SECURED)
    assert (first.note, second.note) == ({"wire": "no; redacted"}, {})
    again = written(tmp_path / "again", first)  # a copy of a record says the same
    assert next(read([again])).exchange.tls == SECURED


def test_a_chain_that_is_not_what_its_name_says_is_not_believed(tmp_path: Path) -> None:
    path = written(tmp_path, exchange(tls=SECURED))
    plain = tmp_path / "changed.warc"
    other = written(tmp_path / "other", exchange(tls=Tls("1.3", None, (b"\x30\x82other",))))
    theirs = re.search(rb"-----BEGIN[^-]+-----[^-]+-----END CERTIFICATE-----", gzip.decompress(other.read_bytes()))
    assert theirs
    ours = gzip.decompress(path.read_bytes())
    leaf = re.search(rb"-----BEGIN[^-]+-----[^-]+-----END CERTIFICATE-----", ours)
    assert leaf
    plain.write_bytes(ours.replace(leaf[0], theirs[0].ljust(len(leaf[0]))[: len(leaf[0])]))
    captures = list(read([plain], on_damage=lambda _: None))
    assert captures[0].exchange.tls == Tls("1.3", "TLS_AES_256_GCM_SHA384", ())


def test_protocols_of_other_writers_are_understood(tmp_path: Path) -> None:
    path = tmp_path / "foreign.warc"
    block = b"HTTP/1.1 200 OK\r\n\r\nhello"
    head = ("WARC/1.1\r\nWARC-Type: response\r\nWARC-Record-ID: <urn:uuid:1>\r\nWARC-Date: 2026-03-01T12:00:00Z\r\n"
            "WARC-Target-URI: https://site.example/a\r\nWARC-Protocol: h2, tls/1.2\r\nWARC-Protocol: nonsense\r\n"
            f"Content-Type: application/http;msgtype=response\r\nContent-Length: {len(block)}\r\n\r\n")  # fmt: skip
    path.write_bytes(head.encode() + block + b"\r\n\r\n")
    [capture] = read([path])
    assert (capture.exchange.tls, capture.exchange.http_version) == (Tls("1.2"), "HTTP/2")


@pytest.mark.parametrize("packed", [True, False])
def test_a_record_too_large_to_hold_does_not_cost_what_follows(tmp_path: Path, packed: bool) -> None:
    (tmp_path / "film").write_bytes(os.urandom(400_000))
    with writer(tmp_path / "warc") as warc:
        warc.resource("https://site.example/film", "video/mp4", tmp_path / "film", at=AT)
        warc.record(exchange())
        path = tmp_path / "warc" / warc.drain()[0].file
    if not packed:
        plain = tmp_path / "plain.warc"
        plain.write_bytes(gzip.decompress(path.read_bytes()))
        path = plain
    told: list[BadInput] = []
    captures = list(read([path], on_damage=told.append, max_record=100_000))
    assert [capture.exchange.url for capture in captures] == ["https://site.example/a"]
    assert "a record of 400,000 bytes is over the cap of 100,000, which is not read" in told[0].sentence
