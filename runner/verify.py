"""Verify a bundle with all that is known here: keys, pinned authorities, today's parsers; and note that it was done."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.errors import BadInput, CannotStart
from runner import known_keys

if TYPE_CHECKING:
    from evidence.checks import Check, Trust
    from runner.workspace import Workspace

Step = Callable[[str], None]


def trust(
    workspace: Workspace | None, *, signer: str | None = None, within: timedelta | None = None,
    pins: Sequence[Path] = (),
) -> Trust:  # fmt: skip
    """Return whom verify believes here: authorities we ship, the workspace or `pins` name, keys noted as known.

    `signer` is the fingerprint that must have signed, `pins` are files of certificates (PEM, named `tsa-<id>.pem` for
    the authority), or of authorities as `timestamps.own` has them. Works without a workspace. Raises BadInput where
    a fingerprint is none, CannotStart where a file cannot be used.
    """
    from config import authorities
    from evidence.checks import Trust

    pinned = authorities.known(workspace.settings, workspace.root) if workspace else authorities.known()
    known = dict(known_keys.known())
    if workspace is not None and workspace.is_trial:
        from runner.identity import place_of

        known |= known_keys.known(place_of(workspace))
    wanted = known_keys.plain(signer) if signer else None
    named = [one for path in pins for one in authorities.pinned(path)]
    if twice := {one.id for one in named} & {one.id for one in pinned}:
        raise BadInput(f"The authority {min(twice)!r} is pinned here already; leave --pin away.")
    found = Trust(authorities=(*pinned, *named), known=known, signer=wanted)
    return found if within is None else replace(found, within=within)


def here(folder: str | None) -> Workspace | None:
    """Return the workspace named, or the one this folder is; None where there is none, as verify needs none.

    Raises CannotStart where one is named that cannot be opened.
    """
    from runner.workspace import Workspace

    try:
        return Workspace.open(folder)
    except CannotStart:
        if folder:
            raise
        return None


def verify(
    path: Path,
    workspace: Workspace | None = None,
    *,
    signer: str | None = None,
    within: timedelta | None = None,
    identity: Path | None = None,
    passphrase: Callable[[], str] | None = None,
    step: Step | None = None,
    pins: Sequence[Path] = (),
    reread: bool = True,
) -> list[Check]:
    """Return the outcome of every check of a bundle, encrypted or not, and note it in the log of its case.

    With `reread` today's parsers read its archived answers again, and the posts are compared with what they say.
    What was decrypted is removed at the end. Raises BadInput where the key or passphrase is wrong.
    """
    from evidence import verify as room
    from evidence.encryption import opened

    believed = trust(workspace, signer=signer, within=within, pins=pins)
    if reread:
        from runner.rereading import Rereading

        believed = replace(believed, reread=Rereading())
    if path.is_dir():
        return room.verify(path, believed, step)
    with opened(path, identity=identity, passphrase=passphrase) as plain:
        checks = room.verify(plain, believed, step)
    if workspace is not None:
        _note(workspace, path, checks)
    return checks


def _note(workspace: Workspace, path: Path, checks: list[Check]) -> None:
    """Note in the custody log of the case, where this workspace exported this very file, that it was verified."""
    from core.canonical import digest
    from runner.custody import note
    from storage import custody

    try:
        workspace.database.require()
        with path.open("rb") as file:
            sha = digest(file)[1]
        failed = sum(check.result == "failed" for check in checks)
        told: dict[str, Any] = {"verdict": "failed" if failed else "intact", "failed": failed}
        with workspace.database.write() as conn:
            for case in custody.exported(conn, sha):
                note(workspace, conn, case, "verified", f"file:{path.name}", sha256=sha, note=told)
    except (BadInput, CannotStart, OSError):
        return  # what verify says does not hang on a log that cannot be written
