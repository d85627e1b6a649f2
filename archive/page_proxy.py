"""The browser's only way out: a proxy on loopback that hands each request to our client and gives back what came.

It connects to nobody. Of a tunnel the inside is read, by TLS with a certificate made for this capture, so that https,
WebSockets and whatever else is tried all end here (docs/decisions/0007-recording-proxy.md).
"""

from __future__ import annotations

import contextlib
import hmac
import html
import re
import secrets
import socket
import ssl
import threading
from pathlib import Path
from typing import Self

import h11

from archive.page_answers import Answers, Asked, Given
from archive.page_certificates import Certificates
from archive.page_door import DOOR, USER, basic
from archive.page_ranges import part_of
from core.exchange import Headers
from core.spool import Spool

_PIECE = 65_536
_PATIENCE = 10.0  # seconds
_MOST_OPEN = 256  # connections at once; a browser holds 32 to a proxy
_IDLE = 120.0  # seconds that a connection of the browser may say nothing
_NOT_OURS = frozenset({
    "connection", "proxy-connection", "keep-alive", "transfer-encoding", "te", "trailer", "upgrade", "alt-svc",
    "proxy-authenticate",
})  # fmt: skip
_AUTHORITY = re.compile(r"(\[[0-9A-Fa-f:.]+\]|[^\s:/?#@\[\]]+):(\d{1,5})")
_MOST_SENT = 64_000_000  # bytes of a request that are read at all
_PAGE = (
    "<!DOCTYPE html><meta charset=utf-8><title>Not captured</title><p>{}</p><p>copytrail says this, not the site.</p>"
)


class Proxy:
    """Listen on a free port of 127.0.0.1, one thread for each connection, until closed.

    Whoever does not name `password` gets no answer and leaves no trace in the capture: any program of this machine
    can find the port.
    """

    def __init__(self, answers: Answers) -> None:
        self.answers = answers
        self.password = secrets.token_urlsafe(24)
        self.strangers = 0  # requests without the password
        self.door = True  # open until the browser has come in
        self.certificates = Certificates()
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listening.getsockname()[1]
        self._open: set[socket.socket] = set()
        self._lock = threading.Lock()
        self._ending = False
        self._thread = threading.Thread(target=self._accept, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Take no more, and end what is open."""
        with self._lock:
            self._ending = True
            connections = list(self._open)
        for one in [self._listening, *connections]:
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
        self._thread.join(5)
        self._listening.close()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listening.accept()
            except OSError:
                return
            with self._lock:
                if self._ending:
                    connection.close()
                    return
                if len(self._open) >= _MOST_OPEN:
                    connection.close()
                    continue
                self._open.add(connection)
            threading.Thread(target=self._connected, args=(connection,), daemon=True).start()

    def _connected(self, connection: socket.socket) -> None:
        connection.settimeout(_PATIENCE)  # until it has shown the password
        try:
            with connection, contextlib.suppress(OSError, h11.ProtocolError):
                _Conversation(self, connection).run()
        finally:
            with self._lock:
                self._open.discard(connection)


class _Conversation:
    """What is said on one connection: requests one after another, or a tunnel and what is said in it."""

    def __init__(self, proxy: Proxy, connection: socket.socket, origin: str = "") -> None:
        self._proxy, self._socket, self._origin = proxy, connection, origin  # origin: of what is asked in a tunnel
        self._http = h11.Connection(h11.SERVER, max_incomplete_event_size=256 * 1024)

    def run(self) -> None:
        """Answer until one side closes."""
        while (request := self._next()) is not None and isinstance(request, h11.Request):
            if not self._origin and not self._admitted(request):
                return None
            body = self._body()
            method, target = request.method.decode(), request.target.decode("latin-1")
            if method == "CONNECT" and not self._origin:
                return self._tunnel(target)
            headers = tuple((n.decode("latin-1"), v.decode("latin-1")) for n, v in request.headers.raw_items())
            url = self._origin + target if self._origin and target.startswith("/") else target
            if url == DOOR and self._proxy.door:
                self._proxy.door = False
                self._page(200, "<!DOCTYPE html><link rel=icon href=data:,>")
            else:
                asked = Asked(method, url, headers, body)
                self._answer(asked, self._proxy.answers.ask(asked))
            if self._http.our_state is not h11.DONE or self._http.their_state is not h11.DONE:
                return None
            self._http.start_next_cycle()
        return None

    def _admitted(self, request: h11.Request) -> bool:
        """Return whether a request shows the password; ask for it, and close, where it does not."""
        shown = next((value for name, value in request.headers if name == b"proxy-authorization"), b"")
        if hmac.compare_digest(shown, basic(self._proxy.password)):
            self._socket.settimeout(_IDLE)
            return True
        self._proxy.strangers += 1
        asks = [("Proxy-Authenticate", f'Basic realm="{USER}"'), ("Content-Length", "0"), ("Connection", "close")]
        self._send(407, "Not for you", asks)
        self._socket.sendall(self._http.send(h11.EndOfMessage()) or b"")
        return False

    def _next(self) -> object:
        while (event := self._http.next_event()) is h11.NEED_DATA:
            if self._http.they_are_waiting_for_100_continue:
                self._socket.sendall(self._http.send(h11.InformationalResponse(status_code=100, headers=[])) or b"")
            self._http.receive_data(self._socket.recv(_PIECE))
        return event

    def _body(self) -> bytes:
        body = bytearray()
        while isinstance(event := self._next(), h11.Data):
            if len(body) <= _MOST_SENT:
                body += event.data
        return bytes(body)

    def _tunnel(self, target: str) -> None:
        """Read what is said in a tunnel as if we were its end; we are."""
        found = _AUTHORITY.fullmatch(target)
        if found is None:
            self._proxy.answers.refuse("CONNECT", f"tunnel://{target[:300]}", "That is no address of a web server.")
            return
        host, port = found[1].lower(), int(found[2])
        self._socket.sendall(self._http.send(h11.Response(status_code=200, headers=[])) or b"")
        first = self._socket.recv(1, socket.MSG_PEEK)
        if first == b"\x16":
            origin = f"https://{host}" + ("" if port == 443 else f":{port}")
            with contextlib.suppress(ssl.SSLError):
                context = self._proxy.certificates.context(host)
                with context.wrap_socket(self._socket, server_side=True) as inner:
                    _Conversation(self._proxy, inner, origin).run()
        elif first.isalpha():
            _Conversation(self._proxy, self._socket, f"http://{host}" + ("" if port == 80 else f":{port}")).run()
        elif first:
            why = "Neither http nor https is spoken there; nothing else is let through."
            self._proxy.answers.refuse("CONNECT", f"tunnel://{host}:{port}", why)

    def _answer(self, asked: Asked, given: Given) -> None:
        spool, head = given.spool, given.spool.head() if given.spool is not None else None
        if spool is None or head is None:
            given.row.closed.wait(_PATIENCE)  # the sentence comes with its record
            return self._sorry(given, leads=asked.leads)
        headers = [pair for pair in head.headers if pair[0].lower() not in _NOT_OURS]
        bodiless = asked.method == "HEAD" or head.status in (204, 304)
        if given.part and head.status == 200 and not bodiless:
            part = part_of(given.part, head, spool)
            if part is not None:
                return self._partly(headers, spool, *part)
        if any(name.lower() == "transfer-encoding" for name, _ in head.headers):
            headers = [pair for pair in headers if pair[0].lower() != "content-length"]
        self._send(head.status, head.reason, headers)
        return self._flow(spool, 0, None if not bodiless else 0)

    def _partly(self, headers: list[tuple[str, str]], spool: Spool, start: int, end: int, total: int) -> None:
        """Answer one range out of the whole; `end` is the last byte."""
        kept = [pair for pair in headers if pair[0].lower() not in ("content-length", "content-range", "accept-ranges")]
        if start >= total:
            self._send(416, "Range Not Satisfiable", [("Content-Range", f"bytes */{total}"), ("Content-Length", "0")])
            return self._flow(spool, 0, 0)
        told = [("Content-Range", f"bytes {start}-{end}/{total}"), ("Content-Length", str(end - start + 1))]
        self._send(206, "Partial Content", [*kept, ("Accept-Ranges", "bytes"), *told])
        return self._flow(spool, start, end - start + 1)

    def _send(self, status: int, reason: str, headers: Headers) -> None:
        raw = [(name.encode("latin-1"), value.encode("latin-1", "replace")) for name, value in headers]
        data = self._http.send(
            h11.Response(status_code=status, reason=reason.encode("latin-1", "replace"), headers=raw)
        )
        self._socket.sendall(data or b"")

    def _flow(self, spool: Spool, start: int, length: int | None) -> None:
        """Send so many bytes of a body (None: all) as they come; break off where it was cut, as the wire did."""
        sent = 0
        while length is None or sent < length:
            piece = spool.read(start + sent, _PIECE if length is None else min(_PIECE, length - sent))
            if not piece:
                break
            sent += len(piece)
            self._socket.sendall(self._http.send(h11.Data(data=piece)) or b"")
        if (length is None and not spool.whole) or (length is not None and sent < length):
            self._http.send_failed()
            return
        self._socket.sendall(self._http.send(h11.EndOfMessage()) or b"")

    def _sorry(self, given: Given, *, leads: bool) -> None:
        """Say that there is nothing: a page or a frame that was led there stays what it was."""
        if leads:
            self._send(204, "Not captured", [("Cache-Control", "no-store")])
            return self._flow(Spool(Path()), 0, 0)
        why = given.why or given.row.why or "No answer came."
        return self._page(502, _PAGE.format(html.escape(why)), shown=given.row.method != "HEAD")

    def _page(self, status: int, text: str, *, shown: bool = True) -> None:
        """Say something of our own."""
        body = text.encode()
        kind, size = ("Content-Type", "text/html; charset=utf-8"), ("Content-Length", str(len(body)))
        self._send(status, "Not captured", [kind, size, ("Cache-Control", "no-store")])
        if shown:
            self._socket.sendall(self._http.send(h11.Data(data=body)) or b"")
        self._socket.sendall(self._http.send(h11.EndOfMessage()) or b"")
