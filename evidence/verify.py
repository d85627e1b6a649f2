"""Check a bundle, ours or foreign: proved, claimed, not checked, or failed; nothing is unpacked to disk."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

from core.canonical import canonical, digest
from core.errors import BadInput
from evidence import container
from evidence.agreement import check_index, check_posts, required, revisits
from evidence.checks import Bundle, Check, Result, outcome, parsed
from evidence.members import members

DIGEST = "datapackage-digest.json"
OUTSIDE = {"datapackage.json", DIGEST}  # the two that cannot list themselves


def verify(path: Path) -> list[Check]:
    """Return the outcome of every check of a WACZ file; the bundle is intact where none is `failed`."""
    try:
        archive = container.opened(path)
    except BadInput as error:
        return [Check("zip", "failed", error.sentence)]
    with archive:
        bundle = Bundle(path, archive)
        checks: list[Check] = []
        for step in (
            _package,
            _digest_file,
            _files,
            _structure,
            _manifest,
            _warcs,
            check_index,
            check_posts,
            _signature,
        ):
            try:
                checks += step(bundle)
            except BadInput as error:
                checks.append(Check(step.__name__.removeprefix("check").strip("_"), "failed", f"{error.sentence}."))
            except (LookupError, TypeError, ValueError, AttributeError, OverflowError) as error:
                # hostile JSON has any shape: what does not have ours is a failed check, not a failed program
                what = f"the file has another shape than a bundle's ({type(error).__name__}: {error})."
                checks.append(Check(step.__name__.removeprefix("check").strip("_"), "failed", what))
        return checks


def _package(bundle: Bundle) -> Iterator[Check]:
    bundle.package_bytes = container.read(bundle.zip, "datapackage.json")
    bundle.package = parsed(bundle.package_bytes, "datapackage.json")
    bundle.ours = str(bundle.package.get("software", "")).startswith("copytrail/")
    version = bundle.package.get("wacz_version")
    yield Check(
        "package", "proved" if version else "failed", f"WACZ {version}, made by {bundle.package.get('software')}."
    )


def _digest_file(bundle: Bundle) -> Iterator[Check]:
    if DIGEST not in bundle.zip.namelist():
        missing: Result = "failed" if bundle.ours else "not_checked"
        yield Check("package digest", missing, "datapackage-digest.json is missing.")
        return
    raw = container.read(bundle.zip, DIGEST)
    stated = parsed(raw, DIGEST)
    fits = (
        stated.get("path", "datapackage.json") == "datapackage.json"
        and stated["hash"] == f"sha256:{hashlib.sha256(bundle.package_bytes).hexdigest()}"
    )
    as_written = not bundle.ours or (canonical(stated) == raw and canonical(bundle.package) == bundle.package_bytes)
    says = "fits datapackage.json" if fits else "does not fit datapackage.json"
    if not as_written:
        says = "or datapackage.json is not written as we write it"
    yield Check("package digest", "proved" if fits and as_written else "failed", f"datapackage-digest.json {says}.")


def _files(bundle: Bundle) -> Iterator[Check]:
    listed = {r["path"]: r for r in bundle.package["resources"]}
    present = {i.filename for i in bundle.zip.infolist() if not i.is_dir()}
    wrong = [f"{path} is missing" for path in sorted((set(listed) | required(bundle.ours)) - present)]
    if len(listed) != len(bundle.package["resources"]):
        wrong.append("a file is listed twice")
    wrong += [f"{path} is not listed" for path in sorted(present - set(listed) - OUTSIDE)]
    unchecked: list[str] = []
    for path in sorted(set(listed) & present):
        try:
            found = container.entry(bundle.zip, path)
        except BadInput as error:
            wrong.append(error.sentence)
            continue
        bundle.hashes[path] = found.sha256
        stated = str(listed[path]["hash"])
        if not stated.startswith("sha256:"):
            (wrong if bundle.ours else unchecked).append(f"{path} is listed without a SHA-256")
        elif stated != f"sha256:{found.sha256}":
            wrong.append(f"{path} is not the file that was listed (its SHA-256 differs)")
        elif listed[path].get("bytes", None if bundle.ours else found.bytes) != found.bytes:
            wrong.append(f"{path} has another size than listed")
    fitting = len(listed) - len(unchecked)
    yield outcome("files", wrong, f"{fitting} files, each with the SHA-256 and size listed; nothing is unlisted.")
    if unchecked:
        yield Check("files", "not_checked", f"{len(unchecked)} files are listed with another digest; they may differ.")


def _structure(bundle: Bundle) -> Iterator[Check]:
    if not bundle.ours:
        yield Check("container", "not_checked", "Made by other software; bytes between the files are not looked at.")
        return
    if len(bundle.hashes) + len(OUTSIDE) != len(bundle.zip.namelist()):
        yield Check("container", "failed", "A file is missing, added or cannot be read.")
        return
    try:
        same = container.is_as_written(bundle.path, bundle.zip)
    except container.DAMAGED as error:
        raise BadInput(f"the zip is damaged: {error}") from error
    says = "Nothing stands between, before or after the files." if same else "The zip is not as it was written."
    yield Check("container", "proved" if same else "failed", says)


def _manifest(bundle: Bundle) -> Iterator[Check]:
    if "evidence/manifest.json" not in bundle.hashes:
        yield Check("manifest", "failed" if bundle.ours else "not_checked", "There is no evidence/manifest.json.")
        return
    stated = bundle.json("evidence/manifest.json")
    names = {f["path"] for f in stated["files"]}
    wrong = [] if len(names) == len(stated["files"]) else ["a file is named twice"]
    wrong += [f"{f['path']} differs" for f in stated["files"] if bundle.hashes.get(f["path"]) != f["sha256"]]
    for key, theirs in (("created", "created"), ("case", "title"), ("software", "software")):
        if stated.get(key) != bundle.package.get(theirs):
            wrong.append(f"manifest and datapackage.json differ about {theirs}")
    missing = set(bundle.hashes) - names - {"evidence/manifest.json"}
    wrong += [f"{path} is not in the manifest" for path in sorted(missing)]
    yield outcome("manifest", wrong, f"{len(names)} files, each as the manifest states it.")
    yield Check("time of capture", "claimed", f"The bundle states {stated.get('created')}; no time stamp confirms it.")


def _warcs(bundle: Bundle) -> Iterator[Check]:
    archived = [n for n in bundle.zip.namelist() if n.startswith("archive/") and not n.endswith("/")]
    names = [n for n in archived if n.endswith(".warc.gz")]
    wrong: list[str] = []
    bare = 0
    for name in names:
        kept = bundle.records.setdefault(name.removeprefix("archive/"), [])
        try:
            with bundle.zip.open(name) as file:
                for record in members(file):
                    kept.append(record)
                    bare += not record.is_digested
                    wrong += [f"{record.id}: {digest} does not fit" for digest in record.wrong_digests()]
                    wrong += [f"{record.id} {flaw}" for flaw in record.flaws]
        except BadInput as error:
            wrong.append(f"{name}: {error}")
        except container.DAMAGED as error:
            wrong.append(f"{name}: {error}")
    wrong += revisits(bundle)
    if bundle.ours and bare:
        wrong.append(f"{bare} records state no SHA-256")
    if not names:
        wrong.append("there is no WARC file")
    if bundle.ours and len(archived) > len(names):
        wrong.append(f"archive/ holds {len(archived) - len(names)} files that are no packed WARC")
    count = sum(map(len, bundle.records.values()))
    yield outcome(
        "archived answers", wrong, f"{count - bare} records in {len(names)} files fit the digests they state."
    )
    if bare and not bundle.ours:
        yield Check("archived answers", "not_checked", f"{bare} records state no SHA-256 of themselves.")
    if not bundle.ours and len(archived) > len(names):
        says = f"{len(archived) - len(names)} files of archive/ are no packed WARC and were not looked into."
        yield Check("archived answers", "not_checked", says)
    says = "The records show what was received; that the site truly sent it rests on the capturer's word."
    yield Check("answers came from the sites named", "claimed", says)


def _signature(bundle: Bundle) -> Iterator[Check]:
    signed = DIGEST in bundle.zip.namelist() and bundle.json(DIGEST).get("signedData")
    says = "There is a signature; this version does not check it." if signed else "There is no signature."
    yield Check("signature", "not_checked", says)
    with bundle.path.open("rb") as file:
        sha = digest(file)[1]
    says = (
        f"SHA-256 {sha}. Who rewrites every file and every digest alike leaves no trace inside: "
        "compare this with the digest that reached you by another way."
    )
    yield Check("whole file", "claimed", says)
