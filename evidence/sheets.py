"""Write the tables of a bundle: CSV that a spreadsheet opens unharmed, and the same rows as JSON lines."""

from __future__ import annotations

import io
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from core.cells import write_csv
from core.redact import redact_url
from evidence.contents import Contents, Row
from evidence.instants import clock
from evidence.shown import headline, published

FOLDER = "data/tables"
# the columns of a table that has no row, and what puts its rows in order
_TABLES: dict[str, tuple[str, ...]] = {
    "posts": ("ref",), "accounts": ("ref",), "families": ("id",), "pairs": ("left", "right", "matcher"),
    "sources": ("url", "kind", "id"), "findings": ("at", "kind", "url", "sentence"),
    "observations": ("at", "ref", "outcome", "sentence"), "media": ("ref", "url"), "exhibits": ("number",),
}  # fmt: skip
_ADDRESS = ("url", "url_requested", "url_final")


def sheets(contents: Contents) -> dict[str, bytes]:
    """Return files by their path in the bundle: `data/tables/<table>.csv` and `.ndjson`.

    JSON lines hold the rows in their public shapes, CSV the same without raw answers and with local times beside the
    UTC ones of posts and exhibits. Both are UTF-8 (CSV with a byte order mark), in an order that does not change.
    """
    files = {}
    for name, keys in _TABLES.items():
        rows = _exhibits(contents) if name == "exhibits" else _sorted(_rows(contents, name), keys)
        files[f"{FOLDER}/{name}.csv"] = _csv(_for_spreadsheets(name, rows, contents.zone), keys)
        files[f"{FOLDER}/{name}.ndjson"] = _ndjson(rows)
    return files


def _rows(contents: Contents, name: str) -> Iterable[Row]:
    rows: Sequence[Row] = getattr(contents, name)
    if name in ("sources", "findings"):  # what we watch may be a private address, a bundle is not
        return [{k: redact_url(v) if k in _ADDRESS and v else v for k, v in row.items()} for row in rows]
    return rows


def _sorted(rows: Iterable[Row], keys: Sequence[str]) -> list[Row]:
    return sorted(rows, key=lambda row: [str(row.get(key) or "") for key in keys])


def _exhibits(contents: Contents) -> list[Row]:
    """Return one line an exhibit: what it is, when it says it was published, when and how it was captured."""
    posts = {str(post["ref"]): post for post in contents.posts}
    return [_exhibit(contents, exhibit, posts) for exhibit in sorted(contents.exhibits, key=lambda e: e.number)]


def _exhibit(contents: Contents, exhibit: Any, posts: Mapping[str, Row]) -> Row:
    item, author = exhibit.item, exhibit.item.get("author") or {}
    post = posts.get(str(item.get("ref"))) or {}
    stated = published(item, post, contents.zone)
    kept = (contents.method.get("wacz") or {}).get(exhibit.name) or {}
    stamps = (contents.method.get("stamps") or {}).get(exhibit.name) or ()
    return {
        "number": f"E{exhibit.number:03}", "ref": item.get("ref"), "platform": item.get("platform"),
        "author_id": author.get("id"), "author_handle": author.get("handle"), "author_name": author.get("name"),
        "url": redact_url(item["url_requested"]) if item.get("url_requested") else None,
        "url_final": redact_url(item["url_final"]) if item.get("url_final") else None,
        "published_as_stated": item.get("created_at_verbatim"), "published_utc": stated.utc,
        "published_local": stated.local, "published_known": stated.precision, "local_zone": contents.zone,
        "captured_utc": item.get("first_seen"), "captured_local": clock(item.get("first_seen"), contents.zone).local,
        "route": post.get("route"), "captured_elsewhere": _elsewhere(item.get("elsewhere")), "begins": headline(item),
        "time_stamps": "; ".join(f"{s['authority']} {s.get('at') or s['state']}" for s in stamps) or "none",
        "wacz": kept.get("path") or f"data/exhibits/{exhibit.name}.wacz", "wacz_sha256": kept.get("sha256"),
    }  # fmt: skip


def _elsewhere(origin: Mapping[str, Any] | None) -> str | None:
    """Return what made a capture that was imported, and what our checks said of it then."""
    if not origin:
        return None
    return f"by {origin.get('software') or 'unknown software'}; verified on import: {origin.get('verdict')}"


def _for_spreadsheets(name: str, rows: list[Row], zone: str) -> Iterable[Row]:
    if name == "families":  # the way of a family would swell a cell to a megabyte; the figure shows it
        return [{key: value for key, value in row.items() if key != "spread"} for row in rows]
    return _with_local(rows, zone) if name == "posts" else rows


def _with_local(rows: Iterable[Row], zone: str) -> Iterator[Row]:
    for row in rows:
        local = published({}, row, zone).local
        instant = {**(row.get("published") or {}), "local": local, "local_zone": zone}
        yield {key: instant if key == "published" else value for key, value in row.items()}


def _csv(rows: Iterable[Row], keys: Sequence[str]) -> bytes:
    """Return rows as CSV; the columns are those of the row at the top, which all rows of a table share."""
    file = io.StringIO(newline="")
    rows = list(rows)
    write_csv(rows, file, head=() if rows else keys)
    return file.getvalue().encode("utf-8", "replace")


def _ndjson(rows: Iterable[Row]) -> bytes:
    lines = (json.dumps(row, ensure_ascii=False, separators=(",", ":"), default=str) for row in rows)
    return "".join(f"{line}\n" for line in lines).encode("utf-8", "replace")
