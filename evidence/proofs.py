"""What a bundle carries so that it can be checked without us: places in seals, their stamps, keys, chains, the log."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core import merkle
from core.canonical import canonical
from core.custody import Event
from core.errors import CannotStart
from evidence.archived import Found
from evidence.contents import Contents

if TYPE_CHECKING:
    from archive.seals import Place
    from archive.timestamps import Answer
    from evidence.redaction import Redactor
    from evidence.signing import Identity

Progress = Callable[[int, int | None], None]


@dataclass(frozen=True)
class Means:
    """What an export works with besides its contents.

    `identity` signs; `stamp` asks the authorities for tokens over a statement of a name; `chains` are the certificates
    of each authority as PEM; `printed` makes report.pdf; `original` is the SHA-256 of the sealed edition.
    """

    identity: Identity | None = None
    stamp: Callable[[bytes, str], Sequence[Answer]] | None = None
    chains: Mapping[str, str] = field(default_factory=dict)
    printed: Callable[..., tuple[bytes, str | None]] | None = None  # evidence.printing.report_pdf
    redactor: Redactor | None = None
    original: str | None = None
    progress: Progress | None = None


@dataclass
class Proofs:
    """The places of records and of the head of the custody log in the seals of a workspace."""

    folder: Path | None
    places: dict[str, Place] = field(default_factory=dict)

    def look(self, records: Iterable[Found]) -> None:
        """Find the places of records; raise CannotStart where one is not what was sealed."""
        if self.folder is None or not self.folder.is_dir():
            return
        from archive.seals import place_of

        sealed = {found.id: found for found in records if found.sealed}
        self.places = place_of(self.folder, sealed)
        for name, place in self.places.items():
            if place.sha256 != sealed[name].sha256:
                raise CannotStart(
                    f"The record {name} in {sealed[name].path} is not what was sealed in {place.seal}: the archive was "
                    "changed since. Restore the file from your backup."
                )

    def row(self, found: Found) -> dict[str, Any]:
        """Return the row of a record in the manifest."""
        place = self.places.get(found.id) if found.sealed else None
        return {"id": found.id, "type": found.seen.type, "sha256": found.sha256,
                "place": place.as_row() if place else None}  # fmt: skip

    def head(self, case: str, custody: Sequence[Mapping[str, Any]]) -> dict[str, Any] | None:
        """Return seq and digest of the last entry of a log, and the newest sealed one; None where there is no entry.

        The last entry is hardly ever sealed itself: that a seal was made is an entry of its own, behind what it covers.
        """
        if not custody:
            return None
        digests, sealed = [Event(**row).digest for row in custody], None
        if self.folder is not None and self.folder.is_dir():
            from archive.seals import head_of

            if found := head_of(self.folder, case, digests):
                sealed = {"seq": found[0], "digest": found[1].sha256, "place": found[1].as_row()}
        return {"seq": len(digests), "digest": digests[-1], "sealed": sealed}

    def files(self, places: Iterable[Mapping[str, Any] | None]) -> dict[str, bytes]:
        """Return the seals that places name, with their stamps, under their names in a bundle."""
        found: dict[str, bytes] = {}
        for seal in sorted({str(place["seal"]) for place in places if place}):
            assert self.folder is not None  # noqa: S101 - without a folder there is no place
            for path in (self.folder / f"{seal}.json", *sorted(self.folder.glob(f"{seal}.*.tsr"))):
                found[f"evidence/seal-{path.name}"] = path.read_bytes()
        return found


def custody_file(contents: Contents) -> bytes:
    """Return `custody.json`."""
    return canonical({"v": 1, "case": contents.case, "events": list(contents.custody)})


def stamps(signatures: Sequence[str], means: Means, name: str) -> list[list[dict[str, Any]]]:
    """Have one statement over all signatures of an export stamped; return the `timestamps` of each of them."""
    if not signatures or means.stamp is None:
        return [[] for _ in signatures]
    leaves = [one.encode() for one in signatures]
    statement = canonical({"v": 1, "kind": "signatures", "leaves": len(leaves), "root": merkle.root(leaves)})
    answers = means.stamp(statement, name)
    paths = merkle.paths(leaves, range(len(leaves)))
    return [[_told(a, statement.decode(), index, path) for a in answers] for index, path in enumerate(paths)]


def _told(answer: Answer, statement: str, index: int, path: list[str]) -> dict[str, Any]:
    about: dict[str, Any] = {"authority": answer.authority, "statement": statement}
    if answer.state == "stamped" and answer.token is not None:
        token = base64.b64encode(answer.token).decode()
        return {**about, "index": index, "path": path, "token": token}
    return {**about, "pending": answer.why or "no answer yet"}
