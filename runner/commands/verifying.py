"""verify."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import click

from runner.options import inert, json_option, line, workspace_option

if TYPE_CHECKING:
    from evidence.checks import Check

_COLOURS = {"proved": "green", "claimed": "yellow", "not_checked": "yellow", "failed": "red"}
_WORDS = ("proved", "claimed", "not_checked")
_MANY = 12  # more exhibits than this are told together


@click.command("verify", short_help="Check a bundle: every file, every digest; 0 only if it is intact.")
@click.argument("path", type=click.Path(exists=True, path_type=Path))
@click.option("--signer", metavar="FINGERPRINT", help="Fail unless this key signed it.")
@click.option(
    "--within",
    metavar="DURATION",
    default="2d",
    show_default=True,
    help="How long after a capture its time stamp may come.",
)
@click.option(
    "--identity", type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="The file of the key that opens an encrypted bundle (.age).",
)  # fmt: skip
@click.option(
    "--pin", "pins", multiple=True, metavar="FILE", type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Believe the time-stamp authority of this file (tsa-NAME.pem, the root last; or YAML); may be repeated.",
)  # fmt: skip
@click.option("--no-reread", is_flag=True, help="Do not read the posts again from the archived answers; quicker.")
@click.option("--all", "every", is_flag=True, help="Every check of every exhibit, line by line.")
@json_option
@workspace_option
@click.pass_context
def verify_command(
    ctx: click.Context, path: Path, signer: str | None, within: str, identity: Path | None,
    pins: tuple[Path, ...], no_reread: bool, every: bool, as_json: bool,
) -> None:  # fmt: skip
    """Check a bundle: every file, every digest; 0 only if it is intact.

    Takes a case bundle (zip or unzipped), a WACZ of any maker, a WARC, or any of them encrypted (.age).

    Example: copytrail verify exports/harbour.zip
    """
    from runner.passphrases import of_bundle
    from runner.progress import seconds
    from runner.verify import here, verify

    workspace = here((ctx.obj or {}).get("workspace"))
    if workspace is not None:
        ctx.call_on_close(workspace.database.close)
    with _Showing() as showing:
        checks = verify(
            path, workspace, signer=signer, within=timedelta(seconds=seconds(within)), identity=identity,
            passphrase=of_bundle, step=showing.step, pins=pins, reread=not no_reread,
        )  # fmt: skip
    failed = [check for check in checks if check.result == "failed"]
    unsure = sum(check.result == "not_checked" for check in checks)
    if as_json:
        for check in checks:
            click.echo(line(check.as_row()))
        click.echo(line({"verdict": "failed" if failed else "intact", "path": str(path), "failed": len(failed),
                         "not_checked": unsure}))  # fmt: skip
    else:
        _print(checks, failed, unsure, every=every)
    ctx.exit(1 if failed else 0)


class _Showing:
    """The name of what is read, on a terminal only."""

    def __enter__(self) -> _Showing:
        return self

    def step(self, name: str) -> None:
        if sys.stderr.isatty():
            click.echo(f"\r\x1b[K{inert(name)[:70]}", err=True, nl=False)

    def __exit__(self, *_: object) -> None:
        if sys.stderr.isatty():
            click.echo("\r\x1b[K", err=True, nl=False)


def _print(checks: Sequence[Check], failed: Sequence[Check], unsure: int, *, every: bool) -> None:
    """Print one line for each check of the bundle, one for each exhibit, and what failed once more at the end."""
    for check in checks:
        if check.exhibit is None or every:
            _line(check)
    if not every:
        _exhibits([check for check in checks if check.exhibit])
    if failed:
        click.echo()
        for check in failed:
            _line(check)
        if all(check.check == "signer" for check in failed):
            click.echo("It was not signed by the key that --signer names; nothing else was found wrong.")
        else:
            click.echo(f"This is not as it was made: {len(failed)} check{'s' * (len(failed) > 1)} failed.")
    else:
        click.echo(f"Nothing found wrong: the bundle is intact as far as it was checked ({unsure} things were not).")
        click.echo("A time stamp shows that bytes existed then; that a site truly sent them it does not show.")


def _exhibits(checks: Sequence[Check]) -> None:
    """Print a line for each exhibit, or where there are many one for all that are sound."""
    named = list(dict.fromkeys(check.exhibit for check in checks))
    bad = {check.exhibit for check in checks if check.result == "failed"}
    together = len(named) - len(bad) > _MANY
    for name in named:
        own = [check for check in checks if check.exhibit == name]
        if name in bad:
            wrong = dict.fromkeys(check.check for check in own if check.result == "failed")
            _coloured("failed", f"{name}: {', '.join(wrong)}")
        elif not together:
            _coloured("proved", f"{name}: {_counts(own)}")
    if together:
        sound = [check for check in checks if check.exhibit not in bad]
        _coloured("proved", f"{len(named) - len(bad)} WACZ files: {_counts(sound)}")
    for word in _WORDS[1:]:
        names = dict.fromkeys(check.check for check in checks if check.result == word)
        if names:
            click.echo(f"{'':12} {word.replace('_', ' ')} in them: {', '.join(names)}.")
    if named:
        click.echo(f"{'':12} Each check of each exhibit: --all.")


def _counts(checks: Sequence[Check]) -> str:
    return ", ".join(f"{n} {word.replace('_', ' ')}" for word in _WORDS if (n := _count(checks, word)))


def _count(checks: Iterable[Check], word: str) -> int:
    return sum(check.result == word for check in checks)


def _line(check: Check) -> None:
    where = f"{check.exhibit} " if check.exhibit else ""
    _coloured(check.result, f"{where}{check.check}: {check.detail}")


def _coloured(result: str, text: str) -> None:
    click.echo(click.style(f"{result.replace('_', ' '):12}", fg=_COLOURS[result]) + f" {inert(text)}")
