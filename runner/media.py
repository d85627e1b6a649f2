"""Fetch and keep the media that stored posts show: through the polite client into the archive, by digest beside it."""

from __future__ import annotations

import copy
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.errors import CannotStart, CopytrailError, TooLarge, Transient
from core.ids import sha256
from core.records import Finding, Media, Post
from core.redact import redact_url
from runner.outcome import public

if TYPE_CHECKING:
    from collectors.ytdlp import Wire
    from core.http import Client
    from runner.desk import Desk
    from runner.outcome import Outcome
    from storage.media import Fetched
    from storage.sources import SourceRow

KINDS = {"none": (), "images": ("image",), "all": ("image", "video", "audio", "file")}
MEGA = 1_000_000
_MOST_NAMED = 2_000  # records a joined file names as its pieces: a header must end somewhere


@dataclass(frozen=True, slots=True)
class Told:
    """What came of one address, and which post shows it."""

    ref: str
    fetched: Fetched

    def as_row(self) -> dict[str, Any]:
        """Return the row that `copytrail media --json` prints."""
        of = self.fetched
        return {
            "ref": self.ref, "url": of.url, "kind": of.kind, "status": of.status, "sha256": of.sha256,
            "bytes": of.size, "mime": of.mime, "has_place": bool((of.exif or {}).get("gps")), "finding": of.finding,
        }  # fmt: skip


class Keeper:
    """Fetch what is missing within the caps of the settings: bytes of a file, bytes and seconds of one run.

    `spent` are the bytes received so far, `over` says that a cap of the run is reached and the rest is for the next.
    """

    def __init__(self, desk: Desk) -> None:
        from archive.blobs import Blobs

        self.desk = desk
        self.blobs = Blobs(desk.workspace.root / "archive" / "blobs")
        settings = desk.workspace.settings.media
        self.cap = int(settings.max_megabytes * MEGA)
        self.total = int(settings.max_run_megabytes * MEGA)
        self.deadline = time.monotonic() + settings.max_seconds
        self.spent = 0
        self.http = _capped(desk.http, desk.workspace.settings.collect.requests_per_minute, self.cap)

    @property
    def over(self) -> bool:
        """Whether nothing more is to be begun in this run."""
        return self.spent >= self.total or time.monotonic() > self.deadline

    def keep(self, keep: str, *, limit: int | None = None, **which: Any) -> Iterator[Told]:
        """Fetch the missing media of the posts that `storage.media.missing` yields for `which`; note and yield each."""
        from storage import media

        with self.desk.workspace.database.read() as conn:  # listed first: fetching is slow and writers take turns
            wanted = []
            with closing(media.missing(conn, KINDS[keep], **which)) as found:
                for one in found:
                    wanted.append(one)
                    if limit is not None and len(wanted) >= limit:
                        break
        for post, item in wanted:
            if self.over:
                return
            yield Told(post.ref, self._one(post, item))

    def _one(self, post: Post, item: Media) -> Fetched:
        from storage import captures, media

        at = self.desk.workspace.clock().now()
        try:
            fetched = self._video(post, item, at) if item.kind == "video" else self._file(item, at)
        except CannotStart:
            raise
        except CopytrailError as error:
            fetched = _refused(item, at, error)
        with self.desk.workspace.database.write() as conn:
            if self.desk.recorder is not None:
                captures.save_captures(conn, self.desk.recorder.drain(), source_id=None, run_id=None)
            media.save(conn, fetched)
        return fetched

    def _file(self, item: Media, at: datetime) -> Fetched:
        from archive.media import keep
        from storage.media import Fetched

        url = item.url or ""
        try:
            answer = self.http.get(url)
        except TooLarge:
            self.spent += self.cap  # it was received up to there
            raise
        self.spent += len(answer.body)
        kept = keep(self.blobs, answer.body, answer.content_type, cap=self.cap, url=url)
        return Fetched(
            url, item.kind, answer.captured_at, kept.sha256, kept.size, kept.mime, answer.capture, exif=kept.exif
        )

    def _video(self, post: Post, item: Media, at: datetime) -> Fetched:
        """Fetch a video by yt-dlp: the file itself where the address names one, else what the post's page plays."""
        from archive.media import keep_file
        from collectors.ytdlp import Wire, download, names_a_file
        from storage.media import Fetched

        url = item.url or ""
        page = url if names_a_file(url) or not post.url else post.url
        wire: Wire = Wire(self.http, min(self.cap, self.total - self.spent), self.deadline)
        with tempfile.TemporaryDirectory(prefix="copytrail-media-") as folder:
            try:
                path, info = download(wire, page, Path(folder))
                kept = keep_file(self.blobs, path, f"video/{info.get('ext') or 'mp4'}", cap=self.cap)
                capture = self._whole(wire, kept.sha256) or self._joined(wire, url, path, kept.mime, at)
            finally:
                self.spent += wire.received
        return Fetched(url, item.kind, at, kept.sha256, kept.size, kept.mime, capture)

    def _whole(self, wire: Wire, digest: str) -> str | None:
        """Return the record of the answer that is the whole file, where there is one."""
        return next((a.capture for a in reversed(wire.answers) if sha256(a.body) == digest), None)

    def _joined(self, wire: Wire, url: str, path: Path, mime: str, at: datetime) -> str | None:
        """Put a file that came in pieces into the archive whole, saying so; no single answer holds it."""
        if self.desk.recorder is None:
            return wire.captures[-1] if wire.captures else None
        note = {"wire": f"no; joined by yt-dlp from {len(wire.captures)} answers"}
        if wire.captures:
            note["joined-from"] = " ".join(wire.captures[-_MOST_NAMED:])
        of = wire.captures[-1] if wire.captures else None
        return self.desk.recorder.resource(redact_url(url), mime, path, at=at, of=of, note=note)


def after_run(desk: Desk, row: SourceRow, out: Outcome) -> None:
    """Keep the media of what a run brought; what cannot be had is noted and never fails the run."""
    keeper = Keeper(desk)
    for _ in keeper.keep(desk.workspace.settings.media.keep, source_id=row.id, newest=out.new + out.changed):
        pass


def _capped(http: Client, pace: float, cap: int) -> Client:
    """Return the client for media: robots.txt obeyed, at the operator's pace, answers up to the cap of one file."""
    client = copy.copy(http.for_source(requests_per_minute=pace, robots="obeyed"))
    client.limits = replace(client.limits, max_bytes=cap)
    return client


def _refused(item: Media, at: datetime, error: CopytrailError) -> Fetched:
    from storage.media import Fetched

    final = not isinstance(error, Transient)
    return Fetched(item.url or "", item.kind, at, finding=public(Finding.of(error)), final=final)
