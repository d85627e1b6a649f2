"""The age format with a passphrase, as a stream: https://github.com/C2SP/C2SP/blob/main/age.md.

The key of the file is wrapped by scrypt and ChaCha20-Poly1305; the payload goes in pieces of 64 KiB, each sealed with
its number and whether it is the last, so that none can be cut, swapped or added unseen.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import secrets
from typing import IO

from core.errors import BadInput

INTRO = b"age-encryption.org/v1\n"
_LABEL = b"age-encryption.org/v1/scrypt"
_WORK = 18  # scrypt with N = 2^18, as age has it: 256 MB and about a second for each guess
_MAX_WORK = 20  # a file that asks for more is refused: it would take over 1 GB of memory
_PIECE = 64 * 1024
_TAG = 16


def encrypt(file: IO[bytes], out: IO[bytes], passphrase: str, *, work: int = _WORK) -> None:
    """Write an age file of what `file` holds."""
    from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

    key, salt, nonce = secrets.token_bytes(16), secrets.token_bytes(16), secrets.token_bytes(16)
    wrapped = ChaCha20Poly1305(_wrapping(passphrase, salt, work)).encrypt(bytes(12), key, None)
    head = INTRO + b"-> scrypt " + _b64(salt) + b" %d\n" % work + _b64(wrapped) + b"\n---"
    out.write(head + b" " + _b64(_mac(key, head)) + b"\n" + nonce)
    cipher = ChaCha20Poly1305(_hkdf(key, nonce, b"payload"))
    piece, number = file.read(_PIECE), 0
    while True:
        following = file.read(_PIECE) if len(piece) == _PIECE else b""
        out.write(cipher.encrypt(_numbered(number, last=not following), piece, None))
        if not following:
            return
        piece, number = following, number + 1


def decrypt(file: IO[bytes], out: IO[bytes], passphrase: str, name: str) -> None:
    """Write what an age file holds; raise BadInput on a wrong passphrase or a damaged file, called by its name."""
    from cryptography.exceptions import InvalidTag
    from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

    damaged = BadInput(f"{name} is damaged or was changed since it was encrypted.")
    try:
        salt, work, wrapped, head, mac = _header(file)
    except (ValueError, binascii.Error) as error:
        raise damaged from error
    if work > _MAX_WORK:
        raise BadInput(f"{name} asks for over 1 GB of memory to try its passphrase; it is not opened.")
    try:
        key = ChaCha20Poly1305(_wrapping(passphrase, salt, work)).decrypt(bytes(12), wrapped, None)
    except InvalidTag:
        raise BadInput(f"The passphrase does not open {name}.") from None
    nonce = file.read(16)
    if len(key) != 16 or len(nonce) != 16 or not hmac.compare_digest(mac, _mac(key, head)):
        raise damaged
    cipher = ChaCha20Poly1305(_hkdf(key, nonce, b"payload"))
    piece, number = file.read(_PIECE + _TAG), 0
    while True:
        following = file.read(_PIECE + _TAG) if len(piece) == _PIECE + _TAG else b""
        try:
            plain = cipher.decrypt(_numbered(number, last=not following), piece, None)
        except InvalidTag:
            raise damaged from None
        if number and not plain:
            raise damaged  # an empty last piece is only for an empty file
        out.write(plain)
        if not following:
            return
        piece, number = following, number + 1


def _header(file: IO[bytes]) -> tuple[bytes, int, bytes, bytes, bytes]:
    lines = [file.readline(200) for _ in range(4)]
    if lines[0] != INTRO:
        raise ValueError
    arrow, kind, salt, work = lines[1].removesuffix(b"\n").split(b" ")
    dashes, _, mac = lines[3].removesuffix(b"\n").partition(b" ")
    if (arrow, kind, dashes) != (b"->", b"scrypt", b"---") or not work.isdigit() or work.startswith(b"0"):
        raise ValueError
    found = _unb64(salt), int(work), _unb64(lines[2].removesuffix(b"\n")), _unb64(mac)
    if (len(found[0]), len(found[2]), len(found[3])) != (16, 32, 32):
        raise ValueError
    return found[0], found[1], found[2], b"".join(lines[:3]) + b"---", found[3]


def _wrapping(passphrase: str, salt: bytes, work: int) -> bytes:
    cost = 1 << work
    return hashlib.scrypt(
        passphrase.encode(), salt=_LABEL + salt, n=cost, r=8, p=1, dklen=32, maxmem=1024 * cost + (1 << 20)
    )


def _mac(key: bytes, head: bytes) -> bytes:
    return hmac.digest(_hkdf(key, b"", b"header"), head, "sha256")


def _hkdf(key: bytes, salt: bytes, info: bytes) -> bytes:
    """Derive 32 bytes (RFC 5869 with SHA-256; one block is all that is needed)."""
    return hmac.digest(hmac.digest(salt or bytes(32), key, "sha256"), info + b"\x01", "sha256")


def _numbered(number: int, *, last: bool) -> bytes:
    return number.to_bytes(11, "big") + (b"\x01" if last else b"\x00")


def _b64(data: bytes) -> bytes:
    return base64.b64encode(data).rstrip(b"=")


def _unb64(text: bytes) -> bytes:
    data = base64.b64decode(text + b"=" * (-len(text) % 4), validate=True)
    if _b64(data) != text:
        raise ValueError
    return data
