"""Certificates for one capture: the browser trusts one key made for it, which never leaves this process."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import ipaddress
import os
import ssl
import tempfile
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

_DAYS = 2
_NAME = "copytrail capture"


class Certificates:
    """An authority in memory and the leaf certificates it hands out, one for each host, all with one key.

    `pin` is what `--ignore-certificate-errors-spki-list` names: the key of the leaves, which a handshake shows to be
    held. Validity follows the clock of this machine, as that is what the browser looks at.
    """

    def __init__(self) -> None:
        from cryptography.hazmat.primitives import serialization
        from cryptography.hazmat.primitives.asymmetric import ec

        self._authority = ec.generate_private_key(ec.SECP256R1())
        self._key = ec.generate_private_key(ec.SECP256R1())
        public = self._key.public_key().public_bytes(
            serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
        )
        self.pin = base64.b64encode(hashlib.sha256(public).digest()).decode()
        self._contexts: dict[str, ssl.SSLContext] = {}
        self._lock = threading.Lock()

    def context(self, host: str) -> ssl.SSLContext:
        """Return the server side of TLS for a host."""
        with self._lock:
            found = self._contexts.get(host)
            if found is None:
                found = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
                found.minimum_version = ssl.TLSVersion.TLSv1_2
                found.set_alpn_protocols(["http/1.1"])
                with _file(self._leaf(host)) as name:
                    found.load_cert_chain(name)
                self._contexts[host] = found
            return found

    def _leaf(self, host: str) -> bytes:
        """Return key and certificate of a host as PEM."""
        from cryptography import x509
        from cryptography.hazmat.primitives import hashes, serialization
        from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

        name: Any
        try:
            name = x509.IPAddress(ipaddress.ip_address(host.strip("[]")))
        except ValueError:
            name = x509.DNSName(host)
        now = datetime.now(UTC)
        certificate = (
            x509.CertificateBuilder()
            .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, _NAME)]))
            .issuer_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"{_NAME} authority")]))
            .public_key(self._key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(days=_DAYS))
            .not_valid_after(now + timedelta(days=_DAYS))
            .add_extension(x509.SubjectAlternativeName([name]), critical=False)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
            .sign(self._authority, hashes.SHA256())
        )
        key = self._key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        return key + certificate.public_bytes(serialization.Encoding.PEM)


@contextlib.contextmanager
def _file(data: bytes) -> Iterator[str]:
    """Give data a name to be loaded by: in memory where the system can, else a file of ours, removed at once."""
    if hasattr(os, "memfd_create"):
        descriptor = os.memfd_create("certificate")
        try:
            os.write(descriptor, data)
            yield f"/proc/self/fd/{descriptor}"
        finally:
            os.close(descriptor)
        return
    with tempfile.NamedTemporaryFile() as file:  # readable by its owner only
        file.write(data)
        file.flush()
        yield file.name
