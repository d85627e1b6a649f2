"""What the tests of page capture share: a capture into a folder, and what stands in its archive."""

from __future__ import annotations

import contextlib
import json
import socket
import ssl
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from archive.page import Captured, capture
from archive.page_answers import Answers, Caps
from archive.page_door import basic
from archive.page_proxy import Proxy
from archive.records import Record, records
from archive.warc import WarcWriter
from core.http import Client
from core.network import LoopbackRoute
from core.times import SystemClock

BRISK = Caps(seconds=25, quiet=0.3, per_minute=60_000, timeout=5)


@dataclass
class Shot:
    """A capture and its archive."""

    captured: Captured
    folder: Path

    def records(self) -> list[Record]:
        return [one for path in sorted(self.folder.glob("*.warc.gz")) for one in records(path)]

    def resource(self, name: str) -> bytes:
        wanted = self.captured.records[name]
        return next(one.block for one in self.records() if one.id == wanted)

    @property
    def info(self) -> dict[str, Any]:
        told: dict[str, Any] = json.loads(self.resource("pageinfo"))
        return told

    @property
    def counts(self) -> dict[str, int]:
        told: dict[str, int] = self.captured.detail["requests"]
        return told

    def outcomes(self) -> dict[str, str]:
        return {row["url"]: row["outcome"] for row in self.info["requests"]}


def client(port: int, writer: WarcWriter, **settings: Any) -> Client:
    told = {"robots": "api", "requests_per_minute": 60_000, "clock": SystemClock(), **settings}
    return Client(**{"transport": LoopbackRoute(port), "recorder": writer, **told})


def shoot(url: str, folder: Path, port: int, *, caps: Caps = BRISK, **settings: Any) -> Shot:
    for name in ("warc", "bodies"):
        (folder / name).mkdir(parents=True)
    with WarcWriter(folder / "warc", software="tests") as writer:
        http = client(port, writer, **settings)
        with http:
            taken = capture(url, http=http, writer=writer, folder=folder / "bodies", capture_id="cap-1", caps=caps)
    assert not list((folder / "bodies").iterdir()), "nothing is left of bodies on their way"
    numbers = taken.detail["requests"]
    assert numbers["requested"] == numbers["recorded"] + numbers["failed"] + numbers["blocked"]
    return Shot(taken, folder / "warc")


@contextlib.contextmanager
def proxied(folder: Path, port: int, *, caps: Caps = BRISK, **settings: Any) -> Iterator[Proxy]:
    """A proxy without a browser before it."""
    (folder / "bodies").mkdir()
    with WarcWriter(folder / "warc", software="tests") as writer, client(port, writer, **settings) as http:
        answers = Answers(http, caps, folder / "bodies")
        with Proxy(answers) as proxy:
            yield proxy
        answers.close()


def say(proxy: Proxy, data: bytes, *, password: bool = True) -> bytes:
    """Say something to a proxy and return all that comes until it closes or falls silent."""
    shown = b"\r\nProxy-Authorization: " + basic(proxy.password) + b"\r\n"
    with socket.create_connection(("127.0.0.1", proxy.port), timeout=5) as connection:
        connection.sendall(data.replace(b"\r\n", shown, 1) if password else data)
        return heard(connection)


def tunnel(proxy: Proxy, to: str, data: bytes, *, tls: bool) -> bytes:
    """Open a tunnel, say something in it and return what comes."""
    with socket.create_connection(("127.0.0.1", proxy.port), timeout=5) as connection:
        shown = basic(proxy.password).decode()
        connection.sendall(f"CONNECT {to} HTTP/1.1\r\nHost: {to}\r\nProxy-Authorization: {shown}\r\n\r\n".encode())
        head = connection.recv(1000)
        if not head.startswith(b"HTTP/1.1 200"):
            return head
        if not tls:
            connection.sendall(data)
            connection.settimeout(1.5)
            return heard(connection)
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        with context.wrap_socket(connection, server_hostname=to.partition(":")[0]) as inner:
            inner.sendall(data)
            return heard(inner)


def heard(connection: socket.socket) -> bytes:
    found = b""
    with contextlib.suppress(TimeoutError, OSError):
        while piece := connection.recv(65_536):
            found += piece
    return found


def get(url: str, *more: str, method: str = "GET") -> bytes:
    host = url.split("/")[2]
    lines = [f"{method} {url} HTTP/1.1", f"Host: {host}", *more, "Connection: close"]
    return "\r\n".join(lines).encode() + b"\r\n\r\n"
