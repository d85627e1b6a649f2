"""Hold the index and the list of pages to the records themselves."""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterator

from evidence.checker.reading import Folder
from evidence.checker.saying import Wrong
from evidence.checker.warc import Record


def unpacked_index(files: Folder) -> list[bytes]:
    """Return the lines of the index, whose blocks must lie one after the other."""
    packed, at = files.read("indexes/index.cdx.gz"), 0
    lines: list[bytes] = []
    for line in files.read("indexes/index.idx").decode().splitlines()[1:]:
        block = json.loads(line.split(" ", 2)[2])
        if block["offset"] != at:
            raise Wrong("indexes/index.idx does not lead to the blocks of the index")
        at += block["length"]
        lines += zlib.decompressobj(31).decompress(packed[block["offset"] : at], 256 * 10**6).splitlines()
    if at != len(packed):
        raise Wrong("indexes/index.idx does not lead to the blocks of the index")
    return lines


def index_flaws(files: Folder, places: dict[tuple[str, int], Record]) -> Iterator[str]:
    """Yield where index and pages say something else than the records (by file name and first byte) do."""
    lined = {k: v for k, v in places.items() if v.type in ("response", "resource")}
    for line in unpacked_index(files):
        row = json.loads(line.split(b" ", 2)[2].decode())
        one = lined.pop((row["filename"], row["offset"]), None)
        status = None if one is None else 200 if one.type == "resource" else _status(one.head)
        if one is None or (one.url, status) != (row["url"], row["status"]):
            yield "indexes/index.cdx.gz: the line of %s does not say what its record says" % row["url"]
    if lined:
        yield "indexes/index.cdx.gz leaves out %d records" % len(lined)
    urls = {record.url for record in places.values()}
    for line in files.read("pages/pages.jsonl").splitlines()[1:]:
        url = json.loads(line.decode())["url"]
        if url not in urls and "urn:pageinfo:" + url not in urls:
            yield "pages/pages.jsonl names %s, which is not archived" % url


def _status(head: bytes) -> object:
    return int(head.split()[1]) if head[:5] == b"HTTP/" else None
