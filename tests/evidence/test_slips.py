"""What once slipped through verify: each is a small lie, found now by copytrail and by verify.py."""

from __future__ import annotations

import io
import os
import re
import struct
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from core.errors import CannotStart
from demo.der import integer, sequence, value
from evidence.checker.curves import ed25519
from evidence.checker.main import main
from evidence.checker.reading import moment
from evidence.checker.saying import Examination, Wrong, worded
from evidence.checker.tokens import stamp
from evidence.checker.tree import climb
from evidence.verify import verify
from tests.evidence import forge
from tests.evidence.forge import AT, WARC, World
from tests.evidence.tampering import E1, Base, edited
from tests.evidence.test_clean import wacz
from tests.evidence.test_verify import foreign, packed


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Base:
    return Base(World(tmp_path_factory.mktemp("world")))


def failed(path: Path, base: Base, **trust: str) -> str:
    checks = verify(path, replace(base.world.trust, **trust))  # type: ignore[arg-type]
    return "\n".join(f"{c.check}: {c.detail}" for c in checks if c.result == "failed")


@pytest.mark.parametrize("lie", [b"ok\nTime stamp: Mar  1 12:00:00 2023 GMT", b"\xff\xfe"])
def test_the_time_is_read_in_the_token_and_not_in_what_stands_around_it(base: Base, lie: bytes) -> None:
    from archive import token_form

    token = token_form.bare(forge.token(base.world.first, b"data"))
    told = sequence(sequence(integer(0), sequence(value(0x0C, lie))), token)
    root = base.world.first.root_pem().encode()
    true = stamp(Examination(root), forge.token(base.world.first, b"data"), b"data", b"", "x", "")
    assert true is not None
    assert stamp(Examination(root), told, b"data", b"", "x", "") == true
    refused = sequence(sequence(integer(2)), token)
    assert stamp(Examination(root), refused, b"data", b"", "x", "") is None


def test_a_path_that_is_too_long_or_too_short_leads_nowhere() -> None:
    for path in ([], ["0" * 64] * 2, [""], ["AB" * 32], ["ab " * 32]):
        with pytest.raises(Wrong):
            climb(b"leaf", 0, 2, path)


@pytest.mark.parametrize("y", [0, 1, 2**255 - 20, 2**255 - 19, 2**255 - 18])
def test_keys_for_which_anybody_can_sign_are_refused(y: int) -> None:
    base = (4 * pow(5, -1, 2**255 - 19) % (2**255 - 19)).to_bytes(32, "little")
    with pytest.raises(Wrong):
        ed25519(y.to_bytes(32, "little"), b"anything", base + (1).to_bytes(32, "little"))


def test_times_have_any_number_of_digits() -> None:
    for text, micro in (("", 0), (".5", 500_000), (".123456789", 123_456)):
        assert moment(f"2026-03-01T12:00:00{text}Z") == datetime.fromisoformat("2026-03-01T12:00:00+00:00").replace(
            microsecond=micro
        )
    with pytest.raises(Wrong):
        moment("yesterday")


@pytest.mark.parametrize(
    "words",
    [
        ["--signer"],
        ["--roots"],
        ["--signer", "9e48"],
        ["nowhere.zip"],
        ["--sign"],
        [".", "."],
        ["--roots", "."],
    ],
)
def test_words_it_cannot_use_are_told(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(words) == 2
    assert capsys.readouterr().out


def test_a_fingerprint_may_be_written_as_people_write_it(base: Base, tmp_path: Path) -> None:
    (tmp_path / "b.zip").write_bytes(base.bytes)
    told = ":".join(re.findall("....", base.world.identity.fingerprint.upper()))
    assert main([str(tmp_path / "b.zip"), "--signer", f"sha256:{told}"]) == 0


def test_bytes_under_the_name_of_a_folder_are_found(base: Base, tmp_path: Path) -> None:
    made = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(base.bytes)) as old, zipfile.ZipFile(made, "w") as new:
        for info in old.infolist():
            new.writestr(info, old.read(info))
        new.writestr("harbour/data/", b"hidden")
    (tmp_path / "b.zip").write_bytes(made.getvalue())
    assert "hides bytes" in failed(tmp_path / "b.zip", base)
    assert main([str(tmp_path / "b.zip")]) == 1


BARE: dict[str, Callable[[Base, Path], object]] = {
    "a WARC": lambda b, p: p.write_bytes(b.bare[0][WARC]),
    "signed by a domain": lambda b, p: packed(p, {**foreign(b), "datapackage-digest.json": (
        b'{"path": "datapackage.json", "hash": "sha256:%s", "signedData": {"domainCert": "x"}}'
        % forge.sha(foreign(b)["datapackage.json"]).encode())}),
}  # fmt: skip


@pytest.mark.parametrize("name", BARE)
def test_who_wants_a_signer_is_told_where_there_is_none(base: Base, tmp_path: Path, name: str) -> None:
    BARE[name](base, tmp_path / "b")
    assert "signer" in failed(tmp_path / "b", base, signer=base.world.identity.fingerprint)


def test_ours_without_its_manifest_is_still_held_to_our_rules(base: Base, tmp_path: Path) -> None:
    files = {n: d for n, d in base.bare[0].items() if n != "evidence/manifest.json"}
    listed = forge.listed({**files, "evidence/manifest.json": base.bare[0]["evidence/manifest.json"]})
    listed.pop("evidence/manifest.json")
    listed["datapackage.json"] = edited(listed["datapackage.json"], lambda p: {
        **p, "software": "another/1.0",
        "resources": [r for r in p["resources"] if r["path"] != "evidence/manifest.json"]})  # fmt: skip
    packed(tmp_path / "b.wacz", listed)
    assert "manifest" in failed(tmp_path / "b.wacz", base)


def test_what_the_maker_says_of_his_clock_brings_no_date_nearer(base: Base, tmp_path: Path) -> None:
    """A clock three years behind, as stated, would make old dates fit a stamp of today."""
    from evidence.checks import Seal
    from evidence.verify_times import _true

    seal = Seal({"clock": {"offset": -3.0 * 365 * 86_400}}, AT)
    stated = AT.replace(year=AT.year - 3)
    assert min(stated, _true(stated, seal)) == stated


def test_an_authority_of_a_newsroom_is_red_until_the_reader_pins_it(base: Base, tmp_path: Path) -> None:
    from config.authorities import pinned

    path = tmp_path / "one.wacz"
    path.write_bytes(wacz(base, base.bare[0]))
    checks = verify(path)
    red = [c for c in checks if c.result == "failed"]
    assert red
    assert len(red) == len(base.world.trust.authorities)  # told once for each
    assert all("is not pinned here" in c.detail and "--pin" in c.detail for c in red), red
    for authority in base.world.trust.authorities:
        (tmp_path / f"tsa-{authority.id}.pem").write_text(authority.chain())
    found = tuple(one for p in sorted(tmp_path.glob("*.pem")) for one in pinned(p))
    assert not [c for c in verify(path, replace(base.world.trust, authorities=found)) if c.result == "failed"]
    (tmp_path / "none.pem").write_text("nothing")
    with pytest.raises(CannotStart, match="holds no certificate"):
        pinned(tmp_path / "none.pem")


def test_what_was_not_compared_is_said_once(base: Base, tmp_path: Path) -> None:
    from evidence.joining import verify_py

    (tmp_path / "b.zip").write_bytes(base.bytes)
    checks = verify(tmp_path / "b.zip", base.world.trust)
    (read,) = [c for c in checks if c.check == "what people read"]
    assert read.result == "not_checked"
    assert "README.html, report.pdf" in read.detail
    (ours,) = [c for c in checks if c.check == "verify.py"]
    assert ours.result == "not_checked"  # the forged bundle carries another
    assert "do not run it" in ours.detail
    files = forge.bagged({**base.case, "verify.py": verify_py()})
    (tmp_path / "b.zip").write_bytes(forge.bundle(forge.sealed(files, base.world.identity, stamp=base.world.second)))
    checks = verify(tmp_path / "b.zip", base.world.trust)
    assert [c.result for c in checks if c.check == "verify.py"] == ["proved"]


def test_receipts_of_calendars_are_told_and_show_nothing(base: Base, tmp_path: Path) -> None:
    (tmp_path / "b.zip").write_bytes(forge.bundle({**base.case, "seal/signature.json.calendar.ots": b"receipt"}))
    checks = verify(tmp_path / "b.zip", base.world.trust)
    assert [c.result for c in checks if "calendar.ots" in c.detail] == ["not_checked"]
    one = {**base.bare[0], f"evidence/seal-{forge.SEAL}.calendar.ots": b"receipt"}
    (tmp_path / "e.wacz").write_bytes(wacz(base, one))
    checks = verify(tmp_path / "e.wacz", base.world.trust)
    assert [c.result for c in checks if "calendar.ots" in c.detail] == ["not_checked"]
    assert main([str(tmp_path / "e.wacz")]) == 0


NAMES = {
    "data/tables/posts.csv ": "blank or a dot", "data/tables/posts.csv.": "one name on some systems",
    "data/CON.txt": "a device", "data/a:b": "a colon", "Data/x": "one name on some systems",
    "data/tables/posts.csv/x": "a file and a folder", "data/other/e1.wacz": "where we put no WACZ",
    "data/other/e2.WACZ": "where we put no WACZ", "data/exhibits/deep/e001-x.wacz": "where we put no WACZ",
}  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
def test_a_name_that_another_system_reads_otherwise_is_found(base: Base, tmp_path: Path, name: str) -> None:
    """By the right key, in every list: what stands there is signed, and read as another file elsewhere."""
    data = base.case[E1] if name.lower().endswith("wacz") else b"more"
    files = {**base.case, name: data, f"{name}.sha256": b"%s  %s\n" % (
        forge.sha(data).encode(), name.rpartition("/")[2].encode())}  # fmt: skip
    told = forge.sealed(forge.bagged(files), base.world.identity, stamp=base.world.second)
    (tmp_path / "b.zip").write_bytes(forge.bundle(told))
    assert NAMES[name] in failed(tmp_path / "b.zip", base)
    assert main([str(tmp_path / "b.zip")]) == 1


def in_a_folder(base: Base, folder: Path) -> Path:
    for name, data in base.case.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)
    return folder


def test_a_pipe_is_not_waited_for(base: Base, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    assert "no file" in failed(tmp_path / "pipe", base)
    folder = in_a_folder(base, tmp_path / "b")
    (folder / "README.html").unlink()
    os.mkfifo(folder / "README.html")
    assert "README.html is a link to elsewhere, or no file" in failed(folder, base)
    assert main([str(folder)]) == main([str(tmp_path / "pipe")]) == 1
    (tmp_path / "b.zip").write_bytes(base.bytes)
    os.mkfifo(tmp_path / "b.zip.sha256")
    assert not failed(tmp_path / "b.zip", base)
    (tmp_path / "b.zip.sha256").unlink()
    (tmp_path / "b.zip.sha256").write_text(f"{forge.sha(base.bytes)}  b.zip\n")
    os.mkfifo(tmp_path / "b.zip.sha256.noon.tsr")
    assert "b.zip.sha256.noon.tsr is no file" in failed(tmp_path / "b.zip", base)


def test_files_of_any_size_are_not_read(base: Base, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = in_a_folder(base, tmp_path / "b")
    with (folder / "data" / "more").open("wb") as file:
        file.truncate(64 * 10**9 + 1)  # sparse: it takes no room
    assert "more than is read" in failed(folder, base)
    assert "more than is read" in failed(folder / "data" / "more", base)
    assert main([str(folder)]) == main([str(folder / "data" / "more")]) == 1
    assert "more than is read" in capsys.readouterr().out


def test_reading_ends_where_it_is_interrupted(base: Base, tmp_path: Path) -> None:
    from concurrent.futures import ThreadPoolExecutor

    from evidence.files import FolderFiles

    class Interrupted(FolderFiles):
        def open(self, name: str) -> Any:
            class Endless:
                def read(self, size: int = -1) -> bytes:
                    return b"x"

                def close(self) -> None: ...

            if name == "a":
                raise KeyboardInterrupt
            return Endless()

    with ThreadPoolExecutor(2) as pool, pytest.raises(KeyboardInterrupt):
        Interrupted(path=tmp_path, sizes={"a": 1, "b": 1, "c": 1}).digest_all(pool)


def test_it_tells_how_it_is_used(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--help"]) == 0


@pytest.mark.parametrize("error", [KeyError("hash"), zlib.error("Error -3"), struct.error("unpack"), TypeError("None")])
def test_what_python_says_of_a_broken_file_is_said_as_a_sentence(error: Exception) -> None:
    assert worded(error).startswith("it cannot be read: ")
    assert "it was cut or changed" in worded(error)
