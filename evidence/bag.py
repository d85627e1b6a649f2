"""Write a folder of files as a zip in BagIt layout (RFC 8493), with SHA256SUMS and a signed statement over it."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from core.canonical import canonical
from core.ids import sha256
from evidence.container import Writer
from evidence.manifest import Entry
from evidence.proofs import Means

_BAGIT = b"BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n"
_SIGNED = "seal/signature.json"


class Bag:
    """A bag being written into a zip under one folder; what lies in `data/` is its payload."""

    def __init__(self, writer: Writer, folder: str) -> None:
        self.writer = writer
        self.folder = folder
        self.entries: dict[str, Entry] = {}

    def add(self, path: str, source: bytes | Path) -> Entry:
        """Write one file."""
        entry = self.writer.add(f"{self.folder}/{path}", source)
        self.entries[path] = Entry(path, entry.bytes, entry.sha256)
        return self.entries[path]

    def close(self, info: Iterable[tuple[str, str]]) -> bytes:
        """Write what makes it a bag, and SHA256SUMS over all of it; return SHA256SUMS."""
        payload = [entry for path, entry in self.entries.items() if path.startswith("data/")]
        lines = [*info, ("Payload-Oxum", f"{sum(e.bytes for e in payload)}.{len(payload)}")]
        self.add("bagit.txt", _BAGIT)
        self.add("bag-info.txt", "".join(f"{name}: {_one_line(value)}\n" for name, value in lines).encode())
        self.add("manifest-sha256.txt", sums(payload))
        tags = [entry for path, entry in self.entries.items() if not path.startswith("data/")]
        self.add("tagmanifest-sha256.txt", sums(tags))
        listed = sums(self.entries.values())
        self.add("SHA256SUMS", listed)
        return listed

    def sign(self, statement: dict[str, Any], means: Means) -> list[str]:
        """Write the statement, its signature and the time stamps over that; return which stamps are still to come.

        Raises CannotStart where the signature fails.
        """
        told = canonical(statement)
        self.add("seal/statement.json", told)
        if means.identity is None:
            return []
        row = {"v": 1, "statement": sha256(told), "ed25519": means.identity.sign(told),
               "signer": means.identity.as_row()}  # fmt: skip
        signature = canonical(row)
        self.add(_SIGNED, signature)
        for name, pem in sorted(means.chains.items()):
            self.add(f"seal/tsa-{name}.pem", pem.encode())
        pending = []
        for answer in means.stamp(signature, f"{self.folder}/{_SIGNED}") if means.stamp else ():
            if answer.state == "stamped" and answer.token is not None:
                self.add(f"{_SIGNED}.{answer.authority}.tsr", answer.token)
            else:
                pending.append(f"{answer.authority}: {answer.why or 'no answer yet'}")
        return pending


def sums(entries: Iterable[Entry]) -> bytes:
    """Return digests and paths in the form of `sha256sum`, by path."""
    return "".join(f"{e.sha256}  {e.path}\n" for e in sorted(entries, key=lambda e: e.path)).encode()


def _one_line(text: str) -> str:
    return " ".join(text.split())
