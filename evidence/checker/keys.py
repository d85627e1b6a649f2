"""The two keys of a newsroom, bound to each other by signer.json."""

from __future__ import annotations

from typing import Any

from evidence.checker.curves import ed25519
from evidence.checker.reading import canonical, sha, unbase64
from evidence.checker.saying import Examination, Wrong

ED25519 = "302a300506032b6570032100"
P384 = "3076301006072a8648ce3d020106052b8104002203620004"


def raw(text: str, prefix: str) -> bytes:
    """Return the bytes of a public key, which stands as base64 of SPKI DER."""
    data = unbase64(text, "a public key")
    if not data.startswith(bytes.fromhex(prefix)):
        raise Wrong("a public key is of another kind than we use")
    if len(data) - len(prefix) // 2 != {ED25519: 32, P384: 96}[prefix]:
        raise Wrong("a public key has another length than it should")
    return data[len(prefix) // 2 :]


def signer_of(row: Any, run: Examination) -> tuple[str, bytes, bytes]:
    """Check that the two keys of signer.json are bound; return fingerprint, Ed25519 key and P-384 key."""

    def work() -> tuple[str, bytes, bytes]:
        run.keys(row, "v ed25519 p384 fingerprint name bound", "signer.json")
        ed = raw(row["ed25519"], ED25519)
        if row["fingerprint"] != sha(unbase64(row["ed25519"], "a public key")):
            raise Wrong("signer: the fingerprint is not that of the key")
        bound = canonical({k: v for k, v in row.items() if k != "bound"})
        if not ed25519(ed, bound, unbase64(row["bound"], "signer.json")):
            raise Wrong("signer: the two keys are not bound to each other, or the name was changed")
        return row["fingerprint"], ed, raw(row["p384"], P384)

    found: tuple[str, bytes, bytes] = run.once(("signer", canonical(row)), work)
    return found


def pem_of(row: Any) -> bytes:
    """Return signer.pem as signer.json has it."""
    made = b""
    for name in ("ed25519", "p384"):
        lines = [row[name][i : i + 64].encode() + b"\n" for i in range(0, len(row[name]), 64)]
        made += b"-----BEGIN PUBLIC KEY-----\n" + b"".join(lines) + b"-----END PUBLIC KEY-----\n"
    return made
