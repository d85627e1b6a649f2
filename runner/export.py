"""Write an evidence bundle of a case, and note in its log that it was written."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from core.errors import BadInput

if TYPE_CHECKING:
    from collections.abc import Iterator

    from evidence.press import Sealed
    from evidence.proofs import Means
    from runner.gather import Gathered
    from runner.workspace import Workspace

Progress = Callable[[int, int | None], None]


def export(
    workspace: Workspace,
    *,
    case: str,
    out: Path,
    edition: str = "sealed",
    items: Sequence[str] = (),
    encrypt_to: Sequence[str] = (),
    passphrase: str | None = None,
    zone: str | None = None,
    progress: Progress | None = None,
    tell: Callable[[str], None] = lambda _: None,
) -> dict[str, Any]:
    """Write a bundle of a case, or of some posts, and return what it holds.

    A name that ends in `.wacz` gets one WACZ of the whole case, any other a case bundle. With keys or a passphrase the
    file is `NAME.age`. `tell` gets what hinders a seal or a stamp: neither fails an export. Raises BadInput where the
    case or a post is unknown or the file cannot be written, CannotStart where an archived answer is missing or the
    signature fails.
    """
    from runner.gather import gather
    from runner.method import with_ways
    from runner.stamping import after_work

    locked = bool(encrypt_to or passphrase)
    target = out.with_name(f"{out.name}.age") if locked else out
    if target.exists():
        raise BadInput(f"{target} exists; nothing is overwritten. Choose another name.")
    single = out.suffix == ".wacz"
    after_work(workspace, tell)
    created = workspace.clock().now()
    gathered = gather(workspace, case, items, created, whole=single or not items, exhibits=not single)
    contents = replace(with_ways(workspace, gathered.contents), zone=zone or gathered.contents.zone)
    means = _means(workspace, progress)
    contents = replace(contents, method=_method(workspace, gathered, means))
    gathered = replace(gathered, contents=contents)
    with _encrypted(out, target, encrypt_to, passphrase) as plain:
        done = _write(gathered, plain, means, single=single)
    digest = _digest(target)
    _log(workspace, gathered, target, digest, items, {"edition": edition, "posts": done.posts,
         "exhibits": done.exhibits, "plain": done.sha256 if locked else None})  # fmt: skip
    return {
        "path": str(target), "edition": edition, "sha256": digest, "posts": done.posts, "records": done.records,
        "exhibits": done.exhibits, "bytes": target.stat().st_size, "encrypted": locked, "pending": done.pending,
        "without": done.without, "fingerprint": means.identity.fingerprint if means.identity else None,
    }  # fmt: skip


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


def _method(workspace: Workspace, gathered: Gathered, means: Means) -> dict[str, Any]:
    """Return what method.md tells."""
    from runner import method
    from runner.gather import changes

    contents = gathered.contents
    with workspace.database.read() as conn:
        told = method.gather(workspace, conn, contents)
        since = changes(conn, contents.case, contents.custody, {p["ref"] for p in contents.posts})
    identity = means.identity
    return {**told, "changes": since,
            "signer": {"fingerprint": identity.fingerprint, "name": identity.name} if identity else None}  # fmt: skip


@contextmanager
def _encrypted(out: Path, target: Path, keys: Sequence[str], passphrase: str | None) -> Iterator[Path]:
    """Yield where to write: the file itself, or one in a folder that goes once it is encrypted."""
    if target == out:
        yield out
        return
    from evidence.encryption import encrypt_file

    out.parent.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=out.parent, prefix=".copytrail-") as folder:
        plain = Path(folder) / out.name
        yield plain
        encrypt_file(plain, target, to=keys, passphrase=passphrase)
    target.with_name(f"{target.name}.sha256").write_text(f"{_digest(target)}  {target.name}\n", encoding="utf-8")


def _digest(path: Path) -> str:
    from core.canonical import digest

    with path.open("rb") as file:
        return digest(file)[1]


def _log(
    workspace: Workspace, gathered: Gathered, path: Path, digest: str, items: Sequence[str], told: dict[str, Any]
) -> None:
    from runner.custody import note

    about = {key: value for key, value in told.items() if value is not None}
    about |= {"marks": gathered.marks} | ({"items": len(items)} if items else {})
    with workspace.database.write() as conn:
        note(workspace, conn, gathered.contents.case, "exported", f"file:{path.name}", sha256=digest, note=about)
