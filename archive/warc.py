"""Write exchanges as WARC/1.1, one gzip member per record, so that a crash costs at most the record being written.

A writer owns its files: names carry the time and a random part, nothing is ever appended to a file of another run. The
members of one exchange go to the file in one write, which a killed process does not undo; large bodies go piece by
piece, and what of them is begun and not ended is cut off. `sync` makes them survive a power cut too; it takes
milliseconds, so it is called per batch (by `drain`, rollover and `close`) and not per exchange.
"""

from __future__ import annotations

import os
import threading
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO, Self

from archive import messages
from archive.packing import Member, Payload
from archive.protocols import certificate_uri
from archive.reading import Capture as Capture
from archive.reading import read as read
from core.errors import CannotStart
from core.exchange import Exchange, Tls
from core.times import Clock, SystemClock

_GATHERED = 4 * 1024 * 1024  # bytes up to which an exchange goes to the file in one write


@dataclass(frozen=True, slots=True)
class Written:
    """One exchange or resource as written: what a database keeps to find it again. `sha256` is of the payload, as hex.

    A resource has no status and no error; its `url` may be a URN.
    """

    record_id: str
    kind: str  # response, metadata for an attempt that brought no status, or resource
    url: str
    method: str  # empty for a resource
    status: int | None
    captured_at: datetime
    file: str  # relative to the writer's folder
    offset: int
    length: int
    sha256: str
    error: str | None


class WarcWriter:
    """Keep every exchange: a Recorder for `core.http.Client`, safe to share between threads.

    `software` names who writes (with version), `rollover` is the size in bytes after which a new file begins,
    `make_id` yields the UUIDs of records. Raises CannotStart where the folder cannot be written.
    """

    def __init__(
        self,
        folder: Path | str,
        *,
        software: str,
        clock: Clock | None = None,
        rollover: int = 1_000_000_000,
        make_id: Callable[[], uuid.UUID] = uuid.uuid4,
    ) -> None:
        self.folder = Path(folder)
        self._software = software
        self._clock = SystemClock() if clock is None else clock
        self._rollover = rollover
        self._make_id = make_id
        self._lock = threading.Lock()
        self._file: BinaryIO | None = None
        self._name = ""
        self._info = ""
        self._size = 0
        self._chains: set[tuple[bytes, ...]] = set()  # whose certificates stand in the file
        self._written: list[Written] = []
        self._check_folder()

    def record(self, exchange: Exchange) -> str:
        """Write an exchange; return the id of its response record, or of the record of the failure."""
        with self._lock:
            self._make_room()
            return self._exchange(exchange)

    def resource(
        self,
        uri: str,
        mime: str,
        payload: Payload,
        *,
        at: datetime,
        of: str | None = None,
        note: Mapping[str, str] | None = None,
    ) -> str:
        """Write what was made or received without HTTP of ours, from memory or a file; return its record id.

        `of` is the id of the record it belongs to; `note` becomes fields Copytrail-<Name>. Raises BadInput where the
        file of the payload cannot be read or changes meanwhile.
        """
        with self._lock:
            self._make_room()
            record_id = self._id()
            made = messages.resource(uri, mime, payload, at, self._info, record_id, of=of, note=note or {})
            [place] = self._append(made)
            self._note(record_id, uri, at, place, made)
            return record_id

    def drain(self) -> list[Written]:
        """Return what was written since the last call, once the disk holds it."""
        with self._lock:
            self._sync()
            written, self._written = self._written, []
            return written

    def sync(self) -> None:
        """Make what was written survive a power cut."""
        with self._lock:
            self._sync()

    def close(self) -> None:
        """Sync and close the file; the next exchange would begin another."""
        with self._lock:
            self._close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _check_folder(self) -> None:
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise _unwritable(self.folder, error) from error
        if not os.access(self.folder, os.W_OK | os.X_OK):
            raise CannotStart(f"The archive folder {self.folder} cannot be written; give yourself the right to write.")

    def _make_room(self) -> None:
        if self._file is None or self._size >= self._rollover:
            self._begin()

    def _begin(self) -> None:
        self._close()
        now = self._clock.now()
        name = f"copytrail-{now.astimezone(UTC):%Y%m%d%H%M%S%f}-{self._make_id().hex[:8]}.warc.gz"
        try:
            self._file = (self.folder / name).open("xb", buffering=0)
        except OSError as error:
            raise _unwritable(self.folder, error) from error
        self._name, self._size = name, 0
        self._chains.clear()
        self._info = self._id()
        self._append(messages.warcinfo(self._software, name, now, self._info))

    def _append(self, *members: Member) -> list[tuple[int, int]]:
        """Write whole members and return offset and length of each; what is begun and not ended is cut off again."""
        if self._file is None:
            raise CannotStart(f"The archive in {self.folder} is not open.")
        places, size = [], self._size
        gathered, whole = bytearray(), False
        try:
            for one in members:
                began = size
                for piece in one.packed():
                    gathered += piece
                    size += len(piece)
                    if len(gathered) >= _GATHERED:
                        self._write(gathered)
                places.append((began, size - began))
            self._write(gathered)
            whole = True
        except OSError as error:
            raise _unwritable(self.folder, error) from error
        finally:  # a stop by the operator leaves the file whole too
            if not whole:
                self._cut()
        self._size = size
        return places

    def _write(self, gathered: bytearray) -> None:
        rest = memoryview(bytes(gathered))
        gathered.clear()
        while rest and self._file is not None:
            rest = rest[self._file.write(rest) :]

    def _cut(self) -> None:
        """Cut the file to what it held before; where even that fails it is left, and the next record begins another."""
        if self._file is None:
            return
        try:
            self._file.truncate(self._size)
            self._file.seek(self._size)
        except OSError:
            self._file.close()
            self._file = None

    def _exchange(self, exchange: Exchange) -> str:
        """Write an exchange: certificates where the file has them not yet, request, response and/or failure."""
        request_id, record_id = self._id(), self._id()
        answered = exchange.status is not None
        main = (
            messages.response(exchange, self._info, record_id)
            if answered
            else messages.failure(exchange, self._info, record_id, request_id)
        )
        members = [messages.request(exchange, self._info, request_id, record_id), main]
        if answered and exchange.error:
            members.append(messages.failure(exchange, self._info, self._id(), record_id, alone=False))
        secured = self._new_chain(exchange)
        chain_id = self._id() if secured else ""
        if secured:  # first, so that who reads on knows it when the answer comes
            members.insert(0, messages.certificates(secured, exchange.captured_at, self._info, chain_id, record_id))
        places = self._append(*members)
        if secured:
            self._chains.add(secured.chain)
            self._note(chain_id, certificate_uri(secured), exchange.captured_at, places[0], members[0])
        written = Written(
            record_id, "response" if answered else "metadata", exchange.url, exchange.method, exchange.status,
            exchange.captured_at, self._name, *places[members.index(main)], main.sha256, exchange.error,
        )  # fmt: skip
        self._written.append(written)
        return record_id

    def _new_chain(self, exchange: Exchange) -> Tls | None:
        tls = exchange.tls
        return tls if tls is not None and exchange.status and tls.chain and tls.chain not in self._chains else None

    def _note(self, record_id: str, uri: str, at: datetime, place: tuple[int, int], made: Member) -> None:
        self._written.append(Written(record_id, "resource", uri, "", None, at, self._name, *place, made.sha256, None))

    def _id(self) -> str:
        return f"urn:uuid:{self._make_id()}"

    def _sync(self) -> None:
        if self._file is not None:
            os.fsync(self._file.fileno())

    def _close(self) -> None:
        if self._file is not None:
            self._sync()
            self._file.close()
            self._file = None


def _unwritable(folder: Path, error: OSError) -> CannotStart:
    return CannotStart(
        f"The archive folder {folder} cannot be written ({error.strerror or error}); "
        "free some space, or give yourself the right to write."
    )
