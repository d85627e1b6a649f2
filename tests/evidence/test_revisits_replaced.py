"""A revisit points to an answer elsewhere: in a bundle the full answer stands in its place."""

from __future__ import annotations

import dataclasses
import gzip
import hashlib
import json
import zipfile
from pathlib import Path

import pytest

from archive.packing import member
from evidence.bundle import seal
from evidence.members import members
from tests.evidence.evidence_cases import make

REVISIT = "urn:uuid:00000000-0000-4000-8000-00000000abcd"
BODY = b"<p>The sea wall is finished.</p>"


def with_revisit(folder: Path, *, by_id: bool) -> Path:
    """Write a WARC file with one revisit of the first answer of the invented case."""
    refers = [("WARC-Refers-To", "<urn:uuid:00000000-0000-0000-0000-000000000004>")] if by_id else []
    fields = [
        ("WARC-Type", "revisit"), ("WARC-Record-ID", f"<{REVISIT}>"), ("WARC-Date", "2026-03-02T12:00:00Z"),
        ("WARC-Target-URI", "https://harbour.example/wall"), *refers,
        ("WARC-Refers-To-Target-URI", "https://harbour.example/wall"), ("WARC-Profile", "identical-payload-digest"),
        ("WARC-IP-Address", "192.0.2.9"), ("WARC-Payload-Digest", f"sha256:{hashlib.sha256(BODY).hexdigest()}"),
        ("Content-Type", "application/http;msgtype=response"),
    ]  # fmt: skip
    path = folder / "warc" / "zz-elsewhere.warc.gz"
    path.write_bytes(b"".join(member(fields, b"HTTP/1.1 200 OK\r\nX-Seen: again\r\n\r\n").packed()))
    return path


@pytest.mark.parametrize("by_id", [True, False])
def test_the_full_answer_stands_in_place_of_a_revisit_under_its_id(tmp_path: Path, by_id: bool) -> None:
    contents, ids = make(tmp_path)
    with gzip.open(contents.files[0]) as file:
        assert ids[0].encode() in file.read()
    path = with_revisit(tmp_path, by_id=by_id)
    text = path.read_bytes()
    if by_id:  # the invented case numbers its records
        path.write_bytes(
            gzip.compress(
                gzip.decompress(text).replace(b"urn:uuid:00000000-0000-0000-0000-000000000004", ids[0].encode())
            )
        )
    only = dataclasses.replace(contents, files=[*contents.files, path], records=frozenset({REVISIT, *contents.records}))
    seal(only, tmp_path / "out.wacz")
    with zipfile.ZipFile(tmp_path / "out.wacz") as wacz:
        rows = {r["id"]: r for r in json.loads(wacz.read("evidence/manifest.json"))["records"]}
        with wacz.open("archive/000001.warc.gz") as warc:
            found = {r.id: r for r in members(warc)}
    record = found[REVISIT]
    assert record.type == "response"
    assert record.payload_sha256 == hashlib.sha256(BODY).digest()
    assert record.http_header("x-seen") == "again", "the headers are those of the later answer"
    assert record.headers["warc-ip-address"] == "192.0.2.9"
    assert record.wrong_digests() == []
    assert rows[REVISIT]["place"] is None, "it was made for the bundle, and is in no seal"
    assert not [r for r in found.values() if r.type == "revisit"]


def test_a_revisit_of_an_answer_that_is_nowhere_is_left_out(tmp_path: Path) -> None:
    contents, _ = make(tmp_path)
    path = with_revisit(tmp_path, by_id=False)
    bare = dataclasses.replace(contents, files=[path], records=frozenset({REVISIT}), posts=[], families=[], pairs=[])
    assert seal(bare, tmp_path / "out.wacz").records == 0
