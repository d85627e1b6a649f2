"""An invented case, archived and sealed, for the tests of this room."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from archive.warc import WarcWriter
from core.exchange import Exchange
from core.times import StillClock
from evidence.bundle import Contents, Sealed, seal

AT = datetime(2026, 3, 1, 12, 0, 0, 250_000, tzinfo=UTC)
HOSTILE = '<script>alert("x")</script>'


def ids() -> Callable[[], uuid.UUID]:
    """Return a maker of fixed ids."""
    numbers = iter(range(1, 10_000))
    return lambda: uuid.UUID(int=next(numbers))


def exchange(url: str, body: bytes, *, method: str = "GET", status: int | None = 200, **more: Any) -> Exchange:
    """Return an exchange with an invented site."""
    headers = (("Content-Type", "text/html; charset=utf-8"), ("Content-Length", str(len(body))))
    return Exchange(
        method=method, url=url, request_headers=(("Host", "harbour.example"),), request_body=b"", captured_at=AT,
        status=status, reason="OK", headers=headers, body=body, **more,
    )  # fmt: skip


def post(ref_id: str, text: str, capture: str | None, **more: Any) -> dict[str, Any]:
    """Return a post row in the public shape."""
    return {
        "v": 1, "ref": f"harbour.example:{ref_id}", "platform": "harbour.example", "site": None, "native_id": ref_id,
        "url": f"https://harbour.example/{ref_id}", "kind": "article", "title": HOSTILE, "text": text,
        "author": {"native_id": None, "handle": HOSTILE, "name": None, "url": None}, "community": None,
        "published": {"at": "2026-02-28T08:00:00Z", "verbatim": "28 Feb 2026", "precision": "day", "source": "page"},
        "first_seen": "2026-03-01T12:00:00Z", "capture": capture, **more,
    }  # fmt: skip


def make(folder: Path, *, extra: bytes = b"") -> tuple[Contents, list[str]]:
    """Archive two pages, a failure and a POST; return the contents of a case on them and the record ids."""
    with WarcWriter(folder / "warc", software="test/1", clock=StillClock(AT), make_id=ids()) as warc:
        records = [
            warc.record(exchange("https://harbour.example/wall", b"<p>The sea wall is finished.</p>")),
            warc.record(exchange("https://www.harbour.example/b?z=1&a=2", b"<p>The sea wall is finished!</p>")),
            warc.record(exchange("https://harbour.example/api", b"{}", method="POST")),
            warc.record(exchange("https://harbour.example/none", b"", status=None, error="connection lost")),
        ]
        unwanted = warc.record(exchange("https://other.example/", b"another case"))
    files = sorted((folder / "warc").glob("*.warc.gz"))
    if extra:
        with files[0].open("ab") as file:
            file.write(extra)
    posts = [
        post("wall", "The sea wall is finished.", records[0]),
        post("b", "The sea wall is finished!", records[1]),
        post("imported", "=cmd|x", None, first_seen=None),
    ]
    refs = [p["ref"] for p in posts[:2]]
    family = {
        "id": "f1", "size": 2, "members": refs, "platforms": ["harbour.example"], "languages": ["en"], "accounts": 1,
        "first_captured": "2026-03-01T12:00:00Z", "matchers": ["text.exact"],
    }  # fmt: skip
    pair = {
        "left": refs[1], "right": refs[0], "matcher": "text.exact", "score": 1.0, "strength": "A", "version": "1",
        "sentence": "The texts are the same.", "detail": {}, "judgement": None,
    }  # fmt: skip
    source = {
        "id": 1, "url": "https://harbour.example/", "kind": "article.site", "posts": 2, "coverage": "complete",
        "robots_override": None, "last_run": {"ended": "2026-03-01T12:00:00Z", "finding": None},
    }  # fmt: skip
    finding = {"at": "2026-03-01T12:00:00Z", "sentence": HOSTILE}
    contents = Contents(
        case="harbour", created=AT, software="copytrail/0.1.0", posts=posts, families=[family], pairs=[pair],
        sources=[source], findings=[finding], records=frozenset(records), files=files,
    )  # fmt: skip
    return contents, [*records, unwanted]


def sealed(folder: Path) -> Sealed:
    """Return a sealed bundle of the invented case."""
    contents, _ = make(folder)
    return seal(contents, folder / "harbour.wacz")
