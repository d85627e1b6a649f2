"""import."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from runner.options import inert, json_option, line, problem, workspace_of, workspace_option

if TYPE_CHECKING:
    from runner.foreign import TakenIn
    from runner.intake import Taken
    from runner.workspace import Workspace

# those of runner.importers.FORMS and captures, written out so that --help need not load the importers
IMPORTS = click.Choice(["ndjson", "csv", "urls", "zeeschuimer", "4cat", "x-archive", "meta", "stix", "capture"])


@click.command("import", short_help="Take in posts, lists of addresses, or captures (WARC, WACZ) of other software.")
@click.argument("files", metavar="FILE...", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path))
@click.option("--case", "case", required=True, metavar="CASE", help="The case they belong to; made if it is new.")
@click.option("--format", "form", type=IMPORTS, help="Else told from the file.")
@click.option("--platform", metavar="NAME", help="Of the posts in a table that does not say: tiktok, instagram ...")
@json_option
@workspace_option
@click.pass_context
def import_command(
    ctx: click.Context, files: tuple[Path, ...], case: str, form: str | None, platform: str | None, as_json: bool
) -> None:
    """Take in posts, lists of addresses, or captures (WARC, WACZ) of other software.

    A capture is verified, kept byte for byte, and read by today's parsers; nothing touches the network.

    Example: copytrail import posts.ndjson crawl.wacz --case harbour
    """
    from core.errors import BadInput
    from runner.intake import take_in
    from runner.progress import Counting
    from runner.stamping import after_work

    workspace = workspace_of(ctx)
    rejected = unread = 0
    for path in files:
        if form == "capture" or (form is None and _is_capture(path)):
            bad, lost = _take_captures(workspace, path, case, as_json)
            rejected, unread = rejected + bad, unread + lost
            continue
        try:
            with Counting(f"importing {path.name}") as counting:
                taken = take_in(workspace, path, case=case, form=form, platform=platform, progress=counting.total)
        except BadInput as error:
            problem(error.sentence)
            unread += 1
            continue
        rejected += len(taken.rejected) + taken.unlisted
        _tell_taken(taken, as_json)
    after_work(workspace, problem)
    ctx.exit(2 if unread == len(files) else 1 if rejected or unread else 0)


def _is_capture(path: Path) -> bool:
    from evidence.foreign import is_capture

    return is_capture(path)


def _take_captures(workspace: Workspace, path: Path, case: str, as_json: bool) -> tuple[int, bool]:
    """Import captures; return how many problems were named, and whether nothing of the file could be read."""
    from core.errors import BadInput
    from runner.foreign import take_in_captures
    from runner.progress import Counting

    problems, good = 0, 0
    with Counting(f"importing {path.name}") as counting:
        for taken in take_in_captures(workspace, path, case=case, progress=counting.total):
            if isinstance(taken, BadInput):
                problem(taken.sentence)
                problems += 1
                continue
            good += 1
            problems += len(taken.problems)
            for sentence in taken.problems:
                problem(sentence)
            _tell_captured(taken, as_json)
    return problems, not good


def _tell_captured(taken: TakenIn, as_json: bool) -> None:
    if as_json:
        click.echo(line(taken.as_row()))
        return
    by = f" by {taken.software}" if taken.software else ""
    says = f"captured elsewhere{by}, verified on import: {taken.verdict}"
    counts = f"{taken.records} records, {taken.posts} posts, {taken.new} new, {taken.changed} changed"
    click.echo(inert(f"{taken.file}: {says}; {counts}, {taken.sources} sources"))
    if taken.is_known:
        click.echo("  It was imported before; today's parsers read it again.")
    if taken.unread:
        click.echo(f"  {taken.unread} pages gave no posts.")
    if taken.with_secrets:
        click.echo(f"  {taken.with_secrets} of its requests hold cookies or keys, which a bundle must not carry.")


def _tell_taken(taken: Taken, as_json: bool) -> None:
    for bad in taken.rejected:
        problem(f"{taken.file}, line {bad.line}: {bad.reason}")
    if taken.unlisted:
        problem(f"{taken.file}: {taken.unlisted} more rows could not be used.")
    if as_json:
        click.echo(line(taken.as_row()))
        return
    sources = f", {taken.sources} sources watched ({taken.sources_new} new)" if taken.sources else ""
    profiles = f", {taken.profiles} new profiles" if taken.profiles else ""
    counts = f"{taken.posts} posts, {taken.new} new, {taken.changed} changed{profiles}{sources}"
    click.echo(inert(f"{taken.file}: {counts}, {len(taken.rejected) + taken.unlisted} rows not used"))
