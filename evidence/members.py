"""Read WARC records out of gzip members, bounded, with nothing but the standard library: what verify relies on."""

from __future__ import annotations

import base64
import hashlib
import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO

from core.errors import BadInput

MAX_RECORD = 2_000_000_000  # bytes of one unpacked record: above the largest answer the client keeps
MAX_RATIO = 1_100  # deflate reaches 1,032 on a run of one byte
CHUNK = 1 << 20
MAX_HEADER = 65_536
_END = b"\r\n\r\n"  # what follows the block of every record
_LENGTH = re.compile(r"[0-9]{1,18}", re.ASCII)
_ONCE = frozenset({
    "content-length", "content-type", "warc-block-digest", "warc-date", "warc-payload-digest", "warc-record-id",
    "warc-target-uri", "warc-type",
})  # fmt: skip


@dataclass(frozen=True)
class WarcRecord:
    """One record: where it lies, its headers (lower-case names), and what its blocks hash to."""

    offset: int
    length: int
    headers: dict[str, str]
    head: bytes  # the HTTP head of a response or request, else empty
    block_sha256: bytes
    payload_sha256: bytes
    block_length: int
    flaws: tuple[str, ...] = ()  # what no honest writer leaves: two readers would read it in two ways

    @property
    def id(self) -> str:
        """The record id without brackets."""
        return self.headers.get("warc-record-id", "").strip("<>")

    @property
    def type(self) -> str:
        """The WARC-Type."""
        return self.headers.get("warc-type", "")

    @property
    def status(self) -> int | None:
        """The HTTP status of a response."""
        parts = self.head.split(b"\r\n", 1)[0].split()
        return int(parts[1]) if self.type == "response" and len(parts) > 1 and parts[1].isdigit() else None

    def http_header(self, name: str) -> str:
        """Return one header of the HTTP head, or the empty string."""
        wanted = name.lower().encode()
        for line in self.head.split(b"\r\n")[1:]:
            key, _, value = line.partition(b":")
            if key.strip().lower() == wanted:
                return value.strip().decode("latin-1")
        return ""

    @property
    def is_digested(self) -> bool:
        """Whether the record states a SHA-256 of its block."""
        return self.headers.get("warc-block-digest", "").lower().startswith("sha256:")

    def wrong_digests(self) -> list[str]:
        """Return the names of stated digests that do not fit; other algorithms than SHA-256 are left out.

        The payload digest of a revisit is that of the record it refers to.
        """
        checks = [("warc-block-digest", self.block_sha256)]
        if self.type != "revisit":
            checks.append(("warc-payload-digest", self.payload_sha256))
        return [name for name, actual in checks if not _fits(self.headers.get(name, ""), actual)]


def _fits(stated: str, actual: bytes) -> bool:
    algorithm, _, value = stated.partition(":")
    if algorithm.lower() != "sha256":
        return True
    return value.lower() == actual.hex() or value.upper().rstrip("=") == base64.b32encode(actual).decode().rstrip("=")


def members(file: IO[bytes]) -> Iterator[WarcRecord]:
    """Yield the records of a WARC file with one gzip member per record.

    Raises BadInput, naming the offset, where the file is torn, not gzip, or unpacks to more than the caps.
    """
    pending, offset = b"", 0
    while pending or (pending := file.read(CHUNK)):
        parser, unpack, used = _Parser(), zlib.decompressobj(31), 0
        while True:
            try:
                out = unpack.decompress(pending, CHUNK)
            except zlib.error as error:
                raise BadInput(f"the archive is damaged at byte {offset}: {error}") from error
            parser.feed(out, offset)
            used += len(pending) - len(unpack.unconsumed_tail) - len(unpack.unused_data)
            if parser.total > MAX_RECORD or parser.total > max(used, 1_000) * MAX_RATIO:
                raise BadInput(f"the record at byte {offset} unpacks to more than {MAX_RECORD} bytes or is a bomb")
            if unpack.eof:
                pending = unpack.unused_data
                break
            pending = unpack.unconsumed_tail or file.read(CHUNK)
            if not pending:
                raise BadInput(f"the archive ends inside the record at byte {offset}")
        yield parser.record(offset, used)
        offset += used


class _Parser:
    """Take a record apart as it is unpacked, keeping heads and digests only."""

    def __init__(self) -> None:
        self.total = 0
        self.buffer = b""
        self.headers: dict[str, str] | None = None
        self.left = 0
        self.length = 0
        self.block = hashlib.sha256()
        self.payload = hashlib.sha256()
        self.head: bytes | None = None
        self.tail = b""
        self.flaws: list[str] = []

    def feed(self, data: bytes, offset: int) -> None:
        self.total += len(data)
        if self.headers is not None:
            self._block(data)
            return
        self.buffer += data
        head, found, rest = self.buffer.partition(b"\r\n\r\n")
        if not found:
            if len(self.buffer) > MAX_HEADER:
                raise BadInput(f"the record at byte {offset} has no WARC header")
            return
        if not head.startswith(b"WARC/1."):
            raise BadInput(f"what stands at byte {offset} is no WARC record")
        lines = [line.partition(":") for line in head.decode("utf-8", "replace").split("\r\n")[1:]]
        self.headers = {name.strip().lower(): value.strip() for name, _, value in lines}
        stated = [name.strip().lower() for name, _, _ in lines if name.strip().lower() in _ONCE]
        if len(set(stated)) < len(stated):
            self.flaws.append("states a field twice")
        if b"\n" in head.replace(b"\r\n", b""):
            self.flaws.append("holds a bare line feed in its header")
        length = self.headers.get("content-length", "")
        if not _LENGTH.fullmatch(length):
            raise BadInput(f"the record at byte {offset} states no length")
        self.left = self.length = int(length)
        self.buffer = b""
        if "msgtype=" not in self.headers.get("content-type", ""):
            self.head = b""
        self._block(rest)

    def _block(self, data: bytes) -> None:
        self.tail += data[self.left :][: len(_END) + 1 - len(self.tail)]
        data = data[: self.left]
        self.left -= len(data)
        self.block.update(data)
        if self.head is not None:
            self.payload.update(data)
            return
        self.buffer += data
        head, found, rest = self.buffer.partition(b"\r\n\r\n")
        if found or len(self.buffer) > MAX_HEADER or not self.left:
            self.head = head
            self.payload.update(rest)
            self.buffer = b""

    def record(self, offset: int, length: int) -> WarcRecord:
        if self.headers is None or self.left:
            raise BadInput(f"the record at byte {offset} is shorter than it states")
        if self.tail != _END:
            self.flaws.append("does not end where it states")
        return WarcRecord(
            offset, length, self.headers, self.head or b"", self.block.digest(), self.payload.digest(), self.length,
            tuple(self.flaws),
        )  # fmt: skip
