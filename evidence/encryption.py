"""Encrypt a finished bundle whole, as a file of the age format (age-encryption.org/v1), piece by piece.

Keys (`age1…`, `ssh-…`) go through pyrage; passphrases are done in `evidence.age_passphrase`, as pyrage would hold all
of the file in memory. Any age program opens either.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, Literal

from core.errors import BadInput
from evidence import age_passphrase

INTRO = b"age-encryption.org/v1\n"
MAX_TOTAL = 64 * 10**9  # bytes, as of a bundle
_MOST = 50  # recipients, and keys in a file of identities
_HEAD = 64 * 1024  # bytes before the payload; a recipient has about 100
WRONG_KEY = "is encrypted to another key; ask who made it to which key, and name that key's file with --identity."


def encrypt_file(source: Path, target: Path, *, to: Sequence[str] = (), passphrase: str | None = None) -> None:
    """Write `source` encrypted to public keys, or with a passphrase; the file appears whole or not at all.

    Raises BadInput on a recipient that is none, or where the file cannot be written.
    """
    if bool(to) == bool(passphrase):
        raise BadInput("A bundle is encrypted either to keys or with a passphrase.")
    if len(to) > _MOST:
        raise BadInput(f"A bundle is encrypted to {_MOST} keys at most; these are {len(to)}.")
    chosen = [_recipient(text) for text in to]
    with _written(target) as out, source.open("rb") as file:
        if passphrase:
            age_passphrase.encrypt(file, out, passphrase)
        else:
            import pyrage

            pyrage.encrypt_io(file, out, chosen)


def decrypt_file(source: Path, target: Path, *, identity: Path | None = None, passphrase: str | None = None) -> None:
    """Write what an age file holds; raise BadInput on a wrong key, a wrong passphrase or a damaged file."""
    needed = locked_by(source)
    if needed is None:
        raise BadInput(f"{source.name} is not encrypted.")
    if needed == "passphrase" and not passphrase:
        raise BadInput(f"{source.name} is encrypted with a passphrase; set COPYTRAIL_BUNDLE_PASSPHRASE.")
    if needed == "key" and identity is None:
        raise BadInput(f"{source.name} is encrypted to a key; name the file of that key with --identity.")
    with _written(target) as out, source.open("rb") as file:
        capped: Any = _Capped(out, min(MAX_TOTAL, source.stat().st_size))
        if needed == "passphrase" and passphrase:
            age_passphrase.decrypt(file, capped, passphrase, source.name)
        elif identity is not None:
            _decrypt(file, capped, _identities(identity), source.name)


def locked_by(path: Path) -> Literal["key", "passphrase"] | None:
    """Return what opens a file, None where it is not of the age format; raise BadInput where it cannot be read."""
    try:
        with path.open("rb") as file:
            head = file.read(len(INTRO) + 10)
    except OSError as error:
        raise BadInput(f"{path.name} cannot be read: {error.strerror or error}.") from error
    if not head.startswith(INTRO):
        return None
    return "passphrase" if head[len(INTRO) :].startswith(b"-> scrypt ") else "key"


@contextmanager
def opened(path: Path, *, identity: Path | None = None, passphrase: Callable[[], str] | None = None) -> Iterator[Path]:
    """Lend a bundle that can be read: the file itself, or what an age file holds, in a folder only this user reads.

    `passphrase` is called where one is needed. What was decrypted is removed at the end. Raises BadInput as
    `decrypt_file` does.
    """
    needed = locked_by(path)
    if needed is None:
        yield path
        return
    with tempfile.TemporaryDirectory(prefix="copytrail-") as folder:
        plain = Path(folder) / (path.name.removesuffix(".age") or "bundle")
        told = passphrase() if needed == "passphrase" and passphrase is not None else None
        decrypt_file(path, plain, identity=identity, passphrase=told)
        yield plain


def _recipient(text: str) -> Any:
    import pyrage

    text = text.strip()
    try:
        if text.startswith("ssh-"):
            return pyrage.ssh.Recipient.from_str(text)
        return pyrage.x25519.Recipient.from_str(text)
    except (pyrage.RecipientError, ValueError) as error:
        kind = (
            "a secret key: give the public one (age1…)" if "SECRET" in text.upper() else "no public key of age (age1…)"
        )
        shown = "What --encrypt-to names" if "SECRET" in text.upper() else f"{text[:70]!r}"
        raise BadInput(f"{shown} is {kind}.") from error


def _identities(path: Path) -> list[Any]:
    import pyrage

    try:
        with path.open("rb") as file:
            data = file.read(100_000)
    except OSError as error:
        raise BadInput(f"{path} cannot be read: {error.strerror or error}.") from error
    try:
        if data.startswith(b"-----BEGIN"):
            return [pyrage.ssh.Identity.from_buffer(data)]
        lines = [line.strip() for line in data.decode().splitlines()]
        found = [pyrage.x25519.Identity.from_str(line) for line in lines if line and not line.startswith("#")]
    except (pyrage.IdentityError, ValueError) as error:
        raise BadInput(f"{path} holds no secret key of age (AGE-SECRET-KEY-1…).") from error
    if not found or len(found) > _MOST:
        raise BadInput(f"{path} holds no secret key of age (AGE-SECRET-KEY-1…).")
    return found


def _decrypt(file: IO[bytes], out: Any, identities: list[Any], name: str) -> None:
    import pyrage

    head, found, _ = file.read(_HEAD).partition(b"\n--- ")
    if not found or head.count(b"\n-> ") > 2 * _MOST:  # each takes the library longer than the one before
        raise BadInput(f"{name} is encrypted to more keys than are tried, or is damaged.")
    file.seek(0)
    try:
        pyrage.decrypt_io(file, out, identities)
    except pyrage.DecryptError as error:
        if "No matching keys" in str(error):
            raise BadInput(f"{name} {WRONG_KEY}") from error
        raise BadInput(f"{name} is damaged or was changed since it was encrypted: {error}.") from error
    except OSError as error:
        raise BadInput(f"{name} cannot be decrypted: {error}.") from error


class _Capped:
    """A file that takes so many bytes; what an age file holds is never larger than the file."""

    def __init__(self, out: IO[bytes], most: int) -> None:
        self.out, self.left = out, most

    def write(self, data: bytes) -> int:
        self.left -= len(data)
        if self.left < 0:
            raise OSError("it unpacks to more than may be")
        return self.out.write(data)

    def flush(self) -> None:
        self.out.flush()


@contextmanager
def _written(target: Path) -> Iterator[IO[bytes]]:
    """Lend a file beside the target that only this user reads; it takes the target's name when all went well."""
    try:
        handle = tempfile.NamedTemporaryFile(dir=target.parent, prefix=f".{target.name}-", delete=False)  # noqa: SIM115
    except OSError as error:
        raise BadInput(f"{target} cannot be written: {error.strerror or error}.") from error
    part = Path(handle.name)
    try:
        with handle as out:
            yield out
        part.replace(target)
    except OSError as error:
        raise BadInput(f"{target} cannot be written: {error.strerror or error}.") from error
    finally:
        part.unlink(missing_ok=True)
