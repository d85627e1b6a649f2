"""The newsroom's key: made once, kept outside workspaces, changed with a reason, never lost in silence."""

from __future__ import annotations

import stat
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from core.errors import BadInput, CannotStart
from core.times import StillClock
from evidence.signing import check_signer
from runner import identity, keyfile, keystore, known_keys
from runner.keyfile import Place
from runner.workspace import Workspace
from tests.runner.commands import Home, copytrail

CLOCK = StillClock(datetime(2026, 5, 1, 12, tzinfo=UTC))
WORDS = "invented words of a test"


class Store:
    """A key store in memory."""

    def __init__(self) -> None:
        self.kept: dict[tuple[str, str], str] = {}

    def set_password(self, service: str, account: str, secret: str) -> None:
        self.kept[service, account] = secret

    def get_password(self, service: str, account: str) -> str | None:
        return self.kept.get((service, account))

    def delete_password(self, service: str, account: str) -> None:
        self.kept.pop((service, account), None)


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Place:
    monkeypatch.setenv("COPYTRAIL_KEYS", str(tmp_path / "home"))
    return Place.of_user()


def test_without_key_store_and_passphrase_the_key_lies_apart_from_what_unlocks_it(place: Place) -> None:
    keys = identity.ensure(place, CLOCK)
    assert keys.kept == "file"
    assert identity.open_key(place, keys).fingerprint == keys.fingerprint
    assert identity.UNPROTECTED in identity.kept_says(keys, place)
    for path in (place.file, place.unlocker(keys)):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert place.file.parent != place.unlocker(keys).parent
    assert b"ENCRYPTED PRIVATE KEY" in place.file.read_bytes()


def test_a_key_is_made_once(place: Place) -> None:
    made = identity.ensure(place, CLOCK)
    assert identity.ensure(place, CLOCK).fingerprint == made.fingerprint


def test_of_two_that_make_a_key_at_once_both_get_the_first(place: Place) -> None:
    from evidence.signing import Identity

    first = keyfile.keep(place, Identity.new(), "2026-05-01T12:00:00Z", fresh=True)
    second = keyfile.keep(place, Identity.new(), "2026-05-01T12:00:00Z", fresh=True)
    assert second.fingerprint == first.fingerprint
    assert len(list(place.config.glob("unlock-*"))) == 1


def test_a_key_store_that_keeps_secrets_holds_the_passphrase(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    store = Store()
    monkeypatch.setattr(keystore, "_store", lambda: store)
    there = Place(place.data, place.config, store=True)
    keys = identity.ensure(there, CLOCK)
    assert keys.kept == "keystore"
    assert len(store.kept) == 1
    assert identity.open_key(there, keys).fingerprint == keys.fingerprint
    identity.protect(there, WORDS)
    assert store.kept == {}
    store_less = identity.there(there)
    monkeypatch.setenv("COPYTRAIL_KEY_PASSPHRASE", WORDS)
    assert identity.open_key(there, store_less).fingerprint == keys.fingerprint


def test_a_store_that_forgot_the_passphrase_is_told(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    store = Store()
    monkeypatch.setattr(keystore, "_store", lambda: store)
    there = Place(place.data, place.config, store=True)
    keys = identity.ensure(there, CLOCK)
    store.kept.clear()
    with pytest.raises(CannotStart, match="key import"):
        identity.open_key(there, keys)


def test_stand_ins_of_keyring_are_no_key_stores(monkeypatch: pytest.MonkeyPatch) -> None:
    import keyring
    from keyring.backends import fail, null

    for stand_in in (fail.Keyring(), null.Keyring()):
        monkeypatch.setattr(keyring, "get_keyring", lambda found=stand_in: found)
        assert keystore.name() is None
        assert not keystore.keep("account", "secret")
        assert keystore.find("account") is None


def test_a_passphrase_of_the_environment_protects_from_the_start(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COPYTRAIL_KEY_PASSPHRASE", WORDS)
    keys = identity.ensure(place, CLOCK)
    assert keys.kept == "passphrase"
    assert not place.config.exists()
    monkeypatch.setenv("COPYTRAIL_KEY_PASSPHRASE", "other words of a test")
    with pytest.raises(CannotStart, match="does not open the key"):
        identity.open_key(place, keys)
    monkeypatch.delenv("COPYTRAIL_KEY_PASSPHRASE")
    with pytest.raises(CannotStart, match="COPYTRAIL_KEY_PASSPHRASE"):
        identity.open_key(place, keys)


def test_a_short_passphrase_is_refused(place: Place) -> None:
    identity.ensure(place, CLOCK)
    with pytest.raises(BadInput, match="12 characters"):
        identity.protect(place, "short")


@pytest.mark.parametrize("data", [b"", b"[]", b"{}", b'{"v": 1, "signer": {}}', b"\xff" * 50])
def test_a_damaged_key_stops_the_signing_and_is_named(place: Place, data: bytes) -> None:
    place.file.parent.mkdir(parents=True)
    place.file.write_bytes(data)
    with pytest.raises(CannotStart, match=r"identity\.json"):
        identity.ensure(place, CLOCK)


def test_private_keys_beside_anothers_public_half_do_not_sign(place: Place) -> None:
    from dataclasses import replace

    from evidence.signing import Identity

    keys = identity.ensure(place, CLOCK)
    swapped = replace(keys, signer=Identity.new().as_row())
    with pytest.raises(CannotStart, match="public half"):
        identity.open_key(place, swapped)


def test_a_new_key_leaves_the_old_one_with_dates_reason_and_its_own_word(place: Place) -> None:
    from core.canonical import canonical
    from evidence.signing import check_detached

    old = identity.ensure(place, CLOCK)
    new = identity.renew(place, "laptop stolen", CLOCK)
    (row,) = identity.retired(place)
    assert (row["reason"], row["followed_by"]) == ("laptop stolen", new.fingerprint)
    signed = row.pop("signed")
    check_detached(check_signer(row["signer"]).ed25519, canonical(row), signed)
    assert known_keys.known(place) == {
        new.fingerprint: "your own key",
        old.fingerprint: "your own key until 2026-05-01",
    }
    assert len(list(place.config.glob("unlock-*"))) == 1


def test_a_lost_key_can_be_followed_by_a_new_one(place: Place) -> None:
    keys = identity.ensure(place, CLOCK)
    place.unlocker(keys).unlink()
    new = identity.renew(place, "passphrase lost", CLOCK)
    assert next(iter(identity.retired(place)))["signed"] is None
    assert identity.open_key(place, new).fingerprint == new.fingerprint


def test_a_key_moves_to_another_machine(place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = identity.rename(place, "Harbour desk") if identity.ensure(place, CLOCK) else None
    assert first is not None
    identity.backup(place, tmp_path / "copy.json", WORDS)
    with pytest.raises(BadInput, match="already"):
        identity.backup(place, tmp_path / "copy.json", WORDS)
    monkeypatch.setenv("COPYTRAIL_KEYS", str(tmp_path / "elsewhere"))
    there = Place.of_user()
    before = identity.ensure(there, CLOCK)
    with pytest.raises(BadInput, match="does not open the key"):
        identity.take_in(there, tmp_path / "copy.json", "other words of a test", CLOCK)
    taken = identity.take_in(there, tmp_path / "copy.json", WORDS, CLOCK)
    assert (taken.fingerprint, taken.kept) == (first.fingerprint, "file")
    assert identity.open_key(there, taken).name == "Harbour desk"
    assert [row["signer"]["fingerprint"] for row in identity.retired(there)] == [before.fingerprint]


def test_a_trial_signs_with_a_key_of_its_own(place: Place, tmp_path: Path) -> None:
    workspace = Workspace.create(tmp_path / "trial", text='[workspace]\nkind = "demo"\n')
    key = identity.load(workspace)
    assert key.name == "throw-away key of a demo"
    assert not place.file.exists()
    assert identity.load(workspace).fingerprint == key.fingerprint
    assert identity.remarks(workspace, key) == []
    workspace.database.close()


def test_an_export_says_when_the_key_is_another_than_the_workspace_names(place: Place, tmp_path: Path) -> None:
    assert copytrail("init", tmp_path / "case").status == 0
    workspace = Workspace.open(tmp_path / "case")
    key = identity.load(workspace)
    assert workspace.settings.evidence.key == key.fingerprint
    assert identity.remarks(workspace, key) == []
    identity.renew(place, "a test", CLOCK)
    (says,) = identity.remarks(workspace, identity.load(workspace))
    assert "was changed on 2026-05-01 (a test)" in says
    (place.data / "retired" / f"{key.fingerprint}.json").unlink()
    (says,) = identity.remarks(workspace, identity.load(workspace))
    assert key.fingerprint in says
    assert "key import" in says


def test_init_shows_the_fingerprint_and_what_guards_the_key(place: Place, tmp_path: Path) -> None:
    from evidence.signing import spoken

    printed = copytrail("init", tmp_path / "case")
    keys = identity.there(place)
    assert spoken(keys.fingerprint) in printed.out
    assert "set a passphrase with `copytrail key protect`" in printed.out
    again = copytrail("init", tmp_path / "second")
    assert spoken(keys.fingerprint) in again.out


def test_the_throw_away_key_of_a_trial_is_introduced_as_one_and_not_to_be_spread(tmp_path: Path) -> None:
    from evidence.signing import spoken

    workspace = Workspace.create(tmp_path / "trial", text='[workspace]\nkind = "test"\n')
    place = identity.place_of(workspace)
    keys = identity.ensure(place, CLOCK)
    told = "\n".join(identity.introduced(keys, place, trial=True))
    assert "throw-away" in told
    assert spoken(keys.fingerprint) in told
    assert "protect" not in told
    assert "Tell this fingerprint" not in told
    assert "Tell this fingerprint" in "\n".join(identity.introduced(keys, place, trial=False))


def test_doctor_shows_the_fingerprint_in_groups(place: Place, tmp_path: Path) -> None:
    from evidence.signing import spoken
    from runner.doctor import _signing

    assert copytrail("init", tmp_path / "case").status == 0
    assert spoken(identity.there(place).fingerprint) in _signing().says


def test_init_makes_the_workspace_where_no_key_can_be_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv("COPYTRAIL_KEYS", str(tmp_path / "file"))
    printed = copytrail("init", tmp_path / "case")
    assert printed.status == 1
    assert "COPYTRAIL_KEYS" in printed.err
    assert (tmp_path / "case" / "copytrail.toml").exists()


def test_the_commands_of_the_key(place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert copytrail("key", "show").status == 3
    keys = identity.ensure(place, CLOCK)
    row: dict[str, Any] = copytrail("key", "show", "--json").rows[0]
    assert (row["fingerprint"], row["kept"], row["made"]) == (keys.fingerprint, "file", "2026-05-01T12:00:00Z")
    assert copytrail("key", "export-public", tmp_path / "public.pem").status == 0
    assert (tmp_path / "public.pem").read_text().count("BEGIN PUBLIC KEY") == 2
    assert copytrail("key", "protect").status == 3
    monkeypatch.setenv("COPYTRAIL_KEY_NEW_PASSPHRASE", WORDS)
    assert copytrail("key", "protect").status == 0
    monkeypatch.setenv("COPYTRAIL_KEY_PASSPHRASE", WORDS)
    assert copytrail("key", "name", "Harbour\tdesk").status == 0
    assert identity.there(place).signer["name"] == "Harbour desk"
    assert copytrail("key", "backup", tmp_path / "copy.json").status == 0
    assert copytrail("key", "import", tmp_path / "copy.json").status == 0
    assert copytrail("key", "new", "--reason", "a test").status == 0
    assert identity.there(place).kept == "passphrase"
    assert len(copytrail("key", "show", "--json").rows[0]["earlier"]) == 1


def test_known_keys_are_noted_and_taken_off(place: Place) -> None:
    other = "ab12" * 16
    grouped = " ".join([other[i : i + 4].upper() for i in range(0, 64, 4)])
    assert copytrail("key", "trust", *grouped.split(), "--name", "Other desk").status == 0
    assert copytrail("key", "list", "--json").rows == [{"fingerprint": other, "name": "Other desk"}]
    assert known_keys.known(place) == {other: "Other desk"}
    assert copytrail("key", "trust", "12", "--name", "x").status == 2
    assert copytrail("key", "distrust", other).status == 0
    assert copytrail("key", "distrust", other).status == 2
    assert known_keys.known(place) == {}


def test_an_export_with_another_key_than_the_workspace_names_says_so(
    place: Place, home: Home, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(Workspace, "is_trial", False)
    settings = home.folder / "copytrail.toml"
    settings.write_text(settings.read_text().replace('kind = "test"\nloopback_port', "# loopback_port"))
    with settings.open("a") as file:
        file.write(f'[evidence]\nkey = "{"ab12" * 16}"\n')
    (tmp_path / "posts.ndjson").write_text('{"platform": "x", "native_id": "1", "text": "Gulls over the harbour."}\n')
    home("import", tmp_path / "posts.ndjson", "--case", "harbour")
    printed = home("export", "--case", "harbour", "--out", tmp_path / "out.zip", "--json")
    assert printed.rows[0]["fingerprint"] == identity.there(place).fingerprint
    assert "copytrail.toml names ab12ab12" in printed.err
