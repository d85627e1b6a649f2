"""Read posts out of captures of other software: the parsers that know an address are answered by the records."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from core.errors import BadInput, CannotStart, CopytrailError, NotRecorded
from core.records import Finding, Post, Profile
from core.registry import CATCH_ALL, claims
from core.source import Cursor, Source, Target, Yielded
from runner.outcome import Outcome, public
from runner.recognise import address, all_sources, platform_of

if TYPE_CHECKING:
    from archive.held import Held
    from runner.desk import Desk
    from runner.foreign import TakenIn
    from runner.workspace import Workspace
    from storage.sources import SourceRow

MOST = 20_000  # addresses of one capture that parsers are tried on
_PAGES = ("text/html", "application/xhtml+xml")
_FEEDS = ("application/rss+xml", "application/atom+xml", "application/feed+json", "application/xml", "text/xml")
_READ = (*_PAGES, *_FEEDS, "application/json", "application/activity+json", "text/plain", "")


def read_posts(
    workspace: Workspace, case: str, case_id: int, files: Sequence[Path], ids: frozenset[str],
    answers: Sequence[Held], pages: frozenset[str], taken: TakenIn, progress: Callable[[int], None] | None = None,
) -> None:  # fmt: skip
    """Read the posts of these records and count them in `taken`; nothing touches the network.

    What gave posts becomes a source of the case that is paused: it is read again by `reparse`, and collected live only
    when a person says so. `pages` are the addresses that the capture itself calls pages.
    """
    from runner.desk import Desk

    wanted = list(_addresses(answers, pages))
    if len(wanted) > MOST:
        taken.problem(f"{taken.file}: parsers were tried on the first {MOST} of {len(wanted)} addresses.")
    if not wanted:
        return
    done: set[tuple[str, str]] = set()
    with Desk.open(workspace, files, ids) as desk:
        reader = _Reader(desk, case, case_id, taken)
        for number, (url, mime, is_page) in enumerate(wanted[:MOST], 1):
            if not reader.tried(url, mime, is_page, done) and is_page and mime in _PAGES:
                taken.unread += 1
            if progress:
                progress(number)


def _addresses(answers: Sequence[Held], pages: frozenset[str]) -> Iterator[tuple[str, str, bool]]:
    """Yield (address, media type, whether it is a page) of what was answered well, in the order it was captured."""
    listed = {_bare(url) for url in pages}
    seen: set[str] = set()
    for one in sorted(answers, key=lambda a: a.captured_at):
        url = _bare(one.url)
        well = one.status is not None and 200 <= one.status < 300
        if url in seen or not well or one.method not in ("GET", "") or one.mime not in _READ:
            continue
        seen.add(url)
        yield url, one.mime, url in listed if listed else one.is_document


def _bare(url: str) -> str:
    return url.partition("#")[0]


class _Reader:
    def __init__(self, desk: Desk, case: str, case_id: int, taken: TakenIn) -> None:
        self.desk, self.case, self.case_id, self.taken = desk, case, case_id, taken

    def tried(self, url: str, mime: str, is_page: bool, done: set[tuple[str, str]]) -> bool:
        """Try the parsers that claim an address, the best suited first; return whether one read posts."""
        try:
            found = claims(all_sources().values(), address(url))
        except BadInput:
            return False
        for kind, target in found:
            if kind.gives != "posts" or kind.route == "import" or not _fits(kind, mime, is_page):
                continue
            same = (kind.id, target.identity or target.url)
            if same in done:
                return True
            if self._read(kind, target):
                done.add(same)
                return True
        return False

    def _read(self, kind: type[Source], target: Target) -> int:
        from runner.collect import batches

        replay = self.desk.replay
        if replay is not None:
            replay.rewind()
        row = _stub(kind, target, self.case, self.case_id, self.desk.workspace.clock().now())
        run: _Run | None = None
        error: CopytrailError | None = None
        try:
            with closing(batches(self.desk.source(row), row, Cursor())) as walk:
                for batch in walk:
                    if run is None and any(isinstance(item, Post) for item in batch):
                        run = _Run(self.desk.workspace, row)
                        self.taken.sources += 1
                        self.taken.sources_new += run.is_new
                    if run is not None:
                        run.keep(batch)
        except CannotStart:
            raise
        except CopytrailError as failure:
            error = None if isinstance(failure, NotRecorded) else failure
        if run is None:
            return 0
        out = run.close(error, replay.served if replay else set())
        self.taken.posts += out.posts
        self.taken.new += out.new
        self.taken.changed += out.changed
        if error is not None:
            self.taken.problem(f"{row.url}: {error.sentence}")
        return out.posts


def _fits(kind: type[Source], mime: str, is_page: bool) -> bool:
    """Return whether a parser for any site may be tried: on pages, or on what is a feed."""
    if kind.priority > CATCH_ALL:
        return is_page or mime not in ("", "text/plain")
    if kind.route == "feed":
        return mime in _FEEDS
    return is_page and mime in _PAGES


def _stub(kind: type[Source], target: Target, case: str, case_id: int, at: datetime) -> SourceRow:
    from storage.sources import SourceRow

    return SourceRow(
        id=0, case_id=case_id, case=case, url=target.url, platform=platform_of(kind, target.url), kind=kind.id,
        route=kind.route, options={}, every=None, robots_override=None, paused=True, added_at=at, posts=0,
        coverage=None, next_run=None, last_run=None,
    )  # fmt: skip


class _Run:
    """The reading of one source, opened with its first post."""

    def __init__(self, workspace: Workspace, row: SourceRow) -> None:
        from storage import runs, sources

        self.workspace, self.row = workspace, row
        at = workspace.clock().now()
        with workspace.database.write() as conn:
            known = {w.id for w in sources.watched(conn, case=row.case, url=row.url)}
            self.source = sources.add_source(
                conn, case=row.case, url=row.url, kind=row.kind, platform=row.platform, route=row.route, at=at
            )
            self.is_new = self.source not in known
            if self.is_new:
                sources.pause(conn, self.source)
            self.number = runs.open_run(conn, self.source, at)
        self.out = Outcome(self.source, row.url)

    def keep(self, batch: Sequence[Yielded]) -> None:
        """Store what was read, seen at the moment the records state."""
        from storage import findings, posts, profiles

        read = [i for i in batch if isinstance(i, Post)]
        found = [i for i in batch if isinstance(i, Finding) and i.kind != NotRecorded.kind]
        with self.workspace.database.write() as conn:
            now = self.workspace.clock().now()
            saved = posts.save_posts(
                conn, read, case_id=self.row.case_id, source_id=self.source, run_id=self.number, at=now
            )
            shown = [i for i in batch if isinstance(i, Profile)]
            profiles.save_profiles(conn, shown, source_id=self.source, at=now)
            findings.save_findings(conn, found, source_id=self.source, run_id=self.number, at=now)
        self.out.remarks += [f for f in found if f.ref is None]
        self.out.posts += len({p.ref for p in read})
        self.out.new += saved.new
        self.out.changed += saved.changed

    def close(self, error: CopytrailError | None, served: set[str]) -> Outcome:
        """Close the run and say which records it read; nobody looked, so no watch interval is noted."""
        from storage import imported, runs

        out = self.out
        out.judge(error, unchanged=True)
        with self.workspace.database.write() as conn:
            runs.close_run(
                conn, self.number, status=out.status, finding=public(out.finding) if out.finding else None,
                posts=out.posts, new=out.new, changed=out.changed, coverage=out.coverage,
                at=self.workspace.clock().now(),
            )  # fmt: skip
            imported.assign(conn, served, source_id=self.source, run_id=self.number)
        return out
