"""Check the archived answers of a WACZ: each record's own digests, the manifest's, the index, the pages."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterator
from concurrent.futures import Executor
from io import BytesIO
from typing import IO, Any, cast

from core.errors import BadInput
from evidence import index, warcs
from evidence.checks import Check, Wacz, outcome
from evidence.strict import strict

MAX_INDEX = 256 * 10**6  # bytes unpacked; a line has about 400
_PACKED = ".warc.gz"


def read_records(wacz: Wacz, pool: Executor | None) -> Iterator[Check]:
    """Read every record once, and check it against the digests it states and those of the manifest."""
    archived = sorted(n for n in wacz.present if n.startswith("archive/"))
    names = [n for n in archived if n.endswith(_PACKED) or (n.endswith(".warc") and not wacz.ours)]
    wacz.records, wrong = read_all(wacz, names, pool)
    wrong += [f"{name} is no packed WARC" for name in archived if wacz.ours and name not in names]
    told, bare = warcs.flaws(wacz.records, ours=wacz.ours)
    wrong += told
    wacz.by_id = {record.id: record for found in wacz.records.values() for record in found}
    if not names:
        wrong.append("there is no WARC file in archive/")
    wrong += [f"archive/{name} begins otherwise than a WARC of ours" for name, found in wacz.records.items()
              if wacz.ours and (not found or found[0].type != "warcinfo")]  # fmt: skip
    count = sum(map(len, wacz.records.values()))
    yield outcome(
        "archived answers", wrong, f"{count - bare} records in {len(names)} files fit the digests they state."
    )
    if wacz.ours and wacz.manifest:
        yield _against_manifest(wacz)
    elif bare:
        yield Check("archived answers", "not_checked", f"{bare} records state no SHA-256 of themselves.")
    if not wacz.ours and len(archived) > len(names):
        says = f"{len(archived) - len(names)} files of archive/ are no WARC and were not looked into."
        yield Check("archived answers", "not_checked", says)
    says = "The records show what was received; that the site truly sent it rests on the capturer's word."
    yield Check("answers came from the sites named", "claimed", says)


def read_all(wacz: Wacz, names: list[str], pool: Executor | None) -> tuple[dict[str, Any], list[str]]:
    """Return the records of each file, without the folder in its name, and what is wrong with the files."""
    cuts: dict[str, list[int]] = {}
    if wacz.ours and pool is not None:
        try:
            for line in _lines(wacz):
                data = strict(line.split(" ", 2)[2].encode(), "the index")
                cuts.setdefault(f"archive/{data['filename']}", []).append(int(data["offset"]))
        except (BadInput, LookupError, TypeError, ValueError):
            cuts = {}  # the check of the index says what is wrong with it
    found, wrong = warcs.read(wacz.files, names, pool, ours=wacz.ours, cuts=cuts)
    return {name.removeprefix("archive/"): records for name, records in found.items()}, wrong


def _against_manifest(wacz: Wacz) -> Check:
    rows = {row["id"]: row for row in wacz.manifest["records"]}
    wrong = [] if len(rows) == len(wacz.manifest["records"]) else ["evidence/manifest.json names a record twice"]
    for name, record in wacz.by_id.items():
        row = rows.get(name)
        if row is None and record.type != "warcinfo":
            wrong.append(f"{name} is not in evidence/manifest.json")
        elif row is not None and row["sha256"] != record.sha256:
            wrong.append(f"{name} is not the record that evidence/manifest.json names (its SHA-256 differs)")
        elif row is not None and row["type"] != record.type:
            wrong.append(f"{name} is called {row['type']} in evidence/manifest.json and {record.type} by itself")
    wrong += [f"{name}, which evidence/manifest.json names, is not in the archive" for name in rows.keys() - wacz.by_id]
    return outcome("records", wrong, f"{len(rows)} records, each with the SHA-256 that the manifest states.")


def check_index(wacz: Wacz) -> Iterator[Check]:
    """Check each line of the index and each page against its record; of our own bundles every word of it."""
    if wacz.ours:
        yield _our_index(wacz)
        return
    at = {(f, r.offset): r for f, found in wacz.records.items() for r in found}
    wrong, count = [], 0
    for count, text in enumerate(_lines(wacz), 1):  # noqa: B007 - the number of lines is told
        data = strict(text.split(" ", 2)[2].encode(), "the index")
        record = at.get((data["filename"].removeprefix("archive/"), int(data["offset"])))
        if record is None or record.headers.get("warc-target-uri", "").strip("<>") != data["url"]:
            wrong.append(f"{data['url']} does not lie where the index says")
    if not count:
        yield Check("index", "not_checked", "There is no index.")
        return
    yield outcome("index", wrong, f"{count} lines, each naming the address of the record it points at.")


def _our_index(wacz: Wacz) -> Check:
    lines, pages = index.of(wacz.records)
    expected = [line.text().rstrip("\n") for line in index.in_order(lines)]
    found = list(_lines(wacz))
    wrong = [] if found == expected else [_difference(found, expected)]
    if not _finds_its_blocks(wacz):
        wrong.append("indexes/index.idx does not lead to the blocks of the index")
    if wacz.files.read("pages/pages.jsonl") != index.pages(pages):
        wrong.append("pages/pages.jsonl does not name the pages that are archived")
    return outcome("index", wrong, f"{len(found)} lines and {len(pages)} pages, each as its record has it.")


def _difference(found: list[str], expected: list[str]) -> str:
    if len(found) != len(expected):
        return f"indexes/index.cdx.gz has {len(found)} lines for {len(expected)} answers"
    first = next(line for line, wanted in zip(found, expected, strict=True) if line != wanted)
    return f"indexes/index.cdx.gz: the line {first[:120]!r} does not say what its record says"


def _finds_its_blocks(wacz: Wacz) -> bool:
    """Return whether index.idx leads to the blocks, packed by whatever version of zlib."""
    blocks, place = wacz.files.read("indexes/index.cdx.gz"), 0
    head, *rest = wacz.files.read("indexes/index.idx").decode().split("\n")
    if head != '!meta 0 {"format": "cdxj-gzip-1.0", "filename": "index.cdx.gz"}' or rest[-1:] != [""]:
        return False
    for line in rest[:-1]:
        key, ts, where = line.split(" ", 2)
        block = strict(where.encode(), "indexes/index.idx")
        start, end = block["offset"], block["offset"] + block["length"]
        if start != place or not _unpacked(blocks[start:end]).startswith(f"{key} {ts} ".encode()):
            return False
        place = end
    return place == len(blocks)


def _lines(wacz: Wacz) -> Iterator[str]:
    for name in sorted(wacz.present):
        if not name.startswith("indexes/") or not name.endswith((".cdx", ".cdxj", ".cdx.gz", ".cdxj.gz")):
            continue
        data = wacz.files.read(name)
        text = (_unpacked(data) if name.endswith(".gz") else data).decode("utf-8", "replace")
        yield from (line.rstrip("\r") for line in text.split("\n") if line.strip() and not line.startswith("!"))


def _unpacked(data: bytes) -> bytes:
    try:
        with gzip.GzipFile(fileobj=cast("IO[bytes]", BytesIO(data))) as file:
            unpacked = file.read(min(MAX_INDEX, 10**6 + 200 * len(data)))
            if file.read(1):
                raise BadInput("indexes/index.cdx.gz unpacks to more than is read")
    except (OSError, EOFError, zlib.error) as error:
        raise BadInput(f"indexes/index.cdx.gz is damaged: {error}") from error
    return unpacked
