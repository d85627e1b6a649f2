"""Tell of each exhibit which time stamps lie over the seals that hold its records."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from typing import TYPE_CHECKING, Any

from core.times import iso

if TYPE_CHECKING:
    from evidence.contents import Exhibit, Row
    from runner.workspace import Workspace
    from storage.seals import StampRow

SEALS = "archive/seals"  # in the workspace; stamps are noted by this path of what is stamped


def stamps(workspace: Workspace, conn: Any, exhibits: Sequence[Exhibit]) -> dict[str, list[Row]]:
    """Return the time stamps over the seals that hold the records of each exhibit, by name and authority."""
    from archive import seals as files
    from storage import seals

    places = files.place_of(workspace.root / SEALS, {record for e in exhibits for record in e.records})
    asked: dict[str, list[StampRow]] = defaultdict(list)
    for row in seals.stamps(conn):
        asked[row.subject].append(row)
    found: dict[str, list[Row]] = {}
    for exhibit in exhibits:
        subject = {r: f"{SEALS}/{places[r].seal}.json" for r in exhibit.records if r in places}
        held = sorted(set(subject.values()))
        answer = subject.get(str((exhibit.item.get("records") or {}).get("answer")))
        found[exhibit.name] = stamped([row for one in held for row in asked[one]], held, answer)
        unsealed = len(exhibit.records) - len(subject)
        if unsealed:
            why = f"{unsealed} of its archived answers are in no seal yet; `copytrail stamp` makes up for it."
            found[exhibit.name].append({"authority": "every authority", "at": None, "state": "pending", "why": why})
    return found


def stamped(rows: Iterable[StampRow], seals: Collection[str], answer: str | None = None) -> list[Row]:
    """Return the stamps of each authority over `seals`: what it stamped, at the latest of its times, and what it owes.

    Where it stamped some only, one row tells of those and one of each state of the others; `over` says in words how
    many seals a row is of, and whether the one of `answer` (the archived answer) is among them.
    """
    by: dict[str, dict[str, list[StampRow]]] = defaultdict(lambda: defaultdict(list))
    for row in rows:
        by[row.authority][row.state].append(row)
    told: list[Row] = []
    for authority, states in sorted(by.items()):
        for state in ("stamped", "pending", "refused"):
            own = states.get(state)
            if own:
                at = max((row.stamped_at for row in own if row.stamped_at), default=None)
                why = next((row.why for row in own if row.why), None) if state != "stamped" else None
                told.append({"authority": authority, "at": iso(at) if at and state == "stamped" else None,
                             "state": state, "why": why, "over": _over(own, seals, answer)})  # fmt: skip
    return told


def _over(rows: Sequence[StampRow], seals: Collection[str], answer: str | None) -> str | None:
    """Return in words which of the seals rows are over; None where that is all of them."""
    subjects = {row.subject for row in rows} & set(seals)
    if len(subjects) == len(seals):
        return None
    which = f"{len(subjects)} of the {len(seals)} seals that hold its records"
    if answer is None:
        return which
    return f"{which}, {'with' if answer in subjects else 'not'} that of its archived answer"
