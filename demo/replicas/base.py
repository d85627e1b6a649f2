"""What all replicas share: a request, an answer, and how a text becomes HTML, XML and dates."""

from __future__ import annotations

import json
import re
from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from email.utils import format_datetime
from html import escape
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from demo.world import Place, Posting, World

ROBOTS = "User-agent: *\nDisallow: /search\nAllow: /\n"
_URL = re.compile(r"https?://[^\s<>\"]+")


@dataclass(frozen=True, slots=True)
class Request:
    """One request as a replica sees it; `query` keeps every value of a repeated name."""

    method: str
    host: str
    path: str
    query: Mapping[str, Sequence[str]]
    headers: Mapping[str, str]
    body: bytes = b""

    @classmethod
    def of(cls, method: str, host: str, target: str, headers: Mapping[str, str], body: bytes = b"") -> Request:
        """Return the request of a request line, its headers (lower-case names) and its body."""
        parts = urlsplit(target)
        return cls(method, host, unquote(parts.path), parse_qs(parts.query, keep_blank_values=True), headers, body)

    def get(self, name: str, default: str = "") -> str:
        """Return the last value of a query parameter."""
        return self.query.get(name, [default])[-1]

    def number(self, name: str, default: int) -> int:
        """Return a query parameter as a number; what is none counts as absent."""
        value = self.get(name)
        return int(value) if value.isascii() and value.isdigit() else default

    @property
    def form(self) -> dict[str, str]:
        """The fields of a form that was sent."""
        return {name: values[-1] for name, values in parse_qs(self.body.decode("utf-8", "replace")).items()}


@dataclass(frozen=True, slots=True)
class Answer:
    """What a replica sends back."""

    status: int = 200
    body: bytes = b""
    type: str = "text/html; charset=utf-8"
    headers: Mapping[str, str] = field(default_factory=dict)
    validated: bool = False  # carries an ETag, and answers 304 to one who holds it


class Replica(ABC):
    """One platform: the hosts it answers for, and its answers at a moment of the demo."""

    software: str
    robots: str = ROBOTS

    def __init__(self, world: World) -> None:
        self.world = world
        self.places = world.running(self.software)

    def hosts(self) -> Iterable[str]:
        """Return the hosts that lead here."""
        return {place.host for place in self.places}

    @abstractmethod
    def answer(self, request: Request, now: datetime) -> Answer:
        """Return the answer to a request at a moment of the demo."""

    def at_host(self, host: str) -> Place | None:
        """Return the place that fills a host."""
        return next((place for place in self.places if place.host == host), None)

    def in_room(self, room: str) -> Place | None:
        """Return the place with a room, whatever the case."""
        return next((place for place in self.places if place.room.lower() == room.lower()), None)

    def newest(self, place: Place, now: datetime, *, comments: bool = False) -> list[Posting]:
        """Return the visible posts (or comments) of a place, newest first."""
        shown = [p for p in self.world.of(place) if p.visible(now) and (p.kind == "comment") == comments]
        return shown[::-1]


def as_json(data: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> Answer:
    """Return an answer of JSON."""
    body = json.dumps(data, ensure_ascii=False, separators=(",", ":")).encode()
    return Answer(status, body, "application/json; charset=utf-8", headers or {})


def as_feed(text: str, type_: str = "application/rss+xml; charset=UTF-8") -> Answer:
    """Return an answer of XML that may be asked for conditionally."""
    return Answer(200, text.encode(), type_, validated=True)


def as_page(title: str, inside: str, status: int = 200, head: str = "", language: str = "en") -> Answer:
    """Return an HTML page."""
    text = (
        f'<!DOCTYPE html>\n<html lang="{language}">\n<head>\n<meta charset="utf-8">\n<title>{escape(title)}</title>\n'
        f"{head}</head>\n<body>\n{inside}\n</body>\n</html>\n"
    )
    return Answer(status, text.encode())


def missing(what: str = "page") -> Answer:
    """Return a 404 as a page."""
    return as_page("Not found", f"<h1>404</h1><p>This {escape(what)} is not here.</p>", 404)


def as_html(text: str) -> str:
    """Return a text as paragraphs, with its addresses as links."""
    return "".join(f"<p>{linked(part).replace(chr(10), '<br />')}</p>" for part in text.split("\n\n") if part.strip())


def linked(text: str) -> str:
    """Return a text as HTML, with its addresses as links."""
    parts, end = [], 0
    for found in _URL.finditer(text):
        url = escape(found[0])
        parts += [escape(text[end : found.start()], quote=False), f'<a href="{url}">{url}</a>']
        end = found.end()
    return "".join([*parts, escape(text[end:], quote=False)])


def xml(text: str) -> str:
    """Return a text as XML holds it."""
    return escape(text, quote=True)


def cdata(text: str) -> str:
    """Return a text as a CDATA section."""
    return "<![CDATA[" + text.replace("]]>", "]]]]><![CDATA[>") + "]]>"


def rfc822(at: datetime, zone: str = "GMT") -> str:
    """Return a date as RSS writes it."""
    return format_datetime(at).replace("+0000", zone)


def millis(at: datetime) -> str:
    """Return a date as JSON interfaces write it."""
    return at.strftime("%Y-%m-%dT%H:%M:%S.") + f"{at.microsecond // 1000:03d}Z"
