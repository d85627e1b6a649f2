"""match, pairs, families, family, spread."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from runner.options import case_option, inert, json_option, line, show, workspace_of, workspace_option


@click.command("match", short_help="Match what is new against everything collected so far.")
@case_option
@click.option("--rebuild", is_flag=True, help="Start over: index, pairs and families are made afresh.")
@click.option("--workers", type=click.IntRange(1, 256), metavar="N", help="Look up with N workers on this machine.")
@click.option("--cluster", "address", metavar="ADDRESS", help="Look up on a Dask cluster, e.g. tls://10.0.0.5:8786.")
@click.option("--archive", type=click.Path(path_type=Path, exists=True, file_okay=False), metavar="DIR",
              help="Match the Parquet files of a folder instead of the workspace; needs --out.")  # fmt: skip
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE",
              help="With --archive: the Parquet file that the pairs are written to.")  # fmt: skip
@json_option
@workspace_option
@click.pass_context
def match_command(
    ctx: click.Context, case: str | None, rebuild: bool, workers: int | None, address: str | None,
    archive: Path | None, out: Path | None, as_json: bool,
) -> None:  # fmt: skip
    """Match what is new against everything collected so far.

    Workers change how long it takes and nothing else; docs/cluster.md says when they help.
    Example: copytrail match
    """
    from runner.match import match
    from runner.match_context import Workers
    from runner.options import problem
    from runner.progress import Counting

    if workers and address:
        raise click.UsageError("Give --workers or --cluster, not both.")
    if (archive is None) != (out is None):
        raise click.UsageError("--archive and --out go together.")
    if archive is not None and out is not None:
        _match_folder(archive, out, Workers(workers or 2, address), as_json)
        return
    workspace = workspace_of(ctx)
    with Counting("matching") as counting:
        found = match(
            workspace.database, workspace.root, settings=workspace.settings, case=case, rebuild=rebuild,
            at=workspace.clock().now(), progress=counting.phase, say=problem,
            workers=Workers(workers, address) if workers or address else None,
        )  # fmt: skip
    if as_json:
        click.echo(line(found.as_row()))
        return
    items = f", {found.items} between accounts, media or sites" if found.items else ""
    click.echo(f"{found.posts} posts matched: {found.pairs} new links{items}, {found.families} families in all.")


def _match_folder(archive: Path, out: Path, workers: Any, as_json: bool) -> None:
    """Match a folder of Parquet files, which no workspace holds."""
    from matchers.wording import NEAR
    from runner.match_workers import match_folder
    from runner.progress import Counting

    with Counting("matching") as counting:
        count = match_folder(archive, out, workers, NEAR, counting.phase)
    told = {"pairs": count, "out": str(out)}
    click.echo(line(told) if as_json else f"{count} pairs written to {out}.")


PAIR_COLUMNS = (
    ("left", "left"), ("right", "right"), ("by", "matcher"), ("score", "score"), ("strength", "strength"),
    ("bits", "bits"), ("judged", "judgement"), ("says", "sentence"),
)  # fmt: skip
TOGETHER_COLUMNS = (("left", "left"), ("right", "right"), ("bits", "bits"), ("judged", "judgement"), ("of", "says"))


@click.command("pairs", short_help="List the links found between posts.")
@case_option
@click.option("--matcher", metavar="M", help="Only this matcher, e.g. text.near.")
@click.option("--of", "of", type=click.Choice(["posts", "accounts", "media", "sites"]), default="posts",
              show_default=True, help="What matches what.")  # fmt: skip
@click.option("--together", is_flag=True, help="All links of two posts in one row, with the bits they add up to.")
@click.option("--min-score", type=click.FloatRange(0, 1), metavar="S", help="Only from this score on (0 to 1).")
@click.option("--min-bits", type=click.FloatRange(0), metavar="B", help="Only from so many bits of evidence on.")
@click.option("--strength", type=click.Choice(["A", "B", "C"]), help="Only this strength or better.")
@json_option
@workspace_option
@click.pass_context
def pairs_command(
    ctx: click.Context, case: str | None, matcher: str | None, of: str, together: bool, min_score: float | None,
    min_bits: float | None, strength: str | None, as_json: bool,
) -> None:  # fmt: skip
    """List the links found between posts.

    Every link keeps its numbers, so a stricter or a lower threshold is a question and not a new run.
    Example: copytrail pairs --matcher text.near --json
    """
    from runner.evidence_bits import waterfalls
    from runner.match_rows import shown
    from storage import matching

    workspace = workspace_of(ctx)
    asked: dict[str, Any] = {"matcher": matcher, "min_score": min_score, "strength": strength}
    empty = "No links so far; `copytrail match` looks for them."
    with workspace.database.read() as conn:
        if of != "posts":
            rows = matching.list_items(conn, of, matching.Filter(min_bits=min_bits, **asked))
            show(rows, as_json, [c for c in PAIR_COLUMNS if c[0] != "judged"], empty)
            return
        if together:
            told = waterfalls(conn, shown(workspace.settings, case, **asked), min_bits)
            show(told, as_json, TOGETHER_COLUMNS, empty)
            return
        wanted = shown(workspace.settings, case, min_bits=min_bits, **asked)
        show(matching.list_pairs(conn, wanted), as_json, PAIR_COLUMNS, empty)


FAMILY_COLUMNS = (
    ("family", "id"), ("posts", "size"), ("accounts", "count"), ("platforms", "platforms"),
    ("captured since", "first_captured"), ("by", "matchers"), ("judged", "judgement"), ("anchor begins", "begins"),
)  # fmt: skip
BEGINS = 60  # characters of a family's anchor shown in a list


@click.command("families", short_help="List groups of copies.")
@case_option
@click.option("--min-platforms", default=1, type=click.IntRange(1), metavar="N", help="Only those on N or more.")
@json_option
@workspace_option
@click.pass_context
def families_command(ctx: click.Context, case: str | None, min_platforms: int, as_json: bool) -> None:
    """List groups of copies.

    Example: copytrail families --min-platforms 2
    """
    from storage import families

    with workspace_of(ctx).database.read() as conn:
        rows = families.list_families(conn, case, min_platforms)
        wide = f" on {min_platforms} platforms or more" if min_platforms > 1 else ""
        if not as_json:
            rows = ({**row, "count": len(row["accounts"]), "begins": row["excerpt"][:BEGINS]} for row in rows)
        show(rows, as_json, FAMILY_COLUMNS, f"No families{wide} so far; `copytrail match` looks for them.")


@click.command("family", short_help="Show one family, copy by copy.")
@click.argument("family_id", metavar="ID")
@json_option
@workspace_option
@click.pass_context
def family_command(ctx: click.Context, family_id: str, as_json: bool) -> None:
    """Show one family, copy by copy.

    Example: copytrail family 12
    """
    from storage import families, posts

    with workspace_of(ctx).database.read() as conn:
        family = families.load_family(conn, family_id)
        members = posts.load_posts(conn, family["members"])
    if as_json:
        click.echo(line(family))
        return
    click.echo(f"Family {family['id']}: {family['size']} posts on {', '.join(family['platforms'])}.")
    for ref in family["members"]:
        post = members[ref]
        when = post.published.verbatim or "time not shown"
        click.echo(inert(f"\n{ref}  {post.author.handle or post.author.name or 'author not shown'}  {when}"))
        click.echo(inert(f"    {post.title or ''} {(post.text or '')[:300]}"))


@click.command("spread", short_help="Show how a family moved: copies in order, arrows, tiers.")
@click.argument("family_id", metavar="FAMILY")
@json_option
@workspace_option
@click.pass_context
def spread_command(ctx: click.Context, family_id: str, as_json: bool) -> None:
    """Show how a family moved: copies in order, arrows, tiers.

    Example: copytrail spread 12 --json
    """
    from config.audiences import audiences
    from runner.spread import spread

    workspace = workspace_of(ctx)
    found = spread(workspace.database, family_id, audiences(workspace.root))
    if as_json:
        click.echo(line(found))
        return
    columns = [("from", "from"), ("to", "to"), ("platform", "platform"), ("tier", "tier"), ("post", "ref")]
    show(found["steps"], False, columns, "This family has no posts.")
    click.echo()
    click.echo(inert(found["sentence"]))
