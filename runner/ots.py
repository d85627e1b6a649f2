"""Have the seals of a workspace confirmed by OpenTimestamps calendars, and come back until a block holds them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from core.errors import BadInput, CannotStart, CopytrailError
from runner.stamps import SEALS

if TYPE_CHECKING:
    from runner.workspace import Workspace


def stamp_seals(workspace: Workspace) -> Iterator[str]:
    """Make a receipt (`archive/seals/<id>.ots`) for every seal without one, ask again for those pending; yield trouble.

    Raises CannotStart where the extra is not installed.
    """
    from archive import opentimestamps as ots
    from archive import seals
    from runner.stamps import client

    folder = workspace.root / SEALS
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


def receipts(workspace: Workspace) -> Iterator[dict[str, Any]]:
    """Yield a row for each receipt there is, as `stamp --json` lists it.

    `state` is pending, claimed (it claims to stand in `blocks`), refused (it is none, or one over other data), or
    unread where the extra that reads it is not installed.
    """
    from archive import opentimestamps as ots
    from archive import seals

    folder = workspace.root / SEALS
    for seal in seals.ids(folder):
        path = folder / f"{seal}.ots"
        if not path.exists():
            continue
        row: dict[str, Any] = {
            "subject": f"{SEALS}/{seal}.json", "authority": "opentimestamps", "path": f"{SEALS}/{path.name}",
            "state": "unread", "blocks": [], "calendars": [], "why": None,
        }  # fmt: skip
        try:
            found = ots.look(path.read_bytes(), seals.statement(folder, seal))
            row |= {"state": found.state, "blocks": list(found.blocks), "calendars": list(found.waits_for)}
        except BadInput as error:
            row |= {"state": "refused", "why": error.sentence}
        except CopytrailError as error:
            row["why"] = error.sentence
        yield row
