"""verify.py is joined from small modules: reproducibly, and never from two that one file cannot hold."""

from __future__ import annotations

from pathlib import Path

import pytest

from evidence import joining


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(joining, "_FOLDER", tmp_path)
    monkeypatch.setattr(joining, "ORDER", ("one", "main"))
    (tmp_path / "one.py").write_text(
        '"""One."""\n\nimport os\nfrom re import A, I\n\n\ndef one():\n    return os, A, I\n'
    )
    return tmp_path


def joined(folder: Path, main: str) -> str:
    (folder / "main.py").write_text(f'"""What it does."""\n\n{main}')
    return joining.verify_py.__wrapped__().decode()


def test_every_module_is_joined() -> None:
    there = {p.stem for p in (Path(joining.__file__).with_name("checker")).glob("*.py")} - {"__init__"}
    assert there == set(joining.ORDER)


def test_it_is_the_same_each_time() -> None:
    assert joining.verify_py() == joining.verify_py.__wrapped__()
    assert joining.verify_py().startswith(b'#!/usr/bin/env python3\n"""Check this bundle without the program')
    assert b"evidence.checker" not in joining.verify_py()


def test_what_is_imported_of_each_other_goes_and_the_rest_comes_once(folder: Path) -> None:
    text = joined(
        folder, "import os\nfrom re import I\n\nfrom evidence.checker.one import one\n\nfound = one(), os, I\n"
    )
    assert text.count("import os") == text.count("from re import A, I") == 1
    assert "evidence" not in text
    kept: dict[str, object] = {}
    exec(text, kept)
    assert kept["found"]


@pytest.mark.parametrize(("main", "says"), [
    ("import os\n\ndef one(): ...\n", "both define one"),
    ("from evidence.checker.one import two\n", "stands behind it"),
    ("import os as o\n", "another name"),
    ("from sre_constants import I\n", "another module"),
])  # fmt: skip
def test_what_one_file_cannot_hold_is_refused(folder: Path, main: str, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        joined(folder, main)
