"""An invented WordPress site on loopback, in many small pages, and workspaces that reach it."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from time import sleep
from typing import Any
from urllib.parse import parse_qs, urlsplit

PAGES, PER_PAGE = 12, 10
URL = "https://harbourblog.example/"


def post(number: int) -> dict[str, Any]:
    """Return one post as wp-json gives it."""
    day = f"2024-06-{number % 28 + 1:02}"
    return {
        "id": number, "date": f"{day}T10:00:00", "date_gmt": f"{day}T08:00:00",
        "guid": {"rendered": f"https://harbourblog.example/?p={number}"}, "modified": "2024-06-28T10:00:00",
        "modified_gmt": "2024-06-28T08:00:00", "slug": f"note-{number}", "status": "publish", "type": "post",
        "link": f"https://harbourblog.example/note-{number}/", "title": {"rendered": f"Note {number} &amp; tide"},
        "content": {"rendered": f"<p>Tide table number {number} of the harbour of Maravelle.</p>", "protected": False},
        "excerpt": {"rendered": "<p>Tide.</p>", "protected": False}, "author": 3, "featured_media": 0,
        "comment_status": "open", "ping_status": "open", "sticky": False, "template": "", "format": "standard",
        "meta": {}, "categories": [1], "tags": [], "class_list": [], "_links": {},
        "_embedded": {"author": [{"id": 3, "name": "Ines Okoro", "link": "https://harbourblog.example/author/ines/"}]},
    }  # fmt: skip


class _Site(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    delay = 0.02  # seconds a page takes: there is something to be killed in the middle of

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        page = int(parse_qs(parts.query).get("page", ["1"])[0])
        if parts.path == "/robots.txt":
            self._answer(200, b"User-agent: *\nDisallow: /private\n", "text/plain")
        elif parts.path.endswith("/wp/v2/posts"):
            sleep(self.delay)
            first = (page - 1) * PER_PAGE
            posts = [post(n) for n in range(first + 1, first + PER_PAGE + 1)] if page <= PAGES else []
            self._answer(200, json.dumps(posts).encode(), "application/json")
        else:
            self._answer(200, b"[]", "application/json")

    def _answer(self, status: int, body: bytes, kind: str) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("X-WP-Total", str(PAGES * PER_PAGE))
        self.send_header("X-WP-TotalPages", str(PAGES))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def site() -> Iterator[int]:
    """Serve the site and yield its port."""
    with ThreadingHTTPServer(("127.0.0.1", 0), _Site) as server:
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        try:
            yield server.server_address[1]
        finally:
            server.shutdown()
            thread.join()


def workspace(folder: Path, port: int) -> Path:
    """Make a workspace that watches the site, by the commands a user would type."""
    copytrail(folder, "init", str(folder))
    text = f'[workspace]\nkind = "test"\nloopback_port = {port}\n[collect]\nrequests_per_minute = 600\n'
    (folder / "copytrail.toml").write_text(text)
    copytrail(folder, "add", URL, "--case", "harbour", "--route", "api")
    return folder


def start(folder: Path, *arguments: str) -> subprocess.Popen[str]:
    """Start a command on a workspace."""
    command = [sys.executable, "-m", "runner", "--workspace", str(folder), *arguments]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def copytrail(folder: Path, *arguments: str, status: int = 0) -> str:
    """Run a command on a workspace to its end and return what it printed."""
    with start(folder, *arguments) as process:
        out, err = process.communicate(timeout=120)
    assert process.returncode == status, f"{arguments}: {process.returncode}\n{out}\n{err}"
    return out


def posts(folder: Path) -> list[dict[str, Any]]:
    """Return the posts of a workspace without what differs by the moment of capture."""
    lines = copytrail(folder, "table", "posts", "--format", "jsonl", "--out", "-").splitlines()
    rows = [json.loads(line) for line in lines]
    moving = ("first_seen", "metrics_at", "capture")
    return sorted(({k: v for k, v in r.items() if k not in moving} for r in rows), key=lambda r: str(r["ref"]))
