"""Seal what is new in the archive: leaves over whole records, a statement over the leaves (docs/bundle-format.md)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Place:
    """Where a leaf stands: in which seal, at which index, by which path to its root; and the digest sealed."""

    seal: str
    index: int
    path: tuple[str, ...]
    sha256: str

    def as_row(self) -> dict[str, object]:
        """Return the JSON form of a place."""
        return {"seal": self.seal, "index": self.index, "path": list(self.path)}


def place_of(folder: Path, records: Iterable[str]) -> dict[str, Place]:
    """Return the earliest place of each record (`urn:uuid:...`) in the seals of a folder; others are left out."""
    raise NotImplementedError


def head_of(folder: Path, case: str, seq: int) -> Place | None:
    """Return the place of the head of a custody log, None where it is not sealed."""
    raise NotImplementedError
