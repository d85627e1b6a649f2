"""Records as text: the head of each kind of WARC record, and the HTTP message inside as it is kept."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime

from archive.packing import Field, Member, Payload, member, size_of
from archive.protocols import (
    CHAIN_TYPE,
    certificate_name,
    certificate_uri,
    message_version,
    pem,
    protocol_fields,
)
from core.exchange import Exchange, Headers, Tls

CONFORMS = "https://iipc.github.io/warc-specifications/specifications/warc-format/warc-1.1/"
_LINE_ENDS = re.compile(r"[\r\n]+")


def warcinfo(software: str, file: str, at: datetime, record_id: str) -> Member:
    """Return the record a file begins with."""
    lines = [("software", software), ("format", "WARC File Format 1.1"), ("conformsTo", CONFORMS)]
    head = [
        ("WARC-Type", "warcinfo"), ("WARC-Record-ID", f"<{record_id}>"), ("WARC-Date", _stamp(at)),
        ("WARC-Filename", file), ("Content-Type", "application/warc-fields"),
    ]  # fmt: skip
    return member(head, _warc_fields(lines))


def request(exchange: Exchange, info: str, request_id: str, record_id: str) -> Member:
    """Return what was sent; `info` is the id of the warcinfo record, `record_id` of the answer."""
    target = exchange.url.partition("://")[2]
    path = target[len(target.split("/", 1)[0].split("?", 1)[0]) :] or "/"
    first = f"{exchange.method} {path if path[0] == '/' else '/' + path} {message_version(exchange)}"
    length = [("Content-Length", str(len(exchange.request_body)))] if exchange.request_body else []
    headers = [
        *((name, value) for name, value in exchange.request_headers if name.lower() != "content-length"),
        *length,
    ]
    head = _wired("request", request_id, exchange, info)
    if "wire-sent" in exchange.note:
        head.append(("Copytrail-Wire", _one_line(exchange.note["wire-sent"])))
    head += [("WARC-Concurrent-To", f"<{record_id}>"), ("Content-Type", "application/http;msgtype=request")]
    return member(head, _http_head(first, headers), exchange.request_body)


def response(exchange: Exchange, info: str, record_id: str) -> Member:
    """Return what was answered, whole or not."""
    head = _wired("response", record_id, exchange, info)
    if exchange.tls is not None and exchange.tls.chain:
        head.append(("Copytrail-Certificate", certificate_name(exchange.tls)))
    if exchange.truncated:
        head.append(("WARC-Truncated", exchange.truncated))
    if exchange.error:
        head.append(("Copytrail-Error", _one_line(exchange.error)))
    head += _notes(exchange.note)
    head.append(("Content-Type", "application/http;msgtype=response"))
    first = f"{message_version(exchange)} {exchange.status} {exchange.reason}"
    body = exchange.body if exchange.spool is None else exchange.spool
    return member(head, _http_head(first, _stored_headers(exchange, size_of(body))), body)


def failure(exchange: Exchange, info: str, record_id: str, of: str, *, alone: bool = True) -> Member:
    """Return a metadata record that names the error; `alone` where it stands in for a response."""
    error = exchange.error or "no answer"
    head = [*_head("metadata", record_id, exchange.url, exchange.captured_at, info), ("WARC-Concurrent-To", f"<{of}>")]
    if alone:
        head += [*_notes(exchange.note), ("Copytrail-Error", _one_line(error))]
    head.append(("Content-Type", "application/warc-fields"))
    return member(head, _warc_fields([("error", error)]))


def resource(
    uri: str,
    mime: str,
    payload: Payload,
    at: datetime,
    info: str,
    record_id: str,
    *,
    of: str | None,
    note: Mapping[str, str],
) -> Member:
    """Return what was made or received without HTTP of ours; `of` is the record it belongs to."""
    head = _head("resource", record_id, uri, at, info)
    if of is not None:
        head.append(("WARC-Concurrent-To", f"<{_one_line(of)}>"))
    return member([*head, *_notes(note), ("Content-Type", _one_line(mime))], b"", payload)


def certificates(tls: Tls, at: datetime, info: str, record_id: str, of: str) -> Member:
    """Return the chain an answer came under, as PEM."""
    return resource(certificate_uri(tls), CHAIN_TYPE, pem(tls), at, info, record_id, of=of, note={})


def _head(kind: str, record_id: str, uri: str, at: datetime, info: str) -> list[Field]:
    return [
        ("WARC-Type", kind), ("WARC-Record-ID", f"<{record_id}>"), ("WARC-Date", _stamp(at)),
        ("WARC-Target-URI", _one_line(uri)), ("WARC-Warcinfo-ID", f"<{info}>"),
    ]  # fmt: skip


def _wired(kind: str, record_id: str, exchange: Exchange, info: str) -> list[Field]:
    head = _head(kind, record_id, exchange.url, exchange.captured_at, info)
    if exchange.peer:
        head.append(("WARC-IP-Address", _one_line(exchange.peer)))
    return head + protocol_fields(exchange)


def _http_head(first: str, headers: Headers) -> bytes:
    lines = [first.rstrip(), *(f"{name}: {value}" for name, value in headers)]
    return "".join(f"{_one_line(line)}\r\n" for line in lines).encode("latin-1", "replace") + b"\r\n"


def _warc_fields(lines: list[Field]) -> bytes:
    return "".join(f"{name}: {_one_line(value)}\r\n" for name, value in lines).encode()


def _notes(note: Mapping[str, str]) -> list[Field]:
    return [(f"Copytrail-{name.title()}", _one_line(value)) for name, value in sorted(note.items())]


def _stored_headers(exchange: Exchange, size: int) -> list[Field]:
    """Return the headers of an answer as stored: what no longer holds of the body moves to X-Archive-Orig-*."""
    stored: list[Field] = []
    moved = {"transfer-encoding", "content-length"} | ({"content-encoding"} if exchange.decoded else set())
    length = str(size)
    for name, value in exchange.headers:
        same_length = name.lower() == "content-length" and value.strip() == length
        if name.lower() in moved and not same_length:
            stored.append((f"X-Archive-Orig-{name}", value))
        else:
            stored.append((name, value))
    if not any(name.lower() == "content-length" for name, _ in stored):
        stored.append(("Content-Length", length))
    return stored


def _one_line(text: str) -> str:
    """Return text that ends no line of a record; every other character stays as it was received."""
    return text if text.isprintable() else _LINE_ENDS.sub(" ", text.replace("\x00", ""))


def _stamp(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%S.%f}Z"
