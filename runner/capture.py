"""Capture pages for a case: joins the archive's capture with the working copy and the custody log."""

from __future__ import annotations

import shutil
import tempfile
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.canonical import canonical
from core.errors import BadInput, CannotStart, CopytrailError
from core.ids import sha256
from core.redact import redact_url

if TYPE_CHECKING:
    from archive.page import Captured
    from archive.page_answers import Caps
    from runner.desk import Desk
    from runner.workspace import Workspace

MEGA = 1_000_000


@dataclass(frozen=True, slots=True)
class Wanted:
    """One page to capture, and the post it shows where it is that of one."""

    url: str
    ref: str | None = None


def wanted(workspace: Workspace, case: str, urls: Sequence[str], refs: Sequence[str]) -> Iterator[Wanted | BadInput]:
    """Yield what is to be captured, each page once, or why it cannot be; BadInput where there is no such case."""
    from storage import pages

    for url in dict.fromkeys(urls):
        yield Wanted(url if "://" in url else f"https://{url}")
    if not refs:
        return
    with workspace.database.read() as conn:
        known = pages.addresses(conn, case, refs)
    for ref in dict.fromkeys(refs):
        address = known.get(ref)
        if ref not in known:
            yield BadInput(f"There is no post {ref} in the case {case}; `copytrail table posts` lists them.")
        elif address is None:
            yield BadInput(f"The post {ref} has no address of its own, so there is no page to capture.")
        else:
            yield Wanted(address, ref)


class Capturing:
    """Capture one page after another into a case, each with a row of its own from its beginning."""

    def __init__(self, desk: Desk, case: str, *, robots_override: str | None = None) -> None:
        from core.browser import find_browser
        from runner.custody import open_case
        from storage import pages

        find_browser()  # where there is none no attempt is entered
        self.desk, self.workspace = desk, desk.workspace
        self.robots_override = robots_override
        self.http = desk.http.for_source(robots_override=robots_override)
        self.caps = caps_of(self.workspace)
        with self.workspace.database.write() as conn:
            self.case = open_case(self.workspace, conn, case)
            self.lost = pages.recover(conn, self.workspace.clock().now())
            busy = pages.under_way(conn)
        if not busy:  # bodies that a killed process had on their way
            for left in (self.workspace.root / "archive").glob("under-way-*"):
                shutil.rmtree(left, ignore_errors=True)

    def capture(self, page: Wanted) -> dict[str, Any]:
        """Capture one page and return its capture.json; a wall or an error is a capture too.

        Raises CannotStart where the archive cannot be written; the attempt stands then, with that reason.
        """
        from storage import pages

        capture_id = f"cap-{uuid.uuid4()}"
        began = self.workspace.clock().now()
        with self.workspace.database.write() as conn:
            pages.begin(conn, capture_id, self.case, redact_url(page.url), began, ref=page.ref)
        captured, why = None, "It was stopped before it was done."
        try:
            captured = self._captured(capture_id, page.url)
        except CopytrailError as error:
            why = error.sentence
            if isinstance(error, CannotStart):
                raise
        finally:
            if captured is None:  # a stop by the operator closes its attempt too
                self._failed(capture_id, why)
        if captured is None:
            return {"id": capture_id, "url": redact_url(page.url), "outcome": "error", "reason": why}
        return self._kept(captured)

    def _captured(self, capture_id: str, url: str) -> Captured:
        from archive.page import capture

        if self.desk.recorder is None:
            raise CannotStart("Pages cannot be captured from a replay.")
        folder = Path(tempfile.mkdtemp(prefix="under-way-", dir=self.workspace.root / "archive"))
        try:
            return capture(
                url, http=self.http, writer=self.desk.recorder, folder=folder, capture_id=capture_id, caps=self.caps
            )
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def _kept(self, captured: Captured) -> dict[str, Any]:
        from runner.clock_offset import clock_offset
        from runner.custody import note
        from storage import captures, pages

        written = self.desk.recorder.drain() if self.desk.recorder is not None else []
        detail = {**captured.detail, "exchanges": [one.record_id for one in written]}
        with self.workspace.database.write() as conn:
            detail |= self._circumstances() | {"clock": clock_offset(self.workspace, conn).as_row()}
            captures.save_captures(conn, written, source_id=None, run_id=None)
            pages.end(
                conn, captured.id, at=captured.ended, outcome=captured.outcome, reason=captured.reason,
                status=captured.status, final_url=captured.final_url, records=captured.records, detail=detail,
            )  # fmt: skip
            told = {"outcome": captured.outcome, "records": len(written)}
            digest = sha256(canonical(detail))
            note(self.workspace, conn, self.case, "captured", f"capture:{captured.id}", sha256=digest, note=told)
        return detail

    def _failed(self, capture_id: str, why: str) -> None:
        from runner.custody import note
        from storage import captures, pages

        with self.workspace.database.write() as conn:
            if self.desk.recorder is not None:
                captures.save_captures(conn, self.desk.recorder.drain(), source_id=None, run_id=None)
            pages.end(conn, capture_id, at=self.workspace.clock().now(), outcome="error", reason=why)
            note(self.workspace, conn, self.case, "captured", f"capture:{capture_id}", note={"outcome": "error"})

    def _circumstances(self) -> dict[str, Any]:
        from runner.client import SOFTWARE

        settings = self.workspace.settings
        loopback = settings.workspace.loopback_port
        robots = f"overridden; reason: {self.robots_override}" if self.robots_override else "obeyed"
        return {
            "software": SOFTWARE, "settings_sha256": sha256(canonical(settings.model_dump(mode="json"))),
            "route": "loopback, the demo" if loopback else "direct", "robots": robots,
        }  # fmt: skip


def caps_of(workspace: Workspace) -> Caps:
    """Return the caps that the settings give one capture."""
    from archive.page_answers import Caps

    of, collect = workspace.settings.capture, workspace.settings.collect
    return Caps(
        requests=of.requests, answer_bytes=int(of.max_megabytes * MEGA), bytes=int(of.total_megabytes * MEGA),
        seconds=of.seconds, timeout=collect.timeout_seconds, per_minute=of.requests_per_minute,
        height=of.max_height, scrolls=of.max_screens,
    )  # fmt: skip
