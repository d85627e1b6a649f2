"""Seal a case: every archived answer, the posts read from them, the families, in one WACZ file that can be checked."""

from __future__ import annotations

import gzip
import os
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from core.canonical import canonical, digest
from core.errors import BadInput, CannotStart
from core.ids import sha256
from core.redact import redact_url
from core.times import iso
from evidence import index
from evidence.container import Writer
from evidence.contents import Contents as Contents
from evidence.manifest import datapackage, datapackage_digest, manifest
from evidence.members import WarcRecord, members
from evidence.page import readme

ROLLOVER = 1_000_000_000  # bytes of one WARC file in a bundle
Progress = Callable[[int, int | None], None]


@dataclass
class Sealed:
    """A written bundle."""

    path: Path
    sha256: str
    posts: int
    records: int


@dataclass
class _Warcs:
    """The WARC files of a bundle as they are copied."""

    folder: Path
    software: str
    created: str
    paths: list[Path] = field(default_factory=list)
    count: int = 0
    found: set[str] = field(default_factory=set)

    def begin(self) -> None:
        path = self.folder / f"{len(self.paths) + 1:06}.warc.gz"
        fields = f"software: {self.software}\r\nformat: WARC File Format 1.1\r\n".encode()
        name = uuid.uuid5(uuid.NAMESPACE_URL, f"{self.created}/{path.name}")
        head = (
            f"WARC/1.1\r\nWARC-Type: warcinfo\r\nWARC-Record-ID: <urn:uuid:{name}>\r\nWARC-Date: {self.created}\r\n"
            f"WARC-Filename: {path.name}\r\nContent-Type: application/warc-fields\r\n"
            f"WARC-Block-Digest: sha256:{sha256(fields)}\r\nContent-Length: {len(fields)}\r\n\r\n"
        )
        path.write_bytes(gzip.compress(head.encode() + fields + b"\r\n\r\n", mtime=0))
        self.paths.append(path)

    def copy(self, record: WarcRecord, raw: bytes) -> None:
        if not self.paths or self.paths[-1].stat().st_size + len(raw) > ROLLOVER:
            self.begin()
        with self.paths[-1].open("ab") as file:
            file.write(raw)
        self.count += 1
        self.found.add(record.id)

    def read(self) -> dict[str, list[WarcRecord]]:
        """Return the records of each file as they stand now."""
        found = {}
        for path in self.paths:
            with path.open("rb") as file:
                found[path.name] = list(members(file))
        return found


def seal(contents: Contents, out: Path, progress: Progress | None = None) -> Sealed:
    """Write the sealed bundle of a case and, beside it, its SHA-256.

    The file appears under its name only when it is whole. Raises BadInput where it cannot be written or exists,
    CannotStart where an archived answer is missing from the archive.
    """
    if out.exists():
        raise BadInput(f"{out} exists; nothing is overwritten. Choose another name.")
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory(dir=out.parent, prefix=".copytrail-") as folder:
            draft = Path(folder) / "bundle.wacz"
            count = _write(contents, draft, Path(folder), progress)
            with draft.open("rb") as file:
                _, sha = digest(file)
                os.fsync(file.fileno())
            draft.replace(out)
        out.with_name(out.name + ".sha256").write_text(f"{sha}  {out.name}\n", encoding="utf-8")
    except OSError as error:
        raise BadInput(f"{out} cannot be written: {error.strerror or error}. Choose another folder.") from error
    return Sealed(out, sha, len(contents.posts), count)


def _write(contents: Contents, draft: Path, folder: Path, progress: Progress | None) -> int:
    created = iso(contents.created)
    warcs = _Warcs(folder, contents.software, created)
    contents = replace(contents, sources=_shown(contents.sources), findings=_shown(contents.findings))
    _gather(contents, warcs, progress)
    lines, pages = index.of(warcs.read())
    about = {"case": contents.case, "created": created, "software": contents.software, "edition": "sealed"}
    with draft.open("wb") as file, Writer(file) as writer:
        for path in warcs.paths:
            writer.add(f"archive/{path.name}", path)
        blocks, idx = index.compressed(lines)
        writer.add("indexes/index.cdx.gz", blocks)
        writer.add("indexes/index.idx", idx)
        writer.add("pages/pages.jsonl", index.pages(pages))
        for name in ("posts", "families", "pairs", "sources", "findings"):
            writer.add(f"data/{name}.json", canonical(list(getattr(contents, name))))
        page = readme(about, contents.posts, contents.families, contents.pairs, contents.sources, contents.findings,
                      warcs.count)  # fmt: skip
        writer.add("evidence/README.html", page)
        writer.add("evidence/manifest.json", manifest(writer.entries, about))
        package = datapackage(writer.entries, _about_package(contents, pages, created))
        writer.add("datapackage.json", package)
        writer.add("datapackage-digest.json", datapackage_digest(package))
    return warcs.count


def _shown(rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return rows whose addresses carry no key of ours: what we watch may be a private address, a bundle is not."""
    return [{key: redact_url(v) if key == "url" and v else v for key, v in row.items()} for row in rows]


def _about_package(contents: Contents, pages: Sequence[index.Page], created: str) -> dict[str, Any]:
    about: dict[str, Any] = {"created": created, "software": contents.software, "title": contents.case}
    if pages:
        about |= {"mainPageUrl": pages[0][1], "mainPageDate": pages[0][2]}
    return about


def _gather(contents: Contents, warcs: _Warcs, progress: Progress | None) -> None:
    """Copy the wanted records, byte for byte, with the requests that belong to them."""
    warcs.begin()
    for done, path in enumerate(contents.files):
        try:
            _from_file(path, contents.records, warcs)
        except OSError as error:
            raise CannotStart(f"{path} cannot be read: {error.strerror}. Restore it from your backup.") from error
        if progress:
            progress(done + 1, len(contents.files))
    missing = contents.records - warcs.found
    if missing:
        raise CannotStart(
            f"{len(missing)} archived answers are not in the archive any more (one is {min(missing)}). "
            "Restore the files of archive/warc from your backup."
        )


def _from_file(path: Path, wanted: frozenset[str], warcs: _Warcs) -> None:
    with path.open("rb") as scanned, path.open("rb") as raw:
        picked: list[WarcRecord] = []
        try:
            for record in members(scanned):
                partner = record.headers.get("warc-concurrent-to", "").strip("<>")
                if record.id in wanted or partner in wanted:
                    picked.append(record)
        except BadInput:
            pass  # a torn tail after a power cut: every whole record before it stands; what is missing is told later
        for record in picked:
            raw.seek(record.offset)
            warcs.copy(record, raw.read(record.length))
