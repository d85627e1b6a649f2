"""Read WARC records, bounded, with nothing but the standard library: what verify and the writers of bundles rely on."""

from __future__ import annotations

import base64
import hashlib
import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass

from core.errors import BadInput
from evidence.windows import Readable

MAX_RECORD = 2_000_000_000  # bytes of one unpacked record: above the largest answer the client keeps
MAX_RATIO = 1_100  # deflate reaches 1,032 on a run of one byte
CHUNK = 1 << 20
MAX_HEADER = 65_536
_PIECE = 1 << 16  # bytes read at a time: what is left of a piece is copied at the end of each record
_END = b"\r\n\r\n"  # what follows the block of every record
_LENGTH = re.compile(r"[0-9]{1,18}", re.ASCII)
_ONCE = frozenset({
    "content-length", "content-type", "warc-block-digest", "warc-date", "warc-payload-digest", "warc-record-id",
    "warc-target-uri", "warc-type", "warc-refers-to",
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
    sha256: str = ""  # of the whole unpacked record: header, block and the line ends after it
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


def members(file: Readable, *, at: int = 0, joined: bool = False, most: int | None = None) -> Iterator[WarcRecord]:
    """Yield the records of a packed WARC file; one gzip member each, unless `joined` allows several in one.

    `at` is the place of the file's first byte (offsets count from it), `most` caps what all records unpack to together.
    Raises BadInput, naming the offset, where the file is torn, not gzip, or unpacks to more than the caps.
    """
    pending, offset, left = b"", at, most if most is not None else MAX_RECORD * MAX_RATIO
    while pending or (pending := file.read(_PIECE)):
        unpack, used = zlib.decompressobj(31), 0
        parser = Parser(offset)
        while True:
            try:
                out = unpack.decompress(pending, CHUNK)
            except zlib.error as error:
                raise BadInput(f"the archive is damaged at byte {offset}: {error}") from error
            used += len(pending) - len(unpack.unconsumed_tail) - len(unpack.unused_data)
            left, moved = left - len(out), bool(out)
            while out and (out := parser.feed(out, left)):
                if not joined:
                    parser.overrun(out)
                    break
                yield parser.record(0)
                parser = Parser(offset)
            if unpack.eof:
                pending = unpack.unused_data
                break
            pending = unpack.unconsumed_tail or file.read(_PIECE)
            if not pending and not moved:
                raise BadInput(f"the archive ends inside the record at byte {offset}")
        if not (joined and parser.is_empty):
            yield parser.record(used)
        offset += used


def plain(file: Readable, *, most: int | None = None) -> Iterator[WarcRecord]:
    """Yield the records of a WARC file that is not packed; raise BadInput as `members` does."""
    offset, left = 0, most if most is not None else MAX_RECORD * MAX_RATIO
    parser, rest = Parser(0), file.read(CHUNK)
    while rest:
        size = len(rest)
        rest = parser.feed(rest, left)
        offset, left = offset + size - len(rest), left - size + len(rest)
        if parser.is_whole and rest:
            yield parser.record(offset - parser.offset)
            parser = Parser(offset)
        rest = rest or file.read(CHUNK)
    if offset > parser.offset:
        yield parser.record(offset - parser.offset)


class Parser:
    """Take a record apart as it is unpacked, keeping heads and digests only."""

    def __init__(self, offset: int) -> None:
        self.offset = offset
        self.buffer = b""
        self.headers: dict[str, str] | None = None
        self.left = 0
        self.length = 0
        self.whole = hashlib.sha256()
        self.block = hashlib.sha256()
        self.payload: hashlib._Hash | None = None
        self.head: bytes | None = None
        self.tail = b""
        self.flaws: list[str] = []

    @property
    def is_empty(self) -> bool:
        """Whether nothing was fed yet."""
        return self.headers is None and not self.buffer

    @property
    def is_whole(self) -> bool:
        """Whether header, block and the line ends after it are there."""
        return self.headers is not None and not self.left and len(self.tail) == len(_END)

    def feed(self, data: bytes, budget: int) -> bytes:
        """Take some unpacked bytes and return what lies behind the record; `budget` is what may yet be unpacked.

        Raises BadInput where the bytes are no record, or state a length over the caps.
        """
        if self.headers is None:
            self.buffer += data
            head, found, _ = self.buffer.partition(_END)
            if not found:
                if len(self.buffer) > MAX_HEADER:
                    raise BadInput(f"the record at byte {self.offset} has no WARC header")
                return b""
            data, self.buffer = self.buffer, b""
            self._header(head, budget)
            self.whole.update(data[: len(head) + 4])
            data = data[len(head) + 4 :]
        if self.left:
            block = data[: self.left] if len(data) > self.left else data
            self.whole.update(block)
            self._block(block)
            data = data[len(block) :]
        if data and not self.left:
            tail = data[: len(_END) - len(self.tail)]
            self.tail += tail
            self.whole.update(tail)
            data = data[len(tail) :]
        return data

    def overrun(self, data: bytes) -> None:
        """Note bytes that lie behind the record in its member."""
        self.whole.update(data)
        if "does not end where it states" not in self.flaws:
            self.flaws.append("does not end where it states")

    def _header(self, head: bytes, budget: int) -> None:
        if not head.startswith((b"WARC/1.0\r\n", b"WARC/1.1\r\n")):
            raise BadInput(f"what stands at byte {self.offset} is no WARC record")
        lines = [line.partition(":") for line in head.decode("utf-8", "replace").split("\r\n")[1:]]
        self.headers = {name.strip().lower(): value.strip() for name, _, value in lines}
        stated = [name.strip().lower() for name, _, _ in lines if name.strip().lower() in _ONCE]
        if len(set(stated)) < len(stated):
            self.flaws.append("states a field twice")
        bare = head.replace(b"\r\n", b"")
        if b"\n" in bare or b"\r" in bare:
            self.flaws.append("holds a bare line end in its header")
        length = self.headers.get("content-length", "")
        if not _LENGTH.fullmatch(length):
            raise BadInput(f"the record at byte {self.offset} states no length")
        self.left = self.length = int(length)
        if self.length > min(MAX_RECORD, max(budget, 0) + CHUNK):
            raise BadInput(
                f"the record at byte {self.offset} states {self.length} bytes, more than are read: it may be a bomb"
            )
        if "msgtype=" in self.headers.get("content-type", ""):
            self.payload = hashlib.sha256()
        else:
            self.head = b""

    def _block(self, data: bytes) -> None:
        self.left -= len(data)
        self.block.update(data)
        if self.payload is None:  # no HTTP head: the payload is the block
            return
        if self.head is not None:
            self.payload.update(data)
            return
        self.buffer += data
        head, found, rest = self.buffer.partition(_END)
        if found or len(self.buffer) > MAX_HEADER or not self.left:
            self.head = head
            self.payload.update(rest)
            self.buffer = b""

    def record(self, length: int) -> WarcRecord:
        """Return the record, `length` bytes long in its file; raise BadInput where it is shorter than it states."""
        if self.headers is None or self.left:
            raise BadInput(f"the record at byte {self.offset} is shorter than it states")
        if self.tail != _END and "does not end where it states" not in self.flaws:
            self.flaws.append("does not end where it states")
        block = self.block.digest()
        payload = self.payload.digest() if self.payload else block
        return WarcRecord(
            self.offset, length, self.headers, self.head or b"", block, payload, self.length,
            self.whole.hexdigest(), tuple(self.flaws),
        )  # fmt: skip
