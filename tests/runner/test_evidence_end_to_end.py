"""A case leaves the house: both editions, checked where copytrail is not, and made twice to see what differs."""

from __future__ import annotations

import gzip
import re
import shutil
import subprocess
import sys
import zipfile
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from benchmarks.export_bundle import CASE, PLATFORMS, build
from core.errors import CopytrailError
from core.times import StillClock
from evidence.verify import verify
from runner.exhibits import Gatherer
from runner.export import export
from runner.stamping import seal_new
from runner.workspace import Workspace
from tests.archive.browsing import needs_browser

AT = datetime(2026, 3, 5, 8, tzinfo=UTC)
ITEMS = [f"{PLATFORMS[0]}:p0", f"{PLATFORMS[1]}:p21"]
DIGEST = re.compile(rb"[0-9a-f]{64}|(?:[0-9a-f]{4} ){15}[0-9a-f]{4}")


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """A case of some posts, one of them with a captured page."""
    return build(tmp_path_factory.mktemp("case") / "w", 24, 1, 11)


@pytest.fixture
def no_browser(monkeypatch: pytest.MonkeyPatch) -> None:
    def none(*_: object, **__: object) -> Any:
        raise CopytrailError("There is no browser here.")

    monkeypatch.setattr("evidence.printing.report_pdf", none)


def unpacked(path: Path, folder: Path) -> Path:
    """Unpack a case bundle as its reader would; return the one folder in it."""
    with zipfile.ZipFile(path) as archive:
        archive.extractall(folder)
    (inside,) = folder.iterdir()
    return inside


def alone(folder: Path) -> subprocess.CompletedProcess[str]:
    """Run the checker of a bundle as on a machine that has nothing but Python."""
    return subprocess.run(
        [sys.executable, "-I", "-S", "verify.py"], cwd=folder, env={}, capture_output=True, text=True, check=False
    )


def every_byte(data: bytes) -> bytes:
    """Return all that is in a file: zips and gzip members unpacked."""
    if data.startswith(b"PK\3\4"):
        with zipfile.ZipFile(BytesIO(data)) as archive:
            return b"".join(name.encode() + every_byte(archive.read(name)) for name in archive.namelist())
    return gzip.decompress(data) if data.startswith(b"\x1f\x8b") else data


@pytest.mark.usefixtures("no_browser")
def test_both_editions_hold_elsewhere_and_the_public_one_hides_whom_it_should(
    workspace: Workspace, tmp_path: Path
) -> None:
    with workspace.database.read() as conn:
        from storage import readers

        author = next(p["author"] for p in readers.rows(conn, "posts", CASE) if p["ref"] == ITEMS[0])
    hidden = tmp_path / "redact.yml"
    hidden.write_text(f"persons:\n  - handles: [{author['handle']}]\n    why: A bystander.\n")
    done = export(workspace, case=CASE, out=tmp_path / "b.zip", edition="public", items=ITEMS, redact=[str(hidden)])
    sealed = Path(done["sealed"]["path"])
    assert author["handle"].encode() in every_byte(sealed.read_bytes())
    assert author["handle"].encode() not in every_byte((tmp_path / "b.zip").read_bytes())
    for path in (sealed, tmp_path / "b.zip"):
        assert [c for c in verify(path) if c.result == "failed"] == []
        folder = unpacked(path, tmp_path / path.stem)
        found = alone(folder)
        assert found.returncode == 0, found.stdout
        (picture,) = (folder / "data" / "thumbnails").glob("*.png")
        picture.write_bytes(picture.read_bytes()[:-1] + b"\0")
        found = alone(folder)
        assert found.returncode != 0
        assert f"data/thumbnails/{picture.name}" in found.stdout


def members(path: Path) -> dict[str, bytes]:
    """Return every file of a bundle, those of its WACZ files too, with digests taken out."""
    found: dict[str, bytes] = {}
    with zipfile.ZipFile(path) as archive:
        for name in archive.namelist():
            data = archive.read(name)
            if name.endswith(".wacz"):
                with zipfile.ZipFile(BytesIO(data)) as inner:
                    found |= {f"{name}!{one}": inner.read(one) for one in inner.namelist()}
            else:
                found[name] = DIGEST.sub(b"#", data)
    return found


@needs_browser
def test_a_case_exported_twice_at_one_moment_differs_in_signatures_and_digests_alone(
    workspace: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from pypdf import PdfReader

    monkeypatch.setattr(Workspace, "clock", lambda _: StillClock(AT))
    seal_new(workspace)  # else each export makes a seal of its own, under an id of chance
    made = []
    for copy in ("a", "b"):
        shutil.copytree(workspace.root, tmp_path / copy / "w")
        one = Workspace.open(tmp_path / copy / "w")
        export(one, case=CASE, out=tmp_path / copy / "case.zip", items=ITEMS)
        one.database.close()
        made.append(members(tmp_path / copy / "case.zip"))
    left, right = made
    assert left.keys() == right.keys()
    differing = {name.split("/", 1)[1].rsplit("!", 1)[-1] for name in left if left[name] != right[name]}
    assert differing <= {"datapackage-digest.json", "seal/signature.json", "report.pdf"}
    prints = [next(data for name, data in one.items() if name.endswith("report.pdf")) for one in made]
    told = [[page.extract_text() for page in PdfReader(BytesIO(data)).pages] for data in prints]
    told = [[re.sub(r"[0-9a-f]{16,}", "#", page) for page in pages] for pages in told]
    assert told[0] == told[1]


def test_a_file_that_came_packed_goes_along_as_it_is_kept(tmp_path: Path) -> None:
    row = {"sha256": "aa" * 32, "url": "https://harbour.example/plan.svg", "mime": "image/svg+xml", "capture": "urn:1",
           "fetched_at": "2026-03-01T12:00:00Z", "path": "archive/blobs/aa"}  # fmt: skip
    gatherer = Gatherer(tmp_path, "copytrail/1", {}, {"x:1": [row]}, frozenset({"urn:1"}))

    def archive(payload: str) -> Any:
        return SimpleNamespace(records={"urn:1": SimpleNamespace(seen=SimpleNamespace(payload=payload))})

    assert gatherer.kept("x:1", archive(f"sha256:{row['sha256']}")) == [], "the answer holds it as it is"
    assert [one.sha256 for one in gatherer.kept("x:1", archive(f"sha256:{'bb' * 32}"))] == [row["sha256"]]
