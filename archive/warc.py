"""Write exchanges as WARC/1.1, one gzip member per record, so that a crash costs at most the record being written.

A writer owns its files: names carry the time and a random part, nothing is ever appended to a file of another run. The
members of one exchange go to the file in one write, which a killed process does not undo. `sync` makes them survive a
power cut too; it takes milliseconds, so it is called per batch (by `drain`, rollover and `close`) and not per exchange.
"""

from __future__ import annotations

import hashlib
import os
import re
import threading
import uuid
import zlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO, Self

from archive.reading import Capture as Capture
from archive.reading import read as read
from core.errors import CannotStart
from core.exchange import Exchange, Headers
from core.times import Clock, SystemClock

CONFORMS = "https://iipc.github.io/warc-specifications/specifications/warc-format/warc-1.1/"
_LEVEL = 6
_LINE_ENDS = re.compile(r"[\r\n]+")

Field = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Written:
    """One exchange as written: what a database keeps to find it again. `sha256` is of the payload, as hex."""

    record_id: str
    kind: str  # response, or metadata for an attempt that brought no status
    url: str
    method: str
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
        self._written: list[Written] = []
        self._check_folder()

    def record(self, exchange: Exchange) -> str:
        """Write an exchange; return the id of its response record, or of the record of the failure."""
        with self._lock:
            if self._file is None or self._size >= self._rollover:
                self._begin()
            written, data = self._packed(exchange)
            self._append(data)
            self._written.append(written)
            return written.record_id

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

    def _begin(self) -> None:
        self._close()
        now = self._clock.now()
        name = f"copytrail-{now.astimezone(UTC):%Y%m%d%H%M%S%f}-{self._make_id().hex[:8]}.warc.gz"
        try:
            self._file = (self.folder / name).open("xb", buffering=0)
        except OSError as error:
            raise _unwritable(self.folder, error) from error
        self._name, self._size = name, 0
        self._info = self._id()
        lines = [("software", self._software), ("format", "WARC File Format 1.1"), ("conformsTo", CONFORMS)]
        head = [
            ("WARC-Type", "warcinfo"), ("WARC-Record-ID", f"<{self._info}>"), ("WARC-Date", _stamp(now)),
            ("WARC-Filename", name), ("Content-Type", "application/warc-fields"),
        ]  # fmt: skip
        self._append(_member(head, _fields(lines)))

    def _append(self, data: bytes) -> None:
        """Write whole members; what a full disk left of them is cut off again, so that the file stays whole."""
        if self._file is None:
            raise CannotStart(f"The archive in {self.folder} is not open.")
        rest = memoryview(data)
        try:
            while rest:
                rest = rest[self._file.write(rest) :]
        except OSError as error:
            self._file.truncate(self._size)
            self._file.seek(self._size)
            raise _unwritable(self.folder, error) from error
        self._size += len(data)

    def _packed(self, exchange: Exchange) -> tuple[Written, bytes]:
        """Return the members of an exchange (request, then response and/or failure) and its row for the database."""
        request_id, record_id = self._id(), self._id()
        kind = "response" if exchange.status is not None else "metadata"
        request = self._request(exchange, request_id, record_id)
        main = (
            self._response(exchange, record_id)
            if kind == "response"
            else self._failure(exchange, record_id, request_id)
        )
        data = request + main
        if kind == "response" and exchange.error:
            data += self._failure(replace(exchange, note={}), self._id(), record_id, alone=False)
        written = Written(
            record_id=record_id, kind=kind, url=exchange.url, method=exchange.method, status=exchange.status,
            captured_at=exchange.captured_at, file=self._name, offset=self._size + len(request), length=len(main),
            sha256=hashlib.sha256(exchange.body).hexdigest(), error=exchange.error,
        )  # fmt: skip
        return written, data

    def _head(self, kind: str, record_id: str, exchange: Exchange) -> list[Field]:
        head = [
            ("WARC-Type", kind), ("WARC-Record-ID", f"<{record_id}>"), ("WARC-Date", _stamp(exchange.captured_at)),
            ("WARC-Target-URI", _one_line(exchange.url)), ("WARC-Warcinfo-ID", f"<{self._info}>"),
        ]  # fmt: skip
        if exchange.peer and kind != "metadata":
            head.append(("WARC-IP-Address", _one_line(exchange.peer)))
        return head

    def _request(self, exchange: Exchange, request_id: str, record_id: str) -> bytes:
        target = exchange.url.partition("://")[2]
        path = target[len(target.split("/", 1)[0].split("?", 1)[0]) :] or "/"
        first = f"{exchange.method} {path if path[0] == '/' else '/' + path} {exchange.http_version}"
        length = [("Content-Length", str(len(exchange.request_body)))] if exchange.request_body else []
        headers = [*_without(exchange.request_headers, "content-length"), *length]
        head = self._head("request", request_id, exchange)
        head += [("WARC-Concurrent-To", f"<{record_id}>"), ("Content-Type", "application/http;msgtype=request")]
        return _member(head, _http(first, headers), exchange.request_body)

    def _response(self, exchange: Exchange, record_id: str) -> bytes:
        head = self._head("response", record_id, exchange)
        if exchange.truncated:
            head.append(("WARC-Truncated", exchange.truncated))
        if exchange.error:
            head.append(("Copytrail-Error", _one_line(exchange.error)))
        head += _notes(exchange)
        head.append(("Content-Type", "application/http;msgtype=response"))
        first = f"{exchange.http_version} {exchange.status} {exchange.reason}"
        return _member(head, _http(first, _stored_headers(exchange)), exchange.body)

    def _failure(self, exchange: Exchange, record_id: str, of: str, *, alone: bool = True) -> bytes:
        """Return a metadata record that names the error; `alone` where it stands in for a response."""
        error = exchange.error or "no answer"
        head = [*self._head("metadata", record_id, exchange), ("WARC-Concurrent-To", f"<{of}>"), *_notes(exchange)]
        if alone:
            head.append(("Copytrail-Error", _one_line(error)))
        head.append(("Content-Type", "application/warc-fields"))
        return _member(head, _fields([("error", error)]))

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


def _member(head: list[Field], http: bytes, payload: bytes | None = None) -> bytes:
    """Return one record as a gzip member; with `payload`, `http` is the head of a message and both are digested."""
    block = http + (payload or b"")
    digests = [("WARC-Block-Digest", _digest(block))]
    if payload is not None:
        digests.append(("WARC-Payload-Digest", _digest(payload)))
    lines = [*head, *digests, ("Content-Length", str(len(block)))]
    text = "WARC/1.1\r\n" + "".join(f"{name}: {value}\r\n" for name, value in lines) + "\r\n"
    return zlib.compress(text.encode() + block + b"\r\n\r\n", _LEVEL, wbits=31)


def _digest(data: bytes) -> str:
    return f"sha256:{hashlib.sha256(data).hexdigest()}"


def _http(first: str, headers: Headers) -> bytes:
    lines = [first.rstrip(), *(f"{name}: {value}" for name, value in headers)]
    return "".join(f"{_one_line(line)}\r\n" for line in lines).encode("latin-1", "replace") + b"\r\n"


def _fields(lines: list[Field]) -> bytes:
    return "".join(f"{name}: {_one_line(value)}\r\n" for name, value in lines).encode()


def _notes(exchange: Exchange) -> list[Field]:
    return [(f"Copytrail-{name.title()}", _one_line(value)) for name, value in sorted(exchange.note.items())]


def _stored_headers(exchange: Exchange) -> list[Field]:
    """Return the headers of an answer as stored: what no longer holds of the body moves to X-Archive-Orig-*."""
    stored: list[Field] = []
    moved = {"transfer-encoding", "content-length"} | ({"content-encoding"} if exchange.decoded else set())
    length = str(len(exchange.body))
    for name, value in exchange.headers:
        same_length = name.lower() == "content-length" and value.strip() == length
        if name.lower() in moved and not same_length:
            stored.append((f"X-Archive-Orig-{name}", value))
        else:
            stored.append((name, value))
    if not any(name.lower() == "content-length" for name, _ in stored):
        stored.append(("Content-Length", length))
    return stored


def _without(headers: Headers, unwanted: str) -> list[Field]:
    return [(name, value) for name, value in headers if name.lower() != unwanted]


def _one_line(text: str) -> str:
    """Return text that ends no line of a record; every other character stays as it was received."""
    return text if text.isprintable() else _LINE_ENDS.sub(" ", text.replace("\x00", ""))


def _stamp(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%S.%f}Z"


def _unwritable(folder: Path, error: OSError) -> CannotStart:
    return CannotStart(
        f"The archive folder {folder} cannot be written ({error.strerror or error}); "
        "free some space, or give yourself the right to write."
    )
