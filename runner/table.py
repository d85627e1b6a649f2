"""Tables for other tools: CSV that a spreadsheet opens unharmed, JSON lines for everybody else."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from core.cells import write_csv
from core.errors import BadInput

if TYPE_CHECKING:
    from runner.workspace import Workspace


def write_table(workspace: Workspace, name: str, form: str, out: Path, case: str | None) -> int:
    """Write a table and return its number of rows; raise BadInput where the file cannot be written."""
    with workspace.database.read() as conn, _opened(out) as file:
        rows = _rows(conn, workspace, name, case)
        return _jsonl(rows, file) if form == "jsonl" else _csv(rows, file)


def _rows(conn: Any, workspace: Workspace, name: str, case: str | None) -> Iterator[Mapping[str, Any]]:
    if name == "pairs":
        from runner.match_rows import shown
        from storage import matching

        yield from matching.list_pairs(conn, shown(workspace.settings, case))
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
    return write_csv(rows, file, mark=file is not sys.stdout)
