"""collect, watch, import, reparse."""

from __future__ import annotations

from pathlib import Path

import click

from runner.options import case_option, inert, json_option, line, problem, workspace_of, workspace_option

FILES = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.command(
    "collect",
    short_help="Collect from the sources now, or from WARC files with --replay.",
)
@case_option
@click.option("--source", type=int, metavar="ID", help="Only this source.")
@click.option("--replay", metavar="WARC", multiple=True, type=FILES, help="Answers come from WARC files.")
@click.argument("more", metavar="[WARC]...", nargs=-1, type=FILES)
@json_option
@workspace_option
@click.pass_context
def collect_command(
    ctx: click.Context, case: str | None, source: int | None, replay: tuple[Path, ...], more: tuple[Path, ...],
    as_json: bool,
) -> None:  # fmt: skip
    """Collect from the sources now, or from WARC files with --replay.

    Example: copytrail collect --case harbour
    """
    from runner.collect import Outcome, collect
    from runner.progress import Counting
    from runner.watchlist import sync

    if more and not replay:
        raise click.UsageError("WARC files are given after --replay.")
    workspace = workspace_of(ctx)
    wrong = sync(workspace, case)
    for error in wrong:
        problem(error.sentence)
    problems = len(wrong)

    def tell(out: Outcome) -> None:
        if as_json:
            click.echo(line(out.as_row()))
        else:
            click.echo(inert(f"{out.url}: {out.posts} posts, {out.new} new, {out.changed} changed ({out.status})"))
        if out.finding:
            (problem if out.is_problem else _say(as_json))(f"  {out.url}: {out.finding.sentence}")

    with Counting("collecting") as counting:
        for out in collect(workspace, case=case, source=source, replay=[*replay, *more], progress=counting.source):
            problems += out.is_problem
            tell(out)
    ctx.exit(1 if problems else 0)


def _say(as_json: bool):  # type: ignore[no-untyped-def]
    return (lambda _: None) if as_json else (lambda sentence: click.echo(inert(sentence)))


@click.command("watch", short_help="Collect on schedule until stopped.")
@case_option
@click.option("--for", "duration", metavar="DURATION", help="Stop after this time, e.g. 90s, 30m, 2h.")
@json_option
@workspace_option
@click.pass_context
def watch_command(ctx: click.Context, case: str | None, duration: str | None, as_json: bool) -> None:
    """Collect on schedule until stopped.

    Example: copytrail watch --for 8h
    """
    from runner.collect import Outcome
    from runner.progress import seconds
    from runner.schedule import Watch
    from runner.watchlist import sync

    workspace = workspace_of(ctx)
    limit = seconds(duration) if duration else None
    for error in sync(workspace, case):
        problem(error.sentence)

    def told(out: Outcome) -> None:
        if as_json:
            click.echo(line(out.as_row()))
        else:
            click.echo(inert(f"{out.url}: {out.posts} posts, {out.new} new, {out.changed} changed ({out.status})"))
        if out.is_problem and out.finding:
            problem(f"  {out.url}: {out.finding.sentence}")

    click.echo("Watching; stop with Ctrl-C.", err=True)
    Watch(workspace, told, case).run(limit)


@click.command("import", short_help="Take in posts (NDJSON, CSV) or lists of addresses from files.")
@click.argument("files", metavar="FILE...", nargs=-1, required=True, type=FILES)
@click.option("--case", "case", required=True, metavar="CASE", help="The case they belong to; made if it is new.")
@click.option("--format", "form", type=click.Choice(["ndjson", "csv", "urls"]), help="Else told from the file.")
@json_option
@workspace_option
@click.pass_context
def import_command(ctx: click.Context, files: tuple[Path, ...], case: str, form: str | None, as_json: bool) -> None:
    """Take in posts (NDJSON, CSV) or lists of addresses from files.

    Example: copytrail import posts.ndjson --case harbour
    """
    from runner.intake import take_in
    from runner.progress import Counting

    workspace = workspace_of(ctx)
    rejected = 0
    for path in files:
        with Counting(f"importing {path.name}") as counting:
            taken = take_in(workspace, path, case=case, form=form, progress=counting.total)
        rejected += len(taken.rejected) + taken.unlisted
        for bad in taken.rejected:
            problem(f"{path.name}, line {bad.line}: {bad.reason}")
        if taken.unlisted:
            problem(f"{path.name}: {taken.unlisted} more rows could not be used.")
        if as_json:
            click.echo(line(taken.as_row()))
        else:
            sources = f", {taken.sources} sources added" if taken.sources else ""
            counts = f"{taken.posts} posts, {taken.new} new, {taken.changed} changed{sources}"
            click.echo(inert(f"{path.name}: {counts}, {len(taken.rejected) + taken.unlisted} rows not used"))
    ctx.exit(1 if rejected else 0)


@click.command("reparse", short_help="Run today's parsers over the archive; nothing touches the network.")
@click.option("--source", type=int, metavar="ID", help="Only this source.")
@json_option
@workspace_option
@click.pass_context
def reparse_command(ctx: click.Context, source: int | None, as_json: bool) -> None:
    """Run today's parsers over the archive; nothing touches the network.

    Example: copytrail reparse --source 3
    """
    from runner.reparse import reparse

    problems = 0
    for out in reparse(workspace_of(ctx), source):
        problems += out.is_problem
        if as_json:
            click.echo(line(out.as_row()))
        else:
            click.echo(inert(f"{out.url}: {out.posts} posts read again, {out.new} new, {out.changed} changed"))
        if out.is_problem and out.finding:
            problem(f"  {out.finding.sentence}")
    ctx.exit(1 if problems else 0)
