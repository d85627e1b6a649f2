"""Make the WACZ files of one export: gather their records, write and sign each, have all signatures stamped at once."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

from core.canonical import canonical
from core.errors import BadInput, CannotStart
from core.redact import redact_url
from evidence.archived import Archive, Found
from evidence.contents import Contents, Exhibit, Row
from evidence.made import Workshop, payload_of
from evidence.proofs import Means, Proofs, stamps
from evidence.wacz import Bench, Draft, Package, draft, finish

DATA = ("posts", "families", "pairs", "sources", "findings", "observations", "media")
MAX_PICTURE = 64_000_000  # bytes of a screenshot
_PLAIN = re.compile(r"[^A-Za-z0-9._-]+")


@dataclass
class Sealed:
    """A written bundle; `pending` says which time stamps are still to come, `without` what is not in it and why."""

    path: Path
    sha256: str
    posts: int
    records: int
    exhibits: int = 0
    bytes: int = 0
    pending: list[str] = field(default_factory=list)
    without: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Wacz:
    """A finished WACZ file."""

    name: str  # without .wacz
    path: Path
    bytes: int
    sha256: str


class Press:
    """The WACZ files of one export, in a folder of their own until they are packed."""

    def __init__(self, contents: Contents, means: Means, folder: Path, archive: Archive | None = None) -> None:
        """Look up all records; raises CannotStart where one is missing, or is not what was sealed."""
        self.folder = folder
        self.means = means
        self.archive = archive or Archive(list(contents.files))
        self.shop = Workshop(folder, self.archive, means.redactor)
        wanted = contents.records.union(*(e.records for e in contents.exhibits))
        if missing := self.archive.look(wanted):
            raise CannotStart(
                f"{len(missing)} archived answers are not in the archive any more (one is {min(missing)}). "
                "Restore the files of archive/warc from your backup."
            )
        proofs = Proofs(contents.seals)
        proofs.look(self.archive.records.values())
        self.original = contents
        self.contents = means.redactor.contents(contents) if means.redactor else contents
        self.bench = Bench(self.contents, means, proofs)
        self.drafts: list[tuple[str, Draft]] = []
        self.pending: list[str] = []
        self.records: set[str] = set()

    def case(self, files: dict[str, bytes]) -> None:
        """Write the WACZ of the whole case; `files` stand in it besides its data."""
        c = self.contents
        rows = {f"data/{name}.json": canonical(list(getattr(c, name))) for name in DATA}
        records = self.shop.of(self.original.records, self.original.kept)
        self._draft(Package("case", c.case, records, {**rows, **files}))

    def text(self, data: bytes) -> bytes:
        """Return a text made for the bundle, looked through again in the public edition."""
        redactor = self.means.redactor
        return redactor.text(data.decode()).encode() if redactor else data

    def exhibits(self) -> None:
        """Write the WACZ of each exhibit."""
        shown = {exhibit.number: exhibit for exhibit in self.contents.exhibits}
        total = len(shown)
        for done, whole in enumerate(self.original.exhibits):
            if (exhibit := shown.get(whole.number)) is not None:
                self._exhibit(whole, exhibit)
            if self.means.progress:
                self.means.progress(done + 1, total)

    def finished(self) -> Iterator[Wacz]:
        """Have the signatures stamped and yield each file once it is whole, by name."""
        self.drafts.sort()
        signed = [one.signed["signature"] for _, one in self.drafts if one.signed]
        told = stamps(signed, self.means, f"signatures of {self.contents.case}")
        for stamp in told[0] if told else ():
            if "pending" in stamp:
                self.pending.append(f"{stamp['authority']}: {stamp['pending']}")
        coming = iter(told)
        for name, one in self.drafts:
            size, sha = finish(one, next(coming) if one.signed else [])
            yield Wacz(name, one.path, size, sha)

    def _exhibit(self, whole: Exhibit, exhibit: Exhibit) -> None:
        records = self.shop.of(whole.records, whole.kept)
        files = {"evidence/item.json": canonical(exhibit.item)}
        if exhibit.capture is not None:
            files["evidence/capture.json"] = canonical(exhibit.capture)
        picture = exhibit.screenshot or self._screenshot(exhibit, records)
        if picture:
            files["evidence/screenshot.png"] = picture
        self._draft(Package(exhibit.name, f"{self.contents.case}: {exhibit.item['ref']}", records, files))

    def _screenshot(self, exhibit: Exhibit, records: Sequence[Found]) -> bytes | None:
        """Return the first screen of a captured page, from its record as this edition has it."""
        wanted = ((exhibit.capture or {}).get("records") or {}).get("view")
        found = next((r for r in records if wanted and r.id == wanted), None)
        with suppress(BadInput):
            return payload_of(found, MAX_PICTURE) if found else None
        return None

    def _draft(self, package: Package) -> None:
        self.records.update(found.id for found in package.records)
        self.drafts.append((package.name, draft(package, self.bench, self.folder / f"{package.name}.wacz")))


def without_keys(rows: Iterable[Row]) -> list[Row]:
    """Return rows whose addresses carry no key of ours: what we watch may be a private address, a bundle is not."""
    return [{key: redact_url(v) if key == "url" and v else v for key, v in row.items()} for row in rows]


def plain_name(text: str, most: int = 60) -> str:
    """Return a text as part of a file name that every system can hold; never empty."""
    return _PLAIN.sub("-", text)[:most].strip("-.") or "x"


@contextmanager
def appearing(out: Path) -> Iterator[tuple[Path, Path]]:
    """Yield a folder to work in and the file in it that becomes `out` once all went well; nothing is overwritten.

    Raises BadInput where `out` exists or cannot be written, a full disk included; nothing of it is left then.
    """
    if out.exists():
        raise BadInput(f"{out} exists; nothing is overwritten. Choose another name.")
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory(dir=out.parent, prefix=".copytrail-") as folder:
            written = Path(folder) / "out"
            yield Path(folder), written
            with written.open("rb") as file:
                os.fsync(file.fileno())
            _name(written, out)
    except OSError as error:
        why = error.strerror or str(error)
        raise BadInput(f"{out} cannot be written: {why}. Make room, or choose another folder.") from error


def _name(written: Path, out: Path) -> None:
    try:
        os.link(written, out)  # unlike a rename this fails where the name was taken meanwhile
    except FileExistsError as error:
        raise BadInput(f"{out} exists; nothing is overwritten. Choose another name.") from error
    except OSError:  # a file system without links
        written.replace(out)
