"""Read posts and addresses from files that others wrote; what cannot be used is named, the rest goes on."""

from __future__ import annotations

import gc
import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson
from pydantic import ValidationError

from core import times
from core.errors import BadInput
from core.records import Post
from runner.import_csv import csv_rows, looks_like_csv
from runner.import_lines import Rejected, read_lines, sample
from runner.import_urls import find_url

__all__ = ["Address", "Rejected", "import_posts"]

FORMS = ("ndjson", "csv", "urls")
_EXACT = re.compile(r"(?:199\d|20\d\d)-\d\d-\d\dT\d\d:\d\d:\d\dZ")
_ENDINGS = {".ndjson": "ndjson", ".jsonl": "ndjson", ".json": "ndjson", ".csv": "csv", ".tsv": "csv"}


@dataclass(frozen=True, slots=True)
class Address:
    """A line of a list of addresses: a source to add."""

    line: int
    url: str


Item = Post | Address | Rejected


def import_posts(path: Path, form: str | None = None) -> Iterator[Item]:
    """Yield what a file holds, in order: posts (NDJSON version 1, CSV) or addresses (a list, defanged or not).

    `form` is ndjson, csv or urls; without it the content decides, then the name. Nothing is held but one row. Raises
    BadInput where the file cannot be opened or has no known form.
    """
    form = form or _form(path)
    if form not in FORMS:
        raise BadInput(f"{form!r} is no format copytrail reads; there are {', '.join(FORMS)}.")
    readers: dict[str, Callable[[Path], Iterator[Item]]] = {"ndjson": _ndjson, "csv": _csv, "urls": _urls}
    return _patiently(readers[form](path))


def _patiently(items: Iterator[Item]) -> Iterator[Item]:
    """Yield items while the collector of cycles runs seldom: posts hold none, and going through them costs a fifth."""
    before = gc.get_threshold()
    gc.set_threshold(100_000, 50, 100)
    try:
        yield from items
    finally:
        gc.set_threshold(*before)


def _form(path: Path) -> str:
    head = sample(path).replace(b"\0", b"").lstrip(b"\xef\xbb\xbf\xff\xfe \r\n\t")
    if head.startswith((b"{", b"[")):
        return "ndjson"
    for ending in reversed(path.suffixes):
        if found := _ENDINGS.get(ending.lower()):
            return found
    return "csv" if looks_like_csv(head) else "urls"


def _urls(path: Path) -> Iterator[Address | Rejected]:
    for item in read_lines(path):
        if isinstance(item, Rejected):
            yield item
            continue
        number, line = item
        text = line.decode("utf-8", "replace").strip()
        if text and not text.startswith("#"):
            url = find_url(text)
            yield Address(number, url) if url else Rejected(number, f"{text[:80]!r} holds no address")


def _ndjson(path: Path) -> Iterator[Post | Rejected]:
    for item in read_lines(path):
        if isinstance(item, Rejected):
            yield item
            continue
        number, line = item
        if line.isspace():
            continue
        try:
            yield _post(_object(line))
        except (ValueError, RecursionError) as error:
            yield Rejected(number, _reason(error))


def _csv(path: Path) -> Iterator[Post | Rejected]:
    for item in csv_rows(read_lines(path)):
        if isinstance(item, Rejected):
            yield item
            continue
        number, row = item
        try:
            yield _post(row)
        except (ValueError, RecursionError) as error:
            yield Rejected(number, _reason(error))


def _object(line: bytes) -> dict[str, Any]:
    try:
        row = orjson.loads(line)
    except orjson.JSONDecodeError:
        # Python's own reader is more patient: halves of surrogate pairs, control characters, NaN
        row = json.loads(line.decode("utf-8"), strict=False)
    if not isinstance(row, dict):
        raise ValueError("is no object; write one {...} per line")  # noqa: TRY004 - a row's fault, told like others
    return row


def _post(row: dict[str, Any]) -> Post:
    """Return the post of a row; raise ValueError (pydantic's are) where it cannot be one."""
    row = {name: value for name, value in row.items() if value or type(value) is int}  # null, "" and [] say nothing
    published = row.get("published")
    row["published"] = _instant(published) if published is not None else times.unknown()
    if "edited" in row:
        row["edited"] = _instant(row["edited"])
    row.setdefault("route", "import")
    try:
        return Post.model_validate(row)
    except ValidationError:
        return Post.model_validate(_tolerant(row))


def _instant(value: object) -> times.Instant:
    """Read a time as the record has it, or as a bare string or number; what is left out is told from the string."""
    stated: Mapping[str, Any] = value if isinstance(value, dict) else {"at": value}
    update = {name: stated[name] for name in ("verbatim", "source", "zone") if stated.get(name) is not None}
    at = stated.get("at")
    if isinstance(at, str) and _EXACT.fullmatch(at) and stated.get("precision") == "second":
        exact = {"at": at, "verbatim": at, "precision": "second"}
        return times.Instant.model_validate(exact | update)  # what nearly every row has; nothing is to be told
    if isinstance(at, int | float) and not isinstance(at, bool):
        instant = times.from_epoch(at)
    elif at is None:
        instant = times.unknown()
    else:
        instant = times.from_iso(str(at))
        if instant.at is None:
            instant = times.from_http(str(at))
    if instant.at is not None and stated.get("precision") is not None:
        update["precision"] = stated["precision"]
    return times.Instant.model_validate(instant.__dict__ | update) if update else instant


def _tolerant(row: dict[str, Any]) -> dict[str, Any]:
    """Return a row without nulls further in and with its platform in lower case: what Post asks for, others forget."""
    pruned: dict[str, Any] = {name: _pruned(value) for name, value in row.items()}
    if isinstance(pruned.get("platform"), str):
        pruned["platform"] = pruned["platform"].strip().lower()
    return pruned


def _pruned(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: inner for name, inner in value.items() if inner is not None}
    if isinstance(value, list):
        return [_pruned(inner) for inner in value if inner is not None]
    return value


def _reason(error: Exception) -> str:
    if isinstance(error, ValidationError):
        first = error.errors(include_url=False, include_input=False)[0]
        field = ".".join(str(part) for part in first["loc"])
        if first["type"] == "missing":
            return f"has no {field}"
        return f"{field}: {first['msg'][:1].lower()}{first['msg'][1:]}"
    if isinstance(error, UnicodeDecodeError):
        return f"is not UTF-8 (byte {error.start + 1}); save the file as UTF-8"
    if isinstance(error, json.JSONDecodeError):
        return f"is not JSON ({error.msg} at character {error.pos + 1})"
    if isinstance(error, RecursionError):
        return "is nested too deeply"
    return str(error)
