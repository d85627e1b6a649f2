"""List what a WARC file of other software holds: the answers and resources in it, as the database notes them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from pathlib import Path

from archive.reading import Capture, read
from archive.records import Record, records
from core.errors import BadInput
from core.exchange import Headers
from core.text import clean

_LONGEST = 8_000  # characters of an address that is noted
_SECRET = frozenset({"cookie", "authorization", "proxy-authorization"})
_YEARS = range(1990, 2200)  # a record dated outside of them states no date


@dataclass(frozen=True, slots=True)
class Held:
    """One record: where it stands and what it answers; `sha256` is of the payload, None where it is not there.

    `mime` is the bare media type, `is_document` tells whether it was asked for as a page of its own (where the request
    says so), `is_secret` whether the request holds a cookie or a key.
    """

    record_id: str
    file: str
    offset: int
    length: int
    url: str
    method: str
    status: int | None
    captured_at: datetime
    sha256: str | None
    error: str | None = None
    mime: str = ""
    is_document: bool = False
    is_secret: bool = False


def held(path: Path, tell: Callable[[str], None]) -> Iterator[Held]:
    """Yield the answers and resources of a file; `tell` is told what is passed over, and why."""
    undated = 0
    for capture in read([path], on_damage=lambda damage: tell(damage.sentence)):
        found = _answer(capture, path)
        if found is None:
            undated += 1
        else:
            yield found
    try:
        for record in records(path):
            uri = record.fields.get("warc-target-uri", "").strip("<> ")
            if record.kind == "resource" and not uri.startswith(("http:", "https:")):
                found = _resource(record, uri, path)
                if found is not None:
                    yield found
    except BadInput:
        pass  # told above
    if undated:
        tell(f"{path.name}: {undated} records without a usable id or date are kept and not read.")


def _answer(capture: Capture, path: Path) -> Held | None:
    exchange = capture.exchange
    if not _is_name(capture.record_id) or exchange.captured_at.year not in _YEARS:
        return None
    mime = next((v for n, v in exchange.headers if n.lower() == "content-type"), "").partition(";")[0].strip().lower()
    return Held(
        capture.record_id, path.name, capture.offset, capture.length, clean(exchange.url)[:_LONGEST],
        "" if capture.kind == "resource" else exchange.method, exchange.status, exchange.captured_at,
        None if capture.refers_to is not None else sha256(exchange.body).hexdigest(), exchange.error, mime,
        _is_document(exchange.request_headers), any(n.lower() in _SECRET for n, _ in exchange.request_headers),
    )  # fmt: skip


def _resource(record: Record, uri: str, path: Path) -> Held | None:
    stated = record.fields.get("warc-date", "").replace("Z", "+00:00")
    try:
        at = datetime.fromisoformat(stated)
    except ValueError:
        return None
    if not _is_name(record.id) or at.year not in _YEARS or at.tzinfo is None:
        return None
    digest = sha256(record.block).hexdigest()
    return Held(
        record.id, path.name, record.offset, record.length, clean(uri)[:_LONGEST], "", None, at, digest
    )  # fmt: skip


def _is_name(record_id: str) -> bool:
    return 0 < len(record_id) <= 300 and record_id.isprintable() and record_id.isascii() and " " not in record_id


def _is_document(sent: Headers) -> bool:
    told = {name.lower(): value.strip().lower() for name, value in sent}
    if stated := told.get("sec-fetch-dest"):
        return stated == "document"
    return "referer" not in told
