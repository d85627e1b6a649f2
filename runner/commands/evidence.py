"""export."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from runner.options import inert, json_option, line, problem, workspace_of, workspace_option


@click.command("export", short_help="Write an evidence bundle of a case.")
@click.option("--case", "case", required=True, metavar="CASE", help="The case to export.")
@click.option(
    "--out",
    required=True,
    type=click.Path(path_type=Path),
    help="The file to write: NAME.zip is a case bundle, NAME.wacz one WACZ of the whole case; nothing else.",
)
@click.option(
    "--edition",
    type=click.Choice(["sealed", "public"]),
    default="sealed",
    show_default=True,
    help="Sealed: all of it, unchanged. Public: persons and secrets are taken out of copies; both are written.",
)
@click.option(
    "--redact",
    "redact",
    multiple=True,
    metavar="REF|FILE",
    help="Whom the public edition hides: the ref of an account, or a redaction file; may be repeated.",
)
@click.option(
    "--original",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="The sealed edition that a public one belongs to; else one is written beside it.",
)
@click.option(
    "--item", "items", multiple=True, metavar="REF", help="This post is an exhibit; may be repeated, the order stays."
)
@click.option("--encrypt-to", "keys", multiple=True, metavar="KEY", help="Encrypt it to this age key; may be repeated.")
@click.option(
    "--passphrase", is_flag=True, help="Encrypt it with a passphrase: COPYTRAIL_BUNDLE_PASSPHRASE, else asked for."
)
@click.option("--zone", metavar="ZONE", help="Local time shown beside UTC, e.g. Europe/Berlin; else evidence.zone.")
@json_option
@workspace_option
@click.pass_context
def export_command(
    ctx: click.Context, /, *, as_json: bool, passphrase: bool, keys: tuple[str, ...], **told: Any
) -> None:
    """Write an evidence bundle of a case.

    It holds exhibits, tables, a report, and what checks all of it.

    Example: copytrail export --case harbour --out exports/harbour.zip
    """
    from runner.export import Lock, export
    from runner.passphrases import of_bundle
    from runner.progress import Counting

    workspace = workspace_of(ctx)
    secret = of_bundle(new=True) if passphrase else None
    with Counting("sealing") as counting:
        done = export(
            workspace, **told, lock=Lock(keys, secret), progress=counting.total,
            tell=lambda text: click.echo(inert(text), err=True),
        )  # fmt: skip
    if as_json:
        click.echo(line(done))
        return
    trial = "; a throw-away one of this trial workspace" if workspace.is_trial else ""
    for text in said(done, trial):
        click.echo(inert(text))
    if done["edition"] == "public" and not told["redact"]:
        problem("No person was named with --redact, so only secrets are hidden; see docs/editions.md.")


def said(done: dict[str, Any], key: str = "") -> list[str]:
    """Return what people are told of a written bundle; `key` is added to the fingerprint."""
    exhibits = f"{done['exhibits']} exhibits, " if done["exhibits"] else ""
    kind = f"{done['edition']} edition, {'encrypted, ' if done['encrypted'] else ''}"
    lines = [f"{done['path']}: {kind}{exhibits}{done['posts']} posts, {done['records']} archived records.",
             f"sha256 {done['sha256']}",
             f"signed with the key {done['fingerprint']}{key}"]  # fmt: skip
    lines += [f"Time stamp still to come, {why}" for why in dict.fromkeys(done["pending"])]
    lines += done["without"]
    return lines + (said(done["sealed"], key) if done.get("sealed") else [])
