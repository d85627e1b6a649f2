"""Hold the archive against its seals: the statement, the leaves, and every record once more."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

from archive import seals
from archive.whole_records import whole_records
from core import merkle
from core.canonical import canonical
from core.errors import BadInput

NAMED = 20  # records named one by one for each seal; more are counted


def flaws(folder: Path, seal: str, sha256: str | None = None) -> Iterator[str]:
    """Yield what is wrong with the files of a seal; `sha256` is what the database says of its statement."""
    try:
        made, listed = seals.load(folder, seal), seals.leaves(folder, seal)
        data = seals.statement(folder, seal)
    except BadInput as error:
        yield error.sentence
        return
    if sha256 is not None and made.sha256 != sha256:
        yield f"The statement of the seal {seal} is not the one the working copy knows: one of them was changed."
    if canonical(json.loads(data)) != data:
        yield f"The statement of the seal {seal} is not in the form we write: it was changed."
    if len(listed) != made.leaves or merkle.root(listed) != made.root:
        yield f"The leaves of the seal {seal} do not lead to its root: a leaf was changed, added or taken away."


def damaged(archive: Path, seal: str) -> Iterator[str]:
    """Read the records of a seal once more and yield what is not as it was sealed, record by record."""
    folder = archive / "seals"
    try:
        made = seals.load(folder, seal)
        told = [json.loads(leaf) for leaf in seals.leaves(folder, seal) if leaf.startswith(b'{"id"')]
    except (BadInput, ValueError) as error:
        yield f"The records of the seal {seal} cannot be checked: {error}"
        return
    left = {row["id"]: row["sha256"] for row in told}
    problems = 0
    for stretch in made.stretches:
        try:
            for record in whole_records(archive / "warc" / stretch.file, stretch.since, stretch.until):
                sealed = left.pop(record.id, None)
                if sealed != record.sha256:
                    problems += 1
                    if problems <= NAMED:
                        yield _changed(stretch.file, record.id, seal, record.since, known=sealed is not None)
        except OSError as error:
            yield f"{stretch.file}, sealed by {seal}, cannot be read ({error.strerror}); restore it from a copy."
    for record_id in list(left)[: max(NAMED - problems, 0)]:
        files = ", ".join(sorted({stretch.file for stretch in made.stretches}))
        yield f"{record_id}, sealed by {seal}, is not there any more, or is damaged beyond reading (in {files})."
    problems += len(left)
    if problems > NAMED:
        yield f"{problems - NAMED} more records of the seal {seal} are not as they were sealed."


def _changed(file: str, record: str, seal: str, place: int, *, known: bool) -> str:
    what = "is not as it was sealed" if known else "was not there when it was sealed"
    return f"{file}: {record} at byte {place} {what} by {seal}; restore the file from a copy."
