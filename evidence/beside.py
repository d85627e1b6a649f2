"""Time stamps that lie beside a bundle: those that came after it was written, over the file that tells its digest."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from core.errors import BadInput
from evidence.checks import Check, Trust
from evidence.verify_times import stamped

NAME = "time of the whole file (T2)"
MOST = 20  # sidecars that are looked at
_MAX_SUMS, _MAX_TOKEN = 1_000, 64 * 1024  # bytes
_AUTHORITY = re.compile(r"[a-z0-9-]{1,40}")


def sums_of(path: Path) -> Path:
    """Return the file that tells the digest of a bundle, which is what is stamped: `NAME.zip.sha256`."""
    return path.with_name(f"{path.name}.sha256")


def token_of(path: Path, authority: str) -> Path:
    """Return where a time stamp beside a bundle lies: `NAME.zip.sha256.AUTHORITY.tsr`."""
    return path.with_name(f"{sums_of(path).name}.{authority}.tsr")


def check_beside(path: Path, sha256: str, trust: Trust) -> Iterator[Check]:
    """Check the stamps beside a bundle whose digest is `sha256`; nothing is told where there are none."""
    try:
        head, tail = f"{sums_of(path).name}.", ".tsr"
        names = {one.name for one in path.parent.iterdir() if one.name.startswith(head) and one.name.endswith(tail)}
        with sums_of(path).open("rb") as file:
            data = file.read(_MAX_SUMS + 1)
    except OSError:
        return
    for name in sorted(names)[:MOST]:
        yield _one(path.with_name(name), name.removeprefix(head).removesuffix(tail), data, sha256, trust)


def _one(token: Path, authority: str, data: bytes, sha256: str, trust: Trust) -> Check:
    if not _AUTHORITY.fullmatch(authority) or data[:64].lower() != sha256.encode() or len(data) > _MAX_SUMS:
        return Check(NAME, "failed", f"{token.name} is beside another file than the one it was made for.")
    if all(one.id != authority for one in trust.authorities):
        return Check(NAME, "not_checked", f"{token.name}: no authority {authority!r} is known here.")
    if not token.is_file():
        return Check(NAME, "failed", f"{token.name} is no file.")
    try:
        with token.open("rb") as file:
            told = stamped(file.read(_MAX_TOKEN + 1), data, trust, token.name, authority)
    except BadInput as error:
        return Check(NAME, "failed", f"{error.sentence.rstrip('.')}.")
    except OSError as error:
        return Check(NAME, "failed", f"{token.name} cannot be read ({error.strerror}).")
    if isinstance(told, str):
        return Check(NAME, "not_checked", told)
    if told[1] != authority:
        return Check(NAME, "failed", f"{token.name} is a token of {told[1]}, not of {authority}.")
    return Check(
        NAME, "proved", f"{authority} (pinned) confirms that this whole file existed at {told[0].isoformat()}."
    )
