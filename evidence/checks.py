"""What verify says: one thing looked at, what came of it; and the bundle as its checks have read it so far."""

from __future__ import annotations

import json
import zipfile
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal

from core.errors import BadInput
from evidence import container
from evidence.members import WarcRecord

Result = Literal["proved", "claimed", "not_checked", "failed"]
NAMED = 5  # wrong things named one by one in a detail


@dataclass(frozen=True)
class Check:
    """One thing looked at and what came of it."""

    check: str
    result: Result
    detail: str

    def as_row(self) -> dict[str, Any]:
        """Return the JSON line of `verify --json`."""
        return asdict(self)


@dataclass
class Bundle:
    """A bundle under examination."""

    path: Path
    zip: zipfile.ZipFile
    package: dict[str, Any] = field(default_factory=dict)
    package_bytes: bytes = b""
    ours: bool = False
    hashes: dict[str, str] = field(default_factory=dict)  # path -> sha256 found
    records: dict[str, list[WarcRecord]] = field(default_factory=dict)  # file name -> records

    def json(self, name: str, limit: int = 256 * 10**6) -> Any:
        """Return what a JSON file of the bundle holds; raise BadInput where it is missing, too large or too deep."""
        return parsed(container.read(self.zip, name, limit), name)


def parsed(data: bytes | str, name: str) -> Any:
    """Return the value of JSON text; raise BadInput where it is nested without end."""
    try:
        return json.loads(data)
    except RecursionError:
        raise BadInput(f"{name} is nested too deeply") from None


def outcome(check: str, wrong: list[str], fine: str) -> Check:
    """Return a check that failed where anything is wrong."""
    if not wrong:
        return Check(check, "proved", fine)
    more = f"; and {len(wrong) - NAMED} more" if len(wrong) > NAMED else ""
    return Check(check, "failed", "; ".join(wrong[:NAMED]) + more + ".")
