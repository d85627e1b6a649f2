from __future__ import annotations

import json
import random
import zipfile
import zlib
from pathlib import Path

import pytest

from evidence.checks import Check
from evidence.verify import verify
from tests.evidence.evidence_cases import sealed


def failed(path: Path) -> list[Check]:
    return [c for c in verify(path) if c.result == "failed"]


def test_an_untouched_bundle_is_intact_and_says_what_it_cannot_show(tmp_path: Path) -> None:
    checks = verify(sealed(tmp_path).path)
    assert not [c for c in checks if c.result == "failed"]
    results = {c.check: c.result for c in checks}
    assert results["files"] == results["archived answers"] == results["index"] == results["container"] == "proved"
    assert results["time of capture"] == "claimed"
    assert results["signature"] == "not_checked"
    assert any("imported" in c.detail and c.result == "claimed" for c in checks)


def test_any_changed_byte_is_found(tmp_path: Path) -> None:
    path = sealed(tmp_path).path
    data = path.read_bytes()
    chance = random.Random(7)
    places = {0, 5, 9, 11, 13, 27, len(data) - 1, len(data) - 20, *chance.sample(range(len(data)), 250)}
    copy = tmp_path / "copy.wacz"
    for place in sorted(places):
        copy.write_bytes(data[:place] + bytes([data[place] ^ (1 << chance.randrange(8))]) + data[place + 1 :])
        assert failed(copy), f"byte {place} of {len(data)}"


@pytest.mark.parametrize(
    "name", ["archive/000001.warc.gz", "data/posts.json", "evidence/README.html", "datapackage.json"]
)
def test_a_missing_file_is_named(tmp_path: Path, name: str) -> None:
    path = sealed(tmp_path).path
    rewritten(path, tmp_path / "less.wacz", lambda n, d: None if n == name else d)
    assert any(name in c.detail for c in failed(tmp_path / "less.wacz"))


def test_an_added_file_is_named(tmp_path: Path) -> None:
    path = sealed(tmp_path).path
    with zipfile.ZipFile(path, "a") as bundle:
        bundle.writestr("evidence/note", "slipped in, without a dot in its name")
    assert any("evidence/note is not listed" in c.detail for c in failed(path))


def test_bytes_behind_the_zip_are_found(tmp_path: Path) -> None:
    path = sealed(tmp_path).path
    with path.open("ab") as file:
        file.write(b"more")
    assert failed(path)


def test_a_forged_answer_with_a_new_list_of_files_is_found(tmp_path: Path) -> None:
    """Everything listed afresh, but the record still states the digest of what was received."""
    path = sealed(tmp_path).path

    def forge(name: str, data: bytes) -> bytes:
        return repacked(data) if name.endswith(".warc.gz") else data

    rewritten(path, tmp_path / "forged.wacz", forge)
    assert any("payload-digest" in c.detail for c in failed(tmp_path / "forged.wacz"))


def repacked(data: bytes) -> bytes:
    out = b""
    while data:
        unpack = zlib.decompressobj(31)
        plain = unpack.decompress(data)
        data = unpack.unused_data
        out += zlib.compress(plain.replace(b"The sea wall is finished.", b"The sea wall has cracks!!"), wbits=31)
    return out


def rewritten(path: Path, out: Path, change) -> None:  # type: ignore[no-untyped-def]
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(out, "w") as new:
        for info in old.infolist():
            data = change(info.filename, old.read(info))
            if data is not None:
                new.writestr(info.filename, data)


def test_a_bomb_is_not_unpacked(tmp_path: Path) -> None:
    path = tmp_path / "bomb.wacz"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as bundle:
        bundle.writestr("datapackage.json", json.dumps({"resources": [], "wacz_version": "1.1.1"}))
        # zip's own directory states a size that deflate can never reach from so few bytes
        bundle.writestr("archive/a.warc.gz", b"x")
    data = bytearray(path.read_bytes())
    central = data.rfind(b"PK\x01\x02")
    data[central + 24 : central + 28] = (2**31).to_bytes(4, "little")
    path.write_bytes(data)
    assert any("bomb" in c.detail or "damaged" in c.detail for c in failed(path))


def test_a_gzip_bomb_in_the_archive_is_not_unpacked(tmp_path: Path) -> None:
    from evidence import members as room

    packed = zlib.compress(b"WARC/1.1\r\nContent-Length: 9000000\r\n\r\n" + bytes(9_000_000), 9, wbits=31)
    path = sealed(tmp_path).path
    rewritten(path, tmp_path / "bomb.wacz", lambda n, d: packed if n.endswith(".warc.gz") else d)
    old, room.MAX_RECORD = room.MAX_RECORD, 1_000_000
    try:
        assert any("bomb" in c.detail for c in failed(tmp_path / "bomb.wacz"))
    finally:
        room.MAX_RECORD = old


@pytest.mark.parametrize("name", ["../out.json", "/etc/passwd", "a/../../b", "c:evil"])
def test_a_name_that_leads_out_is_refused(tmp_path: Path, name: str) -> None:
    path = tmp_path / "slip.wacz"
    with zipfile.ZipFile(path, "w") as bundle:
        bundle.writestr(name, "x")
    assert any("leads out" in c.detail for c in failed(path))


@pytest.mark.parametrize(
    "package", ["[]", "{}", '{"resources": 3}', '{"resources": [{}]}', "nonsense", '{"resources": [1]}']
)
def test_hostile_json_is_a_failed_check(tmp_path: Path, package: str) -> None:
    path = tmp_path / "odd.wacz"
    with zipfile.ZipFile(path, "w") as bundle:
        bundle.writestr("datapackage.json", package)
        bundle.writestr("datapackage-digest.json", "[]")
    assert failed(path)


def test_what_is_no_zip_is_said_so(tmp_path: Path) -> None:
    path = tmp_path / "page.wacz"
    path.write_text("<html>")
    assert "is no zip file" in verify(path)[0].detail


def test_a_foreign_bundle_is_checked_as_far_as_it_goes(tmp_path: Path) -> None:
    path = sealed(tmp_path).path

    def foreign(name: str, data: bytes) -> bytes | None:
        if name.startswith(("data/", "evidence/")):
            return None
        if name == "datapackage.json":
            package = json.loads(data)
            package["software"] = "another/1.0"
            package["resources"] = [r for r in package["resources"] if not r["path"].startswith(("data/", "evidence/"))]
            return json.dumps(package, indent=2).encode()
        return None if name == "datapackage-digest.json" else data

    rewritten(path, tmp_path / "foreign.wacz", foreign)
    checks = verify(tmp_path / "foreign.wacz")
    assert not [c for c in checks if c.result == "failed"]
    assert {c.check for c in checks if c.result == "not_checked"} >= {
        "package digest",
        "container",
        "manifest",
        "posts",
    }
