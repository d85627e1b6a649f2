"""stamp, custody."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from runner.options import inert, json_option, line, problem, workspace_of, workspace_option

if TYPE_CHECKING:
    from runner.workspace import Workspace


@click.command("stamp", short_help="Seal what is new, ask again for pending time stamps, list the states.")
@click.option("--ots", is_flag=True, help="Have the seals confirmed by OpenTimestamps calendars, too (extra `ots`).")
@json_option
@workspace_option
@click.pass_context
def stamp_command(ctx: click.Context, ots: bool, as_json: bool) -> None:
    """Seal what is new, ask again for pending time stamps, list the states.

    Example: copytrail stamp
    """
    from runner.stamping import ask_pending, seal_new, want_all

    workspace = workspace_of(ctx)
    done = seal_new(workspace, stamp=False)
    want_all(workspace)
    ask_pending(workspace, every=True)
    problems = 0
    if ots:
        from runner.ots import stamp_seals, states

        for sentence in stamp_seals(workspace):
            problem(sentence)
            problems += 1
        if not as_json:
            found = states(workspace)
            click.echo(f"OpenTimestamps: {found['claimed']} in a block, {found['pending']} pending.")
    if done.seal and not as_json:
        click.echo(f"Sealed: {done.leaves} records and heads of logs, as {done.seal}.")
    ctx.exit(1 if _list_stamps(workspace, as_json) or problems else 0)


def _list_stamps(workspace: Workspace, as_json: bool) -> int:
    """Print every stamp asked for; return how many are not there."""
    from storage import seals

    with workspace.database.read() as conn:
        listed = seals.stamps(conn)
        count = len(seals.seals(conn))
    for row in listed:
        if as_json:
            click.echo(line(row.as_row()))
        else:
            at = f", {row.as_row()['stamped_at']}" if row.stamped_at else ""
            click.echo(inert(f"{row.subject}: {row.authority} {row.state}{at}"))
        if row.why and row.state != "stamped":
            problem(f"  {row.why}")
    if not as_json:
        there = sum(row.state == "stamped" for row in listed)
        click.echo(f"{count} seals, {there} time stamps there, {len(listed) - there} not.")
        if not workspace.settings.timestamps.authorities:
            click.echo("No authority is set up (timestamps.authorities); see docs/time-and-custody.md.")
    return sum(row.state != "stamped" for row in listed)


@click.command("custody", short_help="List the custody log of a case: what was done with it, by whom, when.")
@click.option("--case", "case", required=True, metavar="CASE", help="The case.")
@json_option
@workspace_option
@click.pass_context
def custody_command(ctx: click.Context, case: str, as_json: bool) -> None:
    """List the custody log of a case: what was done with it, by whom, when.

    Each entry holds the digest of the one before it; a log that was changed is named, and the exit status is 1.

    Example: copytrail custody --case harbour
    """
    from core.custody import flaws
    from storage import cases, custody

    workspace = workspace_of(ctx)
    with workspace.database.read() as conn:
        entries = list(custody.log(conn, cases.case_id(conn, case)))
    for entry in entries:
        if as_json:
            click.echo(line(entry))
        else:
            told = ", ".join(f"{key} {value}" for key, value in entry["note"].items() if value is not None)
            said = f"{entry['seq']:>4}  {entry['at']}  {entry['actor']}  {entry['event']} {entry['object']}"
            click.echo(inert(f"{said}{f'  ({told})' if told else ''}"))
    wrong = list(flaws(entries))
    for sentence in wrong:
        problem(f"The log of {case}: {sentence}.")
    ctx.exit(1 if wrong else 0)
