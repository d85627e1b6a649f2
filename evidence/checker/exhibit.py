"""Check one WACZ: an exhibit, or the whole case."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from evidence.checker.curves import p384
from evidence.checker.index import index_flaws
from evidence.checker.keys import P384, pem_of, raw, signer_of
from evidence.checker.posts import ITEM, post_flaws
from evidence.checker.reading import Folder, canonical, loads, moment, sha, unbase64
from evidence.checker.saying import SKEW, Examination, Wrong
from evidence.checker.tokens import stamp
from evidence.checker.tree import chain, climb
from evidence.checker.warc import Record, records

LIST, LAST, MANIFEST = "datapackage.json", "datapackage-digest.json", "evidence/manifest.json"
OWN_LOG = "evidence/custody.json"
STAMPED, PENDING = "authority statement index path token", "authority statement pending"
NEEDED = (OWN_LOG, "evidence/signer.json", "indexes/index.cdx.gz", "pages/pages.jsonl")


LATE = timedelta(days=2)


class Exhibit:
    """A WACZ under examination, and what the bundle around it must agree with."""

    def __init__(self, files: Folder, where: str, run: Examination) -> None:
        self.files, self.where, self.run, self.names = files, where, run, set(files.places)
        self.package: dict[str, Any] = {}
        self.last: dict[str, Any] = {}
        self.manifest: dict[str, Any] = {}
        self.found: dict[str, Record] = {}
        self.seals: dict[str, Any] = {}
        self.dates: dict[str, datetime] = {}
        self.log: dict[str, Any] = {}
        self.signer, self.number = "", None

    def examine(self) -> None:
        """Run every check and say what came of it."""
        check, where = self.run.check, self.where
        check("files", "%d files are as listed, nothing is unlisted" % len(self.names), self._lists, where)
        if not self.manifest:
            return
        check("archived answers", "every record fits its digests, the manifest and the index", self._archive, where)
        check("seals", "every sealed record leads to the root of its seal", self._sealed, where)
        check("time stamps", "", self._stamps, where)
        check("dates", "no record is dated after its time stamp" if self.dates else "", self._dated, where)
        self._unproved()
        check("custody", "each entry holds the digest of the one before it", self._custody, where)
        if ITEM in self.names:
            check("post", "it names archived answers, page and files that are here", self._post, where)
            self.run.say(
                "not_checked", "text", "it was not read again out of its archived answer; copytrail does", where
            )
        for name in sorted(n for n in self.names if n.startswith("evidence/") and n.endswith(".ots")):
            self.run.say("not_checked", "OpenTimestamps", "%s is a receipt that other programs check" % name, where)
        check("signature", "it fits", self._signature, where)
        if self.signer:
            self.run.signed_by(self.signer, where)

    def _lists(self) -> Iterator[str]:
        data = self.files.read(LIST)
        self.package, self.last = loads(data, LIST), loads(self.files.read(LAST), LAST)
        self.manifest = loads(self.files.read(MANIFEST), MANIFEST)
        if self.last["hash"] != "sha256:" + sha(data) or self.last["path"] != LIST or set(self.last) - {
                "path", "hash", "signedData", "timestamps"}:  # fmt: skip
            yield "%s does not fit %s: one of them was changed" % (LAST, LIST)
        rows = {r["path"]: r for r in self.package["resources"]}
        own = {r["path"]: r for r in self.manifest["files"]}
        for name in sorted((self.names | set(rows)) - {LIST, LAST}):
            if name not in self.names or name not in rows:
                yield "%s is %s" % (name, "missing" if name in rows else "not listed")
                continue
            digest, size = self.files.sha256(name), self.files.places[name][2]
            if (rows[name]["hash"], rows[name]["bytes"]) != ("sha256:" + digest, size):
                yield "%s is not the file that was listed (its SHA-256 differs)" % name
            if name != MANIFEST and (own[name]["sha256"], own[name]["bytes"]) != (digest, size):
                yield "%s is not the file that %s names" % (name, MANIFEST)
        yield from ("%s is missing" % name for name in NEEDED if name not in self.names)
        if len(rows) != len(self.package["resources"]) or len(own) != len(self.manifest["files"]) or (
                set(own) - self.names):  # fmt: skip
            yield "%s or %s lists a file twice, or one that is not here" % (MANIFEST, LIST)
        if [self.package[k] for k in ("created", "software")] != [self.manifest[k] for k in ("created", "software")]:
            yield "%s and %s differ about their making" % (MANIFEST, LIST)

    def _archive(self) -> Iterator[str]:
        rows = {r["id"]: r for r in self.manifest["records"]}
        places: dict[tuple[str, int], Record] = {}
        for name in sorted(n for n in self.names if n.startswith("archive/")):
            first = True
            for one in records(self.files.open(name), name):
                if first and one.type != "warcinfo":
                    yield "%s begins otherwise than a WARC of ours" % name
                if one.id in self.found:
                    yield "%s is the id of two records" % one.id
                first, self.found[one.id], places[name[8:], one.place] = False, one, one
                if one.id not in rows:
                    yield "%s is not in %s" % (one.id, MANIFEST)
                elif (rows[one.id]["sha256"], rows[one.id]["type"]) != (one.sha256, one.type):
                    yield "%s is not the record that %s names" % (one.id, MANIFEST)
        for one in self.found.values():
            if one.type == "revisit" and one.fields.get("warc-refers-to", "").strip("<>") not in self.found:
                yield "%s refers to an answer that is not here" % one.id
        lost = sorted(set(rows) - set(self.found))
        if len(rows) != len(self.manifest["records"]) or lost:
            yield "%s names a record twice or one that is not here: %s" % (MANIFEST, lost)
        yield from index_flaws(self.files, places)

    def _leaves(self) -> Iterator[tuple[Any, dict[str, Any], str]]:
        """Yield (place, leaf, what it is) of what is sealed."""
        for row in self.manifest["records"]:
            yield row["place"], {"id": row["id"], "sha256": row["sha256"]}, row["id"]
        entry = self.manifest["custody"] and self.manifest["custody"]["sealed"]
        if entry:
            leaf = {"case": self.manifest["case"], "custody": entry["digest"], "seq": entry["seq"]}
            yield entry["place"], leaf, "the log"

    def _sealed(self) -> Iterator[str]:
        for place, leaf, what in self._leaves():
            if not place:
                continue
            name = "evidence/seal-%s.json" % place["seal"]
            if name not in self.seals:
                self.seals[name] = loads(self.files.read(name), name)
            seal = self.seals[name]
            self.run.keys(place, "seal index path", "the place of %s" % what)
            if climb(canonical(leaf), place["index"], seal["leaves"], place["path"]) != seal["root"]:
                yield "%s is not what %s sealed" % (what, name)
        for name in sorted(n for n in self.names if n.startswith("evidence/seal-") and n.endswith(".json")):
            if name not in self.seals:
                yield "%s seals nothing that is here" % name
        for name in sorted(n for n in self.names if n.endswith(".tsr")):
            if name.rpartition("/")[2].rsplit(".", 2)[0] not in [n[9:-5] for n in self.seals]:
                yield "%s belongs to no seal that is here" % name

    def _stamps(self) -> list[str]:
        for name in sorted(self.seals):
            tokens = [n for n in self.names if n.startswith(name[:-5] + ".") and n.endswith(".tsr")]
            if not tokens:
                says = "%s: pending, no authority has answered yet" % name
                self.run.say("not_checked", "time stamp", says, self.where)
            for one in sorted(tokens):
                pem = self.files.optional("evidence/tsa-%s.pem" % one[len(name) - 4 : -4])
                at = stamp(self.run, self.files.read(one), self.files.read(name), pem, one, self.where)
                if at:
                    self.dates[name] = min(at, self.dates.get(name, at))
        return []

    def _unproved(self) -> None:
        """Say which records have no time but the one they state."""
        rows = [r for r in self.manifest["records"] if r["type"] != "warcinfo"]
        bare = sum(not r["place"] for r in rows)
        if bare:
            says = "%d records are in no seal: their time of capture rests on the maker's word" % bare
            self.run.say("claimed", "seals", says, self.where)
        late = 0
        for row in rows:
            at = self.dates.get("evidence/seal-%s.json" % row["place"]["seal"]) if row["place"] else None
            record = self.found.get(row["id"])
            late += bool(at and record and at - moment(record.fields["warc-date"]) > LATE)
        if late:
            says = (
                "%d records were stamped more than two days after the date they bear, which rests on the maker's word"
            )
            self.run.say("claimed", "dates", says % late, self.where)

    def _true(self, at: datetime, seal: str) -> datetime:
        """Return a time without what the seal says the machine's clock was ahead."""
        offset = (self.seals[seal].get("clock") or {}).get("offset") or 0
        return at - timedelta(seconds=max(min(offset, 10**9), 0))

    def _dated(self) -> Iterator[str]:
        for row in self.manifest["records"]:
            name = "evidence/seal-%s.json" % row["place"]["seal"] if row["place"] else ""
            at = self.dates.get(name)
            if at and self._true(moment(self.found[row["id"]].fields["warc-date"]), name) > at + SKEW:
                yield "%s is dated after the time stamp over it" % row["id"]
        for name, at in self.dates.items():
            if self._true(moment(self.seals[name]["sealed"]), name) > at + SKEW:
                yield "%s is dated after the time stamp over it" % name

    def _custody(self) -> list[str]:
        data, case, head = self.files.read(OWN_LOG), self.manifest["case"], self.manifest["custody"]
        self.log = self.run.once(("log", data), lambda: loads(data, OWN_LOG))
        key = ("chain", data, case, canonical(head))
        found: list[str] = self.run.once(key, lambda: chain(self.log, case, head, OWN_LOG))
        return found

    def _post(self) -> Iterator[str]:
        item = loads(self.files.read(ITEM), ITEM)
        self.number = item.get("exhibit")
        return post_flaws(self.files, item, self.found)

    def _signature(self) -> Iterator[str]:
        signed, data = self.last.get("signedData"), self.files.read("evidence/signer.json")
        if not signed:
            raise Wrong("%s holds no signature" % LAST)
        row = loads(data, "evidence/signer.json")
        self.signer, _, key = signer_of(row, self.run)
        wanted = [self.last["hash"], self.package["created"], self.package["software"]]
        if set(signed) != {"hash", "signature", "publicKey", "created", "software"} or wanted != [
                signed["hash"], signed["created"], signed["software"]]:  # fmt: skip
            yield "%s: the signature is over another %s" % (LAST, LIST)
        elif raw(signed["publicKey"], P384) != key:
            yield "%s is signed by another key than evidence/signer.json names" % LAST
        elif not p384(key, signed["hash"].encode(), unbase64(signed["signature"], LAST)):
            yield "%s: the signature does not fit" % LAST
        if self.files.read("evidence/signer.pem") != pem_of(row):
            yield "evidence/signer.pem holds other keys than evidence/signer.json"
        rows = self.last.get("timestamps", [])
        if len({row["authority"] for row in rows}) < len(rows):
            yield "%s names an authority twice" % LAST
        for one in rows:
            yield from self._signed_at(one, signed["signature"])

    def _signed_at(self, row: Any, signature: str) -> Iterator[str]:
        """Check a stamp over the signatures of one export."""
        authority, name = row["authority"], "%s (%s)" % (LAST, row["authority"])
        self.run.keys(row, PENDING if "pending" in row else STAMPED, "the stamp of %s" % authority)
        if "token" not in row:
            self.run.say("not_checked", "time stamp", "%s had not answered yet" % authority, self.where)
            return
        statement = row["statement"].encode()
        one = loads(statement, "the statement of %s" % authority)
        if climb(signature.encode(), row["index"], one["leaves"], row["path"]) != one["root"]:
            yield "%s: the stamp of %s is over other signatures" % (LAST, authority)
        pem = self.run.pems.get(authority) or self.files.optional("evidence/tsa-%s.pem" % authority)
        at = stamp(self.run, unbase64(row["token"], LAST), statement, pem, name, self.where)
        if at and moment(self.package["created"]) > at + SKEW:
            yield "%s is dated after the stamp over its signature" % LIST
