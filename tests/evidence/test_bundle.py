from __future__ import annotations

import dataclasses
import gzip
import hashlib
import json
import zipfile
from io import BytesIO
from pathlib import Path

import pytest

from core.errors import BadInput, CannotStart
from evidence.bundle import seal
from evidence.index import surt, timestamp
from evidence.members import members
from tests.evidence.evidence_cases import HOSTILE, make, sealed


def test_the_bundle_holds_the_wanted_records_byte_for_byte(tmp_path: Path) -> None:
    contents, ids = make(tmp_path)
    seal(contents, tmp_path / "out.wacz")
    with zipfile.ZipFile(tmp_path / "out.wacz") as bundle:
        data = bundle.read("archive/000001.warc.gz")
    kept = {r.id for r in members(BytesIO(data))}
    assert set(ids[:4]) <= kept
    assert ids[4] not in kept, "an answer of another case is not in the bundle"
    original = contents.files[0].read_bytes()
    wanted = [r for r in members(BytesIO(data)) if r.type != "warcinfo"]
    assert len(wanted) == 8, "four exchanges, each with its request"
    for record in wanted:
        assert data[record.offset : record.offset + record.length] in original


def test_the_same_case_sealed_twice_has_the_same_bytes(tmp_path: Path) -> None:
    contents, _ = make(tmp_path)
    one = seal(contents, tmp_path / "one.wacz")
    two = seal(contents, tmp_path / "two.wacz")
    assert one.sha256 == two.sha256
    assert hashlib.sha256((tmp_path / "one.wacz").read_bytes()).hexdigest() == one.sha256
    assert (tmp_path / "one.wacz.sha256").read_text() == f"{one.sha256}  one.wacz\n"


def test_every_file_is_listed_and_stored_so_that_a_viewer_can_reach_in(tmp_path: Path) -> None:
    with zipfile.ZipFile(sealed(tmp_path).path) as bundle:
        package = json.loads(bundle.read("datapackage.json"))
        listed = {r["path"] for r in package["resources"]}
        assert listed | {"datapackage.json", "datapackage-digest.json"} == set(bundle.namelist())
        assert all(i.compress_type == zipfile.ZIP_STORED for i in bundle.infolist())
        assert package["wacz_version"] == "1.1.1"
        names = [r["name"] for r in package["resources"]]
        assert len(set(names)) == len(names)
        assert all(n == n.lower() for n in names)
        assert all(p.count("/") == 1 for p in listed), "the validator compares the last two parts of a path only"


def test_the_index_points_at_each_response(tmp_path: Path) -> None:
    with zipfile.ZipFile(sealed(tmp_path).path) as bundle:
        lines = gzip.decompress(bundle.read("indexes/index.cdx.gz")).decode().splitlines()
        idx = bundle.read("indexes/index.idx").decode().splitlines()
        warc = bundle.read("archive/000001.warc.gz")
    assert lines == sorted(lines)
    assert len(lines) == 3
    assert idx[0].startswith("!meta 0 ")
    for line in lines:
        data = json.loads(line.split(" ", 2)[2])
        record = next(members(BytesIO(warc[data["offset"] : data["offset"] + data["length"]])))
        assert record.headers["warc-target-uri"] == data["url"]
    assert any(line.startswith("example,harbour)/b?a=2&z=1 20260301120000 ") for line in lines)
    assert any("__wb_method=post" in line for line in lines)


def test_the_readable_page_has_no_script_and_no_live_markup_from_outside(tmp_path: Path) -> None:
    with zipfile.ZipFile(sealed(tmp_path).path) as bundle:
        page = bundle.read("evidence/README.html").decode()
    assert HOSTILE not in page
    assert "<script" not in page
    assert "&lt;script&gt;" in page
    assert "earliest copy we captured" in page
    assert "://" not in page.split("<body>")[0], "nothing is loaded from outside"
    assert "src=" not in page


def test_a_torn_tail_of_the_archive_does_not_stop_the_export(tmp_path: Path) -> None:
    contents, _ = make(tmp_path, extra=b"\x1f\x8b\x08\x00half a member")
    assert seal(contents, tmp_path / "out.wacz").records == 8


def test_a_missing_answer_stops_the_export_and_leaves_no_file(tmp_path: Path) -> None:
    contents, _ = make(tmp_path)
    lost = dataclasses.replace(contents, records=contents.records | {"urn:uuid:lost"})
    with pytest.raises(CannotStart, match=r"urn:uuid:lost.*backup"):
        seal(lost, tmp_path / "out.wacz")
    assert not list(tmp_path.glob("*.wacz*"))
    assert not list(tmp_path.glob(".copytrail-*"))


def test_nothing_is_overwritten(tmp_path: Path) -> None:
    path = sealed(tmp_path).path
    before = path.read_bytes()
    contents, _ = make(tmp_path / "again")
    with pytest.raises(BadInput, match="nothing is overwritten"):
        seal(contents, path)
    assert path.read_bytes() == before


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    contents, _ = make(tmp_path)
    (tmp_path / "file").write_text("no folder")
    with pytest.raises(BadInput, match="cannot be written"):
        seal(contents, tmp_path / "file" / "out.wacz")


def test_a_case_without_captures_is_still_a_bundle(tmp_path: Path) -> None:
    contents, _ = make(tmp_path)
    bare = dataclasses.replace(contents, records=frozenset(), files=[], posts=contents.posts[2:], families=[], pairs=[])
    assert seal(bare, tmp_path / "bare.wacz").records == 0


@pytest.mark.parametrize(
    ("url", "key"),
    [
        ("https://WWW.Example.org:8443/A?b=2&a=1", "org,example:8443)/a?a=1&b=2"),
        ("http://example.org", "org,example)/"),
    ],
)
def test_sort_keys(url: str, key: str) -> None:
    assert surt(url) == key


def test_timestamps_are_fourteen_digits() -> None:
    assert timestamp("2026-03-01T12:00:00.250000Z") == "20260301120000"


def test_members_reads_what_the_archive_writes(tmp_path: Path) -> None:
    make(tmp_path)
    (path,) = (tmp_path / "warc").glob("*.warc.gz")
    with path.open("rb") as file:
        records = list(members(file))
    assert [r.type for r in records].count("response") == 4
    assert not [d for r in records for d in r.wrong_digests()]
    assert sum(r.length for r in records) == path.stat().st_size


def test_no_character_turns_or_hides_what_follows_it_on_the_page(tmp_path: Path) -> None:
    contents, _ = make(tmp_path)
    turned = {**contents.posts[0], "author": {**contents.posts[0]["author"], "handle": "a\u202eb\x1b[31m\u2066"}}
    seal(dataclasses.replace(contents, posts=[turned, *contents.posts[1:]]), tmp_path / "out.wacz")
    with zipfile.ZipFile(tmp_path / "out.wacz") as bundle:
        page = bundle.read("evidence/README.html").decode()
    assert not set("\u202e\x1b\u2066") & set(page)
    assert "a[U+202E]b[U+001B][31m[U+2066]" in page


def test_the_key_of_a_private_address_is_not_in_the_bundle(tmp_path: Path) -> None:
    contents, _ = make(tmp_path)
    private = [{**contents.sources[0], "url": "https://harbour.example/feed?key=hush-hush"}]
    seal(dataclasses.replace(contents, sources=private), tmp_path / "out.wacz")
    assert b"hush-hush" not in (tmp_path / "out.wacz").read_bytes()
