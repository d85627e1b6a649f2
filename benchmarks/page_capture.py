"""Capture the hard page twice: by our proxy, and as browsers are usually scripted, by Playwright's response.body().

Each of the two runs in a process of its own, and its server in another, so that memory can be told. Printed: how many
of the bodies that the server sent each has exactly, how many requests the server saw, and the most memory it took.

Run: .venv/bin/python benchmarks/page_capture.py [--large]
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import multiprocessing
import os
import resource
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from demo.replicas import hard  # noqa: E402

Row = dict[str, Any]


def serve(pipe: Any, *, tls: bool) -> None:
    """Serve the hard page until told to end; then say what was asked and sent."""
    from archive.page_certificates import Certificates
    from tests.archive.hard_site import HardSite

    certificates = Certificates()
    with HardSite(certificates.context(hard.SITE) if tls else None) as site:
        pipe.send((site.port, certificates.pin))
        pipe.recv()
        keys = [key for key in site.hits if key[2] != "/robots.txt"]
        pipe.send(({key: site.hits[key] for key in keys}, {key: site.sent.get(key) for key in keys},
                   {key: site.unpacked.get(key) for key in keys}))  # fmt: skip


def ours(port: int, pin: str, query: str, pipe: Any) -> None:
    """Capture by the recording proxy."""
    from archive.page import capture
    from archive.page_answers import Caps
    from archive.records import records
    from archive.warc import WarcWriter
    from core.http import Client
    from core.network import LoopbackRoute

    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "bodies").mkdir()
        began = time.monotonic()
        with WarcWriter(folder / "warc", software="benchmark") as writer:
            http = Client(transport=LoopbackRoute(port), recorder=writer, requests_per_minute=60_000)
            capture(
                f"https://{hard.SITE}/{query}", http=http, writer=writer, folder=folder / "bodies", capture_id="b",
                caps=Caps(per_minute=60_000),
            )  # fmt: skip
        took, most = time.monotonic() - began, memory()
        bodies: dict[str, str] = {}
        methods: dict[str, str] = {}
        for path in (folder / "warc").glob("*.gz"):
            for one in records(path):
                if one.kind == "request":
                    methods[one.fields["warc-concurrent-to"].strip("<>")] = one.block.split(b" ", 1)[0].decode()
            for one in records(path):
                if one.kind == "response":
                    body = one.block.partition(b"\r\n\r\n")[2]
                    bodies[f"{methods[one.id]} {one.fields['warc-target-uri']}"] = hashlib.sha256(body).hexdigest()
    pipe.send((bodies, took, most))


def usual(port: int, pin: str, query: str, pipe: Any) -> None:
    """Capture by Playwright's events; names lead to the server, whose key the browser is told to trust."""
    pipe.send(asyncio.run(_usual(port, pin, query)))


async def _usual(port: int, pin: str, query: str) -> tuple[dict[str, str], float, int]:
    from playwright.async_api import async_playwright

    from core.browser import find_browser

    bodies: dict[str, str] = {}
    waiting: list[asyncio.Future[None]] = []

    async def take(response: Any) -> None:
        try:
            body = await asyncio.wait_for(response.body(), 60)
        except Exception as error:  # noqa: BLE001 - whatever it cannot give is what is measured
            bodies.setdefault(f"{response.request.method} {response.url}", type(error).__name__)
            return
        bodies[f"{response.request.method} {response.url}"] = hashlib.sha256(body).hexdigest()

    began = time.monotonic()
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=find_browser(), chromium_sandbox=os.geteuid() != 0,
            args=[f"--host-resolver-rules=MAP *.example 127.0.0.1:{port}",
                  f"--ignore-certificate-errors-spki-list={pin}"],
        )  # fmt: skip
        context = await browser.new_context()
        context.on("response", lambda response: waiting.append(asyncio.ensure_future(take(response))))
        page = await context.new_page()
        await page.goto(f"https://{hard.SITE}/{query}", wait_until="load", timeout=30_000)
        await page.evaluate("document.querySelector('details').open = true; scrollTo(0, document.body.scrollHeight)")
        await asyncio.sleep(8 if query else 3)
        await asyncio.gather(*waiting)
        await browser.close()
    return bodies, time.monotonic() - began, memory()


def memory() -> int:
    """Return the most megabytes this process held, the browser not counted."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def measure(what: Any, query: str) -> Row:
    """Run one of the two and compare."""
    spawn = multiprocessing.get_context("spawn")
    here, there = spawn.Pipe()
    server = spawn.Process(target=serve, args=(there,), kwargs={"tls": what is usual})
    server.start()
    port, pin = here.recv()
    mine, theirs = spawn.Pipe()
    worker = spawn.Process(target=what, args=(port, pin, query, theirs))
    worker.start()
    bodies, took, most = mine.recv()
    worker.join()
    here.send(None)
    hits, sent, plain = here.recv()
    server.join()
    got = {key.partition("://")[0].split(" ")[0] + " " + key.partition("://")[2].partition("?")[0]: digest
           for key, digest in bodies.items()}  # fmt: skip
    wanted = {f"{k[0]} {k[1]}{k[2]}": digest for k, digest in sent.items()}
    unpacked = {f"{k[0]} {k[1]}{k[2]}": digest for k, digest in plain.items()}
    exact = sum(1 for key, digest in wanted.items() if got.get(key) == digest)
    right = sum(1 for key, digest in wanted.items() if got.get(key) in (digest, unpacked[key]))
    return {
        "way": "copytrail capture" if what is ours else "Playwright response.body()",
        "resources": len(wanted), "exact": exact, "exact_or_unpacked": right, "requests": sum(hits.values()),
        "twice": sorted(f"{k[2]} x{n}" for k, n in hits.items() if n > 1),
        "not_had": sorted(key for key, digest in wanted.items() if got.get(key) not in (digest, unpacked[key])),
        "seconds": round(took, 1), "megabytes": most,
    }  # fmt: skip


def main() -> None:
    """Print the table, then what was not had."""
    query = "?large" if "--large" in sys.argv else ""
    rows = [measure(what, query) for what in (ours, usual)]
    heads = "resources  exact  exact but unpacked  requests at the server  seconds  MB (without the browser)"
    print(f"{'':28} {heads}")
    for row in rows:
        unpacked = row["exact_or_unpacked"] - row["exact"]
        print(f"{row['way']:28} {row['resources']:9}  {row['exact']:5}  {unpacked:18}  {row['requests']:22}"
              f"  {row['seconds']:7}  {row['megabytes']}")  # fmt: skip
    print(json.dumps(rows, indent=1))


if __name__ == "__main__":
    main()
