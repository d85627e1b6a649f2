"""Loopback time-stamp authorities for the tests, and what pins them."""

from __future__ import annotations

import hashlib
import time
from base64 import b64decode
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import yaml

from config.authorities import Authority
from demo.authority import MEDIA_TYPE, TimeAuthority
from tests.runner.loopback import serving


def pinned(authority: TimeAuthority, port: int, name: str) -> Authority:
    """Return what the settings of a workspace say of an authority served here."""
    return Authority(name, f"http://127.0.0.1:{port}/{name}", f"{name} (invented)", (authority.root_pem(),))


def own_file(path: Path, authorities: Mapping[str, TimeAuthority], port: int) -> None:
    """Write the file that `[timestamps] own` names."""
    rows = []
    for name, authority in authorities.items():
        pem = authority.root_pem()
        der = b64decode("".join(pem.splitlines()[1:-1]))
        root = {"sha256": hashlib.sha256(der).hexdigest(), "published": "invented", "pem": pem}
        rows.append({"id": name, "url": f"http://127.0.0.1:{port}/{name}", "owner": f"{name} Ltd", "roots": [root]})
    path.write_text(yaml.safe_dump(rows))


@contextmanager
def serving_authorities(authorities: Mapping[str, TimeAuthority]) -> Iterator[int]:
    """Serve each authority under its name; a mode of `html`, `500` or `slow` is played here."""

    class Wire(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            authority = authorities[self.path.strip("/")]
            query = self.rfile.read(int(self.headers["Content-Length"]))
            status, kind, body = 200, MEDIA_TYPE, b"<html>busy</html>"
            if authority.mode == "html":
                kind = "text/html"
            elif authority.mode == "500":
                status, kind = 500, "text/plain"
            else:
                if authority.mode == "slow":
                    time.sleep(3)
                body = authority.answer(query)
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name of the library
            pass

    with serving(Wire) as port:
        yield port
