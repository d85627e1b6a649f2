"""key: the newsroom's own key, and the keys of others."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

from runner.options import inert, json_option, line, show

if TYPE_CHECKING:
    from runner.keyfile import KeyFile, Place

NEW = "COPYTRAIL_KEY_NEW_PASSPHRASE"
_FILE = click.Path(dir_okay=False, path_type=Path)


@click.group("key", short_help="Show, protect, copy or change the key that signs; note the keys of others.")
def key_command() -> None:
    """Show, protect, copy or change the key that signs; note the keys of others.

    One key serves all workspaces of a newsroom. Passphrases come from the environment (COPYTRAIL_KEY_PASSPHRASE, and
    COPYTRAIL_KEY_NEW_PASSPHRASE for a new one) or are asked for at a terminal.

    Example: copytrail key show
    """


@key_command.command("show", short_help="Show the fingerprint, where the key is kept, and since when.")
@json_option
def show_command(as_json: bool) -> None:
    """Show the fingerprint, where the key is kept, and since when.

    Example: copytrail key show --json
    """
    place = _place()
    keys = _there(place)
    _tell(keys, place, as_json)


@key_command.command("export-public", short_help="Write the public keys to a file, for readers with other tools.")
@click.argument("file", type=_FILE)
def export_public_command(file: Path) -> None:
    """Write the public keys to a file (PEM, Ed25519 first), for readers with other tools.

    Example: copytrail key export-public newsroom.pem
    """
    from core.errors import BadInput
    from evidence.signing import check_signer, pem

    signer = check_signer(_there(_place()).signer)
    try:
        file.write_bytes(pem(signer))
    except OSError as error:
        raise BadInput(f"{file} cannot be written: {error.strerror or error}.") from error
    click.echo(inert(f"{file} holds the public keys of {signer.fingerprint}."))


@key_command.command("protect", short_help="Put the key under a passphrase of your own.")
def protect_command() -> None:
    """Put the key under a passphrase of your own; each export asks for it from then on.

    Example: copytrail key protect
    """
    from runner import identity

    place = _place()
    keys = _there(place)
    current = os.environ.get("COPYTRAIL_KEY_PASSPHRASE") if keys.kept != "passphrase" else None
    _tell(identity.protect(place, current or _new_passphrase()), place)


@key_command.command("name", short_help="Name the key; bundles tell the name.")
@click.argument("text")
def name_command(text: str) -> None:
    """Name the key; bundles made from now on tell the name.

    Example: copytrail key name "Harbour desk"
    """
    from runner import identity

    place = _place()
    _tell(identity.rename(place, text), place)


@key_command.command("backup", short_help="Write an encrypted copy of the key, for another machine or the safe.")
@click.argument("file", type=_FILE)
def backup_command(file: Path) -> None:
    """Write a copy of the key, encrypted with a passphrase of its own, for another machine or the safe.

    Example: copytrail key backup newsroom-key.json
    """
    from runner import identity

    place = _place()
    _there(place)
    identity.backup(place, file, _new_passphrase())
    click.echo(inert(f"{file} holds the key; only its passphrase opens it. `copytrail key import` takes it in."))


@key_command.command("import", short_help="Take in a key that `key backup` wrote.")
@click.argument("file", type=_FILE)
def import_command(file: Path) -> None:
    """Take in a key that `key backup` wrote; a key that is here already is set aside, never lost.

    The passphrase of the copy is asked for, or comes from COPYTRAIL_KEY_NEW_PASSPHRASE.

    Example: copytrail key import newsroom-key.json
    """
    from core.times import SystemClock
    from runner import identity

    place = _place()
    passphrase = os.environ.get(NEW) or _ask("Passphrase of the copy", confirm=False)
    _tell(identity.take_in(place, file, passphrase, SystemClock()), place)


@key_command.command("new", short_help="Make a new key in place of the old one, with a reason.")
@click.option("--reason", required=True, metavar="TEXT", help="Why: kept with the dates of the old key.")
@click.option("--name", metavar="TEXT", help="A new name; else that of the old key.")
def new_command(reason: str, name: str | None) -> None:
    """Make a new key in place of the old one, which is kept as a public key with its dates and the reason.

    Tell your readers the new fingerprint: bundles signed from now on show it.

    Example: copytrail key new --reason "laptop stolen"
    """
    from core.times import SystemClock
    from runner import identity

    place = _place()
    _tell(identity.renew(place, reason, SystemClock(), name), place)


@key_command.command("trust", short_help="Note the fingerprint of someone else's key under a name.")
@click.argument("fingerprint", nargs=-1, required=True)
@click.option("--name", required=True, metavar="TEXT", help="Whose key it is.")
def trust_command(fingerprint: tuple[str, ...], name: str) -> None:
    """Note the fingerprint of someone else's key under a name: `verify` calls it known.

    Take it from the owner by another way than the bundle: read aloud, printed, or on their own site.

    Example: copytrail key trust 9f86d081... --name "Harbour desk"
    """
    from core.times import SystemClock
    from runner import known_keys

    row = known_keys.trust(_place(), "".join(fingerprint), name, SystemClock())
    click.echo(inert(f"{row['fingerprint']} is known as {row['name']}."))


@key_command.command("distrust", short_help="Take a fingerprint off the list of known keys.")
@click.argument("fingerprint", nargs=-1, required=True)
def distrust_command(fingerprint: tuple[str, ...]) -> None:
    """Take a fingerprint off the list of known keys.

    Example: copytrail key distrust 9f86d081...
    """
    from runner import known_keys

    known_keys.distrust(_place(), "".join(fingerprint))
    click.echo("It is not known any more.")


@key_command.command("list", short_help="List the keys that are known here, one's own and earlier ones among them.")
@json_option
def list_command(as_json: bool) -> None:
    """List the keys that are known here, one's own and earlier ones among them.

    Example: copytrail key list --json
    """
    from runner import known_keys

    rows = [{"fingerprint": fingerprint, "name": name} for fingerprint, name in known_keys.known(_place()).items()]
    show(rows, as_json, (("fingerprint", "fingerprint"), ("name", "name")), "No key is known here yet.")


def _place() -> Place:
    from runner.keyfile import Place

    return Place.of_user()


def _there(place: Place) -> KeyFile:
    from runner import identity

    return identity.there(place)


def _tell(keys: KeyFile, place: Place, as_json: bool = False) -> None:
    from runner import identity

    for sentence in identity.described(keys, place) if not as_json else [line(identity.as_row(keys, place))]:
        click.echo(sentence if as_json else inert(sentence))


def _new_passphrase() -> str:
    return os.environ.get(NEW) or _ask("New passphrase", confirm=True)


def _ask(what: str, *, confirm: bool) -> str:
    import sys

    from core.errors import CannotStart

    if not sys.stdin or not sys.stdin.isatty():
        raise CannotStart(f"A passphrase is needed: set {NEW}, or run this at a terminal.")
    return str(click.prompt(what, hide_input=True, confirmation_prompt=confirm, err=True))
