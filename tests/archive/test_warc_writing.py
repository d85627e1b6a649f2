"""What the writer leaves on disk: valid, verifiable, the same each time, whole after a crash."""

from __future__ import annotations

import gzip
import hashlib
import os
import re
import signal
import subprocess
import sys
import threading
import uuid
from pathlib import Path

import pytest
from warcio.archiveiterator import ArchiveIterator
from warcio.exceptions import ArchiveLoadFailed

from archive.warc import WarcWriter, read
from core.errors import BadInput, CannotStart
from tests.archive.exchanges import AT, exchange, posted, writer, written


def _check(path: Path) -> list[str]:
    """Return the types of records after warcio has verified every digest."""
    kinds = []
    with path.open("rb") as file:
        for record in ArchiveIterator(file, check_digests="raise"):
            record.content_stream().read()
            kinds.append(record.rec_type)
    return kinds


def test_a_file_is_the_same_byte_for_byte(tmp_path: Path) -> None:
    first = written(tmp_path / "one", exchange(), exchange(error="lost", status=None))
    second = written(tmp_path / "two", exchange(), exchange(error="lost", status=None))
    assert first.name == second.name == "copytrail-20260301120000250000-00000000.warc.gz"
    assert first.read_bytes() == second.read_bytes()


def test_an_exchange_is_a_request_and_a_response(tmp_path: Path) -> None:
    path = written(tmp_path, exchange(note={"robots": "overridden\nreason: x"}))
    text = gzip.decompress(path.read_bytes()).decode()
    assert text.startswith("WARC/1.1\r\nWARC-Type: warcinfo\r\n")
    assert "software: copytrail/0.1\r\n" in text
    request, response = text.split("WARC/1.1\r\n")[2:]
    assert "WARC-Concurrent-To: <urn:uuid:00000000-0000-0000-0000-000000000004>" in request
    assert "GET /a HTTP/1.1\r\nHost: site.example\r\nUser-Agent: copytrail/0.1\r\n\r\n" in request
    for line in (
        "WARC-Type: response",
        "WARC-Record-ID: <urn:uuid:00000000-0000-0000-0000-000000000004>",
        "WARC-Date: 2026-03-01T12:00:00.250000Z",
        "WARC-Target-URI: https://site.example/a",
        "WARC-IP-Address: 93.184.215.14",
        f"WARC-Payload-Digest: sha256:{hashlib.sha256(b'hello').hexdigest()}",
        "Copytrail-Robots: overridden reason: x",
    ):
        assert f"{line}\r\n" in response
    assert response.endswith("HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 5\r\n\r\nhello\r\n\r\n")
    assert _check(path) == ["warcinfo", "request", "response"]


def test_warcio_would_notice_a_change(tmp_path: Path) -> None:
    plain = gzip.decompress(written(tmp_path, exchange()).read_bytes())
    changed = tmp_path / "changed.warc"
    changed.write_bytes(plain.replace(b"\r\n\r\nhello", b"\r\n\r\nHELLO"))
    with pytest.raises(ArchiveLoadFailed):
        _check(changed)


def test_failures_are_on_record(tmp_path: Path) -> None:
    nothing = exchange(status=None, headers=(), body=b"", error="no connection")
    half = exchange(error="the connection was lost", truncated="disconnect")
    path = written(tmp_path, nothing, half)
    assert _check(path) == ["warcinfo", "request", "metadata", "request", "response", "metadata"]
    text = gzip.decompress(path.read_bytes()).decode()
    assert text.count("error: no connection\r\n") == 1
    assert "WARC-Truncated: disconnect\r\n" in text
    first, second = (capture.exchange for capture in read([path]))
    assert (first.status, first.error) == (None, "no connection")
    assert (second.status, second.truncated, second.error) == (200, "disconnect", "the connection was lost")


def test_headers_that_no_longer_hold_are_set_apart(tmp_path: Path) -> None:
    headers = (("Transfer-Encoding", "chunked"), ("Content-Encoding", "gzip"), ("Content-Length", "999"))
    path = written(tmp_path, exchange(headers=headers), exchange(headers=headers, decoded=True))
    raw, decoded = gzip.decompress(path.read_bytes()).decode().split("WARC/1.1\r\n")[3::2]
    for text in (raw, decoded):
        assert "X-Archive-Orig-Transfer-Encoding: chunked\r\n" in text
        assert "X-Archive-Orig-Content-Length: 999\r\n" in text
    assert "\nContent-Encoding: gzip\r\n" in raw
    assert "X-Archive-Orig-Content-Encoding: gzip\r\n" in decoded
    assert [capture.exchange.decoded for capture in read([path])] == [False, True]


def test_hostile_headers_cannot_break_out_of_their_line(tmp_path: Path) -> None:
    evil = (("X-Evil", "a\r\n\r\nWARC/1.1\r\nWARC-Type: response"), ("X-Nul", "a\x00b"), ("X-Wide", "ü中"))
    path = written(tmp_path, exchange(headers=evil, reason="OK\r\nX: y", peer="1.2.3.4\r\nX: y"))
    assert _check(path) == ["warcinfo", "request", "response"]


def test_drain_tells_where_each_exchange_stands(tmp_path: Path) -> None:
    with writer(tmp_path) as warc:
        names = [warc.record(exchange(f"https://site.example/{i}", b"x" * i)) for i in range(3)]
        rows = warc.drain()
        assert warc.drain() == []
    assert [row.record_id for row in rows] == names
    for i, row in enumerate(rows):
        data = (tmp_path / row.file).read_bytes()[row.offset : row.offset + row.length]
        assert f"<{row.record_id}>".encode() in gzip.decompress(data)
        assert row.sha256 == hashlib.sha256(b"x" * i).hexdigest()
        assert (row.kind, row.method, row.status, row.captured_at) == ("response", "GET", 200, AT)


def test_a_new_file_begins_at_the_rollover(tmp_path: Path) -> None:
    with writer(tmp_path, rollover=3000, make_id=uuid.uuid4) as warc:
        for _ in range(6):
            warc.record(exchange(body=os.urandom(900)))
        files = {row.file for row in warc.drain()}
    assert len(files) == 3
    assert all(_check(tmp_path / name)[0] == "warcinfo" for name in files)
    assert len(list(read(sorted(tmp_path.iterdir())))) == 6


def test_threads_share_a_writer(tmp_path: Path) -> None:
    with writer(tmp_path) as warc:
        threads = [threading.Thread(target=lambda: [warc.record(exchange()) for _ in range(20)]) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        [name] = {row.file for row in warc.drain()}
    assert len(_check(tmp_path / name)) == 1 + 2 * 80


def test_two_writers_never_share_a_file(tmp_path: Path) -> None:
    with writer(tmp_path) as one, writer(tmp_path, make_id=uuid.uuid4) as two:
        one.record(exchange())
        two.record(exchange())
        assert one.drain()[0].file != two.drain()[0].file


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(CannotStart, match="cannot be written"):
        WarcWriter(tmp_path / "file" / "warc", software="x")


def test_a_folder_without_the_right_to_write_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "access", lambda *_: False)  # root may write anywhere, so a real folder would not do
    with pytest.raises(CannotStart, match="cannot be written"):
        WarcWriter(tmp_path, software="x")


def test_a_full_disk_is_told_and_leaves_the_file_whole(tmp_path: Path) -> None:
    """A limit on the size of files stands in for a full disk: part of a write gets through, the rest does not."""
    code = """
import resource, signal, sys
from pathlib import Path
from core.errors import CannotStart
from tests.archive.exchanges import exchange, writer
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (4096, resource.RLIM_INFINITY))
warc = writer(Path(sys.argv[1]))
kept = 0
try:
    import os
    for _ in range(50):
        warc.record(exchange(body=os.urandom(700)))
        kept += 1
except CannotStart as error:
    print(kept, error.sentence)
"""
    done = subprocess.run([sys.executable, "-c", code, str(tmp_path)], capture_output=True, text=True, check=True)
    kept, _, sentence = done.stdout.partition(" ")
    assert "free some space" in sentence
    assert len(list(read(tmp_path.iterdir()))) == int(kept) > 0


def test_a_killed_process_loses_at_most_the_record_it_wrote(tmp_path: Path) -> None:
    code = """
import os, sys
from pathlib import Path
from tests.archive.exchanges import exchange, writer
warc = writer(Path(sys.argv[1]))
for i in range(10**6):
    warc.record(exchange(f"https://site.example/{i}", os.urandom(2000)))
    print(i, flush=True)
"""
    child = subprocess.Popen([sys.executable, "-c", code, str(tmp_path)], stdout=subprocess.PIPE, text=True)
    assert child.stdout
    seen = [int(child.stdout.readline()) for _ in range(50)]
    child.send_signal(signal.SIGKILL)
    told = [int(line) for line in child.stdout.read().split("\n")[:-1]]
    child.wait()
    child.stdout.close()
    damages: list[BadInput] = []
    captures = list(read(tmp_path.iterdir(), on_damage=damages.append))
    urls = [capture.exchange.url for capture in captures]
    assert urls[: len(seen) + len(told)] == [f"https://site.example/{i}" for i in [*seen, *told]]
    assert len(damages) <= 1


def test_a_file_cut_anywhere_gives_every_whole_exchange(tmp_path: Path) -> None:
    path = written(tmp_path, *(exchange(f"https://site.example/{i}") for i in range(3)))
    whole, captures = path.read_bytes(), list(read([path]))
    ends = [capture.offset + capture.length for capture in captures]
    records = [found.start() for found in re.finditer(b"\x1f\x8b\x08", whole)]
    for cut in [*range(0, len(whole), 13), len(whole) - 1]:
        path.write_bytes(whole[:cut])
        damages: list[BadInput] = []
        found = list(read([path], on_damage=damages.append))
        assert [c.record_id for c in found] == [
            c.record_id for c, end in zip(captures, ends, strict=True) if end <= cut
        ]
        assert len(damages) == (cut not in records)
    with pytest.raises(BadInput, match="ends in the middle of a record; 6 whole ones were read"):
        list(read([path]))


def test_a_form_is_kept_with_its_request(tmp_path: Path) -> None:
    path = written(tmp_path, posted("https://site.example/find", b"q=1", b"found"))
    [capture] = read([path])
    assert (capture.exchange.method, capture.exchange.request_body) == ("POST", b"q=1")
    assert _check(path) == ["warcinfo", "request", "response"]


def test_odd_characters_of_a_header_stay_as_received(tmp_path: Path) -> None:
    with writer(tmp_path) as warc:
        warc.record(exchange(headers=(("X-Odd", "a\x85b\x1cc"), ("X-Two", "a\r\nX-Three: b"))))
    (capture,) = read(tmp_path.glob("*.warc.gz"))
    assert dict(capture.exchange.headers)["X-Odd"] == "a\x85b\x1cc"
    assert dict(capture.exchange.headers)["X-Two"] == "a X-Three: b"
