"""Have the seals of a workspace confirmed by OpenTimestamps calendars, and come back until a block holds them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from core.errors import CannotStart, CopytrailError

if TYPE_CHECKING:
    from runner.workspace import Workspace


def stamp_seals(workspace: Workspace) -> Iterator[str]:
    """Make a receipt (`archive/seals/<id>.ots`) for every seal without one, ask again for those pending; yield trouble.

    Raises CannotStart where the extra is not installed.
    """
    from archive import opentimestamps as ots
    from archive import seals
    from runner.stamps import client

    folder = workspace.root / "archive" / "seals"
    calendars = workspace.settings.timestamps.calendars or ots.CALENDARS
    with client(workspace) as http:
        for seal in seals.ids(folder):
            path, data = folder / f"{seal}.ots", seals.statement(folder, seal)
            try:
                if not path.exists():
                    receipt, failed = ots.create(http, data, calendars)
                    seals.write(path, receipt)
                    yield from failed
                elif ots.look(path.read_bytes(), data).state == "pending":
                    receipt, grew = ots.upgrade(http, path.read_bytes())
                    if grew:
                        seals.write(path, receipt)
            except CannotStart:
                raise
            except CopytrailError as error:
                yield f"{seal}.ots: {error.sentence}"


def states(workspace: Workspace) -> dict[str, int]:
    """Return how many receipts are pending, and how many claim to stand in a block."""
    from archive import opentimestamps as ots
    from archive import seals

    folder = workspace.root / "archive" / "seals"
    counts = {"pending": 0, "claimed": 0}
    for seal in seals.ids(folder):
        path = folder / f"{seal}.ots"
        if path.exists():
            counts[ots.look(path.read_bytes(), seals.statement(folder, seal)).state] += 1
    return counts
