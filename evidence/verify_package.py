"""Check the container of a WACZ: its zip, the list of its files, their digests, and the manifest over them."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from typing import Any

from core.errors import BadInput
from evidence.checks import Check, Result, Wacz, moment, outcome
from evidence.strict import strict

PACKAGE, DIGEST, MANIFEST = "datapackage.json", "datapackage-digest.json", "evidence/manifest.json"
OUTSIDE = {PACKAGE, DIGEST}  # the two that cannot list themselves
NEEDED = frozenset({
    "indexes/index.cdx.gz", "indexes/index.idx", "pages/pages.jsonl", MANIFEST, "evidence/custody.json",
    "evidence/signer.json", "evidence/signer.pem", "evidence/verify.txt",
})  # fmt: skip
_ONE = frozenset({"evidence/item.json"})
_WHOLE = frozenset({
    "evidence/README.html", "data/posts.json", "data/families.json", "data/pairs.json", "data/sources.json",
    "data/findings.json", "data/observations.json", "data/media.json",
})  # fmt: skip
EVIDENCE = ("archive/", "indexes/", "pages/", "data/")  # what the manifest names


# files that only bundles of ours hold: one that lost its manifest is a bundle of ours without a manifest
_OWN = re.compile(r"evidence/(manifest|item|capture|custody|signer|seal-[^/]*)\.json\Z|data/posts\.json\Z")


def check_package(wacz: Wacz) -> Iterator[Check]:
    """Read datapackage.json and tell whose bundle this is; one that says it is ours is held to all our rules."""
    wacz.present = set(wacz.files.names())
    wacz.package_bytes = wacz.files.read(PACKAGE, 64 * 10**6)
    package = strict(wacz.package_bytes, PACKAGE)
    if not isinstance(package, dict) or not isinstance(package.get("resources"), list):
        raise BadInput(f"{PACKAGE} lists no files")
    wacz.package = package
    wacz.ours = str(package.get("software", "")).startswith("copytrail/") or any(map(_OWN.match, wacz.present))
    wrong = []
    if wacz.ours:
        strict(wacz.package_bytes, PACKAGE, ours=True)
        wrong = _other_form(package)
    version = package.get("wacz_version")
    if not version:
        wrong.append(f"{PACKAGE} names no version of WACZ")
    yield outcome("package", wrong, f"WACZ {version}, made by {package.get('software')}.")


def _other_form(package: dict[str, Any]) -> list[str]:
    wrong = []
    if not str(package.get("software", "")).startswith("copytrail/"):
        wrong.append(f"{MANIFEST} is of our making, but {PACKAGE} names other software")
    more = set(package) - {"profile", "wacz_version", "created", "software", "title", "mainPageUrl", "mainPageDate",
                           "description", "resources", "modified"}  # fmt: skip
    if more:
        wrong.append(f"{PACKAGE} holds {min(more)}, which we do not write")
    moment(package.get("created"), PACKAGE)
    return wrong


def check_digest(wacz: Wacz) -> Iterator[Check]:
    """Check datapackage-digest.json, which stands for every file of the bundle."""
    if DIGEST not in wacz.present:
        missing: Result = "failed" if wacz.ours else "not_checked"
        yield Check("package digest", missing, f"{DIGEST} is missing.")
        return
    stated = wacz.json(DIGEST, 16 * 10**6)
    if not isinstance(stated, dict):
        raise BadInput(f"{DIGEST} is no object")
    wacz.digest = stated
    wrong = []
    if stated.get("path", PACKAGE) != PACKAGE:
        wrong.append(f"{DIGEST} is over another file than {PACKAGE}")
    if stated.get("hash") != f"sha256:{hashlib.sha256(wacz.package_bytes).hexdigest()}":
        wrong.append(f"{DIGEST} does not fit {PACKAGE}: one of them was changed")
    if wacz.ours and set(stated) - {"path", "hash", "signedData", "timestamps"}:
        wrong.append(f"{DIGEST} holds more than we write")
    yield outcome("package digest", wrong, f"{DIGEST} fits {PACKAGE}.")


def check_files(wacz: Wacz) -> Iterator[Check]:
    """Check every listed file against its SHA-256 and size, and that nothing is missing, doubled or unlisted."""
    rows = wacz.package["resources"]
    listed = {row["path"]: row for row in rows}
    wrong = [f"{path} is missing" for path in sorted((set(listed) | _needed(wacz)) - wacz.present)]
    if len(listed) != len(rows) or (wacz.ours and len({row["name"] for row in rows}) < len(rows)):
        wrong.append(f"{PACKAGE} lists a file twice")
    wrong += [f"{path} is not listed" for path in sorted(wacz.present - set(listed) - OUTSIDE)]
    wrong += [f"{path} cannot list itself" for path in sorted(set(listed) & OUTSIDE)]
    unchecked: list[str] = []
    for path in sorted(set(listed) & wacz.present):
        _one_file(wacz, path, listed[path], wrong, unchecked)
    for path in sorted(OUTSIDE & wacz.present):  # their bytes are read elsewhere; their check sums are not
        try:
            wacz.files.entry(path)
        except BadInput as error:
            wrong.append(error.sentence)
    fitting = len(listed) - len(unchecked)
    yield outcome("files", wrong, f"{fitting} files, each with the SHA-256 and size listed; nothing is unlisted.")
    if unchecked:
        yield Check("files", "not_checked", f"{len(unchecked)} files are listed with another digest; they may differ.")


def _one_file(wacz: Wacz, path: str, row: dict[str, Any], wrong: list[str], unchecked: list[str]) -> None:
    try:
        found = wacz.files.entry(path)
    except BadInput as error:
        wrong.append(error.sentence)
        return
    stated = str(row["hash"])
    if wacz.ours and set(row) != {"name", "path", "hash", "bytes"}:
        wrong.append(f"{path} is listed in another form than we write")
    if not stated.startswith("sha256:"):
        (wrong if wacz.ours else unchecked).append(f"{path} is listed without a SHA-256")
    elif stated != f"sha256:{found.sha256}":
        wrong.append(f"{path} is not the file that was listed (its SHA-256 differs)")
    elif row.get("bytes", None if wacz.ours else found.bytes) != found.bytes:
        wrong.append(f"{path} has another size than listed")


def _needed(wacz: Wacz) -> frozenset[str]:
    if not wacz.ours:
        return frozenset()
    return NEEDED | (_WHOLE if "data/posts.json" in wacz.present or "evidence/item.json" not in wacz.present else _ONE)


def check_container(wacz: Wacz) -> Iterator[Check]:
    """Check that nothing stands between, before or after the files, and no name means two files."""
    wrong = [*wacz.files.flaws, *(wacz.files.loose if wacz.ours else ())]
    if wrong or wacz.ours:
        yield outcome("container", wrong, "Nothing stands between, before or after the files.")
    else:
        yield Check("container", "not_checked", "Made by other software; bytes between the files are not looked at.")


def check_manifest(wacz: Wacz) -> Iterator[Check]:
    """Check evidence/manifest.json: what the bundle is, and every file that carries evidence."""
    if MANIFEST not in wacz.present:
        yield Check("manifest", "failed" if wacz.ours else "not_checked", f"There is no {MANIFEST}.")
        return
    stated = wacz.json(MANIFEST)
    wanted = {"v", "case", "created", "software", "edition", "files", "records", "custody"}
    if not isinstance(stated, dict) or stated.get("v") != 1 or not wanted <= set(stated):
        raise BadInput(f"{MANIFEST} has another shape than we write")
    wacz.manifest = stated
    rows = {row["path"]: row for row in stated["files"]}
    wrong = [] if len(rows) == len(stated["files"]) else [f"{MANIFEST} names a file twice"]
    for path, row in rows.items():
        try:
            found = wacz.files.entry(path) if path in wacz.present else None
        except BadInput:
            found = None
        if found is None or (found.sha256, found.bytes) != (row["sha256"], row["bytes"]):
            wrong.append(f"{path} is not the file that {MANIFEST} names")
    for key, theirs in (("created", "created"), ("software", "software")):
        if stated[key] != wacz.package.get(theirs):
            wrong.append(f"{MANIFEST} and {PACKAGE} differ about {theirs}")
    if stated["edition"] not in ("sealed", "public"):
        wrong.append(f"{MANIFEST} names an edition that there is not: {stated['edition']}")
    evidence = {path for path in wacz.present if path.startswith(EVIDENCE)}
    wrong += [f"{path} is not in {MANIFEST}" for path in sorted(evidence - set(rows))]
    yield outcome("manifest", wrong, f"{len(rows)} files, each as the manifest states it.")
