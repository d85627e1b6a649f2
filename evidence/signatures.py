"""Check signatures of WACZ files and case bundles: each thing that can be wrong has a sentence of its own.

The forms are those of docs/bundle-format.md; keys are SPKI DER, base64 where they stand in JSON.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from core.canonical import canonical
from core.errors import BadInput

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

# the number of points of P-384 (SEC 2, section 2.5.1): of the two values s that fit a signature, we write the lower
ORDER = int("ffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf581a0db248b0a77aecec196accc52973", 16)
HALF = 48  # bytes of r, and of s
# y of the points of small order of edwards25519 (RFC 8032, 5.1): with such a key anybody's numbers make a signature
_FIELD = 2**255 - 19
_SMALL = frozenset({
    0, 1, _FIELD - 1, 0x7A03AC9277FDC74EC6CC392CFA53202A0F67100D760B3CBA4FD84D3D706A17C7,
    0x05FC536D880238B13933C6D305ACDFD5F098EFF289F4C345B027B2C28F95E826,
})  # fmt: skip
_SIGNED = {"hash", "signature", "publicKey", "created", "software"}


@dataclass(frozen=True, slots=True)
class Signer:
    """The public half of an identity, its binding checked: `ed25519` and `p384` are SPKI DER."""

    fingerprint: str
    ed25519: bytes
    p384: bytes
    name: str | None = None


def check_package(signed: object, text: str, created: str | None = None) -> bytes:
    """Check `signedData` over the text `sha256:<hex>` of this datapackage.json; return the P-384 key (SPKI DER).

    `created` is that of datapackage.json. Takes the anonymous form of any software; raises BadInput with the first
    thing that is wrong, one sentence each.
    """
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ec import ECDSA
    from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
    from cryptography.hazmat.primitives.hashes import SHA256

    row = _fields(signed, _SIGNED, "signedData")
    if more := sorted(set(row) - _SIGNED):
        raise BadInput(f"signedData holds {more[0]}, which the anonymous form of a signature does not know.")
    if row["hash"] != text:
        raise BadInput("The signature is over another datapackage.json: the digest it names is not that of this file.")
    if created is not None and row["created"] != created:
        raise BadInput("The signature names another time of creation than datapackage.json.")
    public = _unb64(row["publicKey"], "The public key of the signature")
    key = _p384(public, "The public key of the signature")
    raw = _unb64(row["signature"], "The signature")
    if len(raw) != 2 * HALF:
        form = "is packed as DER" if raw[:1] == b"\x30" else f"has {len(raw)} bytes"
        raise BadInput(f"The signature {form}; raw r and s of 48 bytes each are expected.")
    r, s = (int.from_bytes(part, "big") for part in (raw[:HALF], raw[HALF:]))
    if not 0 < r < ORDER or not 0 < s < ORDER:
        raise BadInput("The signature holds a number outside the curve.")
    if s > ORDER // 2 and row["software"].startswith("copytrail/"):
        raise BadInput("The signature is the mirrored form of a signature, which we never write: it was changed.")
    try:
        key.verify(encode_dss_signature(r, s), row["hash"].encode(), ECDSA(SHA256()))
    except InvalidSignature:
        raise BadInput("The signature does not fit its public key and the digest it names.") from None
    return public


def check_signer(signer: object) -> Signer:
    """Check `signer.json`: the forms of both keys, the fingerprint and the binding; raise BadInput otherwise."""
    row = _fields(signer, {"v", "ed25519", "p384", "fingerprint", "name", "bound"}, "signer.json", texts=False)
    if row["v"] != 1 or len(row) != 6 or not (row["name"] is None or isinstance(row["name"], str)):
        raise BadInput("signer.json has another form than version 1 has.")
    ed25519 = _unb64(row["ed25519"], "The Ed25519 key of signer.json")
    _ed25519(ed25519)
    p384 = _unb64(row["p384"], "The P-384 key of signer.json")
    _p384(p384, "The P-384 key of signer.json")
    fingerprint = hashlib.sha256(ed25519).hexdigest()
    if row["fingerprint"] != fingerprint:
        raise BadInput("The fingerprint in signer.json is not that of its Ed25519 key.")
    try:
        check_detached(ed25519, canonical({k: v for k, v in row.items() if k != "bound"}), row["bound"])
    except BadInput as error:
        raise BadInput("The two keys of signer.json are not bound: its own signature does not fit.") from error
    return Signer(fingerprint, ed25519, p384, row["name"])


def check_bundle(statement: bytes, signature: object) -> Signer:
    """Check `seal/signature.json` over the bytes of `seal/statement.json`; raise BadInput with what is wrong."""
    row = _fields(signature, {"v", "statement", "ed25519", "signer"}, "signature.json", texts=False)
    if row["v"] != 1 or len(row) != 4:
        raise BadInput("signature.json has another form than version 1 has.")
    if row["statement"] != hashlib.sha256(statement).hexdigest():
        raise BadInput("The signature is over another statement: the digest it names is not that of statement.json.")
    signer = check_signer(row["signer"])
    check_detached(signer.ed25519, statement, row["ed25519"])
    return signer


def check_detached(public: bytes, data: bytes, signature: object) -> None:
    """Check an Ed25519 signature (base64) over `data` by a key (SPKI DER); raise BadInput with what is wrong."""
    from cryptography.exceptions import InvalidSignature

    raw = _unb64(signature, "The Ed25519 signature")
    if len(raw) != 64:
        raise BadInput(f"The Ed25519 signature has {len(raw)} bytes; 64 are expected.")
    try:
        _ed25519(public).verify(raw, data)
    except InvalidSignature:
        raise BadInput("The Ed25519 signature does not fit its public key and what it is over.") from None


def spoken(fingerprint: str) -> str:
    """Return a fingerprint in groups of four, for print and for reading aloud."""
    return " ".join(fingerprint[i : i + 4] for i in range(0, len(fingerprint), 4))


def _fields(value: object, names: set[str], where: str, *, texts: bool = True) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise BadInput(f"{where} is no JSON object.")
    if lost := sorted(names - set(value)):
        raise BadInput(f"{where} lacks {lost[0]}.")
    if texts and (odd := sorted(name for name in names if not isinstance(value[name], str))):
        raise BadInput(f"{odd[0]} in {where} is no text.")
    return value


def _p384(der: bytes, what: str) -> EllipticCurvePublicKey:
    from cryptography.hazmat.primitives.asymmetric.ec import SECP384R1, EllipticCurvePublicKey

    key = _public(der, what)
    if not isinstance(key, EllipticCurvePublicKey) or not isinstance(key.curve, SECP384R1):
        raise BadInput(f"{what} is of another kind than P-384, the only one that viewers of WACZ files accept.")
    if spki(key) != der:
        raise BadInput(f"{what} is not written as a key is.")
    return key


def _ed25519(der: bytes) -> Ed25519PublicKey:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    key = _public(der, "The Ed25519 key")
    if not isinstance(key, Ed25519PublicKey):
        raise BadInput("The Ed25519 key is of another kind.")
    if spki(key) != der:
        raise BadInput("The Ed25519 key is not written as a key is.")
    y = int.from_bytes(key.public_bytes_raw(), "little") & ((1 << 255) - 1)
    if y >= _FIELD or y in _SMALL:
        raise BadInput("The Ed25519 key is a point of small order: whoever likes can sign for it.")
    return key


def _public(der: bytes, what: str) -> object:
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.serialization import load_der_public_key

    try:
        return load_der_public_key(der)
    except (ValueError, UnsupportedAlgorithm) as error:
        raise BadInput(f"{what} cannot be read.") from error


def spki(key: Ed25519PublicKey | EllipticCurvePublicKey) -> bytes:
    """Return a public key as SPKI DER."""
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    return key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def b64(data: bytes) -> str:
    """Return base64 as text."""
    return base64.b64encode(data).decode()


def _unb64(text: object, what: str) -> bytes:
    """Return what base64 stands for; one value has one form, so that nothing can be changed unseen."""
    if not isinstance(text, str) or len(text) > 1_000:
        raise BadInput(f"{what} is no base64 of its size.")
    try:
        data = base64.b64decode(text, validate=True)
    except (ValueError, binascii.Error) as error:
        raise BadInput(f"{what} is no base64.") from error
    if b64(data) != text:
        raise BadInput(f"{what} is not written as base64 is.")
    return data
