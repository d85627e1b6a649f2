"""A time-stamp authority of this machine (RFC 3161), clearly invented: for the demo, the tests and the benchmarks.

It can also misbehave in the ways that real ones do, or that a forger would.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Literal

from demo.der import INTEGER, NULL, OCTETS, integer, moment, oid, parts, sequence, set_of, value

if TYPE_CHECKING:
    from cryptography import x509
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey

Mode = Literal[
    "", "wrong nonce", "no nonce", "wrong digest", "expired", "disordered", "unpinned", "no purpose", "bad signature",
    "refuses", "another leaf", "no certificate", "html", "500", "slow",
]  # fmt: skip
MEDIA_TYPE = "application/timestamp-reply"
POLICY = "1.3.6.1.4.1.99999.1"
_DATA, _TST = "1.2.840.113549.1.7.2", "1.2.840.113549.1.9.16.1.4"
_SHA256, _ECDSA = "2.16.840.1.101.3.4.2.1", "1.2.840.10045.4.3.2"
_DAY = timedelta(days=1)
_LONG = timedelta(days=3650)


class TimeAuthority:
    """Answer queries with tokens that lead to an invented root; `mode` says how to misbehave.

    `clock` gives the moment of the tokens, `since` the one from which its certificates are good (for ten years).
    """

    def __init__(
        self, name: str, *, clock: Callable[[], datetime] | None = None, since: datetime | None = None, mode: Mode = ""
    ) -> None:
        self.name = name
        self.mode: Mode = mode
        self.clock = clock or (lambda: datetime.now(UTC))
        self.since = since or self.clock() - _DAY
        self.asked = 0
        self.root, self._key = self._signed(f"{name} (invented) root", None)
        self._others: dict[str, tuple[x509.Certificate, EllipticCurvePrivateKey]] = {}

    def root_pem(self) -> str:
        """Return the certificate that its tokens lead to, as PEM."""
        from cryptography.hazmat.primitives.serialization import Encoding

        return self.root.public_bytes(Encoding.PEM).decode()

    def answer(self, query: bytes) -> bytes:
        """Return the whole answer to a query; raise ValueError where it is none."""
        self.asked += 1
        ((_, inside, _),) = parts(query)
        _, imprint, *rest = parts(inside)
        nonces = [whole for tag, _, whole in rest if tag == INTEGER]
        if self.mode == "refuses":
            return sequence(sequence(integer(2), sequence(value(0x0C, b"come back tomorrow")), value(3, b"\x02\x04")))
        told = self._statement(imprint[2], nonces[0] if nonces else b"")
        return sequence(sequence(integer(0)), self._token(told))

    def _statement(self, imprint: bytes, nonce: bytes) -> bytes:
        """Return the TSTInfo: that this digest existed now."""
        if self.mode == "wrong nonce":
            nonce = integer(4711)
        elif self.mode == "no nonce":
            nonce = b""
        elif self.mode == "wrong digest":
            algorithm = sequence(oid(_SHA256), value(NULL))
            imprint = sequence(algorithm, value(OCTETS, hashlib.sha256(b"other data").digest()))
        accuracy = sequence(integer(1))
        return sequence(
            integer(1), oid(POLICY), imprint, integer(1000 + self.asked), moment(self._at()), accuracy, nonce
        )

    def _at(self) -> datetime:
        return self.clock().astimezone(UTC)

    def _token(self, told: bytes) -> bytes:
        """Return the ContentInfo with one signature (RFC 5652, 5; RFC 5816 for the certificate's digest)."""
        from cryptography.hazmat.primitives import hashes
        from cryptography.hazmat.primitives.asymmetric import ec
        from cryptography.hazmat.primitives.serialization import Encoding

        leaf, key = self._leaf()
        der = leaf.public_bytes(Encoding.DER)
        sha256 = sequence(oid(_SHA256), value(NULL))
        ess = sequence(sequence(sequence(value(OCTETS, hashlib.sha256(der).digest()))))
        signed = [
            sequence(oid("1.2.840.113549.1.9.3"), set_of([oid(_TST)])),
            sequence(oid("1.2.840.113549.1.9.4"), set_of([value(OCTETS, hashlib.sha256(told).digest())])),
            sequence(oid("1.2.840.113549.1.9.16.2.47"), set_of([ess])),
        ]
        attributes = set_of(signed)
        signature = key.sign(attributes, ec.ECDSA(hashes.SHA256()))
        if self.mode == "bad signature":
            signature = signature[:-1] + bytes([signature[-1] ^ 1])
        signer = sequence(
            integer(1), sequence(leaf.issuer.public_bytes(), integer(leaf.serial_number)), sha256,
            value(0xA0, _inside(attributes)),
            sequence(oid(_ECDSA)), value(OCTETS, signature),
        )  # fmt: skip
        certificates = [der] if self.mode != "disordered" else [der, self.root.public_bytes(Encoding.DER)]
        if self.mode == "another leaf":  # a certificate of somebody else comes along, and the signer's does not
            stranger, _ = self._signed(f"{self.name} stranger", (self.root, self._key), leaf=True)
            certificates = [stranger.public_bytes(Encoding.DER)]
        listed = b"" if self.mode == "no certificate" else value(
            0xA0, _inside(set_of(certificates, ordered=self.mode != "disordered"))
        )  # fmt: skip
        content = sequence(oid(_TST), value(0xA0, value(OCTETS, told)))
        data = sequence(integer(3), set_of([sha256]), content, listed, set_of([signer]))
        return sequence(oid(_DATA), value(0xA0, data))

    def _leaf(self) -> tuple[x509.Certificate, EllipticCurvePrivateKey]:
        kind = self.mode if self.mode in ("expired", "unpinned", "no purpose") else ""
        if kind not in self._others:
            by = (self.root, self._key) if kind != "unpinned" else self._signed(f"{self.name} forged root", None)
            self._others[kind] = self._signed(f"{self.name} signer", by, leaf=True, kind=kind)
        return self._others[kind]

    def _signed(
        self, name: str, by: tuple[x509.Certificate, EllipticCurvePrivateKey] | None, *, leaf: bool = False,
        kind: str = "",
    ) -> tuple[x509.Certificate, EllipticCurvePrivateKey]:  # fmt: skip
        """Return a certificate and its key, signed by another or by itself."""
        from cryptography import x509
        from cryptography.hazmat.primitives import hashes
        from cryptography.hazmat.primitives.asymmetric import ec

        key = ec.generate_private_key(ec.SECP256R1())
        above = by[1] if by else key
        subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
        until = self.since + (timedelta(hours=1) if kind == "expired" else _LONG)
        made = (
            x509.CertificateBuilder()
            .subject_name(subject).issuer_name(by[0].subject if by else subject).public_key(key.public_key())
            .serial_number(x509.random_serial_number()).not_valid_before(self.since).not_valid_after(until)
            .add_extension(x509.BasicConstraints(ca=not leaf, path_length=None), critical=True)
            .add_extension(_usage(leaf), critical=True)
            # by these, openssl tells an authority's old key from its new one, though both go by one name
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(above.public_key()), critical=False)
        )  # fmt: skip
        if leaf and kind != "no purpose":
            purpose = x509.ExtendedKeyUsage([x509.oid.ExtendedKeyUsageOID.TIME_STAMPING])
            made = made.add_extension(purpose, critical=True)
        return made.sign(above, hashes.SHA256()), key


def _usage(leaf: bool) -> x509.KeyUsage:
    from cryptography import x509

    return x509.KeyUsage(
        digital_signature=leaf, content_commitment=False, key_encipherment=False, data_encipherment=False,
        key_agreement=False, key_cert_sign=not leaf, crl_sign=not leaf, encipher_only=False, decipher_only=False,
    )  # fmt: skip


def _inside(whole: bytes) -> bytes:
    """Return the contents of one value."""
    ((_, content, _),) = parts(whole)
    return content
