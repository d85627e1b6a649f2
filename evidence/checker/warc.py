"""Read the records of a packed WARC of ours: one gzip member each, every digest checked on the way."""

from __future__ import annotations

import hashlib
import re
import zlib
from collections.abc import Iterator
from typing import NamedTuple

from evidence.checker.reading import Part
from evidence.checker.saying import Wrong

MAX_UNPACKED = 10**10  # bytes that one archive may unpack to
MAX_HEAD = 1 << 16
ONCE = {"content-length", "content-type", "warc-block-digest", "warc-date", "warc-payload-digest", "warc-record-id",
        "warc-refers-to", "warc-target-uri", "warc-type"}  # fmt: skip
NEEDED_FIELDS = ("content-length", "warc-type", "warc-record-id")


class Record(NamedTuple):
    """A record: where it begins, its fields, its HTTP head, and the digests of the whole and of its payload."""

    place: int
    fields: dict[str, str]
    head: bytes
    sha256: str
    payload: str

    @property
    def id(self) -> str:
        """Its id without brackets."""
        return self.fields["warc-record-id"].strip("<>")

    @property
    def type(self) -> str:
        """Its WARC-Type."""
        return self.fields["warc-type"]

    @property
    def url(self) -> str | None:
        """The address it is about."""
        return self.fields.get("warc-target-uri")


class Reader:
    """Take one record apart as it is unpacked."""

    def __init__(self, name: str, place: int) -> None:
        self.name, self.place = name, place
        self.fields: dict[str, str] | None = None
        self.head: bytes | None = None  # None: the HTTP head is still being read
        self.whole, self.block, self.payload = hashlib.sha256(), hashlib.sha256(), hashlib.sha256()
        self.buffer, self.tail, self.left = b"", b"", 0

    def feed(self, out: bytes) -> None:
        """Take some unpacked bytes."""
        self.whole.update(out)
        if self.fields is None:
            self.buffer += out
            top, found, out = self.buffer.partition(b"\r\n\r\n")
            if not found:
                if len(self.buffer) > MAX_HEAD:
                    raise Wrong("%s: what stands at byte %d is no WARC record" % (self.name, self.place))
                return
            self._header(top)
        if self.left:
            part, out = out[: self.left], out[self.left :]
            self.left -= len(part)
            self.block.update(part)
            self._payload(part)
        self.tail = (self.tail + out)[:9]

    def _header(self, top: bytes) -> None:
        lines = [line.partition(":") for line in top.decode("utf-8", "replace").split("\r\n")]
        self.fields = {k.strip().lower(): v.strip() for k, _, v in lines[1:]}
        stated = [line[0].strip().lower() for line in lines[1:]]
        twice = [k for k in ONCE if stated.count(k) > 1] or not set(NEEDED_FIELDS) <= set(stated)
        if lines[0][0] not in ("WARC/1.0", "WARC/1.1") or twice or re.search(rb"(?<!\r)\n|\r(?!\n)", top):
            raise Wrong("%s: %s can be read in two ways" % (self.name, self._called()))
        if not re.fullmatch("[0-9]{1,18}", self.fields["content-length"], re.ASCII):
            raise Wrong("%s: %s states no length" % (self.name, self._called()))
        self.left, self.buffer = int(self.fields["content-length"]), b""
        self.head = None if "msgtype=" in self.fields.get("content-type", "") else b""

    def _payload(self, part: bytes) -> None:
        """Digest what follows the HTTP head, which ends with an empty line."""
        if self.head is None:
            self.buffer += part
            top, found, part = self.buffer.partition(b"\r\n\r\n")
            if not found and self.left and len(self.buffer) < MAX_HEAD:
                return
            self.head, self.buffer = top, b""
        self.payload.update(part)

    def _called(self) -> str:
        return (self.fields or {}).get("warc-record-id", "the record at byte %d" % self.place).strip("<>")

    def record(self) -> Record:
        """Return the record, once everything was fed; its digests must fit."""
        if self.fields is None or self.left or self.tail != b"\r\n\r\n":
            raise Wrong("%s: %s does not end where it states" % (self.name, self._called()))
        block, payload = self.block.hexdigest(), self.payload.hexdigest()
        stated = self.fields.get("warc-payload-digest", "sha256:" + payload)
        if self.fields.get("warc-block-digest") != "sha256:" + block:
            raise Wrong("%s: warc-block-digest of %s does not fit, or is not there" % (self.name, self._called()))
        if stated != "sha256:" + payload and self.fields["warc-type"] != "revisit":
            raise Wrong("%s: warc-payload-digest of %s does not fit" % (self.name, self._called()))
        return Record(self.place, self.fields, self.head or b"", self.whole.hexdigest(), payload)


def records(file: Part, name: str) -> Iterator[Record]:
    """Yield the records of a file, whose digests fit."""
    data, place, total = b"", 0, 0
    while data or file.place < file.size:
        unpack, used, reader = zlib.decompressobj(31), 0, Reader(name, place)
        while not unpack.eof:
            data = data or file.read(1 << 16)
            out = unpack.decompress(data, 1 << 20)
            if not out and not data:
                raise Wrong("%s ends inside the record at byte %d" % (name, place))
            used += len(data) - len(unpack.unconsumed_tail) - len(unpack.unused_data)
            data, total = unpack.unconsumed_tail, total + len(out)
            if total > MAX_UNPACKED:
                raise Wrong("%s unpacks to more than is read: it may be a bomb" % name)
            reader.feed(out)
        data = unpack.unused_data
        yield reader.record()
        place += used
