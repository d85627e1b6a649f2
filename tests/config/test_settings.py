from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from config import settings
from core.errors import CannotStart


@pytest.fixture(autouse=True)
def _no_outside_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("COPYTRAIL_DATABASE_URL", raising=False)


def write(folder: Path, text: str) -> Path:
    (folder / settings.FILE).write_text(text, encoding="utf-8")
    return folder


def test_the_commented_template_is_valid_and_changes_nothing(tmp_path: Path) -> None:
    text = settings.template()
    assert settings.load(write(tmp_path, text)) == settings.Settings()
    spoken = "\n".join(line.removeprefix("# ") if " = " in line else line for line in text.splitlines())
    assert settings.Settings.model_validate(tomllib.loads(spoken)) == settings.Settings()


def test_the_environment_stands_over_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path, "[collect]\nattempts = 2\n")
    monkeypatch.setenv("COPYTRAIL_COLLECT__ATTEMPTS", "7")
    monkeypatch.setenv("COPYTRAIL_DATABASE_URL", "postgresql://somewhere/case")
    found = settings.load(tmp_path)
    assert found.collect.attempts == 7
    assert found.database.url == "postgresql://somewhere/case"


def test_a_folder_without_settings_says_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(CannotStart, match="copytrail init"):
        settings.load(tmp_path)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("[collect]\nattempts = 0\n", "collect.attempts"),
        ("[collect]\natempts = 1\n", "collect.atempts"),
        ("[workspace]\nkind = 'other'\n", "workspace.kind"),
        ("[workspace]\nloopback_port = 9\n", "demo and test workspaces"),
        ("[collect\n", "cannot be read"),
        ("collect = 3\n", "copytrail.toml: collect: "),
    ],
)
def test_a_wrong_setting_is_named(tmp_path: Path, text: str, says: str) -> None:
    with pytest.raises(CannotStart, match=says):
        settings.load(write(tmp_path, text))


def test_settings_that_are_no_text_are_named(tmp_path: Path) -> None:
    (tmp_path / settings.FILE).write_bytes(b"\xff\xfe\x00")
    with pytest.raises(CannotStart, match="cannot be read"):
        settings.load(tmp_path)


def test_a_setting_nobody_knows_is_named_with_the_one_meant(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(CannotStart, match=r"colect is no setting; perhaps collect is meant"):
        settings.load(write(tmp_path, "[colect]\nattempts = 1\n"))
    write(tmp_path, "")
    monkeypatch.setenv("COPYTRAIL_COLLECT__ATEMPTS", "3")
    with pytest.raises(CannotStart, match=r"variable COPYTRAIL_COLLECT__ATEMPTS is no setting; perhaps attempts"):
        settings.load(tmp_path)


def test_a_variable_of_an_unknown_section_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COPYTRAIL_ARCHIV__X", "3")
    with pytest.raises(CannotStart, match=r"variable COPYTRAIL_ARCHIV__X is no setting; perhaps archive"):
        settings.load(write(tmp_path, ""))


def test_the_threshold_of_the_settings_is_the_matchers_own() -> None:
    from matchers.wording import NEAR

    assert settings.Settings().match.near_threshold == NEAR


@pytest.mark.parametrize("line", ["[budgets]\nx = nan", "[budgets]\nx = inf", "[media]\nmax_run_megabytes = inf"])
def test_amounts_are_numbers_with_an_end(tmp_path: Path, line: str) -> None:
    with pytest.raises(CannotStart, match="finite number"):
        settings.load(write(tmp_path, f"{line}\n"))
