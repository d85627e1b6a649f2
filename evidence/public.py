"""Make the public edition of a case: the Redactor that evidence.redaction describes."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from core.custody import BEGINNING, SALT, Event
from core.errors import CopytrailError
from evidence import payloads, public_records
from evidence.contents import Contents, Exhibit, Row
from evidence.hiding import Hider
from evidence.layers import Unreadable
from evidence.pseudonyms import Cast, Own, Person
from evidence.public_records import Rewriter, packed, parts, unpack
from evidence.survey import Survey, survey

_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_QUOTED = re.compile(r"\"(?:sha256:)?([0-9a-f]{64})\"")
_DIGEST = re.compile(r"(?<![0-9a-f])[0-9a-f]{64}(?![0-9a-f])")
_NAME = re.compile(r"[^\w.-]+")
_OUR_WAY = ("route", "system")  # of a capture
_FIELDS = ("native_id", "handle", "name", "url")

Progress = Callable[[int, int | None], None]


@dataclass
class Public:
    """The Redactor of one export; `cast` knows the hidden persons, `hider` what is to be found and covered."""

    cast: Cast
    hider: Hider
    progress: Progress | None = None
    counts: Counter[str] = field(default_factory=Counter)
    touched: Counter[str] = field(default_factory=Counter)  # records and rows, by what was done to them
    _survey: Survey = field(default_factory=Survey)
    _renames: dict[str, str] = field(default_factory=dict)
    _counted: set[str] = field(default_factory=set)

    def contents(self, contents: Contents) -> Contents:
        """Look through the archive, then return what goes into the public edition."""
        hidden = frozenset(p["ref"] for p in contents.posts if self.person(p) is not None)
        self._survey = survey(contents, self.hider, hidden, self.progress)
        self._renames = {one: self.cast.id(one) for one in self._survey.changed}
        media = zip(contents.media, self.rows(contents.media), strict=True)
        return replace(
            contents, case=self.text(contents.case), edition="public", posts=[self._post(p) for p in contents.posts],
            accounts=[self._account(row) for row in contents.accounts], families=self.rows(contents.families),
            pairs=self.rows(contents.pairs), sources=self.rows(contents.sources), findings=self.rows(contents.findings),
            observations=self.rows(contents.observations), media=[self._medium(*two, hidden) for two in media],
            custody=self._log(contents.custody), exhibits=[self._exhibit(e) for e in contents.exhibits],
            method=self.rows([dict(contents.method)])[0],
        )  # fmt: skip

    def record(self, raw: bytes) -> bytes | None:
        """Return a record written anew, or None where it is copied as it stands."""
        try:
            data = unpack(raw, public_records.MAX_RECORD_HELD)
        except Unreadable:
            return self._withheld(raw)
        return self._rewritten(data, raw)

    def _rewritten(self, data: bytes, raw: bytes) -> bytes | None:
        new, counts, _ = Rewriter(self.hider, self.renamed, self._survey.withheld, self._survey.leaves).rewrite(data)
        if new is None:
            return None
        record = parts(data).id
        self._count(counts, record)
        self.touched["records" if counts else "references"] += record not in self._counted
        self._counted.add(record)
        return packed(new, self.id(record), counts)

    def _withheld(self, raw: bytes) -> bytes:
        """Return a record too large to be searched without its body."""
        old = parts(unpack(raw, public_records.MAX_RECORD_HELD, cut=True))
        self._survey.withheld.add(old.id)
        short = public_records.joined(replace(old, body=b"-"))
        return self._rewritten(short, raw) or raw

    def id(self, record: str) -> str:
        """Return the id under which the public edition holds a record."""
        return self._renames.get(record, record)

    def renamed(self, text: str) -> str:
        """Return a text in which records that were written anew go by their new ids, and old digests are gone."""
        if self._renames:
            text = _UUID.sub(lambda m: self._renames.get(f"urn:uuid:{m[0]}", m[0]).removeprefix("urn:uuid:"), text)
        if self._survey.digests:
            text = _QUOTED.sub(lambda m: "null" if m[1] in self._survey.digests else m[0], text)
            text = _DIGEST.sub(lambda m: "withheld" if m[0] in self._survey.digests else m[0], text)
        return text

    def rows(self, rows: Iterable[Row]) -> list[Row]:
        """Return rows with every text and every key in them redacted."""
        return [self._row(row) for row in rows]

    def _row(self, row: Row) -> Row:
        said = json.dumps(row, ensure_ascii=False, default=str)
        if not self.hider.stands_in(said) and self.renamed(said) == said and not self.cast.numbers:
            return row
        self.touched["rows"] += 1
        made: Row = self._value(row)
        return made

    def _value(self, value: Any) -> Any:
        if isinstance(value, Mapping):
            return {self.text(str(key)): self._value(inner) for key, inner in value.items()}
        if isinstance(value, str):
            bare = value.removeprefix("sha256:")
            return None if bare in self._survey.digests else self.text(value)
        if isinstance(value, list | tuple):
            return [self._value(inner) for inner in value]
        if isinstance(value, int) and not isinstance(value, bool):
            return self.cast.numbers.get(value, value)
        return value

    def text(self, text: str) -> str:
        """Return a text redacted; the same object where nothing is hidden."""
        try:
            hidden, counts = self.hider.hide(text)
        except ValueError as error:
            raise CopytrailError(
                f"The public edition cannot be made: {error} (in a text of {len(text)} characters). "
                "Name the string in the file of --redact as it stands there."
            ) from error
        self.counts.update(counts)
        return self.renamed(hidden)

    def name(self, name: str) -> str:
        """Return the name of a file or folder redacted."""
        hidden = self.text(name)
        return hidden if hidden is name else _NAME.sub("-", hidden).strip("-.") or "x"

    def binary(self, mime: str, data: bytes) -> bytes | None:
        """Return the bytes of a file fit to be shown, None where it must be withheld."""
        made = payloads.public(data, mime, self.hider)
        self._count(made.counts)
        return made.data

    def withheld(self, mime: str) -> bytes:
        """Return what stands in place of a file that is withheld."""
        return payloads.placeholder(mime)

    def report(self) -> dict[str, Any]:
        """Return `data/redactions.json`; of a bundle half written it holds what was done so far."""
        rules = [
            {"rule": rule, **self.cast.why(rule, self.text), "times": number}
            for rule, number in sorted(self.counts.items())
        ]
        missing = [{"rule": r, **self.cast.why(r, self.text), "times": 0} for r in self.cast.rules - self.counts.keys()]
        told = {"records_rewritten": len(self._survey.changed), "records_withheld": len(self._survey.withheld)}
        return {"v": 1, **told, "rules": sorted(rules + missing, key=lambda row: str(row["rule"]))}

    def person(self, post: Row) -> Person | None:
        """Return the hidden person who wrote a post, None where it is somebody else."""
        return self.cast.author(post)

    def _count(self, counts: Counter[str], record: str = "") -> None:
        if not record or record not in self._counted:
            self.counts.update(counts)

    def _post(self, post: Row) -> Row:
        row, person = self._row(post), self.person(post)
        if person is None:
            return row
        media = [{**m, "sha256": None, "path": None} for m in row.get("media") or ()]
        told = {"author": dict.fromkeys(_FIELDS[:3], person.label) | {"url": None}, "media": media}
        own = self.cast.posts.get(str(post["ref"]))
        return {**row, **told, **({"native_id": own.label} if own else {})}

    def _account(self, account: Row) -> Row:
        row, person = self._row(account), self.cast.account(str(account.get("ref")))
        if person is None:
            return row
        told = {name: person.label for name in _FIELDS[:3] if row.get(name) is not None} | {"url": None}
        cut: Row = {name: [] for name, value in row.items() if isinstance(value, list)}
        return {**row, **told, **cut, "ref": f"{row.get('platform')}:{person.label}"}

    def _medium(self, old: Row, new: Row, hidden: frozenset[str]) -> Row:
        if old.get("ref") not in hidden and old.get("capture") not in self._survey.changed:
            return new
        return {**new, "sha256": None, "path": None, "bytes": None}

    def _log(self, entries: Sequence[Row]) -> list[Row]:
        """Return the log; from the first entry that changes on its chain is made anew."""
        out: list[Row] = []
        prev = BEGINNING
        for entry in entries:
            made = {**self._entry(entry), "seq": entry["seq"], "prev": prev}
            out.append(made)
            prev = Event(**made).digest
        return out

    def _entry(self, entry: Row) -> Row:
        """Return an entry redacted: the digest of an imported file lets a reader try names, the old salt does too."""
        made = self._row(entry)
        if entry["event"] == "imported" and self.cast.rules:
            made = {**made, "sha256": None}
        if made == entry or SALT not in (note := dict(made.get("note") or {})):
            return made
        return {**made, "note": {**note, SALT: self.cast.names.salted(f"{entry['seq']} {note[SALT]}")}}

    def _exhibit(self, exhibit: Exhibit) -> Exhibit:
        item, person = self._row(exhibit.item), self.cast.author(exhibit.item)
        if person is not None:
            author = {"id": person.label, "handle": person.label, "name": person.label, "profile_url": None}
            media = [{**m, "sha256": None, "bytes": None} for m in item.get("media") or ()]
            item = {**item, "author": author, "media": media}
        own = self.cast.posts.get(str(exhibit.item.get("ref")))
        if own is not None:
            item = {**item, "platform_id": own.label}
        shots = (exhibit.capture or {}).get("records") or {}
        view = shots.get("view") or shots.get("thumbnail") or shots.get("full")
        fine = person is None and view is not None and view not in self._survey.withheld
        capture = None if exhibit.capture is None else self._row(exhibit.capture)
        if self.cast.rules:  # the digest of an imported file lets a reader try names
            item, capture = _elsewhere(item), None if capture is None else _elsewhere(capture)
        if capture is not None:
            capture = _without_our_way(capture)
        return replace(
            exhibit, item=item, capture=capture, name=self._titled(exhibit, own),
            screenshot=self._picture(exhibit.screenshot, fine), thumbnail=self._picture(exhibit.thumbnail, fine),
        )  # fmt: skip

    def _titled(self, exhibit: Exhibit, own: Own | None) -> str:
        if own is None:
            return self.name(exhibit.name)
        return self.name(f"{exhibit.name.partition('-')[0]}-{exhibit.item.get('platform')}-{own.label}")

    def _picture(self, data: bytes | None, fine: bool) -> bytes | None:
        if data is None:
            return None
        return (self.binary("image/png", data) if fine else None) or self.withheld("image/png")


def _without_our_way(capture: Row) -> Row:
    """Return a capture that does not say from where and on what machine we looked."""
    said = [name for name in _OUR_WAY if capture.get(name) is not None]
    why = dict.fromkeys(said, "left out of the public edition; the sealed edition holds it")
    return {**capture, **dict.fromkeys(said), "missing": {**(capture.get("missing") or {}), **why}}


def _elsewhere(told: Row) -> Row:
    origin = told.get("elsewhere")
    return {**told, "elsewhere": {**origin, "sha256": None}} if isinstance(origin, Mapping) else told
