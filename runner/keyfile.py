"""The file that holds the newsroom's keys, encrypted, outside of every workspace; and where its passphrase is kept."""

from __future__ import annotations

import json
import os
import secrets
import sys
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, cast, get_args

from core.canonical import canonical
from core.errors import BadInput, CannotStart

if TYPE_CHECKING:
    from evidence.signing import Identity

Kept = Literal["keystore", "passphrase", "file"]
PASSPHRASE = "COPYTRAIL_KEY_PASSPHRASE"  # noqa: S105 - the name of a variable
_LARGEST = 100_000  # bytes of a file of ours


@dataclass(frozen=True)
class Place:
    """Where an identity lies: `data` holds the encrypted keys, `config` what unlocks them and the known keys."""

    data: Path
    config: Path
    store: bool = True  # whether the key store of the operating system may be used

    @classmethod
    def of_user(cls, environment: Mapping[str, str] | None = None) -> Place:
        """Return the place of this user; COPYTRAIL_KEYS names another, for containers and tests."""
        env = os.environ if environment is None else environment
        if chosen := env.get("COPYTRAIL_KEYS"):
            folder = Path(chosen).expanduser().resolve()
            return cls(folder / "keys", folder / "config", store=False)
        home = Path.home()
        if sys.platform == "win32":  # pragma: no cover - the other two are alike
            data, config = env.get("LOCALAPPDATA"), env.get("APPDATA")
            return cls(
                Path(data or home / "AppData/Local") / "copytrail/keys",
                Path(config or home / "AppData/Roaming") / "copytrail",
            )
        default = home / "Library/Application Support" if sys.platform == "darwin" else home / ".local/share"
        data, config = (env.get(n) for n in ("XDG_DATA_HOME", "XDG_CONFIG_HOME"))
        return cls(Path(data or default) / "copytrail/keys", Path(config or home / ".config") / "copytrail")

    @property
    def file(self) -> Path:
        """The encrypted keys."""
        return self.data / "identity.json"

    def unlocker(self, keys: KeyFile) -> Path:
        """Return the file of a passphrase that nobody chose."""
        return self.config / f"unlock-{keys.lock_id}"


@dataclass(frozen=True)
class KeyFile:
    """What `identity.json` says: since when, how its passphrase is kept, the public and the encrypted private half."""

    made: str
    kept: Kept
    signer: dict[str, Any]
    locked: dict[str, Any]

    @property
    def fingerprint(self) -> str:
        """The fingerprint of the identity."""
        return str(self.signer["fingerprint"])

    @property
    def lock_id(self) -> str:
        """What the passphrase goes by where it is kept: another each time, so that none is written over early."""
        return str(self.locked["kdf"]["salt"])[:16]

    def unlock(self, passphrase: str) -> Identity:
        """Return the identity; raise BadInput on a wrong passphrase, or keys that are not those named beside them."""
        from evidence.signing import unlocked

        found = unlocked(self.locked, passphrase, self.signer["name"])
        if (found.public.ed25519, found.public.p384) != _public(self.signer):
            raise BadInput("The private keys are not those of the public half beside them; take the key from a copy.")
        return found

    def as_bytes(self) -> bytes:
        """Return the file."""
        row = {"v": 1, "made": self.made, "kept": self.kept, "signer": self.signer, "locked": self.locked}
        return canonical(row)


def lock(identity: Identity, made: str, kept: Kept, passphrase: str) -> KeyFile:
    """Return an identity as it is kept: encrypted."""
    return KeyFile(made, kept, identity.as_row(), identity.locked(passphrase))


def read(path: Path) -> KeyFile | None:
    """Return what a file of keys says, None where there is none; raise CannotStart where it is damaged."""
    from evidence.signing import check_signer

    try:
        with path.open("rb") as file:
            row = json.loads(file.read(_LARGEST))
        check_signer(row["signer"])
        bytes.fromhex(row["locked"]["kdf"]["salt"])
        if row["v"] != 1 or row["kept"] not in get_args(Kept):
            raise ValueError
        return KeyFile(str(row["made"]), row["kept"], row["signer"], row["locked"])
    except FileNotFoundError:
        return None
    except OSError as error:
        raise CannotStart(
            f"The key in {path} cannot be read: {error.strerror or error}. Name another folder with COPYTRAIL_KEYS."
        ) from error
    except (BadInput, LookupError, TypeError, ValueError) as error:
        raise CannotStart(f"{path} is no key, or a damaged one; import a copy with `copytrail key import`.") from error


def passphrase_of(place: Place, keys: KeyFile) -> str:
    """Return the passphrase from where it is kept, or ask for it at a terminal; raise CannotStart where it is lost."""
    if keys.kept == "passphrase":
        return _told()
    if keys.kept == "keystore":
        from runner import keystore

        found = keystore.find(keys.lock_id)
        if found is None:
            raise CannotStart(
                "The key store of this machine is locked or has lost the key's passphrase; unlock it by signing in, "
                "or import the key from a copy with `copytrail key import FILE`."
            )
        return found
    path = place.unlocker(keys)
    try:
        return path.read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise CannotStart(
            f"{path}, which unlocks the key, cannot be read; import a copy of the key: `copytrail key import FILE`."
        ) from error


def _told() -> str:
    if given := os.environ.get(PASSPHRASE):
        return given
    if not sys.stdin or not sys.stdin.isatty():
        raise CannotStart(f"The key is protected by a passphrase: set {PASSPHRASE}, or run this at a terminal.")
    import click

    return str(click.prompt("Passphrase of the key", hide_input=True, err=True))


def keep(place: Place, identity: Identity, made: str, *, passphrase: str | None = None, fresh: bool = False) -> KeyFile:
    """Write the keys under a passphrase given, else one that the key store keeps, else one in a file of the user's.

    With `fresh` a key that another process made meanwhile stays, and is returned. Raises CannotStart where the folders
    cannot be written.
    """
    secret = passphrase or secrets.token_urlsafe(32)
    keys = lock(identity, made, "passphrase" if passphrase else "file", secret)
    try:
        if not passphrase:
            keys = replace(keys, kept=_kept(place, keys, secret))
        old = None if fresh else _readable(place.file)
        if not write_private(place.file, keys.as_bytes(), fresh=fresh):
            forget(place, keys)
            return cast("KeyFile", read(place.file))
    except OSError as error:
        raise CannotStart(
            f"The key cannot be kept in {place.data}: {error.strerror or error}. Name a folder with COPYTRAIL_KEYS."
        ) from error
    if old is not None:
        forget(place, old)
    return keys


def _kept(place: Place, keys: KeyFile, secret: str) -> Kept:
    """Put a passphrase that nobody chose where only this user reaches it, and say where that is."""
    if place.store:
        from runner import keystore

        if keystore.keep(keys.lock_id, secret):
            return "keystore"
    write_private(place.unlocker(keys), secret.encode() + b"\n")
    return "file"


def _readable(path: Path) -> KeyFile | None:
    try:
        return read(path)
    except CannotStart:
        return None  # a damaged file holds nothing to forget


def forget(place: Place, keys: KeyFile) -> None:
    """Drop the passphrase of a key that is kept no more."""
    if keys.kept == "file":
        with suppress(OSError):
            place.unlocker(keys).unlink()
    elif keys.kept == "keystore":
        from runner import keystore

        keystore.drop(keys.lock_id)


def write_private(path: Path, data: bytes, *, fresh: bool = False) -> bool:
    """Write a file that only this user may read, whole or not at all; with `fresh` one that is there stays (False)."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    part = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        if not fresh:
            part.replace(path)
            return True
        try:
            path.hardlink_to(part)
        except FileExistsError:
            return False
        return True
    finally:
        part.unlink(missing_ok=True)


def _public(signer: Mapping[str, Any]) -> tuple[bytes, bytes]:
    from evidence.signing import check_signer

    checked = check_signer(signer)
    return checked.ed25519, checked.p384
