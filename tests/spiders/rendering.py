"""What the tests of rendered pages share: a wicked site, a port nobody may reach, pages rendered one after another."""

from __future__ import annotations

import asyncio
import socket
import subprocess

from core.exchange import Response
from core.http import Client
from spiders.rendered import Caps, Renderer
from tests.core.wicked import Act, answer

SITE = "http://site.example"
BRISK = Caps(seconds=40, quiet=0.3, per_minute=60_000)


def html(body: str, **headers: str) -> Act:
    return answer(f"<!DOCTYPE html><html><body>{body}</body></html>".encode(), Content_Type="text/html", **headers)


def script(body: str) -> Act:
    return answer(body.encode(), Content_Type="text/javascript")


class Forbidden:
    """A port of this machine that no page may reach, by TCP or UDP; `reached` counts who did."""

    def __init__(self) -> None:
        self.reached = 0
        self._tcp = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._tcp.getsockname()[1]
        self._udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._udp.bind(("127.0.0.1", self.port))
        for listening in (self._tcp, self._udp):
            listening.setblocking(False)

    def look(self) -> int:
        for receive in (self._tcp.accept, lambda: self._udp.recv(100)):
            try:
                receive()
                self.reached += 1
            except BlockingIOError:
                continue
        return self.reached

    def close(self) -> None:
        self._tcp.close()
        self._udp.close()


def render(http: Client, *urls: str, caps: Caps = BRISK) -> list[Response]:
    """Render pages one after another in one browser."""

    async def all_of_them() -> list[Response]:
        renderer = Renderer(caps)
        try:
            return [await renderer.render(http, url) for url in urls]
        finally:
            await renderer.close()

    return asyncio.run(all_of_them())


def processes(of: int, kind: str) -> list[int]:
    """Return the processes below one whose command line names `kind`."""
    rows = [
        line.split(None, 2)
        for line in subprocess.check_output(["ps", "-axo", "pid=,ppid=,args="], text=True).splitlines()
    ]
    below = {of}
    for _ in rows:
        grown = below | {int(pid) for pid, parent, *_ in rows if int(parent) in below}
        if grown == below:
            break
        below = grown
    return [int(row[0]) for row in rows if int(row[0]) in below and kind in row[-1]]
