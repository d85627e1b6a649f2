"""Answer what a page asks for: once each, whole, within the caps of the capture, through the polite client."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from archive.page_ledger import Ledger, Row
from core.errors import CopytrailError
from core.exchange import Headers
from core.http import Client
from core.spool import Spool
from core.streaming import Flow

_AT_ONCE = 16
_WEBSOCKET = "WebSockets are not captured, so none is opened."
# What speaks of the way to us and not to the server; what an archive cannot give again (RFC 9110, 7.6.1).
_HOP = frozenset({
    "connection", "proxy-connection", "keep-alive", "te", "trailer", "transfer-encoding", "upgrade", "content-length",
    "proxy-authorization", "expect",
})  # fmt: skip


@dataclass(frozen=True, slots=True)
class Caps:
    """How much one capture may take; bytes as received, times in seconds, height in CSS pixels."""

    requests: int = 1_000
    answer_bytes: int = 200_000_000  # stays below what the reader of the archive takes (archive.records.MAX_RECORD)
    bytes: int = 1_000_000_000
    sent_bytes: int = 10_000_000
    seconds: float = 90.0
    timeout: float = 30.0  # without a byte
    endless: float = 5.0  # of a stream without an end
    per_minute: float = 600.0  # of what a page loads for itself, per host; the page itself keeps the pace of its site
    step: float = 20.0  # for one picture or one script, which a page may hold up
    quiet: float = 1.0  # without a request, before a page counts as complete
    height: int = 16_000
    scrolls: int = 40
    kept_blobs: int = 50
    blob_bytes: int = 20_000_000


@dataclass(frozen=True, slots=True)
class Asked:
    """One request as the browser sent it, for an absolute address."""

    method: str
    url: str
    headers: Headers
    body: bytes = b""

    def header(self, name: str) -> str:
        """Return a header; empty where it is not there."""
        return next((value for key, value in self.headers if key.lower() == name), "")

    @property
    def leads(self) -> bool:
        """Whether a document is asked for, going by what a browser says it would take."""
        return self.header("accept").startswith("text/html")


@dataclass(frozen=True, slots=True)
class Given:
    """What is there for the browser: a body that comes, or the sentence why there is none. `part`: the range asked."""

    row: Row
    spool: Spool | None = None
    why: str = ""
    part: str = ""


class Answers:
    """Fetch for one capture; `broken` is set where the archive or the disk failed, and with it the capture."""

    def __init__(self, http: Client, caps: Caps, folder: Path) -> None:
        self.ledger = Ledger()
        self.broken: CopytrailError | None = None
        self._http, self._caps, self._folder = http, caps, folder
        self._parts = http.for_source(requests_per_minute=caps.per_minute, own_pace=True)
        self._stop = threading.Event()
        self._turns = threading.Semaphore(_AT_ONCE)
        self._until = time.monotonic() + caps.seconds
        self._whole: dict[str, tuple[Row, Spool]] = {}  # by address: what was asked for in ranges
        self._spools: list[Spool] = []
        self._threads: list[threading.Thread] = []
        self._lock = threading.Lock()
        self._first = True

    def begin(self) -> None:
        """Let the time of the capture run from now on: what came before was the browser's start."""
        self._until = time.monotonic() + self._caps.seconds

    @property
    def left(self) -> float:
        """Seconds until the capture has to end."""
        return max(0.0, self._until - time.monotonic())

    def ask(self, asked: Asked, *, by: str = "page") -> Given:
        """Return what will be there for a request; it comes while the caller reads it."""
        part = asked.header("range") if asked.method == "GET" else ""
        kind = asked.header("sec-fetch-dest")
        with self._lock:
            row = self.ledger.begin(
                asked.method, asked.url, self._http.clock.now(), kind=kind, by=by, leads=asked.leads
            )
            if part and (known := self._whole.get(asked.url)) is not None:
                known[0].ranges.append(part)
                self.ledger.share(row, known[0], part)
                return Given(row, known[1], part=part)
            if why := self._against(asked):
                self.ledger.end(row, "blocked", why)
                return Given(row, why=why)
            spool = Spool(self._folder / f"body-{row.n}", self.ledger.took)
            self._spools.append(spool)
            if part:
                row.ranges.append(part)
                self._whole[asked.url] = (row, spool)
            http, self._first = (self._http if self._first else self._parts), False
            thread = threading.Thread(target=self._fetch, args=(http, asked, row, spool), daemon=True)
            self._threads.append(thread)
        thread.start()
        return Given(row, spool, part=part)

    def refuse(self, method: str, url: str, why: str) -> None:
        """Enter what the browser tried and nobody was asked for."""
        self.ledger.end(self.ledger.begin(method, url, self._http.clock.now()), "blocked", why)

    def stop(self) -> None:
        """End what is under way, and wait until it is recorded as far as it came."""
        self._stop.set()
        for thread in list(self._threads):
            thread.join(self._caps.timeout + 10)

    def close(self) -> None:
        """Stop, and remove what was spooled."""
        self.stop()
        for spool in self._spools:
            spool.close()

    def _against(self, asked: Asked) -> str:
        """Return why a request is not made; empty where nothing stands against it."""
        caps = self._caps
        if asked.header("upgrade"):
            return _WEBSOCKET
        if self._stop.is_set() or not self.left:
            return f"The capture had come to its end ({caps.seconds:g} seconds)."
        if len(self.ledger.rows) > caps.requests:
            return f"The page asked for more than {caps.requests:,} things."
        if self.ledger.bytes >= caps.bytes:
            return f"The page had brought {caps.bytes:,} bytes already."
        if len(asked.body) > caps.sent_bytes:
            return f"The page wanted to send more than {caps.sent_bytes:,} bytes."
        return ""

    def _fetch(self, http: Client, asked: Asked, row: Row, spool: Spool) -> None:
        while not self._turns.acquire(timeout=0.2):
            if self._stop.is_set():
                spool.end(whole=False)
                return self.ledger.end(row, "blocked", "The capture had come to its end before its turn came.")
        try:
            self._asked_for(http, asked, row, spool)
        except CopytrailError as error:
            self.broken = self.broken or error
            self.ledger.end(row, "failed", error.sentence)
        finally:
            if row.fate == "under_way":  # a row without a fate would be worse than any error
                self.ledger.end(row, "failed", "It broke off for a reason that is not known.")
            self._turns.release()
            spool.end(whole=spool.whole)
        return None

    def _asked_for(self, http: Client, asked: Asked, row: Row, spool: Spool) -> None:
        caps = self._caps
        flow = Flow(
            timeout=min(caps.timeout, self.left + 0.1), max_seconds=self.left + 0.1, endless=caps.endless,
            max_bytes=max(1, min(caps.answer_bytes, caps.bytes - self.ledger.bytes)),
        )  # fmt: skip
        note = {"asked": f"whole; the browser asked for {row.ranges[0]}"} if row.ranges else {}
        streamed = http.stream(
            asked.method, asked.url, spool,
            headers=_passed_on(asked, http.user_agent, whole=bool(row.ranges)),
            content=asked.body, caps=flow, stop=self._stop, note=note,
        )  # fmt: skip
        self.ledger.close(row, streamed, spool.size, spool.sha256)


def _passed_on(asked: Asked, user_agent: str, *, whole: bool) -> Headers:
    """Return the headers that go to the server, in their order: named honestly, in encodings the archive can undo."""
    told: list[tuple[str, str]] = []
    for name, value in asked.headers:
        low = name.lower()
        if low in _HOP or (whole and low in ("range", "if-range")):
            continue
        if low == "user-agent":
            value = user_agent
        elif low == "host":  # what the record names as the address is what the server is told
            value = urlsplit(asked.url).netloc.rpartition("@")[2]
        elif low == "accept-encoding" and not whole:
            value = "gzip, deflate"
        told.append((name, value))
    return told
