"""Reading the posts of a bundle again: what was archived says them, and what was changed since does not."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from core.errors import CopytrailError
from evidence.checks import Check
from runner import rereading
from runner.said import Said, differences, filled
from runner.verify import verify
from runner.workspace import Workspace
from tests.runner.commands import Home
from tests.runner.sites import URL

ITEM, WHOLE = "text read again", "posts say what the answers say"


@pytest.fixture
def collected(home: Home, monkeypatch: pytest.MonkeyPatch) -> Home:
    """A case of sixty posts, read from one site; nothing is stamped or printed."""

    def none(*_: object, **__: object) -> Any:
        raise CopytrailError("There is no browser here.")

    monkeypatch.setattr("evidence.printing.report_pdf", none)
    with (home.folder / "copytrail.toml").open("a") as settings:
        settings.write("[timestamps]\nauthorities = []\n")
    home("add", URL, "--case", "harbour", "--route", "api")
    home("collect")
    return home


def seven(home: Home) -> str:
    return next(str(p["ref"]) for p in home.posts() if str(p["ref"]).endswith(":7"))


def exported(home: Home, name: str = "case.zip", *more: object) -> Path:
    out = home.folder / name
    home("export", "--case", "harbour", "--out", out, *more)
    return out


def told(checks: list[Check], check: str) -> list[tuple[str, str]]:
    return [(c.result, c.detail) for c in checks if c.check == check]


def alter(home: Home, column: str, value: str) -> None:
    """Change a post in the working copy, as somebody may who holds the key that will sign."""
    with Workspace.open(home.folder).database as database, database.write() as conn:
        conn.execute(text(f"UPDATE posts SET {column} = :value WHERE native_id = '7'"), {"value": value})


def test_what_was_archived_says_every_post_again(collected: Home) -> None:
    checks = verify(exported(collected, "case.zip"))
    assert [c for c in checks if c.result == "failed"] == []
    assert told(checks, WHOLE) == [("proved", "60 posts, read again from the archived answers, say the same.")]
    chosen = verify(exported(collected, "one.zip", "--item", seven(collected)))
    assert [result for result, _ in told(chosen, ITEM)] == ["proved"], "without case.wacz its own answers do"
    whole = verify(exported(collected, "case.wacz"))
    assert [result for result, _ in told(whole, WHOLE)] == ["proved"]


@pytest.mark.parametrize(("column", "value", "field"), [
    ("text", "The sea wall was never spoken of.", "text"), ("title", "Another title", "title"),
    ("author", json.dumps({"native_id": "3", "name": "Ines Okoro", "handle": "somebody_else"}), "author handle"),
])  # fmt: skip
def test_a_post_changed_and_signed_by_the_right_key_has_failed(
    collected: Home, column: str, value: str, field: str
) -> None:
    alter(collected, column, value)
    ref = seven(collected)
    checks = verify(exported(collected, "one.zip", "--item", ref))
    assert {c.check for c in checks if c.result == "failed"} == {ITEM}, "everything else fits: the owner signed it"
    assert f"{ref} differs in {field} from" in told(checks, ITEM)[0][1]
    whole = verify(exported(collected, "case.wacz"))
    assert [r for r, _ in told(whole, WHOLE)] == ["proved", "failed"]


def test_a_changed_post_fails_on_the_command_line_and_no_reread_leaves_it_unchecked(collected: Home) -> None:
    alter(collected, "text", "The sea wall was never spoken of.")
    path = exported(collected, "one.zip", "--item", seven(collected))
    assert "text read again" in collected("verify", path, status=1).out
    assert ITEM in collected("verify", path, "--no-reread").out
    assert [r for r, _ in told(verify(path, reread=False), ITEM)] == ["not_checked"]


def test_a_public_edition_is_not_red_for_what_is_covered(collected: Home) -> None:
    alter(collected, "text", "The sea wall was never spoken of.")
    exported(collected, "open.zip", "--edition", "public", "--item", seven(collected))
    checks = verify(collected.folder / "open.zip")
    assert [c for c in checks if c.result == "failed"] == []
    assert [r for r, _ in told(checks, ITEM)] == ["not_checked"]


def test_another_version_of_ours_is_no_reason_to_accuse(collected: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    alter(collected, "text", "The sea wall was never spoken of.")
    path = exported(collected, "one.zip", "--item", seven(collected))
    monkeypatch.setattr(rereading, "SOFTWARE", "copytrail/99")
    ((result, says),) = told(verify(path), ITEM)
    assert (result, "may read differently" in says) == ("not_checked", True)


def test_what_is_too_much_or_takes_too_long_is_not_checked(collected: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    path = exported(collected, "one.zip", "--item", seven(collected))
    with monkeypatch.context() as patch:
        patch.setattr(rereading, "_MOST_UNPACKED", 100)
        ((result, says),) = told(verify(path), ITEM)
        assert (result, "more than are read again" in says) == ("not_checked", True)
    monkeypatch.setattr(rereading.Rereading, "seconds", 0.0)
    monkeypatch.setattr(rereading, "_MOST_POSTS", -1)
    ((result, says),) = told(verify(path), ITEM)
    assert (result, "stops after" in says) == ("not_checked", True)


def test_what_a_later_answer_leaves_out_may_stand_as_an_earlier_one_told_it() -> None:
    """An account deleted since is named by no id any more; the text is held to the answer all the same."""
    before: Said = {"text": "Thanks.", "title": None, "author id": "t2_1", "author handle": "oar",
                    "created_at": "2024-06-07T11:41:24Z", "precision": "second"}  # fmt: skip
    after: Said = {**before, "text": "[deleted]", "author id": None, "author handle": "[deleted]"}
    kept: Said = {**after, "author id": "t2_1"}
    assert differences(kept, filled(after, kept, [before, after])) == []
    assert differences(kept, filled(after, kept, [after])) == ["author id"]
    assert differences({**kept, "text": "Thanks."}, filled(after, kept, [before])) == ["text"]
