"""Read posts, profiles and addresses from files that others wrote; what cannot be used is named, the rest goes on."""

from __future__ import annotations

import gc
import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import orjson
from pydantic import ValidationError

from core import times
from core.errors import BadInput
from core.records import Post, Profile
from runner.import_csv import Cells, csv_rows, looks_like_csv, names_platform, table
from runner.import_lines import Line, Rejected, read_lines, sample
from runner.import_urls import find_url
from runner.imports import fourcat, indicators, recorded
from runner.imports.arrays import objects
from runner.imports.rows import Unusable
from runner.imports.x_archive import is_archive, read_archive

__all__ = ["FORMS", "Address", "Rejected", "import_posts"]

FORMS = ("ndjson", "csv", "urls", "zeeschuimer", "4cat", "x-archive", "meta", "stix")
MAX_BUNDLE = 100_000_000  # bytes of a STIX bundle, which is read whole
T = TypeVar("T")
_EXACT = re.compile(r"(?:199\d|20\d\d)-\d\d-\d\dT\d\d:\d\d:\d\dZ")
_ENDINGS = {".ndjson": "ndjson", ".jsonl": "ndjson", ".json": "ndjson", ".csv": "csv", ".tsv": "csv"}


@dataclass(frozen=True, slots=True)
class Address:
    """A line of a list of addresses: a source to add."""

    line: int
    url: str


Item = Post | Profile | Address | Rejected


def import_posts(path: Path, form: str | None = None, platform: str | None = None) -> Iterator[Item]:
    """Yield what a file holds, in order: posts, profiles of their authors, addresses, and rows that are none of these.

    `form` is one of FORMS; without it the content decides, then the name. `platform` is of those rows of a table that
    do not name theirs. Nothing is held but one row. Raises BadInput where the file cannot be opened or has no known
    form.
    """
    form = form or _form(path)
    readers: dict[str, Callable[[], Iterator[Item]]] = {
        "ndjson": lambda: _objects(path), "zeeschuimer": lambda: _objects(path, enveloped=True),
        "csv": lambda: _csv(path, platform), "meta": lambda: _csv(path, platform, only="meta"),
        "4cat": lambda: _fourcat(path, platform), "urls": lambda: _urls(path), "stix": lambda: _stix(path),
        "x-archive": lambda: read_archive(path),
    }  # fmt: skip
    if form not in readers:
        raise BadInput(f"{form!r} is no format copytrail reads; there are {', '.join(FORMS)}.")
    return _patiently(readers[form]())


def _patiently(items: Iterator[Item]) -> Iterator[Item]:
    """Yield items while the collector of cycles runs seldom: posts hold none, and going through them costs a fifth."""
    before = gc.get_threshold()
    gc.set_threshold(100_000, 50, 100)
    try:
        yield from items
    finally:
        gc.set_threshold(*before)


def _form(path: Path) -> str:
    head = _beginning(path)
    if head.startswith(b"PK"):
        if is_archive(path) or re.search(r"twitter|tweets?", path.name, re.I):
            return "x-archive"
        raise BadInput(f"{path.name} is a zip, and no archive of X; unpack it and import the files in it.")
    head = sample(path).replace(b"\0", b"").lstrip(b"\xef\xbb\xbf\xff\xfe \r\n\t")
    if head.startswith(b"window.YTD."):
        return "x-archive"
    if head.startswith(b"{") and re.search(rb'"type"\s*:\s*"bundle"', head.split(b'"objects"', 1)[0]):
        return "stix"
    if head.startswith((b"{", b"[")):
        return "ndjson"
    for ending in reversed(path.suffixes):
        if found := _ENDINGS.get(ending.lower()):
            return found
    return "csv" if looks_like_csv(head) else "urls"


def _beginning(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(4)
    except OSError as error:
        raise BadInput(f"{path} cannot be read: {error.strerror or error}.") from error


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


def _objects(path: Path, *, enveloped: bool = False) -> Iterator[Item]:
    """Read one object per line, or an array of them; each row says itself whether it is a record or an envelope."""
    lines = read_lines(path)
    for item in _array(lines) if sample(path).lstrip(b"\xef\xbb\xbf \r\n\t").startswith(b"[") else lines:
        if isinstance(item, Rejected):
            yield item
            continue
        number, line = item
        if isinstance(line, bytes) and line.isspace():
            continue
        try:
            row = _object(line) if isinstance(line, bytes) else _checked(line)
            if "native_id" in row and not enveloped:
                yield _post(row)
            elif recorded.is_envelope(row):
                yield from recorded.opened(row)
            elif enveloped:
                raise Unusable("is no row of Zeeschuimer (it has no source_platform and data)")
            else:
                yield _post(row)
        except (ValueError, RecursionError) as error:
            yield Rejected(number, _reason(error))


def _array(lines: Iterator[Line | Rejected]) -> Iterator[tuple[int, Any] | Rejected]:
    """Yield the members of an array; a line that cannot be read costs what stands on it."""
    held: list[Rejected] = []

    def read(size: int) -> str:
        pieces, length = [], 0
        for item in lines:
            if isinstance(item, Rejected):
                held.append(item)
                continue
            pieces.append(item[1].decode("utf-8", "replace"))
            length += len(pieces[-1])
            if length >= size:
                break
        return "".join(pieces)

    for found in objects(read):
        yield from held
        held.clear()
        yield found
    yield from held


def _csv(path: Path, platform: str | None, only: str | None = None) -> Iterator[Item]:
    """Read a table; its header says whose it is."""
    rows = table(read_lines(path))
    header: Cells | None = None
    for top in rows:
        if not isinstance(top, Rejected):
            header = top
            break
        yield top
    if header is None:
        return
    if indicators.is_list(header[1]):
        yield from _each(rows, lambda n, row: [Address(n, url) for url in indicators.indicator(header[1], row)])
    elif only == "meta":
        yield Rejected(header[0], "the header is none of a list of indicators (Indicator, or indicator_value)")
    elif only == "4cat" or (fourcat.is_export(header[1]) and not names_platform(header[1])):
        whose = platform or fourcat.platform_of(path.name, header[1])
        yield from _each(rows, lambda _, row: [fourcat.record(header[1], row, whose)])
    else:
        yield from _each(csv_rows(header, rows, platform), lambda _, row: [_post(row)])


def _each(rows: Iterable[tuple[int, T] | Rejected], read: Callable[[int, T], list[Any]]) -> Iterator[Item]:
    for item in rows:
        if isinstance(item, Rejected):
            yield item
            continue
        number, row = item
        if isinstance(row, list) and not any(cell.strip() for cell in row):
            continue  # an empty row of a spreadsheet
        try:
            yield from read(number, row)
        except (ValueError, RecursionError) as error:
            yield Rejected(number, _reason(error))


def _fourcat(path: Path, platform: str | None) -> Iterator[Item]:
    head = sample(path).lstrip(b"\xef\xbb\xbf \r\n\t")
    return _objects(path) if head.startswith((b"{", b"[")) else _csv(path, platform, only="4cat")


def _stix(path: Path) -> Iterator[Item]:
    lines, size = [], 0
    for item in read_lines(path):
        if isinstance(item, Rejected):
            yield item
            continue
        lines.append(item[1])
        size += len(item[1])
        if size > MAX_BUNDLE:
            raise BadInput(f"{path.name} is larger than a STIX bundle may be ({MAX_BUNDLE // 1_000_000} MB).")
    try:
        bundle = json.loads(b"".join(lines).decode("utf-8"), strict=False)
    except (ValueError, RecursionError) as error:
        raise BadInput(f"{path.name} {_reason(error)}.") from error
    for number, found in indicators.stix(bundle):
        yield Address(number, found) if isinstance(found, str) else Rejected(number, str(found))


def _checked(row: Any) -> dict[str, Any]:
    if not isinstance(row, dict):
        raise ValueError("is no object; write one {...} per line")  # noqa: TRY004 - a row's fault, told like others
    return row


def _object(line: bytes) -> dict[str, Any]:
    try:
        row = orjson.loads(line)
    except orjson.JSONDecodeError:
        # Python's own reader is more patient: halves of surrogate pairs, control characters, NaN
        row = json.loads(line.decode("utf-8"), strict=False)
    return _checked(row)


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
