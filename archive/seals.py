"""Seal what is new in the archive: leaves over whole records, a statement over the leaves (docs/bundle-format.md)."""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from archive.whole_records import whole_records
from core import merkle
from core.canonical import canonical
from core.errors import BadInput, CannotStart
from core.ids import sha256
from core.times import iso

Head = tuple[str, int, str]  # case, number of the last entry of its log, digest of that entry


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


@dataclass(frozen=True, slots=True)
class Stretch:
    """Whole records of one WARC file (relative to the folder of WARC files), from byte `since` to `until`."""

    file: str
    since: int
    until: int


@dataclass(frozen=True, slots=True)
class Made:
    """A seal as it lies in the folder; `sha256` is of the statement's file, `heads` are (case, entry) it covers."""

    id: str
    sealed: datetime
    root: str
    leaves: int
    sha256: str
    stretches: tuple[Stretch, ...]
    heads: tuple[tuple[str, int], ...]


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Hold the folder of seals alone: who comes second waits, and then finds what the first one sealed."""
    import fcntl

    try:
        folder.mkdir(parents=True, exist_ok=True)
        with (folder / ".lock").open("ab") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield
    except PermissionError as error:
        raise CannotStart(f"{folder} cannot be written; give yourself the right to write.") from error


def make(
    archive: Path,
    covered: Mapping[str, int],
    heads: Sequence[Head],
    *,
    at: datetime,
    software: str,
    clock: Mapping[str, Any] | None = None,
) -> Made | None:
    """Seal the whole records of `archive`/warc from where `covered` ends in each file, then the heads of the logs.

    Returns None where nothing is new. The statement is written last: a seal without one is none (see `sweep`).
    """
    folder, leaves, stretches = archive / "seals", [], []
    warcs = archive / "warc"
    for path in sorted(warcs.rglob("*.warc.gz")):
        name = path.relative_to(warcs).as_posix()
        begun = end = covered.get(name, 0)
        if path.stat().st_size <= end:
            continue
        for record in whole_records(path, end):
            if record.since != end and end > begun:
                stretches.append(Stretch(name, begun, end))
            begun = begun if record.since == end else record.since
            end = record.until
            leaves.append(canonical({"id": record.id, "sha256": record.sha256}))
        if end > begun:
            stretches.append(Stretch(name, begun, end))
    leaves += [canonical({"case": case, "custody": digest, "seq": seq}) for case, seq, digest in heads]
    if not leaves:
        return None
    made = f"{at.astimezone(UTC):%Y%m%d%H%M%S}-{secrets.token_hex(4)}"
    root = merkle.root(leaves)
    statement = canonical({
        "v": 1, "kind": "seal", "id": made, "sealed": iso(at), "software": software, "leaves": len(leaves),
        "root": root, "clock": {"offset": None, "source": None, **(clock or {})},
    })  # fmt: skip
    covers = [(case, seq) for case, seq, _ in heads]
    files = {"v": 1, "seal": made, "files": [[s.file, s.since, s.until] for s in stretches], "logs": covers}
    write(folder / f"{made}.leaves.jsonl", b"".join(leaves))
    write(folder / f"{made}.files.json", canonical(files))
    write(folder / f"{made}.json", statement)
    return Made(made, at, root, len(leaves), sha256(statement), tuple(stretches), tuple(covers))


def write(path: Path, data: bytes) -> None:
    """Write a file that is there whole or not at all, and survives a power cut."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(path.name + ".part")
    with part.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    part.replace(path)
    with suppress(OSError):
        handle = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def ids(folder: Path) -> list[str]:
    """Return the ids of the seals in a folder, the oldest first."""
    return sorted(path.name.removesuffix(".json") for path in folder.glob("*-????????.json"))


def sweep(folder: Path) -> None:
    """Remove what a killed process left of a seal without its statement; call it under the lock."""
    there = set(ids(folder))
    for path in [*folder.glob("*.leaves.jsonl"), *folder.glob("*.files.json"), *folder.glob("*.part")]:
        if path.name.endswith(".part") or path.name.split(".", 1)[0] not in there:
            path.unlink(missing_ok=True)


def statement(folder: Path, seal: str) -> bytes:
    """Return the statement of a seal, as it is stamped; raise BadInput where it is not there."""
    try:
        return (folder / f"{seal}.json").read_bytes()
    except OSError as error:
        raise BadInput(f"The seal {seal} cannot be read ({error.strerror}); restore archive/seals.") from None


def load(folder: Path, seal: str) -> Made:
    """Return a seal from its files alone; raise BadInput where they are not those of one."""
    data = statement(folder, seal)
    try:
        told = json.loads(data)
        files = json.loads((folder / f"{seal}.files.json").read_bytes())
        stretches = tuple(Stretch(str(f), int(since), int(until)) for f, since, until in files["files"])
        logs = tuple((str(case), int(seq)) for case, seq in files["logs"])
        sealed = datetime.fromisoformat(told["sealed"])
        return Made(seal, sealed, told["root"], int(told["leaves"]), sha256(data), stretches, logs)
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise BadInput(f"The files of the seal {seal} cannot be read ({type(error).__name__}).") from None


def leaves(folder: Path, seal: str) -> list[bytes]:
    """Return the leaves of a seal in their order; raise BadInput where the file is not there."""
    try:
        return (folder / f"{seal}.leaves.jsonl").read_bytes().splitlines(keepends=True)
    except OSError as error:
        raise BadInput(
            f"The leaves of the seal {seal} cannot be read ({error.strerror}); restore archive/seals."
        ) from None


def place_of(folder: Path, records: Iterable[str]) -> dict[str, Place]:
    """Return the earliest place of each record (`urn:uuid:...`) in the seals of a folder; others are left out."""
    return _places(folder, {b'{"id":"' + record.encode() + b'"': record for record in records})


def head_of(folder: Path, case: str, entries: Sequence[str]) -> tuple[int, Place] | None:
    """Return the newest sealed entry of a custody log, by number and place; None where none is sealed.

    `entries` are the digests of the log in their order: an entry that is not as it was sealed has no place.
    """
    for seal in reversed(ids(folder)):
        listed = leaves(folder, seal)
        # heads stand behind the records: what is looked for is among the last leaves
        for index in range(len(listed) - 1, -1, -1):
            if not listed[index].startswith(b'{"case"'):
                break
            told = json.loads(listed[index])
            if told["case"] == case and entries[told["seq"] - 1 : told["seq"]] == [told["custody"]]:
                return told["seq"], Place(seal, index, tuple(merkle.paths(listed, [index])[0]), told["custody"])
    return None


def _places(folder: Path, wanted: dict[bytes, str]) -> dict[str, Place]:
    found: dict[str, Place] = {}
    for seal in ids(folder):
        if not wanted:
            break
        listed = leaves(folder, seal)
        here = [(index, record) for index, leaf in enumerate(listed) if (record := wanted.pop(_key(leaf), ""))]
        for (index, record), path in zip(here, merkle.paths(listed, [i for i, _ in here]) if here else [], strict=True):
            found[record] = Place(seal, index, tuple(path), json.loads(listed[index])["sha256"])
    return found


def _key(leaf: bytes) -> bytes:
    return leaf.partition(b",")[0]
