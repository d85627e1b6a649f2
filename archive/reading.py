"""Read exchanges out of WARC files, ours and foreign ones: requests and responses joined, transfer coding undone."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from archive.protocols import chain_of, http_version_of, tls_of
from archive.records import MAX_RECORD, Record, records
from core.errors import BadInput
from core.exchange import Exchange, Headers

Chains = Mapping[str, tuple[bytes, ...]]
_CHAINS_KEPT = 10_000  # certificates remembered for the answers that name them
_REQUESTS_KEPT = 64  # requests remembered while their response has not come yet
_NOTE = re.compile(r"copytrail-[a-z][a-z-]{0,39}")
_LONGEST_NOTE = 100_000  # characters: the names of all pieces of a film
_NO_NOTES = frozenset({"copytrail-error", "copytrail-certificate"})
_STATUS = re.compile(rb"HTTP/\d(?:\.\d)?\s+(\d{3})\s*(.*)", re.S)
_HOP = frozenset({"transfer-encoding"})


@dataclass(frozen=True, slots=True)
class Capture:
    """An exchange as an archive holds it: the id of its response record (or failure), and where that stands."""

    exchange: Exchange
    record_id: str
    file: Path
    offset: int
    length: int
    kind: str = "response"  # response, revisit, resource, metadata (a failed attempt)
    payload_digest: str = ""
    refers_to: str | None = None  # of a revisit: the id or payload digest of the record that holds the body
    holds_body: Capture | None = None


def read(
    paths: Iterable[Path | str],
    *,
    on_damage: Callable[[BadInput], None] | None = None,
    max_record: int = MAX_RECORD,
) -> Iterator[Capture]:
    """Yield every exchange of the files, in their order; then tell what could not be read.

    Damage goes to `on_damage` where given; otherwise one BadInput that names every damaged file is raised at the end.
    """
    damages: list[BadInput] = []
    for path in paths:
        try:
            yield from _joined(Path(path), max_record)
        except BadInput as damage:
            (on_damage or damages.append)(damage)
    if damages:
        raise BadInput(" ".join(damage.sentence for damage in damages)) from damages[0]


def load(path: Path, offset: int, record_id: str) -> Exchange:
    """Return the response (or resource) of that id, looked for from an offset of a file on; without its request."""
    for record in records(path, offset):
        if record.id == record_id:
            return _answer(record, {})
    raise BadInput(f"{path} holds no record {record_id} any more; it was changed since it was read.")


def _joined(path: Path, max_record: int) -> Iterator[Capture]:
    """Join requests and responses that stand in either order; a response waits for one record at most."""
    requests: dict[str, Record] = {}
    chains: dict[str, tuple[bytes, ...]] = {}
    held: Capture | None = None
    try:
        for record in records(path, max_record=max_record):
            if record.kind == "request":
                if held is not None and _belong(record, held):
                    yield _with_request(held, record)
                    held = None
                else:
                    requests[record.id] = record
                    while len(requests) > _REQUESTS_KEPT:
                        requests.pop(next(iter(requests)))
                continue
            if held is not None:
                yield held
                held = None
            capture = _capture(record, path, chains)
            if capture is None:
                if len(chains) < _CHAINS_KEPT:
                    chains |= chain_of(record.fields, record.block)
                continue
            request = _request_for(record, requests)
            if request is not None:
                yield _with_request(capture, request)
            else:
                held = capture
    finally:
        if held is not None:
            yield held


def _belong(request: Record, capture: Capture) -> bool:
    linked = _ids(request.fields.get("warc-concurrent-to"))
    return capture.record_id in linked if linked else _uri(request) == capture.exchange.url


def _request_for(record: Record, requests: dict[str, Record]) -> Record | None:
    linked = _ids(record.fields.get("warc-concurrent-to"))
    for name, request in requests.items():
        if name in linked or record.id in _ids(request.fields.get("warc-concurrent-to")):
            return requests.pop(name)
    for name, request in requests.items():
        if _uri(request) == _uri(record) and not request.fields.get("warc-concurrent-to"):
            return requests.pop(name)
    return None


def _ids(value: str | None) -> list[str]:
    return re.findall(r"<([^<>]+)>", value or "")


def _uri(record: Record) -> str:
    return record.fields.get("warc-target-uri", "").strip("<> ")


def _capture(record: Record, path: Path, chains: Chains) -> Capture | None:
    kind, content = record.kind, record.fields.get("content-type", "").lower()
    http = content.startswith("application/http")
    if not _uri(record).startswith(("http:", "https:")):
        return None
    if kind == "metadata" and "copytrail-error" not in record.fields:
        return None
    if kind not in ("response", "revisit", "resource", "metadata") or (kind in ("response", "revisit") and not http):
        return None
    exchange = _answer(record, chains)
    digest = record.fields.get("warc-payload-digest", "")
    refers = next(iter(_ids(record.fields.get("warc-refers-to"))), digest) if kind == "revisit" else None
    return Capture(exchange, record.id, path, record.offset, record.length, kind, digest, refers)


def _answer(record: Record, chains: Chains) -> Exchange:
    base = Exchange(
        method="GET",
        url=_uri(record),
        request_headers=(),
        request_body=b"",
        captured_at=_date(record.fields.get("warc-date", "")),
        peer=record.fields.get("warc-ip-address"),
        truncated=record.fields.get("warc-truncated"),
        error=record.fields.get("copytrail-error"),
        note=_notes(record),
        tls=tls_of(record.fields, chains),
    )
    if record.kind == "metadata":
        return base
    if record.kind == "resource":
        stated = (("Content-Type", record.fields.get("content-type", "application/octet-stream")),)
        return replace(base, status=200, reason="OK", headers=stated, body=record.block)
    first, headers, body = _parted(record.block)
    found = _STATUS.match(first)
    if any(name.lower() == "transfer-encoding" and "chunked" in value.lower() for name, value in headers):
        body = _unchunked(body)
    return replace(
        base,
        status=int(found[1]) if found else None,
        reason=found[2].decode("latin-1").strip() if found else "",
        http_version=http_version_of(record.fields, first.split(b" ", 1)[0].decode("latin-1")[:12]),
        headers=tuple((name, value) for name, value in headers if name.lower() not in _HOP),
        body=body,
        decoded=any(name.lower() == "x-archive-orig-content-encoding" for name, _ in headers),
        error=base.error if found else base.error or "the record holds no HTTP status line",
    )


def _notes(record: Record) -> dict[str, str]:
    """Return what we noted with a record when we wrote it, without what has a place of its own."""
    own = {name: value for name, value in record.fields.items() if _NOTE.fullmatch(name) and name not in _NO_NOTES}
    return {name.partition("-")[2]: value[:_LONGEST_NOTE] for name, value in own.items()}


def _with_request(capture: Capture, record: Record) -> Capture:
    first, headers, body = _parted(record.block)
    method = first.split(b" ", 1)[0].decode("latin-1").strip().upper()
    exchange = replace(
        capture.exchange,
        method=method if re.fullmatch(r"[A-Z]{1,20}", method) else "GET",
        request_headers=headers,
        request_body=body,
    )
    return replace(capture, exchange=exchange)


def _parted(block: bytes) -> tuple[bytes, Headers, bytes]:
    """Return the first line, the headers and the body of an HTTP message; lenient about line ends."""
    end = re.search(rb"\r?\n\r?\n", block)
    head, body = (block[: end.start()], block[end.end() :]) if end else (block, b"")
    first, *lines = re.split(rb"\r?\n", head)
    headers: list[tuple[str, str]] = []
    for line in lines:
        text = line.decode("latin-1")
        name, colon, value = text.partition(":")
        if text[:1] in (" ", "\t") and headers:
            headers[-1] = (headers[-1][0], f"{headers[-1][1]} {text.strip()}")
        elif colon:
            headers.append((name.strip(), value.strip()))
    return first, headers, body


def _unchunked(body: bytes) -> bytes:
    """Undo chunked transfer coding; a body that is not chunked after all is returned as it is, a torn one cut."""
    out = bytearray()
    place = 0
    while place < len(body):
        end = body.find(b"\n", place)
        size = body[place:end].split(b";", 1)[0].strip() if end >= 0 else b""
        if not re.fullmatch(rb"[0-9a-fA-F]{1,8}", size):
            return bytes(out) if out else body
        length = int(size, 16)
        if length == 0:
            break
        out += body[end + 1 : end + 1 + length]
        place = end + 1 + length
        place += 2 if body[place : place + 2] == b"\r\n" else 1
    return bytes(out)


def _date(value: str) -> datetime:
    try:
        at = datetime.fromisoformat(value.strip().replace("Z", "+00:00"))
    except ValueError:
        return datetime(1970, 1, 1, tzinfo=UTC)  # a foreign record without a readable date
    return at if at.tzinfo else at.replace(tzinfo=UTC)
