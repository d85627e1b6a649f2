"""An invented case written by the letter of docs/bundle-format.md, apart from the writers of the house.

Every stage can be had again after a change, with all lists and digests made anew, by this key or another: what a forger
who has the tool would do.
"""

from __future__ import annotations

import base64
import hashlib
import io
import json
import uuid
import zipfile
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from archive.warc import WarcWriter
from config.authorities import Authority
from core import merkle
from core.canonical import canonical
from core.custody import BEGINNING, Event, Kind
from core.exchange import Exchange
from core.times import StillClock, iso
from demo.authority import TimeAuthority
from evidence import index
from evidence.checks import Trust
from evidence.container import Writer
from evidence.members import WarcRecord, members
from evidence.signing import Identity

AT = datetime(2026, 3, 1, 12, 0, 0, 250_000, tzinfo=UTC)
T1, T2 = AT + timedelta(hours=1), AT + timedelta(days=30, hours=1)
CREATED = AT + timedelta(days=30)
SOFTWARE, CASE = "copytrail/0.2.0", "harbour"
SEAL = "20260301123000-0badcafe"
PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(256))
WARC = "archive/000001.warc.gz"
LISTS = ("evidence/manifest.json", "datapackage.json", "datapackage-digest.json")
Files = dict[str, bytes]


def sha(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def token(authority: TimeAuthority, data: bytes) -> bytes:
    """Return an authority's whole answer over data."""
    from rfc3161_client import HashAlgorithm, TimestampRequestBuilder

    request = TimestampRequestBuilder().data(data).hash_algorithm(HashAlgorithm.SHA256).nonce(nonce=True).build()
    return authority.answer(request.as_bytes())


@dataclass
class World:
    """Whose case it is: keys, authorities, and where the archive lies."""

    folder: Path
    identity: Identity = field(default_factory=lambda: Identity.new("The Harbour Post"))
    stranger: Identity = field(default_factory=lambda: Identity.new("The Harbour Post"))
    first: TimeAuthority = field(
        default_factory=lambda: TimeAuthority("noon", clock=lambda: T1, since=AT - timedelta(1))
    )
    second: TimeAuthority = field(
        default_factory=lambda: TimeAuthority("dusk", clock=lambda: T2, since=AT - timedelta(1))
    )

    @property
    def pinned(self) -> tuple[Authority, ...]:
        return tuple(Authority(a.name, f"http://{a.name}.example/", "invented", (a.root_pem(),)) for a in
                     (self.first, self.second))  # fmt: skip

    @property
    def trust(self) -> Trust:
        return Trust(authorities=self.pinned, known={self.identity.fingerprint: "The Harbour Post"})


@dataclass
class Exhibit:
    """What one WACZ is made of."""

    number: int
    warc: bytes
    places: dict[str, dict[str, Any] | None]
    files: Files


def archived(world: World) -> list[list[bytes]]:
    """Archive three posts; return the gzip members of each."""
    numbers = iter(range(1, 10_000))
    texts = ("The sea wall is finished.", "The sea wall is finished!", "Морская стена готова. 海の壁が完成。")
    with WarcWriter(world.folder / "warc", software="test/1", clock=StillClock(AT),
                    make_id=lambda: uuid.UUID(int=next(numbers))) as warc:  # fmt: skip
        for number, text in enumerate(texts, 1):
            body = f"<p>{text}</p>".encode()
            warc.record(Exchange(
                method="GET", url=f"https://harbour.example/{number}", request_headers=(("Host", "harbour.example"),),
                request_body=b"", captured_at=AT, status=200, reason="OK",
                headers=(("Content-Type", "text/html"), ("Content-Length", str(len(body)))), body=body,
            ))  # fmt: skip
            warc.resource(f"urn:view:https://harbour.example/{number}", "image/png", PNG + bytes([number]), at=AT)
    (path,) = sorted((world.folder / "warc").glob("*.warc.gz"))
    data = path.read_bytes()
    found = [(r, data[r.offset : r.offset + r.length]) for r in members(io.BytesIO(data)) if r.type != "warcinfo"]
    size = len(found) // len(texts)
    return [[raw for _, raw in found[i : i + size]] for i in range(0, len(found), size)]


def log(count: int = 4) -> list[dict[str, Any]]:
    """Return a custody log."""
    kinds: list[Kind] = ["opened", "collected", "sealed", "stamped", "judged", "exported"]
    events, prev = [], BEGINNING
    for n in range(count):
        event = Event(n + 1, iso(AT + timedelta(minutes=n)), "desk", kinds[n], f"run {n}", None, {}, prev)
        events.append(event.as_row())
        prev = event.digest
    return events


def chained(events: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return entries numbered and chained anew."""
    out: list[dict[str, Any]] = []
    prev = BEGINNING
    for n, row in enumerate(events, 1):
        event = Event(**{**row, "seq": n, "prev": prev})
        out.append(event.as_row())
        prev = event.digest
    return out


def head(events: list[dict[str, Any]]) -> dict[str, Any]:
    return {"seq": len(events), "digest": Event(**events[-1]).digest}


def records_of(warc: bytes) -> list[WarcRecord]:
    return list(members(io.BytesIO(warc)))


def warcinfo(number: int) -> bytes:
    import gzip

    fields = b"software: copytrail/0.2.0\r\nformat: WARC File Format 1.1\r\n"
    text = (
        f"WARC/1.1\r\nWARC-Type: warcinfo\r\nWARC-Record-ID: <urn:uuid:{uuid.UUID(int=90_000 + number)}>\r\n"
        f"WARC-Date: {iso(CREATED)}\r\nContent-Type: application/warc-fields\r\n"
        f"WARC-Block-Digest: sha256:{sha(fields)}\r\nContent-Length: {len(fields)}\r\n\r\n"
    )
    return gzip.compress(text.encode() + fields + b"\r\n\r\n", mtime=0)


def exhibits(world: World) -> list[Files]:
    """Return the files of three WACZ, unsigned and unlisted; the seal over all their records with its stamp."""
    groups = archived(world)
    events = log()
    rows = [(r.id, r.sha256) for group in groups for raw in group for r in records_of(raw)]
    leaves = [canonical({"id": i, "sha256": s}) for i, s in rows]
    leaves.append(canonical({"case": CASE, "custody": head(events)["digest"], "seq": len(events)}))
    paths = merkle.paths(leaves, range(len(leaves)))
    seal = canonical({
        "v": 1, "kind": "seal", "id": SEAL, "sealed": iso(AT + timedelta(minutes=30)), "software": SOFTWARE,
        "leaves": len(leaves), "root": merkle.root(leaves), "clock": {"offset": 0.5, "source": "noon"},
    })  # fmt: skip
    places = {i: {"seal": SEAL, "index": n, "path": paths[n]} for n, (i, _) in enumerate(rows)}
    stamp = token(world.first, seal)
    out = []
    for number, group in enumerate(groups, 1):
        files = {WARC: warcinfo(number) + b"".join(group), **indexed(warcinfo(number) + b"".join(group))}
        found = records_of(files[WARC])
        answer = next(r for r in found if r.type == "response")
        view = next(r for r in found if r.type == "resource")
        files["evidence/item.json"] = canonical(_item(number, answer))
        files["evidence/capture.json"] = canonical(_capture(number, answer, view))
        files["evidence/screenshot.png"] = PNG + bytes([number])
        files["evidence/custody.json"] = canonical({"v": 1, "case": CASE, "events": events})
        files[f"evidence/seal-{SEAL}.json"] = seal
        files[f"evidence/seal-{SEAL}.noon.tsr"] = stamp
        files["evidence/tsa-noon.pem"] = world.first.root_pem().encode()
        files["evidence/signer.json"] = canonical(world.identity.as_row())
        files["evidence/signer.pem"] = world.identity.pem()
        files["evidence/verify.txt"] = b"How to check this by hand.\n"
        about = {"v": 1, "case": CASE, "created": iso(CREATED), "software": SOFTWARE, "edition": "sealed"}
        records = [{"id": r.id, "type": r.type, "sha256": r.sha256, "place": places.get(r.id)} for r in found]
        entry = {**head(events), "place": {"seal": SEAL, "index": len(rows), "path": paths[-1]}}
        custody = {**head(events), "sealed": entry}
        files["evidence/manifest.json"] = canonical({**about, "records": records, "custody": custody, "files": []})
        out.append(files)
    return out


def _item(number: int, answer: WarcRecord) -> dict[str, Any]:
    return {"v": 1, "exhibit": number, "ref": f"harbour.example:{number}", "platform": "harbour.example",
            "platform_id": str(number), "site": None, "text": "The sea wall is finished.", "media": [],
            "records": {"answer": answer.id}, "parser": {"name": "article.site", "version": "1"}}  # fmt: skip


def _capture(number: int, answer: WarcRecord, view: WarcRecord) -> dict[str, Any]:
    return {"v": 1, "id": f"c{number}", "url": f"https://harbour.example/{number}", "started": iso(AT),
            "ended": iso(AT + timedelta(seconds=4)), "outcome": "ok", "status": 200,
            "requests": {"requested": 4, "recorded": 2, "failed": 1, "blocked": 1, "local": 0},
            "records": {"document": answer.id, "view": view.id, "full": None}}  # fmt: skip


def indexed(warc: bytes) -> Files:
    """Return index and pages of a WARC."""
    lines, pages = index.of({"000001.warc.gz": records_of(warc)})
    blocks, idx = index.compressed(lines)
    return {"indexes/index.cdx.gz": blocks, "indexes/index.idx": idx, "pages/pages.jsonl": index.pages(pages)}


def with_warc(files: Files, warc: bytes) -> Files:
    """Return the files with another WARC; index, pages and the manifest's records made anew, places kept."""
    manifest = json.loads(files["evidence/manifest.json"])
    places = {row["id"]: row["place"] for row in manifest["records"]}
    rows = [{"id": r.id, "type": r.type, "sha256": r.sha256, "place": places.get(r.id)} for r in records_of(warc)]
    return {**files, WARC: warc, **indexed(warc), "evidence/manifest.json": canonical({**manifest, "records": rows})}


def listed(files: Files, **about: Any) -> Files:
    """Return the files with the manifest's list, datapackage.json and its digest made anew; unsigned."""
    rest = {name: data for name, data in files.items() if name not in LISTS}
    manifest = json.loads(files["evidence/manifest.json"])
    manifest["files"] = [{"path": n, "bytes": len(d), "sha256": sha(d)} for n, d in sorted(rest.items())]
    rest["evidence/manifest.json"] = canonical(manifest)
    return packaged(rest, **{"created": manifest["created"], "software": manifest["software"], **about})


def packaged(files: Files, **about: Any) -> Files:
    """Return the files with datapackage.json and its digest made anew; unsigned."""
    rest = {name: data for name, data in files.items() if name not in LISTS[1:]}
    package = {
        "profile": "data-package", "wacz_version": "1.1.1", "title": CASE, **about,
        "resources": [{"name": n.lower().replace("/", "-"), "path": n, "hash": f"sha256:{sha(d)}", "bytes": len(d)}
                      for n, d in sorted(rest.items())],
    }  # fmt: skip
    rest["datapackage.json"] = canonical(package)
    rest["datapackage-digest.json"] = digest_file(rest["datapackage.json"])
    return rest


def digest_file(package: bytes, **more: Any) -> bytes:
    return canonical({"path": "datapackage.json", "hash": f"sha256:{sha(package)}", **more})


def signed(several: list[Files], identity: Identity, *, stamp: TimeAuthority | None = None) -> list[Files]:
    """Return the files of each WACZ of one export with its signature, and the stamp over all of them."""
    said, out = [], []
    for files in several:
        package = json.loads(files["datapackage.json"])
        text = f"sha256:{sha(files['datapackage.json'])}"
        said.append(identity.sign_package(text, package["created"], package["software"]))
    leaves = [row["signature"].encode() for row in said]
    statement = canonical({"v": 1, "kind": "signatures", "leaves": len(leaves), "root": merkle.root(leaves)})
    paths = merkle.paths(leaves, range(len(leaves)))
    for n, files in enumerate(several):
        row: dict[str, Any] = {"authority": "dusk", "statement": statement.decode()}
        if stamp is None:
            row["pending"] = "dusk does not answer"
        else:
            row |= {"index": n, "path": paths[n], "token": base64.b64encode(token(stamp, statement)).decode()}
        last = digest_file(files["datapackage.json"], signedData=said[n], timestamps=[row])
        out.append({**files, "datapackage-digest.json": last})
    return out


def zipped(files: Files) -> bytes:
    """Return the files as a zip of ours."""
    file = io.BytesIO()
    with Writer(file) as writer:
        for name, data in files.items():
            writer.add(name, data)
    return file.getvalue()


def unzipped(data: bytes) -> Files:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def case_files(world: World, waczs: list[bytes]) -> Files:
    """Return the files of a case bundle, complete and signed."""
    files: Files = {
        "README.html": b"<!doctype html><title>harbour</title><p>The sea wall is finished.</p>",
        "report.pdf": b"%PDF-1.7 invented", "method.md": b"# Method\n", "verify.py": b"print('see elsewhere')\n",
        "data/custody.json": canonical({"v": 1, "case": CASE, "events": log()}),
        "data/tables/posts.csv": b"ref,text\nharbour.example:1,The sea wall is finished.\n",
        "data/figures/family.svg": b"<svg xmlns='http://www.w3.org/2000/svg'/>",
    }  # fmt: skip
    for number, data in enumerate(waczs, 1):
        name = f"data/exhibits/e{number:03}-harbour-{number}.wacz"
        files[name] = data
        files[f"{name}.sha256"] = f"{sha(data)}  {name.rpartition('/')[2]}\n".encode()
    return sealed(bagged(files), world.identity, stamp=world.second)


def bagged(files: Files) -> Files:
    """Return the files with the lists of BagIt and SHA256SUMS made anew."""
    rest = {n: d for n, d in files.items() if not n.startswith(("seal/", "bag", "manifest-", "tagmanifest-", "SHA256"))}
    kept = {n: d for n, d in files.items() if n.startswith("seal/")}
    payload = {n: d for n, d in sorted(rest.items()) if n.startswith("data/")}
    tags = {
        "bagit.txt": b"BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n",
        "bag-info.txt": f"Bagging-Date: 2026-03-31\nPayload-Oxum: {sum(map(len, payload.values()))}.{len(payload)}\n"
        .encode(), "manifest-sha256.txt": _sums(payload),
    }  # fmt: skip
    tags["tagmanifest-sha256.txt"] = _sums({**{n: d for n, d in rest.items() if n not in payload}, **tags})
    every = {**rest, **tags}
    return {**every, "SHA256SUMS": _sums(every), **kept}


def _sums(files: Files) -> bytes:
    return "".join(f"{sha(data)}  {name}\n" for name, data in sorted(files.items())).encode()


def sealed(files: Files, identity: Identity, *, stamp: TimeAuthority | None = None, **change: Any) -> Files:
    """Return the files with the statement over them made anew, signed and stamped."""
    log_rows = json.loads(files["data/custody.json"])["events"]
    names = sorted(n for n in files if n.endswith(".wacz"))
    statement = canonical({
        "v": 1, "kind": "bundle", "case": CASE, "edition": "sealed", "created": iso(CREATED), "software": SOFTWARE,
        "sums": sha(files["SHA256SUMS"]), "custody": head(log_rows), "original": None,
        "exhibits": [{"path": n, "sha256": sha(files[n])} for n in names], **change,
    })  # fmt: skip
    signature = canonical({"v": 1, "statement": sha(statement), "ed25519": identity.sign(statement),
                           "signer": identity.as_row()})  # fmt: skip
    rest = {n: d for n, d in files.items() if not n.startswith("seal/")}
    rest |= {"seal/statement.json": statement, "seal/signature.json": signature}
    if stamp is not None:
        rest[f"seal/signature.json.{stamp.name}.tsr"] = token(stamp, signature)
        rest[f"seal/tsa-{stamp.name}.pem"] = stamp.root_pem().encode()
    return rest


def bundle(files: Files, root: str = "harbour") -> bytes:
    return zipped({f"{root}/{name}": data for name, data in files.items()})
