"""Serve a handler of requests on a port of this machine, in a thread of its own."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@contextmanager
def serving(wire: type[BaseHTTPRequestHandler]) -> Iterator[int]:
    """Yield the port on which `wire` answers until the block ends."""
    with ThreadingHTTPServer(("127.0.0.1", 0), wire) as server:
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        try:
            yield int(server.server_address[1])
        finally:
            server.shutdown()
            thread.join()
