"""Passphrases of encrypted bundles: from the environment or asked for at a terminal, never on the command line."""

from __future__ import annotations

import os
import sys

from core.errors import BadInput, CannotStart

BUNDLE = "COPYTRAIL_BUNDLE_PASSPHRASE"
SHORTEST = 12  # characters of a new one


def of_bundle(*, new: bool = False) -> str:
    """Return the passphrase of a bundle; a new one is asked for twice and may not be short.

    Raises CannotStart where there is neither the variable nor a terminal, BadInput where a new one is too short.
    """
    given = os.environ.get(BUNDLE)
    if not given:
        if not sys.stdin or not sys.stdin.isatty():
            raise CannotStart(f"The bundle needs a passphrase: set {BUNDLE}, or run this at a terminal.")
        import click

        given = str(click.prompt("Passphrase of the bundle", hide_input=True, confirmation_prompt=new, err=True))
    if new and len(given) < SHORTEST:
        raise BadInput(f"A passphrase has at least {SHORTEST} characters; a few random words are best.")
    return given
