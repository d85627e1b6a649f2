"""Check what fixes a WACZ in time: records under seals, seals and signatures under the stamps of pinned authorities."""

from __future__ import annotations

import base64
import binascii
import re
import warnings
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from core.canonical import canonical
from core.errors import BadInput
from core.merkle import climb
from core.times import iso
from evidence.checks import SKEW, Check, Seal, Trust, Wacz, moment, outcome, same_keys, span
from evidence.strict import strict

_SEAL = re.compile(r"evidence/seal-([0-9]{14}-[0-9a-f]{8})\.json")
_SHOWS = "It shows that these bytes existed then, not that a site sent them."
Stamped = tuple[datetime, str]


def stamped(token: bytes, data: bytes, trust: Trust, name: str, authority: str) -> Stamped | str:
    """Return when a pinned authority says that `data` existed, and its id; a sentence where nobody here can check it.

    `authority` is the id the bundle names. Raises BadInput, naming the token, where it is wrong, leads to another root
    than the pinned one, or is of an authority that is not pinned: anybody can run one that says what he likes.
    """
    from archive.timestamps import Uncheckable, check

    if all(one.id != authority for one in trust.authorities):
        raise BadInput(f"{name}: {unknown(authority)}")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # what a library thinks of a damaged token is told below
            found = check(token, data, trust.authorities)
    except Uncheckable as error:
        return f"{name}: {error.sentence}"
    except BadInput as error:
        raise BadInput(f"{name}: {error.sentence}") from error
    except ValueError as error:
        raise BadInput(f"{name} is no time stamp that can be read ({error})") from error
    return found.at, found.authority.id


def unknown(authority: str) -> str:
    """Return what is told of an authority nobody here has pinned."""
    return f"the authority {authority!r} is not pinned here"


def check_seals(wacz: Wacz) -> Iterator[Check]:
    """Check that each record leads to the seal it names, and each seal to the time stamps over it (T1)."""
    if not wacz.ours:
        yield Check("time of capture", "claimed", "Other software made this; no seal of ours confirms when.")
        return
    wrong: list[str] = []
    for name in sorted(wacz.present):
        if found := _SEAL.fullmatch(name):
            try:
                wacz.seals[found[1]] = Seal(_statement(wacz, name, found[1]))
            except BadInput as error:
                wrong.append(error.sentence)
    named, bare = set[str](), 0
    for row in wacz.manifest["records"]:
        same_keys(row, "id type sha256 place", "a record in evidence/manifest.json")
        leaf = {"id": row["id"], "sha256": row["sha256"]}
        bare += row["place"] is None and row["type"] != "warcinfo"
        _placed(wacz, row["place"], leaf, row["id"], wrong, named)
    if (head := wacz.manifest["custody"]) is not None and (entry := head["sealed"]) is not None:
        leaf = {"case": wacz.manifest["case"], "custody": entry["digest"], "seq": entry["seq"]}
        _placed(wacz, entry["place"], leaf, "the sealed entry of the custody log", wrong, named)
    wrong += [f"evidence/seal-{seal}.json seals nothing that is here" for seal in sorted(wacz.seals.keys() - named)]
    placed = sum(row["place"] is not None for row in wacz.manifest["records"])
    yield outcome("seals", wrong, f"{placed} records lead to the roots of {len(wacz.seals)} seals.")
    if bare:
        yield Check("seals", "claimed", f"{bare} records were not sealed, or were changed for this edition: their time "
                    "of capture rests on the maker's word.")  # fmt: skip
    yield from _stamps(wacz)
    yield from _dates(wacz)


def _statement(wacz: Wacz, name: str, seal: str) -> dict[str, Any]:
    row = same_keys(wacz.json(name, 10**6), "v kind id sealed software leaves root clock", name)
    if (row["v"], row["kind"], row["id"]) != (1, "seal", seal) or not isinstance(row["leaves"], int):
        raise BadInput(f"{name} is no seal of that name")
    moment(row["sealed"], name)
    return row


def _placed(
    wacz: Wacz, place: Any, leaf: dict[str, Any], what: str, wrong: list[str], named: set[str]
) -> None:  # fmt: skip
    if place is None:
        return
    same_keys(place, "seal index path", f"the place of {what}")
    named.add(place["seal"])
    seal = wacz.seals.get(place["seal"])
    if seal is None:
        wrong.append(f"evidence/seal-{place['seal']}.json, which {what} names, is missing")
        return
    try:
        root = climb(canonical(leaf), place["index"], seal.statement["leaves"], _digests(place["path"]))
    except (ValueError, TypeError) as error:
        wrong.append(f"{what} has no place in evidence/seal-{place['seal']}.json: {error}")
        return
    if root != seal.statement["root"]:
        wrong.append(f"{what} is not what evidence/seal-{place['seal']}.json sealed")


def _digests(path: list[str]) -> list[str]:
    """Return a path whose elements are written in the one form that digests have; raise ValueError otherwise."""
    if not all(re.fullmatch("[0-9a-f]{64}", one) for one in path):
        raise ValueError("its path holds something else than digests")
    return path


def _stamps(wacz: Wacz) -> Iterator[Check]:
    """Check each token over each seal; the earliest that holds is the seal's time."""
    taken = {name for name in wacz.present if name.startswith("evidence/seal-") and not name.endswith(".json")}
    for seal_id, seal in sorted(wacz.seals.items()):
        data = wacz.files.read(f"evidence/seal-{seal_id}.json")
        tokens = sorted(name for name in taken if name.startswith(f"evidence/seal-{seal_id}."))
        taken -= set(tokens)
        tokens = [name for name in tokens if name.endswith(".tsr")]
        if not tokens:
            says = f"No authority has confirmed the seal {seal_id} of {seal.statement['sealed']} yet: it is pending."
            yield Check("time of capture (T1)", "not_checked", says)
        for name in tokens:
            check = _token(wacz, name, data, seal)
            yield check
        yield from _sealed_before(seal_id, seal)
    for name in sorted(taken):
        if not name.endswith(".ots"):
            yield Check("time of capture (T1)", "failed", f"{name} belongs to no seal of this bundle.")


def _token(wacz: Wacz, name: str, data: bytes, seal: Seal) -> Check:
    stated = name.removesuffix(".tsr").rpartition(".")[2]
    try:
        told = stamped(wacz.files.read(name, 10**6), data, wacz.trust, name, stated)
    except BadInput as error:
        return Check("time of capture (T1)", "failed", error.sentence)
    if isinstance(told, str):
        return Check("time of capture (T1)", "not_checked", told)
    at, authority = told
    if stated != authority:
        return Check("time of capture (T1)", "failed", f"{name} is a token of {authority}, not of {stated}.")
    if seal.at is None or at < seal.at:
        seal.at, seal.authority = at, authority
    says = f"{authority} (pinned) confirms that seal {seal.statement['id']} existed at {iso(at)}. {_SHOWS}"
    return Check("time of capture (T1)", "proved", says)


def _sealed_before(seal_id: str, seal: Seal) -> Iterator[Check]:
    if seal.at is None:
        return
    sealed = _true(moment(seal.statement["sealed"], f"evidence/seal-{seal_id}.json"), seal)
    if sealed > seal.at + SKEW:
        says = f"evidence/seal-{seal_id}.json is dated {span(sealed - seal.at)} after the stamp over it."
        yield Check("time of capture (T1)", "failed", says)


def _true(at: datetime, seal: Seal) -> datetime:
    """Return a time of the capturing machine by the authority's clock, as far as the offset was known."""
    offset = (seal.statement["clock"] or {}).get("offset")
    return at - timedelta(seconds=offset) if isinstance(offset, int | float) and abs(offset) < 10**9 else at


def _dates(wacz: Wacz) -> Iterator[Check]:
    """Check capture <= T1 <= capture + limit, record by record."""
    wrong: list[str] = []
    late: list[timedelta] = []
    fine = 0
    for row in wacz.manifest["records"]:
        record = wacz.by_id.get(row["id"])
        seal = wacz.seals.get(row["place"]["seal"]) if row["place"] else None
        if record is None or seal is None or seal.at is None:
            continue
        stated = moment(record.headers.get("warc-date", ""), record.id)
        at = min(stated, _true(stated, seal))  # what the maker says of its clock may excuse, and brings nothing nearer
        if at > seal.at + SKEW:
            wrong.append(f"{record.id} is dated {span(at - seal.at)} after the time stamp over it")
        elif seal.at - at > wacz.trust.within:
            late.append(seal.at - at)
        else:
            fine += 1
    if fine or wrong:
        limit = span(wacz.trust.within)
        yield outcome("captured before T1", wrong, f"{fine} records existed at T1, at most {limit} after their date.")
    if late:
        says = (
            f"{len(late)} records were stamped up to {span(max(late))} after the date they bear: that they existed at "
            "T1 is proved, the date is the maker's word."
        )
        yield Check("captured before T1", "claimed", says)


def check_signed_time(wacz: Wacz) -> Iterator[Check]:
    """Check the stamps over the signature (T2): the bundle was signed when the authority says."""
    if not wacz.ours:
        return
    entries = wacz.digest.get("timestamps", [])
    names = [str(entry["authority"]) for entry in entries]
    if len(set(names)) < len(names):
        yield Check("time of signing (T2)", "failed", "datapackage-digest.json names an authority twice.")
    signature = (wacz.digest.get("signedData") or {}).get("signature", "")
    if not entries:
        yield Check("time of signing (T2)", "not_checked", "No authority was asked to confirm the signature.")
    for entry in entries:
        try:
            yield _signed_at(wacz, entry, signature)
        except BadInput as error:
            yield Check("time of signing (T2)", "failed", f"datapackage-digest.json: {error.sentence.rstrip('.')}.")


def _signed_at(wacz: Wacz, entry: Any, signature: str) -> Check:
    authority = str(entry["authority"])
    if not isinstance(entry["statement"], str):
        raise BadInput(f"the statement for {authority} is no text")
    data = entry["statement"].encode()
    statement = strict(data, f"the statement for {authority}", ours=True)
    row = same_keys(statement, "v kind leaves root", f"the statement for {authority}")
    if (row["v"], row["kind"]) != (1, "signatures"):
        raise BadInput(f"the statement for {authority} is over something else than signatures")
    if "pending" in entry and "token" not in entry:
        same_keys(entry, "authority statement pending", f"the stamp of {authority}")
        return Check("time of signing (T2)", "not_checked", f"{authority} has not answered yet ({entry['pending']}).")
    same_keys(entry, "authority statement index path token", f"the time stamp of {authority}")
    try:
        root = climb(signature.encode(), entry["index"], row["leaves"], _digests(entry["path"]))
        token = base64.b64decode(entry["token"], validate=True)
        if base64.b64encode(token).decode() != entry["token"]:
            raise BadInput(f"the token of {authority} is not written as base64 is")
    except (ValueError, TypeError, binascii.Error) as error:
        raise BadInput(f"the time stamp of {authority} cannot be read: {error}") from error
    if root != row["root"]:
        raise BadInput(f"the time stamp of {authority} is over other signatures than this one")
    told = stamped(token, data, wacz.trust, f"the token of {authority} over the signature", authority)
    if isinstance(told, str):
        return Check("time of signing (T2)", "not_checked", told)
    return signed_by(told, authority, wacz.package.get("created"), "datapackage.json")


def signed_by(told: Stamped, authority: str, created: Any, name: str) -> Check:
    """Return the check of a time stamp over a signature: whose it is, and that nothing was made after it."""
    at, by = told
    if by != authority:
        raise BadInput(f"the token of {authority} is one of {by}")
    made = moment(created, name)
    if made > at + SKEW:
        says = f"{name} is dated {span(made - at)} after the stamp over its signature."
        return Check("time of signing (T2)", "failed", says)
    says = f"{by} (pinned) confirms that the signature existed at {iso(at)}; the bundle states {created}."
    return Check("time of signing (T2)", "proved", says)
