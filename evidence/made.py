"""Records that are written for a bundle: its warcinfo, kept files, full answers in place of revisits, public copies."""

from __future__ import annotations

import gzip
import io
import uuid
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from archive import messages
from archive.packing import Field, Payload, member
from core.errors import BadInput, CannotStart
from core.times import iso
from evidence.archived import Archive, Found, made
from evidence.contents import Kept
from evidence.foreign_requests import is_foreign_request, without_keys
from evidence.members import MAX_RECORD, members
from evidence.public_records import parts, unpack

if TYPE_CHECKING:
    from evidence.redaction import Redactor

_HTTP = "application/http;msgtype=response"
_OVERTAKEN = frozenset({
    "warc-type", "warc-profile", "warc-refers-to", "warc-refers-to-target-uri", "warc-refers-to-date", "warc-truncated",
    "warc-block-digest", "warc-payload-digest", "content-length", "content-type",
})  # fmt: skip
_END = b"\r\n\r\n"


@dataclass
class Workshop:
    """Where records of one export are made; each is made once, however many files of the bundle hold it."""

    folder: Path
    archive: Archive
    redactor: Redactor | None = None
    _made: dict[str, Found] = field(default_factory=dict)

    def of(self, wanted: Iterable[str], kept: Iterable[Kept] = ()) -> list[Found]:
        """Return the records of one WACZ in their order: those of the archive, then kept files.

        Raises CannotStart where a kept file is missing or changed.
        """
        found = [self._full(one) for one in self.archive.gather(wanted)]
        held = {(f.seen.url, f.seen.payload) for f in found if f}
        files = [self._kept(k) for k in kept if (k.url, f"sha256:{k.sha256}") not in held]
        return [self._public(one) for one in (*found, *files) if one is not None]

    def _full(self, one: Found) -> Found | None:
        """Return a record, in place of a revisit the full answer; None where its body is nowhere."""
        if one.seen.type != "revisit":
            return one
        if (key := f"full {one.id}") in self._made:
            return self._made[key]
        body = self.archive.body_of(one)
        if body is None:
            return None
        head, block = _parted(one.raw())
        named, payload = _parted(body.raw())
        http = b""
        if b"msgtype=response" in named.lower():
            http, _, payload = payload.partition(_END)
        http = (block.partition(_END)[0] or http) + _END
        lines = [line.split(": ", 1) for line in head.decode("utf-8", "replace").split("\r\n")[1:] if ": " in line]
        fields: list[Field] = [("WARC-Type", "response")]
        fields += [(name, value) for name, value in lines if name.lower() not in _OVERTAKEN]
        fields += [("Copytrail-Body-Of", f"<{body.id}>"), ("Content-Type", _HTTP)]
        return self._write(key, fields, http, payload)

    def _kept(self, kept: Kept) -> Found:
        """Return the resource record of a kept file."""
        name = kept_id(kept)
        if (key := f"kept {name}") in self._made:
            return self._made[key]
        fields: list[Field] = [
            ("WARC-Type", "resource"), ("WARC-Record-ID", f"<{name}>"), ("WARC-Date", kept.at),
            ("WARC-Target-URI", _one_line(kept.url)), ("Copytrail-Made", "at export, from the kept file"),
            ("Content-Type", _one_line(kept.mime)),
        ]  # fmt: skip
        found = self._write(key, fields, b"", kept.path)
        if found.seen.payload != f"sha256:{kept.sha256}":
            raise CannotStart(f"{kept.path} was changed since it was kept. Restore it from your backup.")
        return found

    def _public(self, one: Found) -> Found:
        """Return the copy of a record that goes into this edition: the record itself where nothing is taken out."""
        foreign = is_foreign_request(one)
        if self.redactor is None and not foreign:
            return one
        if (key := f"public {one.id}") in self._made:
            return self._made[key]
        raw = one.raw()
        new = self.redactor.record(raw) if self.redactor is not None else None
        if foreign:
            name = None if new is None else parts(unpack(new, MAX_RECORD)).id
            new = without_keys(new or raw, name) or new
        self._made[key] = one if new is None else self._add(key, [new])
        return self._made[key]

    def _write(self, key: str, fields: list[Field], http: bytes, payload: Payload) -> Found:
        try:
            return self._add(key, member(fields, http, payload).packed())
        except BadInput as error:
            raise CannotStart(f"{error.sentence} Restore it from your backup.") from error

    def _add(self, key: str, pieces: Iterable[bytes]) -> Found:
        path = self.folder / "made.warc.gz"
        with path.open("ab") as file:
            offset = file.tell()
            for piece in pieces:
                file.write(piece)
        with path.open("rb") as again:
            again.seek(offset)
            self._made[key] = made(next(members(again, at=offset)), path, offset)
        return self._made[key]


def kept_id(kept: Kept) -> str:
    """Return the id of the record made for a kept file: the same in every bundle."""
    return f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_URL, f'{kept.sha256} {kept.url}')}"


def warcinfo(filename: str, software: str, created: datetime, of: str) -> bytes:
    """Return the packed record a WARC file of a bundle begins with; `of` tells files of one name apart."""
    name = uuid.uuid5(uuid.NAMESPACE_URL, f"{iso(created)}/{of}/{filename}")
    return b"".join(messages.warcinfo(software, filename, created, f"urn:uuid:{name}").packed())


def payload_of(found: Found, limit: int) -> bytes:
    """Return what a resource record holds; raise BadInput where it is larger than `limit` bytes."""
    return _parted(found.raw(), limit)[1]


def http_of(found: Found, limit: int = MAX_RECORD) -> tuple[bytes, bytes]:
    """Return the WARC header and the HTTP head of a record."""
    head, block = _parted(found.raw(), limit)
    return head, block.partition(_END)[0]


def _parted(raw: bytes, limit: int = MAX_RECORD) -> tuple[bytes, bytes]:
    """Return header and block of a packed record."""
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(raw)) as file:
            head, _, rest = file.read(limit).partition(_END)
            if file.read(1):
                raise BadInput(f"a record of the archive is larger than {limit} bytes")
    except OSError as error:
        raise BadInput(f"a record of the archive is damaged: {error}") from error
    return head, rest.removesuffix(_END)


def _one_line(text: str) -> str:
    return "".join(c for c in text if c not in "\r\n\x00")
