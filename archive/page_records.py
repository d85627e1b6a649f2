"""Write what a capture shows (pictures, texts, the list of requests) as resource records beside its exchanges."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING, Any

from archive.page_check import Checked
from archive.page_ledger import Ledger
from archive.page_outcome import Sight, document
from core.canonical import canonical

if TYPE_CHECKING:
    from archive.warc import WarcWriter

_SURROGATES = "replace"  # half characters that a script left in the page have no form in UTF-8


def kept(
    writer: WarcWriter, detail: dict[str, Any], sight: Sight, ledger: Ledger, checked: Checked
) -> dict[str, str | None]:
    """Write the records, enter their ids into `detail`, and return them by name; what is not there has its reason."""
    row = document(sight, ledger)
    of = row.record if row is not None else None
    at = datetime.fromisoformat(detail["ended"])
    shown = detail["final_url"] or detail["url"]
    records: dict[str, str | None] = {"document": of}
    for name, mime, payload in _made(sight):
        records[name] = None
        if payload is not None:
            uri = f"urn:{'fullpage' if name == 'full' else name}:{shown}"
            records[name] = writer.resource(uri, mime, payload, at=at, of=of)
        elif name not in detail["missing"]:
            detail["missing"][name] = "The visit ended before it."
    blobs = [
        {"url": url, "record": writer.resource(url, mime, body, at=at, of=of, note={"Source": "browser"})}
        for url, mime, body in sight.blobs
    ]
    info = {
        "v": 1, "id": detail["id"], "url": detail["url"], "counts": checked.resources, "checked": checked.told,
        "requests": [one.as_row() for one in ledger.rows], "blobs": blobs,
    }  # fmt: skip
    records["pageinfo"] = writer.resource(f"urn:pageinfo:{shown}", "application/json", canonical(info), at=at, of=of)
    detail["records"] = records
    return records


def _made(sight: Sight) -> Iterator[tuple[str, str, bytes | None]]:
    yield "view", "image/png", sight.view
    yield "full", "image/png", sight.full
    yield "thumbnail", "image/png", sight.thumbnail
    yield "dom", "text/html; charset=utf-8", _bytes(sight.dom)
    yield "text", "text/plain; charset=utf-8", _bytes(sight.text)
    yield "pdf", "application/pdf", sight.pdf


def _bytes(text: str | None) -> bytes | None:
    return text.encode("utf-8", _SURROGATES) if text is not None else None
