"""Look through the records of a public edition before the first is copied: what changes, and what must be withheld.

A screenshot shows what its page says: it is withheld where the words of the page hold something to hide, where a
picture on it is withheld, and where the words were not kept.
"""

from __future__ import annotations

import json
import re
import uuid
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from hashlib import sha256

from evidence import public_records
from evidence.archived import Archive, Found
from evidence.contents import Contents, Kept
from evidence.hiding import Hider
from evidence.layers import Unreadable
from evidence.public_records import Parts, Rewriter, parts, unpack

_PAGE = re.compile(r"urn:(view|full|fullpage|thumbnail|pdf|dom|text|pageinfo|video):(.*)", re.I | re.S)
_PICTURES = frozenset({"view", "full", "fullpage", "thumbnail", "pdf", "video"})
_IDS = re.compile(r"urn:uuid:[0-9a-f-]{36}")
_LEAF = re.compile(r"urn:x509:sha256:([0-9a-f]{64})")


@dataclass
class Survey:
    """What was found: `changed` and `withheld` are ids of records, `digests` of what is not passed on (hex)."""

    changed: set[str] = field(default_factory=set)
    withheld: set[str] = field(default_factory=set)
    digests: set[str] = field(default_factory=set)
    leaves: set[str] = field(default_factory=set)  # of certificates that name what is hidden


@dataclass
class _Page:
    """The records of one captured address."""

    pictures: set[str] = field(default_factory=set)
    words: set[str] = field(default_factory=set)
    loaded: set[str] = field(default_factory=set)


@dataclass
class _Look:
    """The state of looking through."""

    found: Survey
    hit: set[str] = field(default_factory=set)
    refers: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))  # record -> records it names
    pages: dict[str, _Page] = field(default_factory=lambda: defaultdict(_Page))
    by_url: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    payloads: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))  # record -> its digests


def survey(
    contents: Contents, hider: Hider, hidden: frozenset[str], progress: Callable[[int, int | None], None] | None = None
) -> Survey:
    """Return what changes; `hidden` are the refs of posts whose authors are hidden: what they show is withheld."""
    archive = Archive(list(contents.files))
    wanted = contents.records.union(*(e.records for e in contents.exhibits))
    archive.look(wanted)
    look = _Look(Survey())
    records = {one.id: one for one in archive.gather(wanted)}
    for one in list(records.values()):
        if one.seen.type == "revisit" and (body := archive.body_of(one)) is not None:
            records.setdefault(body.id, body)
            look.refers[one.id].add(body.id)
    rewriter = Rewriter(hider, lambda text: text)
    for done, one in enumerate(records.values(), 1):
        _examine(one, rewriter, look)
        if progress and (done % 100 == 0 or done == len(records)):
            progress(done, len(records))
    for kept in {k.path: k for k in (*contents.kept, *(k for e in contents.exhibits for k in e.kept))}.values():
        _examine_kept(kept, rewriter, look)
    _withhold(contents, hidden, look)
    _close(look)
    return look.found


def _examine(one: Found, rewriter: Rewriter, look: _Look) -> None:
    record = one.id
    look.by_url[one.seen.url].add(record)
    try:
        data = unpack(one.raw(), public_records.MAX_RECORD_HELD)
    except Unreadable:
        look.found.withheld.add(record)
        return
    _weigh(parts(data), data, rewriter, look)


def _examine_kept(kept: Kept, rewriter: Rewriter, look: _Look) -> None:
    """Look at a file that becomes a record at export, under the id it will have there."""
    record = f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_URL, f'{kept.sha256} {kept.url}')}"
    fields = [("WARC-Type", "resource"), ("WARC-Record-ID", f"<{record}>"), ("WARC-Target-URI", kept.url),
              ("Content-Type", kept.mime)]  # fmt: skip
    look.by_url[kept.url].add(record)
    try:
        if kept.path.stat().st_size > public_records.MAX_RECORD_HELD:
            raise Unreadable(f"{kept.path.name} is too large")
        body = kept.path.read_bytes()
    except (OSError, Unreadable):
        look.found.withheld.add(record)
        return
    made = Parts("WARC/1.1", fields, None, body)
    _weigh(made, public_records.joined(made), rewriter, look)


def _weigh(old: Parts, data: bytes, rewriter: Rewriter, look: _Look) -> None:
    record, uri = old.id, old.get("warc-target-uri")
    new, counts, hit = rewriter.rewrite(data)
    if new is not None:
        look.found.changed.add(record)
    if hit:
        look.hit.add(record)
        if leaf := _LEAF.match(uri):
            look.found.leaves.add(leaf[1])
    if counts["withheld"]:
        look.found.withheld.add(record)
    look.payloads[record] = {sha256(old.body).hexdigest(), _hex(old.get("warc-payload-digest")),
                             _hex(old.get("warc-block-digest"))} - {""}  # fmt: skip
    named = " ".join(v for n, v in old.fields if n.lower() not in ("warc-record-id", "warc-warcinfo-id"))
    look.refers[record].update(_IDS.findall(named))
    page = _PAGE.match(uri)
    if page is None:
        return
    kind, address = page[1].lower(), page[2]
    if kind in _PICTURES:
        look.pages[address].pictures.add(record)
    elif kind in ("dom", "text"):
        look.pages[address].words.add(record)
    else:
        ids = set(_IDS.findall(json.dumps(old.body.decode("utf-8", "replace"))))
        look.pages[address].loaded |= ids
        look.refers[record] |= ids


def _hex(stated: str) -> str:
    kind, _, value = stated.partition(":")
    return value if kind == "sha256" else ""


def _withhold(contents: Contents, hidden: frozenset[str], look: _Look) -> None:
    """Withhold what hidden persons show, then pictures of pages on which something hidden stands."""
    rows = [r for r in contents.media if r.get("ref") in hidden]
    shown = {str(r["url"]) for r in rows if r.get("url")}
    shown |= {str(m["url"]) for p in contents.posts if p["ref"] in hidden for m in p.get("media") or () if m.get("url")}
    items = [m for e in contents.exhibits if e.item.get("ref") in hidden for m in e.item.get("media") or ()]
    shown |= {str(m["url"]) for m in items if m.get("url")}
    captures = {str(r["capture"]) for r in rows if r.get("capture")} | {
        str(m["record"]) for m in items if m.get("record")
    }
    known = {record for records in look.by_url.values() for record in records}
    look.found.withheld |= (captures & known).union(*(look.by_url.get(url, set()) for url in shown))
    for digest in (m.get("sha256") for m in (*rows, *items)):
        if digest:
            look.found.digests.add(str(digest))
    for page in (p["url"] for p in contents.posts if p["ref"] in hidden and p.get("url")):
        look.found.withheld |= look.pages[page].pictures if page in look.pages else set()
    for address, found in look.pages.items():
        told = found.words | found.loaded | look.by_url.get(address, set())
        if not found.words or told & (look.hit | look.found.withheld):
            look.found.withheld |= found.pictures


def _close(look: _Look) -> None:
    """Draw in what names a changed record, as its words change with the id; gather digests that must not be told."""
    found = look.found
    found.changed |= found.withheld
    naming: dict[str, set[str]] = defaultdict(set)
    for record, named in look.refers.items():
        for one in named:
            naming[one].add(record)
    _spread(found.changed, naming)
    for record in found.changed:
        found.digests |= look.payloads.get(record, set())
    found.digests |= found.leaves
    for record in look.payloads.keys() - found.changed:  # the same bytes stand here for everybody to see
        found.digests -= look.payloads[record]


def _spread(changed: set[str], naming: dict[str, set[str]]) -> None:
    pending: list[str] = list(changed)
    while pending:
        for record in _fresh(naming.get(pending.pop(), ()), changed):
            changed.add(record)
            pending.append(record)


def _fresh(records: Iterable[str], changed: set[str]) -> list[str]:
    return [one for one in records if one not in changed]
