"""Have a finished bundle stamped from outside: for one that was written while the authorities were away."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from core.errors import BadInput, CannotStart

if TYPE_CHECKING:
    from archive.timestamps import Answer
    from runner.workspace import Workspace


def stamp_bundle(workspace: Workspace, path: Path) -> Iterator[tuple[Path, Answer]]:
    """Ask every authority of the settings that has not stamped a bundle yet; yield where each answer belongs.

    What is stamped is the small file beside it that tells its digest (it is made where it is missing), so that no
    bundle is too large. Raises BadInput where that file tells another digest, CannotStart where nobody is set up.
    """
    from archive.seals import write
    from archive.timestamps import ask
    from config import authorities
    from evidence.beside import sums_of, token_of
    from runner.stamps import client

    wanted = authorities.load(workspace.settings, workspace.root)
    if not wanted:
        raise CannotStart("No authority is set up (timestamps.authorities); see docs/time-and-custody.md.")
    sums, digest = sums_of(path), _digest(path)
    if not sums.exists():
        write(sums, f"{digest}  {path.name}\n".encode())
    data = sums.read_bytes()
    if data[:64].lower() != digest.encode():
        raise BadInput(f"{sums.name} tells another digest than {path.name} has: one of them was changed since.")
    with client(workspace) as http:
        for authority in wanted:
            place = token_of(path, authority.id)
            if place.exists():
                continue
            answer = ask(http, authority, data, workspace.clock())
            if answer.state == "stamped" and answer.token is not None:
                write(place, answer.token)
            yield place, answer


def _digest(path: Path) -> str:
    from core.canonical import digest

    with path.open("rb") as file:
        return digest(file)[1]
