"""The custody log: what was done with a case, each entry holding the digest of the one before it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, fields
from datetime import UTC, datetime
from typing import Any, Literal, get_args

from core.canonical import canonical
from core.ids import sha256

Kind = Literal[
    "opened", "collected", "captured", "observed", "imported", "sealed", "stamped", "verified", "viewed", "judged",
    "exported", "redacted", "transferred", "forgotten", "restored",
]  # fmt: skip
KINDS: tuple[str, ...] = get_args(Kind)
SALT = "salt"  # in the note of an entry: random letters, so that nobody can guess what a digest was taken of
BEGINNING = "0" * 64  # what the entry at the head of a log names as the one before it


@dataclass(frozen=True, slots=True)
class Event:
    """One entry: `at` is ISO 8601 UTC, `sha256` the digest of the object where it has one, `prev` that of the entry
    before; `object` names a run, a file, a capture, and never a person.
    """

    seq: int
    at: str
    actor: str
    event: str
    object: str
    sha256: str | None
    note: Mapping[str, Any] = field(default_factory=dict)
    prev: str = BEGINNING

    def as_row(self) -> dict[str, Any]:
        """Return the JSON form of `custody.json`."""
        return {name: getattr(self, name) for name in _FIELDS} | {"note": dict(self.note)}

    @property
    def digest(self) -> str:
        """The SHA-256 of the entry in canonical JSON: what the next one holds as `prev`."""
        return sha256(canonical(self.as_row()))


_FIELDS = tuple(field.name for field in fields(Event))


def flaws(rows: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    """Yield what is wrong with a log (rows as in `custody.json`): a gap, a change, a date that runs backwards."""
    prev, seq, at = BEGINNING, 0, datetime.min.replace(tzinfo=UTC)
    for row in rows:
        try:
            event = Event(**row)
            dated = datetime.fromisoformat(event.at)
        except (TypeError, ValueError):
            yield f"entry {row.get('seq', seq + 1)} has another form than an entry has"
            return
        if event.seq != seq + 1:
            yield f"entry {event.seq} follows entry {seq}: an entry is missing, added or moved"
        if event.prev != prev:
            yield f"entry {event.seq} does not hold the digest of the entry before it: one of them was changed"
        if dated.tzinfo is None or dated < at:
            yield f"entry {event.seq} is dated {event.at}, before the entry it follows"
            return
        if event.event not in KINDS:
            yield f"entry {event.seq} is of a kind ({event.event}) that we do not write"
        prev, seq, at = event.digest, event.seq, dated
