"""Write into the custody log of a case what was done with it, in the name the settings give."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from core.custody import Event, Kind
    from runner.workspace import Workspace


def note(
    workspace: Workspace,
    conn: Any,
    case: str | int,
    event: Kind,
    object: str,  # noqa: A002 - the word of the log
    *,
    sha256: str | None = None,
    note: Mapping[str, Any] | None = None,
) -> Event:
    """Add an entry to the log of a case (its name or id) within a transaction, and return it.

    The actor is `[evidence] actor`, never the name of who is logged in. Raises BadInput where there is no such case.
    """
    from storage import cases, custody

    number = case if isinstance(case, int) else cases.case_id(conn, case)
    at, actor = workspace.clock().now(), workspace.settings.evidence.actor
    return custody.append(conn, number, event, object, at=at, actor=actor, sha256=sha256, note=note)
