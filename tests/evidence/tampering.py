"""Ways to tamper with a case bundle of three exhibits: each makes the bytes of a forged zip, and says what is named.

`flat` are bytes changed without care, `around` what a forger does who makes every list and digest anew, `keyed` what
one does who has a key besides: another than the newsroom's, or (`own`) that very key.
"""

from __future__ import annotations

import gzip
import io
import json
import re
import struct
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import cached_property
from typing import Any

from core.canonical import canonical
from core.times import iso
from demo.authority import TimeAuthority
from tests.evidence import forge
from tests.evidence.forge import AT, SEAL, WARC, Files, World, sha

E1, E2, E3 = (f"data/exhibits/e{n:03}-harbour-{n}.wacz" for n in (1, 2, 3))


@dataclass
class Base:
    """A clean bundle, at every stage of its making."""

    world: World

    @cached_property
    def bare(self) -> list[Files]:
        return forge.exhibits(self.world)

    @cached_property
    def waczs(self) -> list[Files]:
        return forge.signed([forge.listed(f) for f in self.bare], self.world.identity, stamp=self.world.second)

    @cached_property
    def case(self) -> Files:
        return forge.case_files(self.world, [forge.zipped(f) for f in self.waczs])

    @cached_property
    def bytes(self) -> bytes:
        return forge.bundle(self.case)


Make = Callable[[Base], bytes]
CASES: dict[str, tuple[Make, str]] = {}


def case(name: str, says: str) -> Callable[[Make], Make]:
    """Enter a forgery under a name, with what a failed check must name."""

    def enter(make: Make) -> Make:
        assert name not in CASES, name
        CASES[name] = (make, says)
        return make

    return enter


def put(name: str, says: str, make: Make) -> None:
    case(name, says)(make)


# 1. bytes changed, files removed, added and swapped, nothing else made anew


def flat(base: Base, **change: bytes | None) -> bytes:
    files: Files = dict(base.case)
    for name, data in change.items():
        if data is None:
            files.pop(name, None)
        else:
            files[name] = data
    return forge.bundle(files)


def flipped(data: bytes, at: int | None = None) -> bytes:
    at = len(data) // 2 if at is None else at
    return data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]


for _name in ("README.html", "report.pdf", "method.md", "verify.py", "data/custody.json", "data/tables/posts.csv",
              "data/figures/family.svg", "bag-info.txt", "bagit.txt", "manifest-sha256.txt", "SHA256SUMS",
              "tagmanifest-sha256.txt", "seal/statement.json", "seal/signature.json", E2, f"{E2}.sha256"):  # fmt: skip
    put(f"flip a byte of {_name}", re.escape(_name.removeprefix("seal/")),
        lambda b, n=_name: flat(b, **{n: flipped(b.case[n])}))  # type: ignore[misc]  # fmt: skip
    put(f"remove {_name}", re.escape(_name), lambda b, n=_name: flat(b, **{n: None}))  # type: ignore[misc]
put("add a file beside", "notes.txt", lambda b: flat(b, **{"notes.txt": b"more"}))
put("add a file to the payload", "data/more.json", lambda b: flat(b, **{"data/more.json": b"{}"}))
put("add a file without a dot", "data/tables/note", lambda b: flat(b, **{"data/tables/note": b"x"}))
put("add a file to the seal", "seal/note.txt", lambda b: flat(b, **{"seal/note.txt": b"x"}))
put("add an exhibit", "e004", lambda b: flat(b, **{"data/exhibits/e004-x.wacz": b.case[E1]}))
put("swap two exhibits", "e001-harbour-1", lambda b: flat(b, **{E1: b.case[E2], E2: b.case[E1]}))
put("have files fetched", "fetch.txt", lambda b: flat(b, **{"fetch.txt": b"http://x.example/ 1 data/x\n"}))
put("replace the report", "report.pdf", lambda b: flat(b, **{"report.pdf": b"%PDF-1.7 another"}))


# 2. the zip itself


def raw(base: Base, name: str = "harbour/README.html") -> tuple[bytearray, int, int]:
    """Return the bytes of the zip, and where a file's local header and its entry of the directory begin."""
    data = bytearray(base.bytes)
    local = bytes(data).find(b"PK\x03\x04", max(bytes(data).find(name.encode()) - 40, 0))
    central = bytes(data).rfind(name.encode()) - 46
    assert data[central : central + 4] == b"PK\x01\x02"
    return data, local, central


@case("bytes behind the zip", "behind the end")
def _(b: Base) -> bytes:
    return b.bytes + b"more"


@case("bytes before the zip", "directory of the zip|outside of every file")
def _(b: Base) -> bytes:
    return b"#!/bin/sh\n" + b.bytes


@case("bytes between two files", "lie before harbour/")
def _(b: Base) -> bytes:
    return gapped(b.bytes, b"hidden between")


def gapped(data: bytes, hidden: bytes) -> bytes:
    """Return a zip with bytes hidden before its second file, all its places put right."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        second = sorted(archive.infolist(), key=lambda i: i.header_offset)[1].header_offset
    end = data.rfind(b"PK\x05\x06")
    start = struct.unpack_from("<L", data, end + 16)[0]
    out = bytearray(data[:second] + hidden + data[second:])
    place = start + len(hidden)
    while out[place : place + 4] == b"PK\x01\x02":
        at = struct.unpack_from("<L", out, place + 42)[0]
        struct.pack_into("<L", out, place + 42, at + (len(hidden) if at >= second else 0))
        named, more, noted = struct.unpack_from("<3H", out, place + 28)
        place += 46 + named + more + noted
    struct.pack_into("<L", out, place + 16, start + len(hidden))
    return bytes(out)


@case("a comment of the zip", "comment")
def _(b: Base) -> bytes:
    data = bytearray(b.bytes)
    struct.pack_into("<H", data, len(data) - 2, 5)
    return bytes(data) + b"hello"


@case("a local header with another name", "harbour/README.html")
def _(b: Base) -> bytes:
    data, local, _ = raw(b)
    data[local + 30 : local + 31] = b"X"
    return bytes(data)


@case("a local header with other sizes", "harbour/README.html")
def _(b: Base) -> bytes:
    data, local, _ = raw(b)
    data[local + 22 : local + 26] = struct.pack("<L", 7)
    return bytes(data)


@case("a local header with another check sum", "harbour/README.html")
def _(b: Base) -> bytes:
    data, local, _ = raw(b)
    data[local + 14] ^= 1
    return bytes(data)


@case("another date in the directory", "harbour/README.html")
def _(b: Base) -> bytes:
    data, _, central = raw(b)
    data[central + 14] ^= 1
    return bytes(data)


@case("a link instead of a file", "harbour/README.html")
def _(b: Base) -> bytes:
    data, _, central = raw(b)
    data[central + 38 : central + 42] = struct.pack("<L", 0o120777 << 16)
    return bytes(data)


@case("an encrypted file", "harbour/README.html")
def _(b: Base) -> bytes:
    data, local, central = raw(b)
    data[local + 6] |= 1
    data[central + 8] |= 1
    return bytes(data)


@case("a size that no packing reaches", "harbour/README.html")
def _(b: Base) -> bytes:
    data, _, central = raw(b)
    data[central + 24 : central + 28] = struct.pack("<L", 2**31)
    return bytes(data)


@case("a size of zip64 that is not there", "harbour/README.html")
def _(b: Base) -> bytes:
    data, _, central = raw(b)
    data[central + 24 : central + 28] = b"\xff" * 4
    return bytes(data)


@case("an end that counts more files", "directory of the zip")
def _(b: Base) -> bytes:
    data = bytearray(b.bytes)
    struct.pack_into("<2H", data, len(data) - 14, 99, 99)
    return bytes(data)


@case("an end that counts fewer files", "directory of the zip")
def _(b: Base) -> bytes:
    data = bytearray(b.bytes)
    struct.pack_into("<2H", data, len(data) - 14, 3, 3)
    return bytes(data)


@case("files that overlap", "overlaps|lies where")
def _(b: Base) -> bytes:
    data, _, central = raw(b, "harbour/report.pdf")
    with zipfile.ZipFile(io.BytesIO(b.bytes)) as archive:
        first = archive.getinfo("harbour/README.html").header_offset
    data[central + 42 : central + 46] = struct.pack("<L", first)
    return bytes(data)


def _named(b: Base, name: str) -> bytes:
    return forge.zipped({**{f"harbour/{n}": d for n, d in b.case.items()}, name: b"x"})


for _name in ("../out", "/etc/passwd", "harbour/../../out", "c:evil", "harbour\\..\\evil", "harbour/a\u202eb"):
    put(f"the name {_name!r}", "leads out of its folder or hides", lambda b, n=_name: _named(b, n))  # type: ignore[misc]
put("a file outside of the folder", "elsewhere/x", lambda b: _named(b, "elsewhere/x"))
put("a name that differs in case", "readme.HTML", lambda b: _named(b, "harbour/readme.HTML"))


@case("two files of one name", "harbour/README.html")
def _(b: Base) -> bytes:
    return forge.bundle({**b.case, "README.htmX": b"another"}).replace(b"harbour/README.htmX", b"harbour/README.html")


@case("files packed instead of stored", "README.html|packed")
def _(b: Base) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in b.case.items():
            archive.writestr(zipfile.ZipInfo(f"harbour/{name}"), data, zipfile.ZIP_DEFLATED)
    return file.getvalue()


@case("cut off in the middle", "no zip file|behind the end")
def _(b: Base) -> bytes:
    return b.bytes[: len(b.bytes) // 2]


# 3. an exhibit changed, its lists made anew or not, the lists around it always made anew but not signed again


def around(b: Base, wacz: Files | bytes, at: str = E1) -> bytes:
    """Return the bundle with another exhibit and every list anew; the statement is the signed one."""
    data = wacz if isinstance(wacz, bytes) else forge.zipped(wacz)
    files = {**b.case, at: data, f"{at}.sha256": f"{sha(data)}  {at.rpartition('/')[2]}\n".encode()}
    return forge.bundle(forge.bagged(files))


def inner(b: Base, change: dict[str, bytes | None], *, listed: bool = True) -> bytes:
    """Return the bundle with the first exhibit changed; with `listed` all its digests are made anew, not signed."""
    files: Files = dict(b.waczs[0])
    for name, data in change.items():
        if data is None:
            files.pop(name)
        else:
            files[name] = data
    return around(b, relisted(files, b.waczs[0]) if listed else files)


def relisted(files: Files, old: Files) -> Files:
    """Return files listed anew under the signature and the stamps of the old list."""
    fresh = forge.listed(files)
    last = json.loads(old["datapackage-digest.json"])
    return {**fresh, "datapackage-digest.json": canonical({**last, "hash": f"sha256:{sha(fresh['datapackage.json'])}"})}


def edited(data: bytes, change: Callable[[Any], Any]) -> bytes:
    value = json.loads(data)
    return canonical(change(value) or value)


_FLAT = ("evidence/item.json", "evidence/capture.json", "evidence/screenshot.png", "evidence/custody.json",
         "evidence/manifest.json", f"evidence/seal-{SEAL}.json", f"evidence/seal-{SEAL}.noon.tsr",
         "evidence/tsa-noon.pem", "evidence/signer.json", "evidence/signer.pem", "evidence/verify.txt", WARC,
         "indexes/index.cdx.gz", "indexes/index.idx", "pages/pages.jsonl", "datapackage.json")  # fmt: skip
for _name in _FLAT:
    put(f"flip a byte of {_name}", re.escape(_name),
        lambda b, n=_name: inner(b, {n: flipped(b.waczs[0][n])}, listed=False))  # type: ignore[misc]  # fmt: skip
    put(f"remove {_name}", re.escape(_name), lambda b, n=_name: inner(b, {n: None}, listed=False))  # type: ignore[misc]
put("an unlisted file in an exhibit", "evidence/note", lambda b: inner(b, {"evidence/note": b"x"}, listed=False))

SIGNED = "e001-harbour-1.*signature is over another|signature is over another.*e001|e001-harbour-1"
put(
    "another text in the post",
    SIGNED,
    lambda b: inner(
        b,
        {
            "evidence/item.json": edited(
                b.waczs[0]["evidence/item.json"], lambda v: {**v, "text": "The wall has cracks."}
            )
        },
    ),
)
put("another screenshot", "screenshot.png", lambda b: inner(b, {"evidence/screenshot.png": forge.PNG + b"other"}))
put(
    "another author",
    SIGNED,
    lambda b: inner(
        b, {"evidence/item.json": edited(b.waczs[0]["evidence/item.json"], lambda v: {**v, "author": {"handle": "x"}})}
    ),
)


def keyed(b: Base, files: Files, *, at: int = 0, stranger: bool = True, **case_change: Any) -> bytes:
    """Return the bundle with an exhibit listed, signed and stamped anew, and the bundle signed over it.

    By another key; or, not `stranger`, by the newsroom's own: then only what is inside can show it.
    """
    who = b.world.stranger if stranger else b.world.identity
    every = [dict(f) for f in b.bare]
    every[at] = files
    if stranger:
        every = [
            {**f, "evidence/signer.json": canonical(who.as_row()), "evidence/signer.pem": who.pem()} for f in every
        ]
    waczs = forge.signed([forge.listed(f) for f in every], who, stamp=b.world.second)
    fresh = dict(b.case)
    for number, wacz in enumerate(waczs, 1):
        name = f"data/exhibits/e{number:03}-harbour-{number}.wacz"
        fresh[name] = forge.zipped(wacz)
        fresh[f"{name}.sha256"] = f"{sha(fresh[name])}  {name.rpartition('/')[2]}\n".encode()
    fresh |= case_change.pop("files", {})
    return forge.bundle(forge.sealed(forge.bagged(fresh), who, stamp=b.world.second, **case_change))


def own(name: str, says: str, change: Callable[[Base, Files], Files]) -> None:
    """Enter a change made by somebody who holds the newsroom's key: found by what contradicts it inside."""
    put(name, says, lambda b: keyed(b, change(b, dict(b.bare[0])), stranger=False))


def manifest(change: Callable[[dict[str, Any]], Any]) -> Callable[[Base, Files], Files]:
    def make(_: Base, files: Files) -> Files:
        return {**files, "evidence/manifest.json": edited(files["evidence/manifest.json"], change)}

    return make


def rows(change: Callable[[list[dict[str, Any]]], Any]) -> Callable[[Base, Files], Files]:
    return manifest(lambda m: {**m, "records": change(m["records"]) or m["records"]})


def placed(row: dict[str, Any], **change: Any) -> dict[str, Any]:
    return {**row, "place": {**row["place"], **change}}


own("a record named with another digest", "urn:uuid", rows(lambda r: [r[0], {**r[1], "sha256": "0" * 64}, *r[2:]]))
own("a record that is not there", "urn:uuid:gone", rows(lambda r: [*r, {**r[0], "id": "urn:uuid:gone"}]))
own("a record left out of the manifest", "urn:uuid", rows(lambda r: r[:-1]))
own("a record named twice", "twice", rows(lambda r: [*r, r[1]]))
own("a record of another type", "urn:uuid", rows(lambda r: [r[0], {**r[1], "type": "metadata"}, *r[2:]]))
own("places of two records swapped", "urn:uuid",
    rows(lambda r: [r[0], {**r[1], "place": r[2]["place"]}, {**r[2], "place": r[1]["place"]}, *r[3:]]))  # fmt: skip
own("a place without its path", "urn:uuid", rows(lambda r: [r[0], placed(r[1], path=[]), *r[2:]]))
own("a place past the last leaf", "urn:uuid", rows(lambda r: [r[0], placed(r[1], index=10**6), *r[2:]]))
own("a place in a seal that is not here", "20200101000000-00000000",
    rows(lambda r: [r[0], placed(r[1], seal="20200101000000-00000000"), *r[2:]]))  # fmt: skip
own(
    "another head of the log",
    "custody.json",
    manifest(lambda m: {**m, "custody": {**m["custody"], "digest": "0" * 64}}),
)
own(
    "another entry of the log named as sealed",
    "the sealed entry of the custody log",
    manifest(lambda m: {**m, "custody": {**m["custody"], "sealed": {**m["custody"]["sealed"], "seq": 1}}}),
)
own("another case", "another case", manifest(lambda m: {**m, "case": "another"}))
own("another edition", "another edition", manifest(lambda m: {**m, "edition": "public"}))
own("another date of creation", "another created", manifest(lambda m: {**m, "created": "2020-01-01T00:00:00Z"}))


def warc(change: Callable[[Base, bytes], bytes]) -> Callable[[Base, Files], Files]:
    return lambda b, files: forge.with_warc(files, change(b, files[WARC]))


def repacked(data: bytes, old: bytes, new: bytes) -> bytes:
    """Return a WARC with words of its records changed, digests as they were."""
    out = b""
    while data:
        unpack = zlib.decompressobj(31)
        plain = unpack.decompress(data)
        data = unpack.unused_data
        out += zlib.compress(plain.replace(old, new), wbits=31)
    return out


def record(*, name: str = "urn:uuid:forged", kind: str = "response", tail: bytes = b"\r\n\r\n", more: str = "",
           digested: bool = True, first: str = "WARC/1.1") -> bytes:  # fmt: skip
    block = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\nforged"
    stated = f"WARC-Block-Digest: sha256:{sha(block)}\r\n" if digested else ""
    head = (
        f"{first}\r\nWARC-Type: {kind}\r\nWARC-Record-ID: <{name}>\r\nWARC-Date: 2026-03-01T12:00:00Z\r\n"
        "WARC-Target-URI: https://harbour.example/forged\r\nContent-Type: application/http;msgtype=response\r\n"
        f"{stated}{more}Content-Length: {len(block)}\r\n\r\n"
    )
    return gzip.compress(head.encode() + block + tail, mtime=0)


def added(**how: Any) -> Callable[[Base, Files], Files]:
    return warc(lambda _, data: data + record(**how))


own("an answer rewritten, digests left", "urn:uuid", warc(lambda _, d: repacked(d, b"is finished", b"has cracks!")))
own("an answer dated otherwise", "urn:uuid",
    warc(lambda _, d: repacked(d, b"WARC-Date: 2026-03-01", b"WARC-Date: 2025-03-01")))  # fmt: skip
own("an answer of another address", "urn:uuid", warc(lambda _, d: repacked(d, b"example/1", b"example/9")))
own("a record without a digest", "urn:uuid:forged states no SHA-256", added(digested=False))
own("bytes behind a record", "urn:uuid:forged", added(tail=b"\r\n\r\nWARC/1.1\r\nhidden"))
own("a record without its end", "urn:uuid:forged", added(tail=b""))
own("two types of one record", "urn:uuid:forged", added(more="WARC-Type: request\r\n"))
own("two lengths of one record", "urn:uuid:forged", added(more="Content-Length: 0\r\n"))
own("a bare line feed in a header", "urn:uuid:forged", added(more="X-A: b\nX-C: d\r\n"))
own("a bare carriage return in a header", "urn:uuid:forged", added(more="X-A: b\rX-C: d\r\n"))
own("one id of two records", "urn:uuid:00000000-0000-0000-0000-0000",
    warc(lambda _, d: d + record(name=forge.records_of(d)[1].id)))  # fmt: skip
own("a revisit to nowhere", "urn:uuid:forged", added(kind="revisit", more="WARC-Refers-To: <urn:uuid:nowhere>\r\n"))
own("records in another order", "begins otherwise", warc(lambda b, d: reordered(d)))
own("a WARC cut off", WARC, lambda b, f: {**f, WARC: f[WARC][:-9]})
own("a WARC with a false check sum", WARC, lambda b, f: {**f, WARC: flipped(f[WARC], len(f[WARC]) - 6)})
own("a WARC that is none", WARC, lambda b, f: {**f, WARC: b"no archive"})
own("a second WARC unpacked", "archive/000002.warc", lambda b, f: {**f, "archive/000002.warc": b"a viewer opens it"})
own("a record of another version", WARC, lambda b, f: {**f, WARC: f[WARC] + record(first="WARC/9.9")})


def reordered(data: bytes) -> bytes:
    found = forge.records_of(data)
    return b"".join(data[r.offset : r.offset + r.length] for r in reversed(found))


@case("a gzip bomb in the archive", re.escape(WARC))
def _(b: Base) -> bytes:
    head = b"WARC/1.1\r\nWARC-Type: response\r\nWARC-Record-ID: <urn:uuid:bomb>\r\nContent-Length: 1999999999\r\n\r\n"
    files = dict(b.bare[0])
    files[WARC] += zlib.compress(head + bytes(1 << 20), wbits=31)
    return keyed(b, files, stranger=False)


@case("a quine in the archive", re.escape(WARC))
def _(b: Base) -> bytes:
    files = dict(b.bare[0])
    files[WARC] = files[WARC] + gzip.compress(files[WARC], mtime=0)  # an archive that holds itself is no record
    return keyed(b, files, stranger=False)


@case("a zip nested in a zip in a zip", "e001-harbour-1")
def _(b: Base) -> bytes:
    return around(b, forge.zipped({"inner.zip": forge.zipped({"inner.wacz": forge.zipped(b.waczs[0])})}))


@case("a bomb packed as an exhibit", "e001-harbour-1")
def _(b: Base) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for n in range(4):
            archive.writestr(f"archive/{n}.warc", bytes(3_000_000))
    return around(b, file.getvalue())


def index(change: Callable[[str], str]) -> Callable[[Base, Files], Files]:
    def make(_base: Base, files: Files) -> Files:
        text = change(gzip.decompress(files["indexes/index.cdx.gz"]).decode())
        packed = gzip.compress(text.encode(), mtime=0)
        first, line = files["indexes/index.idx"].decode().split("\n")[:2]
        _, _, where = line.split(" ", 2)
        key, ts = text.split(" ", 2)[:2]
        idx = f"{first}\n{key} {ts} {json.dumps({**json.loads(where), 'length': len(packed)})}\n"
        return {**files, "indexes/index.cdx.gz": packed, "indexes/index.idx": idx.encode()}

    return make


own("an index with another status", "index.cdx.gz", index(lambda t: t.replace('"status": 200', '"status": 404')))
own("an index with another place", "index.cdx.gz", index(lambda t: re.sub(r'"offset": \d', '"offset": 9', t)))
own("an index with another address", "index.cdx.gz", index(lambda t: t.replace("example/1", "example/7")))
own("an index without a line", "index.cdx.gz", index(lambda t: t[: t.index("\n") + 1]))
own(
    "an index that leads nowhere",
    "index.idx",
    lambda b, f: {**f, "indexes/index.idx": b'!meta 0 {}\nx 1 {"offset": 0}\n'},
)
own("pages that are not archived", "pages.jsonl",
    lambda b, f: {**f, "pages/pages.jsonl": f["pages/pages.jsonl"].replace(b"example/1", b"example/7")})  # fmt: skip


def item(**change: Any) -> Callable[[Base, Files], Files]:
    return lambda b, f: {**f, "evidence/item.json": edited(f["evidence/item.json"], lambda v: {**v, **change})}


def capture(**change: Any) -> Callable[[Base, Files], Files]:
    return lambda b, f: {**f, "evidence/capture.json": edited(f["evidence/capture.json"], lambda v: {**v, **change})}


own("a post that names another answer", "item.json", item(records={"answer": "urn:uuid:elsewhere"}))
own("a post of two names", "item.json", item(ref="harbour.example:2"))
own("a post of another exhibit", "e001-harbour-1", item(exhibit=2))
own("a picture that is not archived", "item.json",
    item(media=[{"url": "x", "sha256": "0" * 64, "record": "urn:uuid:none"}]))  # fmt: skip
own(
    "a swapped screenshot, signed", "screenshot.png", lambda b, f: {**f, "evidence/screenshot.png": forge.PNG + b"\x02"}
)
own("a capture that ends before it began", "capture.json", capture(ended="2026-02-01T00:00:00Z"))
own("a capture whose counts do not add up", "capture.json",
    capture(requests={"requested": 9, "recorded": 2, "failed": 0, "blocked": 0, "local": 0}))  # fmt: skip
own("a capture that names another page", "capture.json", capture(records={"document": "urn:uuid:elsewhere"}))


# 4. hostile JSON


def text(name: str, old: bytes, new: bytes) -> Callable[[Base, Files], Files]:
    def make(_: Base, files: Files) -> Files:
        assert old in files[name]
        return {**files, name: files[name].replace(old, new, 1)}

    return make


ITEM = "evidence/item.json"
own("a key that stands twice", "item.json", text(ITEM, b'"exhibit":1', b'"exhibit":2,"exhibit":1'))
own("NaN in JSON", "item.json", text(ITEM, b'"exhibit":1', b'"exhibit":NaN'))
own("a number past all bounds", "item.json", text(ITEM, b'"exhibit":1', b'"exhibit":' + b"9" * 5_000))
own("a number that becomes infinite", "item.json", text(ITEM, b'"exhibit":1', b'"exhibit":1e999'))
own("JSON nested without end", "item.json", text(ITEM, b'"exhibit":1', b'"exhibit":' + b"[" * 10**5 + b"]" * 10**5))
own("JSON with blanks", "item.json", text(ITEM, b'"exhibit":1', b'"exhibit": 1'))
own("JSON in another order", "item.json", text(ITEM, b'{"exhibit":1,', b'{"zz":1,"exhibit":1,'))
own("JSON in UTF-16", "item.json", lambda b, f: {**f, ITEM: f[ITEM].decode().encode("utf-16")})
own("JSON that is none", "item.json", lambda b, f: {**f, ITEM: b"[[["})
own("JSON of another shape", "item.json", lambda b, f: {**f, ITEM: b"[]\n"})
own("a lone surrogate", "item.json", text(ITEM, b'"exhibit":1', b'"exhibit":"\\ud800"'))


# 5. keys


put(
    "everything signed with another key",
    "signature.json is by|datapackage-digest.json is signed by",
    lambda b: keyed(b, dict(b.bare[0])),
)


@case("the bundle signed with another key, the exhibits not", "e00[123]-harbour")
def _(b: Base) -> bytes:
    return forge.bundle(forge.sealed(dict(b.case), b.world.stranger, stamp=b.world.second))


@case("an exhibit signed with another key", "e001-harbour-1")
def _(b: Base) -> bytes:
    who = b.world.stranger
    files = {**b.bare[0], "evidence/signer.json": canonical(who.as_row()), "evidence/signer.pem": who.pem()}
    (wacz,) = forge.signed([forge.listed(files)], who, stamp=b.world.second)
    data = forge.zipped(wacz)
    fresh = {**b.case, E1: data, f"{E1}.sha256": f"{sha(data)}  {E1.rpartition('/')[2]}\n".encode()}
    return forge.bundle(forge.sealed(forge.bagged(fresh), b.world.identity, stamp=b.world.second))


@case("a signature by a key that signer.json does not name", "e001-harbour-1")
def _(b: Base) -> bytes:
    (wacz,) = forge.signed([forge.listed(b.bare[0])], b.world.stranger, stamp=b.world.second)
    return around(b, wacz)


def last(change: Callable[[dict[str, Any]], Any]) -> Make:
    def make(b: Base) -> bytes:
        fresh = edited(b.waczs[0]["datapackage-digest.json"], change)
        return around(b, {**b.waczs[0], "datapackage-digest.json": fresh})

    return make


put("no signature", "datapackage-digest.json", last(lambda v: {k: x for k, x in v.items() if k != "signedData"}))
put(
    "a signature swapped with another exhibit's",
    "e001-harbour-1",
    lambda b: around(
        b,
        {
            **b.waczs[0],
            "datapackage-digest.json": edited(
                b.waczs[0]["datapackage-digest.json"],
                lambda v: {**v, "signedData": json.loads(b.waczs[1]["datapackage-digest.json"])["signedData"]},
            ),
        },
    ),
)
put("signed at another time", "e001-harbour-1",
    last(lambda v: {**v, "signedData": {**v["signedData"], "created": "2020-01-01T00:00:00Z"}}))  # fmt: skip
put("more in the signature than is signed", "e001-harbour-1",
    last(lambda v: {**v, "signedData": {**v["signedData"], "note": "x"}}))  # fmt: skip
put(
    "a fingerprint that is not the key's",
    "signature|signer",
    lambda b: flat(
        b,
        **{
            "seal/signature.json": edited(
                b.case["seal/signature.json"], lambda v: {**v, "signer": {**v["signer"], "fingerprint": "0" * 64}}
            )
        },
    ),
)
put(
    "another name of the signer",
    "signature|signer",
    lambda b: flat(
        b,
        **{
            "seal/signature.json": edited(
                b.case["seal/signature.json"], lambda v: {**v, "signer": {**v["signer"], "name": "Someone else"}}
            )
        },
    ),
)
put(
    "a statement signed by nobody",
    "signature",
    lambda b: flat(
        b,
        **{
            "seal/statement.json": edited(
                b.case["seal/statement.json"], lambda v: {**v, "created": "2020-01-01T00:00:00Z"}
            )
        },
    ),
)


@case("README edited and SHA256SUMS made anew", "SHA256SUMS")
def _(b: Base) -> bytes:
    return forge.bundle(forge.bagged({**b.case, "README.html": b"<p>Something else.</p>"}))


@case("an exhibit left out, lists made anew", "e002-harbour-2")
def _(b: Base) -> bytes:
    return forge.bundle(forge.bagged({n: d for n, d in b.case.items() if not n.startswith(E2)}))


@case("exhibits of another order in the statement", "e00[123]|statement")
def _(b: Base) -> bytes:
    rows_ = json.loads(b.case["seal/statement.json"])["exhibits"]
    swapped = [{"path": rows_[0]["path"], "sha256": rows_[1]["sha256"]}, *rows_[1:]]
    return forge.bundle(forge.sealed(dict(b.case), b.world.identity, stamp=b.world.second, exhibits=swapped))


@case("a size in bag-info.txt that is wrong", "bag-info.txt")
def _(b: Base) -> bytes:
    return flat(b, **{"bag-info.txt": b.case["bag-info.txt"].replace(b"Payload-Oxum: ", b"Payload-Oxum: 1")})


# 6. time


def stamped(authority: Callable[[World], TimeAuthority], data: bytes | None = None, name: str = "noon") -> Make:
    """Return the bundle whose first exhibit bears another token over its seal, signed with the newsroom's key."""

    def make(b: Base) -> bytes:
        files = dict(b.bare[0])
        seal = files[f"evidence/seal-{SEAL}.json"]
        files[f"evidence/seal-{SEAL}.{name}.tsr"] = forge.token(authority(b.world), data or seal)
        return keyed(b, files, stranger=False)

    return make


def like(mode: Any, at: timedelta = timedelta(hours=1)) -> Callable[[World], TimeAuthority]:
    """Return the first authority of a world, misbehaving."""

    def make(world: World) -> TimeAuthority:
        twin = TimeAuthority.__new__(TimeAuthority)
        twin.__dict__.update(world.first.__dict__)
        twin.mode, twin.clock, twin._others = mode, (lambda: AT + at), {}
        return twin

    return make


TOKEN = re.escape(f"evidence/seal-{SEAL}")
put("a token over another file", TOKEN, stamped(lambda w: w.first, b"another file"))
put("a token of nobody we know", TOKEN, stamped(lambda w: TimeAuthority("noon", clock=lambda: forge.T1, since=AT)))
put("a token under another's name", TOKEN, stamped(lambda w: w.second, name="noon"))
put("a token of an expired certificate", TOKEN, stamped(like("expired", timedelta(days=40))))
put("a token with a forged root", TOKEN, stamped(like("unpinned")))
put("a token of a certificate for other things", TOKEN, stamped(like("no purpose")))
put("a token over another digest", TOKEN, stamped(like("wrong digest")))
put("a token with a bad signature", TOKEN, stamped(like("bad signature")))
put("a token of a stranger's certificate", TOKEN, stamped(like("another leaf")))
put("a token before the capture", "after the (time )?stamp over it", stamped(like("", timedelta(hours=-5))))
put(
    "a token that is none",
    TOKEN,
    lambda b: keyed(b, {**b.bare[0], f"evidence/seal-{SEAL}.noon.tsr": b"no token"}, stranger=False),
)
put(
    "a token that belongs to no seal",
    "seal-20200101000000-00000000",
    lambda b: keyed(b, {**b.bare[0], "evidence/seal-20200101000000-00000000.noon.tsr": b"x"}, stranger=False),
)
put(
    "a seal dated anew",
    TOKEN,
    lambda b: keyed(
        b,
        {
            **b.bare[0],
            f"evidence/seal-{SEAL}.json": edited(
                b.bare[0][f"evidence/seal-{SEAL}.json"], lambda v: {**v, "sealed": "2025-01-01T00:00:00Z"}
            ),
        },
        stranger=False,
    ),
)
put(
    "a seal with another root",
    TOKEN,
    lambda b: keyed(
        b,
        {
            **b.bare[0],
            f"evidence/seal-{SEAL}.json": edited(
                b.bare[0][f"evidence/seal-{SEAL}.json"], lambda v: {**v, "root": "0" * 64}
            ),
        },
        stranger=False,
    ),
)
put(
    "the token of the bundle over another file",
    "seal/signature.json.dusk.tsr",
    lambda b: flat(b, **{"seal/signature.json.dusk.tsr": forge.token(b.world.second, b"another")}),
)
put(
    "the token of the bundle swapped for another's",
    "seal/signature.json.dusk.tsr",
    lambda b: flat(b, **{"seal/signature.json.dusk.tsr": forge.token(b.world.first, b.case["seal/signature.json"])}),
)
put(
    "certificates swapped",
    "tsa-dusk.pem",
    lambda b: flat(b, **{"seal/tsa-dusk.pem": b.world.first.root_pem().encode()}),
)
put("the stamp of the signature cut out of its tree", "datapackage-digest.json",
    last(lambda v: {**v, "timestamps": [{**v["timestamps"][0], "path": []}]}))  # fmt: skip
put("a stamp over other signatures", "datapackage-digest.json",
    last(lambda v: {**v, "timestamps": [{**v["timestamps"][0], "index": 1}]}))  # fmt: skip
put("a bundle dated after its stamp", "after the stamp", lambda b: later(b))


def later(b: Base) -> bytes:
    made = iso(forge.T2 + timedelta(days=2))
    every = [{**f, "evidence/manifest.json": edited(f["evidence/manifest.json"], lambda m: {**m, "created": made})}
             for f in b.bare]  # fmt: skip
    return keyed(replace_bare(b, every), every[0], stranger=False, created=made)


def replace_bare(b: Base, bare: list[Files]) -> Base:
    fresh = replace(b)
    fresh.__dict__.update({"bare": bare, "waczs": b.waczs, "case": b.case})
    return fresh


# 7. custody


def logged(change: Callable[[list[dict[str, Any]]], Any], *, signed: bool = False) -> Make:
    def make(b: Base) -> bytes:
        log = edited(b.case["data/custody.json"], lambda v: {**v, "events": change(v["events"]) or v["events"]})
        fresh = forge.bagged({**b.case, "data/custody.json": log})
        if not signed:
            return forge.bundle(fresh)
        stated = json.loads(b.case["seal/statement.json"])["custody"]
        return forge.bundle(forge.sealed(fresh, b.world.identity, stamp=b.world.second, custody=stated))

    return make


def note(events: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [events[0], {**events[1], "actor": "somebody else"}, *events[2:]]


LOG = "data/custody.json"
put("an entry changed", LOG, logged(note))
put("an entry changed, the chain made anew", LOG, logged(lambda e: forge.chained(note(e))))
put("an entry changed, chain and statement anew", LOG, logged(lambda e: forge.chained(note(e)), signed=True))
put("the last entry taken off", LOG, logged(lambda e: e[:-1], signed=True))
put("an entry in the middle taken out", LOG, logged(lambda e: [e[0], *e[2:]]))
put(
    "an entry in the middle taken out, numbered anew", LOG, logged(lambda e: forge.chained([e[0], *e[2:]]), signed=True)
)
put("an entry added", LOG, logged(lambda e: forge.chained([*e, e[-1]]), signed=True))
put("two entries swapped", LOG, logged(lambda e: [e[1], e[0], *e[2:]]))
put("an entry that is none", LOG, logged(lambda e: [*e, {"seq": 5}]))
put("an entry of an unknown kind", LOG, logged(lambda e: forge.chained([*e, {**e[-1], "event": "invented"}])))
put(
    "the log of another case",
    LOG,
    lambda b: forge.bundle(forge.bagged({**b.case, LOG: edited(b.case[LOG], lambda v: {**v, "case": "another"})})),
)
put(
    "an exhibit with another log",
    "custody",
    lambda b: around(
        b,
        relisted(
            {**b.waczs[0], "evidence/custody.json": canonical({"v": 1, "case": forge.CASE, "events": forge.log(2)})},
            b.waczs[0],
        ),
    ),
)
