"""What goes into a bundle, gathered by the runner and handed to the writers of `evidence`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Kept:
    """A kept file of media that no WARC record holds: it goes in as a resource record made at export."""

    sha256: str
    url: str
    mime: str
    at: str  # when it was fetched, ISO 8601 UTC
    path: Path


@dataclass(frozen=True)
class Exhibit:
    """One numbered post of a case bundle; `item` and `capture` as docs/bundle-format.md lays them out.

    `records` are the ids of the WARC records its WACZ carries; their partners (request, certificate, metadata) are
    found beside them. `screenshot` and `thumbnail` are PNG bytes.
    """

    number: int
    name: str
    item: Row
    capture: Row | None = None
    records: frozenset[str] = frozenset()
    screenshot: bytes | None = None
    thumbnail: bytes | None = None
    kept: Sequence[Kept] = ()


@dataclass(frozen=True)
class Contents:
    """A case, or some posts of it, in the public row shapes; times are ISO 8601 UTC.

    `records` names the WARC records that go in, `files` the WARC files of the archive that hold them, `seals` the
    folder of seals, `zone` the IANA name of the time zone in which local times are shown. `method` is what `method.md`
    tells: rules, versions, coverage.
    """

    case: str
    created: datetime
    software: str
    edition: str = "sealed"
    posts: Sequence[Row] = ()
    accounts: Sequence[Row] = ()
    families: Sequence[Row] = ()
    pairs: Sequence[Row] = ()
    sources: Sequence[Row] = ()
    findings: Sequence[Row] = ()
    observations: Sequence[Row] = ()
    media: Sequence[Row] = ()
    custody: Sequence[Row] = ()
    method: Mapping[str, Any] = field(default_factory=dict)
    exhibits: Sequence[Exhibit] = ()
    records: frozenset[str] = frozenset()
    files: Sequence[Path] = ()
    kept: Sequence[Kept] = ()
    seals: Path | None = None
    zone: str = "UTC"
