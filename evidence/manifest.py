"""Name every file of a bundle with its size and digest, in one canonical form."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
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


def datapackage_digest(
    package: bytes, signed: Mapping[str, str] | None = None, timestamps: Sequence[Mapping[str, Any]] = ()
) -> bytes:
    """Return `datapackage-digest.json`; signature and time stamps stand beside the hash, where viewers look."""
    row: dict[str, Any] = {"path": "datapackage.json", "hash": text(package)}
    return canonical(row | ({"signedData": signed, "timestamps": list(timestamps)} if signed else {}))


def text(package: bytes) -> str:
    """Return the text that is signed: the digest of `datapackage.json`."""
    return f"sha256:{hashlib.sha256(package).hexdigest()}"
