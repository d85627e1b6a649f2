"""How a run ended: what it brought, what the platform said, how much of the source was seen."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from core.errors import (
    AskOperator,
    CopytrailError,
    FindingKind,
    NotRecorded,
    NotThere,
    RateLimited,
    SourceChanged,
    Transient,
)
from core.records import Finding

_LOOK: tuple[type[CopytrailError], ...] = (
    Transient, RateLimited, *AskOperator.__subclasses__(), SourceChanged, NotRecorded,
)  # fmt: skip
PROBLEMS = frozenset(error.kind for error in _LOOK) | {"failed"}
_WATCHED: frozenset[FindingKind] = frozenset({"gone", "suspended"})  # there is nothing to see, and we looked
_CLOSED: frozenset[FindingKind] = frozenset(
    {"blocked", "unauthorized", "login_wall", "robots", "refused", "rate_limited",
     "legal_block", "private", "quarantined"}
)  # fmt: skip


@dataclass
class Outcome:
    """How the run of one source ended.

    `status` is done, partial, failed, interrupted, or running where another process is at it; `coverage` is complete,
    partial, blocked or quiet. `remarks` are findings about the source, not about single posts. `unread` counts, by
    path, the fields of its answers that the parser does not know: the platform has something new to tell.
    `cost_at_most` is what was said before the run. `was` is how many posts the latest run that read any had read, where
    this one read none: somebody should look why.
    """

    source: int
    url: str
    status: str = "done"
    coverage: str = "complete"
    posts: int = 0
    new: int = 0
    changed: int = 0
    finding: Finding | None = None
    remarks: list[Finding] = field(default_factory=list)
    unread: dict[str, int] = field(default_factory=dict)
    was: int | None = None
    cost_at_most: float | None = None  # US dollars; None where the platform asks none

    @property
    def is_problem(self) -> bool:
        """Whether somebody should look: what the platform says of itself (gone, quiet) is no problem of ours."""
        return self.finding is not None and (self.finding.kind in PROBLEMS or self.was is not None)

    def as_row(self) -> dict[str, Any]:
        """Return the JSON line of `collect --json`."""
        return {
            "source": self.source, "url": self.url, "status": self.status, "coverage": self.coverage,
            "posts": self.posts, "new": self.new, "changed": self.changed,
            "finding": public(self.finding) if self.finding else None, "unread": self.unread, "was": self.was,
            **({} if self.cost_at_most is None else {"cost_at_most": self.cost_at_most}),
        }  # fmt: skip

    @classmethod
    def from_row(cls, row: dict[str, Any]) -> Outcome:
        """Return the outcome that a child process told as such a line."""
        finding = row["finding"]
        return cls(**{**row, "finding": Finding(**finding, url=row["url"]) if finding else None})

    def judge(
        self, error: CopytrailError | None, *, unchanged: bool = False, falls_short: Finding | None = None,
        before: tuple[int, datetime] | None = None,
    ) -> None:  # fmt: skip
        """Settle finding, coverage and status from the error that ended the walk and the remarks made on the way.

        `unchanged` says that the source answered "not modified": nothing new, and all is well. `falls_short` tells
        what is unusual about posts that were all read. `before` is how many posts the latest run that read any had
        read, and when.
        """
        # that a recording ends is the least there is to tell; what the platform said before counts for more
        if error is not None and not (isinstance(error, NotRecorded) and self.remarks):
            self.finding = Finding.of(error)
        elif self.remarks:
            self.finding = next((f for f in self.remarks if f.kind in PROBLEMS), self.remarks[0])
        elif self.posts == 0 and not unchanged:
            self.finding = self._quiet(before)
        self.coverage = _coverage(self.finding, self.posts, ended=error is None)
        if error is not None:
            self.status = "done" if isinstance(error, NotThere) else "partial" if self.posts else "failed"
        elif self.coverage == "partial" or self.is_problem:
            self.status = "partial"
        self.finding = self.finding or falls_short

    def _quiet(self, before: tuple[int, datetime] | None) -> Finding:
        """Return the finding of an answer without posts; where there used to be some, it is loud."""
        said = f"{self.url} answered without a single post; see whether it shows any in a browser."
        if before:
            self.was, on = before
            posts = f"{self.was} post{'s' if self.was > 1 else ''}"
            said = (
                f"{self.url} answered without a single post; it gave {posts} on {on:%Y-%m-%d}. See in a browser "
                "whether it was emptied; if it was not, the platform now answers in another way."
            )
        return Finding(kind="quiet", url=self.url, sentence=said)


def _coverage(finding: Finding | None, posts: int, *, ended: bool) -> str:
    if finding is None:
        return "complete"
    if finding.kind == "quiet":
        return "quiet"
    if finding.kind in _WATCHED:
        return "complete" if ended or not posts else "partial"
    return "blocked" if finding.kind in _CLOSED and not posts else "partial"


def public(finding: Finding) -> dict[str, Any]:
    """Return a finding in the shape of `sources --json`."""
    row: dict[str, Any] = {"kind": finding.kind, "status": finding.status, "retry_after": finding.retry_after}
    if finding.retry_after is not None and finding.retry_after == int(finding.retry_after):
        row["retry_after"] = int(finding.retry_after)
    return row | {"sentence": finding.sentence}
