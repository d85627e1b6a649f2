"""Sign bundles with the newsroom's own pair of keys, and check such signatures; nobody's server is asked.

Ed25519 signs whole case bundles and is the identity; P-384 signs a WACZ in the anonymous form that ReplayWeb.page
accepts (raw r‖s, base64). `signer.json` binds the two. The forms are those of docs/bundle-format.md.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from core.canonical import canonical
from core.errors import BadInput, CannotStart
from evidence.signatures import HALF, ORDER, Signer, b64, spki
from evidence.signatures import check_bundle as check_bundle
from evidence.signatures import check_detached as check_detached
from evidence.signatures import check_package as check_package
from evidence.signatures import check_signer as check_signer
from evidence.signatures import spoken as spoken

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

_SCRYPT = {"n": 1 << 15, "r": 8, "p": 1}  # 32 MB and about a tenth of a second for each guess


@dataclass(frozen=True)
class Identity:
    """The pair of keys that signs; `name` is what a newsroom calls it, and is told in every bundle."""

    ed25519: Ed25519PrivateKey
    p384: EllipticCurvePrivateKey
    name: str | None = None

    @classmethod
    def new(cls, name: str | None = None) -> Identity:
        """Make a fresh pair."""
        from cryptography.hazmat.primitives.asymmetric.ec import SECP384R1, generate_private_key
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

        return cls(Ed25519PrivateKey.generate(), generate_private_key(SECP384R1()), name)

    @cached_property
    def public(self) -> Signer:
        """The public half."""
        ed25519 = spki(self.ed25519.public_key())
        return Signer(hashlib.sha256(ed25519).hexdigest(), ed25519, spki(self.p384.public_key()), self.name)

    @property
    def fingerprint(self) -> str:
        """The SHA-256 (hex) of the Ed25519 public key: what is told to readers by another way."""
        return self.public.fingerprint

    def sign_package(self, text: str, created: str, software: str) -> dict[str, str]:
        """Return `signedData` of datapackage-digest.json over a text `sha256:<hex>`; `created` is the package's own.

        Raises CannotStart where the signature does not hold when it is checked once more.
        """
        from cryptography.hazmat.primitives.asymmetric.ec import ECDSA
        from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
        from cryptography.hazmat.primitives.hashes import SHA256

        r, s = decode_dss_signature(self.p384.sign(text.encode(), ECDSA(SHA256())))
        raw = r.to_bytes(HALF, "big") + min(s, ORDER - s).to_bytes(HALF, "big")
        signed = {"hash": text, "signature": b64(raw), "publicKey": b64(self.public.p384), "created": created,
                  "software": software}  # fmt: skip
        try:
            check_package(signed, text, created)
        except BadInput as error:
            raise CannotStart(f"The signature did not hold: {error.sentence} Nothing was exported.") from error
        return signed

    def sign(self, data: bytes) -> str:
        """Return the Ed25519 signature over `data`, base64.

        Raises CannotStart where it does not hold when it is checked once more.
        """
        signature = b64(self.ed25519.sign(data))
        try:
            check_detached(self.public.ed25519, data, signature)
        except BadInput as error:
            raise CannotStart(f"The signature did not hold: {error.sentence} Nothing was exported.") from error
        return signature

    def as_row(self) -> dict[str, Any]:
        """Return `signer.json`: both public keys, the fingerprint, and the signature that binds them."""
        row: dict[str, Any] = {"v": 1, "ed25519": b64(self.public.ed25519), "p384": b64(self.public.p384),
                               "fingerprint": self.fingerprint, "name": self.name}  # fmt: skip
        return {**row, "bound": self.sign(canonical(row))}

    def pem(self) -> bytes:
        """Return `signer.pem`: both public keys, Ed25519 first, for readers with other tools."""
        return pem(self.public)

    def locked(self, passphrase: str) -> dict[str, Any]:
        """Return both private keys as PKCS8, encrypted with a passphrase that scrypt stretches first."""
        import secrets

        from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, Encoding, PrivateFormat

        salt = secrets.token_bytes(16)
        lock = BestAvailableEncryption(_stretched(passphrase, salt, _SCRYPT))
        keys = {
            name: key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, lock).decode()
            for name, key in (("ed25519", self.ed25519), ("p384", self.p384))
        }
        return {"kdf": {"name": "scrypt", **_SCRYPT, "salt": salt.hex()}, **keys}


def unlocked(row: Mapping[str, Any], passphrase: str, name: str | None = None) -> Identity:
    """Return the identity that `locked` wrote; raise BadInput on a wrong passphrase or a damaged file."""
    from cryptography.hazmat.primitives.asymmetric.ec import SECP384R1, EllipticCurvePrivateKey
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    try:
        kdf = row["kdf"]
        cost = {name: int(kdf[name]) for name in _SCRYPT}
        if kdf["name"] != "scrypt" or any(not 1 <= cost[n] <= _SCRYPT[n] * 8 for n in cost):
            raise ValueError
        stretched = _stretched(passphrase, bytes.fromhex(kdf["salt"]), cost)
        texts = {name: str(row[name]).encode() for name in ("ed25519", "p384")}
    except (LookupError, TypeError, ValueError) as error:
        raise BadInput("The file of the key is damaged; take it from a copy you kept.") from error
    try:
        keys = {name: load_pem_private_key(text, stretched) for name, text in texts.items()}
    except (TypeError, ValueError) as error:
        raise BadInput("The passphrase does not open the key.") from error
    ed25519, p384 = keys["ed25519"], keys["p384"]
    if not isinstance(ed25519, Ed25519PrivateKey) or not isinstance(p384, EllipticCurvePrivateKey):
        raise BadInput("The file of the key holds keys of another kind; take it from a copy you kept.")
    if not isinstance(p384.curve, SECP384R1):
        raise BadInput("The file of the key holds a key on another curve; take it from a copy you kept.")
    return Identity(ed25519, p384, name)


def _stretched(passphrase: str, salt: bytes, cost: Mapping[str, int]) -> bytes:
    whole = hashlib.scrypt(passphrase.encode(), salt=salt, dklen=32, maxmem=256 * cost["n"] * cost["r"], **cost)
    return whole.hex().encode()


def pem(signer: Signer) -> bytes:
    """Return both public keys as PEM, Ed25519 first."""
    return b"".join(_pem(key) for key in (signer.ed25519, signer.p384))


def _pem(der: bytes) -> bytes:
    text = b64(der)
    lines = [text[i : i + 64] for i in range(0, len(text), 64)]
    return "\n".join(["-----BEGIN PUBLIC KEY-----", *lines, "-----END PUBLIC KEY-----", ""]).encode()
