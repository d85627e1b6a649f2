"""Check a bundle, ours or foreign: proved, claimed, not checked, or failed; nothing is unpacked to disk."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Callable
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from pathlib import Path
from threading import Event

from core.errors import BadInput
from evidence import warcs
from evidence.beside import check_beside
from evidence.checks import Check, Trust, outcome
from evidence.files import MAX_TOTAL, Files, FolderFiles, Inside, ZipFiles
from evidence.verify_case import verify_case
from evidence.verify_wacz import SHAPE, verify_wacz
from evidence.windows import PIECE, Window

THREADS = min(4, os.cpu_count() or 1)
_UNPINNED = re.compile(r"the authority ('.*'|\".*\") is not pinned here", re.DOTALL)
_TOP = "seal/statement.json"
Step = Callable[[str], None]


def verify(path: Path, trust: Trust | None = None, step: Step | None = None) -> list[Check]:
    """Return the outcome of every check of a bundle; it is intact where none is `failed`.

    Takes a case bundle (zip or folder), a WACZ (file or folder), or a WARC file. `step` is told what is read next.
    Nothing is raised, whatever the file holds.
    """
    trust, step, stop = trust or Trust(), step or (lambda _: None), Event()
    if wrong := _unread(path):
        return [Check("zip", "failed", wrong)]
    with ThreadPoolExecutor(THREADS) as pool:
        whole = pool.submit(_whole, path, stop) if path.is_file() else None
        try:
            checks = _once(_guarded(path, trust, pool, step))
            return [*checks, *(_told(path, whole, trust) if whole else ())]
        finally:
            stop.set()  # whoever interrupts does not wait until a file of any size is read


def _unread(path: Path) -> str | None:
    """Return why nothing is read of a path: a pipe would be waited for without end, a file of any size be read."""
    if path.is_file() and path.stat().st_size > MAX_TOTAL:
        return f"{path.name} is larger than {MAX_TOTAL // 10**9} GB, more than is read."
    if path.exists() and not (path.is_file() or path.is_dir()):
        return f"{path.name} is no file: it is a pipe or a device."
    return None


def _guarded(path: Path, trust: Trust, pool: Executor, step: Step) -> list[Check]:
    try:
        return _by_kind(path, trust, pool, step)
    except BadInput as error:
        return [Check("zip", "failed", f"{path.name}: {error.sentence.rstrip('.')}.")]
    except OSError as error:
        return [Check("zip", "failed", f"{path.name} cannot be read: {error.strerror or error}.")]
    except SHAPE as error:
        return [Check("zip", "failed", f"{path.name} has no shape that is known ({type(error).__name__}).")]


def _once(checks: list[Check]) -> list[Check]:
    """Return the checks, those of stamps by one authority that is not pinned here told as one."""
    kept: list[Check] = []
    counts: dict[str, list[Check]] = {}
    for check in checks:
        found = _UNPINNED.search(check.detail) if check.result == "failed" else None
        if found is None:
            kept.append(check)
        else:
            counts.setdefault(found[1], []).append(check)
    for authority, some in counts.items():
        stamps = sum(check.check != "certificates" for check in some)
        says = (
            f"{stamps} time stamps are by {authority}, which is not pinned here: they show nothing to this reader, as "
            "anybody can run an authority. Get its certificates from its owner by another way than the bundle came and "
            "pin them (--pin FILE, or timestamps.own in a workspace)."
        )
        kept.append(Check("time stamps", "failed", says))
    return kept


def _by_kind(path: Path, trust: Trust, pool: Executor, step: Step) -> list[Check]:
    step(path.name)
    if path.is_dir():
        return _bundle(FolderFiles.opened(path), trust, pool, step)
    with Window(path) as file:
        begins = file.read(16)
    if begins.startswith((b"\x1f\x8b", b"WARC/")):
        checks = _warc(path, packed=begins.startswith(b"\x1f\x8b"))
        if trust.signer is not None:
            checks.append(Check("signer", "failed", f"{path.name} is signed by nobody, so not by {trust.signer}."))
        return checks
    if begins.startswith((b"age-encryption.", b"-----BEGIN AGE ")):
        raise BadInput("it is encrypted; open it with --identity or --passphrase")
    return _bundle(ZipFiles.opened(path), trust, pool, step)


def _bundle(files: Files, trust: Trust, pool: Executor, step: Step) -> list[Check]:
    names = files.names()
    if "datapackage.json" in names:
        return verify_wacz(files, trust, pool)[1]
    if _TOP in names or "SHA256SUMS" in names:
        return verify_case(files, trust, pool, step)
    tops = {name.split("/", 1)[0] for name in names}
    inside = next((top for top in sorted(tops) if f"{top}/{_TOP}" in names or f"{top}/SHA256SUMS" in names), None)
    if inside is None:
        raise BadInput("it holds neither datapackage.json nor seal/statement.json: it is no bundle")
    found = verify_case(Inside.of(files, f"{inside}/"), trust, pool, step)
    strangers = sorted(name for name in names if not name.startswith(f"{inside}/"))
    wrong = [f"{name} lies outside of the folder of the bundle" for name in strangers]
    return [outcome("folder", wrong, f"Everything lies in the folder {inside}."), *found]


def _warc(path: Path, *, packed: bool) -> list[Check]:
    files = _Single(path, f"{path.name}{'.gz' if packed and not path.name.endswith('.gz') else ''}")
    found, wrong = warcs.read(files, files.names(), None, ours=False, cuts={})
    told, bare = warcs.flaws(found, ours=False)
    count = sum(map(len, found.values()))
    if not count:
        wrong.append(f"{path.name} holds no record")
    checks = [outcome("archived answers", [*wrong, *told], f"{count - bare} records fit the digests they state.")]
    if bare:
        checks.append(Check("archived answers", "not_checked", f"{bare} records state no SHA-256 of themselves."))
    says = "A WARC file has no list, no signature and no time stamp; who wrote it anew leaves no trace inside."
    return [*checks, Check("origin of the file", "not_checked", says)]


class _Single(Files):
    """One file by itself."""

    def __init__(self, path: Path, name: str) -> None:
        super().__init__()
        self._path, self._name = path, name

    def names(self) -> list[str]:
        """Return its one name."""
        return [self._name]

    def size(self, name: str) -> int:
        """Return its size."""
        return self._path.stat().st_size

    def open(self, name: str) -> Window:
        """Open it."""
        return Window(self._path)

    def place(self, name: str) -> tuple[Path, int, int] | None:
        """Return the file itself."""
        return self._path, 0, self.size(name)


def _whole(path: Path, stop: Event) -> str:
    hashed = hashlib.sha256()
    with path.open("rb") as file:
        while (data := file.read(PIECE)) and not stop.is_set():
            hashed.update(data)
    return hashed.hexdigest()


def _told(path: Path, whole: Future[str], trust: Trust) -> list[Check]:
    """Return what the digest of the whole file is good for, and whether the file beside it tells the same."""
    try:
        sha = whole.result()
    except OSError as error:
        return [Check("whole file", "failed", f"{path.name} cannot be read: {error.strerror or error}.")]
    says = f"SHA-256 {sha}. Compare it with the one that reached you by another way."
    checks = [Check("whole file", "claimed", says)]
    beside = path.with_name(f"{path.name}.sha256")
    try:
        if not beside.is_file():
            return checks
        with beside.open("rb") as file:
            stated = file.read(200).split(maxsplit=1)[0].decode("ascii", "replace").lower()
    except (OSError, IndexError):
        return checks
    if stated != sha:
        return [*checks, Check("whole file", "failed", f"{beside.name} tells another digest than {path.name} has.")]
    return [*checks, *check_beside(path, sha, trust)]
