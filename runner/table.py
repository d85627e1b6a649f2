"""Tables for other tools: CSV that a spreadsheet opens unharmed, JSON lines for everybody else."""

from __future__ import annotations

import csv
import json
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from core.errors import BadInput

if TYPE_CHECKING:
    from runner.workspace import Workspace

# a spreadsheet runs a cell that begins so (OWASP, CSV injection); an apostrophe makes it text
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")  # the last four full-width


def write_table(workspace: Workspace, name: str, form: str, out: Path, case: str | None) -> int:
    """Write a table and return its number of rows; raise BadInput where the file cannot be written."""
    with workspace.database.read() as conn, _opened(out) as file:
        rows = _rows(conn, name, case)
        return _jsonl(rows, file) if form == "jsonl" else _csv(rows, file)


def _rows(conn: Any, name: str, case: str | None) -> Iterator[Mapping[str, Any]]:
    if name == "pairs":
        from storage import matching

        yield from matching.list_pairs(conn, case, None)
    elif name == "families":
        from storage import families

        yield from families.list_families(conn, case, 1)
    else:
        from storage import readers

        yield from readers.rows(conn, name, case)


@contextmanager
def _opened(out: Path) -> Iterator[IO[str]]:
    if str(out) == "-":
        yield sys.stdout
        return
    try:
        with out.open("w", encoding="utf-8", newline="") as file:
            yield file
    except OSError as error:
        raise BadInput(f"{out} cannot be written: {error.strerror}. Choose another file.") from error


def _jsonl(rows: Iterable[Mapping[str, Any]], file: IO[str]) -> int:
    count = 0
    for count, row in enumerate(rows, 1):  # noqa: B007 - the number is what we return
        file.write(json.dumps(row, ensure_ascii=False, default=str) + "\n")
    return count


def _csv(rows: Iterable[Mapping[str, Any]], file: IO[str]) -> int:
    writer = None
    count = 0
    for count, row in enumerate(rows, 1):  # noqa: B007 - the number is what we return
        flat = {key: cell(value) for key, value in _flat(row)}
        if writer is None:
            if file is not sys.stdout:
                file.write("\ufeff")  # spreadsheets take UTF-8 without this mark for a national code page
            writer = csv.DictWriter(file, list(flat), extrasaction="ignore", restval="")
            writer.writeheader()
        writer.writerow(flat)
    return count


def _flat(row: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, object]]:
    for key, value in row.items():
        if isinstance(value, Mapping) and key in ("author", "published", "metrics", "edited"):
            yield from _flat(value, f"{prefix}{key}.")
        elif key != "raw":
            yield f"{prefix}{key}", value


def cell(value: object) -> str:
    """Return a value as a spreadsheet cell: nothing is run, ids keep their digits, lists are joined by blanks."""
    if value is None:
        return ""
    if isinstance(value, bool | float):
        return str(value).lower() if isinstance(value, bool) else repr(value)
    if isinstance(value, int):
        return str(value)
    if isinstance(value, list | tuple):
        plain = all(isinstance(v, str) and " " not in v for v in value)
        value = " ".join(value) if plain else json.dumps(value, ensure_ascii=False, default=str) if value else ""
    elif isinstance(value, Mapping):
        value = json.dumps(value, ensure_ascii=False, default=str)
    text = str(value)
    return f"'{text}" if text.startswith(FORMULA) else text
