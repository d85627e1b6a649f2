"""stamp, custody."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from runner.options import inert, json_option, line, problem, workspace_of, workspace_option

if TYPE_CHECKING:
    from runner.workspace import Workspace


@click.command("stamp", short_help="Seal what is new, ask again for pending time stamps, list the states.")
@click.option("--ots", is_flag=True, help="Have the seals confirmed by OpenTimestamps calendars, too (extra `ots`).")
@click.option(
    "--bundle", type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Have this finished bundle stamped, as a file beside it, and do nothing else.",
)  # fmt: skip
@json_option
@workspace_option
@click.pass_context
def stamp_command(ctx: click.Context, ots: bool, bundle: Path | None, as_json: bool) -> None:
    """Seal what is new, ask again for pending time stamps, list the states.

    Example: copytrail stamp
    """
    if bundle is not None:
        ctx.exit(_stamp_bundle(workspace_of(ctx), bundle, as_json))
    from runner.stamping import ask_pending, seal_new, want_all

    workspace = workspace_of(ctx)
    done = seal_new(workspace, stamp=False)
    want_all(workspace)
    ask_pending(workspace, every=True)
    problems = 0
    if ots:
        from runner.ots import stamp_seals

        for sentence in stamp_seals(workspace):
            problem(sentence)
            problems += 1
    if done.seal and not as_json:
        click.echo(f"Sealed what is new ({done.leaves} leaves) as {done.seal}.")
    owed = _list_stamps(workspace, as_json)
    _list_receipts(workspace, as_json)
    ctx.exit(1 if owed or problems else 0)


def _stamp_bundle(workspace: Workspace, bundle: Path, as_json: bool) -> int:
    """Print what each authority said to a bundle; return 1 where one has not stamped it."""
    from archive.timestamps import describe
    from core.times import iso
    from runner.late_stamps import stamp_bundle

    owed = False
    for place, answer in stamp_bundle(workspace, bundle):
        owed |= answer.state != "stamped"
        if as_json:
            at = iso(answer.at) if answer.at else None
            click.echo(line({"subject": str(bundle), "authority": answer.authority, "state": answer.state,
                             "stamped_at": at, "path": str(place) if at else None, "why": answer.why}))  # fmt: skip
        elif answer.state == "stamped":
            click.echo(inert(f"{place.name}: {describe(answer)}"))
        else:
            problem(f"{describe(answer)} The same command asks again.")
    return int(owed)


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
        click.echo(f"{count} seals; {there} time stamps are here, {len(listed) - there} still missing.")
        if not workspace.settings.timestamps.authorities:
            click.echo("No authority is set up (timestamps.authorities); see docs/time-and-custody.md.")
    return sum(row.state != "stamped" for row in listed)


def _list_receipts(workspace: Workspace, as_json: bool) -> None:
    """Print every receipt of OpenTimestamps calendars; a pending one is nothing that went wrong."""
    from runner.ots import receipts

    for row in receipts(workspace):
        if as_json:
            click.echo(line(row))
            continue
        where = f" to stand in block {', '.join(map(str, row['blocks']))}" if row["blocks"] else ""
        click.echo(inert(f"{row['subject']}: OpenTimestamps {row['state']}{where}"))
        if row["why"]:
            problem(f"  {row['why']}")


@click.command("custody", short_help="List the custody log of a case: what was done with it, by whom, when.")
@click.option("--case", "case", required=True, metavar="CASE", help="The case.")
@click.option("--event", metavar="EVENT", help="Only entries of this kind, e.g. exported; all are checked.")
@json_option
@workspace_option
@click.pass_context
def custody_command(ctx: click.Context, case: str, event: str | None, as_json: bool) -> None:
    """List the custody log of a case: what was done with it, by whom, when.

    Each entry holds the digest of the one before it; a log that was changed is named, and the exit status is 1.

    Of bundles it tells each that was exported, with its SHA-256 (--event exported).

    Example: copytrail custody --case harbour
    """
    from core.custody import flaws
    from storage import cases, custody

    workspace = workspace_of(ctx)
    with workspace.database.read() as conn:
        entries = list(custody.log(conn, cases.case_id(conn, case)))
    for entry in entries:
        if event not in (None, entry["event"]):
            continue
        if as_json:
            click.echo(line(entry))
        else:
            told = ", ".join(_note(key, value) for key, value in entry["note"].items() if value is not None)
            said = f"{entry['seq']:>4}  {entry['at']}  {entry['actor']}  {entry['event']} {entry['object']}"
            sha = f"  sha256 {entry['sha256']}" if entry["event"] == "exported" else ""
            click.echo(inert(f"{said}{sha}{f'  ({told})' if told else ''}"))
    wrong = list(flaws(entries))
    for sentence in wrong:
        problem(f"The log of {case}: {sentence}.")
    ctx.exit(1 if wrong else 0)


def _note(key: str, value: object) -> str:
    """Return one remark of an entry as words: what is true is named, what holds counts is told one by one."""
    name = key.replace("_", " ")
    if isinstance(value, dict):
        return f"{name}: " + " ".join(f"{inner} {count}" for inner, count in value.items())
    if isinstance(value, bool):
        return name if value else f"not {name}"
    return f"{name} {value}"
