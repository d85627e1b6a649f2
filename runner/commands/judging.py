"""judge."""

from __future__ import annotations

import click

from runner.options import inert, json_option, line, show, workspace_of, workspace_option

WORDS = ("keep", "unrelated", "common")
COLUMNS = (
    ("id", "id"), ("of", "of"), ("target", "target"), ("word", "word"), ("note", "note"), ("at", "at"),
    ("withdrawn", "withdrawn"), ("phrases", "phrases"),
)  # fmt: skip


@click.command("judge", short_help="Say what a match is worth: keep, unrelated or common wording.")
@click.argument("target", metavar="PAIR|FAMILY", nargs=-1)
@click.option("--note", metavar="TEXT", help="Why; others will read it.")
@click.option("--list", "listed", is_flag=True, help="List all judgements, withdrawn ones too.")
@click.option("--withdraw", type=int, metavar="ID", help="Take a judgement back.")
@json_option
@workspace_option
@click.pass_context
def judge_command(
    ctx: click.Context, target: tuple[str, ...], note: str | None, listed: bool, withdraw: int | None, as_json: bool
) -> None:
    """Say what a match is worth: keep, unrelated or common wording.

    PAIR is two posts (LEFT RIGHT or LEFT..RIGHT), FAMILY the id of a family; the word comes last. The next match
    heeds it. Example: copytrail judge reddit:t3_a..tumblr:12 unrelated --note "Both quote the same law."
    """
    from runner.judge import judge
    from storage import judgements

    workspace = workspace_of(ctx)
    if listed:
        with workspace.database.read() as conn:
            show(judgements.list_judgements(conn), as_json, COLUMNS, "Nobody has judged anything here.")
        return
    at = workspace.clock().now()
    if withdraw is not None:
        with workspace.database.write() as conn:
            row = judgements.withdraw(conn, withdraw, at)
        click.echo(line(row) if as_json else inert(f"Judgement {withdraw} on {row['target']} is withdrawn."))
        return
    if len(target) not in (2, 3) or target[-1] not in WORDS:
        raise click.UsageError("Name a pair or a family, then one of keep, unrelated, common.")
    row = judge(workspace.database, " ".join(target[:-1]), target[-1], note or "", at)
    taught = f" {len(row['phrases'])} phrases are known as common now." if row["phrases"] else ""
    said = f"Judgement {row['id']}: {row['target']} is judged {row['word']}.{taught} The next match heeds it."
    click.echo(line(row) if as_json else inert(said))
