"""Archives of others: any order, chunked and encoded bodies, plain or packed, odd, damaged, or no WARC at all."""

from __future__ import annotations

import gzip
import io
import os
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

from archive.reading import Capture, load, read
from core.errors import BadInput
from tests.archive.exchanges import exchange, written

URL = "https://site.example/a"


def _foreign(path: Path, *, packed: bool, request_first: bool, body: bytes = b"hello", chunked: bool = False) -> Path:
    with path.open("wb") as file:
        warc = WARCWriter(file, gzip=packed)
        headers = [("Content-Type", "text/plain"), *([("Transfer-Encoding", "chunked")] if chunked else [])]
        response = warc.create_warc_record(
            URL, "response", payload=io.BytesIO(body),
            http_headers=StatusAndHeaders("200 OK", headers, protocol="HTTP/1.1"),
            warc_headers_dict={"WARC-Date": "2026-03-01T12:00:00Z"},
        )  # fmt: skip
        request = warc.create_warc_record(
            URL, "request", payload=io.BytesIO(b"q=1"),
            http_headers=StatusAndHeaders("POST /a HTTP/1.1", [("Host", "site.example")], is_http_request=True),
        )  # fmt: skip
        request.rec_headers.add_header("WARC-Concurrent-To", response.rec_headers.get_header("WARC-Record-ID"))
        for record in (request, response) if request_first else (response, request):
            warc.write_record(record)
            record.raw_stream.close()
    return path


@pytest.mark.parametrize("packed", [True, False])
@pytest.mark.parametrize("request_first", [True, False])
def test_requests_and_responses_are_joined_in_either_order(tmp_path: Path, packed: bool, request_first: bool) -> None:
    path = _foreign(tmp_path / "foreign.warc", packed=packed, request_first=request_first)
    [capture] = read([path])
    told = capture.exchange
    assert (told.method, told.request_body, told.status, told.body) == ("POST", b"q=1", 200, b"hello")
    assert told.captured_at.isoformat() == "2026-03-01T12:00:00+00:00"
    assert load(path, capture.offset, capture.record_id).body == b"hello"


@pytest.mark.parametrize(
    ("sent", "body"),
    [
        (b"5\r\nhello\r\n6;x=y\r\n world\r\n0\r\n\r\n", b"hello world"),
        (b"5\r\nhello\r\n6\r\n wor", b"hello wor"),
        (b"not chunked after all", b"not chunked after all"),
        (b"", b""),
    ],
)
def test_chunks_are_undone(tmp_path: Path, sent: bytes, body: bytes) -> None:
    path = _foreign(tmp_path / "chunked.warc.gz", packed=True, request_first=True, body=sent, chunked=True)
    [capture] = read([path])
    assert capture.exchange.body == body


def _record(kind: str, block: bytes, *fields: str) -> bytes:
    head = [f"WARC-Type: {kind}", f"WARC-Target-URI: {URL}", f"Content-Length: {len(block)}", *fields]
    return "\r\n".join(["WARC/1.0", *head, "", ""]).encode() + block + b"\r\n\r\n"


HTTP = "Content-Type: application/http; msgtype=response"


def test_odd_records_are_read_as_far_as_they_go(tmp_path: Path) -> None:
    data = b"".join(
        [
            _record("response", b"HTTP/1.1 200\nA: b\n c\nno colon\n\nbare line ends", HTTP, "WARC-Date: 2026-03-01"),
            _record("response", b"ICY 200 OK\r\n\r\nradio", HTTP),
            _record("response", b"HTTP/2 204\r\n\r\n", HTTP, "WARC-Date: never"),
            _record("response", b"DNS", "Content-Type: text/dns"),
            _record("resource", b"<html>", "Content-Type: text/html"),
            _record("revisit", b"HTTP/1.1 200 OK\r\n\r\n", HTTP, "WARC-Payload-Digest: sha1:AAA"),
            _record("conversion", b"x", "Content-Type: text/plain"),
        ]
    )
    path = tmp_path / "odd.warc"
    path.write_bytes(data)
    captures = list(read([path]))
    assert [(c.kind, c.exchange.status) for c in captures] == [
        ("response", 200), ("response", None), ("response", 204), ("resource", 200), ("revisit", 200),
    ]  # fmt: skip
    assert list(captures[0].exchange.headers) == [("A", "b c")]
    assert captures[0].exchange.body == b"bare line ends"
    assert captures[2].exchange.captured_at.year == 1970
    assert captures[4].refers_to == "sha1:AAA"


def test_one_member_may_hold_many_records(tmp_path: Path) -> None:
    path = tmp_path / "whole.warc.gz"
    response = b"HTTP/1.1 200 OK\r\n\r\n"
    records = [
        _record("response", response + bytes([65 + i]) * 90_000, HTTP, f"WARC-Record-ID: <urn:{i}>") for i in range(4)
    ]
    path.write_bytes(gzip.compress(b"".join(records)))
    captures = list(read([path]))
    assert [c.exchange.body[:1] for c in captures] == [b"A", b"B", b"C", b"D"]
    assert load(path, captures[2].offset, "urn:2").body[:1] == b"C"


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"<html>no archive</html>", "is damaged .*; 0 whole records were read"),
        (b"\x1f\x8b\x08garbage", "damaged|middle"),
        (b"WARC/1.0\r\nWARC-Type: response\r\nContent-Length: 99\r\n\r\nshort", "middle of a record; 0 whole"),
        (b"WARC/1.0\r\nContent-Length: -5\r\n\r\n", "states the length '-5'"),
        (b"WARC/1.0\r\nContent-Length: 99999999999999\r\n\r\n", "over the cap"),
        (b"WARC/1.0\r\nX: " + b"y" * 400_000, "do not end|middle"),
    ],
)
def test_what_is_no_warc_is_told_in_one_sentence(tmp_path: Path, content: bytes, told: str) -> None:
    path = tmp_path / "bad.warc"
    path.write_bytes(content)
    with pytest.raises(BadInput, match=told) as error:
        list(read([path]))
    assert str(path) in error.value.sentence


def test_a_missing_file_is_told_and_the_others_are_read(tmp_path: Path) -> None:
    path = written(tmp_path, exchange())
    damages: list[BadInput] = []
    captures = list(read([tmp_path / "none.warc", path, tmp_path], on_damage=damages.append))
    assert len(captures) == 1
    assert len(damages) == 2
    assert "none.warc cannot be read: No such file" in damages[0].sentence


def test_an_empty_file_holds_nothing(tmp_path: Path) -> None:
    (tmp_path / "empty.warc.gz").write_bytes(b"")
    assert list(read([tmp_path / "empty.warc.gz"])) == []


def test_damage_in_the_middle_costs_what_stands_there_and_no_more(tmp_path: Path) -> None:
    path = written(tmp_path, *(exchange(f"https://site.example/{i}", os.urandom(400)) for i in range(5)))
    captures = list(read([path]))
    data = bytearray(path.read_bytes())
    middle = captures[2].offset + captures[2].length // 2
    data[middle : middle + 20] = b"\xff" * 20
    path.write_bytes(bytes(data))
    damages: list[BadInput] = []
    found: list[Capture] = list(read([path], on_damage=damages.append))
    assert [c.exchange.url[-1] for c in found] == ["0", "1", "3", "4"]
    assert len(damages) == 1
    assert "whole records were read" in damages[0].sentence


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=300), st.booleans())
def test_any_bytes_are_read_or_told(data: bytes, packed: bool) -> None:
    path = Path(os.environ.get("TMPDIR", "/tmp")) / f"any-{os.getpid()}.warc"
    path.write_bytes(gzip.compress(b"WARC/1.0\r\n" + data) if packed else b"WARC/1.0\r\n" + data)
    try:
        list(read([path], on_damage=lambda _: None))
    finally:
        path.unlink()


def test_a_bomb_in_a_record_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "bomb.warc.gz"
    path.write_bytes(gzip.compress(_record("response", b"\0" * 3_000_000, HTTP)))
    with pytest.raises(BadInput, match="over the cap"):
        list(read([path], max_record=1_000_000))


def test_a_list_of_brackets_costs_linear_time() -> None:
    from archive.reading import _ids

    began = time.process_time()
    assert _ids("<" * 200_000 + "urn:a>, <urn:b>") == ["urn:a", "urn:b"]
    assert time.process_time() - began < 1
