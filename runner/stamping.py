"""Seal what is new in a workspace and have it stamped; joins the archive's seals, storage and the authorities."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from archive.timestamps import Answer
    from runner.workspace import Workspace


@dataclass
class Sealing:
    """What a call did: the seal it made (None: nothing was new), and what the authorities said, by file."""

    seal: str | None = None
    leaves: int = 0
    answers: list[tuple[str, Answer]] = field(default_factory=list)


def seal_new(workspace: Workspace, *, stamp: bool = True) -> Sealing:
    """Seal what is new in the archive and the custody logs, and ask for its time stamps and for those pending.

    Idempotent, safe under several processes at once; an authority that fails leaves the stamp pending.
    """
    raise NotImplementedError


def stamp_data(workspace: Workspace, data: bytes, name: str) -> list[Answer]:
    """Have a statement stamped that is no seal (T2 of an export, called `name`), by every authority of the settings.

    What is pending is kept and asked for again by `copytrail stamp`. No authority set up: an empty list.
    """
    raise NotImplementedError
