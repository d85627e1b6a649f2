"""collect, watch, reparse."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from runner.options import case_option, inert, json_option, line, problem, workspace_of, workspace_option

if TYPE_CHECKING:
    from runner.outcome import Outcome

FILES = click.Path(exists=True, dir_okay=False, path_type=Path)


NEW_FIELDS = 5  # unread fields named on the terminal; --json has them all


def teller(as_json: bool, did: str = "posts") -> Callable[[Outcome], None]:
    """Return what prints how a run ended: a line, or JSON; problems are named on standard error."""

    def tell(out: Outcome) -> None:
        if as_json:
            click.echo(line(out.as_row()))
        else:
            counts = f"{out.posts} {did}, {out.new} new, {out.changed} changed"
            click.echo(inert(f"{out.url}: {counts} ({out.status})"))
        if out.finding and out.is_problem:
            problem(f"  {_named(out)}")
        elif out.finding and not as_json:
            click.echo(inert(f"  {out.finding.sentence}"))
        if out.unread and not as_json:
            some = ", ".join(list(out.unread)[:NEW_FIELDS])
            click.echo(inert(f"  Fields of the answers that are new to us and not read ({len(out.unread)}): {some}"))

    return tell


def _named(out: Outcome) -> str:
    sentence = out.finding.sentence if out.finding else ""
    return sentence if out.url in sentence else f"{out.url}: {sentence}"


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
    from runner.collect import collect
    from runner.progress import Counting
    from runner.stamping import after_work
    from runner.watchlist import sync

    if more and not replay:
        raise click.UsageError("WARC files are given after --replay.")
    workspace = workspace_of(ctx)
    problems = 0
    tell = teller(as_json)

    def warn(sentence: str) -> None:
        nonlocal problems
        problems += 1
        problem(sentence)

    for error in sync(workspace, case):
        warn(error.sentence)
    with Counting("collecting") as counting:
        ended = collect(
            workspace, case=case, source=source, replay=[*replay, *more], progress=counting.source, warn=warn,
            cost=problem,
        )  # fmt: skip
        for out in ended:
            problems += out.is_problem
            tell(out)
    after_work(workspace, problem, stamp=not replay)
    ctx.exit(1 if problems else 0)


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
    from runner.progress import seconds
    from runner.schedule import Watch

    workspace = workspace_of(ctx)
    limit = seconds(duration) if duration else None
    click.echo("Watching; stop with Ctrl-C.", err=True)
    Watch(workspace, teller(as_json), problem, case).run(limit)


@click.command("reparse", short_help="Run today's parsers over the archive; nothing touches the network.")
@click.option("--source", type=int, metavar="ID", help="Only this source.")
@json_option
@workspace_option
@click.pass_context
def reparse_command(ctx: click.Context, source: int | None, as_json: bool) -> None:
    """Run today's parsers over the archive; nothing touches the network.

    Example: copytrail reparse --source 3
    """
    from runner.progress import Counting
    from runner.reparse import reparse

    problems = 0
    tell = teller(as_json, "posts read again")

    def warn(sentence: str) -> None:
        nonlocal problems
        problems += 1
        problem(sentence)

    with Counting("reading the archive again") as counting:
        for number, out in enumerate(reparse(workspace_of(ctx), source, warn), 1):
            problems += out.is_problem
            tell(out)
            counting.total(number)
    ctx.exit(1 if problems else 0)
