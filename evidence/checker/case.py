"""Check a case bundle: its lists, its statement and who signed it, and every WACZ in it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import partial
from typing import Any

from evidence.checker.curves import ed25519
from evidence.checker.exhibit import Exhibit
from evidence.checker.keys import signer_of
from evidence.checker.reading import Folder, Zip, loads, moment, sha, unbase64
from evidence.checker.saying import SKEW, Examination, Wrong
from evidence.checker.tokens import stamp
from evidence.checker.tree import chain

STATEMENT, SIGNATURE, LOG = "seal/statement.json", "seal/signature.json", "data/custody.json"
OUTSIDE = r"seal/(statement\.json|signature\.json(\.[a-z0-9-]+\.(tsr|ots))?|tsa-[a-z0-9-]+\.pem)"
TAGS = {"bagit.txt", "bag-info.txt", "manifest-sha256.txt"}


def listed(files: Folder, name: str) -> dict[str, str]:
    """Return the digests of a list as sha256sum writes it, by file."""
    rows: dict[str, str] = {}
    for line in files.read(name).decode().split("\n")[:-1]:
        if not re.fullmatch("[0-9a-f]{64}  .+", line) or line[66:] in rows:
            raise Wrong("%s holds a line that is none, or a file twice: %r" % (name, line))
        rows[line[66:]] = line[:64]
    return rows


def compared(files: Folder, name: str, wanted: set[str]) -> Iterator[str]:
    """Yield what a list and the files that it should name do not agree on."""
    rows = listed(files, name)
    for path in sorted(wanted | set(rows)):
        if path not in rows or path not in files.places:
            yield "%s is %s" % (path, "missing" if path in rows else "not listed in %s" % name)
        elif files.sha256(path) != rows[path]:
            yield "%s is not the file that %s lists (its SHA-256 differs)" % (path, name)


class Case:
    """A case bundle under examination."""

    def __init__(self, files: Folder, run: Examination) -> None:
        self.files, self.run, self.names = files, run, set(files.places)
        self.outside = {n for n in self.names if n.startswith("seal/")}
        self.statement: dict[str, Any] = {}
        self.log: dict[str, Any] = {}
        self.signer = ""

    def examine(self) -> None:
        """Run every check and say what came of it."""
        check = self.run.check
        check("SHA256SUMS", "%d files, nothing is unlisted" % len(self.names), self._sums)
        check("BagIt", "both manifests and the sizes fit", self._bag)
        check("signature", "the statement over all this is signed", self._signature)
        if self.signer:
            self.run.signed_by(self.signer)
        check("time stamps", "", self._stamps)
        if not any(n.endswith(".tsr") for n in self.outside):
            says = "pending: no authority has confirmed the signature of the bundle yet"
            self.run.say("not_checked", "time stamp", says)
        check("custody", "each entry holds the digest of the one before it", self._custody)
        says = (
            "README.html, report.pdf, tables and figures were not compared with the archived answers: they are signed, "
            "and not made again"
        )
        self.run.say("not_checked", "tables", says)
        for name in sorted(n for n in self.outside if n.endswith(".ots")):
            self.run.say("not_checked", "OpenTimestamps", "%s is a receipt that other programs check" % name)
        check("exhibits", "each is the file that is signed", self._exhibits)
        for name in sorted(n for n in self.names if n.lower().endswith(".wacz")):
            check("belongs here", "same case, log, maker and key", partial(self._belongs, name), name)

    def _sums(self) -> Iterator[str]:
        self.statement = loads(self.files.read(STATEMENT), STATEMENT)
        self.run.keys(self.statement, "v kind case edition created software sums custody exhibits original", STATEMENT)
        yield from compared(self.files, "SHA256SUMS", self.names - self.outside - {"SHA256SUMS"})
        if self.files.sha256("SHA256SUMS") != self.statement["sums"]:
            yield "SHA256SUMS is not the list that %s names: it was written anew" % STATEMENT
        for name in sorted(n for n in self.names if n.startswith("../")):
            yield "%s lies outside of the folder of the bundle" % name[3:]
        for name in sorted(self.outside):
            if not re.fullmatch(OUTSIDE, name):
                yield "%s is nothing we put there" % name

    def _bag(self) -> Iterator[str]:
        payload = {n for n in self.names if n.startswith("data/")}
        yield from compared(self.files, "manifest-sha256.txt", payload)
        yield from compared(self.files, "tagmanifest-sha256.txt", TAGS)
        oxum = "Payload-Oxum: %d.%d" % (sum(self.files.places[n][2] for n in payload), len(payload))
        if oxum not in self.files.read("bag-info.txt").decode().splitlines():
            yield "bag-info.txt states other sizes than %s" % oxum
        if "fetch.txt" in self.names:
            yield "fetch.txt would have files fetched from elsewhere"

    def _signature(self) -> Iterator[str]:
        data, row = self.files.read(STATEMENT), loads(self.files.read(SIGNATURE), SIGNATURE)
        self.run.keys(row, "v statement ed25519 signer", SIGNATURE)
        self.signer, key, _ = signer_of(row["signer"], self.run)
        signature = unbase64(row["ed25519"], SIGNATURE)
        if row["statement"] != sha(data) or not ed25519(key, data, signature):
            yield "%s: the signature does not fit %s" % (SIGNATURE, STATEMENT)

    def _stamps(self) -> Iterator[str]:
        self.run.pems = {n[9:-4]: self.files.read(n) for n in self.outside if n.startswith("seal/tsa-")}
        for name in sorted(n for n in self.outside if n.endswith(".tsr")):
            pem = self.run.pems.get(name.split(".")[-2], b"")
            at = stamp(self.run, self.files.read(name), self.files.read(SIGNATURE), pem, name, "")
            if at and moment(self.statement["created"]) > at + SKEW:
                yield "%s is dated after the stamp over its signature" % STATEMENT

    def _custody(self) -> list[str]:
        self.log = loads(self.files.read(LOG), LOG)
        return chain(self.log, self.statement["case"], self.statement["custody"], LOG)

    def _exhibits(self) -> Iterator[str]:
        rows = {r["path"]: r["sha256"] for r in self.statement["exhibits"]}
        for name in sorted({n for n in self.names if n.lower().endswith(".wacz")} | set(rows)):
            if name not in rows or name not in self.names:
                yield "%s is %s" % (name, "missing" if name in rows else "not in %s" % STATEMENT)
            elif self.files.sha256(name) != rows[name]:
                yield "%s is not the file that %s names" % (name, STATEMENT)
            elif self.files.read(name + ".sha256").decode() != "%s  %s\n" % (rows[name], name.rpartition("/")[2]):
                yield "%s.sha256 tells another digest" % name
            if not re.fullmatch(r"data/(exhibits/e[0-9]{3,}-[^/]+|case)\.wacz", name):
                yield "%s lies where we put no WACZ" % name

    def _belongs(self, name: str) -> Iterator[str]:
        """Examine one WACZ, and yield where it and the bundle differ."""
        one = Exhibit(Zip(*self.files.places[name]), name, self.run)
        one.examine()
        for key in ("case", "edition", "created", "software"):
            if one.manifest[key] != self.statement[key]:
                yield "%s names another %s than the bundle" % (name, key)
        events = one.log["events"]
        if one.signer != self.signer or events != self.log["events"][: len(events)]:
            yield "%s has another signer or custody log than the bundle" % name
        number = re.match(r"data/exhibits/e0*(\d+)-", name)
        if number and str(one.number).lstrip("e0") != number[1]:
            yield "%s holds the exhibit %s" % (name, one.number)
