"""Two invented sites on loopback, a WordPress in many small pages and a feed that copies from it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.runner.loopback import serving

PAGES, PER_PAGE = 6, 10
URL = "https://harbourblog.example/"
FEED = "https://quayletters.example/letters.xml"
STORY = "https://plainpress.example/story/sea-wall"
SEA_WALL = (
    "The new sea wall of Maravelle will be two metres higher than the old one, the harbour board said on Monday. "
    "Fishermen fear that the narrow gate will keep their boats in port whenever the wind stands in the west."
)


def post(number: int) -> dict[str, Any]:
    """Return one post as wp-json gives it; number 7 is the long one that is copied elsewhere."""
    day = f"2024-06-{number % 28 + 1:02}"
    text = SEA_WALL if number == 7 else f"{number * 7919} gulls were counted at mooring {number * 31} of the basin."
    return {
        "id": number, "date": f"{day}T10:00:00", "date_gmt": f"{day}T08:00:00",
        "guid": {"rendered": f"https://harbourblog.example/?p={number}"}, "modified": "2024-06-28T10:00:00",
        "modified_gmt": "2024-06-28T08:00:00", "slug": f"note-{number}", "status": "publish", "type": "post",
        "link": f"https://harbourblog.example/note-{number}/", "title": {"rendered": f"Note {number} &amp; tide"},
        "content": {"rendered": f"<p>{text}</p>", "protected": False},
        "excerpt": {"rendered": "<p>Tide.</p>", "protected": False}, "author": 3, "featured_media": 0,
        "comment_status": "open", "ping_status": "open", "sticky": False, "template": "", "format": "standard",
        "meta": {}, "categories": [1], "tags": [], "class_list": [], "_links": {},
        "_embedded": {"author": [{"id": 3, "name": "Ines Okoro", "link": "https://harbourblog.example/author/ines/"}]},
    }  # fmt: skip


def letter(name: str, text: str) -> str:
    """Return one item of the feed."""
    return (
        f"<item><title>{name}</title><link>https://quayletters.example/{name}</link><guid>{name}</guid>"
        f"<pubDate>Wed, 12 Jun 2024 08:00:00 GMT</pubDate><description>{text}</description></item>"
    )


def rss(*items: str) -> bytes:
    """Return a feed of these items."""
    return f"<rss version='2.0'><channel><title>Letters</title>{''.join(items)}</channel></rss>".encode()


@dataclass
class Site:
    """What the server answers; tests change it between two runs. `before` is called with each path first.

    `pages` are the pages of a site without a feed, by path.
    """

    port: int = 0
    feed: bytes = rss(letter("wall", SEA_WALL), letter("lamp", "The lamp on the mole was painted green last week."))
    posts: Callable[[int], dict[str, Any]] = post
    pages: dict[str, str] = field(default_factory=dict)
    before: Callable[[str], object] = lambda _: None
    asked: list[str] = field(default_factory=list)

    def answer(self, host: str, target: str) -> tuple[int, str, bytes]:
        """Return status, type and body for a request."""
        parts = urlsplit(target)
        page = int(parse_qs(parts.query).get("page", ["1"])[0])
        if parts.path == "/robots.txt":
            return 200, "text/plain", b"User-agent: *\nDisallow: /private\n"
        if host == urlsplit(FEED).hostname:
            return 200, "application/rss+xml", self.feed
        if host == urlsplit(STORY).hostname:
            page_there = self.pages.get(parts.path)
            return (200, "text/html", page_there.encode()) if page_there else (404, "text/html", b"<p>Not here.</p>")
        if parts.path.endswith("/wp/v2/posts"):
            first = (page - 1) * PER_PAGE
            posts = [self.posts(n) for n in range(first + 1, first + PER_PAGE + 1)] if page <= PAGES else []
            return 200, "application/json", json.dumps(posts).encode()
        return 200, "application/json", b"[]"


@contextmanager
def site() -> Iterator[Site]:
    """Serve the sites; hosts are told apart by the Host header."""
    served = Site()

    class Wire(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def do_GET(self) -> None:
            host = (self.headers.get("Host") or "").partition(":")[0]
            served.asked.append(f"{host}{self.path}")
            served.before(self.path)
            status, kind, body = served.answer(host, self.path)
            head = {"Content-Type": kind, "Content-Length": str(len(body))}
            head |= {"X-WP-Total": str(PAGES * PER_PAGE), "X-WP-TotalPages": str(PAGES)}
            self.send_response(status)
            for name, value in head.items():
                self.send_header(name, value)
            with suppress(BrokenPipeError):  # the client was killed meanwhile
                self.end_headers()
                self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with serving(Wire) as served.port:
        yield served
