"""platforms, add, preview, sources."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from runner.options import case_option, inert, json_option, line, problem, show, workspace_of, workspace_option

if TYPE_CHECKING:
    from core.records import Route

ROUTES = click.Choice(["api", "feed", "page"])


@click.command("platforms", short_help="List the platforms that can be read, and what each needs.")
@click.argument("name", metavar="[PLATFORM|URL]", required=False)
@json_option
@click.pass_context
def platforms_command(ctx: click.Context, name: str | None, as_json: bool) -> None:
    """List the platforms that can be read, and what each needs.

    Of one PLATFORM every kind of source it has; of a URL what `add` would make of it, without adding it.

    Example: copytrail platforms bluesky
    """
    from core.errors import BadInput
    from runner.platforms import by_platform, platforms
    from runner.recognise import looked_up

    try:
        if name is not None and "/" in name:
            told = [(field, field) for field in ("platform", "kind", "identity", "reader", "route", "remark")]
            show([looked_up(name)], as_json, told, "")
            return
        rows = platforms(name)
    except BadInput as error:
        problem(error.sentence)
        ctx.exit(2)
    if name is None and not as_json:
        wide = [("platform", "platform"), ("watches", "watches"), ("routes", "routes"), ("access", "access"),
                ("keys", "keys"), ("US$ a post", "price"), ("tier", "tier"), ("sources", "sources")]  # fmt: skip
        show(by_platform(rows), False, wide, "There are no sources; the installation is incomplete.")
        return
    columns = [("source", "id"), ("collects", "collects"), ("route", "route"), ("needs", "secrets"),
               ("a minute", "requests_per_minute"), ("an address", "example"), ("keep", "retention")]  # fmt: skip
    shown = rows if as_json else [{**row, "example": next(iter(row["examples"]), None)} for row in rows]
    show(shown, as_json, columns, "There are no sources; the installation is incomplete.")


@click.command("add", short_help="Watch a public source; it is recognised from its address.")
@click.argument("urls", metavar="URL...", nargs=-1, required=True)
@click.option("--case", "case", required=True, metavar="CASE", help="The case that watches it; made if it is new.")
@click.option("--every", metavar="6h", help="How often: 30m, 6h, 1d, 2w.")
@click.option("--between", metavar="1h-2d", help="Bounds within which it is looked at more or less often by itself.")
@click.option("--cron", metavar="'0 7 * * mon-fri'", help="Times instead of an interval, in the zone of the settings.")
@click.option("--quiet", metavar="22-6", help="Hours of the day in which no look begins.")
@click.option("--route", type=ROUTES, help="Which way, where a platform has several.")
@click.option("--override-robots", metavar="REASON", help="Read it although robots.txt says no; the reason is kept.")
@json_option
@workspace_option
@click.pass_context
def add_command(
    ctx: click.Context, urls: tuple[str, ...], case: str, every: str | None, between: str | None, cron: str | None,
    quiet: str | None, route: Route | None, override_robots: str | None, as_json: bool,
) -> None:  # fmt: skip
    """Watch a public source; it is recognised from its address.

    Example: copytrail add https://medium.com/@name --case harbour --every 6h
    """
    from core.errors import BadInput
    from runner.budget import cost_at_most, priced
    from runner.recognise import address, all_sources, named
    from runner.watchlist import add

    workspace = workspace_of(ctx)
    failed = 0
    plan = {name: said for name, said in (("between", between), ("cron", cron), ("quiet", quiet)) if said is not None}
    for url in urls:
        try:
            added = add(
                workspace,
                url,
                case=case,
                every=every,
                plan=plan,
                route=route,
                override_robots=override_robots,
            )
        except BadInput as error:
            problem(error.sentence)
            failed += 1
            continue
        kind = all_sources().get(added.reader)
        cost = cost_at_most(workspace, kind) if kind else None
        if kind and cost is not None:
            problem(priced(kind, cost))
        if as_json:
            told = {"id": added.number, "url": url, "platform": added.platform}
            more = {} if cost is None else {"cost_at_most": cost}
            names = named(added.reader, address(url))
            click.echo(line({**told, **names, "route": added.route, "case": case, "remark": added.remark, **more}))
        else:
            click.echo(inert(f"Source {added.number}: {url} as {added.reader}."))
            if added.remark:
                click.echo(inert(f"  {added.remark}"))
    ctx.exit(2 if failed == len(urls) else 1 if failed else 0)


@click.command("preview", short_help="Show the newest posts of a source as they would be stored; save nothing.")
@click.argument("url")
@click.option("--route", type=ROUTES, help="Which way, where a platform has several.")
@click.option("--limit", default=5, show_default=True, type=click.IntRange(1, 100), help="How many posts.")
@json_option
@workspace_option
@click.pass_context
def preview_command(ctx: click.Context, url: str, route: Route | None, limit: int, as_json: bool) -> None:
    """Show the newest posts of a source as they would be stored; save nothing.

    Example: copytrail preview https://forum.example.org/t/harbour/12
    """
    from core.records import Finding, Profile
    from runner.preview import preview

    for item in preview(workspace_of(ctx), url, route, limit):
        if isinstance(item, Finding):
            problem(item.sentence)
        elif isinstance(item, Profile):
            continue
        elif as_json:
            click.echo(item.model_dump_json())
        else:
            who = item.author.handle or item.author.name or "author not shown"
            when = item.published.verbatim or "time not shown"
            click.echo(inert(f"{item.ref}  {who}  {when} (precision: {item.published.precision})"))
            click.echo(inert(f"    {item.title or ''}  {(item.text or '')[:200]}"))


@click.command("sources", short_help="List what is watched, how each last run ended, and when the next is due.")
@case_option
@click.option("--pause", type=int, metavar="ID", help="Leave this source alone from now on; what it gave stays.")
@click.option("--resume", type=int, metavar="ID", help="Watch a paused source again.")
@json_option
@workspace_option
@click.pass_context
def sources_command(ctx: click.Context, case: str | None, pause: int | None, resume: int | None, as_json: bool) -> None:
    """List what is watched, how each last run ended, and when the next is due.

    Example: copytrail sources --case harbour --json
    """
    from runner.custody import recover
    from runner.recognise import named
    from runner.watchlist import sync
    from storage import sources

    workspace = workspace_of(ctx)
    wrong = sync(workspace, case)
    for error in wrong:
        problem(error.sentence)
    with workspace.database.write() as conn:
        for number, paused in ((pause, True), (resume, False)):
            if number is not None:
                sources.pause(conn, sources.get_source(conn, number).id, paused)
    with workspace.database.read() as conn:
        listed = sources.list_sources(conn, case)
    if any(row.last_run and row.last_run.status == "running" for row in listed):
        with workspace.database.write() as conn:  # its process may have been killed
            recover(workspace, conn)
            listed = sources.list_sources(conn, case)
    rows = [{**row.as_row(), **named(row.kind, row.url)} for row in listed]
    columns = [("id", "id"), ("case", "case"), ("source", "url"), ("kind", "kind"), ("by", "reader"),
               ("posts", "posts"), ("coverage", "coverage"), ("paused", "paused"), ("last run", "last_run.status"),
               ("says", "last_run.finding.sentence"), ("next", "next_run"), ("looked at", "paced")]  # fmt: skip
    show(rows, as_json, columns, "Nothing is watched yet; add a source with `copytrail add URL --case C`.")
    ctx.exit(1 if wrong else 0)
