"""What WARC records say of the connection: protocols, cipher suite, and the certificates an answer came under.

`WARC-Protocol` (repeated, once for each layer) and `WARC-Cipher-Suite` (by its IANA name) follow the extensions the
IIPC lists (warc-specifications, issues 42 and 86). For certificates there is no such convention:
`Copytrail-Certificate` names the leaf by its SHA-256, and a resource record `urn:x509:sha256:<leaf>` in the same file
holds the chain as PEM.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from collections.abc import Mapping
from textwrap import wrap

from core.exchange import Exchange, Tls

CHAIN_TYPE = "application/pem-certificate-chain"
_URI = "urn:x509:"
_DIGITS = re.compile(r"\d(?:\.\d)?")
_PEM = re.compile(rb"-----BEGIN CERTIFICATE-----([A-Za-z0-9+/=\s]+)-----END CERTIFICATE-----")
_MOST_CERTIFICATES = 20


def protocol_fields(exchange: Exchange) -> list[tuple[str, str]]:
    """Return the fields of the layers that are known; none where no answer came and no handshake was made."""
    if exchange.status is None and exchange.tls is None:
        return []
    fields = [("WARC-Protocol", _http_protocol(exchange.http_version))]
    if exchange.tls is not None:
        version = _DIGITS.search(exchange.tls.version)
        if version:
            fields.append(("WARC-Protocol", f"tls/{version[0]}"))
        if exchange.tls.cipher and re.fullmatch(r"[\w.-]{1,80}", exchange.tls.cipher):
            fields.append(("WARC-Cipher-Suite", exchange.tls.cipher))
    return fields


def tls_of(fields: Mapping[str, str], chains: Mapping[str, tuple[bytes, ...]]) -> Tls | None:
    """Return what a record says of its handshake; None where it says nothing.

    `fields` have lower-case names, the protocols joined by commas; `chains` are those known so far, by their leaf.
    """
    for layer in fields.get("warc-protocol", "").lower().split(","):
        name, _, version = layer.strip().partition("/")
        if name == "tls" and _DIGITS.fullmatch(version):
            chain = chains.get(fields.get("copytrail-certificate", "").strip(), ())
            return Tls(version, fields.get("warc-cipher-suite", "").strip() or None, chain)
    return None


def http_version_of(fields: Mapping[str, str], stated: str) -> str:
    """Return the version of HTTP an answer came by: what the record says of it, else its first line."""
    layers = {layer.strip() for layer in fields.get("warc-protocol", "").lower().split(",")}
    return "HTTP/2" if layers & {"h2", "h2c"} else "HTTP/3" if "h3" in layers else stated


def chain_of(fields: Mapping[str, str], block: bytes) -> dict[str, tuple[bytes, ...]]:
    """Return the chain that a record holds, by the name of its leaf; nothing where it holds none, or another's."""
    uri = fields.get("warc-target-uri", "").strip("<> ")
    if fields.get("warc-type", "").lower() != "resource" or not uri.startswith(_URI):
        return {}
    found = chain(block)
    name = uri.removeprefix(_URI)
    return {name: found} if found and certificate_name(Tls("", None, found)) == name else {}


def message_version(exchange: Exchange) -> str:
    """Return the version for the first line of a message; later ones have none in text and are written as HTTP/1.1."""
    return exchange.http_version if exchange.http_version in ("HTTP/1.0", "HTTP/1.1") else "HTTP/1.1"


def certificate_name(tls: Tls) -> str:
    """Return the name of the leaf: its digest."""
    return f"sha256:{hashlib.sha256(tls.chain[0]).hexdigest()}"


def certificate_uri(tls: Tls) -> str:
    """Return the address of the record that holds the chain."""
    return _URI + certificate_name(tls)


def pem(tls: Tls) -> bytes:
    """Return a chain as PEM, leaf first."""
    return b"".join(_pem(one) for one in tls.chain)


def chain(text: bytes) -> tuple[bytes, ...]:
    """Return the certificates (DER) of a PEM text, at most 20; what cannot be decoded is left out."""
    found = []
    for match in _PEM.finditer(text):
        try:
            found.append(base64.b64decode(b"".join(match[1].split()), validate=True))
        except binascii.Error:
            continue
        if len(found) == _MOST_CERTIFICATES:
            break
    return tuple(found)


def _pem(certificate: bytes) -> bytes:
    lines = wrap(base64.b64encode(certificate).decode(), 64)
    return "\n".join(["-----BEGIN CERTIFICATE-----", *lines, "-----END CERTIFICATE-----", ""]).encode()


def _http_protocol(version: str) -> str:
    number = _DIGITS.search(version)
    return {"2": "h2", "3": "h3"}.get(number[0][0] if number else "", f"http/{number[0] if number else '1.1'}")
