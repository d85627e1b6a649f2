"""init, doctor, db."""

from __future__ import annotations

from pathlib import Path

import click

from runner.options import inert, json_option, line, problem, workspace_of, workspace_option


@click.command("init", short_help="Make a workspace: settings, an example watchlist, an empty archive.")
@click.argument("directory", metavar="[DIR]", default=".", type=click.Path(file_okay=False))
@click.pass_context
def init_command(ctx: click.Context, directory: str) -> None:
    """Make a workspace: settings, an example watchlist, an empty archive.

    Where this user has no key yet to sign bundles with, it is made, and its fingerprint shown.

    Example: copytrail init my-case
    """
    from core.errors import CopytrailError
    from runner import identity
    from runner.workspace import Workspace

    workspace = Workspace.create(directory)
    workspace.database.close()
    click.echo(f"{inert(workspace.root)} is a workspace now.")
    try:
        place = identity.place_of(workspace)
        keys = identity.ensure(place, workspace.clock())
        workspace.name_key(keys.fingerprint)
    except CopytrailError as error:
        problem(f"There is no key to sign with: {error.sentence}")
        ctx.exit(1)
    for sentence in identity.introduced(keys, place, trial=workspace.is_trial):
        click.echo(inert(sentence))
    click.echo("Next: put your contact address into copytrail.toml, then `copytrail add URL --case NAME`.")


@click.command("doctor", short_help="Say what is set up and what is missing, each with its remedy.")
@json_option
@workspace_option
@click.pass_context
def doctor_command(ctx: click.Context, as_json: bool) -> None:
    """Say what is set up and what is missing, each with its remedy.

    Example: copytrail doctor
    """
    from runner.doctor import examine

    missing = 0
    for check in examine((ctx.obj or {}).get("workspace")):
        missing += not check.ok and check.needed
        if as_json:
            click.echo(line(check.as_row()))
        else:
            mark = "ok     " if check.ok else "missing" if check.needed else "absent "
            click.echo(inert(f"{mark}  {check.name}: {check.says}"))
    ctx.exit(1 if missing else 0)


@click.command("db", short_help="Upgrade, back up, restore or check the working copy.")
@click.argument("action", type=click.Choice(["upgrade", "backup", "restore", "check"]))
@click.argument("path", required=False, type=click.Path(dir_okay=False))
@click.option("--archive", is_flag=True, help="With check: read every sealed record again, too.")
@workspace_option
@click.pass_context
def db_command(ctx: click.Context, action: str, path: str | None, archive: bool) -> None:
    """Upgrade, back up, restore or check the working copy.

    `check` walks the tables, every custody log, every seal and every time stamp; with --archive it also reads every
    record of the archive again and names those that are not as they were sealed.

    Example: copytrail db backup /media/safe/case.db
    """
    from runner.custody import log_restored
    from runner.soundness import flaws

    workspace = workspace_of(ctx, any_schema=True)
    database = workspace.database
    if action in ("backup", "restore") and path is None:
        raise click.UsageError(f"Name the file: copytrail db {action} FILE")
    if action == "upgrade":
        database.upgrade()
        click.echo(f"{database.name} is at revision {database.revision()}.")
    elif action == "backup":
        database.backup(Path(str(path)))
        click.echo(f"The working copy is in {inert(path)}. The archive folder is apart: copy it too.")
    elif action == "restore":
        database.restore(Path(str(path)))
        log_restored(workspace, Path(str(path)))
        click.echo(f"The working copy is restored from {inert(path)}.")
    else:
        sound = True
        wrong = database.check()
        for sentence in wrong or flaws(workspace, archive=archive):
            problem(sentence)
            sound = False
        if not sound:
            ctx.exit(1)
        click.echo(f"{database.name} is sound, at revision {database.revision()}.")
