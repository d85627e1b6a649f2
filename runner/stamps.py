"""Ask the authorities of a workspace for time stamps, keep what they answer, and come back to those that did not."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.errors import BadInput
from core.ids import sha256
from core.times import iso

if TYPE_CHECKING:
    from archive.timestamps import Answer
    from config.authorities import Authority
    from core.http import Client
    from runner.workspace import Workspace
    from storage.seals import StampRow

FIRST_WAIT, LONGEST_WAIT = timedelta(minutes=5), timedelta(hours=24)  # between two tries of a pending stamp
AT_ONCE = 50  # pending stamps asked for after a run; `copytrail stamp` asks for all
SEALS = "archive/seals"
STATEMENTS = "archive/stamps"  # what is stamped and is no seal: signatures of exports


def stamp_data(workspace: Workspace, data: bytes, name: str) -> list[Answer]:
    """Have a statement stamped that is no seal (T2 of an export, called `name`), by every authority of the settings.

    What is pending is kept and asked for again by `copytrail stamp`. No authority set up: an empty list.
    """
    from archive.seals import write
    from config import authorities
    from storage import seals

    digest = sha256(data)
    subject = f"{STATEMENTS}/{digest}.json"
    wanted = authorities.load(workspace.settings, workspace.root)
    if not wanted:
        return []
    write(workspace.root / subject, data)
    with workspace.database.write() as conn:
        seals.want_stamps(conn, subject, digest, [one.id for one in wanted], workspace.clock().now())
    with workspace.database.read() as conn:
        rows = seals.stamps(conn, subject)
    asked = {answer.authority: answer for _, answer in _ask(workspace, [r for r in rows if r.state != "stamped"], name)}
    return [asked.get(row.authority) or _kept(workspace, row) for row in rows]


def _kept(workspace: Workspace, row: StampRow) -> Answer:
    from archive.timestamps import Answer

    token = (workspace.root / row.path).read_bytes() if row.path else None
    return Answer(row.authority, "stamped", token, row.stamped_at)


def ask_pending(workspace: Workspace, *, every: bool = False) -> list[tuple[str, Answer]]:
    """Ask for the stamps that are due; `every` one that is not there yet, also what was refused or must still wait."""
    from storage import seals

    with workspace.database.read() as conn:
        rows = seals.due(conn, workspace.clock().now(), every=every)
    return _ask(workspace, rows if every else rows[:AT_ONCE])


def _ask(workspace: Workspace, rows: list[StampRow], name: str = "") -> list[tuple[str, Answer]]:
    """Ask for stamps one after the other; who fails once is not asked again in this call."""
    from archive.timestamps import ask
    from config import authorities

    if not rows:
        return []
    there = {one.id: one for one in authorities.known(workspace.settings, workspace.root)}
    answers: list[tuple[str, Answer]] = []
    away: set[str] = set()
    with client(workspace) as http:
        for row in rows:
            authority = there.get(row.authority)
            if authority is None or row.authority in away:
                continue
            answer = _at_hand(workspace, row, authority)
            answer = answer or ask(http, authority, _data(workspace, row), workspace.clock())
            if answer.state == "pending":
                away.add(row.authority)
            keep(workspace, row, answer)
            answers.append((name or row.subject, answer))
    return answers


def _at_hand(workspace: Workspace, row: StampRow, authority: Authority) -> Answer | None:
    """Return what is to be said without asking: the token lies there already (a process was killed before it noted
    it, or a backup was restored), or the file to be stamped is not the one that was to be.
    """
    from archive.timestamps import Answer, check

    try:
        data = _data(workspace, row)
        if sha256(data) != row.sha256:
            why = f"{row.subject} is not the file that was to be stamped any more; see `copytrail db check`."
            return Answer(authority.id, "refused", why=why)
        token = (workspace.root / _token_path(row)).read_bytes()
        return Answer(authority.id, "stamped", token, check(token, data, (authority,)).at)
    except FileNotFoundError as error:
        if (workspace.root / row.subject).exists():
            return None
        why = f"{row.subject} cannot be read ({error.strerror}); restore it from a copy of the archive."
        return Answer(authority.id, "refused", why=why)
    except BadInput:  # what lies there is no token of theirs; a right one takes its place
        return None


def _token_path(row: StampRow, kind: str = "tsr") -> str:
    return f"{row.subject.removesuffix('.json')}.{row.authority}.{kind}"


def _data(workspace: Workspace, row: StampRow) -> bytes:
    return (workspace.root / row.subject).read_bytes()


def keep(workspace: Workspace, row: StampRow, answer: Answer) -> None:
    """Write an answer beside what it stamps (a refused one under a name of its own) and note it, in the logs too."""
    from archive.seals import write
    from storage import seals

    path = None
    if answer.token is not None:
        path = _token_path(row, "tsr" if answer.state == "stamped" else "refused")
        write(workspace.root / path, answer.token)
    now = workspace.clock().now()
    later = now + _wait(row.attempts) if answer.state == "pending" else None
    with workspace.database.write() as conn:
        noted = seals.answered(
            conn, row.id, answer.state, at=now, next_try=later, stamped_at=answer.at, why=answer.why,
            path=path if answer.state == "stamped" else None,
        )  # fmt: skip
        if noted and answer.state == "stamped" and answer.token is not None and answer.at is not None:
            _log(workspace, conn, row, answer, answer.at)


def _log(workspace: Workspace, conn: Any, row: StampRow, answer: Answer, at: datetime) -> None:
    from runner.custody import note
    from storage import cases, seals

    seal = Path(row.subject).stem
    told = {"authority": answer.authority, "at": iso(at), "clock": answer.offset}
    there = set(cases.list_cases(conn))
    for case in seals.cases_of(conn, seal):
        if case in there:
            note(workspace, conn, case, "stamped", f"seal:{seal}", sha256=sha256(answer.token or b""), note=told)


def _wait(attempts: int) -> timedelta:
    return min(FIRST_WAIT * float(2 ** min(attempts, 12)), LONGEST_WAIT)


def client(workspace: Workspace) -> Client:
    """Return a client that asks once, keeps no record (the answer itself is kept), and gives up soon."""
    from archive.timestamps import MAX_ANSWER
    from runner.client import open_client

    seconds = workspace.settings.timestamps.timeout_seconds
    http = open_client(workspace, None).for_source(robots="api", attempts=1, max_seconds=seconds)
    http.limits = replace(http.limits, timeout=min(http.limits.timeout, seconds), max_bytes=MAX_ANSWER)
    return http
