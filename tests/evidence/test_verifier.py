"""verify.py of a bundle: Python alone, in another folder, finds what was tampered with and names it."""

from __future__ import annotations

import ast
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from evidence.checker.main import main
from evidence.joining import verify_py
from tests.evidence import forge
from tests.evidence.forge import World
from tests.evidence.tampering import CASES, E1, Base, flipped

# what only somebody with certificates of their own can tell: the bundle brings what its maker put there
PINNED = {
    "a token of nobody we know", "a token under another's name", "the token of the bundle swapped for another's",
    "certificates swapped",
}  # fmt: skip


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Base:
    return Base(World(tmp_path_factory.mktemp("world")))


def run(path: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Run verify.py by itself: isolated, without site-packages, in another folder."""
    command = [sys.executable, "-I", "-S", "-W", "error", str(path), *words]
    return subprocess.run(command, cwd=path.parent, capture_output=True, text=True)


def unzipped(base: Base, folder: Path, **change: bytes) -> Path:
    files = {**base.case, "verify.py": verify_py()}
    for name, data in {**forge.sealed(forge.bagged(files), base.world.identity, stamp=base.world.second),
                       **change}.items():  # fmt: skip
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)
    return folder / "verify.py"


def test_it_needs_nothing_but_the_standard_library(base: Base, tmp_path: Path) -> None:
    done = run(unzipped(base, tmp_path / "harbour"))
    assert done.returncode == 0, done.stdout + done.stderr
    assert not done.stderr
    assert {line.split(" ", 1)[0] for line in done.stdout.splitlines()[:-1]} <= {"proved", "claimed", "not_checked"}
    used = set(re.findall(r"^(?:from|import) (\w+)", verify_py().decode(), flags=re.M))
    assert used <= sys.stdlib_module_names
    ast.parse(verify_py(), feature_version=(3, 8))


def test_it_names_a_flipped_byte_a_lost_entry_and_a_swapped_picture(base: Base, tmp_path: Path) -> None:
    log = base.case["data/custody.json"].replace(b'"events":[{', b'"events":[{"x":1},{', 1)
    wacz = {**base.waczs[0], "evidence/screenshot.png": forge.PNG + b"\x02"}
    for name, data in (
        ("data/tables/posts.csv", flipped(base.case["data/tables/posts.csv"])),
        ("data/custody.json", log),
        (E1, forge.zipped(wacz)),
    ):
        done = run(unzipped(base, tmp_path / name.replace("/", "-"), **{name: data}))
        assert done.returncode == 1
        failed = [line for line in done.stdout.splitlines() if line.startswith("failed")]
        assert any(name in line for line in failed), done.stdout
    assert "evidence/screenshot.png" in done.stdout


def test_the_untouched_bundle_is_intact(
    base: Base, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:  # fmt: skip
    (tmp_path / "harbour.zip").write_bytes(base.bytes)
    assert checked(tmp_path / "harbour.zip") == 0, capsys.readouterr().out


def checked(path: Path, *words: str) -> int:
    return main([str(path), *words])


@pytest.mark.parametrize("name", [name for name in CASES if name not in PINNED])
def test_it_is_found(
    base: Base, tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str
) -> None:  # fmt: skip
    if re.search("token|stamp", name) and not shutil.which("openssl"):
        pytest.skip("openssl checks tokens, and is not here")
    (tmp_path / "harbour.zip").write_bytes(CASES[name][0](base))
    status = checked(tmp_path / "harbour.zip", "--signer", base.world.identity.fingerprint)
    out = capsys.readouterr().out
    assert status == 1, out
    assert "Traceback" not in out
