"""What verify takes and what it says: other makers' files, hostile ones, and any byte of ours changed."""

from __future__ import annotations

import gzip
import json
import random
import zipfile
import zlib
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from evidence import warcs
from evidence.checks import Check, Trust
from evidence.verify import verify
from tests.evidence import forge
from tests.evidence.forge import WARC, Files, World
from tests.evidence.tampering import Base, flipped, record


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Base:
    return Base(World(tmp_path_factory.mktemp("world")))


def failed(path: Path, trust: Trust | None = None) -> list[Check]:
    return [c for c in verify(path, trust) if c.result == "failed"]


def told(checks: list[Check], name: str) -> set[str]:
    return {c.result for c in checks if c.check == name}


def written(path: Path, data: bytes) -> Path:
    path.write_bytes(data)
    return path


def foreign(base: Base, *, joined: bool = False, plain: bool = False, one: bool = False) -> Files:
    """Return what another tool might write: no evidence of ours, blanks in its JSON."""
    warc = base.bare[0][WARC]
    name = WARC
    if plain or joined:
        unpacked = gzip.decompress(warc)
        warc, name = (unpacked, "archive/data.warc") if plain else (gzip.compress(unpacked), "archive/data.warc.gz")
    if one:
        warc = gzip.compress(gzip.decompress(record(digested=False)).replace(b"WARC/1.1", b"WARC/1.0"))
    files = {name: warc, "pages/pages.jsonl": b'{"format": "json-pages-1.0", "id": "pages"}\n'}
    if name == WARC and not one:
        files |= forge.indexed(warc)
    rows = [{"name": n.rpartition("/")[2], "path": n, "hash": f"sha256:{forge.sha(d)}", "bytes": len(d)}
            for n, d in files.items()]  # fmt: skip
    package = {"profile": "data-package", "wacz_version": "1.1.1", "software": "another/1.0", "resources": rows}
    return {**files, "datapackage.json": json.dumps(package, indent=2).encode()}


def packed(path: Path, files: Files) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return path


def test_any_changed_byte_of_a_bundle_is_found(base: Base, tmp_path: Path) -> None:
    data, chance, trust = base.bytes, random.Random(7), base.world.trust
    path = tmp_path / "harbour.zip"
    for place in sorted({0, 5, 11, len(data) - 1, len(data) - 20, *chance.sample(range(len(data)), 60)}):
        changed = data[:place] + bytes([data[place] ^ (1 << chance.randrange(8))]) + data[place + 1 :]
        assert failed(written(path, changed), trust), f"byte {place} of {len(data)}"


def test_any_cut_of_a_bundle_is_found(base: Base, tmp_path: Path) -> None:
    data, chance, trust = base.bytes, random.Random(11), base.world.trust
    for length in [0, 1, len(data) - 1, *chance.sample(range(len(data)), 100)]:
        assert failed(written(tmp_path / "harbour.zip", data[:length]), trust), length


def test_any_changed_byte_of_an_exhibit_alone_is_found(base: Base, tmp_path: Path) -> None:
    data, chance = forge.zipped(base.waczs[0]), random.Random(13)
    for place in chance.sample(range(len(data)), 40):
        changed = written(tmp_path / "e.wacz", flipped(data, place))
        assert failed(changed, base.world.trust), f"byte {place} of {len(data)}"


def test_no_rubbish_raises(tmp_path: Path) -> None:
    chance = random.Random(17)
    starts = (
        b"",
        b"PK\x03\x04",
        b"PK\x05\x06" + bytes(18),
        b"\x1f\x8b\x08",
        b"WARC/1.1\r\n",
        b"age-encryption.org/v1\n",
    )
    for n in range(120):
        data = starts[n % len(starts)] + chance.randbytes(chance.randrange(400))
        assert failed(written(tmp_path / "x.zip", data))


def test_an_unzipped_bundle_is_checked_like_the_zip(base: Base, tmp_path: Path) -> None:
    for name, data in base.case.items():
        (tmp_path / "harbour" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "harbour" / name).write_bytes(data)
    assert not failed(tmp_path / "harbour", base.world.trust)
    assert not failed(tmp_path, base.world.trust), "the folder around it will do"
    (tmp_path / "harbour" / "README.html").unlink()
    (tmp_path / "harbour" / "README.html").symlink_to("/etc/hostname")
    assert any("README.html" in c.detail for c in failed(tmp_path / "harbour", base.world.trust))


def test_a_signer_we_do_not_know_is_not_called_known(base: Base, tmp_path: Path) -> None:
    path = written(tmp_path / "h.zip", base.bytes)
    checks = verify(path, Trust(authorities=base.world.pinned))
    assert told(checks, "signer") == {"claimed"}
    assert not [c for c in checks if c.result == "failed"]
    assert failed(path, replace(base.world.trust, signer=base.world.stranger.fingerprint))
    assert not failed(path, replace(base.world.trust, known={}, signer=base.world.identity.fingerprint))


def test_an_authority_that_is_not_pinned_here_is_red_and_how_to_pin_it_is_told(base: Base, tmp_path: Path) -> None:
    path = written(tmp_path / "h.zip", base.bytes)
    checks = verify(path, Trust())
    assert [c.check for c in checks if c.result == "failed"] == ["time stamps"] * 2
    assert all("timestamps.own" in c.detail and "--pin" in c.detail for c in checks if c.result == "failed")


def test_a_token_that_leads_to_another_root_than_the_pinned_one_fails(base: Base, tmp_path: Path) -> None:
    path = written(tmp_path / "h.zip", base.bytes)
    noon, dusk = base.world.pinned
    swapped = (replace(noon, roots=dusk.roots), replace(dusk, roots=noon.roots))
    checks = failed(path, replace(base.world.trust, authorities=swapped))
    assert {c.check for c in checks} == {"time of capture (T1)", "time of signing (T2)", "certificates"}


def test_a_bundle_without_stamps_says_they_are_pending(base: Base, tmp_path: Path) -> None:
    bare = [{n: d for n, d in f.items() if not n.endswith(".tsr")} for f in base.bare]
    (wacz,) = forge.signed([forge.listed(bare[0])], base.world.identity)
    checks = verify(written(tmp_path / "e.wacz", forge.zipped(wacz)), base.world.trust)
    assert not [c for c in checks if c.result == "failed"]
    assert told(checks, "time of capture (T1)") == told(checks, "time of signing (T2)") == {"not_checked"}
    assert any("pending" in c.detail for c in checks)


def test_a_capture_long_before_its_stamp_is_claimed_with_the_gap(base: Base, tmp_path: Path) -> None:
    path = written(tmp_path / "h.zip", base.bytes)
    checks = verify(path, replace(base.world.trust, within=timedelta(minutes=5)))
    assert [c for c in checks if c.result == "claimed" and "1 hour" in c.detail]
    assert not [c for c in checks if c.result == "failed"]


def test_one_that_stops_claiming_to_be_ours_loses_its_known_signature(base: Base, tmp_path: Path) -> None:
    path = packed(tmp_path / "f.wacz", foreign(base))
    checks = verify(path, base.world.trust)
    assert not told(checks, "signer")
    assert told(checks, "signature") == {"not_checked"}
    assert failed(path, replace(base.world.trust, signer=base.world.identity.fingerprint))


@pytest.mark.parametrize("how", [{}, {"joined": True}, {"plain": True}, {"one": True}])
def test_a_foreign_bundle_is_checked_as_far_as_it_goes(base: Base, tmp_path: Path, how: dict[str, bool]) -> None:
    files = foreign(base, **how)
    checks = verify(packed(tmp_path / "f.wacz", files))
    assert not [c for c in checks if c.result == "failed"], checks
    missing = {c.check for c in checks if c.result == "not_checked"}
    assert missing >= {"package digest", "container", "manifest", "signature", "custody"}
    for name, data in files.items():
        assert failed(packed(tmp_path / "g.wacz", {**files, name: flipped(data)})), name


def test_a_warc_alone_is_checked(base: Base, tmp_path: Path) -> None:
    data = base.bare[0][WARC]
    for name, warc in (("a.warc.gz", data), ("a.warc", gzip.decompress(data)), ("b", data)):
        assert not failed(written(tmp_path / name, warc)), name
    assert failed(written(tmp_path / "a.warc.gz", flipped(data)))
    assert failed(written(tmp_path / "a.warc", gzip.decompress(data).replace(b"is finished", b"has cracks!")))


def test_the_digest_beside_a_file_is_compared(base: Base, tmp_path: Path) -> None:
    path = written(tmp_path / "h.zip", base.bytes)
    written(tmp_path / "h.zip.sha256", f"{forge.sha(base.bytes)}  h.zip\n".encode())
    assert not failed(path, base.world.trust)
    written(tmp_path / "h.zip.sha256", b"0" * 64 + b"  h.zip\n")
    assert any("h.zip.sha256" in c.detail for c in failed(path, base.world.trust))


def test_a_large_archive_is_read_in_parts_and_found_the_same(
    base: Base, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:  # fmt: skip
    monkeypatch.setattr(warcs, "_LARGE", 1)
    assert not failed(written(tmp_path / "h.zip", base.bytes), base.world.trust)
    broken = forge.with_warc(base.bare[0], base.bare[0][WARC] + record(tail=b""))
    (wacz,) = forge.signed([forge.listed(broken)], base.world.identity, stamp=base.world.second)
    found = failed(written(tmp_path / "e.wacz", forge.zipped(wacz)), base.world.trust)
    assert any("urn:uuid:forged does not end" in c.detail for c in found)


def test_headers_without_end_are_not_kept(base: Base, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(warcs, "MAX_KEPT", 100_000)
    many = b"".join(record(name=f"urn:uuid:{n}", more=f"X-A: {'a' * 60_000}\r\n") for n in range(5))
    assert any("headers" in c.detail for c in failed(written(tmp_path / "a.warc.gz", many)))


def test_what_a_gzip_bomb_unpacks_to_is_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(warcs, "ROOM", 1_000_000)
    head = b"WARC/1.1\r\nWARC-Type: response\r\nWARC-Record-ID: <urn:uuid:a>\r\nContent-Length: 90000000\r\n\r\n"
    bomb = zlib.compress(head + bytes(90_000_000) + b"\r\n\r\n", 9, wbits=31)
    assert any("bomb" in c.detail for c in failed(written(tmp_path / "a.warc.gz", bomb)))


def test_an_encrypted_bundle_says_how_to_open_it(tmp_path: Path) -> None:
    (found,) = failed(written(tmp_path / "h.zip.age", b"age-encryption.org/v1\n-> X25519"))
    assert "encrypted" in found.detail
