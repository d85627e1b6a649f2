"""Write a case bundle: one zip in BagIt layout with exhibits, tables, figures, a report, and what checks all of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from core.canonical import canonical, digest
from core.errors import CopytrailError
from core.ids import sha256
from core.times import iso
from evidence.archived import Archive
from evidence.bag import Bag
from evidence.container import Writer
from evidence.contents import Contents
from evidence.figures import figures
from evidence.joining import verify_py
from evidence.method import method
from evidence.press import Press, Sealed, Wacz, appearing, plain_name, without_keys
from evidence.proofs import Means, custody_file
from evidence.report import readme
from evidence.sheets import sheets

MAX_EXHIBITS = 3_000  # more would make a bundle of more files than checkers open


def write(contents: Contents, out: Path, means: Means, archive: Archive | None = None) -> Sealed:
    """Write the case bundle and, beside it, its SHA-256.

    `case.wacz` goes in where `contents.records` names records. The file appears under its name only when it is whole.
    Raises BadInput where it cannot be written or exists, CannotStart where an archived answer is missing from the
    archive or a signature fails.
    """
    contents = replace(contents, sources=without_keys(contents.sources), findings=without_keys(contents.findings))
    with appearing(out) as (folder, path):
        press = Press(contents, means, folder, archive)
        press.exhibits()
        if contents.records:
            press.case({"evidence/README.html": press.text(readme(press.contents, container="wacz"))})
        with path.open("xb") as file, Writer(file) as writer:
            sealed = _fill(Bag(writer, _folder(out, means)), press, out)
    with out.open("rb") as whole:
        sealed.bytes, sealed.sha256 = digest(whole)
    out.with_name(out.name + ".sha256").write_text(f"{sealed.sha256}  {out.name}\n", encoding="utf-8")
    return sealed


def _folder(out: Path, means: Means) -> str:
    name = out.name.removesuffix(".zip")
    return plain_name(means.redactor.name(name) if means.redactor else name, 100)


def _fill(bag: Bag, press: Press, out: Path) -> Sealed:
    """Write every file of the bundle, the largest first."""
    means = press.means
    packed = {}
    for wacz in press.finished():
        packed[wacz.name] = _exhibit(bag, wacz)
        wacz.path.unlink()
    contents = replace(press.contents, method={**press.contents.method, "wacz": packed})
    without: list[str] = []
    report = _printed(contents, press, without)
    told = [*(contents.method.get("without") or ()), *without]
    contents = replace(contents, method={**contents.method, "without": told})
    for name, data in _texts(contents, press):
        bag.add(name, data)
    if report is not None:
        bag.add("report.pdf", report)
    bag.add("verify.py", verify_py())
    listed = bag.close(_info(contents))
    pending = press.pending + bag.sign(_statement(press, listed, packed), means)
    return Sealed(
        out, "", len(contents.posts), len(press.records), len(contents.exhibits), pending=pending, without=told
    )  # fmt: skip


def _exhibit(bag: Bag, wacz: Wacz) -> dict[str, Any]:
    path = "data/case.wacz" if wacz.name == "case" else f"data/exhibits/{wacz.name}.wacz"
    bag.add(path, wacz.path)
    bag.add(f"{path}.sha256", f"{wacz.sha256}  {wacz.name}.wacz\n".encode())
    return {"path": path, "sha256": wacz.sha256, "bytes": wacz.bytes}


def _texts(contents: Contents, press: Press) -> Iterator[tuple[str, bytes]]:
    """Yield what is made of the case for reading and counting; in the public edition each is looked through again."""
    for exhibit in contents.exhibits:
        if exhibit.thumbnail:
            yield f"data/thumbnails/{exhibit.name.split('-', 1)[0]}.png", exhibit.thumbnail
    for name, data in sorted(figures(contents).items()):
        yield f"data/figures/{name}", press.text(data)
    for name, data in sorted(sheets(contents).items()):
        yield f"data/tables/{name.rpartition('/')[2]}", press.text(data)
    yield "data/custody.json", custody_file(contents)
    if (redactor := press.means.redactor) is not None:
        yield "data/redactions.json", canonical(redactor.report())
    yield "README.html", press.text(readme(contents))
    yield "method.md", press.text(method(contents))


def _printed(contents: Contents, press: Press, without: list[str]) -> bytes | None:
    """Return report.pdf; a machine without a browser writes the bundle without it, and the bundle says so."""
    if press.means.printed is None:
        return None
    redactor = press.means.redactor
    try:
        pdf, lacks = press.means.printed(contents, edit=redactor.text if redactor else str)
    except CopytrailError as error:
        without.append(f"report.pdf is not in this bundle. {error.sentence}")
        return None
    if lacks:
        without.append(lacks)
    return pdf


def _info(contents: Contents) -> list[tuple[str, str]]:
    return [
        ("Bag-Software-Agent", contents.software), ("Bagging-Date", iso(contents.created)[:10]),
        ("External-Identifier", contents.case), ("Internal-Sender-Description", f"{contents.edition} edition"),
    ]  # fmt: skip


def _statement(press: Press, listed: bytes, packed: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """Return what is signed: the digest of SHA256SUMS, which stands for every file, and what the bundle is."""
    head = press.bench.head
    exhibits = [{"path": row["path"], "sha256": row["sha256"]} for row in packed.values()]
    return {
        "v": 1, "kind": "bundle", **press.bench.about, "sums": sha256(listed), "original": press.means.original,
        "custody": {"seq": head["seq"], "digest": head["digest"]} if head else None,
        "exhibits": sorted(exhibits, key=lambda row: row["path"]),
    }  # fmt: skip
