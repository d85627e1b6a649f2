"""A server on loopback that misbehaves as told: each path is a function that gets the connection and the request."""

from __future__ import annotations

import contextlib
import re
import socket
import struct
import threading
from collections.abc import Callable
from typing import Self

from core.exchange import Exchange
from core.guard import Guard
from core.http import Client
from core.network import GuardedTransport, LoopbackRoute
from core.times import Clock

Act = Callable[[socket.socket, bytes], None]


class Wicked:
    """Serve one act per path, one connection per request; `asked` lists the requests in order."""

    def __init__(self) -> None:
        self.acts: dict[str, list[Act]] = {}
        self.asked: list[bytes] = []
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listening.getsockname()[1]
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._serve, daemon=True)

    def on(self, path: str, *acts: Act) -> None:
        """Act so on the first, second ... request to a path; the last act repeats."""
        self.acts[path] = list(acts)

    def paths(self) -> list[str]:
        return [request.split(b" ", 2)[1].decode() for request in self.asked]

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ending.set()
        with contextlib.suppress(OSError):
            socket.create_connection(("127.0.0.1", self.port)).close()
        self._thread.join()
        self._listening.close()

    def _serve(self) -> None:
        while not self._ending.is_set():
            connection, _ = self._listening.accept()
            if self._ending.is_set():
                connection.close()
                return
            threading.Thread(target=self._answer, args=(connection,), daemon=True).start()

    def _answer(self, connection: socket.socket) -> None:
        with connection, contextlib.suppress(OSError):
            request = b""
            while b"\r\n\r\n" not in request and (piece := connection.recv(65536)):
                request += piece
            if not request:
                return
            head, _, sent = request.partition(b"\r\n\r\n")
            stated = re.search(rb"content-length: *(\d+)", head, re.I)
            while stated and len(sent) < int(stated[1]) and (piece := connection.recv(65536)):
                sent, request = sent + piece, request + piece
            self.asked.append(request)
            path = request.split(b" ", 2)[1].decode().partition("?")[0]
            acts = self.acts.get(path, [answer(b"", status="404 Not Found")])
            act = acts.pop(0) if len(acts) > 1 else acts[0]
            act(connection, request)


def answer(body: bytes = b"ok", *, status: str = "200 OK", **headers: str) -> Act:
    """Return the act of a well-behaved answer; header names with _ for -."""
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", "Connection: close"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return raw("\r\n".join(lines).encode() + b"\r\n\r\n" + body)


def raw(data: bytes) -> Act:
    """Return the act of sending these bytes and closing."""

    def act(connection: socket.socket, _: bytes) -> None:
        connection.sendall(data)

    return act


def drip(start: bytes, piece: bytes = b"x", pause: float = 0.05) -> Act:
    """Return the act of sending a start and then a little for ever."""

    def act(connection: socket.socket, _: bytes) -> None:
        connection.sendall(start)
        waiting = threading.Event()
        while not waiting.wait(pause):
            connection.sendall(piece)

    return act


def reset(start: bytes = b"") -> Act:
    """Return the act of sending a start and then breaking the connection (RST)."""

    def act(connection: socket.socket, _: bytes) -> None:
        connection.sendall(start)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    return act


class Kept:
    """A recorder that keeps exchanges in a list."""

    def __init__(self) -> None:
        self.exchanges: list[Exchange] = []

    def record(self, exchange: Exchange) -> str:
        self.exchanges.append(exchange)
        return f"record-{len(self.exchanges)}"


def client(server: Wicked, kept: Kept, clock: Clock, **settings: object) -> Client:
    """Return a client that finds every public name at the server; robots.txt is asked only where a test says so."""
    route = LoopbackRoute(server.port)
    return Client(transport=route, recorder=kept, clock=clock, **{"robots": "api", **settings})  # type: ignore[arg-type]


def trial(kept: Kept, clock: Clock, guard: Guard) -> Client:
    """Return a live client on a guard of its own."""
    return Client(transport=GuardedTransport(guard), guard=guard, recorder=kept, clock=clock, robots="api")
