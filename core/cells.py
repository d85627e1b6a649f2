"""Rows as CSV that a spreadsheet opens unharmed: nothing is run, ids keep their digits, every script stays."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import IO, Any

MARK = "\ufeff"  # spreadsheets take UTF-8 without this mark for a national code page
# a spreadsheet runs a cell that begins so (OWASP, CSV injection); an apostrophe makes it text
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")  # the last four full-width
_UNFOLDED = ("author", "published", "metrics", "edited")  # what a row nests becomes columns; the rest stays JSON


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


def flat(row: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, object]]:
    """Yield the columns of a public row; what it nests is named `author.handle`, raw answers are left out."""
    for key, value in row.items():
        if isinstance(value, Mapping) and key in _UNFOLDED:
            yield from flat(value, f"{prefix}{key}.")
        elif key != "raw":
            yield f"{prefix}{key}", value


def write_csv(rows: Iterable[Mapping[str, Any]], file: IO[str], *, mark: bool = True, head: Sequence[str] = ()) -> int:
    """Write rows with a heading and return their number; `head` names the columns, else the row at the top does.

    `mark` puts the byte order mark before it that spreadsheets want.
    """
    writer = None
    count = 0
    for count, row in enumerate(rows, 1):  # noqa: B007 - the number is what we return
        shown = {key: cell(value) for key, value in flat(row)}
        writer = writer or _begun(file, head or list(shown), mark=mark)
        writer.writerow(shown)
    if writer is None and head:
        _begun(file, head, mark=mark)
    return count


def _begun(file: IO[str], head: Sequence[str], *, mark: bool) -> csv.DictWriter[str]:
    if mark:
        file.write(MARK)
    writer = csv.DictWriter(file, list(head), extrasaction="ignore", restval="")
    writer.writeheader()
    return writer
