"""Answer the polite client from WARC files: nothing touches the network, and sources cannot tell the difference."""

from __future__ import annotations

import threading
from collections.abc import Container, Iterable
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import httpx

from archive.matching import Shelves
from archive.reading import Capture, load, read
from core.errors import BadInput, NotRecorded
from core.network import Offline
from core.redact import redact_url


class Replay(Offline):
    """A transport for `core.http.Client` that answers from the records of WARC files.

    `only` narrows it to these record ids, `since` and `until` to what was captured in [since, until). `damages` tells
    what could not be read, `latest` is the moment of the last capture: what a replayed run takes for now. `served` are
    the records that answers were read from, since the beginning or the last `rewind`.
    """

    def __init__(
        self,
        paths: Iterable[Path | str],
        *,
        only: Container[str] | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
    ) -> None:
        self.damages: list[BadInput] = []
        self._lock = threading.Lock()
        self._found: list[Capture] = []
        self._shelves = Shelves()
        self._bodies: dict[str, Capture] = {}
        self.served: set[str] = set()
        for capture in read(paths, on_damage=self.damages.append):
            at = capture.exchange.captured_at
            if capture.exchange.status is None or (since and at < since) or (until and at >= until):
                continue
            if only is None or capture.record_id in only:
                self._add(capture)
            else:
                self._hold(capture)  # it answers nothing, and may hold the body of a revisit that does

    def __len__(self) -> int:
        return len(self._found)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Return the recorded answer; raise NotRecorded where none fits."""
        url, body = str(request.url), request.read()
        conditional = any(name in request.headers for name in ("if-none-match", "if-modified-since"))
        with self._lock:
            found = self._shelves.find(
                request.method, url, body, request.headers.get("content-type", ""),
                skip=None if conditional else self._is_empty,
            )  # fmt: skip
        if found is None:
            shown = redact_url(url)
            raise NotRecorded(
                f"No record answers {request.method} {shown}; the walk ends here with what it has. "
                "Collect the source live to go on.",
                url=shown,
            )
        number, last = found
        capture = self._whole(self._found[number])
        with self._lock:
            self.served.add(capture.record_id)
        return _response(capture, last)

    def rewind(self) -> None:
        """Answer from the beginning again, as if nothing had been asked."""
        with self._lock:
            self._shelves.rewind()
            self.served = set()

    def _whole(self, capture: Capture) -> Capture:
        """Return a revisit with the record that holds its body, which may stand in a later file."""
        if capture.refers_to is None:
            return capture
        holder = self._bodies.get(capture.refers_to) or self._bodies.get(capture.payload_digest)
        return replace(capture, holds_body=holder)

    def _is_empty(self, number: int) -> bool:
        """Return whether a record says "not modified", which answers only those who ask for changes."""
        return self._found[number].exchange.status == 304

    def _add(self, capture: Capture) -> None:
        exchange = capture.exchange
        self.latest = max(self.latest or exchange.captured_at, exchange.captured_at)
        sent_type = next((value for name, value in exchange.request_headers if name.lower() == "content-type"), "")
        self._shelves.add(len(self._found), exchange.method, exchange.url, exchange.request_body, sent_type)
        slim = replace(capture, exchange=replace(exchange, body=b""))
        self._hold(capture)
        self._found.append(slim)

    def _hold(self, capture: Capture) -> None:
        """Remember where a body stands, and nothing else of it."""
        exchange = replace(capture.exchange, body=b"", request_body=b"", headers=(), request_headers=())
        for name in (capture.record_id, capture.payload_digest):
            if name and capture.refers_to is None:
                self._bodies.setdefault(name, replace(capture, exchange=exchange))


def _response(capture: Capture, last: bool) -> httpx.Response:
    exchange = capture.exchange
    holder = capture.holds_body or capture
    body = (
        b"" if capture.refers_to and not capture.holds_body else load(holder.file, holder.offset, holder.record_id).body
    )
    left = {"content-length", "transfer-encoding"}
    headers = [
        (name.encode("latin-1"), value.encode("latin-1"))
        for name, value in exchange.headers
        if name.lower() not in left
    ]
    return httpx.Response(
        exchange.status or 0,
        headers=headers,
        stream=httpx.ByteStream(body),
        extensions={
            "http_version": exchange.http_version.encode(),
            "reason_phrase": exchange.reason.encode("latin-1", "replace"),
            "captured_at": exchange.captured_at,
            "recorded": exchange,
            "record_id": capture.record_id,
            "source": f"{capture.file.name}@{capture.offset}",
            "truncated": exchange.truncated,
            "exhausted": last,
        },
    )
