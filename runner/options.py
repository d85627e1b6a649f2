"""Options that many commands share, and how lists are printed."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from runner.workspace import Workspace

F = TypeVar("F", bound=Callable[..., Any])


def _remember(ctx: click.Context, _: click.Parameter, value: str | None) -> None:
    if value:
        ctx.ensure_object(dict)["workspace"] = value


def workspace_option(command: F) -> F:
    """Accept --workspace after the command too."""
    return click.option(
        "--workspace", metavar="DIR", expose_value=False, callback=_remember, help="The workspace to work in."
    )(command)


def case_option(command: F) -> F:
    """Accept --case."""
    return click.option("--case", "case", metavar="CASE", help="Only this case; without it, all cases.")(command)


def json_option(command: F) -> F:
    """Accept --json."""
    return click.option("--json", "as_json", is_flag=True, help="One JSON object per line.")(command)


def workspace_of(ctx: click.Context, *, any_schema: bool = False) -> Workspace:
    """Open the workspace the options name; raise CannotStart where its working copy is not of today's schema.

    The connections are closed when the command ends. `any_schema` is for the commands that mend the working copy.
    """
    from runner.workspace import Workspace

    workspace = Workspace.open((ctx.obj or {}).get("workspace"))
    ctx.call_on_close(workspace.database.close)
    if not any_schema:
        workspace.database.require()
    return workspace


def line(row: Mapping[str, Any]) -> str:
    """Return one NDJSON line; text stays readable in its own script."""
    return json.dumps(row, ensure_ascii=False, separators=(", ", ": "), default=str)


def inert(text: object) -> str:
    """Return what a terminal may print: no control characters, so that no archived name can move the cursor."""
    return "".join(c if c.isprintable() else " " for c in str(text if text is not None else "-"))


def show(rows: Iterable[Mapping[str, Any]], as_json: bool, columns: Sequence[tuple[str, str]], empty: str) -> None:
    """Print rows as NDJSON, or as a table with (heading, key) columns; `empty` is said where there are none."""
    if as_json:
        for row in rows:
            click.echo(line(row))
        return
    listed = list(rows)
    if not listed:
        click.echo(empty)
        return
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False, header_style="bold")
    for heading, _ in columns:
        table.add_column(heading, overflow="fold")
    for row in listed:
        table.add_row(*(Text(inert(_cell(row, key))) for _, key in columns))
    Console(width=None if sys.stdout.isatty() else 160).print(table)


def _cell(row: Mapping[str, Any], key: str) -> object:
    value: Any = row
    for part in key.split("."):
        value = value.get(part) if isinstance(value, Mapping) else None
    if isinstance(value, list | tuple):
        return ", ".join(str(v) for v in value)
    return value


def problem(sentence: str) -> None:
    """Name a problem on standard error."""
    click.echo(inert(sentence), err=True)
