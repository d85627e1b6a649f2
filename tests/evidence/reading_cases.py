"""An invented case as readers meet it: exhibits of every kind, hostile words in every field."""

from __future__ import annotations

import io
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from PIL import Image

from evidence.contents import Contents, Exhibit

MADE = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
HOSTILE = '<script>alert("x")</script><img src=x onerror=alert(1)>\u202eexe.fdp\x1b[31m\u2028'
ARABIC, CHINESE, THAI = "البحر هادئ هذا المساء", "港口的海堤已经完工", "กำแพงกันคลื่นเสร็จแล้ว"


def picture() -> bytes:
    """Return a small PNG."""
    file = io.BytesIO()
    Image.new("RGB", (8, 6), (120, 10, 200)).save(file, "PNG")
    return file.getvalue()


def post(number: int, words: str = "The sea wall is finished.", **more: Any) -> dict[str, Any]:
    """Return a post row in its public shape."""
    row = {
        "v": 1, "ref": f"harbour.example:{number}", "platform": "harbour.example", "site": None,
        "native_id": str(number), "url": f"https://harbour.example/{number}?key=hush-hush", "kind": "article",
        "title": None, "text": words, "author": {"native_id": "7", "handle": "mole", "name": "Mole", "url": None},
        "community": None, "languages": ["en"], "edited": None, "route": "page",
        "published": {"at": f"2026-02-2{number % 8}T08:00:00Z", "verbatim": f"2{number % 8} Feb 2026, 09:00",
                      "precision": "minute", "source": "page", "zone": "stated"},
        "first_seen": "2026-03-01T12:00:00Z", "capture": f"urn:uuid:{number}", "raw": {"a": 1},
    }  # fmt: skip
    return {**row, **more}


def item(row: dict[str, Any], **more: Any) -> dict[str, Any]:
    """Return the item of a post."""
    stated, author = row["published"], row["author"]
    told = {
        "v": 1, "exhibit": 1, "ref": row["ref"], "platform": row["platform"], "platform_id": row["native_id"],
        "url_requested": row["url"], "url_final": row["url"], "kind": row["kind"],
        "author": {"id": author["native_id"], "handle": author["handle"], "name": author["name"], "profile_url": None},
        "title": row["title"], "text": row["text"], "language": "en", "created_at": stated["at"],
        "created_at_verbatim": stated["verbatim"], "created_at_precision": stated["precision"],
        "created_at_source": stated["source"], "first_seen": row["first_seen"], "edited_at": None, "links": [],
        "media": [], "counts": {"likes": 1200, "granularity": {"likes": 100}}, "counts_at": row["first_seen"],
        "versions": [], "observations": [], "records": {"answer": row["capture"]}, "parser": {}, "missing": {},
    }  # fmt: skip
    return {**told, **more}


def exhibit(number: int, row: dict[str, Any], capture: dict[str, Any] | None = None, **more: Any) -> Exhibit:
    """Return a numbered exhibit of a post."""
    return Exhibit(number, f"e{number:03}-harbour", item(row, **more), capture, frozenset({row["capture"]}))


def pair(left: str, right: str, words: str = "Both link to https://harbour.example/plan.") -> dict[str, Any]:
    """Return a match of two posts."""
    return {"left": left, "right": right, "matcher": "text.near", "score": 0.9, "strength": "A", "version": "1",
            "sentence": words, "detail": {}, "judgement": None}  # fmt: skip


def family(rows: list[dict[str, Any]], spread: dict[str, Any] | None = None) -> dict[str, Any]:
    """Return a family of posts."""
    told = {"id": "f1", "size": len(rows), "members": [r["ref"] for r in rows], "platforms": ["harbour.example"],
            "places": ["harbour.example"], "languages": ["en"], "accounts": ["a"], "matchers": ["text.near"],
            "first_captured": "2026-03-01T12:00:00Z", "anchor": rows[0]["ref"], "excerpt": "The sea wall"}  # fmt: skip
    return told | ({"spread": spread} if spread else {})


def case(**more: Any) -> Contents:
    """Return a case of three posts, two of them exhibits of one family."""
    rows = [post(1), post(2, "The sea wall is finished!"), post(3, "Something else.")]
    contents = Contents(
        case="harbour", created=MADE, software="copytrail/0.1.0", posts=rows, families=[family(rows[:2])],
        pairs=[pair(rows[0]["ref"], rows[1]["ref"])], exhibits=[exhibit(1, rows[0]), exhibit(2, rows[1])],
        zone="Europe/Berlin",
    )  # fmt: skip
    return replace(contents, **more)


def hostile() -> Contents:
    """Return a case with hostile words wherever the outer world may put them."""
    row = post(
        1, HOSTILE, title=HOSTILE, site=HOSTILE, community=HOSTILE, url=f"https://h.example/{HOSTILE}",
        platform="harbour.example", route=HOSTILE,
        author={"native_id": HOSTILE, "handle": HOSTILE, "name": f"x{HOSTILE}", "url": HOSTILE},
        published={"at": None, "verbatim": HOSTILE, "precision": "unknown", "source": "page", "zone": "unknown"},
    )  # fmt: skip
    spread = {
        "steps": [{"ref": row["ref"], "platform": HOSTILE, "place": HOSTILE, "tier": 1, "first_seen": None,
                   "from": "2026-02-21T08:00:00Z", "to": "2026-02-21T08:01:00Z"}],
        "arrows": [], "earliest": {"ref": row["ref"]}, "sentence": HOSTILE,
    }  # fmt: skip
    shown = exhibit(
        1, row, {"outcome": HOSTILE, "reason": HOSTILE, "server": {"address": HOSTILE, "tls": HOSTILE},
                 "route": HOSTILE, "redirects": [{"url": HOSTILE, "status": 302}], "missing": {HOSTILE: HOSTILE}},
        language=HOSTILE, missing={HOSTILE: HOSTILE}, url_final=f"javascript:{HOSTILE}",
        media=[{"url": HOSTILE, "kind": HOSTILE, "sha256": None, "mime": HOSTILE, "bytes": None}],
        observations=[{"at": HOSTILE, "outcome": HOSTILE, "sentence": HOSTILE, "status": 404}],
        versions=[{"n": 1, "seen_at": "2026-03-01T12:00:00Z", "title": HOSTILE, "text": HOSTILE * 2}],
    )  # fmt: skip
    method = {
        "signer": {"name": HOSTILE, "fingerprint": "ab" * 32}, "without": [HOSTILE], "pending": [HOSTILE],
        "stamps": {shown.name: [{"authority": HOSTILE, "at": None, "state": "pending", "why": HOSTILE}]},
        "wacz": {shown.name: {"path": "x", "sha256": "cd" * 32, "bytes": 1}},
        "rules": [{"id": HOSTILE, "version": HOSTILE, "threshold": None, "words": HOSTILE}],
        "outages": [{"url": HOSTILE, "from": None, "to": None, "state": HOSTILE, "why": HOSTILE}],
        "uncollected": [{"what": HOSTILE, "why": HOSTILE, "at": None, "url": HOSTILE}],
        "robots": [{"url": HOSTILE, "decision": HOSTILE, "reason": HOSTILE, "at": None}],
        "coverage": [{"url": HOSTILE, "kind": HOSTILE, "state": HOSTILE, "intervals": [], "runs": {HOSTILE: 1}}],
        "software": {HOSTILE: HOSTILE}, "settings": {"sha256": "ef" * 32, "changed": {"a.b": HOSTILE}},
        "changes": {"since": "2026-02-01T00:00:00Z", "sha256": None, "added": [HOSTILE], "removed": [], "changed": [],
                    "sentences": [HOSTILE]},
        "archived": {shown.name: [{"service": HOSTILE, "url": HOSTILE, "at": None}]},
    }  # fmt: skip
    return case(
        case=f"harbour {HOSTILE}", posts=[row], exhibits=[shown], families=[family([row], spread)],
        pairs=[pair(row["ref"], "other.example:9", HOSTILE)], method=method,
        findings=[{"at": HOSTILE, "kind": "gone", "sentence": HOSTILE, "url": HOSTILE}],
        sources=[{"id": 1, "url": HOSTILE, "kind": HOSTILE, "coverage": None}],
    )  # fmt: skip
