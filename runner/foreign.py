"""Take captures of other software into a case: verified as they come, kept byte for byte, read by today's parsers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from config.watchlists import case_name
from core.errors import BadInput
from core.times import iso

if TYPE_CHECKING:
    from archive.held import Held
    from evidence.checks import Check
    from evidence.foreign import Foreign
    from runner.workspace import Workspace

_NAMED = 50  # problems of one capture named one by one
_CHECKS = 500  # checks of one capture that are kept
_AHEAD = timedelta(days=1)  # by which the clock of whoever captured may have been wrong
Tell = Callable[[int], None]


@dataclass
class TakenIn:
    """What the import of one capture did; `problems` name what of it could not be taken, read or believed."""

    file: str
    sha256: str
    software: str | None = None
    verdict: str = "intact"
    is_known: bool = False
    records: int = 0
    posts: int = 0
    new: int = 0
    changed: int = 0
    sources: int = 0
    sources_new: int = 0
    unread: int = 0
    with_secrets: int = 0
    problems: list[str] = field(default_factory=list)

    def problem(self, sentence: str) -> None:
        """Note a problem, once; beyond some they are not named one by one."""
        if sentence not in self.problems and len(self.problems) < _NAMED:
            self.problems.append(sentence)

    def as_row(self) -> dict[str, Any]:
        """Return the JSON line of `import --json`."""
        return {
            "file": self.file, "sha256": self.sha256, "software": self.software, "verdict": self.verdict,
            "imported_before": self.is_known, "records": self.records, "posts": self.posts, "new": self.new,
            "changed": self.changed, "sources": self.sources, "sources_new": self.sources_new,
            "pages_unread": self.unread, "requests_with_secrets": self.with_secrets, "problems": self.problems,
        }  # fmt: skip


def take_in_captures(
    workspace: Workspace, path: Path, *, case: str, progress: Tell | None = None
) -> Iterator[TakenIn | BadInput]:
    """Import the captures of a file, a folder or a zip into a case; yield how each went, or why it could not be read.

    Nothing touches the network. What is imported already is read again, and nothing is kept twice.
    """
    from evidence.foreign import captures
    from runner.custody import open_case

    with workspace.database.write() as conn:
        case_id = open_case(workspace, conn, case_name(case))
    with captures(path) as found:
        for foreign in found:
            if isinstance(foreign, BadInput):
                yield foreign
                continue
            try:
                yield _taken(workspace, foreign, case, case_id, progress)
            except BadInput as error:
                yield error


def _taken(workspace: Workspace, foreign: Foreign, case: str, case_id: int, progress: Tell | None) -> TakenIn:
    from core.canonical import digest
    from evidence.verify import verify
    from runner.foreign_posts import read_posts
    from runner.verify import trust
    from storage import imported

    with foreign.path.open("rb") as file:
        size, sha256 = digest(file)
    taken = TakenIn(foreign.name, sha256, foreign.software)
    with workspace.database.read() as conn:
        before = [row for row in imported.archives(conn, case_id) if row["sha256"] == sha256]
    taken.is_known = bool(before)
    checks = [] if before else verify(foreign.path, trust(workspace))
    failed = [f"{c.check}: {c.detail}" for c in checks if c.result == "failed"]
    taken.verdict = before[0]["verdict"] if before else "failed" if failed else "intact"
    for sentence in failed:
        taken.problem(f"{foreign.name} fails a check. {sentence}")
    paths = _copied(workspace, foreign, taken)
    answers = _listed(paths, taken, workspace.clock().now())
    ids = _noted(workspace, foreign, taken, answers, paths, checks, case_id)
    read_posts(workspace, case, case_id, paths, ids, [h for h in answers if h.record_id in ids], foreign.pages, taken,
               progress)  # fmt: skip
    if not before:
        _log(workspace, case_id, taken, size)
    return taken


def _copied(workspace: Workspace, foreign: Foreign, taken: TakenIn) -> list[Path]:
    """Copy the WARC files into the archive; what of them is damaged is named, and what is whole is taken."""
    from archive.taking import take_in

    workspace.warc_folder.mkdir(parents=True, exist_ok=True)
    paths: list[Path] = []
    for number, member in enumerate(foreign.warcs or (None,), 1):
        target = workspace.warc_folder / f"imported-{taken.sha256[:16]}-{number:03}.warc.gz"
        name = f"{foreign.name}, {member}" if member else foreign.name
        try:
            with foreign.opened(member) as source:
                copied = take_in(source, target, name)
        except BadInput as error:
            taken.problem(error.sentence)
            continue
        paths.append(target)
        for damage in copied.damages:
            taken.problem(damage)
    if not paths:
        raise BadInput(" ".join(taken.problems[-1:]) or f"{foreign.name} holds no whole WARC record.")
    return paths


def _listed(paths: list[Path], taken: TakenIn, now: datetime) -> list[Held]:
    """Return what the files hold, but for what is dated after it came: nobody can have captured it then."""
    from archive.held import held

    found = [one for path in paths for one in held(path, taken.problem)]
    fitting = [one for one in found if one.captured_at <= now + _AHEAD]
    if len(fitting) < len(found):
        late = max(one.captured_at for one in found)
        taken.problem(
            f"{taken.file}: {len(found) - len(fitting)} records are dated after their import (up to {iso(late)}); they "
            "are kept in the archive and not read."
        )
    return fitting


def _noted(
    workspace: Workspace, foreign: Foreign, taken: TakenIn, answers: list[Held], paths: list[Path],
    checks: list[Check], case_id: int,
) -> frozenset[str]:  # fmt: skip
    """Note the records and the archive; return the ids of those that may be read.

    An id that stands for another record here or in the archive is never written over: that record is kept in its file
    and not read.
    """
    from storage import captures, imported

    mine: dict[str, Held] = {}
    clashes: set[str] = set()
    for one in answers:
        first = mine.setdefault(one.record_id, one)
        if (first.url, first.sha256) != (one.url, one.sha256):
            clashes.add(one.record_id)
    files = {path.name for path in paths}
    with workspace.database.write() as conn:
        for name, place in captures.find(conn, mine).items():
            if place.file not in files and (place.url, place.sha256) != (mine[name].url, mine[name].sha256):
                clashes.add(name)
        fitting = [one for name, one in mine.items() if name not in clashes]
        captures.save_captures(conn, fitting, source_id=None, run_id=None)
        imported.save(
            conn, case_id=case_id, name=foreign.name[:500], sha256=taken.sha256, software=foreign.software,
            at=workspace.clock().now(), files=sorted(files), checks=[c.as_row() for c in checks[:_CHECKS]],
        )  # fmt: skip
    if clashes:
        taken.problem(
            f"{foreign.name}: {len(clashes)} records bear the id of another record ({min(clashes)} …); they are kept "
            "in the archive and not read."
        )
    taken.records = len(fitting)
    taken.with_secrets = sum(one.is_secret for one in answers)
    return frozenset(one.record_id for one in fitting)


def _log(workspace: Workspace, case_id: int, taken: TakenIn, size: int) -> None:
    from runner.custody import note

    told = {"bytes": size, "software": taken.software, "verdict": taken.verdict, "records": taken.records,
            "posts": taken.posts, "new": taken.new, "captured_elsewhere": True}  # fmt: skip
    with workspace.database.write() as conn:
        note(workspace, conn, case_id, "imported", f"archive:{taken.file}", sha256=taken.sha256, note=told)
