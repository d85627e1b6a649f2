"""Write an evidence bundle of a case, and note in its log that it was written."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from core.errors import BadInput

if TYPE_CHECKING:
    from collections.abc import Iterator

    from evidence.press import Sealed
    from evidence.proofs import Means
    from evidence.public import Public
    from runner.gather import Gathered
    from runner.workspace import Workspace

Progress = Callable[[int, int | None], None]
_ENDINGS = ("", ".zip", ".wacz")
_ENDING = re.compile(r"\.(?=\w*[A-Za-z])\w{1,10}")


@dataclass(frozen=True)
class Lock:
    """How a bundle is encrypted: to age keys, or with a passphrase; neither leaves it open."""

    keys: Sequence[str] = ()
    passphrase: str | None = None

    def name(self, out: Path) -> Path:
        """Return the name a bundle gets."""
        return out.with_name(f"{out.name}.age") if self.keys or self.passphrase else out


def export(
    workspace: Workspace,
    *,
    case: str,
    out: Path,
    edition: str = "sealed",
    items: Sequence[str] = (),
    redact: Sequence[str] = (),
    original: Path | None = None,
    lock: Lock | None = None,
    zone: str | None = None,
    progress: Progress | None = None,
    tell: Callable[[str], None] = lambda _: None,
) -> dict[str, Any]:
    """Write a bundle of a case, or of some posts, and return what it holds.

    A name that ends in `.wacz` gets one WACZ of the whole case, `.zip` or no ending a case bundle. `lock` encrypts the
    sealed edition. A public one hides the persons of `redact` (refs, or redaction files) and names the sealed: that
    of the path `original`, else one written beside it. `tell` gets what hinders a seal or a stamp: neither fails an
    export. Raises BadInput where the case or a post is unknown, `out` ends otherwise, or a file cannot be
    written, CannotStart where an archived answer is missing or the signature fails, LeftIn where something to be hidden
    was left.
    """
    from runner.editions import drawn

    _named(out)
    asked = Asked(case, items, zone, progress, tell)
    if edition != "public":
        if redact or original:
            raise BadInput("--redact and --original are for the public edition; add --edition public.")
        return _export(workspace, asked, out, lock or Lock())
    _free(out)
    public, digest, sealed = drawn(
        workspace, case, out, redact=redact, original=original, progress=progress, tell=tell,
        seal=lambda path: _export(workspace, asked, path, lock or Lock()),
    )  # fmt: skip
    return {**_export(workspace, asked, out, Lock(), public, digest), "sealed": sealed, "original": digest}


@dataclass(frozen=True)
class Asked:
    """What was asked for, alike in both editions."""

    case: str
    items: Sequence[str]
    zone: str | None
    progress: Progress | None
    tell: Callable[[str], None]


def _export(
    workspace: Workspace, asked: Asked, out: Path, lock: Lock, public: Public | None = None,
    original: str | None = None,
) -> dict[str, Any]:  # fmt: skip
    """Write one edition: the public one where there is a redactor; `original` is the SHA-256 of the sealed one."""
    from runner import identity
    from runner.gather import gather
    from runner.method import with_ways
    from runner.redacting import refuse
    from runner.stamping import after_work

    target = lock.name(out)
    _free(target)
    single = out.suffix == ".wacz"
    after_work(workspace, asked.tell)
    created = workspace.clock().now()
    gathered = gather(workspace, asked.case, asked.items, created, whole=single or not asked.items, exhibits=not single)
    contents = replace(with_ways(workspace, gathered.contents), zone=asked.zone or gathered.contents.zone)
    means = replace(_means(workspace, asked.progress), redactor=public, original=original)
    for sentence in identity.remarks(workspace, means.identity) if means.identity else ():
        asked.tell(sentence)
    contents = replace(contents, method=_method(workspace, gathered, means, chosen=bool(asked.items)))
    gathered = replace(gathered, contents=contents)
    with _encrypted(out, target, lock) as plain:
        done = _write(gathered, plain, means, single=single)
        refuse(workspace, plain, public, asked.progress)
    digest = _digest(target)
    edition = "public" if public else "sealed"
    _log(workspace, gathered, target, digest, asked.items, {"edition": edition, "posts": done.posts,
         "exhibits": done.exhibits, "plain": None if target == out else done.sha256, "original": original})  # fmt: skip
    return {
        "path": str(target), "edition": edition, "sha256": digest, "posts": done.posts, "records": done.records,
        "exhibits": done.exhibits, "bytes": target.stat().st_size, "encrypted": target != out, "pending": done.pending,
        "without": done.without, "fingerprint": means.identity.fingerprint if means.identity else None,
    }  # fmt: skip


def _named(out: Path) -> None:
    """Refuse an ending that promises another kind of file than is written; a dot before a blank or digits is none."""
    if out.suffix not in _ENDINGS and _ENDING.fullmatch(out.suffix):
        raise BadInput(
            f"A bundle is a .zip or a .wacz, and {out.name} ends in {out.suffix}. Name it {out.stem}.zip, or "
            f"{out.stem}.wacz for one WACZ of the whole case; with --encrypt-to or --passphrase it gets .age by itself."
        )


def _free(target: Path) -> None:
    if target.exists():
        raise BadInput(f"{target} exists; nothing is overwritten. Choose another name.")


def _write(gathered: Gathered, out: Path, means: Means, *, single: bool) -> Sealed:
    if single:
        from evidence.bundle import seal

        return seal(gathered.contents, out, means=means, archive=gathered.archive)
    from evidence.case_bundle import write

    return write(gathered.contents, out, means, gathered.archive)


def _means(workspace: Workspace, progress: Progress | None) -> Means:
    from config import authorities
    from evidence.printing import report_pdf
    from evidence.proofs import Means
    from runner.identity import load
    from runner.stamping import stamp_data

    known = authorities.known(workspace.settings, workspace.root)
    return Means(
        identity=load(workspace), stamp=lambda data, name: stamp_data(workspace, data, name),
        chains={one.id: one.chain() for one in known if one.id in _stamping(workspace)}, printed=report_pdf,
        progress=progress,
    )  # fmt: skip


def _stamping(workspace: Workspace) -> set[str]:
    """Return the authorities that are asked, and those that stamped a seal here."""
    seals = (workspace.root / "archive" / "seals").glob("*.tsr")
    return {path.name.split(".")[-2] for path in seals} | set(workspace.settings.timestamps.authorities)


def _method(workspace: Workspace, gathered: Gathered, means: Means, *, chosen: bool) -> dict[str, Any]:
    """Return what method.md tells."""
    from runner import method
    from runner.gather import changes

    contents = gathered.contents
    with workspace.database.read() as conn:
        told = method.gather(workspace, conn, contents)
        since = changes(conn, contents, but=means.original, chosen=chosen)
    identity = means.identity
    if means.redactor is not None:
        told |= {"redacted": True, "original": means.original}
        since = since and {**since, "removed": []}  # the redactor knows nobody who wrote them; their number is told
    return {**told, "changes": since,
            "signer": {"fingerprint": identity.fingerprint, "name": identity.name} if identity else None}  # fmt: skip


@contextmanager
def _encrypted(out: Path, target: Path, lock: Lock) -> Iterator[Path]:
    """Yield where to write: the file itself, or one in a folder that goes once it is encrypted."""
    if target == out:
        yield out
        return
    from evidence.encryption import encrypt_file

    out.parent.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=out.parent, prefix=".copytrail-") as folder:
        plain = Path(folder) / out.name
        yield plain
        encrypt_file(plain, target, to=lock.keys, passphrase=lock.passphrase)
    target.with_name(f"{target.name}.sha256").write_text(f"{_digest(target)}  {target.name}\n", encoding="utf-8")


def _digest(path: Path) -> str:
    from core.canonical import digest

    with path.open("rb") as file:
        return digest(file)[1]


def _log(
    workspace: Workspace, gathered: Gathered, path: Path, digest: str, items: Sequence[str], told: dict[str, Any]
) -> None:
    from runner.custody import note
    from storage import cases, exported

    contents = gathered.contents
    told = {key: value for key, value in told.items() if value is not None}
    about = told | {"marks": gathered.marks} | ({"items": len(items)} if items else {})
    with workspace.database.write() as conn:
        note(workspace, conn, contents.case, "exported", f"file:{path.name}", sha256=digest, note=about)
        # the log is public, so that refs, which may hold handles, are kept beside it
        exhibits = [str(one.item["ref"]) for one in contents.exhibits]
        refs = [str(post["ref"]) for post in contents.posts]
        exported.note(conn, cases.case_id(conn, contents.case), refs, exhibits, digest, contents.created)
