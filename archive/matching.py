"""Decide which record answers a replayed request (docs/replay.md): the same thing, the same page."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, quote, unquote, urlsplit

from core.redact import SECRET_PARAMETERS, redact_body, redact_url

Asked = Mapping[str, tuple[str, ...]]  # parameter -> its values in sorted order

# Which page of a listing: always has to agree, so that a walk ends where its recording does.
_PAGE = frozenset({
    "after", "before", "continuation", "continuationtoken", "cursor", "end_cursor", "max_behot_time", "max_id",
    "max_time", "maxresultstoken", "next", "next_cursor", "next_token", "nextpagetoken", "offset", "offset_id", "p",
    "page", "page_cursor", "page_no", "page_token", "paged", "pagenum", "pagenumber", "pagetoken", "pagination_token",
    "pn", "pcursor", "since_id", "skip", "start", "start-index", "start_author", "start_cursor", "start_permlink",
    "startindex", "until_id", "min_id", "from_id", "bookmark", "bookmarks", "children", "updated-max", "updated-min",
})  # fmt: skip
# Interfaces whose addresses begin with a version, and whose things are known by a name and by a number alike.
_GRAPH = frozenset({"graph.facebook.com", "graph.instagram.com", "graph.threads.net", "graph.threads.com"})
_VERSION = re.compile(r"/v\d{1,3}\.\d{1,3}(?=/)")
_FIRST = frozenset({"0", "1"})  # the first page may be named so, or not at all
_NUMBERED = frozenset({
    "offset", "p", "page", "page_no", "paged", "pagenum", "pagenumber", "pn", "skip", "start", "start-index",
    "startindex",
})  # fmt: skip

# How an answer looks, how long it is, who asks: may differ between the recording and today's code.
_IGNORED = SECRET_PARAMETERS | frozenset({
    "_", "__a", "__d", "__tn__", "_rdr", "alt", "api_type", "app_key", "appid", "callback", "client_id", "client",
    "clientversion", "count", "exclude_reblogs", "exclude_replies", "extras", "fields", "$fields", "filter_replies",
    "first", "format", "hl", "gl", "include_entities", "jsonrpc", "lang", "limit", "limit_children", "locale",
    "max_results", "maxresults", "max-results", "nojsoncallback", "num", "order", "part", "per_page", "prettyprint",
    "raw_json", "redirect", "refsrc", "size", "sort", "summary", "threaded", "timestamp", "ts", "tweet_mode",
    "version", "context.client.clientversion", "visitordata",
})  # fmt: skip
_IGNORED_VALUES = {  # names that elsewhere mean a thing (a video, a topic), ignored with such values only
    "t": re.compile(r"hour|day|week|month|year|all"),
    "v": re.compile(r"\d+(\.\d+)+"),
}


@dataclass(frozen=True, slots=True)
class Place:
    """What always has to agree: method, host (with an unusual port) and path; http and https are one."""

    method: str
    host: str
    path: str


@dataclass(slots=True)
class _Shelf:
    """The records of one place, in recorded order, and the parameters that tell them apart."""

    asked: list[Asked] = field(default_factory=list)
    numbers: list[int] = field(default_factory=list)
    apart: frozenset[str] = frozenset()
    given: dict[tuple[int, ...], int] = field(default_factory=lambda: defaultdict(int))


class Shelves:
    """Find records by request; give the same request the next recorded one, and the last again and again."""

    def __init__(self) -> None:
        self._shelves: dict[Place, _Shelf] = defaultdict(_Shelf)
        self._alike: dict[Place, set[Place]] = defaultdict(set)

    def add(self, number: int, method: str, url: str, body: bytes, content_type: str) -> None:
        """Put record `number` on its shelf."""
        place, asked = _read(method, url, body, content_type)
        shelf = self._shelves[place]
        self._alike[_unnamed(place)].add(place)
        shelf.asked.append(asked)
        shelf.numbers.append(number)
        shelf.apart = frozenset()

    def find(
        self, method: str, url: str, body: bytes, content_type: str, skip: Callable[[int], bool] | None = None
    ) -> tuple[int, bool] | None:
        """Return the number of the record that answers, and whether asking again brings it again; None if none does."""
        place, asked = _read(method, url, body, content_type)
        shelf = self._shelves.get(place) or self._only_one_alike(place)
        if shelf is None:
            return None
        if not shelf.apart and len(shelf.asked) > 1:
            shelf.apart = _told_apart(shelf.asked)
        fits = [shelf.numbers[i] for i in _fitting(shelf, asked)]
        group = tuple(number for number in fits if skip is None or not skip(number))
        if not group:
            return None
        turn = shelf.given[group]
        shelf.given[group] = min(turn + 1, len(group) - 1)
        return group[turn], turn == len(group) - 1

    def rewind(self) -> None:
        """Begin again with the first record of each request."""
        for shelf in self._shelves.values():
            shelf.given.clear()

    def _only_one_alike(self, place: Place) -> _Shelf | None:
        """Return the records of the one thing of a Graph interface that was recorded by its other name."""
        alike = self._alike.get(_unnamed(place), set()) if place.host in _GRAPH else set()
        return self._shelves[next(iter(alike))] if len(alike) == 1 else None


def _unnamed(place: Place) -> Place:
    """Return a place of a Graph interface without the name of its thing: `/somepage/feed` is `/*/feed`."""
    if place.host not in _GRAPH or place.path.count("/") > 2:
        return place
    return Place(place.method, place.host, re.sub(r"^/[^/]+", "/*", place.path))


def _read(method: str, url: str, body: bytes, content_type: str) -> tuple[Place, Asked]:
    try:
        parts = urlsplit(redact_url(url))
    except ValueError:  # a record of another tool may hold what is no address; no request will ever ask for it
        parts = urlsplit("")
    host = (parts.hostname or "").rstrip(".")
    port = _port(parts.netloc)
    path = quote(unquote(parts.path or "/"), safe="/~!$&'()*+,;=:@")
    asked: dict[str, list[str]] = defaultdict(list)
    for name, value in parse_qsl(parts.query, keep_blank_values=True):
        _unfold(name, _jsonish(value), asked)
    if method == "POST" and body:
        _unfold_body(redact_body(body, content_type), asked)
    path = _VERSION.sub("", path, count=1) if host in _GRAPH else path
    place = Place("GET" if method == "HEAD" else method, f"{host}{port}", path)
    return place, {name: tuple(sorted(values)) for name, values in asked.items() if any(values)}  # blank is absent


def _port(netloc: str) -> str:
    found = re.search(r":(\d+)$", netloc)
    return f":{found[1]}" if found and found[1] not in ("80", "443") else ""


def _unfold_body(body: bytes, asked: dict[str, list[str]]) -> None:
    text = body.decode("utf-8", "replace")
    content = _jsonish(text)
    if isinstance(content, dict | list):
        _unfold("body", content, asked)
        return
    for name, value in parse_qsl(text, keep_blank_values=True) or [("", text)]:
        _unfold(f"body.{name}", _jsonish(value), asked)


def _jsonish(value: str) -> Any:
    """Return the JSON a value holds where it is an object or a list, as some platforms pack their parameters."""
    if value[:1] not in "{[" or not value:
        return value
    try:
        return json.loads(value)
    except (ValueError, RecursionError):
        return value


def _unfold(name: str, value: Any, asked: dict[str, list[str]], depth: int = 0) -> None:
    if isinstance(value, dict) and depth < 5:
        for key, inner in value.items():
            _unfold(f"{name}.{key}", inner, asked, depth + 1)
    elif isinstance(value, dict | list):
        asked[name].append(json.dumps(value, sort_keys=True, separators=(",", ":")))
    elif value is not None:
        asked[name].append(str(value))


def _leaf(name: str) -> str:
    return name.rsplit(".", 1)[-1].lower()


def _is_page(name: str) -> bool:
    return _leaf(name) in _PAGE


def _told_apart(candidates: list[Asked]) -> frozenset[str]:
    """Return the parameters whose values differ between candidates, beyond those that may."""
    names = {name for asked in candidates for name in asked}
    differ = {name for name in names if len({asked.get(name) for asked in candidates}) > 1}
    return frozenset(name for name in differ if not _may_differ(name, candidates))


def _may_differ(name: str, candidates: list[Asked]) -> bool:
    values = _IGNORED_VALUES.get(_leaf(name))
    if values is not None:
        return all(values.fullmatch(value) for asked in candidates for value in asked.get(name, ()))
    return _leaf(name) in _IGNORED or name.lower() in _IGNORED


def _fitting(shelf: _Shelf, asked: Asked) -> list[int]:
    """Return the candidates that fit, the strictest reading that finds any first."""
    every = range(len(shelf.asked))
    if same := [i for i in every if shelf.asked[i] == asked]:
        return same
    if len(shelf.asked) == 1:
        held = shelf.asked[0]
        pages = [name for name in asked if _is_page(name)]
        return [0] if all(_agree(asked.get(name), held.get(name), name) for name in pages) else []
    pages = [name for name in asked if _is_page(name)]
    names = set(shelf.apart).union(pages)
    if exact := [i for i in every if all(asked.get(n) == shelf.asked[i].get(n) for n in names)]:
        return exact
    return [i for i in every if all(_agree(asked.get(n), shelf.asked[i].get(n), n) for n in names)]


def _agree(asked: tuple[str, ...] | None, held: tuple[str, ...] | None, name: str) -> bool:
    if asked == held:
        return True
    if asked is not None and held is not None:
        return False
    return _leaf(name) in _NUMBERED and all(value in _FIRST for value in asked or held or ())
