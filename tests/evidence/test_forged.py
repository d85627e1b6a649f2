"""Bundles changed with all their digests made anew: what can be seen without a signature is seen, the rest is said."""

from __future__ import annotations

import gzip
import hashlib
import json
import zipfile
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest

from evidence import index
from evidence.checks import Check
from evidence.container import Writer
from evidence.manifest import canonical, datapackage, datapackage_digest, manifest
from evidence.members import members
from evidence.verify import verify
from tests.evidence.evidence_cases import sealed

Files = dict[str, bytes]
WARC = "archive/000001.warc.gz"


def opened(path: Path) -> Files:
    with zipfile.ZipFile(path) as bundle:
        return {name: bundle.read(name) for name in bundle.namelist()}


def written(files: Files, out: Path) -> Path:
    """Write files as a bundle of ours, every list and digest made anew."""
    about = json.loads(files["evidence/manifest.json"])
    package = json.loads(files["datapackage.json"])
    with out.open("wb") as file, Writer(file) as writer:
        for name, data in files.items():
            if name not in ("evidence/manifest.json", "datapackage.json", "datapackage-digest.json"):
                writer.add(name, data)
        writer.add("evidence/manifest.json", manifest(writer.entries, without(about, "v", "files")))
        packed = datapackage(writer.entries, without(package, "profile", "wacz_version", "resources"))
        writer.add("datapackage.json", packed)
        writer.add("datapackage-digest.json", datapackage_digest(packed))
    return out


def without(value: dict[str, object], *names: str) -> dict[str, object]:
    return {key: inner for key, inner in value.items() if key not in names}


def failed(path: Path) -> list[Check]:
    return [check for check in verify(path) if check.result == "failed"]


def with_warc(files: Files, warc: bytes) -> Files:
    """Return the files with another WARC, its index and its pages made anew."""
    lines, pages = index.of({"000001.warc.gz": list(members(BytesIO(warc)))})
    blocks, idx = index.compressed(lines)
    more = {
        WARC: warc,
        "indexes/index.cdx.gz": blocks,
        "indexes/index.idx": idx,
        "pages/pages.jsonl": index.pages(pages),
    }
    return {**files, **more}


def record(kind: str = "response", *, tail: bytes = b"\r\n\r\n", digested: bool = True, more: str = "") -> bytes:
    block = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\nforged"
    stated = f"WARC-Block-Digest: sha256:{hashlib.sha256(block).hexdigest()}\r\n" if digested else ""
    head = (
        f"WARC/1.1\r\nWARC-Type: {kind}\r\nWARC-Record-ID: <urn:uuid:forged>\r\nWARC-Date: 2026-03-01T12:00:00Z\r\n"
        f"WARC-Target-URI: https://harbour.example/forged\r\nContent-Type: application/http;msgtype=response\r\n"
        f"{stated}{more}Content-Length: {len(block)}\r\n\r\n"
    )
    return gzip.compress(head.encode() + block + tail, mtime=0)


def test_a_bundle_written_anew_without_change_is_intact(tmp_path: Path) -> None:
    files = opened(sealed(tmp_path).path)
    assert not failed(written(files, tmp_path / "same.wacz"))
    assert not failed(written(with_warc(files, files[WARC]), tmp_path / "indexed.wacz"))


@pytest.mark.parametrize(
    ("old", "new"),
    [('"status": 200', '"status": 404'), (" 202603", " 202503"), ("sha256:", "sha256:0"), ("wall", "hall")],
)
def test_an_index_that_says_otherwise_than_the_records_is_found(tmp_path: Path, old: str, new: str) -> None:
    files = opened(sealed(tmp_path).path)
    lines = gzip.decompress(files["indexes/index.cdx.gz"]).decode()
    packed = gzip.compress(lines.replace(old, new).encode(), mtime=0)
    key, ts, where = files["indexes/index.idx"].decode().split("\n")[1].split(" ", 2)
    where = json.dumps({**json.loads(where), "length": len(packed)})
    idx = files["indexes/index.idx"].split(b"\n")[0] + f"\n{key} {ts} {where}\n".encode()
    forged = {**files, "indexes/index.cdx.gz": packed, "indexes/index.idx": idx}
    assert any("does not say what its record says" in c.detail for c in failed(written(forged, tmp_path / "f.wacz")))


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("indexes/index.idx", b'!meta 0 {}\nx 1 {"offset": 0, "length": 9}\n'),
        ("pages/pages.jsonl", b'{"format": "json-pages-1.0"}\n{"url": "https://elsewhere.example/"}\n'),
        ("archive/000002.warc", b"a viewer opens it, we do not"),
    ],
)
def test_what_a_viewer_would_follow_is_checked(tmp_path: Path, name: str, data: bytes) -> None:
    assert failed(written({**opened(sealed(tmp_path).path), name: data}, tmp_path / "f.wacz"))


@pytest.mark.parametrize(
    "name",
    ["pages/pages.jsonl", "evidence/README.html", "data/families.json", "data/findings.json", "indexes/index.idx"],
)
def test_a_file_left_out_together_with_all_mention_is_named(tmp_path: Path, name: str) -> None:
    files = without(opened(sealed(tmp_path).path), name)  # type: ignore[arg-type]
    assert any(name in c.detail for c in failed(written(files, tmp_path / "f.wacz")))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("added", "says"),
    [
        (record(digested=False), "state no SHA-256"),
        (record(tail=b"\r\n\r\nWARC/1.1\r\nhidden"), "does not end where it states"),
        (record(tail=b""), "does not end where it states"),
        (record(more="WARC-Type: request\r\n"), "states a field twice"),
        (record(more="Content-Length: 0\r\n"), "states a field twice"),
        (record() * 2, "share the id"),
        (record("revisit", more="WARC-Refers-To: <urn:uuid:nowhere>\r\n"), "refers to an answer that is not"),
    ],
)
def test_a_record_that_can_be_read_in_two_ways_is_found(tmp_path: Path, added: bytes, says: str) -> None:
    files = opened(sealed(tmp_path).path)
    forged = written(with_warc(files, files[WARC] + added), tmp_path / "f.wacz")
    assert any(says in c.detail for c in failed(forged)), failed(forged)


def test_a_revisit_of_an_answer_in_the_bundle_is_fine(tmp_path: Path) -> None:
    files = opened(sealed(tmp_path).path)
    first = next(r for r in members(BytesIO(files[WARC])) if r.type == "response")
    more = f"WARC-Refers-To: <{first.id}>\r\nWARC-Payload-Digest: {first.headers['warc-payload-digest']}\r\n"
    assert not failed(written(with_warc(files, files[WARC] + record("revisit", more=more)), tmp_path / "f.wacz"))


def test_posts_are_held_to_the_answers_they_name(tmp_path: Path) -> None:
    files = opened(sealed(tmp_path).path)
    posts = json.loads(files["data/posts.json"])
    info = next(members(BytesIO(files[WARC]))).id
    for wrong in ([*posts, posts[0]], [{**posts[0], "capture": info}, *posts[1:]], posts[1:]):
        assert failed(written({**files, "data/posts.json": canonical(wrong)}, tmp_path / "f.wacz"))
    (tmp_path / "f.wacz").unlink()
    changed = [{**posts[0], "text": "Something else"}, *posts[1:]]
    checks = verify(written({**files, "data/posts.json": canonical(changed)}, tmp_path / "f.wacz"))
    told = {c.check: c for c in checks}
    assert told["posts say what the answers say"].result == "not_checked", (
        "a text can be forged; verify must not deny it"
    )
    assert told["whole file"].result == "claimed"
    assert hashlib.sha256((tmp_path / "f.wacz").read_bytes()).hexdigest() in told["whole file"].detail


def _relisted(change: Callable[[dict[str, Any]], object]) -> Callable[[Files], Files]:
    def forge(files: Files) -> Files:
        package = json.loads(files["datapackage.json"])
        change(package)
        packed = canonical(package)
        return {**files, "datapackage.json": packed, "datapackage-digest.json": datapackage_digest(packed)}

    return forge


@pytest.mark.parametrize(
    "forge",
    [
        _relisted(lambda p: p["resources"].insert(0, {**p["resources"][0], "hash": "sha256:0"})),
        _relisted(lambda p: p["resources"][0].update(hash="md5:0")),
        _relisted(lambda p: p["resources"][0].pop("bytes")),
        _relisted(lambda p: p.update(created="1999-01-01T00:00:00Z")),
        _relisted(lambda p: p.update(title="another case")),
    ],
)
def test_a_list_that_leaves_room_is_refused(tmp_path: Path, forge: Callable[[Files], Files]) -> None:
    files = forge(opened(sealed(tmp_path).path))
    with (tmp_path / "f.wacz").open("wb") as file, Writer(file) as writer:
        for name, data in files.items():
            writer.add(name, data)
    assert failed(tmp_path / "f.wacz")


@pytest.mark.parametrize("name", ["datapackage.json", "data/posts.json", "data/pairs.json"])
def test_json_nested_without_end_is_a_failed_check(tmp_path: Path, name: str) -> None:
    files = {**opened(sealed(tmp_path).path), name: b"[" * 100_000 + b"]" * 100_000}
    with (tmp_path / "f.wacz").open("wb") as file, Writer(file) as writer:
        for path, data in files.items():
            writer.add(path, data)
    assert any("nested too deeply" in c.detail for c in failed(tmp_path / "f.wacz"))


def test_damage_inside_packed_members_is_a_failed_check(tmp_path: Path) -> None:
    path = tmp_path / "packed.wacz"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as bundle:
        for name, data in opened(sealed(tmp_path).path).items():
            bundle.writestr(name, data)
    data, copy = path.read_bytes(), tmp_path / "copy.wacz"
    for place in range(40, len(data), 37):
        copy.write_bytes(data[:place] + bytes([data[place] ^ 0x55]) + data[place + 1 :])
        assert failed(copy), place


def test_members_that_share_their_bytes_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "overlap.wacz"
    with zipfile.ZipFile(path, "w") as bundle:
        bundle.writestr("a", bytes(5_000))
        for name in "bcd":
            again = zipfile.ZipInfo(name)
            again.file_size = again.compress_size = 5_000
            again.CRC, again.header_offset = bundle.getinfo("a").CRC, 0
            bundle.filelist.append(again)
            bundle.NameToInfo[name] = again
    assert any("overlap" in c.detail for c in failed(path))
