"""capture."""

from __future__ import annotations

import click

from runner.options import inert, json_option, line, problem, workspace_of, workspace_option


@click.command("capture", short_help="Capture pages as a reader sees them, with all they load.")
@click.argument("urls", nargs=-1, metavar="[URL]...")
@click.option("--item", "items", multiple=True, metavar="REF", help="The page of this post; may be repeated.")
@click.option("--case", "case", required=True, metavar="CASE", help="The case the captures belong to.")
@click.option("--override-robots", metavar="REASON", help="Capture what robots.txt forbids; the reason is recorded.")
@json_option
@workspace_option
@click.pass_context
def capture_command(
    ctx: click.Context, urls: tuple[str, ...], items: tuple[str, ...], case: str, override_robots: str | None,
    as_json: bool,
) -> None:  # fmt: skip
    """Capture pages as a reader sees them, with all they load.

    Walls, removals and errors are captures too. Exit status 1 where one is not "ok".

    Example: copytrail capture https://example.org/article --case harbour
    """
    from runner.capture import Capturing, wanted
    from runner.desk import Desk
    from runner.progress import Counting
    from runner.stamping import after_work

    if not urls and not items:
        raise click.UsageError("Name at least one address, or a post with --item.")
    workspace, wrong = workspace_of(ctx), 0
    with Desk.open(workspace) as desk, Counting("capturing pages") as counting:
        work = Capturing(desk, case, robots_override=override_robots)
        for lost in work.lost:
            problem(f"{lost} was left under way by a process that is gone; it is closed as an error.")
        for done, page in enumerate(wanted(workspace, case, urls, items), 1):
            if isinstance(page, Exception):
                problem(page.sentence)
                wrong += 1
                continue
            told = work.capture(page)
            counting.total(done, len(urls) + len(items))
            wrong += told["outcome"] != "ok"
            click.echo(line(told) if as_json else inert(_said(told)))
            if told["outcome"] != "ok":
                problem(f"{told['url']}: {told['outcome']}. {told['reason'] or ''}")
    after_work(workspace, problem)
    ctx.exit(1 if wrong else 0)


def _said(told: dict[str, object]) -> str:
    counts = told.get("requests")
    if not isinstance(counts, dict):
        return f"{told['id']}  {told['outcome']}  {told['url']}"
    of = ", ".join(f"{counts[name]} {name}" for name in ("recorded", "failed", "blocked"))
    return f"{told['id']}  {told['outcome']}  {told['url']}  {counts['requested']} requests: {of}"
