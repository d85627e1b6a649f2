"""Find the records of a bundle in the archive, reading each stretch of its files once, and those made for it beside."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from core.errors import BadInput, CannotStart
from evidence.index import Seen, seen
from evidence.members import WarcRecord, members

Span = tuple[int, int | None]  # bytes of a file: where a record begins, where one ends (None: the end of the file)
_CHUNK = 1 << 20
_CHAIN = "urn:x509:"


@dataclass(frozen=True, slots=True)
class Found:
    """A record and where its gzip member lies; `sha256` is of the whole unpacked record."""

    seen: Seen
    path: Path
    offset: int
    sha256: str
    certificate: str = ""  # the record of the chain it came under, by its address
    refers: str = ""  # of a revisit: the record that holds the body
    refers_to: tuple[str, str] = ("", "")  # or else its address and payload digest
    sealed: bool = True  # False: made for the bundle, in no seal

    @property
    def id(self) -> str:
        """The id of the record."""
        return self.seen.id

    def pieces(self) -> Iterator[bytes]:
        """Yield the gzip member piece by piece; raise CannotStart where the archive cannot be read."""
        try:
            with self.path.open("rb") as file:
                file.seek(self.offset)
                left = self.seen.length
                while left and (piece := file.read(min(left, _CHUNK))):
                    left -= len(piece)
                    yield piece
        except OSError as error:
            raise _unreadable(self.path, error) from error
        if left:
            raise CannotStart(f"{self.path} became shorter while it was read. Restore it from your backup.")

    def raw(self) -> bytes:
        """Return the gzip member."""
        return b"".join(self.pieces())


@dataclass
class Archive:
    """The WARC files of a case; `spans` say which stretches of a file to read, where that is known beforehand.

    Without spans, and where they miss something, whole files are read, each once.
    """

    files: Sequence[Path]
    spans: Mapping[Path, Sequence[Span]] = field(default_factory=dict)
    records: dict[str, Found] = field(default_factory=dict)
    partners: dict[str, list[str]] = field(default_factory=dict)
    _chains: dict[tuple[Path, str], str] = field(default_factory=dict)
    _whole: set[Path] = field(default_factory=set)

    def look(self, wanted: Iterable[str]) -> set[str]:
        """Look for records and what goes with them; return those that are nowhere.

        Raises CannotStart where a file cannot be read.
        """
        names = frozenset(wanted)
        for path in self.files:
            for span in self.spans.get(path, [] if self.spans else [(0, None)]):
                self._read(path, span, names)
        if lost := names - self.records.keys():
            for path in (p for p in self.files if p not in self._whole):
                self._read(path, (0, None), names)
                if not (lost := names - self.records.keys()):
                    break
        self._look_for_bodies(names)
        return set(lost)

    def gather(self, wanted: Iterable[str]) -> list[Found]:
        """Return records that were looked for, with what goes with them, as they lie in the archive."""
        names = {name for name in wanted if name in self.records}
        for name in list(names):
            names.update(self.partners.get(name, ()))
            found = self.records[name]
            if found.certificate and (chain := self._chains.get((found.path, found.certificate))):
                names.add(chain)
        return sorted((self.records[n] for n in names), key=lambda f: (f.path.name, f.offset))

    def _read(self, path: Path, span: Span, wanted: frozenset[str]) -> None:
        """Read a stretch of a file and keep what is wanted, and what goes with it."""
        start, end = span
        if (start, end) == (0, None):
            self._whole.add(path)
        try:
            with path.open("rb") as file:
                self._take(path, _until(file, start, end), wanted)
        except OSError as error:
            raise _unreadable(path, error) from error

    def _take(self, path: Path, coming: Iterator[WarcRecord], wanted: frozenset[str]) -> None:
        with suppress(BadInput):  # a torn tail after a power cut: what stands before it stands
            for record in coming:
                of = record.headers.get("warc-concurrent-to", "").strip("<>")
                uri = record.headers.get("warc-target-uri", "")
                is_chain = record.type == "resource" and uri.startswith(_CHAIN)
                if not (record.id in wanted or of in wanted or is_chain) or record.id in self.records:
                    continue
                self.records[record.id] = _found(record, path)
                if of and not is_chain:
                    self.partners.setdefault(of, []).append(record.id)
                if is_chain:
                    self._chains[path, uri] = record.id

    def _look_for_bodies(self, wanted: frozenset[str]) -> None:
        """Look for the records that hold the bodies of revisits."""
        revisits = [f for n in wanted if (f := self.records.get(n)) and f.seen.type == "revisit"]
        if not revisits:
            return
        ids = {f.refers for f in revisits} - self.records.keys() - {""}
        digests = {f.refers_to for f in revisits if not f.refers}
        for path in self.files if ids or digests else ():
            with path.open("rb") as file, suppress(BadInput):
                for record in members(file):
                    key = (record.headers.get("warc-target-uri", ""), record.headers.get("warc-payload-digest", ""))
                    if record.id in ids or (record.type == "response" and key in digests):
                        self.records.setdefault(record.id, _found(record, path))

    def body_of(self, revisit: Found) -> Found | None:
        """Return the record that holds the body of a revisit, or None where it is nowhere."""
        if found := self.records.get(revisit.refers):
            return found
        same = (f for f in self.records.values() if (f.seen.url, f.seen.payload) == revisit.refers_to)
        return next((f for f in same if f.seen.type == "response"), None)


def made(record: WarcRecord, path: Path, offset: int) -> Found:
    """Return a record that was written for the bundle, at a place of a file."""
    found = _found(record, path)
    return Found(found.seen, path, offset, found.sha256, sealed=False)


def _found(record: WarcRecord, path: Path) -> Found:
    get = record.headers.get
    leaf = get("copytrail-certificate", "")
    revisit = record.type == "revisit"
    return Found(
        seen(record), path, record.offset, record.sha256, sys.intern(f"{_CHAIN}{leaf}") if leaf else "",
        get("warc-refers-to", "").strip("<>") if revisit else "",
        (get("warc-refers-to-target-uri", ""), get("warc-payload-digest", "")) if revisit else ("", ""),
    )  # fmt: skip


def _until(file: IO[bytes], start: int, end: int | None) -> Iterator[WarcRecord]:
    file.seek(start)
    for record in members(file, at=start):
        yield record
        if end is not None and record.offset + record.length >= end:
            return


def _unreadable(path: Path, error: OSError) -> CannotStart:
    return CannotStart(f"{path} cannot be read: {error.strerror or error}. Restore it from your backup.")
