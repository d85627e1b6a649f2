"""media."""

from __future__ import annotations

import click

from runner.options import case_option, inert, json_option, line, problem, workspace_of, workspace_option


@click.command("media", short_help="Fetch and keep the pictures and videos that posts of a case show.")
@case_option
@click.option("--limit", type=click.IntRange(1), metavar="N", help="Fetch at most so many files now.")
@click.option(
    "--keep", type=click.Choice(["images", "all"]), help="Else the setting media.keep; images if that is none."
)
@click.option("--again", is_flag=True, help="Ask again for what was refused, too.")
@json_option
@workspace_option
@click.pass_context
def media_command(
    ctx: click.Context, case: str | None, limit: int | None, keep: str | None, again: bool, as_json: bool
) -> None:
    """Fetch and keep the pictures and videos that posts of a case show.

    What is kept already is not fetched again; a call that is stopped goes on with the next one.

    Example: copytrail media --case harbour --limit 100
    """
    from runner.custody import kept_media
    from runner.desk import Desk
    from runner.media import Keeper
    from runner.progress import Counting
    from runner.stamping import after_work

    workspace = workspace_of(ctx)
    setting = workspace.settings.media.keep
    kinds = keep or (setting if setting != "none" else "images")
    counts = {"kept": 0, "refused": 0, "failed": 0}
    begun, records = workspace.clock().now(), dict[str, set[str]]()
    with Desk.open(workspace) as desk, Counting("fetching media") as counting:
        keeper = Keeper(desk)
        for done, told in enumerate(keeper.keep(kinds, limit=limit, case=case, again=again), 1):
            counts[told.fetched.status] += 1
            if told.fetched.capture:
                records.setdefault(told.ref, set()).add(told.fetched.capture)
            counting.total(done, limit)
            if as_json:
                click.echo(line(told.as_row()))
            if told.fetched.finding:
                problem(f"{told.ref}: {told.fetched.finding['sentence']}")
    kept_media(workspace, begun, case, records)
    after_work(workspace, problem)
    if not as_json:
        megabytes = keeper.spent / 1_000_000
        said = f"{counts['kept']} kept, {counts['refused']} refused, {counts['failed']} to try again"
        click.echo(inert(f"{said}; {megabytes:.1f} MB received."))
    if keeper.over:
        problem("A cap of this call is reached (media.max_run_megabytes, media.max_seconds); the next one goes on.")
    ctx.exit(1 if counts["refused"] or counts["failed"] else 0)
