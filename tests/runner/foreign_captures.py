"""Captures as other software writes them, invented: WARC 1.0 and 1.1, digests of several kinds, WACZ of many parts."""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from uuid import UUID

AT = "2024-03-05T10:11:12.345Z"
STORY = "https://plainpress.example/story/sea-wall-of-maravelle-rises"
TEXT = (
    "The new sea wall of Maravelle will be two metres higher than the old one, the harbour board said on Monday. "
    "Fishermen fear that the narrow gate will keep their boats in port whenever the wind stands in the west. "
)


def named(number: int) -> str:
    return f"<{UUID(int=number).urn}>"


def page(title: str = "The sea wall", text: str = TEXT) -> bytes:
    head = (
        f"<title>{title}</title><meta property='og:type' content='article'>"
        "<meta property='article:published_time' content='2024-03-04T08:00:00Z'>"
    )
    body = "".join(f"<p>{text}</p>" for _ in range(4))
    return f"<html lang=en><head>{head}</head><body><article><h1>{title}</h1>{body}</article></body></html>".encode()


def digest(kind: str, data: bytes) -> str:
    if kind == "sha1":
        return "sha1:" + base64.b32encode(hashlib.sha1(data).digest()).decode()
    return f"{kind}:{hashlib.new(kind, data).hexdigest()}"


def record(
    number: int, kind: str, uri: str, block: bytes, *, payload: bytes | None = None, content: str = "",
    version: str = "1.1", digests: str = "sha256", at: str = AT, extra: Sequence[str] = (),
) -> bytes:  # fmt: skip
    """Return one record as it stands in a file, not packed."""
    lines = [f"WARC/{version}", f"WARC-Type: {kind}", f"WARC-Record-ID: {named(number)}", f"WARC-Date: {at}"]
    lines += [f"WARC-Target-URI: {uri}"] if uri else []
    lines += [f"Content-Type: {content or 'application/http; msgtype=' + kind}"]
    if payload is not None:
        lines.append(f"WARC-Payload-Digest: {digest(digests, payload)}")
    lines += [f"WARC-Block-Digest: {digest(digests, block)}", *extra, f"Content-Length: {len(block)}"]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + block + b"\r\n\r\n"


def answer(
    number: int, uri: str, body: bytes, mime: str = "text/html; charset=utf-8", *, status: str = "200 OK",
    sent: Sequence[str] = (), **stated: Any,
) -> list[bytes]:  # fmt: skip
    """Return a response and its request."""
    http = f"HTTP/1.1 {status}\r\nContent-Type: {mime}\r\n\r\n".encode() + body
    path = "/" + uri.split("/", 3)[3]
    lines = [f"GET {path} HTTP/1.1", f"Host: {uri.split('/')[2]}", "User-Agent: Invented", *sent]
    request = ("\r\n".join(lines) + "\r\n\r\n").encode()
    concurrent = [f"WARC-Concurrent-To: {named(number)}"]
    return [
        record(number, "response", uri, http, payload=body, **stated),
        record(number + 1, "request", uri, request, extra=concurrent, **stated),
    ]


def warcinfo(number: int, software: str = "Browsertrix-Crawler 1.7.0 (with warcio.js 2.4.4)") -> bytes:
    fields = f"software: {software}\r\nformat: WARC File Format 1.1\r\n".encode()
    return record(number, "warcinfo", "", fields, content="application/warc-fields")


def packed(records: Sequence[bytes]) -> bytes:
    """Return a file with one gzip member for each record."""
    return b"".join(gzip.compress(one, mtime=0) for one in records)


def revisit(number: int, uri: str, body: bytes, of: str, *, to: int | None = None, digests: str = "sha256") -> bytes:
    """Return a revisit that names the digest of what it repeats, and the record where `to` is given."""
    extra = [
        "WARC-Profile: http://netpreserve.org/warc/1.1/revisit/identical-payload-digest",
        f"WARC-Refers-To-Target-URI: {of}", f"WARC-Refers-To-Date: {AT}",
    ]  # fmt: skip
    extra += [f"WARC-Refers-To: {named(to)}"] if to is not None else []
    http = b"HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\n\r\n"
    return record(number, "revisit", uri, http, payload=body, extra=extra, digests=digests,
                  content="application/http; msgtype=response")  # fmt: skip


def extras(number: int, uri: str) -> list[bytes]:
    """Return what Browsertrix adds to a page: a screenshot, its text, and the list of what it asked for."""
    info = json.dumps({"pageid": "0", "url": uri, "urls": {uri: {"status": 200, "mime": "text/html"}}}).encode()
    return [
        record(number, "resource", f"urn:view:{uri}", b"\x89PNG invented", content="image/png"),
        record(number + 1, "resource", f"urn:text:{uri}", TEXT.encode(), content="text/plain"),
        record(number + 2, "resource", f"urn:pageinfo:{uri}", info, content="application/json"),
    ]


def wacz(
    path: Path, files: dict[str, bytes], pages: Sequence[str], software: str = "Browsertrix-Crawler 1.7.0"
) -> Path:
    """Write a WACZ: WARC files by name, pages, and a datapackage.json that fits."""
    head = json.dumps({"format": "json-pages-1.0", "id": "pages", "title": "All Pages"})
    rows = [json.dumps({"id": str(n), "url": url, "ts": AT, "title": "A page"}) for n, url in enumerate(pages)]
    members = {f"archive/{name}": data for name, data in files.items()}
    members["pages/pages.jsonl"] = ("\n".join([head, *rows]) + "\n").encode()
    members["indexes/index.cdx.gz"] = gzip.compress(b"", mtime=0)
    resources = [
        {"name": name.rsplit("/", 1)[1], "path": name, "hash": digest("sha256", data), "bytes": len(data)}
        for name, data in members.items()
    ]
    package = json.dumps({"profile": "data-package", "resources": resources, "created": AT, "wacz_version": "1.1.1",
                          "software": software}).encode()  # fmt: skip
    stated = json.dumps({"path": "datapackage.json", "hash": digest("sha256", package)}).encode()
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as out:
        for name, data in {**members, "datapackage.json": package, "datapackage-digest.json": stated}.items():
            out.writestr(name, data)
    return path


def crawl(path: Path) -> Path:
    """Write what a crawl by Browsertrix with two workers leaves: the revisit stands before what it repeats."""
    copy = "https://plainpress.example/story/sea-wall-of-maravelle-again"
    first = [warcinfo(1), revisit(2, copy, page(), STORY), *answer(4, "https://plainpress.example/a.css", b"p{}",
             "text/css", sent=["Referer: " + STORY])]  # fmt: skip
    second = [warcinfo(11), *answer(12, STORY, page(), sent=["Cookie: invented=1"]), *extras(14, STORY)]
    return wacz(path, {"rec-a-0.warc.gz": packed(first), "rec-b-0.warc.gz": packed(second)}, [STORY, copy])
