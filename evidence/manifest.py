"""Name every file of a bundle with its size and digest, in one canonical form."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from core.canonical import canonical


@dataclass(frozen=True)
class Entry:
    """One file of a bundle."""

    path: str
    bytes: int
    sha256: str

    @property
    def name(self) -> str:
        """The name in datapackage.json: lower case, no slash, unique as the path is."""
        return self.path.lower().replace("/", "-")


def manifest(entries: Iterable[Entry], about: dict[str, Any]) -> bytes:
    """Return `evidence/manifest.json`: what the bundle is about and every file that carries evidence."""
    files = [{"path": e.path, "bytes": e.bytes, "sha256": e.sha256} for e in sorted(entries, key=lambda e: e.path)]
    return canonical({"v": 1, **about, "files": files})


def datapackage(entries: Iterable[Entry], about: dict[str, Any]) -> bytes:
    """Return `datapackage.json` of WACZ 1.1.1."""
    resources = [
        {"name": e.name, "path": e.path, "hash": f"sha256:{e.sha256}", "bytes": e.bytes}
        for e in sorted(entries, key=lambda e: e.path)
    ]
    return canonical({"profile": "data-package", "wacz_version": "1.1.1", **about, "resources": resources})


def datapackage_digest(package: bytes) -> bytes:
    """Return `datapackage-digest.json`; the signature of a later edition stands beside the hash as `signedData`."""
    return canonical({"path": "datapackage.json", "hash": f"sha256:{hashlib.sha256(package).hexdigest()}"})
