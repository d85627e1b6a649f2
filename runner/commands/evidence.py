"""export, verify."""

from __future__ import annotations

from pathlib import Path

import click

from runner.options import inert, json_option, line, workspace_of, workspace_option


@click.command("export", short_help="Write an evidence bundle (WACZ) of a case.")
@click.option("--case", "case", required=True, metavar="CASE", help="The case to export.")
@click.option("--out", required=True, type=click.Path(path_type=Path), help="The file to write, e.g. harbour.wacz.")
@click.option(
    "--edition",
    type=click.Choice(["sealed"]),
    default="sealed",
    show_default=True,
    help="Sealed: all of it, unchanged.",
)
@click.option("--item", "items", multiple=True, metavar="REF", help="Only this post and its family; may be repeated.")
@json_option
@workspace_option
@click.pass_context
def export_command(
    ctx: click.Context, case: str, out: Path, edition: str, items: tuple[str, ...], as_json: bool
) -> None:
    """Write an evidence bundle (WACZ) of a case.

    Example: copytrail export --case harbour --out exports/harbour.wacz
    """
    from runner.export import export
    from runner.progress import Counting

    workspace = workspace_of(ctx)
    with Counting("sealing") as counting:
        done = export(workspace, case=case, out=out, edition=edition, items=items, progress=counting.total)
    if as_json:
        click.echo(line(done))
    else:
        click.echo(inert(f"{done['path']}: {done['posts']} posts, {done['records']} archived answers."))
        click.echo(f"sha256 {done['sha256']}")


@click.command("verify", short_help="Check a bundle: every file, every digest; 0 only if it is intact.")
@click.argument("path", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@json_option
@click.pass_context
def verify_command(ctx: click.Context, path: Path, as_json: bool) -> None:
    """Check a bundle: every file, every digest; 0 only if it is intact.

    Example: copytrail verify exports/harbour.wacz
    """
    from evidence.verify import verify

    checks = verify(path)
    failed = any(check.result == "failed" for check in checks)
    for check in checks:
        if as_json:
            click.echo(line(check.as_row()))
        else:
            click.echo(inert(f"{check.result:12} {check.check}: {check.detail}"))
    verdict = "failed" if failed else "intact"
    unsure = sum(check.result == "not_checked" for check in checks)
    if as_json:
        click.echo(line({"verdict": verdict, "path": str(path), "not_checked": unsure}))
    elif failed:
        click.echo("The bundle failed: see the lines above.")
    else:
        click.echo(f"Nothing found wrong: the bundle is intact as far as it was checked ({unsure} things were not).")
    ctx.exit(1 if failed else 0)
