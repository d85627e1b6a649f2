"""Check a case bundle: its lists, its statement and who signed it, and every WACZ in it, read in place."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from concurrent.futures import Executor
from dataclasses import dataclass, field, replace
from typing import Any

from core.errors import BadInput
from evidence.checks import Check, Trust, Wacz, moment, outcome, same_keys
from evidence.files import Files, ZipFiles
from evidence.strict import strict
from evidence.verify_bag import check_bag, check_sums
from evidence.verify_custody import chain, known, log_of
from evidence.verify_times import signed_by, stamped, unknown
from evidence.verify_told import receipt, told
from evidence.verify_wacz import SHAPE, guarded, verify_wacz

STATEMENT, SIGNATURE, LOG = "seal/statement.json", "seal/signature.json", "data/custody.json"
_SEALED = re.compile(r"seal/(statement\.json|signature\.json(\.[a-z0-9-]+\.(tsr|ots))?|tsa-[a-z0-9-]+\.pem)")
_NEEDED = ("README.html", "method.md", "verify.py", "SHA256SUMS", "bagit.txt", "bag-info.txt",
           "manifest-sha256.txt", "tagmanifest-sha256.txt", STATEMENT, SIGNATURE, LOG)  # fmt: skip
_KEYS = "v kind case edition created software sums custody exhibits original"
_WACZ = re.compile(r"data/(exhibits/e[0-9]{3,}-[^/]+|case)\.wacz")
_HEX = re.compile(r"[0-9a-f]{64}")


@dataclass
class Case:
    """A case bundle under examination."""

    files: Files
    trust: Trust
    statement: dict[str, Any] = field(default_factory=dict)
    fingerprint: str | None = None
    custody: list[dict[str, Any]] = field(default_factory=list)


def verify_case(
    files: Files, trust: Trust, pool: Executor | None, step: Callable[[str], None] = lambda _: None
) -> list[Check]:
    """Return the outcome of every check of a case bundle; `step` is told what is read next."""
    case = Case(files, trust)
    if pool is not None:
        files.digest_all(pool)
    checks: list[Check] = []
    for name, look in (
        ("container", _container), ("statement", _statement), ("SHA256SUMS", _sums), ("BagIt", _bag),
        ("signature", _signature), ("time of signing (T2)", _stamps), ("custody", _custody), ("exhibits", _exhibits),
        ("what people read", _told),
    ):  # fmt: skip
        checks += guarded(name, look, case)
    if trust.reread is not None:
        step("posts, read again")
        trust.reread.begin(files)
    for row in _rows(case):
        step(row["path"])
        checks += [replace(check, exhibit=row["path"]) for check in _one(case, row["path"], pool)]
    return checks


def _container(case: Case) -> Iterator[Check]:
    there = set(case.files.names())
    wrong = [*case.files.flaws, *case.files.loose, *(f"{name} is missing" for name in _NEEDED if name not in there)]
    wrong += [
        f"{n} is nothing we put there" for n in sorted(there) if n.startswith("seal/") and not _SEALED.fullmatch(n)
    ]
    for name in sorted(there):
        try:
            case.files.entry(name)
        except BadInput as error:
            wrong.append(error.sentence)
    yield outcome("container", wrong, f"{len(there)} files; nothing stands between, before or after them.")


def _statement(case: Case) -> Iterator[Check]:
    row = same_keys(strict(case.files.read(STATEMENT, 16 * 10**6), STATEMENT, ours=True), _KEYS, STATEMENT)
    wrong = []
    if (row["v"], row["kind"]) != (1, "bundle") or row["edition"] not in ("sealed", "public"):
        wrong.append(f"{STATEMENT} is no statement over a bundle")
    if not str(row["software"]).startswith("copytrail/"):
        wrong.append(f"{STATEMENT} names other software than ours")
    if row["original"] is not None and not _HEX.fullmatch(row["original"]):
        wrong.append(f"{STATEMENT} names no digest of the sealed edition")
    moment(row["created"], STATEMENT)
    case.statement = row
    yield outcome("statement", wrong, f"Case {row['case']}, {row['edition']} edition of {row['created']}.")
    if row["original"]:
        says = (
            f"This is made from the sealed edition with the SHA-256 {row['original']}; whoever holds that can compare."
        )
        yield Check("sealed edition", "claimed", says)


def _sums(case: Case) -> Iterator[Check]:
    yield from check_sums(case.files, case.statement.get("sums"))


def _bag(case: Case) -> Iterator[Check]:
    yield from check_bag(case.files)


def _signature(case: Case) -> Iterator[Check]:
    from evidence.signatures import check_bundle

    data = case.files.read(STATEMENT, 16 * 10**6)
    signer = check_bundle(data, strict(case.files.read(SIGNATURE, 10**5), SIGNATURE, ours=True))
    case.fingerprint = signer.fingerprint
    yield Check("signature", "proved", f"The statement is signed with the key {signer.fingerprint}.")
    yield known(case.trust, signer.fingerprint, signer.name)
    if case.trust.signer not in (None, signer.fingerprint):
        says = f"{SIGNATURE} is by {signer.fingerprint}, not by {case.trust.signer}."
        yield Check("signer", "failed", says)


def _stamps(case: Case) -> Iterator[Check]:
    data = case.files.read(SIGNATURE, 10**5)
    tokens = [n for n in sorted(case.files.names()) if n.startswith(f"{SIGNATURE}.") and n.endswith(".tsr")]
    if not tokens:
        yield Check("time of signing (T2)", "not_checked", "No authority has confirmed the signature yet: pending.")
    for name in tokens:
        authority = name.removeprefix(f"{SIGNATURE}.").removesuffix(".tsr")
        try:
            when = stamped(case.files.read(name, 10**6), data, case.trust, name, authority)
            if isinstance(when, str):
                yield Check("time of signing (T2)", "not_checked", when)
            else:
                yield signed_by(when, authority, case.statement.get("created"), STATEMENT)
        except BadInput as error:
            yield Check("time of signing (T2)", "failed", f"{error.sentence.rstrip('.')} ({name}).")
    yield from (receipt(n) for n in sorted(case.files.names()) if n.startswith("seal/") and n.endswith(".ots"))
    yield from _chains(case)


def _chains(case: Case) -> Iterator[Check]:
    """Check that certificates brought along for other tools are those that are pinned here."""
    pinned = {authority.id: authority.chain() for authority in case.trust.authorities}
    for name in sorted(case.files.names()):
        if not (name.startswith("seal/tsa-") and name.endswith(".pem")):
            continue
        authority = name.removeprefix("seal/tsa-").removesuffix(".pem")
        chain_of = pinned.get(authority)
        if chain_of is None:
            yield Check("certificates", "failed", f"{name}: {unknown(authority)}.")
        elif case.files.read(name, 10**6) != chain_of.encode():
            says = f"{name} holds other certificates than are pinned here; do not use it to check a token."
            yield Check("certificates", "failed", says)


def _custody(case: Case) -> Iterator[Check]:
    value = strict(case.files.read(LOG), LOG, ours=True)
    case.custody = log_of(value, LOG, case.statement["case"])
    if case.statement["custody"] is None and not case.custody:
        yield Check("custody", "not_checked", "The custody log is empty: nothing is told of who did what.")
        return
    head = same_keys(case.statement["custody"], "seq digest", f"custody in {STATEMENT}")
    yield outcome("custody", chain(case.custody, head, LOG), f"{len(case.custody)} entries, each holding the digest of "
                  "the one before it; the last is the one that is signed.")  # fmt: skip


def _told(case: Case) -> Iterator[Check]:
    yield from told(case.files)


def _rows(case: Case) -> list[dict[str, Any]]:
    rows = case.statement.get("exhibits")
    there = set(case.files.names())
    found = [r for r in rows if isinstance(r, dict) and r.get("path") in there] if isinstance(rows, list) else []
    named = {r["path"] for r in found}
    more = [name for name in _waczs(case) if name not in named]
    return [*found, *({"path": name} for name in more)]  # what nobody signed is looked into all the same


def _waczs(case: Case) -> list[str]:
    return sorted(name for name in case.files.names() if name.casefold().endswith(".wacz"))


def _exhibits(case: Case) -> Iterator[Check]:
    rows = case.statement["exhibits"]
    there = set(_waczs(case))
    named = [same_keys(row, "path sha256", f"an exhibit in {STATEMENT}")["path"] for row in rows]
    wrong = [f"{name} is missing" for name in named if name not in there]
    wrong += [f"{name} is not in {STATEMENT}" for name in sorted(there - set(named))]
    if len(set(named)) != len(named):
        wrong.append(f"{STATEMENT} names an exhibit twice")
    for row in rows:
        name = row["path"]
        if name in there and case.files.entry(name).sha256 != row["sha256"]:
            wrong.append(f"{name} is not the file that {STATEMENT} names (its SHA-256 differs)")
    wrong += [f"{name} lies where we put no WACZ" for name in _waczs(case) if not _WACZ.fullmatch(name)]
    every = set(case.files.names())
    for name in sorted(there):
        wrong += _beside(case, name, every)
    yield outcome("exhibits", wrong, f"{len(rows)} files, each with the SHA-256 that is signed.")


def _beside(case: Case, name: str, every: set[str]) -> Iterator[str]:
    """Yield what is wrong with the file that tells the digest of a WACZ beside it."""
    beside = f"{name}.sha256"
    if beside not in every:
        yield f"{beside} is missing"
        return
    expected = f"{case.files.entry(name).sha256}  {name.rpartition('/')[2]}\n".encode()
    if case.files.read(beside, 1_000) != expected:
        yield f"{beside} tells another digest than {name} has"


def _one(case: Case, name: str, pool: Executor | None) -> list[Check]:
    place = case.files.place(name)
    if place is None:
        return [Check("zip", "failed", f"{name} is packed; we store it as it is.")]
    try:
        files = ZipFiles.opened(*place)
    except BadInput as error:
        return [Check("zip", "failed", f"{name}: {error.sentence.rstrip('.')}.")]
    wacz, checks = verify_wacz(files, case.trust, pool)
    try:
        return [*checks, outcome("belongs here", list(_stranger(case, wacz, name)), "Same case, log, maker and key.")]
    except SHAPE as error:
        return [*checks, Check("belongs here", "failed", f"{name} has another shape than ours ({error}).")]


def _stranger(case: Case, wacz: Wacz, name: str) -> Iterator[str]:
    """Yield what shows that an exhibit was made for another bundle than the one it lies in."""
    if not wacz.ours:
        yield f"{name} is not of our making, as everything in this bundle should be"
        return
    if wacz.fingerprint != case.fingerprint:
        yield f"{name} is signed with another key than the bundle"
    for key in ("case", "edition", "created", "software"):
        if wacz.manifest.get(key) != case.statement.get(key):
            yield f"{name} names another {key} than the bundle"
    if wacz.custody != case.custody[: len(wacz.custody)]:
        yield f"{name} has another custody log than the bundle"
    number = re.match(r"data/exhibits/e0*([0-9]+)-", name)
    if number and wacz.item is not None and str(wacz.item.get("exhibit")) not in (number[1], f"e{int(number[1]):03}"):
        yield f"{name} holds the exhibit {wacz.item.get('exhibit')}"
