"""demo."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from runner.options import inert, json_option, line

_MEANS = {
    "exact": "copied letter by letter", "surface": "other blanks, capitals, punctuation, emoji",
    "homoglyphs": "look-alike letters of another script", "w5": "one word in twenty replaced",
    "w10": "one word in ten replaced", "truncated": "the first 60 % only", "affix": "a sentence added before or behind",
    "link": "the same address shared in another text", "cite": "the address of the post shared",
    "repost": "reposted or forwarded, named by the platform", "quote": "quoted, named by the platform",
}  # fmt: skip


@click.command("demo", short_help="Play the invented operation: collect, match, show its way, export, verify.")
@click.option(
    "--dir", "folder", default="copytrail-demo", show_default=True, metavar="DIR",
    type=click.Path(file_okay=False, path_type=Path), help="Where the demo's workspace is made.",
)  # fmt: skip
@json_option
@click.pass_context
def demo_command(ctx: click.Context, folder: Path, as_json: bool) -> None:
    """Play the invented operation: collect, match, show its way, export, verify.

    Everything in it is made up; nothing leaves this machine.

    Example: copytrail demo
    """
    from runner.demo import demo

    def tell(text: str) -> None:
        for part in text.split("\n"):
            click.echo(inert(part), err=as_json)

    report = demo(folder, tell)
    if as_json:
        click.echo(line(report.as_row()))
    else:
        click.echo("\nFound of what was planted, by what was done to the copy:")
        for kind, row in report.score["kinds"].items():
            if row["planted"]:
                found = f"{row['found']:>4} of {row['planted']:>4}"
                click.echo(f"  {kind:<11} {_MEANS[kind]:<44} {found}   recall {row['recall']:.3f}")
        share = report.score["precision"]
        precise = "-" if share is None else f"{share:.3f}"
        click.echo(f"  Recall of texts: {report.score['recall']:.3f}, the share of planted copies that were found.")
        click.echo(f"  Precision of texts: {precise}, the share of claimed copies that were planted.")
        click.echo(f"\n{report.posts} posts on {report.platforms} platforms in {report.seconds:.0f} s.")
        click.echo(f"Look around: {inert(sys.argv[0])} --workspace {inert(folder)} families --min-platforms 3")
    ctx.exit(0 if report.verdict == "intact" else 1)
