"""Write the index of a bundle (CDXJ, in ZipNum blocks) and its list of pages, as WACZ 1.1.1 and its viewers expect.

Own code, as the usual indexer pulls an AGPL library and keeps cookies and POST bodies. The sort key follows what
ReplayWeb.page looks up: host reversed, `www.` dropped, query sorted; urn:view:... and its kind as they are.
"""

from __future__ import annotations

import gzip
import io
import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

from evidence.members import WarcRecord

BLOCK = 3_000  # lines per compressed block, as the usual writers have it
PAGE_INFO = "urn:pageinfo:"  # the address of the record that says what a captured page loaded, before the page's own
_LINED = ("response", "resource")
_PARTS = (
    "image/", "video/", "audio/", "font/", "text/css", "text/javascript", "application/javascript",
    "application/x-javascript", "application/wasm", "application/font", "application/vnd.ms-fontobject",
)  # fmt: skip
_KEPT = "%:/?#[]@!$&'()*+,;=~-._|"  # what of an address stands in a key as it is: a blank would end the key


@dataclass(frozen=True, slots=True)
class Seen:
    """What index and list of pages need to know of a record; `of` is the id of the record it goes with."""

    id: str
    type: str
    of: str
    url: str
    date: str
    mime: str
    status: int | None
    method: str  # of a request
    payload: str
    block: str
    offset: int
    length: int


@dataclass(frozen=True)
class Line:
    """One line of the index."""

    key: str
    timestamp: str
    data: dict[str, Any]

    def text(self) -> str:
        """Return the line as it stands in the file."""
        return f"{self.key} {self.timestamp} {json.dumps(self.data, ensure_ascii=False)}\n"


def seen(record: WarcRecord) -> Seen:
    """Return what the index needs of a record."""
    get = record.headers.get
    kind = record.type
    of_itself = get("content-type", "") if kind == "resource" else record.http_header("content-type")
    return Seen(
        id=record.id, type=sys.intern(kind), of=get("warc-concurrent-to", "").strip("<>"),
        url=get("warc-target-uri", ""), date=get("warc-date", ""),
        mime=sys.intern(of_itself.split(";", 1)[0].strip() or "unk"),
        status=200 if kind == "resource" else record.status,
        method=sys.intern(record.head.split(b" ", 1)[0].decode("ascii", "replace")) if kind == "request" else "",
        payload=get("warc-payload-digest", ""), block=f"sha256:{record.block_sha256.hex()}",
        offset=record.offset, length=record.length,
    )  # fmt: skip


def surt(url: str, method: str = "GET") -> str:
    """Return the sort key of an address; a POST is told apart by its method alone, its body is not repeated here."""
    try:
        parts = urlsplit(url.lower())
        host, port = (parts.hostname or "").removeprefix("www."), parts.port
    except ValueError:  # an address that no browser would open
        return quote(url, safe=_KEPT)
    if parts.scheme not in ("http", "https"):
        return quote(url, safe=_KEPT)
    key = quote(",".join(reversed(host.split("."))), safe=_KEPT)
    if port:
        key += f":{port}"
    query = sorted(parse_qsl(parts.query, keep_blank_values=True))
    if method != "GET":
        query.append(("__wb_method", method.lower()))
    return f"{key}){quote(parts.path, safe=_KEPT) or '/'}" + (f"?{urlencode(query)}" if query else "")


def timestamp(date: str) -> str:
    """Return a WARC date as the fourteen digits of an index."""
    return "".join(c for c in date.split(".", 1)[0] if c.isdigit())[:14]


def line(record: Seen, filename: str, method: str = "GET") -> Line:
    """Return the index line of a response or resource record."""
    data = {
        "url": record.url, "mime": record.mime, "status": record.status, "digest": record.payload,
        "length": record.length, "offset": record.offset, "filename": filename, "recordDigest": record.block,
    }  # fmt: skip
    if method != "GET":
        data["method"] = method
    return Line(surt(record.url, method), timestamp(record.date), data)


Page = tuple[str, str, str, str]  # id, address, time, title


def of(records: Mapping[str, Sequence[WarcRecord | Seen]]) -> tuple[list[Line], list[Page]]:
    """Return the index lines and the pages of the records of each WARC file.

    Captured pages come first, then answers that somebody could read: no pictures, styles or scripts.
    """
    told = {name: [r if isinstance(r, Seen) else seen(r) for r in found] for name, found in records.items()}
    methods = {r.of: r.method for found in told.values() for r in found if r.type == "request"}
    lines: list[Line] = []
    captured: list[Page] = []
    answers: list[Page] = []
    for filename, found in told.items():
        for record in found:
            if record.type not in _LINED:
                continue
            method = methods.get(record.id) or "GET"
            lines.append(line(record, filename, method))
            name, url, at = record.id.removeprefix("urn:uuid:"), record.url, record.date
            if record.type == "resource":
                if url.startswith(PAGE_INFO):
                    page = url.removeprefix(PAGE_INFO)
                    captured.append((name, page, at, f"{page} as captured {at}"))
            elif record.status == 200 and method == "GET" and _is_read(record):
                answers.append((name, url, at, f"{url} as answered {at}"))
    shown = {url for _, url, _, _ in captured}
    return lines, captured + [page for page in answers if page[1] not in shown]


def _is_read(record: Seen) -> bool:
    return not record.url.endswith("/robots.txt") and not record.mime.startswith(_PARTS)


def in_order(lines: Iterable[Line]) -> list[Line]:
    """Return lines as they stand in the index."""
    return sorted(lines, key=lambda x: (x.key, x.timestamp, x.data["filename"], x.data["offset"]))


def compressed(lines: Iterable[Line]) -> tuple[bytes, bytes]:
    """Return `index.cdx.gz` and `index.idx`; lines are sorted here."""
    ordered = in_order(lines)
    blocks, index = io.BytesIO(), io.StringIO()
    meta = {"format": "cdxj-gzip-1.0", "filename": "index.cdx.gz"}
    index.write(f"!meta 0 {json.dumps(meta)}\n")
    for start in range(0, len(ordered), BLOCK):
        part = ordered[start : start + BLOCK]
        packed = gzip.compress("".join(entry.text() for entry in part).encode(), mtime=0)
        where = {"offset": blocks.tell(), "length": len(packed), "filename": "index.cdx.gz"}
        index.write(f"{part[0].key} {part[0].timestamp} {json.dumps(where)}\n")
        blocks.write(packed)
    return blocks.getvalue(), index.getvalue().encode()


def pages(entries: Sequence[Page]) -> bytes:
    """Return `pages.jsonl` of (id, url, ts, title); the header row stands even where there is no page."""
    rows: list[dict[str, str]] = [{"format": "json-pages-1.0", "id": "pages", "title": "Captured answers"}]
    rows += [{"id": i, "url": url, "ts": ts, "title": title} for i, url, ts, title in entries]
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows).encode()
