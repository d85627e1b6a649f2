"""Take in posts and lists of addresses from files."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from config.watchlists import case_name
from core.errors import BadInput
from core.records import Post

if TYPE_CHECKING:
    from runner.importers import Rejected
    from runner.workspace import Workspace

BATCH = 5_000  # posts per transaction
LISTED = 1_000  # rejected rows named one by one; more are counted


@dataclass
class Taken:
    """What an import did."""

    file: str
    posts: int = 0
    new: int = 0
    changed: int = 0
    sources: int = 0
    rejected: list[Rejected] = field(default_factory=list)
    unlisted: int = 0

    def as_row(self) -> dict[str, Any]:
        """Return the JSON line of `import --json`."""
        bad = [{"line": r.line, "reason": r.reason} for r in self.rejected]
        return {"file": self.file, "posts": self.posts, "new": self.new, "changed": self.changed,
                "sources": self.sources, "rejected": bad, "rejected_unlisted": self.unlisted}  # fmt: skip


def take_in(
    workspace: Workspace, path: Path, *, case: str, form: str | None = None,
    progress: Callable[[int], None] | None = None,
) -> Taken:  # fmt: skip
    """Import one file into a case; unusable rows are kept with line and reason, the rest goes on.

    Raises BadInput where the file as a whole cannot be read.
    """
    from runner.importers import Address, Rejected, import_posts
    from runner.watchlist import add
    from storage import cases

    taken = Taken(path.name)
    with workspace.database.write() as conn:
        case_id = cases.ensure_case(conn, case_name(case), workspace.clock().now())
    batch: list[Post] = []

    def reject(bad: Rejected) -> None:
        if len(taken.rejected) < LISTED:
            taken.rejected.append(bad)
        else:
            taken.unlisted += 1

    for item in import_posts(path, form):
        if isinstance(item, Post):
            batch.append(item)
            if len(batch) >= BATCH:
                _save(workspace, batch, case_id, taken)
                batch = []
                if progress:
                    progress(taken.posts)
        elif isinstance(item, Address):
            try:
                add(workspace, item.url, case=case)
                taken.sources += 1
            except BadInput as error:
                reject(Rejected(item.line, error.sentence))
        else:
            reject(item)
    if batch:
        _save(workspace, batch, case_id, taken)
    return taken


def _save(workspace: Workspace, batch: list[Post], case_id: int, taken: Taken) -> None:
    from storage import posts

    with workspace.database.write() as conn:
        saved = posts.save_posts(conn, batch, case_id=case_id, at=workspace.clock().now())
    taken.posts += len(batch)
    taken.new += saved.new
    taken.changed += saved.changed
