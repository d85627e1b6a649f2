"""Check the lists of files of a case bundle: SHA256SUMS, and the manifests of BagIt (RFC 8493)."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator

from core.errors import BadInput
from evidence.checks import Check, outcome
from evidence.files import Files

SUMS, MANIFEST, TAGS = "SHA256SUMS", "manifest-sha256.txt", "tagmanifest-sha256.txt"
_LINE = re.compile(r"([0-9a-f]{64})  ([^\n\r]+)")
_BAGIT = b"BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n"


def listed(files: Files, name: str) -> dict[str, str]:
    """Return path -> SHA-256 of a list as sha256sum writes it; raise BadInput where a line is none, or a path twice."""
    found: dict[str, str] = {}
    try:
        lines = files.read(name, 64 * 10**6).decode().split("\n")
    except UnicodeDecodeError:
        raise BadInput(f"{name} is not written in UTF-8") from None
    if lines.pop() != "":
        raise BadInput(f"{name} does not end with its last line")
    for line in lines:
        row = _LINE.fullmatch(line)
        if row is None:
            raise BadInput(f"{name} holds a line that is no digest of a file: {line[:80]!r}")
        path = row[2].replace("%0A", "\n").replace("%0D", "\r").replace("%25", "%") if name != SUMS else row[2]
        if path in found:
            raise BadInput(f"{name} lists {path} twice")
        found[path] = row[1]
    return found


def _compared(files: Files, name: str, wanted: set[str], rows: dict[str, str]) -> Iterator[str]:
    there = set(files.names())
    for path in sorted(set(rows) - there):
        yield f"{path} is missing"
    for path in sorted(wanted - set(rows)):
        yield f"{path} is not listed in {name}"
    for path in sorted(set(rows) & there):
        try:
            if files.entry(path).sha256 != rows[path]:
                yield f"{path} is not the file that {name} lists (its SHA-256 differs)"
        except BadInput as error:
            yield error.sentence


def check_sums(files: Files, signed: str | None) -> Iterator[Check]:
    """Check every file against SHA256SUMS, and SHA256SUMS against the digest that is signed."""
    rows = listed(files, SUMS)
    wanted = {name for name in files.names() if not name.startswith("seal/")} - {SUMS}
    wrong = list(_compared(files, SUMS, wanted, rows))
    if more := sorted(path for path in rows if path == SUMS or path.startswith("seal/")):
        wrong.append(f"{SUMS} lists {more[0]}, which it cannot")
    if hashlib.sha256(files.read(SUMS, 64 * 10**6)).hexdigest() != signed:
        wrong.append(f"{SUMS} is not the list that seal/statement.json names: it was written anew")
    yield outcome("SHA256SUMS", wrong, f"{len(rows)} files, each with the SHA-256 listed; nothing is unlisted.")


def check_bag(files: Files) -> Iterator[Check]:
    """Check the bag: its declaration, its sizes, both manifests, and that nothing is to be fetched from elsewhere."""
    there = set(files.names())
    payload = {name for name in there if name.startswith("data/")}
    rows = listed(files, MANIFEST)
    wrong = list(_compared(files, MANIFEST, payload, rows))
    wrong += [f"{MANIFEST} lists {path}, which is no payload" for path in sorted(set(rows) - payload) if path in there]
    tags = listed(files, TAGS)
    wrong += list(_compared(files, TAGS, {"bagit.txt", "bag-info.txt", MANIFEST}, tags))
    if "fetch.txt" in there:
        wrong.append("fetch.txt would have files fetched from elsewhere")
    if files.read("bagit.txt", 1_000) != _BAGIT:
        wrong.append("bagit.txt declares another form of bag than we write")
    oxum = f"{sum(files.size(name) for name in payload)}.{len(payload)}"
    info = files.read("bag-info.txt", 10**6).decode("utf-8", "replace").split("\n")
    stated = [line.partition(":")[2].strip() for line in info if line.lower().startswith("payload-oxum:")]
    if stated != [oxum]:
        wrong.append(f"bag-info.txt states the sizes {', '.join(stated) or 'nowhere'}; they are {oxum}")
    yield outcome("BagIt", wrong, f"{len(payload)} files of payload, each as the manifests have it.")
