"""Seal what is new in a workspace and have it stamped; joins the archive's seals, storage and the authorities."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from core.errors import BadInput, CopytrailError
from runner.stamps import SEALS
from runner.stamps import ask_pending as ask_pending
from runner.stamps import stamp_data as stamp_data

if TYPE_CHECKING:
    from archive.seals import Made
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

    Idempotent, safe under several processes at once; an authority that fails leaves the stamp pending. Without
    `stamp` nobody is asked. Raises CannotStart where the folder of seals cannot be written.
    """
    made = _seal(workspace)
    done = Sealing(made.id, made.leaves) if made else Sealing()
    if stamp:
        done.answers = ask_pending(workspace)
    return done


def after_work(workspace: Workspace, tell: Callable[[str], None], *, stamp: bool = True) -> None:
    """Seal what a command brought, and tell what hinders that: what it brought is kept and sealed the next time."""
    from archive.timestamps import describe

    try:
        done = seal_new(workspace, stamp=stamp)
    except CopytrailError as error:
        tell(f"What is new is not sealed yet. {error.sentence} `copytrail stamp` makes up for it.")
        return
    failed = {answer.authority: answer for _, answer in done.answers if answer.state != "stamped"}
    for answer in failed.values():
        tell(f"Time stamp by {describe(answer)} `copytrail stamp` asks again.")


def _seal(workspace: Workspace) -> Made | None:
    from archive import seals as files
    from runner.client import SOFTWARE
    from runner.clock_offset import clock_offset
    from storage import seals

    folder = workspace.root / SEALS
    with files.locked(folder):
        files.sweep(folder)
        _adopt(workspace, folder)
        with workspace.database.read() as conn:
            covered, heads = seals.covered(conn), seals.unsealed_heads(conn)
            clock = clock_offset(workspace, conn)
        now = workspace.clock().now()
        made = files.make(folder.parent, covered, heads, at=now, software=SOFTWARE, clock=clock.as_row())
        if made is not None:
            _note(workspace, made)
    return made


def _adopt(workspace: Workspace, folder: Path) -> None:
    """Note the seals that lie in the folder and not in the working copy: a process was killed, or a backup restored."""
    from archive import seals as files
    from storage import seals

    with workspace.database.read() as conn:
        known = {row.id for row in seals.seals(conn)}
    for name in files.ids(folder):
        if name not in known:
            with suppress(BadInput):  # `copytrail db check` names what is wrong with it
                _note(workspace, files.load(folder, name))


def _note(workspace: Workspace, made: Made) -> None:
    """Write a seal into the working copy, with an entry in each log it covers, and what is to be stamped."""
    from config import authorities
    from runner.custody import note
    from storage import cases, seals

    row = seals.SealRow(made.id, made.sealed, made.root, made.leaves, made.sha256)
    stretches = [(s.file, s.since, s.until) for s in made.stretches]
    wanted = [one.id for one in authorities.load(workspace.settings, workspace.root)]
    with workspace.database.write() as conn:
        if not seals.save(conn, row, stretches, made.heads):
            return
        seals.want_stamps(conn, f"{SEALS}/{made.id}.json", made.sha256, wanted, workspace.clock().now())
        there = set(cases.list_cases(conn))
        for case in sorted({case for case, _ in made.heads} & there):
            note(workspace, conn, case, "sealed", f"seal:{made.id}", sha256=made.sha256, note={"leaves": made.leaves})


def want_all(workspace: Workspace) -> None:
    """Note that every seal is to be stamped by every authority of the settings, those made before it was set up too."""
    from config import authorities
    from storage import seals

    wanted = [one.id for one in authorities.load(workspace.settings, workspace.root)]
    with workspace.database.write() as conn:
        for row in seals.seals(conn) if wanted else ():
            seals.want_stamps(conn, f"{SEALS}/{row.id}.json", row.sha256, wanted, workspace.clock().now())
