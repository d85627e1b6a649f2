"""A page that is hard to capture, and a second site it shows a frame of: for tests and measurements of page capture.

All is invented and the same each time; `LARGE` bytes that do not compress are made on the fly, when they are asked for.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import struct
import zlib
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from pathlib import Path

from demo.replicas.base import Request
from demo.replicas.misbehaving import Outburst

SITE, FRAMED = "lighthouse.example", "pilot.example"
LARGE = 120_000_000  # bytes of /large.bin
_BLOCK = 1 << 20

_PAGE = """<!DOCTYPE html><html lang="en"><head><title>The light at Vane</title><meta charset="utf-8">
<link rel="icon" href="/icon.png"><link rel="stylesheet" href="/page.css"></head><body><h1>The light at Vane</h1>
<p>Keeper's log of an invented lighthouse.</p><ul id="said"></ul><img src="/picture.png" alt="tower" width="32">
<iframe src="https://pilot.example/frame" width="300" height="80"></iframe>
<video id="film" src="/film.webm" width="160" muted></video>
<details><summary>Older</summary><img loading="lazy" src="/folded.png" alt="folded"></details>
<img src="/small.png" srcset="/small.png 1x, /double.png 2x" alt="sizes">
<div style="height: 3000px"></div><img loading="lazy" src="/below.png" alt="below"><p id="end">The end.</p>
<script src="/page.js"></script></body></html>"""

_SCRIPT = """const say = text => said.append(Object.assign(document.createElement("li"), {textContent: text}));
const tell = name => answer => say(name + " " + (answer.data ?? answer));
fetch("/photo.bin").then(r => r.blob()).then(async blob => {
  const address = URL.createObjectURL(blob);
  say("blob " + (await (await fetch(address)).arrayBuffer()).byteLength);
});
fetch("/posted", {method: "POST", headers: {"Content-Type": "application/json"}, body: JSON.stringify({tide: "high"})})
  .then(r => r.json()).then(r => say("posted " + r.tide));
fetch("/old.json").then(r => r.json()).then(r => say("redirected " + r.name));
fetch("https://pilot.example/shared.json", {headers: {"X-Asks": "first"}})
  .then(r => r.json()).then(r => say("preflight " + r.name));
fetch("/tides.csv", {headers: {Range: "bytes=10-19"}}).then(async r =>
  say("range " + r.status + " " + (await r.text()).length))
  .then(() => fetch("/tides.csv", {headers: {Range: "bytes=-5"}}))
  .then(async r => say("range " + r.status + " " + (await r.text()).length));
const worker = new Worker("/worker.js"); worker.onmessage = tell("worker");
const shared = new SharedWorker("/shared.js"); shared.port.onmessage = tell("shared"); shared.port.start();
navigator.serviceWorker?.register("/service.js").then(() => navigator.serviceWorker.ready).then(() => say("service"));
navigator.sendBeacon("/beacon", "seen");
film.onplaying = () => say("film");
film.play().catch(() => 0);
if (location.search.includes("large")) fetch("/large.bin").then(async r => {
  let size = 0; const reader = r.body.getReader();
  for (;;) { const {done, value} = await reader.read(); if (done) break; size += value.length; }
  say("large " + size);
});
"""

_WORKERS = {
    "/worker.js": "fetch('/from-worker.json').then(r => r.json()).then(r => postMessage(r.name));",
    "/shared.js": "onconnect = e => fetch('/from-shared.json').then(r => r.json())"
    ".then(r => e.ports[0].postMessage(r.name));",
    "/service.js": "oninstall = e => e.waitUntil(fetch('/from-service.json')); onactivate = e => 0;",
}
_FRAME = "<!DOCTYPE html><title>Pilot</title><p>Pilot station</p><script src=/frame.js></script>"
_ABROAD = {"Access-Control-Allow-Origin": "https://lighthouse.example", "Access-Control-Allow-Headers": "X-Asks"}


def answer(request: Request) -> Outburst:
    """Return what one of the two hosts answers."""
    if request.path == "/robots.txt":
        return _whole(b"User-agent: *\nAllow: /\n", "text/plain")
    made = (_SITE if request.host == SITE else _FRAMED).get(request.path)
    return made(request) if made else _whole(b"not here", "text/plain", status=404)


def large() -> Iterator[bytes]:
    """Yield the bytes of the large file: SHA-256 in counter mode, which nothing compresses."""
    block = b"".join(hashlib.sha256(struct.pack(">Q", n)).digest() for n in range(_BLOCK // 32))
    for number in range(0, LARGE, _BLOCK):
        turn = hashlib.sha256(struct.pack(">Q", number)).digest()[0] * 1024
        yield (block[turn:] + block[:turn])[: min(_BLOCK, LARGE - number)]


def _whole(body: bytes, kind: str, *, status: int = 200, headers: Mapping[str, str] | None = None) -> Outburst:
    return Outburst(lambda: iter([body]), status, kind, headers or {}, len(body))


def _still(body: bytes, kind: str, **headers: str) -> Callable[[Request], Outburst]:
    told = {name.replace("_", "-"): value for name, value in headers.items()}
    return lambda _: _whole(body, kind, headers=told)


def _named(name: str, **headers: str) -> Callable[[Request], Outburst]:
    return _still(json.dumps({"name": name}).encode(), "application/json", **headers)


def _packed(body: str, kind: str) -> Callable[[Request], Outburst]:
    return _still(gzip.compress(body.encode(), mtime=0), kind, Content_Encoding="gzip", Vary="Accept-Encoding")


def _page(_: Request) -> Outburst:
    # two headers of one name, told apart by their case, which HTTP does not see
    cookies = {
        "Set-Cookie": "visit=k3XqP9mZ2v; Path=/; HttpOnly",
        "set-cookie": "lamp=s8Lw1TnQ4b; Path=/; SameSite=Lax",
    }
    packed = gzip.compress(_PAGE.encode(), mtime=0)
    return _whole(packed, "text/html; charset=utf-8", headers={"Content-Encoding": "gzip", **cookies})


def _posted(request: Request) -> Outburst:
    return _whole(request.body, "application/json")


def _ranged(body: bytes, kind: str) -> Callable[[Request], Outburst]:
    def made(request: Request) -> Outburst:
        first, _, last = request.headers.get("range", "").removeprefix("bytes=").partition("-")
        if not first.isdecimal():
            return _whole(body, kind, headers={"Accept-Ranges": "bytes"})
        end = min(int(last) if last.isdecimal() else len(body) - 1, len(body) - 1)
        told = {"Accept-Ranges": "bytes", "Content-Range": f"bytes {first}-{end}/{len(body)}"}
        return _whole(body[int(first) : end + 1], kind, status=206, headers=told)

    return made


def _picture(shade: int) -> bytes:
    """Return a small PNG in one colour."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    rows = b"".join(b"\0" + bytes([shade, (7 * n) % 256, 255 - shade] * 16) for n in range(16))
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", 16, 16, 8, 2, 0, 0, 0))
        + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")
    )  # fmt: skip


@cache
def film() -> bytes:
    """Return three seconds of moving squares, VP8 in WebM, recorded off a canvas."""
    return Path(__file__).with_name("film.webm").read_bytes()


def _redirected(_: Request) -> Outburst:
    return _whole(b"", "text/plain", status=302, headers={"Location": "/new.json"})


_SITE: dict[str, Callable[[Request], Outburst]] = {
    "/": _page,
    "/page.js": _packed(_SCRIPT, "text/javascript; charset=utf-8"),
    "/page.css": _packed("body { font-family: sans-serif; max-width: 40em }" * 40, "text/css"),
    "/photo.bin": _still(bytes(range(256)) * 64, "application/octet-stream"),
    "/posted": _posted,
    "/old.json": _redirected,
    "/new.json": _named("new"),
    "/beacon": lambda _: Outburst(lambda: iter(()), 204, "text/plain", {}, None),
    "/film.webm": lambda request: _ranged(film(), "video/webm")(request),
    "/tides.csv": _ranged(b"".join(b"%05d,%d\n" % (n, n * n % 97) for n in range(500)), "text/csv"),
    "/large.bin": lambda _: Outburst(large, 200, "application/octet-stream", {}, LARGE),
    **{f"/from-{name}.json": _named(name) for name in ("worker", "shared", "service")},
    **{path: _still(text.encode(), "text/javascript") for path, text in _WORKERS.items()},
    **{
        f"/{name}.png": _still(_picture(20 + 30 * n), "image/png")
        for n, name in enumerate(("picture", "folded", "small", "double", "below", "icon"))
    },
}
_FRAMED: dict[str, Callable[[Request], Outburst]] = {
    "/frame": _packed(_FRAME, "text/html; charset=utf-8"),
    "/frame.js": _still(
        b"fetch('/frame.json').then(r => r.json()).then(r => document.body.append(r.name))", "text/javascript"
    ),
    "/frame.json": _named("framed"),
    "/shared.json": _named("abroad", **_ABROAD),
}
