"""Check a bundle, ours or foreign: proved, claimed, not checked, or failed; nothing is unpacked to disk."""

from __future__ import annotations

import gzip
import hashlib
import json
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from io import BytesIO
from pathlib import Path
from typing import IO, Any, Literal, cast

from core.errors import BadInput
from evidence import container
from evidence.manifest import canonical
from evidence.members import WarcRecord, members

Result = Literal["proved", "claimed", "not_checked", "failed"]
DIGEST = "datapackage-digest.json"
OUTSIDE = {"datapackage.json", DIGEST}  # the two that cannot list themselves
NAMED = 5  # wrong things named one by one in a detail


@dataclass(frozen=True)
class Check:
    """One thing looked at and what came of it."""

    check: str
    result: Result
    detail: str

    def as_row(self) -> dict[str, Any]:
        """Return the JSON line of `verify --json`."""
        return asdict(self)


@dataclass
class _Bundle:
    path: Path
    zip: zipfile.ZipFile
    package: dict[str, Any] = field(default_factory=dict)
    package_bytes: bytes = b""
    ours: bool = False
    hashes: dict[str, str] = field(default_factory=dict)  # path -> sha256 found
    records: dict[str, list[WarcRecord]] = field(default_factory=dict)  # file name -> records


def verify(path: Path) -> list[Check]:
    """Return the outcome of every check of a WACZ file; the bundle is intact where none is `failed`."""
    try:
        archive = container.opened(path)
    except BadInput as error:
        return [Check("zip", "failed", error.sentence)]
    with archive:
        bundle = _Bundle(path, archive)
        checks: list[Check] = []
        for step in (_package, _digest_file, _files, _structure, _manifest, _warcs, _index, _posts, _signature):
            try:
                checks += step(bundle)
            except BadInput as error:
                checks.append(Check(step.__name__.strip("_"), "failed", f"{error.sentence}."))
            except (KeyError, TypeError, ValueError, AttributeError) as error:
                # hostile JSON has any shape: what does not have ours is a failed check, not a failed program
                what = f"the file has another shape than a bundle's ({type(error).__name__}: {error})."
                checks.append(Check(step.__name__.strip("_"), "failed", what))
        return checks


def _package(bundle: _Bundle) -> Iterator[Check]:
    bundle.package_bytes = container.read(bundle.zip, "datapackage.json")
    bundle.package = json.loads(bundle.package_bytes)
    bundle.ours = str(bundle.package.get("software", "")).startswith("copytrail/")
    version = bundle.package.get("wacz_version")
    yield Check(
        "package", "proved" if version else "failed", f"WACZ {version}, made by {bundle.package.get('software')}."
    )


def _digest_file(bundle: _Bundle) -> Iterator[Check]:
    if DIGEST not in bundle.zip.namelist():
        missing: Result = "failed" if bundle.ours else "not_checked"
        yield Check("package digest", missing, "datapackage-digest.json is missing.")
        return
    raw = container.read(bundle.zip, DIGEST)
    stated = json.loads(raw)
    fits = stated["hash"] == f"sha256:{hashlib.sha256(bundle.package_bytes).hexdigest()}"
    as_written = not bundle.ours or (canonical(stated) == raw and canonical(bundle.package) == bundle.package_bytes)
    says = "fits datapackage.json" if fits else "does not fit datapackage.json"
    if not as_written:
        says = "or datapackage.json is not written as we write it"
    yield Check("package digest", "proved" if fits and as_written else "failed", f"datapackage-digest.json {says}.")


def _files(bundle: _Bundle) -> Iterator[Check]:
    listed = {r["path"]: r for r in bundle.package["resources"]}
    present = {i.filename for i in bundle.zip.infolist() if not i.is_dir()}
    wrong = [f"{path} is missing" for path in sorted(set(listed) - present)]
    wrong += [f"{path} is not listed" for path in sorted(present - set(listed) - OUTSIDE)]
    unchecked = []
    for path in sorted(set(listed) & present):
        try:
            found = container.entry(bundle.zip, path)
        except BadInput as error:
            wrong.append(error.sentence)
            continue
        bundle.hashes[path] = found.sha256
        stated = str(listed[path]["hash"])
        if not stated.startswith("sha256:"):
            unchecked.append(path)
        elif stated != f"sha256:{found.sha256}":
            wrong.append(f"{path} is not the file that was listed (its SHA-256 differs)")
        elif listed[path].get("bytes", found.bytes) != found.bytes:
            wrong.append(f"{path} has another size than listed")
    yield _outcome("files", wrong, f"{len(present)} files, every listed digest and size fits, nothing unlisted.")
    if unchecked:
        yield Check("files", "not_checked", f"{len(unchecked)} files are listed with another digest than SHA-256.")


def _structure(bundle: _Bundle) -> Iterator[Check]:
    if not bundle.ours:
        yield Check("container", "not_checked", "Made by other software; bytes between the files are not looked at.")
        return
    if len(bundle.hashes) + len(OUTSIDE) != len(bundle.zip.namelist()):
        yield Check("container", "failed", "A file is missing, added or cannot be read.")
        return
    try:
        same = container.is_as_written(bundle.path, bundle.zip)
    except zipfile.BadZipFile as error:
        raise BadInput(f"the zip is damaged: {error}") from error
    says = "Nothing stands between, before or after the files." if same else "The zip is not as it was written."
    yield Check("container", "proved" if same else "failed", says)


def _manifest(bundle: _Bundle) -> Iterator[Check]:
    if "evidence/manifest.json" not in bundle.hashes:
        yield Check("manifest", "failed" if bundle.ours else "not_checked", "There is no evidence/manifest.json.")
        return
    stated = json.loads(container.read(bundle.zip, "evidence/manifest.json"))
    names = {f["path"] for f in stated["files"]}
    wrong = [f"{f['path']} differs" for f in stated["files"] if bundle.hashes.get(f["path"]) != f["sha256"]]
    missing = set(bundle.hashes) - names - {"evidence/manifest.json"}
    wrong += [f"{path} is not in the manifest" for path in sorted(missing)]
    yield _outcome("manifest", wrong, f"{len(names)} files, each as the manifest states it.")
    yield Check("time of capture", "claimed", f"The bundle states {stated.get('created')}; no time stamp confirms it.")


def _warcs(bundle: _Bundle) -> Iterator[Check]:
    names = [n for n in bundle.zip.namelist() if n.startswith("archive/") and n.endswith(".warc.gz")]
    wrong: list[str] = []
    count = 0
    for name in names:
        kept = bundle.records.setdefault(name.removeprefix("archive/"), [])
        try:
            with bundle.zip.open(name) as file:
                for record in members(file):
                    count += 1
                    kept.append(record)
                    wrong += [f"{record.id}: {digest} does not fit" for digest in record.wrong_digests()]
        except BadInput as error:
            wrong.append(f"{name}: {error.sentence}")
        except (zipfile.BadZipFile, OSError, NotImplementedError) as error:
            wrong.append(f"{name}: {error}")
    if not names:
        wrong.append("there is no WARC file")
    yield _outcome(
        "archived answers", wrong, f"{count} records in {len(names)} files, each block and payload digest fits."
    )
    says = "The records show what was received; that the site truly sent it rests on the capturer's word."
    yield Check("answers came from the sites named", "claimed", says)


def _index(bundle: _Bundle) -> Iterator[Check]:
    lines = list(_index_lines(bundle))
    at = {(f, r.offset): r for f, found in bundle.records.items() for r in found}
    wrong = []
    for data in lines:
        record = at.get((data["filename"], int(data["offset"])))
        if record is None or record.headers.get("warc-target-uri") != data["url"]:
            wrong.append(f"{data['url']} does not lie where the index says")
    responses = sum(r.type == "response" for r in at.values())
    if bundle.ours and len(lines) != responses:
        wrong.append(f"{len(lines)} lines for {responses} responses")
    yield _outcome("index", wrong, f"{len(lines)} lines, each pointing at its record.")


def _index_lines(bundle: _Bundle) -> Iterator[dict[str, Any]]:
    for name in bundle.zip.namelist():
        if not name.startswith("indexes/") or not name.endswith((".cdx", ".cdxj", ".cdx.gz", ".cdxj.gz")):
            continue
        data = container.read(bundle.zip, name)
        try:
            text = (_unpacked(data) if name.endswith(".gz") else data).decode("utf-8", "replace")
        except (OSError, EOFError, zlib.error) as error:
            raise BadInput(f"{name} is damaged: {error}") from error
        for line in text.splitlines():
            if line and not line.startswith("!"):
                yield json.loads(line.split(" ", 2)[2])


def _unpacked(data: bytes) -> bytes:
    with gzip.GzipFile(fileobj=cast("IO[bytes]", BytesIO(data))) as file:
        unpacked = file.read(container.MAX_RATIO * 10**6)
        if file.read(1):
            raise BadInput("the index unpacks to more than is read")
    return unpacked


def _posts(bundle: _Bundle) -> Iterator[Check]:
    if "data/posts.json" not in bundle.hashes:
        yield Check("posts", "failed" if bundle.ours else "not_checked", "There is no data/posts.json.")
        return
    posts = json.loads(container.read(bundle.zip, "data/posts.json", container.MAX_TOTAL))
    known = {record.id for found in bundle.records.values() for record in found}
    bare = sum(1 for p in posts if not p["capture"])
    lost = [
        f"{p['ref']} names an answer that is not in the bundle"
        for p in posts
        if p["capture"] and p["capture"] not in known
    ]
    yield _outcome("posts", lost, f"{len(posts) - bare} posts, each with the archived answer it was read from.")
    if bare:
        yield Check("posts", "claimed", f"{bare} posts were imported; no answer of a platform stands behind them.")


def _signature(bundle: _Bundle) -> Iterator[Check]:
    names = bundle.zip.namelist()
    stated = json.loads(container.read(bundle.zip, DIGEST)) if DIGEST in names else {}
    says = (
        "There is a signature; this version does not check it."
        if stated.get("signedData")
        else "There is no signature."
    )
    yield Check("signature", "not_checked", says)


def _outcome(check: str, wrong: list[str], fine: str) -> Check:
    if not wrong:
        return Check(check, "proved", fine)
    more = f"; and {len(wrong) - NAMED} more" if len(wrong) > NAMED else ""
    return Check(check, "failed", "; ".join(wrong[:NAMED]) + more + ".")
