"""observe."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from runner.options import case_option, inert, json_option, line, problem, workspace_of, workspace_option

if TYPE_CHECKING:
    from evidence.differences import Run


@click.command("observe", short_help="Look at posts again: seen, changed, not seen, or behind a wall.")
@click.argument("refs", metavar="[REF]...", nargs=-1)
@case_option
@click.option("--due", is_flag=True, help="Only what the setting observe.every has due now.")
@json_option
@workspace_option
@click.pass_context
def observe_command(ctx: click.Context, refs: tuple[str, ...], case: str | None, due: bool, as_json: bool) -> None:
    """Look at posts again: seen, changed, not seen, or behind a wall.

    Without REF the posts of the case that were not looked at for longest, as many as observe.per_round says. Each look
    is an answer in the archive and a row that is never changed; a new wording is kept beside the old one.

    Example: copytrail observe --case harbour
    """
    from runner.observe import observe, wanted
    from runner.stamping import after_work

    if refs and due:
        raise click.UsageError("Name posts, or ask for what is due; not both.")
    workspace = workspace_of(ctx)
    round_ = wanted(workspace, refs, case, only_due=due)
    if not round_ and not as_json:
        click.echo("No post is to be looked at.")
    unclear = 0
    for told in observe(workspace, round_):
        unclear += told.observed.outcome == "unclear"
        if as_json:
            click.echo(line(told.as_row()))
            continue
        click.echo(inert(f"{told.ref}: {told.observed.sentence}"))
        if told.difference:
            click.echo(inert(f"  {shown(told.difference)}"))
        if told.state.word not in ("seen", "unknown"):
            click.echo(inert(f"  {told.state.sentence}"))
    after_work(workspace, problem)
    if unclear:
        problem(f"{unclear} looks told nothing; the next round tries again.")
    ctx.exit(1 if unclear else 0)


def shown(runs: list[Run]) -> str:
    """Return a difference on one line: [-what went-], {+what came+}, and … for stretches that stayed."""
    marks = {"out": ("[-", "-]"), "in": ("{+", "+}"), "same": ("", "")}
    parts = []
    for run in runs:
        before, after = marks[run.kind]
        parts.append(f"{before}{run.text}{'…' if run.skipped else ''}{run.rest}{after}")
    return "".join(parts)
