"""Signatures are made in the forms of the contract, and each thing that can be wrong is named."""

from __future__ import annotations

import base64
import hashlib
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from core.canonical import canonical
from core.errors import BadInput, CannotStart
from evidence.signatures import ORDER, check_detached
from evidence.signing import Identity, check_bundle, check_package, check_signer, spoken, unlocked

TEXT = f"sha256:{hashlib.sha256(b'datapackage').hexdigest()}"
MADE = "2026-05-01T12:00:00Z"
KEY, OTHER = Identity.new("Harbour desk"), Identity.new()
STATEMENT = canonical({"v": 1, "kind": "bundle"})


def b64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def package(software: str = "copytrail/0.1.0") -> dict[str, Any]:
    return dict(KEY.sign_package(TEXT, MADE, software))


def parts(signed: dict[str, Any]) -> tuple[int, int]:
    raw = base64.b64decode(signed["signature"])
    return int.from_bytes(raw[:48], "big"), int.from_bytes(raw[48:], "big")


def raw(r: int, s: int) -> str:
    return b64(r.to_bytes(48, "big") + s.to_bytes(48, "big"))


def test_a_package_signature_is_raw_p384_over_the_text_as_webcrypto_checks_it() -> None:
    signed = package()
    assert set(signed) == {"hash", "signature", "publicKey", "created", "software"}
    key = KEY.p384.public_key()
    key.verify(encode_dss_signature(*parts(signed)), TEXT.encode(), ec.ECDSA(SHA256()))
    spki = key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    assert check_package(signed, TEXT, MADE) == spki == base64.b64decode(signed["publicKey"])


def test_a_signature_is_always_the_lower_of_its_two_forms() -> None:
    assert all(parts(package())[1] <= ORDER // 2 for _ in range(20))


def test_the_mirrored_form_of_our_signature_is_a_change_and_of_others_none() -> None:
    for software, fits in (("copytrail/0.1.0", False), ("Webrecorder ArchiveWeb.page 0.12.0", True)):
        signed = package(software)
        r, s = parts(signed)
        signed["signature"] = raw(r, ORDER - s)
        if fits:
            check_package(signed, TEXT, MADE)
        else:
            with pytest.raises(BadInput, match="mirrored"):
                check_package(signed, TEXT, MADE)


def other_curve() -> str:
    key = ec.generate_private_key(ec.SECP256R1()).public_key()
    return b64(key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo))


WRONG: list[tuple[str, Callable[[dict[str, Any]], Any], str]] = [
    ("changed hash", lambda s: {**s, "hash": TEXT[:-1] + "x"}, "another datapackage.json"),
    ("changed date", lambda s: {**s, "created": "2026-05-02T12:00:00Z"}, "another time of creation"),
    ("changed key", lambda s: {**s, "publicKey": b64(OTHER.public.p384)}, "does not fit its public key"),
    ("other curve", lambda s: {**s, "publicKey": other_curve()}, "another kind than P-384"),
    ("Ed25519", lambda s: {**s, "publicKey": b64(KEY.public.ed25519)}, "another kind than P-384"),
    ("no key", lambda s: {**s, "publicKey": b64(b"no key")}, "cannot be read"),
    ("key and more", lambda s: {**s, "publicKey": b64(KEY.public.p384 + b"\0")}, "cannot be read|not written"),
    ("DER", lambda s: {**s, "signature": b64(encode_dss_signature(*parts(s)))}, "packed as DER"),
    ("short", lambda s: {**s, "signature": s["signature"][:-4]}, "has 93 bytes"),
    ("zeros", lambda s: {**s, "signature": raw(0, 0)}, "outside the curve"),
    ("beyond", lambda s: {**s, "signature": raw(ORDER, 1)}, "outside the curve"),
    ("another", lambda s: {**s, "signature": raw(parts(s)[0], 5)}, "does not fit its public key"),
    ("no base64", lambda s: {**s, "signature": "!" + s["signature"][1:]}, "no base64"),
    ("blank in base64", lambda s: {**s, "signature": s["signature"] + "\n"}, "base64"),
    ("field missing", lambda s: {k: v for k, v in s.items() if k != "created"}, "lacks created"),
    ("field more", lambda s: {**s, "domain": "desk.example"}, "holds domain"),
    ("number", lambda s: {**s, "hash": 1}, "is no text"),
    ("list", lambda s: [s], "no JSON object"),
]


@pytest.mark.parametrize(("change", "says"), [w[1:] for w in WRONG], ids=[w[0] for w in WRONG])
def test_each_wrong_thing_of_a_package_signature_is_named(change: Callable[[Any], Any], says: str) -> None:
    with pytest.raises(BadInput, match=says):
        check_package(change(package()), TEXT, MADE)


def test_trailing_bits_of_base64_are_no_second_form() -> None:
    signer = KEY.as_row()
    assert signer["bound"].endswith("==")
    last = signer["bound"][-3]
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    twin = alphabet[alphabet.index(last) ^ 1]
    with pytest.raises(BadInput, match="not bound"):
        check_signer({**signer, "bound": signer["bound"][:-3] + twin + "=="})


def bundle() -> dict[str, Any]:
    return {"v": 1, "statement": hashlib.sha256(STATEMENT).hexdigest(), "ed25519": KEY.sign(STATEMENT),
            "signer": KEY.as_row()}  # fmt: skip


def test_a_bundle_signature_names_its_signer() -> None:
    signer = check_bundle(STATEMENT, bundle())
    assert (signer.fingerprint, signer.name) == (KEY.fingerprint, "Harbour desk")
    assert signer.fingerprint == hashlib.sha256(signer.ed25519).hexdigest()


BROKEN: list[tuple[str, Callable[[dict[str, Any]], Any], str]] = [
    ("statement", lambda b: {**b, "statement": "0" * 64}, "another statement"),
    ("signature", lambda b: {**b, "ed25519": OTHER.sign(STATEMENT)}, "does not fit"),
    ("length", lambda b: {**b, "ed25519": b["ed25519"][:-4]}, "has 6[0-9] bytes"),
    ("signer", lambda b: {**b, "signer": OTHER.as_row()}, "does not fit"),
    ("p384", lambda b: {**b, "signer": {**b["signer"], "p384": OTHER.as_row()["p384"]}}, "not bound"),
    ("name", lambda b: {**b, "signer": {**b["signer"], "name": "Another desk"}}, "not bound"),
    ("bound", lambda b: {**b, "signer": {**b["signer"], "bound": OTHER.as_row()["bound"]}}, "not bound"),
    ("fingerprint", lambda b: {**b, "signer": {**b["signer"], "fingerprint": OTHER.fingerprint}}, "fingerprint"),
    ("version", lambda b: {**b, "v": 2}, "version 1"),
    ("more", lambda b: {**b, "more": 1}, "version 1"),
]  # fmt: skip


@pytest.mark.parametrize(("change", "says"), [w[1:] for w in BROKEN], ids=[w[0] for w in BROKEN])
def test_each_wrong_thing_of_a_bundle_signature_is_named(change: Callable[[Any], Any], says: str) -> None:
    with pytest.raises(BadInput, match=says):
        check_bundle(STATEMENT, change(bundle()))


def test_a_key_that_anybody_can_sign_for_is_none() -> None:
    field, base = 2**255 - 19, (4 * pow(5, -1, 2**255 - 19) % (2**255 - 19)).to_bytes(32, "little")
    order_of_8 = 0x7A03AC9277FDC74EC6CC392CFA53202A0F67100D760B3CBA4FD84D3D706A17C7
    for y in (0, 1, field - 1, field, field + 1, order_of_8, field - order_of_8):
        for sign in (0, 1 << 255):
            key = bytes.fromhex("302a300506032b6570032100") + (y | sign).to_bytes(32, "little")
            with pytest.raises(BadInput, match="small order"):
                check_detached(key, b"anything", b64(base + (1).to_bytes(32, "little")))


def test_a_signature_that_does_not_hold_ends_the_export(monkeypatch: pytest.MonkeyPatch) -> None:
    class Faulty:
        def sign(self, *_: object) -> bytes:
            return bytes(64)

        def public_key(self) -> Any:
            return KEY.ed25519.public_key()

    faulty = Identity(Faulty(), KEY.p384)  # type: ignore[arg-type]
    with pytest.raises(CannotStart, match="did not hold"):
        faulty.sign(b"data")
    faulty = Identity(KEY.ed25519, OTHER.p384)
    monkeypatch.setitem(faulty.__dict__, "public", KEY.public)
    with pytest.raises(CannotStart, match="did not hold"):
        faulty.sign_package(TEXT, MADE, "copytrail/0.1.0")


def test_locked_keys_open_with_their_passphrase_alone() -> None:
    locked = KEY.locked("invented words of a test")
    assert unlocked(locked, "invented words of a test").fingerprint == KEY.fingerprint
    with pytest.raises(BadInput, match="does not open the key"):
        unlocked(locked, "other words of a test")
    with pytest.raises(BadInput, match="damaged"):
        unlocked({**locked, "kdf": {**locked["kdf"], "n": 1 << 30}}, "invented words of a test")


def test_a_fingerprint_is_read_aloud_in_groups_of_four() -> None:
    assert spoken("0123456789abcdef") == "0123 4567 89ab cdef"


@pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl is not installed")
def test_openssl_checks_the_detached_signature_with_signer_pem(tmp_path: Path) -> None:
    (tmp_path / "signer.pem").write_bytes(KEY.pem())
    (tmp_path / "data").write_bytes(STATEMENT)
    (tmp_path / "signature").write_bytes(base64.b64decode(KEY.sign(STATEMENT)))
    command = ["openssl", "pkeyutl", "-verify", "-pubin", "-inkey", "signer.pem", "-rawin", "-in", "data", "-sigfile",
               "signature"]  # fmt: skip
    assert b"Success" in subprocess.run(command, cwd=tmp_path, check=True, capture_output=True).stdout
