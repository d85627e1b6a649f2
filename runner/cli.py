"""The command line. Nothing heavy is imported before a command runs: `--help` answers at once."""

from __future__ import annotations

import importlib
import logging
import os
import signal
import sys
from collections.abc import Sequence

import click

from core.errors import BadInput, CannotStart, CopytrailError

# name -> module, what it does (a test compares this line with the command's own help)
COMMANDS: dict[str, tuple[str, str]] = {
    "init": ("workspace", "Make a workspace: settings, an example watchlist, an empty archive."),
    "demo": ("demo", "Play the invented operation: collect, match, show its way, export, verify."),
    "doctor": ("workspace", "Say what is set up and what is missing, each with its remedy."),
    "platforms": ("sources", "List the platforms that can be read, and what each needs."),
    "add": ("sources", "Watch a public source; it is recognised from its address."),
    "preview": ("sources", "Show the newest posts of a source as they would be stored; save nothing."),
    "sources": ("sources", "List what is watched, how each last run ended, and when the next is due."),
    "collect": ("collecting", "Collect from the sources now, or from WARC files with --replay."),
    "watch": ("collecting", "Collect on schedule until stopped."),
    "media": ("media", "Fetch and keep the pictures and videos that posts of a case show."),
    "observe": ("observing", "Look at posts again: seen, changed, not seen, or behind a wall."),
    "capture": ("capturing", "Capture pages as a reader sees them, with all they load."),
    "import": ("importing", "Take in posts, lists of addresses, or captures (WARC, WACZ) of other software."),
    "reparse": ("collecting", "Run today's parsers over the archive; nothing touches the network."),
    "match": ("matching", "Match what is new against everything collected so far."),
    "pairs": ("matching", "List the links found between posts."),
    "families": ("matching", "List groups of copies."),
    "family": ("matching", "Show one family, copy by copy."),
    "judge": ("judging", "Say what a match is worth: keep, unrelated or common wording."),
    "spread": ("matching", "Show how a family moved: copies in order, arrows, tiers."),
    "search": ("reading", "Search the full text of everything collected, in any script."),
    "table": ("reading", "Write a table (posts, accounts, families, pairs, findings) as CSV or JSON lines."),
    "export": ("evidence", "Write an evidence bundle of a case."),
    "verify": ("verifying", "Check a bundle: every file, every digest; 0 only if it is intact."),
    "key": ("keys", "Show, protect, copy or change the key that signs; note the keys of others."),
    "stamp": ("custody", "Seal what is new, ask again for pending time stamps, list the states."),
    "custody": ("custody", "List the custody log of a case: what was done with it, by whom, when."),
    "db": ("workspace", "Upgrade, back up, restore or check the working copy."),
}


class LazyGroup(click.Group):
    """A group that knows its commands by name and imports one only when it is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names in the order of a working day."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import the module of one command."""
        if cmd_name not in COMMANDS:
            return None
        module = importlib.import_module(f"runner.commands.{COMMANDS[cmd_name][0]}")
        command: click.Command = getattr(module, f"{cmd_name}_command")
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the list of commands without importing them."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, says) for name, (_, says) in COMMANDS.items()])


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--workspace", metavar="DIR", help="The workspace; else COPYTRAIL_HOME, else the current folder.")
@click.version_option(package_name="copytrail")
@click.pass_context
def cli(ctx: click.Context, workspace: str | None) -> None:
    """Collect public posts, archive every answer, and show how content travels from small sites to large ones.

    It shows evidence and never claims who is behind it.
    """
    ctx.ensure_object(dict)
    if workspace:
        ctx.obj["workspace"] = workspace


def quiet_libraries() -> None:
    """Keep what libraries log off the terminal: what a user needs to know is said in findings."""
    if not os.environ.get("COPYTRAIL_DEBUG"):
        logging.lastResort = logging.NullHandler()


def run(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit status: 0 done, 1 done with problems, 2 wrong use, 3 could not start."""
    quiet_libraries()
    try:
        status = cli.main(arguments, prog_name="copytrail", standalone_mode=False)
    except click.exceptions.Exit as stop:
        return stop.exit_code
    except (click.Abort, KeyboardInterrupt):
        click.echo("Stopped.", err=True)
        return 1
    except click.ClickException as error:
        error.show()
        return 2
    except CopytrailError as error:
        click.echo(error.sentence, err=True)
        return 3 if isinstance(error, CannotStart) else 2 if isinstance(error, BadInput) else 1
    except SystemExit:  # click's way to say that the reader of our output (head, less) has seen enough
        return 0
    except Exception as error:
        if os.environ.get("COPYTRAIL_DEBUG"):
            raise
        click.echo(
            f"copytrail met something it does not know ({type(error).__name__}: {error}). Nothing stored is lost. "
            "Run again with COPYTRAIL_DEBUG=1 and report what it prints.",
            err=True,
        )
        return 1
    return status if isinstance(status, int) else 0


def main() -> None:
    """Run the command line as a program; asked to end (SIGTERM), it stops as by Ctrl-C and leaves no run open."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    sys.exit(run())
