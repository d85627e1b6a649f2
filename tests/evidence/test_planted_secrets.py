"""Keys of ours and of others in every place a bundle has: none of ours leaves, and none at all in a public edition."""

from __future__ import annotations

import base64
import gzip
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from archive.warc import WarcWriter
from core.custody import BEGINNING, Event
from core.exchange import Exchange
from core.times import StillClock
from evidence.case_bundle import write
from evidence.contents import Contents
from evidence.hiding import Hider
from evidence.proofs import Means
from evidence.pseudonyms import Cast, Names
from evidence.public import Public
from evidence.scan import search
from evidence.secrets import KINDS, hider
from evidence.signing import Identity
from evidence.targets import Target
from evidence.verify import verify
from tests.evidence.evidence_cases import AT, ids, post
from tests.evidence.test_public import everything, exchange, pdf, png

OURS = "k3y-0f-0ur-0wn-9182736455"
THEIRS = "ghp_" + "a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8"  # never issued
IDENTITY = Identity.new("The Harbour Desk")
HTML, JSON = "text/html; charset=utf-8", "application/json"


def answer(body: str | bytes, mime: str = HTML, path: str = "a", **more: Any) -> Exchange:
    headers = (("Content-Type", mime), *more.pop("also", ()))
    return exchange(path, body if isinstance(body, bytes) else body.encode(), *headers, **more)


PLACES: dict[str, Callable[[str], Exchange]] = {
    "body": lambda s: answer(f"<p>{s}</p>"),
    "header": lambda s: answer("x", also=(("X-Asked", f"token {s}"),)),
    "request header": lambda s: answer("x", request_headers=(("Host", "talk.example"), ("X-Api-Key", s))),
    "redirect": lambda s: answer("", also=(("Location", f"/next?access_token={s}"),), status=302, reason="Found"),
    "query": lambda s: answer("x", path=f"a?access_token={s}"),
    "fragment": lambda s: answer(f'<a href="https://talk.example/a#access_token={s}">x</a>'),
    "cookie": lambda s: answer("x", also=(("Set-Cookie", f"session={s}; Path=/"),)),
    "form": lambda s: answer("x", method="POST", request_body=f"user=a&password={s}".encode()),
    "JSON": lambda s: answer(json.dumps({"token": s}), JSON),
    "JSON in JSON": lambda s: answer(json.dumps({"a": json.dumps({"b": json.dumps({"token": s})})}), JSON),
    "attribute": lambda s: answer(f'<p data-key="{s}">x</p>'),
    "script": lambda s: answer(f"<script>var key = '{s}';</script>"),
    "base64": lambda s: answer(f"<p>{base64.b64encode(f'key: {s}.'.encode()).decode()}</p>"),
    "gzip": lambda s: answer(gzip.compress(s.encode(), mtime=0), also=(("Content-Encoding", "gzip"),)),
    "gzip file": lambda s: answer(gzip.compress(s.encode(), mtime=0), "application/gzip"),
    "multipart": lambda s: answer(
        f'--b\r\nContent-Disposition: form-data; name="key"\r\n\r\n{s}\r\n--b--\r\n', "multipart/form-data; boundary=b"
    ),
    "WebSocket": lambda s: answer(f"<script>new WebSocket('wss://talk.example/live?token={s}')</script>"),
    "PDF": lambda s: answer(pdf(s), "application/pdf"),
    "PNG": lambda s: answer(png(s), "image/png"),
    "SVG comment": lambda s: answer(f"<svg><!-- {s} --></svg>", "image/svg+xml"),
    "file name": lambda s: answer("x", also=(("Content-Disposition", f'attachment; filename="{s}.txt"'),)),
}


def contents(folder: Path, exchanges: dict[str, Exchange], note: str = "") -> Contents:
    with WarcWriter(folder / "warc", software="test/1", clock=StillClock(AT), make_id=ids()) as warc:
        made = [warc.record(one) for one in exchanges.values()]
    log = [Event(1, "2026-03-01T12:00:00Z", "desk", "opened", "case:wall", None, {"why": note}, BEGINNING).as_row()]
    return Contents(
        case="wall", created=AT, software="copytrail/0", posts=[post("1", "The sea wall.", made[0], media=[])],
        records=frozenset(made), files=sorted((folder / "warc").glob("*.warc.gz")), custody=log,
    )  # fmt: skip


@pytest.mark.parametrize("place", [*PLACES, "custody note"])
def test_a_sealed_edition_with_a_key_of_ours_is_refused_wherever_it_stands(place: str, tmp_path: Path) -> None:
    told = PLACES[place](OURS) if place in PLACES else answer("x")
    out = tmp_path / "wall.zip"
    write(contents(tmp_path, {"a": told}, "" if place in PLACES else f"asked with {OURS}"), out, Means(IDENTITY))
    found = search(out, hider({"VK_TOKEN": OURS}))
    raw = place in ("PDF", "PNG") or any(OURS.encode() in data for _, data in everything(out.read_bytes()))
    if place in ("request header", "cookie", "query", "form", "redirect") and not raw:
        assert not found, "covered when it was archived"
    else:
        assert found
        assert OURS not in found[0].sentence


def test_a_public_edition_holds_no_key_wherever_it_stood_and_still_verifies(tmp_path: Path) -> None:
    planted = {f"{p} {n}": make(s) for n, s in enumerate((OURS, THEIRS)) for p, make in PLACES.items()}
    planted = {k: v if "?" in v.url else _at(v, n) for n, (k, v) in enumerate(planted.items())}
    out = tmp_path / "wall-public.zip"
    finds = Hider([Target(OURS, "[hidden]", "secret-ours")], (), KINDS)
    public = Public(Cast(Names(b"s" * 32, "wall")), finds)
    told = contents(tmp_path, planted, f"asked with {OURS} and {THEIRS}")
    write(told, out, Means(identity=IDENTITY, redactor=public, original="12" * 32))
    for where, data in everything(out.read_bytes()):
        for secret in (OURS, THEIRS):
            assert secret.encode() not in data, where
            assert base64.b64encode(f"key: {secret}.".encode())[:40] not in data, where
    assert search(out, finds, strict=True) == []
    assert [check for check in verify(out) if check.result == "failed"] == []


def _at(one: Exchange, number: int) -> Exchange:
    return replace(one, url=f"https://talk.example/p{number}")
