"""Write the index of a bundle (CDXJ, in ZipNum blocks) and its list of pages, as WACZ 1.1.1 and its viewers expect.

Own code, as the usual indexer pulls an AGPL library and keeps cookies and POST bodies. The sort key follows what
ReplayWeb.page looks up: host reversed, `www.` dropped, query sorted.
"""

from __future__ import annotations

import gzip
import io
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from evidence.members import WarcRecord

BLOCK = 3_000  # lines per compressed block, as the usual writers have it


@dataclass(frozen=True)
class Line:
    """One line of the index."""

    key: str
    timestamp: str
    data: dict[str, Any]

    def text(self) -> str:
        """Return the line as it stands in the file."""
        return f"{self.key} {self.timestamp} {json.dumps(self.data, ensure_ascii=False)}\n"


def surt(url: str, method: str = "GET") -> str:
    """Return the sort key of an address; a POST is told apart by its method alone, its body is not repeated here."""
    parts = urlsplit(url.lower())
    host = (parts.hostname or "").removeprefix("www.")
    key = ",".join(reversed(host.split(".")))
    if parts.port:
        key += f":{parts.port}"
    query = sorted(parse_qsl(parts.query, keep_blank_values=True))
    if method != "GET":
        query.append(("__wb_method", method.lower()))
    return f"{key}){parts.path or '/'}" + (f"?{urlencode(query)}" if query else "")


def timestamp(date: str) -> str:
    """Return a WARC date as the fourteen digits of an index."""
    return "".join(c for c in date.split(".", 1)[0] if c.isdigit())[:14]


def line(record: WarcRecord, filename: str, method: str = "GET") -> Line:
    """Return the index line of a response record."""
    url = record.headers.get("warc-target-uri", "")
    data = {
        "url": url, "mime": record.http_header("content-type").split(";", 1)[0].strip() or "unk",
        "status": record.status, "digest": record.headers.get("warc-payload-digest", ""),
        "length": record.length, "offset": record.offset, "filename": filename, "recordDigest": _digest(record),
    }  # fmt: skip
    if method != "GET":
        data["method"] = method
    return Line(surt(url, method), timestamp(record.headers.get("warc-date", "")), data)


Page = tuple[str, str, str, str]  # id, address, time, title


def of(records: Mapping[str, Sequence[WarcRecord]]) -> tuple[list[Line], list[Page]]:
    """Return the index lines and the pages of the records of each WARC file."""
    methods = {
        record.headers.get("warc-concurrent-to", "").strip("<>"): record.head.split(b" ", 1)[0].decode(
            "ascii", "replace"
        )
        for found in records.values()
        for record in found
        if record.type == "request"
    }
    lines: list[Line] = []
    shown: list[Page] = []
    for filename, found in records.items():
        for record in found:
            if record.type != "response":
                continue
            method = methods.get(record.id) or "GET"
            lines.append(line(record, filename, method))
            url, ts = record.headers.get("warc-target-uri", ""), record.headers.get("warc-date", "")
            if record.status == 200 and method == "GET" and not url.endswith("/robots.txt"):
                shown.append((record.id.removeprefix("urn:uuid:"), url, ts, f"{url} as answered {ts}"))
    return lines, shown


def _digest(record: WarcRecord) -> str:
    return f"sha256:{record.block_sha256.hex()}"


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
