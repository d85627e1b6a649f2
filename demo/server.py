"""Serve all replicas from one loopback port, told apart by the Host header; a scripted clock says what is visible."""

from __future__ import annotations

import gzip
import hashlib
import threading
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import ClassVar, Self

from demo.authority import MEDIA_TYPE, TimeAuthority
from demo.replicas import (
    blogspot,
    bluesky,
    discourse,
    feeds,
    hard,
    hive,
    lemmy,
    mastodon,
    media,
    misbehaving,
    news,
    odysee,
    peertube,
    pixiv,
    ptt,
    quora,
    reddit,
    soundcloud,
    telegram,
    tiktok,
    tumblr,
    vk,
    wordpress,
    xenforo,
)
from demo.replicas.base import Answer, Replica, Request, as_json, as_page, missing
from demo.world import World

REPLICAS: tuple[type[Replica], ...] = (
    reddit.Reddit, mastodon.Mastodon, discourse.Discourse, wordpress.WordPress, blogspot.Blogspot, news.News,
    feeds.Medium, feeds.LiveJournal, feeds.Substack, tumblr.Tumblr, media.YouTube, media.Vimeo, media.Pinterest,
    xenforo.XenForo, hive.Hive, peertube.PeerTube, lemmy.Lemmy, vk.Vk, bluesky.Bluesky, odysee.Odysee, pixiv.Pixiv,
    ptt.Ptt, telegram.Telegram, tiktok.TikTok, quora.Quora, soundcloud.SoundCloud, feeds.AnySite,
)  # fmt: skip
AUTHORITIES = ("hourglass", "sundial")  # time-stamp authorities, at http://NAME.example/; they live in today's time
_COMPRESSED_FROM = 1400  # bytes, as servers are usually set
_MOST_SENT = 1 << 20  # bytes of a request body that are read


@dataclass(frozen=True, slots=True)
class Trouble:
    """A failure that a host has once: the first request whose path begins with `path` gets `answer` instead."""

    host: str
    path: str
    answer: Answer


@dataclass(frozen=True, slots=True)
class Seen:
    """One request that arrived, and the status it was answered with."""

    host: str
    method: str
    path: str
    status: int


def usual_trouble() -> tuple[Trouble, ...]:
    """Return the failures the demo has in its first collection: each passes when asked again."""
    busy = as_json({"message": "Too Many Requests", "error": 429}, 429, {"retry-after": "1"})
    throttled = as_json({"error": "Too many requests"}, 429, {"retry-after": "1"})
    down = as_page("503", "<h1>Service Unavailable</h1>", 503)
    flooded = as_json({"error": "RateLimitExceeded", "message": "Rate Limit Exceeded"}, 429, {"retry-after": "1"})
    return (
        Trouble("oauth.reddit.com", "/r/", busy),
        Trouble("public.api.bsky.app", "/xrpc/app.bsky.feed.getAuthorFeed", flooded),
        Trouble("t.me", "/s/", down),
        Trouble("tidepool.example", "/api/v1/accounts/", throttled),
        Trouble("farolesdealvane.blogspot.com", "/feeds/posts", down),
        Trouble("saltlamp.example", "/wp-json/wp/v2/posts", replace(down, headers={"retry-after": "1"})),
    )


class Server:
    """The replicas on a loopback port; a context manager. `log` keeps every request."""

    def __init__(self, world: World, day: int, trouble: Iterable[Trouble] = ()) -> None:
        self.world = world
        self.log: list[Seen] = []
        self.now: datetime = world.moment(day)
        self.authorities = {f"{name}.example": TimeAuthority(name) for name in AUTHORITIES}
        self._lock = threading.Lock()
        self._trouble = list(trouble)
        self._replicas = {host: made for kind in REPLICAS for made in [kind(world)] for host in made.hosts()}
        # Blogs that are gone still lead to the platform, which says so.
        self._families = {kind: next(r for r in self._replicas.values() if isinstance(r, kind)) for kind in REPLICAS}
        self._http = ThreadingHTTPServer(("127.0.0.1", 0), type("Wire", (_Wire,), {"replicas": self}))
        self._http.daemon_threads = True
        self._thread = threading.Thread(target=self._http.serve_forever, args=(0.05,), daemon=True, name="replicas")

    @property
    def port(self) -> int:
        """The port on 127.0.0.1."""
        return int(self._http.server_address[1])

    @property
    def hosts(self) -> tuple[str, ...]:
        """The hosts that have a replica."""
        return (*sorted(self._replicas), misbehaving.HOST, hard.SITE, hard.FRAMED)

    def advance(self, day: int) -> None:
        """Set the clock of the demo to the end of a day, counted from 1."""
        self.now = self.world.moment(day)

    def answer(self, request: Request) -> Answer:
        """Return what the host of a request answers now."""
        if (authority := self.authorities.get(request.host)) is not None:
            return Answer(200, authority.answer(request.body), MEDIA_TYPE)
        with self._lock:
            for trouble in self._trouble:
                if trouble.host == request.host and request.path.startswith(trouble.path):
                    self._trouble.remove(trouble)
                    return trouble.answer
            replica = self._replica(request.host)
            if replica is None:
                return missing("host")
            if request.path == "/robots.txt" and request.host != news.CLOSED:
                return Answer(200, replica.robots.encode(), "text/plain; charset=utf-8")
            return replica.answer(request, self.now)

    def _replica(self, host: str) -> Replica | None:
        if host in self._replicas:
            return self._replicas[host]
        endings: dict[str, type[Replica]] = {
            ".blogspot.com": blogspot.Blogspot, ".tumblr.com": tumblr.Tumblr, ".livejournal.com": feeds.LiveJournal,
            ".substack.com": feeds.Substack,
        }  # fmt: skip
        return next((self._families[kind] for ending, kind in endings.items() if host.endswith(ending)), None)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Stop serving and free the port."""
        self._http.shutdown()
        self._http.server_close()
        self._thread.join(timeout=5)


def start(world: World, *, day: int | None = None, trouble: Iterable[Trouble] | None = None) -> Server:
    """Return a server of a world, to be entered; it begins on `day` (the first collection) with the usual trouble."""
    first = world.collect_on[0] if day is None else day
    return Server(world, first, usual_trouble() if trouble is None else trouble)


class _Wire(BaseHTTPRequestHandler):
    """Speak HTTP for the server of a subclass."""

    replicas: ClassVar[Server]
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # headers and body go out as two writes

    def do_GET(self) -> None:
        self._serve()

    def do_POST(self) -> None:
        self._serve()

    def do_HEAD(self) -> None:
        self._serve()

    def do_OPTIONS(self) -> None:
        self._serve()

    def _serve(self) -> None:
        length = min(int(self.headers.get("Content-Length") or 0), _MOST_SENT)
        body = self.rfile.read(length) if length else b""
        host = (self.headers.get("Host") or "").partition(":")[0].lower()
        headers = {name.lower(): value for name, value in self.headers.items()}
        request = Request.of(self.command, host, self.path, headers, body)
        if host == misbehaving.HOST and (outburst := misbehaving.answer(request.path)):
            self._misbehave(outburst)
        elif host in (hard.SITE, hard.FRAMED):
            self._misbehave(hard.answer(request))
        else:
            self._send(self.replicas.answer(request), headers)

    def _send(self, answer: Answer, asked: dict[str, str]) -> None:
        status, body, more = answer.status, answer.body, dict(answer.headers)
        if answer.validated:
            more["ETag"] = f'W/"{hashlib.sha256(body).hexdigest()[:20]}"'
            if asked.get("if-none-match") == more["ETag"]:
                status, body = 304, b""
        if "gzip" in asked.get("accept-encoding", "") and len(body) > _COMPRESSED_FROM:
            body = gzip.compress(body, 5, mtime=0)
            more |= {"Content-Encoding": "gzip", "Vary": "Accept-Encoding"}
        self._head(status, answer.type, more, len(body))
        if self.command != "HEAD":
            self.wfile.write(body)

    def _misbehave(self, outburst: misbehaving.Outburst) -> None:
        self.close_connection = outburst.length is None or outburst.length > _MOST_SENT
        self._head(outburst.status, outburst.type, dict(outburst.headers), outburst.length)
        try:
            sent = 0
            for part in outburst.parts():
                self.wfile.write(part)
                sent += len(part)
            self.close_connection |= outburst.length is not None and sent < outburst.length
        except OSError:  # the client had enough, which is what some of these are for
            self.close_connection = True

    def _head(self, status: int, type_: str, more: dict[str, str], length: int | None) -> None:
        self.replicas.log.append(
            Seen((self.headers.get("Host") or "").partition(":")[0], self.command, self.path, status)
        )
        self.send_response_only(status)
        self.send_header("Date", self.date_time_string(self.replicas.now.timestamp()))
        self.send_header("Content-Type", type_)
        for name, value in more.items():
            self.send_header(name, value)
        if length is not None:
            self.send_header("Content-Length", str(length))
        else:
            self.send_header("Connection", "close")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 (named by the library)
        """Keep quiet: the log of the server holds every request."""
