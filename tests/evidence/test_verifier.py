"""verify.py of a bundle: Python alone, in another folder, finds what was tampered with and names it."""

from __future__ import annotations

import importlib.util
import re
import shutil
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

from tests.evidence import forge
from tests.evidence.forge import World
from tests.evidence.tampering import CASES, E1, Base, flipped

ROOT = Path(__file__).resolve().parents[2]
# what only somebody with certificates of their own can tell: the bundle brings what its maker put there
PINNED = {
    "a token of nobody we know", "a token under another's name", "the token of the bundle swapped for another's",
    "certificates swapped",
}  # fmt: skip


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Base:
    return Base(World(tmp_path_factory.mktemp("world")))


@pytest.fixture(scope="module")
def checker() -> ModuleType:
    spec = importlib.util.spec_from_file_location("checker", ROOT / "evidence" / "verifier.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def run(path: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Run verify.py by itself: isolated, without site-packages, in another folder."""
    command = [sys.executable, "-I", "-S", "-W", "error", str(path), *words]
    return subprocess.run(command, cwd=path.parent, capture_output=True, text=True)


def unzipped(base: Base, folder: Path, **change: bytes) -> Path:
    files = {**base.case, "verify.py": (ROOT / "evidence" / "verifier.py").read_bytes()}
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
    text = (ROOT / "evidence" / "verifier.py").read_text()
    used = set(re.findall(r"^(?:from|import) (\w+)", text, flags=re.M))
    assert used <= sys.stdlib_module_names


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
    base: Base, checker: ModuleType, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:  # fmt: skip
    (tmp_path / "harbour.zip").write_bytes(base.bytes)
    assert checked(checker, tmp_path / "harbour.zip") == 0, capsys.readouterr().out


def checked(checker: ModuleType, path: Path, *words: str) -> int:
    checker.RESULTS.clear()
    return int(checker.main([str(path), *words]))


@pytest.mark.parametrize("name", [name for name in CASES if name not in PINNED])
def test_it_is_found(
    base: Base, checker: ModuleType, tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str
) -> None:  # fmt: skip
    if re.search("token|stamp", name) and not shutil.which("openssl"):
        pytest.skip("openssl checks tokens, and is not here")
    (tmp_path / "harbour.zip").write_bytes(CASES[name][0](base))
    status = checked(checker, tmp_path / "harbour.zip", "--signer", base.world.identity.fingerprint)
    out = capsys.readouterr().out
    assert status == 1, out
    assert "Traceback" not in out
