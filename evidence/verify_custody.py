"""Check the custody log of a bundle, and who signed it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from core.canonical import canonical
from core.custody import Event, flaws
from core.errors import BadInput
from core.ids import sha256
from evidence.checks import Check, Trust, Wacz, outcome, same_keys
from evidence.strict import strict
from evidence.verify_package import DIGEST

LOG = "evidence/custody.json"


def check_custody(wacz: Wacz) -> Iterator[Check]:
    """Check the chain of the custody log, and that it ends with the entry the manifest names."""
    if not wacz.ours:
        yield Check("custody", "not_checked", "There is no custody log of ours.")
        return
    wacz.custody = log_of(wacz.json(LOG), LOG, wacz.manifest["case"])
    if wacz.manifest["custody"] is None and not wacz.custody:
        yield Check("custody", "not_checked", "The custody log is empty: nothing is told of who did what.")
        return
    head = same_keys(wacz.manifest["custody"], "seq digest sealed", "custody in evidence/manifest.json")
    wrong = chain(wacz.custody, head, LOG)
    yield outcome("custody", wrong, f"{len(wacz.custody)} entries, each holding the digest of the one before it; the "
                  "last is the one that the manifest names.")  # fmt: skip
    if not wrong:
        yield _sealed_entry(wacz, head["sealed"])


def _sealed_entry(wacz: Wacz, sealed: Any) -> Check:
    """Return since when the log stood as far as its newest sealed entry: the words after it are the maker's."""
    if sealed is None:
        return Check("custody over time", "claimed", "No entry is sealed: when they were written is the maker's word.")
    row = same_keys(sealed, "seq digest place", "the sealed entry of the custody log in evidence/manifest.json")
    same_keys(row["place"], "seal index path", "the place of the sealed entry of the custody log")
    seq, count = row["seq"], len(wacz.custody)
    if not isinstance(seq, int) or not 0 < seq <= count or Event(**wacz.custody[seq - 1]).digest != row["digest"]:
        says = f"{LOG}: its entry {seq} is not the one that was sealed: the log was written anew."
        return Check("custody over time", "failed", says)
    seal = wacz.seals.get(row["place"]["seal"])
    if seal is None or seal.at is None:
        says = f"Entries 1 to {seq} of {count} are sealed; no time stamp over the seal was checked."
        return Check("custody over time", "not_checked", says)
    says = f"Entries 1 to {seq} of {count} were written by {seal.at.isoformat()} ({seal.authority}, T1)."
    return Check("custody over time", "proved", says)


def log_of(value: Any, name: str, case: Any) -> list[dict[str, Any]]:
    """Return the entries of a custody log; raise BadInput where it is none, or of another case."""
    row = same_keys(value, "v case events", name)
    if row["v"] != 1 or not isinstance(row["events"], list) or not all(isinstance(e, dict) for e in row["events"]):
        raise BadInput(f"{name} is no custody log")
    if row["case"] != case:
        raise BadInput(f"{name} is the log of another case")
    return row["events"]


def chain(events: list[dict[str, Any]], head: Any, name: str) -> list[str]:
    """Return what is wrong with a log, entry by entry, and with the head that stands for it."""
    wrong = [f"{name}: {flaw}" for flaw in flaws(events)]
    if wrong:
        return wrong
    seq = len(events)
    last = Event(**events[-1]).digest if events else "0" * 64
    if head["seq"] != seq:
        wrong.append(f"{name} ends with entry {seq}, but entry {head['seq']} is named as its last: entries were taken "
                     "off or added")  # fmt: skip
    elif head["digest"] != last:
        wrong.append(f"{name}: its last entry is not the one that is named: the log was written anew")
    return wrong


def check_signature(wacz: Wacz) -> Iterator[Check]:
    """Check the signature over datapackage-digest.json, and whose it is."""
    from evidence.signatures import check_package, check_signer

    signed = wacz.digest.get("signedData")
    if not signed:
        wanted = wacz.ours or wacz.trust.signer is not None
        yield Check(
            "signature",
            "failed" if wanted else "not_checked",
            f"{DIGEST} holds no signature{'; we sign whatever we make' if wacz.ours else ''}.",
        )
        return
    if not wacz.ours and isinstance(signed, dict) and "domainCert" in signed:
        says = "It is signed in the name of a domain; such certificates are not checked here."
        yield Check("signature", "not_checked", says)
        yield from _expected(wacz.trust, None)
        return
    created = wacz.package.get("created")
    key = check_package(signed, wacz.digest["hash"], created if wacz.ours else None)
    if not wacz.ours:
        yield Check("signature", "proved", f"It fits the key it brings along, {sha256(key)}.")
        yield from _expected(wacz.trust, None)
        return
    if signed["software"] != wacz.package.get("software"):
        raise BadInput(f"{DIGEST}: the signature names other software than datapackage.json")
    signer = check_signer(strict(wacz.files.read("evidence/signer.json", 10**5), "evidence/signer.json", ours=True))
    if signer.p384 != key:
        raise BadInput("the signature is by another key than evidence/signer.json names")
    if wacz.files.read("evidence/signer.pem", 10**5) != pem(signer.ed25519, signer.p384):
        raise BadInput("evidence/signer.pem holds other keys than evidence/signer.json")
    wacz.fingerprint = signer.fingerprint
    yield Check("signature", "proved", f"Signed with the key {signer.fingerprint}.")
    yield known(wacz.trust, signer.fingerprint, signer.name)
    yield from _expected(wacz.trust, signer.fingerprint)


def known(trust: Trust, fingerprint: str, claimed: str | None) -> Check:
    """Return whether a signer is one we know: anybody can make a key and call it by any name."""
    if fingerprint in trust.known or fingerprint == trust.signer:
        name = trust.known.get(fingerprint)
        return Check("signer", "proved", f"The key is known here{f' as {name}' if name else ''}.")
    calls = f" It calls itself {claimed!r}." if claimed else ""
    says = f"The key is not known here.{calls} Compare its fingerprint with the one that reached you by another way."
    return Check("signer", "claimed", says)


def _expected(trust: Trust, fingerprint: str | None) -> Iterator[Check]:
    if trust.signer is not None and fingerprint != trust.signer:
        says = f"{DIGEST} is signed by {fingerprint or 'a key that is none of ours'}, not by {trust.signer}."
        yield Check("signer", "failed", says)


def pem(*keys: bytes) -> bytes:
    """Return public keys (SPKI DER) as PEM, one after the other."""
    from base64 import b64encode

    out = b""
    for key in keys:
        text = b64encode(key).decode()
        lines = [text[i : i + 64] for i in range(0, len(text), 64)]
        out += "\n".join(["-----BEGIN PUBLIC KEY-----", *lines, "-----END PUBLIC KEY-----", ""]).encode()
    return out


def head_of(events: list[dict[str, Any]]) -> dict[str, Any]:
    """Return number and digest of the last entry, as a statement names them."""
    last = events[-1] if events else None
    return {"seq": len(events), "digest": sha256(canonical(last)) if last else "0" * 64}
