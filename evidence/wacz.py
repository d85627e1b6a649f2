"""Write one WACZ, of an exhibit or of a whole case: records byte for byte, index, pages, proofs, list, signature."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from io import BytesIO
from itertools import chain
from pathlib import Path
from typing import Any

from core.canonical import canonical, digest
from core.times import iso
from evidence import index
from evidence.archived import Found, made
from evidence.container import Writer
from evidence.contents import Contents
from evidence.index import Seen
from evidence.made import warcinfo
from evidence.manifest import datapackage, datapackage_digest, manifest, text
from evidence.members import members
from evidence.proofs import Means, Proofs, custody_file

ROLLOVER = 1_000_000_000  # bytes of one WARC file in a bundle


@dataclass(frozen=True)
class Package:
    """One WACZ to be written: `files` are those beside what every WACZ has, by their paths."""

    name: str
    title: str
    records: Sequence[Found]
    files: Mapping[str, bytes] = field(default_factory=dict)


@dataclass(frozen=True)
class Draft:
    """A WACZ that lacks its last file, which holds what is said of its signature."""

    path: Path
    package: bytes
    signed: dict[str, str] | None


@dataclass
class Bench:
    """What all WACZ files of one export share."""

    contents: Contents
    means: Means
    proofs: Proofs

    @cached_property
    def created(self) -> str:
        """When the bundle was made."""
        return iso(self.contents.created)

    @cached_property
    def about(self) -> dict[str, Any]:
        """What the bundle is."""
        c = self.contents
        return {"case": c.case, "created": self.created, "software": c.software, "edition": c.edition}

    @cached_property
    def head(self) -> dict[str, Any] | None:
        """The head of the custody log, with its place in a seal."""
        return self.proofs.head(self.contents.case, self.contents.custody)

    @cached_property
    def files(self) -> dict[str, bytes]:
        """The files that stand alike in every WACZ."""
        files = {"evidence/custody.json": custody_file(self.contents), "evidence/verify.txt": _HOW.read_bytes()}
        if (identity := self.means.identity) is not None:
            files |= {"evidence/signer.json": canonical(identity.as_row()), "evidence/signer.pem": identity.pem()}
        chains = self.means.chains.items()
        return files | {f"evidence/tsa-{name}.pem": pem.encode() for name, pem in chains}


_HOW = Path(__file__).parent / "templates" / "verify.txt"


def draft(package: Package, bench: Bench, path: Path) -> Draft:
    """Write a WACZ but for its last file, and sign it; raises CannotStart where the archive cannot be read."""
    with path.open("xb") as file, Writer(file) as writer:
        rows, lines, pages = _archive(package, bench, writer)
        blocks, idx = index.compressed(lines)
        writer.add("indexes/index.cdx.gz", blocks)
        writer.add("indexes/index.idx", idx)
        writer.add("pages/pages.jsonl", index.pages(pages))
        places = [row["place"] for row in rows]
        entry = bench.head["sealed"] if bench.head else None
        proofs = bench.proofs.files([*places, entry["place"] if entry else None])
        for name, data in sorted({**package.files, **bench.files, **proofs}.items()):
            writer.add(name, data)
        about = {**bench.about, "records": rows, "custody": bench.head}
        writer.add("evidence/manifest.json", manifest(writer.entries, about))
        told = {"created": bench.created, "software": bench.contents.software, "title": package.title}
        if pages:
            told |= {"mainPageUrl": pages[0][1], "mainPageDate": pages[0][2]}
        listed = datapackage(writer.entries, told)
        writer.add("datapackage.json", listed)
    identity, software = bench.means.identity, bench.contents.software
    return Draft(path, listed, identity.sign_package(text(listed), bench.created, software) if identity else None)


def finish(begun: Draft, timestamps: Sequence[Mapping[str, Any]]) -> tuple[int, str]:
    """Add what is said of the signature, and return size and SHA-256 of the whole file."""
    with begun.path.open("r+b") as file, Writer(file, more=True) as writer:
        writer.add("datapackage-digest.json", datapackage_digest(begun.package, begun.signed, timestamps))
    with begun.path.open("rb") as whole:
        return digest(whole)


def _archive(
    package: Package, bench: Bench, writer: Writer
) -> tuple[list[dict[str, Any]], list[index.Line], list[index.Page]]:
    """Write the WARC files; return the rows of their records, the lines of the index and the pages."""
    rows: list[dict[str, Any]] = []
    held: dict[str, list[Seen]] = {}
    for number, part in enumerate(_files(package.records), 1):
        name = f"{number:06}.warc.gz"
        info = warcinfo(name, bench.contents.software, bench.contents.created, package.name)
        head = made(next(members(BytesIO(info))), Path(name), 0)
        rows.append(bench.proofs.row(head))
        at, placed = len(info), []
        for found in part:
            placed.append(replace(found.seen, offset=at))
            rows.append(bench.proofs.row(found))
            at += found.seen.length
        held[name] = placed
        pieces = chain.from_iterable(found.pieces() for found in part)
        writer.stream(f"archive/{name}", at, chain([info], pieces))
    return rows, *index.of(held)


def _files(records: Sequence[Found]) -> Iterator[Sequence[Found]]:
    """Yield the records of each WARC file; an empty one where there is none, as a WACZ holds at least one file."""
    part: list[Found] = []
    size = 0
    for found in records:
        if part and size + found.seen.length > ROLLOVER:
            yield part
            part, size = [], 0
        part.append(found)
        size += found.seen.length
    yield part
