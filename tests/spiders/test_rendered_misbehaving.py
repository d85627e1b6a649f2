"""Rendered pages that eat time, memory and requests, or crash."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import time

import pytest

from core.errors import TooLarge, Unavailable
from core.exchange import Response
from core.http import Client
from core.times import SystemClock
from spiders.rendered import Caps, Renderer
from tests.core.wicked import Kept, Wicked, answer, client, drip, raw
from tests.spiders.rendering import BRISK, SITE, html, processes, render, script


def test_pages_that_lead_on_for_ever_end(server: Wicked, polite: Client) -> None:
    server.on("/", html("<script>setTimeout(() => location = '/?' + Math.random(), 50)</script>"))
    (page,) = render(polite, f"{SITE}/")
    assert page.status == 200
    assert len(server.asked) <= 1 + 2 * BRISK.documents


def test_pages_that_disturb_are_read_all_the_same(server: Wicked, polite: Client) -> None:
    server.on("/", html("<p>0</p><script>alert(1); confirm(2); prompt(3); print(); onbeforeunload = () => 1;"
                        "for (let i = 0; i < 20; i++) open('about:blank'); location = '/file';"
                        "document.querySelector('p').innerText = 'calm'</script>"))  # fmt: skip
    server.on("/file", answer(b"x" * 99, Content_Type="application/octet-stream", Content_Disposition="attachment"))
    (page,) = render(polite, f"{SITE}/")
    assert "<p>calm</p>" in page.text


def test_a_page_that_eats_memory_is_given_up(server: Wicked, polite: Client) -> None:
    server.on("/", html("<script>const all = []; for (;;) all.push(new Array(100000).fill(0.5))</script>"))
    with pytest.raises(Unavailable, match=r"crash|come to rest"):
        render(polite, f"{SITE}/", caps=Caps(seconds=20, grace=1))


def test_a_page_that_bends_every_name_is_read_all_the_same(server: Wicked, polite: Client) -> None:
    server.on("/", html("<p>text</p><script>for (const p of [Element.prototype, document]) "
                        "Object.defineProperty(p, 'outerHTML', {get: () => 'x'.repeat(1e8)});"
                        "Object.prototype.toJSON = JSON.stringify = () => 'no'</script>"))  # fmt: skip
    (page,) = render(polite, f"{SITE}/")
    assert "<p>text</p>" in page.text


def test_endless_requests_end(server: Wicked, polite: Client) -> None:
    server.on(
        "/", html("<p>text</p><script>(function more() { fetch('/x?' + Math.random()).finally(more) })()</script>")
    )
    server.on("/x", answer(b"1"))
    (page,) = render(polite, f"{SITE}/", caps=Caps(requests=10, seconds=5, per_minute=60_000))
    assert "<p>text</p>" in page.text
    assert len(server.asked) <= 10
    assert "refused" in page.headers["x-copytrail-rendered"]


def test_an_endless_page_is_too_large(server: Wicked, kept: Kept) -> None:
    server.on("/", html("<script>document.body.append('x'.repeat(3e6))</script>"))
    http = client(server, kept, SystemClock(), max_bytes=1_000_000)
    with pytest.raises(TooLarge, match="3,000,"):
        render(http, f"{SITE}/")


def test_huge_parts_are_done_without(server: Wicked, kept: Kept) -> None:
    server.on("/", html("<p>text</p><script src=/huge.js></script>"))
    server.on("/huge.js", script("/*" + "x" * 2_000_000 + "*/document.querySelector('p').innerText = 'huge'"))
    (page,) = render(client(server, kept, SystemClock(), max_bytes=1_000_000), f"{SITE}/")
    assert "<p>text</p>" in page.text
    server.on("/huge.js", script("x" * 900_000))
    server.on("/", html("<p>text</p>" + "".join(f"<script src=/huge.js?{n}></script>" for n in range(20))))
    server.asked.clear()
    render(client(server, kept, SystemClock()), f"{SITE}/", caps=Caps(bytes=2_000_000, per_minute=60_000))
    assert len(server.asked) < 10


def test_a_slow_drip_does_not_hold_the_page_up(server: Wicked, polite: Client) -> None:
    server.on("/", html("<p>text</p><script async src=/slow.js></script>"))
    server.on("/slow.js", drip(b"HTTP/1.1 200 OK\r\nContent-Type: text/javascript\r\n\r\n"))
    begun = time.monotonic()
    (page,) = render(polite, f"{SITE}/", caps=Caps(seconds=4, per_minute=60_000))
    assert "<p>text</p>" in page.text
    assert time.monotonic() - begun < 15


def test_a_page_that_never_rests_is_given_up(server: Wicked, polite: Client) -> None:
    server.on("/", html("<script>while (true) {}</script>"))
    server.on("/good", html("<p>good</p>"))

    async def both() -> Response:
        renderer = Renderer(Caps(seconds=2, grace=3))
        try:
            with pytest.raises(Unavailable, match=r"did not come to rest in 2 seconds|cannot be rendered"):
                await renderer.render(polite, f"{SITE}/")
            return await renderer.render(polite, f"{SITE}/good")
        finally:
            await renderer.close()

    assert "<p>good</p>" in asyncio.run(both()).text


def test_a_page_that_crashes_is_a_finding_and_the_next_is_read(server: Wicked, polite: Client) -> None:
    def crash(connection: socket.socket, request: bytes) -> None:
        for pid in processes(os.getpid(), "--type=renderer"):
            os.kill(pid, signal.SIGKILL)
        raw(b"HTTP/1.1 204 No Content\r\n\r\n")(connection, request)

    server.on("/", html("<p>text</p><script>fetch('/crash')</script>"))
    server.on("/crash", crash)
    server.on("/good", html("<p>good</p>"))

    async def both() -> Response:
        renderer = Renderer(BRISK)
        try:
            with pytest.raises(Unavailable, match=r"crash|rendered"):
                await renderer.render(polite, f"{SITE}/")
            return await renderer.render(polite, f"{SITE}/good")
        finally:
            await renderer.close()

    assert "<p>good</p>" in asyncio.run(both()).text
