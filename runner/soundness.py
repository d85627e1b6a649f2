"""Walk what evidence rests on: every custody log, every seal and its files, and, if asked, every sealed record."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from runner.workspace import Workspace


def flaws(workspace: Workspace, *, archive: bool = False) -> Iterator[str]:
    """Yield what is wrong with logs, seals and stamps, one sentence each; `archive` reads every sealed record again."""
    from archive import seal_checks, seals
    from storage import seals as rows

    yield from _logs(workspace)
    with workspace.database.read() as conn:
        known = rows.seals(conn)
    folder = workspace.root / "archive" / "seals"
    there = set(seals.ids(folder))
    for row in known:
        if row.id not in there:
            yield f"The seal {row.id} is not in archive/seals any more; restore it from a copy of the archive."
            continue
        yield from seal_checks.flaws(folder, row.id, row.sha256)
        if archive:
            yield from seal_checks.damaged(folder.parent, row.id)
    for name in sorted(there - {row.id for row in known}):
        yield f"The seal {name} is in archive/seals and not in the working copy; `copytrail stamp` takes it in."
    yield from _stamps(workspace)


def _logs(workspace: Workspace) -> Iterator[str]:
    """Check each log by itself, and against the heads that were sealed: a log that was cut short is found too."""
    import json

    from archive import seals
    from core import custody as rules
    from core.errors import BadInput
    from storage import cases, custody

    digests: dict[tuple[str, int], str] = {}
    with workspace.database.read() as conn:
        names = cases.list_cases(conn)
        for name in names:
            entries = list(custody.log(conn, cases.case_id(conn, name)))
            for sentence in rules.flaws(entries):
                yield f"The custody log of {name}: {sentence}."
            digests |= {(name, entry["seq"]): rules.Event(**entry).digest for entry in entries}
    folder = workspace.root / "archive" / "seals"
    for seal in seals.ids(folder):
        try:
            heads = [json.loads(leaf) for leaf in seals.leaves(folder, seal) if leaf.startswith(b'{"case"')]
        except (BadInput, ValueError):
            continue  # said of the seal itself
        for head in heads:
            if head["case"] in names and digests.get((head["case"], head["seq"])) != head["custody"]:
                yield (
                    f"The custody log of {head['case']} is not the one sealed by {seal} up to entry {head['seq']}: "
                    "entries were changed or taken away, or an older working copy was restored."
                )


def _stamps(workspace: Workspace) -> Iterator[str]:
    """Check every token that is there once more, against the authorities known today."""
    from archive.timestamps import Uncheckable, check
    from config import authorities
    from core.errors import BadInput
    from storage import seals

    with workspace.database.read() as conn:
        listed = [row for row in seals.stamps(conn) if row.state == "stamped" and row.path]
    trusted = authorities.known(workspace.settings, workspace.root) if listed else ()
    for row in listed:
        try:
            data = (workspace.root / row.subject).read_bytes()
            check((workspace.root / str(row.path)).read_bytes(), data, trusted, of=row.authority)
        except Uncheckable:
            continue
        except BadInput as error:
            yield f"The time stamp {row.path} does not hold: {error.sentence}"
        except OSError as error:
            yield f"The time stamp {row.path} cannot be checked ({error.strerror}); restore it from a copy."
