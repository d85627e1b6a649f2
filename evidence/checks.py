"""What verify says: one thing looked at, what came of it; whom it trusts; and one WACZ as its checks have read it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Literal, Protocol

from core.errors import BadInput
from evidence.files import Files
from evidence.members import WarcRecord
from evidence.strict import MAX_BYTES, strict

if TYPE_CHECKING:
    from config.authorities import Authority

Result = Literal["proved", "claimed", "not_checked", "failed"]
NAMED = 5  # wrong things named one by one in a detail
SKEW = timedelta(minutes=10)  # what an unwatched clock may be off before an order of times counts as impossible


@dataclass(frozen=True)
class Check:
    """One thing looked at and what came of it; `exhibit` is the file within a case bundle that it is about."""

    check: str
    result: Result
    detail: str
    exhibit: str | None = None

    def as_row(self) -> dict[str, Any]:
        """Return the JSON line of `verify --json`."""
        row = {"check": self.check, "result": self.result, "detail": self.detail}
        return {**row, "exhibit": self.exhibit} if self.exhibit else row


class Rereads(Protocol):
    """Today's parsers over the answers of a bundle; the runner brings them, as this room knows no source."""

    def begin(self, files: Files) -> None:
        """Read a case bundle before its exhibits are looked at; raises nothing."""

    def item(self, wacz: Wacz, item: dict[str, Any]) -> tuple[Result, str]:
        """Return whether the post of an exhibit is read again as it stands."""

    def posts(self, wacz: Wacz, posts: list[dict[str, Any]]) -> Iterator[tuple[Result, str]]:
        """Yield whether the posts of a whole case are read again as they stand."""


@dataclass(frozen=True)
class Trust:
    """Whom and what verify believes beforehand.

    `authorities` are those whose certificates are pinned, `known` the fingerprints of signers and the names they are
    known by, `signer` the fingerprint that must have signed, `within` how long after a capture its time stamp may come,
    `reread` runs today's parsers on the archived answers and compares.
    """

    authorities: Sequence[Authority] = ()
    known: Mapping[str, str | None] = field(default_factory=dict)
    signer: str | None = None
    within: timedelta = timedelta(days=2)
    reread: Rereads | None = None


@dataclass
class Seal:
    """A seal of a bundle, and when it existed at the latest, as a pinned authority says (None: nobody does)."""

    statement: dict[str, Any]
    at: datetime | None = None
    authority: str = ""


@dataclass
class Wacz:
    """A WACZ under examination."""

    files: Files
    trust: Trust
    package: dict[str, Any] = field(default_factory=dict)
    package_bytes: bytes = b""
    digest: dict[str, Any] = field(default_factory=dict)
    manifest: dict[str, Any] = field(default_factory=dict)
    ours: bool = False
    present: set[str] = field(default_factory=set)
    records: dict[str, list[WarcRecord]] = field(default_factory=dict)  # file name -> records
    by_id: dict[str, WarcRecord] = field(default_factory=dict)
    seals: dict[str, Seal] = field(default_factory=dict)
    custody: list[dict[str, Any]] = field(default_factory=list)
    item: dict[str, Any] | None = None
    fingerprint: str | None = None

    def json(self, name: str, limit: int = MAX_BYTES) -> Any:
        """Return what a JSON file of the bundle holds; ours must be canonical. Raises BadInput where it is not."""
        return strict(self.files.read(name, limit), name, ours=self.ours)


def outcome(check: str, wrong: Sequence[str], fine: str) -> Check:
    """Return a check that failed where anything is wrong."""
    if not wrong:
        return Check(check, "proved", fine)
    more = f"; and {len(wrong) - NAMED} more" if len(wrong) > NAMED else ""
    return Check(check, "failed", "; ".join(w.rstrip(".") for w in wrong[:NAMED]) + more + ".")


def same_keys(row: Any, keys: str, name: str) -> dict[str, Any]:
    """Return a JSON object that has exactly these keys (words in one string); raise BadInput where it has others."""
    wanted = set(keys.split())
    if not isinstance(row, dict) or set(row) != wanted:
        raise BadInput(f"{name} has another shape than we write (its keys are not {', '.join(sorted(wanted))})")
    return row


def moment(text: Any, name: str) -> datetime:
    """Return an instant written as ISO 8601 with its zone; raise BadInput otherwise."""
    try:
        at = datetime.fromisoformat(text)
    except (TypeError, ValueError):
        raise BadInput(f"{name} is dated {str(text)[:40]!r}, which is no time") from None
    if at.tzinfo is None:
        raise BadInput(f"{name} is dated {text} without a time zone")
    return at


def span(gap: timedelta) -> str:
    """Return a length of time as people say it."""
    seconds = abs(int(gap.total_seconds()))
    for size, word in ((86_400, "day"), (3_600, "hour"), (60, "minute")):
        if seconds >= size:
            return f"{seconds // size} {word}{'s' if seconds // size > 1 else ''}"
    return f"{seconds} seconds"
