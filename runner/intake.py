"""Take in posts and lists of addresses from files."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from config.watchlists import case_name
from core.errors import BadInput
from core.records import Post, Profile

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
    profiles: int = 0
    sources: int = 0
    sources_new: int = 0
    rejected: list[Rejected] = field(default_factory=list)
    unlisted: int = 0

    def reject(self, bad: Rejected) -> None:
        """Note a row that could not be used; beyond `LISTED` they are only counted."""
        if len(self.rejected) < LISTED:
            self.rejected.append(bad)
        else:
            self.unlisted += 1

    def as_row(self) -> dict[str, Any]:
        """Return the JSON line of `import --json`."""
        bad = [{"line": r.line, "reason": r.reason} for r in self.rejected]
        return {
            "file": self.file, "posts": self.posts, "new": self.new, "changed": self.changed,
            "profiles": self.profiles, "sources": self.sources, "sources_new": self.sources_new,
            "rejected": bad, "rejected_unlisted": self.unlisted,
        }  # fmt: skip


def take_in(
    workspace: Workspace, path: Path, *, case: str, form: str | None = None, platform: str | None = None,
    progress: Callable[[int], None] | None = None,
) -> Taken:  # fmt: skip
    """Import one file into a case; unusable rows are kept with line and reason, the rest goes on.

    Raises BadInput where the file as a whole cannot be read.
    """
    from runner.custody import open_case
    from runner.importers import Address, Rejected, import_posts

    taken = Taken(path.name)
    with workspace.database.write() as conn:
        case_id = open_case(workspace, conn, case_name(case))
    batch: list[Post] = []
    profiles: list[Profile] = []
    added: set[str] = set()
    for item in import_posts(path, form, platform):
        if isinstance(item, Post):
            batch.append(item)
        elif isinstance(item, Profile):
            profiles.append(item)
        elif isinstance(item, Rejected):
            taken.reject(item)
        elif isinstance(item, Address) and item.url not in added:
            added.add(item.url)
            try:
                _watch(workspace, item.url, case, taken)
            except BadInput as error:
                taken.reject(Rejected(item.line, error.sentence))
            if progress and len(added) % 100 == 0:
                progress(len(added))
        if len(batch) >= BATCH or len(profiles) >= BATCH:
            _save(workspace, batch, profiles, case_id, taken)
            batch, profiles = [], []
            if progress:
                progress(taken.posts)
    if batch or profiles:
        _save(workspace, batch, profiles, case_id, taken)
    _log(workspace, path, case_id, taken)
    return taken


def _log(workspace: Workspace, path: Path, case_id: int, taken: Taken) -> None:
    """Note the import in the log of the case; nothing of it is in the archive: the digest of the file stands for it."""
    from core.canonical import digest
    from runner.custody import note

    with path.open("rb") as file:
        size, sha256 = digest(file)
    told = {"bytes": size, "posts": taken.posts, "new": taken.new, "changed": taken.changed, "sources": taken.sources,
            "rejected": len(taken.rejected) + taken.unlisted}  # fmt: skip
    with workspace.database.write() as conn:
        note(workspace, conn, case_id, "imported", f"file:{path.name}", sha256=sha256, note=told)


def _watch(workspace: Workspace, url: str, case: str, taken: Taken) -> None:
    from runner.watchlist import add

    taken.sources_new += add(workspace, url, case=case).is_new
    taken.sources += 1


def _save(workspace: Workspace, batch: list[Post], profiles: list[Profile], case_id: int, taken: Taken) -> None:
    from storage import posts
    from storage.profiles import save_profiles

    # two pages recorded at one moment may disagree on a counter: one of them is kept, at every import the same
    latest = {(p.platform, p.author.native_id or p.author.handle, p.seen): p for p in profiles}
    with workspace.database.write() as conn:
        now = workspace.clock().now()
        saved = posts.save_posts(conn, batch, case_id=case_id, at=now, once=True)
        taken.profiles += save_profiles(conn, list(latest.values()), at=now)
    taken.posts += len(batch)
    taken.new += saved.new
    taken.changed += saved.changed
