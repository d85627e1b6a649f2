"""One request and what came back: the record that the polite client hands to a Recorder, and gives to a source."""

from __future__ import annotations

import codecs
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol

from core.errors import SourceChanged

Headers = Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Tls:
    """What the handshake agreed on: version ("1.3"), cipher suite by its IANA name, certificates as DER, leaf first.

    `chain` is what was verified where that can be told, else what the server sent or the leaf alone; empty where not
    even that is known.
    """

    version: str
    cipher: str | None = None
    chain: tuple[bytes, ...] = ()


@dataclass(frozen=True, slots=True)
class Exchange:
    """One attempt on the wire, successful or not: what the archive writes.

    `request_body` and `body` are bytes as sent and received after transfer decoding; `body` keeps its content
    encoding undone only where `decoded` is true. `error` is set where no complete answer came. `peer` is the
    address connected to. `captured_at` is the moment the answer was complete, UTC. A large body may lie in the file
    `spool` instead; `body` is empty then.
    """

    method: str
    url: str
    request_headers: Headers
    request_body: bytes
    captured_at: datetime
    status: int | None = None
    reason: str = ""
    headers: Headers = ()
    body: bytes = b""
    decoded: bool = False
    http_version: str = "HTTP/1.1"
    peer: str | None = None
    error: str | None = None
    truncated: str | None = None  # WARC's words: length, time, disconnect
    note: dict[str, str] = field(default_factory=dict)
    tls: Tls | None = None
    spool: Path | None = None


class Recorder(Protocol):
    """Keep an exchange for ever and say under which name."""

    def record(self, exchange: Exchange) -> str:
        """Write request and response; return the record id of the response (or of the failed attempt)."""


@dataclass(frozen=True, slots=True)
class Response:
    """A complete answer, decoded, with the name under which the archive keeps it."""

    url: str
    status: int
    headers: dict[str, str]  # lower-case names; repeated ones joined by ", "
    body: bytes
    captured_at: datetime
    capture: str | None = None
    requested_url: str = ""
    not_modified: bool = False

    @property
    def content_type(self) -> str:
        """The media type without parameters, lower case."""
        return self.headers.get("content-type", "").split(";", 1)[0].strip().lower()

    @property
    def text(self) -> str:
        """The body as text: charset of the header, else of the document, else UTF-8; never fails."""
        return self.body.decode(self.encoding, "replace")

    @property
    def encoding(self) -> str:
        """The name of the charset that the header or the head of the document states; UTF-8 otherwise."""
        found = re.search(r"charset=[\"']?([\w.:-]+)", self.headers.get("content-type", ""), re.I)
        name = found[1] if found else ""
        if not name:
            inside = re.search(rb"(?:charset|encoding)\s*=\s*[\"']?\s*([\w.:-]+)", self.body[:2048], re.I)
            name = inside[1].decode("ascii", "replace") if inside else "utf-8"
        try:
            return codecs.lookup(name).name
        except LookupError:
            return "utf-8"

    def json(self) -> Any:
        """Return the body as JSON; raise SourceChanged where it is none."""
        try:
            try:
                return json.loads(self.body)
            except ValueError as error:
                if "integer string conversion" not in str(error):
                    raise
                return json.loads(self.body, parse_int=_integer)  # one absurd number must not cost a whole page
        except RecursionError:
            raise SourceChanged(f"{self.url} answered JSON nested too deeply to be read.", url=self.url) from None
        except ValueError as error:
            start = self.text[:60].replace("\n", " ")
            raise SourceChanged(
                f"{self.url} answered something that is not JSON (it begins {start!r}); "
                "see whether the page opens in a browser, then run `copytrail reparse`.",
                url=self.url, status=self.status,
            ) from error  # fmt: skip


def _integer(digits: str) -> int | float:
    """Return an integer of JSON; one longer than any counter or id is taken for endless."""
    return int(digits) if len(digits) < 100 else float("inf")
