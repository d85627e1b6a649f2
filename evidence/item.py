"""Write item.json and capture.json of an exhibit (docs/bundle-format.md): what a post says, and how it was captured."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from core.errors import BadInput
from evidence.archived import Found
from evidence.contents import Row
from evidence.made import http_of

_REDIRECT = range(300, 400)
_TLS = re.compile(r"tls/([\d.]+)", re.I)
_GONE, _BLOCKED, _LIMITED = (404, 410, 451), (401, 403), (429,)
_LONGEST = 64_000_000  # bytes of a record that is opened to read its heads
_NOT_TOLD = {
    "ended": "an answer is noted at the moment it was complete", "seconds": "not measured for single answers",
    "started": "not noted for single answers", "browser": "read without a browser",
    "viewport": "read without a browser", "locale": "read without a browser", "time_zone": "read without a browser",
    "settings_sha256": "not noted for single answers", "system": "not noted for single answers",
    "requests": "one answer is one resource", "clock": "see method.md: one comparison stands for the whole case",
}  # fmt: skip


@dataclass(frozen=True)
class Known:
    """What storage knows of a post besides its row: `parser` is the kind of source, `records` the ids by role."""

    parser: str | None = None
    versions: Sequence[Row] = ()
    observations: Sequence[Row] = ()
    media: Mapping[str, Row] = field(default_factory=dict)  # by address; `record` is the one that holds the file
    records: Mapping[str, str] = field(default_factory=dict)
    final_url: str | None = None


def item(post: Row, number: int, known: Known, software: str) -> Row:
    """Return item.json of a post in its public row shape."""
    published, author = post.get("published") or {}, post.get("author") or {}
    counts = {name: value for name, value in (post.get("metrics") or {}).items() if value is not None}
    told: Row = {
        "v": 1, "exhibit": number, "ref": post["ref"], "platform": post["platform"], "site": post.get("site"),
        "platform_id": post.get("native_id"), "url_requested": post.get("url"), "url_final": known.final_url,
        "kind": post.get("kind"),
        "author": {"id": author.get("native_id"), "handle": author.get("handle"), "name": author.get("name"),
                   "profile_url": author.get("url")},
        "title": post.get("title"), "text": post.get("text"),
        "language": next(iter(post.get("languages") or ()), None),
        "created_at": published.get("at"), "created_at_verbatim": published.get("verbatim"),
        "created_at_precision": published.get("precision"), "created_at_source": published.get("source"),
        "created_at_zone": published.get("zone"), "first_seen": post.get("first_seen"),
        "edited_at": (post.get("edited") or {}).get("at"),
        **{name: post.get(name) for name in ("reply_to", "root", "quotes", "repost_of")},
        "links": list(post.get("links") or ()), "media": [_media(m, known) for m in post.get("media") or ()],
        "counts": counts or None, "counts_at": post.get("metrics_at"),
        "versions": list(known.versions), "observations": list(known.observations), "records": dict(known.records),
        "parser": {"name": known.parser, "version": software} if known.parser else None,
    }  # fmt: skip
    return {**told, "missing": _missing(told)}


def _media(media: Row, known: Known) -> Row:
    row = known.media.get(media.get("url") or "") or {}
    return {
        "url": media.get("url"), "kind": media.get("kind"), "alt": media.get("alt"),
        "sha256": row.get("sha256") or media.get("sha256"), "mime": row.get("mime"), "bytes": row.get("bytes"),
        "record": row.get("record"),
    }  # fmt: skip


def _missing(told: Row) -> dict[str, str]:
    why = {
        "created_at": "the platform showed no time, or none that could be read",
        "url_requested": "the post came without an address", "url_final": "its own page was not captured",
        "text": "the post shows no text", "language": "not told, and not guessed",
        "counts": "no counters were shown", "parser": "the post was imported; no parser of ours read it",
    }  # fmt: skip
    missing = {key: says for key, says in why.items() if told[key] is None}
    if not told["records"].get("answer"):
        missing["records.answer"] = "the post was imported; no answer of a platform is archived for it"
    if not told["author"]["id"]:
        missing["author.id"] = "the platform showed no id of the account"
    return missing


def capture_of_answer(found: Found, route: str | None, software: str) -> Row:
    """Return capture.json of a single answer, read from its WARC record."""
    try:
        head, http = http_of(found, _LONGEST)
    except BadInput:
        head, http = b"", b""
    fields = _fields(head)
    status, error = found.seen.status, fields.get("copytrail-error")
    tls = _TLS.search(fields.get("warc-protocol", ""))
    location = _fields(http).get("location")
    truncated = bool(fields.get("warc-truncated"))
    told: Row = {
        "v": 1, "id": found.id, "url": found.seen.url, "final_url": None if location else found.seen.url,
        "started": None, "ended": found.seen.date or None, "seconds": None,
        "outcome": _outcome(status, error, truncated), "reason": error or fields.get("warc-truncated"),
        "status": status, "software": software, "settings_sha256": None, "system": None,
        "redirects": [{"url": found.seen.url, "status": status}] if status in _REDIRECT and location else [],
        "browser": None, "viewport": None, "locale": None, "time_zone": None, "clock": None, "route": route,
        "robots": fields.get("copytrail-robots"),
        "server": {"address": fields.get("warc-ip-address"), "tls": tls[1] if tls else None,
                   "cipher": fields.get("warc-cipher-suite"),
                   "certificate_sha256": (fields.get("copytrail-certificate") or "").removeprefix("sha256:") or None},
        "requests": None, "truncated": [found.seen.url] if truncated else [],
        "redacted": _counts(fields.get("copytrail-redacted", "")), "wire": fields.get("copytrail-wire"),
        "records": {"document": found.id},
    }  # fmt: skip
    missing = {key: says for key, says in _NOT_TOLD.items() if told.get(key) is None}
    if not tls:
        missing["server.tls"] = "the record does not say that the answer came by TLS"
    if told["robots"] is None:
        missing["robots"] = "the record holds no note: robots.txt was not asked for this address, or did not forbid it"
    return {**told, "missing": missing}


def _outcome(status: int | None, error: str | None, truncated: bool) -> str:
    if status is None:
        return "error"
    for name, codes in (("gone", _GONE), ("blocked", _BLOCKED), ("rate_limited", _LIMITED)):
        if status in codes:
            return name
    return "error" if status >= 400 else "partial" if truncated or error else "ok"


def _fields(head: bytes) -> dict[str, str]:
    """Return header lines by lower-case name; of a repeated one, all values joined by commas."""
    found: dict[str, str] = {}
    for line in head.decode("utf-8", "replace").split("\r\n")[1:]:
        name, _, value = line.partition(":")
        key = name.strip().lower()
        found[key] = f"{found[key]}, {value.strip()}" if key in found else value.strip()
    return found


def _counts(text: str) -> dict[str, int]:
    """Return `rule:count ...` as counts by rule."""
    pairs = (part.rpartition(":") for part in text.replace(",", " ").split())
    return {rule: int(count) for rule, _, count in pairs if rule and count.isdigit()}
