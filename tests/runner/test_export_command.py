"""What `export` asks for and says."""

from __future__ import annotations

import pytest

from core.errors import BadInput, CannotStart
from runner.commands.evidence import said
from runner.passphrases import of_bundle

_DONE = {
    "path": "exports/h.zip", "edition": "sealed", "sha256": "ab", "posts": 2, "records": 3, "exhibits": 1,
    "encrypted": False, "pending": [], "without": [], "fingerprint": "cd",
}  # fmt: skip


def test_each_edition_is_named_and_a_throw_away_key_is_called_one() -> None:
    lines = said({**_DONE, "edition": "public", "sealed": {**_DONE, "path": "h-sealed.zip"}}, "; a throw-away one")
    assert lines[0].startswith("exports/h.zip: public edition, ")
    assert lines[3].startswith("h-sealed.zip: sealed edition, ")
    assert "signed with the key cd; a throw-away one" in lines


def test_the_passphrase_of_a_bundle_comes_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COPYTRAIL_BUNDLE_PASSPHRASE", "lantern tide sea wall")
    assert of_bundle(new=True) == "lantern tide sea wall"
    monkeypatch.setenv("COPYTRAIL_BUNDLE_PASSPHRASE", "short")
    with pytest.raises(BadInput, match="12 characters"):
        of_bundle(new=True)
    monkeypatch.delenv("COPYTRAIL_BUNDLE_PASSPHRASE")
    monkeypatch.setattr("sys.stdin", None)
    with pytest.raises(CannotStart, match="COPYTRAIL_BUNDLE_PASSPHRASE"):
        of_bundle()


def test_export_takes_the_passphrase_where_nobody_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    from click.testing import CliRunner

    from runner.cli import cli

    given: list[object] = []
    monkeypatch.setenv("COPYTRAIL_BUNDLE_PASSPHRASE", "lantern tide sea wall")
    monkeypatch.setattr("runner.commands.evidence.workspace_of", lambda _: None)

    def export(_: object, **told: object) -> dict[str, object]:
        given.append(told["lock"])
        return _DONE

    monkeypatch.setattr("runner.export.export", export)
    done = CliRunner().invoke(cli, ["export", "--case", "c", "--out", "c.zip", "--passphrase", "--json"])
    assert done.exit_code == 0, done.output
    assert given[0].passphrase == "lantern tide sea wall"  # type: ignore[attr-defined]
