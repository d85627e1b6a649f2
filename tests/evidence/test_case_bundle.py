from __future__ import annotations

import dataclasses
import errno
import hashlib
import json
import shutil
import subprocess
import zipfile
from pathlib import Path
from typing import Any

import bagit
import pytest

from archive.timestamps import Answer
from core.errors import BadInput, CannotStart
from core.records import Post
from evidence.case_bundle import write
from evidence.contents import Contents, Exhibit, Kept
from evidence.files import ZipFiles
from evidence.item import Known, capture_of_answer, item
from evidence.press import Sealed
from evidence.proofs import Means
from evidence.signing import Identity
from runner.exhibits import chosen, name
from tests.evidence.evidence_cases import AT, make, post

IDENTITY = Identity.new("The Harbour Desk")
TOKEN = b"no token, but bytes as an authority answers"


def _stamp(data: bytes, called: str) -> list[Answer]:
    return [Answer("first", "stamped", TOKEN, AT), Answer("second", "pending", why="it did not answer")]


def case(folder: Path, *refs: str) -> Contents:
    """Return contents with an exhibit for each of two archived posts, and for those named besides."""
    contents, _ = make(folder)
    posts = [*contents.posts, *(post(ref, "A post of a hostile name.", None, first_seen=None) for ref in refs)]
    made = []
    for number, row in enumerate(posts, 1):
        held = frozenset({row["capture"]} if row["capture"] else ())
        known = Known("article.site", records={"answer": row["capture"]} if row["capture"] else {})
        made.append(Exhibit(number, name(number, row["ref"]), item(row, number, known, "copytrail/0"), None, held))
    return dataclasses.replace(contents, posts=posts, exhibits=made)


def written(contents: Contents, out: Path, **more: Any) -> Sealed:
    means = Means(identity=IDENTITY, stamp=_stamp, chains={"first": "PEM\n", "second": "PEM\n"}, **more)
    return write(contents, out, means)


def unpacked(path: Path, into: Path) -> Path:
    with zipfile.ZipFile(path) as archive:
        archive.extractall(into)
        (folder,) = {n.split("/", 1)[0] for n in archive.namelist()}
    return into / folder


def test_the_bag_is_valid_and_every_sum_holds(tmp_path: Path) -> None:
    done = written(case(tmp_path), tmp_path / "harbour.zip")
    folder = unpacked(tmp_path / "harbour.zip", tmp_path / "out")
    assert folder.name == "harbour"
    bagit.Bag(str(folder)).validate()
    names = {str(p.relative_to(folder)) for p in folder.rglob("*") if p.is_file()}
    sums = {line.split("  ", 1)[1] for line in (folder / "SHA256SUMS").read_text().splitlines()}
    assert sums == {n for n in names if n != "SHA256SUMS" and not n.startswith("seal/")}
    if shutil.which("sha256sum"):
        subprocess.run(["sha256sum", "--quiet", "-c", "SHA256SUMS"], cwd=folder, check=True)
    assert done.exhibits == 3
    assert (tmp_path / "harbour.zip.sha256").read_text() == f"{done.sha256}  harbour.zip\n"
    assert hashlib.sha256((tmp_path / "harbour.zip").read_bytes()).hexdigest() == done.sha256


def test_the_layout_is_the_one_that_is_documented(tmp_path: Path) -> None:
    written(case(tmp_path), tmp_path / "harbour.zip")
    with zipfile.ZipFile(tmp_path / "harbour.zip") as archive:
        names = {n.removeprefix("harbour/") for n in archive.namelist()}
        assert all(i.compress_type == zipfile.ZIP_STORED for i in archive.infolist())
        statement = json.loads(archive.read("harbour/seal/statement.json"))
        signature = json.loads(archive.read("harbour/seal/signature.json"))
        sums = archive.read("harbour/SHA256SUMS")
        assert archive.read("harbour/seal/signature.json.first.tsr") == TOKEN
        first = archive.read("harbour/data/exhibits/e001-harbour-example-wall.wacz")
    assert {
        "bagit.txt", "bag-info.txt", "manifest-sha256.txt", "tagmanifest-sha256.txt", "README.html", "method.md",
        "SHA256SUMS", "seal/statement.json", "seal/signature.json", "seal/tsa-first.pem", "data/case.wacz",
        "data/custody.json", "data/exhibits/e001-harbour-example-wall.wacz",
        "data/exhibits/e001-harbour-example-wall.wacz.sha256",
    } <= names  # fmt: skip
    assert statement["sums"] == hashlib.sha256(sums).hexdigest()
    assert statement["exhibits"][1] == {
        "path": "data/exhibits/e001-harbour-example-wall.wacz", "sha256": hashlib.sha256(first).hexdigest(),
    }  # fmt: skip
    assert signature["signer"]["fingerprint"] == IDENTITY.fingerprint


def test_one_stamp_covers_the_signatures_of_all_wacz_files_and_says_what_is_pending(tmp_path: Path) -> None:
    from core import merkle

    asked: list[bytes] = []

    def stamp(data: bytes, called: str) -> list[Answer]:
        asked.append(data)
        return _stamp(data, called)

    done = write(case(tmp_path), tmp_path / "h.zip", Means(identity=IDENTITY, stamp=stamp))
    assert len(asked) == 2, "one over all signatures, one over the signature of the bundle"
    statement = json.loads(asked[0])
    assert statement["leaves"] == 4
    assert done.pending == ["second: it did not answer", "second: it did not answer"]
    folder = unpacked(tmp_path / "h.zip", tmp_path / "out")
    for path in [*folder.glob("data/exhibits/*.wacz"), folder / "data/case.wacz"]:
        with zipfile.ZipFile(path) as wacz:
            told = json.loads(wacz.read("datapackage-digest.json"))
        stamped, pending = told["timestamps"]
        assert stamped["statement"].encode() == asked[0]
        leaf = told["signedData"]["signature"].encode()
        assert merkle.climb(leaf, stamped["index"], 4, stamped["path"]) == statement["root"]
        assert pending["pending"] == "it did not answer"


def _two(tmp_path: Path) -> tuple[dict[str, bytes], dict[str, bytes]]:
    contents = case(tmp_path)
    found = []
    for n in ("one", "two"):
        written(contents, tmp_path / n / "harbour.zip")
        with zipfile.ZipFile(tmp_path / n / "harbour.zip") as archive:
            found.append({i: archive.read(i) for i in archive.namelist()})
    return found[0], found[1]


def test_two_exports_of_one_case_differ_in_signatures_only(tmp_path: Path) -> None:
    one, two = _two(tmp_path)
    assert list(one) == list(two)
    differing = {path.removeprefix("harbour/") for path in one if one[path] != two[path]}
    from_signatures = {
        "manifest-sha256.txt", "tagmanifest-sha256.txt", "SHA256SUMS", "README.html", "method.md",
        "seal/statement.json", "seal/signature.json",
    }  # fmt: skip
    rest = {d for d in differing - from_signatures if not d.endswith((".wacz", ".wacz.sha256"))}
    assert {d for d in rest if not d.startswith("data/tables/exhibits")} == set()
    for path in (p for p in one if p.endswith(".wacz")):
        with zipfile.ZipFile(_file(tmp_path, one[path])) as a, zipfile.ZipFile(_file(tmp_path, two[path], "b")) as b:
            assert a.namelist() == b.namelist()
            differ = {n for n in a.namelist() if a.read(n) != b.read(n)}
        assert differ <= {"datapackage-digest.json"}


def _file(folder: Path, data: bytes, called: str = "a") -> Path:
    (folder / called).write_bytes(data)
    return folder / called


def test_each_wacz_of_a_bundle_is_written_as_our_writer_writes(tmp_path: Path) -> None:
    written(case(tmp_path), tmp_path / "harbour.zip")
    folder = unpacked(tmp_path / "harbour.zip", tmp_path / "out")
    for path in [tmp_path / "harbour.zip", *folder.glob("data/exhibits/*.wacz")]:
        files = ZipFiles.opened(path)
        assert not [*files.flaws, *files.loose]


HOSTILE = ("../../etc/passwd", "Ж" * 40, "x" * 590, "a/b\\c:d*e?", "con.", "..", "\u202egnp.exe", "%2e%2e%2f")


def test_hostile_refs_give_names_that_any_system_can_hold(tmp_path: Path) -> None:
    written(case(tmp_path, *HOSTILE), tmp_path / "harbour.zip")
    with zipfile.ZipFile(tmp_path / "harbour.zip") as archive:
        names = [n for n in archive.namelist() if n.endswith(".wacz") and "/exhibits/" in n]
    assert len(names) == 3 + len(HOSTILE)
    assert all(len(n.rsplit("/", 1)[1]) < 80 and n.isascii() and ".." not in n and n == n.lower() for n in names)


def test_a_kept_file_goes_in_as_a_resource_record_of_a_fixed_id(tmp_path: Path) -> None:
    from evidence.members import members

    contents = case(tmp_path)
    data = b"\x89PNG\r\n\x1a\n picture"
    sha = hashlib.sha256(data).hexdigest()
    (tmp_path / "blob").write_bytes(data)
    kept = Kept(sha, "https://harbour.example/p.png", "image/png", "2026-03-01T12:00:00Z", tmp_path / "blob")
    first = dataclasses.replace(contents.exhibits[0], kept=[kept])
    contents = dataclasses.replace(contents, exhibits=[first, *contents.exhibits[1:]], kept=[kept])
    written(contents, tmp_path / "harbour.zip")
    folder = unpacked(tmp_path / "harbour.zip", tmp_path / "out")
    seen = []
    for path in (folder / "data/case.wacz", next(folder.glob("data/exhibits/e001*.wacz"))):
        with zipfile.ZipFile(path) as wacz, wacz.open("archive/000001.warc.gz") as warc:
            (record,) = [r for r in members(warc) if r.type == "resource"]
        assert record.headers["warc-payload-digest"] == f"sha256:{sha}"
        seen.append(record.id)
    assert seen[0] == seen[1]
    (tmp_path / "blob").write_bytes(b"changed")
    with pytest.raises(CannotStart, match="changed since it was kept"):
        written(contents, tmp_path / "again.zip")


def test_a_missing_record_stops_the_export_and_leaves_nothing(tmp_path: Path) -> None:
    contents = case(tmp_path)
    lost = dataclasses.replace(contents.exhibits[0], records=frozenset({"urn:uuid:lost"}))
    with pytest.raises(CannotStart, match=r"urn:uuid:lost.*backup"):
        written(dataclasses.replace(contents, exhibits=[lost]), tmp_path / "new" / "harbour.zip")
    assert list((tmp_path / "new").iterdir()) == []


def test_a_full_disk_is_told_and_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    contents = case(tmp_path)
    monkeypatch.setattr("evidence.bag.Bag.close", full)
    with pytest.raises(BadInput, match=r"cannot be written: No space left on device\. Make room"):
        written(contents, tmp_path / "new" / "harbour.zip")
    assert list((tmp_path / "new").iterdir()) == []


def test_nothing_is_overwritten(tmp_path: Path) -> None:
    (tmp_path / "harbour.zip").write_bytes(b"mine")
    with pytest.raises(BadInput, match="nothing is overwritten"):
        written(case(tmp_path), tmp_path / "harbour.zip")
    assert (tmp_path / "harbour.zip").read_bytes() == b"mine"


def test_a_signature_that_fails_fails_the_export(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: object) -> str:
        raise CannotStart("The signature did not hold.")

    monkeypatch.setattr(Identity, "sign", fails)
    with pytest.raises(CannotStart, match="did not hold"):
        written(case(tmp_path), tmp_path / "harbour.zip")
    assert not (tmp_path / "harbour.zip").exists()


def test_a_case_without_captures_posts_or_exhibits_is_still_a_bundle(tmp_path: Path) -> None:
    bare = dataclasses.replace(
        case(tmp_path), records=frozenset(), files=[], posts=[], families=[], pairs=[], exhibits=[]
    )
    assert written(bare, tmp_path / "bare.zip").exhibits == 0
    bagit.Bag(str(unpacked(tmp_path / "bare.zip", tmp_path / "out"))).validate()


def test_a_machine_without_a_browser_writes_the_bundle_without_its_pdf_and_says_so(tmp_path: Path) -> None:
    from core.errors import CopytrailError

    def none(_: Contents, **__: object) -> tuple[bytes, None]:
        raise CopytrailError("There is no browser.")

    done = written(case(tmp_path), tmp_path / "harbour.zip", printed=none)
    assert done.without == ["report.pdf is not in this bundle. There is no browser."]
    done = written(case(tmp_path / "b"), tmp_path / "b.zip", printed=lambda _, **__: (b"%PDF-1.7", None))
    with zipfile.ZipFile(tmp_path / "b.zip") as archive:
        assert archive.read("b/report.pdf") == b"%PDF-1.7"


def test_a_post_without_time_text_or_author_has_an_item_that_says_why(tmp_path: Path) -> None:
    row = Post(platform="harbour.example", native_id="1").model_dump(mode="json")
    told = item(row, 7, Known(), "copytrail/0")
    assert told["exhibit"] == 7
    assert told["created_at"] is None
    assert "no time" in told["missing"]["created_at"]
    assert told["missing"]["records.answer"].startswith("the post was imported")


def test_capture_json_of_an_answer_is_read_from_its_record(tmp_path: Path) -> None:
    from evidence.archived import Archive

    contents, ids = make(tmp_path)
    archive = Archive(list(contents.files))
    archive.look(contents.records)
    good = capture_of_answer(archive.records[ids[0]], "page", "copytrail/0")
    assert (good["outcome"], good["status"], good["url"]) == ("ok", 200, "https://harbour.example/wall")
    failed = capture_of_answer(archive.records[ids[3]], "page", "copytrail/0")
    assert (failed["outcome"], failed["status"], failed["reason"]) == ("error", None, "connection lost")


def test_exhibits_are_the_posts_of_the_widest_families_first_or_exactly_those_named() -> None:
    posts = [{"ref": f"p:{n}"} for n in range(6)]
    families = [
        {"id": "b", "platforms": ["x"], "size": 3, "members": ["p:3", "p:4", "p:5"]},
        {"id": "a", "platforms": ["x", "y"], "size": 2, "members": ["p:1", "p:0"]},
    ]
    assert [p["ref"] for p in chosen(posts, families, (), 4)] == ["p:1", "p:0", "p:3", "p:4"]
    assert [p["ref"] for p in chosen(posts, families, ("p:5", "p:2", "p:5"), 1)] == ["p:5", "p:2"]
