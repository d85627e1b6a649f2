"""The hard page on loopback, in plain HTTP or by TLS: what it was asked for, and the bytes of each body it sent."""

from __future__ import annotations

import gzip
import hashlib
import ssl
import threading
from collections import Counter
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Self

from demo.replicas import hard
from demo.replicas.base import Request


class HardSite:
    """Serve the hosts of the hard page; `hits` counts requests, `sent` has the digests of bodies, by (host, path)."""

    def __init__(self, tls: ssl.SSLContext | None = None) -> None:
        self.hits: Counter[tuple[str, str, str]] = Counter()  # method, host, path
        self.sent: dict[tuple[str, str, str], str] = {}
        self.unpacked: dict[tuple[str, str, str], str] = {}  # the same, with gzip undone
        self.headers: dict[tuple[str, str, str], dict[str, str]] = {}
        site = self

        class Wire(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def serve(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                host = (self.headers.get("Host") or "").partition(":")[0]
                headers = {name.lower(): value for name, value in self.headers.items()}
                request = Request.of(self.command, host, self.path, headers, body)
                burst = hard.answer(request)
                key = (self.command, host, request.path)
                site.hits[key] += 1
                site.headers[key] = headers
                self.send_response(burst.status)
                self.send_header("Content-Type", burst.type)
                for name, value in burst.headers.items():
                    self.send_header(name, value)
                if burst.length is not None:
                    self.send_header("Content-Length", str(burst.length))
                self.end_headers()
                digest = hashlib.sha256()
                for part in burst.parts():
                    digest.update(part)
                    self.wfile.write(part)
                site.sent[key] = site.unpacked[key] = digest.hexdigest()
                if burst.headers.get("Content-Encoding") == "gzip":
                    site.unpacked[key] = hashlib.sha256(gzip.decompress(b"".join(burst.parts()))).hexdigest()

            do_GET = do_POST = do_OPTIONS = do_HEAD = serve  # noqa: N815 (named by the library)

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002 (named by the library)
                return

        self._http = ThreadingHTTPServer(("127.0.0.1", 0), Wire)
        self._http.daemon_threads = True
        if tls is not None:
            self._http.socket = tls.wrap_socket(self._http.socket, server_side=True, do_handshake_on_connect=False)
        self.port = int(self._http.server_address[1])
        self._thread = threading.Thread(target=self._http.serve_forever, args=(0.05,), daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._http.shutdown()
        self._http.server_close()
        self._thread.join(5)
