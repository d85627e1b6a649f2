"""An invented web on loopback that answers in the shapes of platforms; its workspace waits on a clock of its own."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import yaml

from archive.reading import read
from core.times import StillClock
from runner.outcome import PROBLEMS
from tests.runner.commands import Home, Printed
from tests.runner.loopback import serving

NOW = datetime(2025, 3, 9, 8, tzinfo=UTC)
FIXTURES = Path(__file__).parent.parent / "fixtures"
HTML = "text/html; charset=utf-8"


@dataclass(frozen=True)
class Answer:
    """One answer of the web."""

    body: bytes = b""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)


Answers = Answer | Callable[[dict[str, str]], Answer]


def as_json(value: object, status: int = 200, **headers: str) -> Answer:
    """Return an answer of an interface."""
    body = value if isinstance(value, bytes) else json.dumps(value).encode()
    return Answer(body, status, {"Content-Type": "application/json", **headers})


def as_html(body: str | bytes, status: int = 200, kind: str = HTML, **headers: str) -> Answer:
    """Return a page."""
    return Answer(body if isinstance(body, bytes) else body.encode(), status, {"Content-Type": kind, **headers})


@dataclass
class World:
    """What every address answers: a list gives one after the other, the last of them for ever; else 404.

    An address with a query answers only that query, one without answers any.
    """

    port: int = 0
    known: dict[tuple[str, str], list[Answers]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    clock: StillClock = field(default_factory=lambda: StillClock(NOW))

    def __setitem__(self, url: str, answer: Answers | list[Answers]) -> None:
        """Say what an address answers from now on."""
        self.known[_key(url)] = answer if isinstance(answer, list) else [answer]

    def shape(self, plugin: str, case: str = "case.yml") -> dict[str, Answer]:
        """Answer as a case of the contract tells; return its answers by address, to be changed."""
        folder = FIXTURES / plugin
        told = yaml.safe_load((folder / case).read_text(encoding="utf-8"))
        found: dict[str, Answer] = {}
        by_key: dict[tuple[str, str], list[Answers]] = {}
        for one in told["answers"]:
            body = (folder / one["file"]).read_bytes() if "file" in one else str(one.get("body", "")).encode()
            made = found[one["url"]] = Answer(body, one.get("status", 200), one.get("headers", {}))
            by_key.setdefault(_key(one["url"]), []).append(made)
        self.known |= by_key
        return found

    def answer(self, host: str, target: str) -> Answer:
        """Return what is answered to a request."""
        parts = urlsplit(f"https://{host}{target}")
        if parts.path == "/robots.txt" and _key(parts.geturl()) not in self.known:
            return Answer(b"User-agent: *\nDisallow:\n", 200, {"Content-Type": "text/plain"})
        found = self.known.get(_key(parts.geturl())) or self.known.get((host + parts.path, ""))
        if not found:
            return as_html("<p>Not here.</p>", 404)
        one = found.pop(0) if len(found) > 1 else found[0]
        return one if isinstance(one, Answer) else one(dict(parse_qsl(parts.query)))

    def count(self, part: str) -> int:
        """Return how many requests had this in their address."""
        return sum(part in one for one in self.asked)


def _key(url: str) -> tuple[str, str]:
    parts = urlsplit(url)
    query = "&".join(sorted(f"{k}={v}" for k, v in parse_qsl(parts.query, keep_blank_values=True)))
    return parts.netloc.lower() + (parts.path or "/"), query


@contextmanager
def world() -> Iterator[World]:
    """Serve a web."""
    served = World()

    class Wire(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def do_GET(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length") or 0))
            host = (self.headers.get("Host") or "").partition(":")[0]
            served.asked.append(f"{host}{self.path}")
            found = served.answer(host, self.path)
            self.send_response(found.status)
            for name, value in {**found.headers, "Content-Length": str(len(found.body))}.items():
                self.send_header(name, value)
            with suppress(BrokenPipeError):
                self.end_headers()
                self.wfile.write(found.body)

        do_POST = do_GET  # noqa: N815 - the name is the library's

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with serving(Wire) as served.port:
        yield served


@dataclass(frozen=True)
class Case:
    """A workspace on an invented web, and what must hold of it whatever the web does."""

    home: Home
    web: World

    def add(self, *urls: str, **options: str) -> None:
        """Watch addresses."""
        more = [word for name, value in options.items() for word in (f"--{name}", value)]
        self.home("add", *urls, "--case", "harbour", *more)

    def watch_shape(self, plugin: str, name: str = "case.yml") -> None:
        """Watch the address of a case of the contract, and answer as it tells."""
        self.web.shape(plugin, name)
        self.add(yaml.safe_load((FIXTURES / plugin / name).read_text(encoding="utf-8"))["url"])

    def problems(self, kind: str | None) -> int:
        """Return the exit status of a run that ends with such a finding."""
        return int(kind in PROBLEMS)

    def findings(self) -> list[Any]:
        """Return the rows of all findings."""
        return self.home("table", "findings", "--format", "jsonl", "--out", "-").rows

    def collect(self, status: int = 0) -> list[Any]:
        """Collect and return how each source ended."""
        return self.printed(status).rows

    def printed(self, status: int = 0) -> Printed:
        """Collect and return what was printed; no run may come to grief on an answer."""
        self.web.clock.sleep(3600)  # an hour later
        printed = self.home("collect", "--json", status=status)
        for out in printed.rows:
            sentence = (out["finding"] or {"sentence": ""})["sentence"]
            assert "Error at" not in sentence, sentence
            assert "Traceback" not in printed.err
        return printed

    def rows(self) -> list[Any]:
        """Return the rows of all posts."""
        return self.home("table", "posts", "--format", "jsonl", "--out", "-").rows

    def ids(self) -> list[str]:
        """Return the ids of all posts, each as often as it is stored."""
        return sorted(row["native_id"] for row in self.rows())

    def archived(self) -> dict[str, list[bytes]]:
        """Return what the archive holds of each address."""
        kept: dict[str, list[bytes]] = {}
        for one in read(sorted(Path(self.home.folder, "archive", "warc").glob("*.warc.gz"))):
            kept.setdefault(one.exchange.url, []).append(one.exchange.body)
        return kept

    def bodies(self) -> set[bytes]:
        """Return every body the archive holds."""
        return {body for bodies in self.archived().values() for body in bodies}

    def reads_the_same_again(self, status: int = 0) -> None:
        """Assert that the archive gives what is stored: nothing new, nothing changed, every post's answer kept."""
        before = self.home.posts()
        for line in self.home("reparse", "--json", status=status).rows:
            assert (line["new"], line["changed"]) == (0, 0), line
        assert self.home.posts() == before
        self.home("db", "check")
