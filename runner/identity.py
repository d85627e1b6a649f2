"""The newsroom's identity: made once, shared by its workspaces, changed only with a reason."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.canonical import canonical
from core.errors import BadInput, CannotStart
from core.times import iso
from runner import keyfile
from runner.keyfile import PASSPHRASE, KeyFile, Place

if TYPE_CHECKING:
    from core.times import Clock
    from evidence.signing import Identity
    from runner.workspace import Workspace

UNPROTECTED = "Whoever can read your home folder can sign in your name; set a passphrase with `copytrail key protect`."
SHORTEST = 12  # characters of a passphrase


def place_of(workspace: Workspace) -> Place:
    """Return where the identity of a workspace lies: the user's, but a throw-away one for a demo or a test."""
    if workspace.is_trial:
        return Place(workspace.root / "trial-key", workspace.root / "trial-key", store=False)
    return Place.of_user()


def load(workspace: Workspace) -> Identity:
    """Return the identity that signs what this workspace exports; it is made where there is none yet.

    Raises CannotStart where it cannot be unlocked or kept.
    """
    place = place_of(workspace)
    name = f"throw-away key of a {workspace.settings.workspace.kind}" if workspace.is_trial else None
    return open_key(place, ensure(place, workspace.clock(), name=name))


def ensure(place: Place, clock: Clock, *, name: str | None = None) -> KeyFile:
    """Return the key of a place; make it where there is none."""
    found = keyfile.read(place.file)
    if found is not None:
        return found
    from evidence.signing import Identity

    chosen = os.environ.get(PASSPHRASE) if place == Place.of_user() else None
    return keyfile.keep(place, Identity.new(name), iso(clock.now()), passphrase=_fit(chosen), fresh=True)


def open_key(place: Place, keys: KeyFile) -> Identity:
    """Unlock a key; raise CannotStart where that fails."""
    try:
        return keys.unlock(keyfile.passphrase_of(place, keys))
    except BadInput as error:
        raise CannotStart(error.sentence) from error


def remarks(workspace: Workspace, identity: Identity) -> list[str]:
    """Return what is to be said of the key at an export: that it is another than the workspace names."""
    expected = workspace.settings.evidence.key.replace(" ", "").lower()
    if not expected or expected == identity.fingerprint or workspace.is_trial:
        return []
    for row in retired(place_of(workspace)):
        if row["signer"]["fingerprint"] == expected:
            says = (
                f"The key was changed on {row['retired'][:10]} ({row['reason']}), and [evidence] key in copytrail.toml "
                f"still names the one before. Tell your readers the new fingerprint: {identity.fingerprint}."
            )
            return [says]
    says = (
        f"This machine signs with {identity.fingerprint}, but copytrail.toml names {expected}. Readers will meet a key "
        "they do not know: import the newsroom's with `copytrail key import FILE`, or name this one there."
    )
    return [says]


def kept_says(keys: KeyFile, place: Place) -> str:
    """Say where a key is kept, and what that means."""
    if keys.kept == "keystore":
        from runner import keystore

        return f"encrypted in {place.file}; {keystore.name() or 'the key store of this machine'} unlocks it"
    if keys.kept == "passphrase":
        return f"encrypted in {place.file}; your passphrase unlocks it"
    return f"encrypted in {place.file}; {place.unlocker(keys)} unlocks it. {UNPROTECTED}"


def described(keys: KeyFile, place: Place) -> list[str]:
    """Return what people are told of a key, line by line."""
    from evidence.signing import spoken

    name = f" ({keys.signer['name']})" if keys.signer["name"] else ""
    return [
        f"Key{name}, made {keys.made[:10]}. Fingerprint:",
        f"  {spoken(keys.fingerprint)}",
        f"It is {kept_says(keys, place)}.".replace("..", "."),
    ]


def introduced(keys: KeyFile, place: Place, *, trial: bool) -> list[str]:
    """Return what `init` tells of the key; of a trial's, that it is good for nothing else."""
    from evidence.signing import spoken

    if trial:
        says = "This is a trial workspace: a throw-away key signs its bundles. Readers cannot rely on it."
        return [
            says,
            f"  {spoken(keys.fingerprint)}",
        ]
    told = "Tell this fingerprint to those who will read your bundles, by another way than the bundle."
    return [*described(keys, place), told]


def as_row(keys: KeyFile, place: Place) -> dict[str, Any]:
    """Return the JSON line of `key show`."""
    return {"fingerprint": keys.fingerprint, "name": keys.signer["name"], "made": keys.made, "kept": keys.kept,
            "path": str(place.file), "earlier": [
                {"fingerprint": row["signer"]["fingerprint"], "made": row["made"], "retired": row["retired"],
                 "reason": row["reason"]} for row in retired(place)]}  # fmt: skip


def protect(place: Place, passphrase: str) -> KeyFile:
    """Put a key under a passphrase that a person chose; raise BadInput where it is too short."""
    keys = there(place)
    return keyfile.keep(place, open_key(place, keys), keys.made, passphrase=_fit(passphrase))


def rename(place: Place, name: str) -> KeyFile:
    """Give the identity a name that bundles tell; its keys and their passphrase stay."""
    keys = there(place)
    secret = keyfile.passphrase_of(place, keys)
    try:
        identity = replace(keys.unlock(secret), name=named(name))
    except BadInput as error:
        raise CannotStart(error.sentence) from error
    return keyfile.keep(place, identity, keys.made, passphrase=secret if keys.kept == "passphrase" else None)


def backup(place: Place, path: Path, passphrase: str) -> KeyFile:
    """Write a copy of the key under a passphrase of its own; raise BadInput where the file is there already."""
    keys = there(place)
    copy = keyfile.lock(open_key(place, keys), keys.made, "passphrase", str(_fit(passphrase)))
    try:
        written = keyfile.write_private(path, copy.as_bytes(), fresh=True)
    except OSError as error:
        raise BadInput(f"{path} cannot be written: {error.strerror or error}.") from error
    if not written:
        raise BadInput(f"{path} is there already; name a new file.")
    return keys


def take_in(place: Place, path: Path, passphrase: str, clock: Clock) -> KeyFile:
    """Take the key of a copy; one that is here already is set aside. Raises BadInput on a wrong passphrase."""
    try:
        copy = keyfile.read(path)
    except CannotStart as error:
        raise BadInput(f"{path} is no copy of a key that `copytrail key backup` wrote.") from error
    if copy is None:
        raise BadInput(f"There is no file {path}.")
    identity = copy.unlock(passphrase)
    old = keyfile.read(place.file)
    if old is not None and old.fingerprint != copy.fingerprint:
        _retire(place, old, identity, "another key was imported", clock)
    protected = os.environ.get(PASSPHRASE) or (passphrase if old is not None and old.kept == "passphrase" else None)
    return keyfile.keep(place, identity, copy.made, passphrase=_fit(protected))


def renew(place: Place, reason: str, clock: Clock, name: str | None = None) -> KeyFile:
    """Make a new identity in place of the old, which is set aside with dates and reason.

    The old key signs that the new one follows it, where it can still be unlocked.
    """
    from evidence.signing import Identity

    old = there(place)
    identity = Identity.new(named(name) if name else old.signer["name"])
    _retire(place, old, identity, reason, clock)
    chosen = keyfile.passphrase_of(place, old) if old.kept == "passphrase" else None
    return keyfile.keep(place, identity, iso(clock.now()), passphrase=chosen)


def retired(place: Place) -> Iterator[dict[str, Any]]:
    """Yield the public halves of earlier keys with dates and reason, oldest first."""
    rows = []
    for path in (place.data / "retired").glob("*.json"):
        try:
            row = json.loads(path.read_bytes()[:100_000])
            rows.append((str(row["retired"]), str(row["signer"]["fingerprint"]), row))
        except (OSError, ValueError, LookupError, TypeError):
            continue  # a damaged note of an earlier key stops nothing
    yield from (row for _, _, row in sorted(rows, key=lambda r: r[:2]))


def _retire(place: Place, old: KeyFile, new: Identity, reason: str, clock: Clock) -> None:
    row: dict[str, Any] = {"v": 1, "signer": old.signer, "made": old.made, "retired": iso(clock.now()),
                           "reason": reason, "followed_by": new.fingerprint}  # fmt: skip
    try:
        signed: str | None = open_key(place, old).sign(canonical(row))
    except CannotStart:
        signed = None  # lost keys are the commonest reason for a new one
    try:
        keyfile.write_private(place.data / "retired" / f"{old.fingerprint}.json", canonical({**row, "signed": signed}))
    except OSError as error:
        raise CannotStart(f"{place.data} cannot be written: {error.strerror or error}.") from error


def there(place: Place) -> KeyFile:
    """Return the key of a place; raise CannotStart where there is none."""
    keys = keyfile.read(place.file)
    if keys is None:
        raise CannotStart("There is no key on this machine yet; `copytrail init` makes one.")
    return keys


def named(name: str) -> str:
    """Return a name as it is kept; raise BadInput where it cannot be one."""
    name = " ".join(name.split())
    if not 0 < len(name) <= 80 or not name.isprintable():
        raise BadInput("A name has 1 to 80 printable characters.")
    return name


def _fit(passphrase: str | None) -> str | None:
    if passphrase is not None and len(passphrase) < SHORTEST:
        raise BadInput(f"A passphrase has at least {SHORTEST} characters; a few random words are best.")
    return passphrase
