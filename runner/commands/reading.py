"""search, table."""

from __future__ import annotations

from pathlib import Path

import click

from runner.options import case_option, json_option, show, workspace_of, workspace_option


@click.command("search", short_help="Search the full text of everything collected, in any script.")
@click.argument("query")
@case_option
@click.option("--limit", default=100, show_default=True, type=click.IntRange(1, 10_000), help="How many at most.")
@json_option
@workspace_option
@click.pass_context
def search_command(ctx: click.Context, query: str, case: str | None, limit: int, as_json: bool) -> None:
    """Search the full text of everything collected, in any script.

    Example: copytrail search '"the sea wall"'
    """
    from storage import search

    with workspace_of(ctx).database.read() as conn:
        rows = [hit.as_row() for hit in search.search(conn, query, case, limit)]
    columns = [("post", "ref"), ("published", "published"), ("author", "author"), ("text", "snippet")]
    show(rows, as_json, columns, f"Nothing collected so far holds {query!r}.")


TABLES = click.Choice(["posts", "accounts", "profiles", "media", "families", "pairs", "findings", "observations"])


@click.command("table", short_help="Write a table (posts, accounts, families, pairs, findings) as CSV or JSON lines.")
@click.argument("name", type=TABLES)
@click.option("--format", "form", type=click.Choice(["csv", "jsonl"]), default="csv", show_default=True)
@click.option(
    "--out", required=True, type=click.Path(dir_okay=False, path_type=Path, allow_dash=True), help="- is stdout."
)
@case_option
@workspace_option
@click.pass_context
def table_command(ctx: click.Context, name: str, form: str, out: Path, case: str | None) -> None:
    """Write a table (posts, accounts, families, pairs, findings) as CSV or JSON lines.

    Example: copytrail table posts --format csv --out posts.csv
    """
    from runner.table import write_table

    count = write_table(workspace_of(ctx), name, form, out, case)
    if str(out) != "-":
        click.echo(f"{count} rows in {out}.")
