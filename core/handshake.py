"""What the handshake of a connection agreed on, as far as this Python tells it."""

from __future__ import annotations

import re
import ssl
from collections.abc import Iterable
from typing import Any

from core.exchange import Tls

_BEFORE_TLS_1_3 = re.compile(
    r"(?:(?P<exchange>ECDHE|DHE)-(?P<key>RSA|ECDSA|DSS)-)?"
    r"(?P<cipher>AES128|AES256|CAMELLIA128|CAMELLIA256|CHACHA20-POLY1305)"
    r"(?:-(?P<mode>GCM|CCM8|CCM))?(?:-(?P<digest>SHA256|SHA384|SHA))?"
)


def tls_of(connection: Any) -> Tls | None:
    """Return what a TLS connection agreed on; None where it is none, or Python does not say.

    Takes an `ssl.SSLSocket` or `ssl.SSLObject` after its handshake.
    """
    version = _asked(connection, "version")
    if not isinstance(version, str):
        return None
    suite = _asked(connection, "cipher")
    name = suite[0] if isinstance(suite, tuple) and suite and isinstance(suite[0], str) else None
    return Tls(version.removeprefix("TLSv"), iana_name(name) if name else None, _chain(connection))


def iana_name(name: str) -> str:
    """Return the name by which IANA lists a cipher suite that OpenSSL names; one it does not know stays as it is.

    TLS 1.3 suites have one name only. RFC 5246, 5288, 5289, 6655 and 7905 name the earlier ones; OpenSSL leaves out
    CBC, the RSA key exchange, and the digest of suites that have only one.
    """
    found = _BEFORE_TLS_1_3.fullmatch(name)
    if found is None:
        return name
    exchange = f"{found['exchange']}_{found['key']}" if found["exchange"] else "RSA"
    cipher = re.sub(r"(AES|CAMELLIA)", r"\1_", found["cipher"]).replace("-", "_")
    if cipher.startswith("CHACHA20"):
        return f"TLS_{exchange}_WITH_{cipher}_SHA256"
    mode = found["mode"] or "CBC"
    if mode.startswith("CCM"):
        return f"TLS_{exchange}_WITH_{cipher}_{mode.replace('CCM8', 'CCM_8')}"
    return f"TLS_{exchange}_WITH_{cipher}_{mode}_{found['digest']}" if found["digest"] else name


def _chain(connection: Any) -> tuple[bytes, ...]:
    """Return the certificates as DER, leaf first.

    Python 3.13 tells the chain it verified. Before that only the object below the socket does, by a name that is no
    promise; where that is missing the leaf alone is known.
    """
    for holder in (connection, getattr(connection, "_sslobj", None)):
        found = _asked(holder, "get_verified_chain")
        if isinstance(found, Iterable) and (chain := tuple(map(_der, found))) and all(chain):
            return tuple(one for one in chain if one)
    try:
        leaf = connection.getpeercert(True)
    except (AttributeError, ValueError, ssl.SSLError):
        return ()
    return (leaf,) if isinstance(leaf, bytes) and leaf else ()


def _der(certificate: Any) -> bytes | None:
    if isinstance(certificate, bytes):
        return certificate
    try:
        der = ssl.PEM_cert_to_DER_cert(certificate.public_bytes())
    except (AttributeError, TypeError, ValueError):
        return None
    return der


def _asked(holder: Any, name: str) -> Any:
    """Return what a method says; None where there is no such method, or the connection is gone."""
    try:
        return getattr(holder, name)()
    except (AttributeError, TypeError, ValueError, OSError):
        return None
