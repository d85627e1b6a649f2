"""Follow a time-stamp token to a pinned root: leaf, purpose, dates, issuer; and ask openssl where we cannot read it."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from archive import token_form
from config.authorities import Authority
from core.errors import BadInput
from core.times import iso

if TYPE_CHECKING:
    from cryptography.x509 import Certificate

_SECONDS = 20  # what openssl may take for one token


class BadToken(BadInput):
    """Report a token that does not say what it is taken for; the sentence tells why."""


class Uncheckable(BadInput):
    """Report a token that cannot be checked on this machine: neither right nor wrong."""


@dataclass(frozen=True, slots=True)
class Found:
    """What openssl says of a token it accepts."""

    authority: Authority
    at: datetime
    serial: str
    policy: str
    signer: str


def certificates(pems: Iterable[str]) -> list[Certificate]:
    """Return certificates out of PEM."""
    from cryptography.x509 import load_pem_x509_certificate

    return [load_pem_x509_certificate(pem.encode()) for pem in pems]


def unreadable() -> tuple[type[Exception], ...]:
    """Return what the libraries raise for a token or a certificate they cannot make sense of."""
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.x509 import DuplicateExtension, InvalidVersion

    return ValueError, TypeError, OverflowError, UnsupportedAlgorithm, DuplicateExtension, InvalidVersion


def trace(signed: Any, authorities: Sequence[Authority], at: datetime) -> tuple[Certificate, Authority]:
    """Return the certificate that signed and the authority whose pins it leads to; raise BadToken for none."""
    from cryptography.x509 import load_der_x509_certificate

    signers = list(signed.signer_infos)
    if len(signers) != 1:
        raise BadToken(f"The token has {len(signers)} signers, where one signs.")
    brought = [load_der_x509_certificate(der) for der in signed.certificates]
    pinned = [c for authority in authorities for c in certificates((*authority.intermediates, *authority.roots))]
    there = [*brought, *pinned]
    leaf = next(
        (c for c in there if (c.issuer, c.serial_number) == (signers[0].issuer, signers[0].serial_number)), None
    )
    if leaf is None:
        raise BadToken("The token does not hold the certificate that signed it, and it is not pinned either.")
    return leaf, judge(leaf, authorities, at)


def judge(leaf: Certificate, authorities: Sequence[Authority], at: datetime) -> Authority:
    """Return the authority a leaf belongs to at the time of the token; raise BadToken where it may not stamp then."""
    name = leaf.subject.rfc4514_string()
    _check_purpose(leaf, name)
    if not leaf.not_valid_before_utc <= at <= leaf.not_valid_after_utc:
        raise BadToken(
            f"The certificate that signed ({name}) was good from {iso(leaf.not_valid_before_utc)} to "
            f"{iso(leaf.not_valid_after_utc)}, and the token is of {iso(at)}."
        )
    for authority in authorities:
        if _leads(leaf, certificates(authority.intermediates), certificates(authority.roots), at):
            return authority
    issuer = leaf.issuer.rfc4514_string()
    raise BadToken(f"The certificate that signed ({name}, issued by {issuer}) leads to no root we have pinned.")


def _check_purpose(leaf: Certificate, name: str) -> None:
    from cryptography.x509 import ExtendedKeyUsage, ExtensionNotFound, oid

    try:
        usage = leaf.extensions.get_extension_for_class(ExtendedKeyUsage)
    except (ExtensionNotFound, ValueError):
        raise BadToken(f"The certificate that signed ({name}) is not meant for time stamps.") from None
    if list(usage.value) != [oid.ExtendedKeyUsageOID.TIME_STAMPING] or not usage.critical:
        raise BadToken(f"The certificate that signed ({name}) is not meant for time stamps alone, as RFC 3161 asks.")


def _leads(leaf: Certificate, between: list[Certificate], roots: list[Certificate], at: datetime) -> bool:
    """Return whether a certificate leads to a root by pinned ones alone, each a CA and good at that time."""
    here, left = leaf, list(between)
    for _ in range(len(between) + 1):
        if any(_issued(here, root, at) for root in roots):
            return True
        above = next((c for c in left if _issued(here, c, at)), None)
        if above is None:
            return False
        left.remove(above)
        here = above
    return False


def roots_above(leaf: Certificate, authority: Authority, at: datetime) -> list[str]:
    """Return the pinned roots a leaf leads to, as PEM.

    A library that is shown two roots of one name takes either: an authority that changed its key would fail by chance.
    """
    between = certificates(authority.intermediates)
    return [pem for pem in authority.roots if _leads(leaf, between, certificates([pem]), at)]


def _issued(lower: Certificate, upper: Certificate, at: datetime) -> bool:
    from cryptography.exceptions import InvalidSignature
    from cryptography.x509 import BasicConstraints, ExtensionNotFound

    try:
        lower.verify_directly_issued_by(upper)
        is_ca = upper.extensions.get_extension_for_class(BasicConstraints).value.ca
    except (InvalidSignature, ExtensionNotFound, ValueError, TypeError):
        return False
    return bool(is_ca) and upper.not_valid_before_utc <= at <= upper.not_valid_after_utc


def by_openssl(answer: bytes, data: bytes, authorities: Sequence[Authority], nonce: int | None) -> Found:
    """Have openssl check a token that our library cannot read, under the same rules; raise Uncheckable without it."""
    program = shutil.which("openssl")
    if program is None:
        raise Uncheckable(
            "The token is written in a form that our library cannot read, and openssl is not there to check it; "
            "install openssl and run this again."
        )
    with tempfile.TemporaryDirectory(prefix="copytrail-stamp-") as folder:
        here = Path(folder)
        (here / "token").write_bytes(_granted(answer))
        (here / "data").write_bytes(data)
        text = _openssl([program, "ts", "-reply", "-in", str(here / "token"), "-token_in", "-text"]).stdout
        at = _stated_time(text)
        stated = _field(text, "Nonce", "").removeprefix("0x")
        if nonce is not None and (not re.fullmatch(r"[0-9A-Fa-f]+", stated) or int(stated, 16) != nonce):
            raise BadToken("The token answers another request than ours: its nonce is not the one we sent.")
        leaf, authority = _leaf(answer, authorities, at)
        (here / "roots").write_text("".join(roots_above(leaf, authority, at)))
        (here / "between").write_text(authority.chain())
        done = _openssl([
            program, "ts", "-verify", "-data", str(here / "data"), "-in", str(here / "token"), "-token_in", "-CAfile",
            str(here / "roots"), "-untrusted", str(here / "between"), "-attime", str(int(at.timestamp())),
        ])  # fmt: skip
    if done.returncode != 0 or "Verification: OK" not in done.stdout + done.stderr:
        reason = re.search(r"(message imprint mismatch|signature failure|certificate verify error|no time stamp token)",
                           done.stderr)  # fmt: skip
        raise BadToken(f"openssl does not accept the token ({reason[1] if reason else 'it gives no reason'}).")
    serial = _field(text, "Serial number", "").removeprefix("0x").lower()
    return Found(authority, at, serial, _field(text, "Policy OID", ""), leaf.subject.rfc4514_string())


def _granted(answer: bytes) -> bytes:
    """Return the bare token of an answer; raise BadToken where it was not granted.

    The words beside the status are under no signature, and openssl prints them as they are: one could pass for a time.
    """
    try:
        if token_form.status(answer) != 0:
            raise BadToken("The authority refused the request; there is no token.")
        return token_form.bare(answer)
    except ValueError as error:
        raise BadToken(f"The token cannot be read ({str(error)[:80]}).") from None


def _leaf(answer: bytes, authorities: Sequence[Authority], at: datetime) -> tuple[Certificate, Authority]:
    """Return the one certificate of the token that may stamp, and whose it is; raise BadToken."""
    from cryptography.hazmat.primitives.serialization.pkcs7 import load_der_pkcs7_certificates

    try:
        brought = load_der_pkcs7_certificates(token_form.bare(answer))
    except ValueError as error:
        raise BadToken(f"The token cannot be read ({str(error)[:80]}).") from None
    problem: BadToken | None = None
    for certificate in brought:
        try:
            return certificate, judge(certificate, authorities, at)
        except BadToken as error:
            problem = problem or error
    raise problem or BadToken("The token does not hold the certificate that signed it.")


def _openssl(command: list[str]) -> subprocess.CompletedProcess[str]:
    try:
        return subprocess.run(  # noqa: S603 - openssl by its full path, our own files, no shell
            command, capture_output=True, text=True, errors="replace", timeout=_SECONDS, check=False,
            env={**os.environ, "LC_ALL": "C"}, stdin=subprocess.DEVNULL,
        )  # fmt: skip
    except (OSError, subprocess.TimeoutExpired) as error:
        raise Uncheckable(f"openssl could not be asked about the token ({type(error).__name__}).") from None


def _field(text: str, name: str, default: str) -> str:
    found = re.search(rf"^{name}: (.*)$", text, re.M)
    return found[1].strip() if found else default


def _stated_time(text: str) -> datetime:
    stated = re.sub(r"\.\d+", "", _field(text, "Time stamp", ""))
    try:
        return datetime.strptime(stated, "%b %d %H:%M:%S %Y GMT").replace(tzinfo=UTC)
    except ValueError:
        raise BadToken("What came is no time stamp: openssl cannot read it either.") from None
